"""The evidence on the window: where on the stamp its light is missing, in words and a picture.

How the picture is drawn is `tpfdash.views.difference`.
"""

from __future__ import annotations

import panel as pn

from tpfdash.cards.measured import event_html
from tpfdash.cards.widgets import CSS, button, choice, plot_pane, readout, row, section
from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows
from tpfdash.views.difference import (
    HALO_COLOR,
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
:host(.tpf-in-sight.tpf-narrow) {  /* the grid would show what Bokeh hides */
  display: grid !important;
  grid-template: "choice choice" auto "picture legend" 1fr / 190px minmax(0, 1fr);
  gap: 4px 12px;
  --tpf-picture-height: 162px;
}
.tpf-picture { grid-area: choice; }
.tpf-picture-place { grid-area: picture; }
.tpf-picture-legend { grid-area: legend; }
"""

__all__ = ["evidence_card", "legend_html"]


def evidence_card(inspector: Inspector) -> pn.Column:
    """The card of what speaks for an event's place, that says how to get one where none is set.

    Its picture is made when a cadence is first pointed at, or with the first window; it is in
    sight while there is one.
    """
    clear = button(
        inspector, "Clear", "clear-window", inspector.clear_windows, "Set no window of an event."
    )
    picture = pn.Column(css_classes=["tpf-picture-place"], sizing_mode="stretch_width", margin=0)
    seen = pn.Column(
        choice(inspector.param.picture, "picture"),
        picture,
        readout(inspector, legend_html, "picture-legend", sizing_mode="stretch_width"),
        css_classes=["tpf-evidence-picture"],
        stylesheets=[CSS, _SEEN],
        sizing_mode="stretch_width",
        margin=0,
    )

    def make(*events):
        if not picture.objects:
            view = DifferenceView(inspector)
            picture.append(plot_pane(view.plot, "difference", sizing_mode="stretch_width"))

    def show(*events):
        clear.visible = inspector.window is not None
        seen.visible = has_difference(inspector)
        seen.css_classes = ["tpf-evidence-picture", *["tpf-in-sight"][: seen.visible]]
        if seen.visible:
            make()

    show()
    Live(inspector, show, "difference")
    # The mouse that will drag a window comes over the light curve first: the picture is made
    # meanwhile. It takes longer to make than a gesture may.
    Live(inspector, make, "hovered")
    return pn.Column(
        row(
            section("Evidence"),
            pn.HSpacer(),
            clear,
            css_classes=["tpf-evidence-head"],
            sizing_mode="stretch_width",
            height=28,
        ),
        readout(inspector, event_html, "evidence-words", sizing_mode="stretch_width"),
        seen,
        css_classes=["card", "tpf-evidence"],
        sizing_mode="stretch_width",
        stylesheets=[CSS],
        margin=0,
        styles={"padding": "8px 12px"},
    )


@follows("picture")
def legend_html(inspector: Inspector) -> str:
    """What the marks and the colours of the picture are."""
    keys = [f"<span>{_sign(mark)} {mark.words}</span>" for mark in MARKS.values()]
    keys.append(f"<span>{_svg(_OUTLINE, APERTURE_COLOR)} aperture</span>")
    signs = signs_text(inspector.picture)
    style = "display: flex; flex-wrap: wrap; gap: 2px 12px; font-size: 12px"
    return f"<div style='{style}'>{''.join(keys)}</div>" + (
        f"<div class='note' style='font-size: 12px'>{signs}</div>" if signs else ""
    )


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
