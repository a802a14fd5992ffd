"""The evidence on the window: what the event is, how sure that is, and what speaks for it.

How the pictures are drawn is `tpfdash.views.difference`.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import panel as pn

from tpfdash.cards.checks import Checks
from tpfdash.cards.curves import curves_html
from tpfdash.cards.files import save_button
from tpfdash.cards.measured import event_html
from tpfdash.cards.widgets import (
    CSS,
    button,
    control,
    copy_button,
    plot_pane,
    put_in_sight,
    readout,
    row,
    section,
    widget,
)
from tpfdash.cards.words import target_name
from tpfdash.diagnosis.diagnose import Diagnosis
from tpfdash.diagnosis.summary import VERDICT_NAMES
from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows
from tpfdash.views.difference import (
    HALO_COLOR,
    IMAGES,
    MARKS,
    DifferenceView,
    Mark,
    has_difference,
    signs_text,
)
from tpfdash.views.live import Live
from tpfdash.views.stamp import APERTURE_COLOR

#: Below the words, or in a narrow dashboard beside them; its own parts likewise.
_SEEN = """
:host { gap: 6px; }
:host(.tpf-narrow) {
  display: grid;
  grid-template: "choice choice" auto "picture legend" 1fr / 190px minmax(0, 1fr);
  gap: 4px 12px;
  --tpf-picture-height: 186px;
}
:host(.tpf-slim) { display: flex; --tpf-picture-height: 320px; }
.tpf-picture { grid-area: choice; }
.tpf-picture-place { grid-area: picture; }
.tpf-picture-legend { grid-area: legend; }
"""
#: Five words side by side in a rail of 226 px.
_TIGHT = ".bk-btn-group .bk-btn { padding: 4px 6px !important; }"
#: Picture -> its button.
_LABELS = {
    "difference": "Change",
    "S/N": "S/N",
    "expected": "Model",
    "out": "Star",
    "pixels": "Pixels",
}

__all__ = ["evidence_card", "legend_html"]


def evidence_card(inspector: Inspector, report: Callable[[], str]) -> pn.Column:
    """The card with what an event is, that says how to get one where none is set.

    The pictures are made when a cadence is first pointed at, or with the first window: the mouse
    that will drag one comes over the light curve first, and it takes longer to make than a gesture
    may. They come alone: while the browser fetches the script of something that is new beside them,
    Bokeh would lay out a figure that is not ready for it.

    `report`: -> the page that "Report" saves.
    """
    clear = button(
        inspector, "Clear", "clear-window", inspector.clear_windows, "Set no window of an event."
    )
    tools = row()
    said = pn.Column(
        readout(inspector, event_html, "evidence-words", sizing_mode="stretch_width"),
        css_classes=["tpf-evidence-said"],
        sizing_mode="stretch_width",
        margin=0,
    )
    card = pn.Column(
        row(
            section("Evidence"),
            pn.HSpacer(),
            tools,
            clear,
            css_classes=["tpf-evidence-head"],
            sizing_mode="stretch_width",
            height=28,
        ),
        said,
        Checks(inspector),
        css_classes=["card", "tpf-evidence"],
        sizing_mode="stretch_width",
        stylesheets=[CSS],
        margin=0,
        styles={"padding": "8px 12px"},
    )

    def make(*events):
        if not tools.objects:
            text, *buttons = _tools(inspector, report)
            said.objects = [text, *said.objects]  # first: a button is made to know it
            tools.objects = buttons
            card.insert(-1, _pictures(inspector))

    def show(*events):
        put_in_sight(clear, inspector.window is not None)
        if inspector.answer is not None:
            make()
        put_in_sight(tools, inspector.answer is not None)

    show()
    Live(inspector, show, "answer", "windows")
    Live(inspector, make, "hovered")
    return card


def _tools(
    inspector: Inspector, report: Callable[[], str]
) -> tuple[pn.widgets.TextAreaInput, pn.widgets.Button, pn.widgets.FileDownload]:
    """What was found as text, hidden; the button that copies it, and one that saves a report."""
    text = control(
        pn.widgets.TextAreaInput,
        "evidence-text",
        "All that was found, as text.",
        max_length=1_000_000,
        rows=4,
        sizing_mode="stretch_width",
        visible=False,
    )
    save = save_button(
        inspector,
        "report",
        lambda: "html",
        lambda suffix: report().encode(),
        tag="evidence",
        label="Report",
    )

    def write(*events):
        text.param.update(value=_text(inspector), visible=False)

    write()
    Live(inspector, write, "answer", later=True)
    return text, copy_button(text, "copy-evidence"), save


def _pictures(inspector: Inspector) -> pn.Column:
    """The choice of pictures, the one that is chosen, and what its marks and colours are."""
    view = DifferenceView(inspector)
    image = pn.Column(
        plot_pane(view.plot, "difference", sizing_mode="stretch_width"),
        sizing_mode="stretch_width",
        margin=0,
    )
    curves = readout(inspector, curves_html, "curves", sizing_mode="stretch_width")
    seen = pn.Column(
        widget(
            pn.widgets.RadioButtonGroup,
            inspector.param.picture,
            "picture",
            label="",
            variant="outline",
            options={label: name for name, label in _LABELS.items()},
            stylesheets=[CSS, _TIGHT],
        ),
        pn.Column(
            image,
            curves,
            css_classes=["tpf-picture-place"],
            sizing_mode="stretch_width",
            margin=0,
        ),
        readout(inspector, legend_html, "picture-legend", sizing_mode="stretch_width"),
        css_classes=["tpf-evidence-picture"],
        stylesheets=[CSS, _SEEN],
        sizing_mode="stretch_width",
        margin=0,
    )

    def show(*events):
        # By both: what is hidden by its style alone Bokeh may leave unpainted when it is shown, and
        # what is hidden by Bokeh alone the grid of a narrow page would show.
        for part, shown in (
            (seen, has_difference(inspector)),
            (image, inspector.picture in IMAGES),
        ):
            part.visible = shown
            put_in_sight(part, shown)
        put_in_sight(curves, inspector.picture not in IMAGES)

    show()
    Live(inspector, show, "answer", "picture")
    return seen


def _text(inspector: Inspector) -> str:
    """All that was found as text, with what it was found in."""
    answer, tpf = inspector.answer, inspector.tpf
    if answer is None:
        return ""
    clock = tpf.attrs.get("time_format", "")
    windows = ", ".join(f"{t0:.5f} to {t1:.5f}" for t0, t1 in inspector.windows)
    simulated = ["Simulated data."] if tpf.attrs.get("simulated") else []
    injected = ["Events were injected into these data."] if tpf.attrs.get("injected") else []
    return "\n".join(
        [
            f"{target_name(inspector)}, {tpf.attrs.get('source', '')}",
            *simulated,
            *injected,
            f"{windows} {clock}",
            "",
            str(answer),
        ]
    )


@follows("picture", "check", "answer")
def legend_html(inspector: Inspector) -> str:
    """What the marks and the colours of the picture are."""
    if inspector.picture not in IMAGES:
        return ""
    keys = [f"<span>{_sign(mark)} {mark.words}</span>" for mark in MARKS.values()]
    keys.append(f"<span>{_svg(_OUTLINE, APERTURE_COLOR)} aperture</span>")
    signs = signs_text(inspector.picture)
    if inspector.picture == "expected" and inspector.answer is not None:
        signs = f"{_whose_model(inspector, inspector.answer)}; {signs}"
    style = "display: flex; flex-wrap: wrap; gap: 2px 9px; font-size: 12px"
    return f"<div style='{style}'>{''.join(keys)}</div>" + (
        f"<div class='note' style='font-size: 12px'>{signs}</div>" if signs else ""
    )


def _whose_model(inspector: Inspector, answer: Diagnosis) -> str:
    """What the picture of a model is a model of."""
    if inspector.check and answer.footprint(inspector.check) is not None:
        return f"model: {escape(inspector.check.removeprefix('artefact: '))}"
    known = answer.verdict != "inconclusive"
    return f"model: {VERDICT_NAMES[answer.verdict]}" if known else "no verdict, so no model"


_OUTLINE = "<rect x='3' y='3' width='10' height='10'/>"
#: Bokeh's markers in a square of 16 units.
_SHAPES = {
    "circle": "<circle cx='8' cy='8' r='5'/>",
    "x": "<path d='M3 3L13 13M13 3L3 13'/>",
    "cross": "<path d='M2 8H14M8 2V14'/>",
}


def _sign(mark: Mark) -> str:
    return _svg(_SHAPES[mark.marker], mark.color)


def _svg(shape: str, color: str) -> str:
    """A mark as on the picture, halo and all, so that it can be seen on any page."""
    drawn = "".join(
        f"<g stroke='{stroke}' stroke-width='{width}'>{shape}</g>"
        for stroke, width in ((HALO_COLOR, 4.5), (color, 2.2))
    )
    return (
        "<svg width='14' height='14' viewBox='0 0 16 16' fill='none' aria-hidden='true' "
        f"style='vertical-align: -2px'>{drawn}</svg>"
    )
