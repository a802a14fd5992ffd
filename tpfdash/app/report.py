"""A page with what is on screen now, that opens without a server and without a network.

What it shows is drawn by the views, from a copy of the Inspector, so that the figures on screen
know nothing of it; nothing in it reacts but Bokeh's own zoom.
"""

from __future__ import annotations

import os
from copy import copy
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template

import holoviews as hv
import numpy as np
from bokeh.document import Document
from bokeh.embed import components
from bokeh.io.doc import patch_curdoc
from bokeh.resources import Resources

from tpfdash.cards.checks import SIGNS, rows_of
from tpfdash.cards.corrections import scatter_words
from tpfdash.cards.curves import curves_html
from tpfdash.cards.evidence import legend_html
from tpfdash.cards.measured import event_html
from tpfdash.cards.widgets import legend_html as legend_of
from tpfdash.cards.words import INJECTED, cadence_html, heading_html, target_html
from tpfdash.diagnosis.diagnose import Diagnosis
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.io.atomic import write_atomically
from tpfdash.stamp.geometry import corner, runs
from tpfdash.timeseries.transform import function_name
from tpfdash.version import __version__
from tpfdash.views.apertures import compared_kinds, compared_note
from tpfdash.views.difference import DifferenceView, has_difference
from tpfdash.views.lightcurve import LightCurveView
from tpfdash.views.panels import PanelView, available_panels
from tpfdash.views.pixels import PixelView

__all__ = ["report_html", "save_report"]

#: Screen pixels of a panel below the light curve, its time axis included.
_PANEL = 130
#: Pictures of an event that a report shows as figures.
_PICTURES = ["difference", "S/N", "expected"]
_TEMPLATE = Template((Path(__file__).parent / "report.html").read_text())


def report_html(inspector: Inspector) -> str:
    """The page as a text: stamp and masks, light curve and panels, target, and where it comes from.

    Where a window is set, the verdict on its event, the checks, and its pictures; the user's notes.

    A long light curve is drawn as the same raster as on screen. Everything is inside: fonts and
    scripts too.
    """
    own = Document()
    with patch_curdoc(own):  # or HoloViews and Bokeh would ask the page that is the current one
        return _html(inspector)


def _html(inspector: Inspector) -> str:
    still = copy(inspector)
    still.answer = inspector.diagnosis
    shown = _PICTURES if has_difference(still) else []
    panels = [PanelView(still, name) for name in available_panels(still)]
    views = [
        PixelView(still),
        LightCurveView(still),
        *panels,
        *(DifferenceView(still, one) for one in shown),
    ]
    # What is drawn now, without the gestures, which would call a server.
    render = hv.renderer("bokeh").get_plot
    figures = [render(view.plot[()]).state for view in views]
    for figure in figures:
        _drop_idle_tools(figure)
    # The page has no height that plots could share.
    for figure, height in zip(figures[1:], [430] + [_PANEL] * len(panels), strict=False):
        figure.update(sizing_mode="stretch_width", height=height)
    script, (pixels, lightcurve, *rest) = components(tuple(figures))
    strips, pictures = rest[: len(panels)], rest[len(panels) :]
    return _TEMPLATE.substitute(
        title=escape(str(still.tpf.attrs.get("object") or "tpfdash")),
        # Not Bokeh's whole page: that would have it load what Panel's components want as well.
        bokeh="\n".join(Resources(mode="inline", components=["bokeh"]).js_raw),
        heading=heading_html(still),
        pixels=pixels,
        lightcurve=lightcurve,
        panels=_compared(still) + _panels(panels, strips),
        notes=_notes(still.notes),
        evidence=_evidence(still, dict(zip(shown, pictures, strict=True))),
        readout=cadence_html(still),
        target=target_html(still),
        provenance=_table(_provenance(still)),
        script=script,
    )


def save_report(inspector: Inspector, path: str | os.PathLike, *, overwrite: bool = False) -> Path:
    """Write `report_html` to a file, whole or not at all.

    Raises
    ------
    TPFError
        Where the path does not end in .html, exists already (without `overwrite`), or cannot be
        written.
    """
    if Path(path).suffix.lower() not in (".html", ".htm"):
        raise TPFError(f"{path} should end in .html: a report is a web page.")
    page = report_html(inspector).encode()
    return write_atomically(path, lambda file: file.write(page), overwrite=overwrite)


def _drop_idle_tools(figure) -> None:
    """Take off the tools that have nothing to do without a server."""
    idle = ("BoxSelectTool", "TapTool")
    figure.tools = [tool for tool in figure.tools if type(tool).__name__ not in idle]
    figure.toolbar.update(active_drag=None, active_tap=None)


def _compared(inspector: Inspector) -> str:
    """Which points of the light curve are those of other apertures."""
    kinds = compared_kinds(inspector)
    return f"<div class='panel'>{legend_of(kinds, compared_note(inspector))}</div>" if kinds else ""


def _panels(panels: list[PanelView], strips: list[str]) -> str:
    """The panels below the light curve, each with what it shows."""
    return "".join(
        f"<div class='panel'>{panel.label} {legend_of(panel.kinds)} {panel.note}</div>{strip}"
        for panel, strip in zip(panels, strips, strict=True)
    )


def _notes(words: str) -> str:
    if not words.strip():
        return ""
    return f"<section class='notes'><h2>Notes</h2><p>{escape(words)}</p></section>"


def _evidence(inspector: Inspector, pictures: dict[str, str]) -> str:
    """What is said and shown of the event, check by check; nothing where no window is set."""
    if inspector.window is None or inspector.answer is None:
        return ""
    inspector.picture = "pixels"
    curves = f"<figure>{curves_html(inspector)}</figure>"
    figures = ""
    for name, picture in pictures.items():
        inspector.picture = name
        figures += f"<figure>{picture}<figcaption>{legend_html(inspector)}</figcaption></figure>"
    return (
        f"<section class='evidence'><h2>Evidence</h2>{event_html(inspector)}"
        f"<div>{figures}{curves}</div>{_checks(inspector.answer)}</section>"
    )


def _checks(answer: Diagnosis) -> str:
    """All that was looked at, each with its sign."""
    rows = "".join(
        f"<tr class='{row['kind']}'><td title='{row['means']}'>{row['sign']}</td>"
        f"<th>{escape(row['label'])}</th><td>{escape(row['sentence'])}</td></tr>"
        for row in rows_of(answer)
    )
    signs = ", ".join(f"{sign} {means}" for sign, means in SIGNS.values())
    return f"<table class='checks'>{rows}</table><p class='key'>{signs}</p>"


def _provenance(inspector: Inspector) -> list[tuple[str, str]]:
    attrs = inspector.tpf.attrs
    bits = inspector.quality_bits
    window = inspector.window
    clock = attrs.get("time_format", "")
    rows = [
        ("Simulated", "yes: no telescope has seen this target" if attrs.get("simulated") else ""),
        ("Injected", INJECTED if attrs.get("injected") else ""),
        ("File", str(attrs.get("source") or "not available")),
        *_apertures(inspector),
        ("Background", _pixels(inspector, inspector.background)),
        ("Quality bitmask", f"{inspector.quality_bitmask} ({bits})"),
        ("Window", f"{window[0]:.5f} to {window[1]:.5f} {clock}" if window else "none"),
        ("Light curve", "divided by its median" if inspector.normalized else "as summed"),
        ("Corrections", "; ".join(inspector.lightcurve.attrs.get("corrections", ()))),
        ("Scatter", scatter_words(inspector.scattering)),
        ("Applied function", function_name(inspector.transform) if inspector.transform else ""),
        ("Stamp", f"{inspector.column}, {inspector.scale} scale, {inspector.colors}"),
        ("Made", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC by tpfdash {__version__}"),
    ]
    return [(key, value) for key, value in rows if value]


def _apertures(inspector: Inspector) -> list[tuple[str, str]]:
    """The aperture, and with their names the others that are drawn."""
    several = f" {escape(inspector.aperture_name)}" if len(inspector.aperture_list) > 1 else ""
    others = [one for one in inspector.aperture_list if one.mask is not None and not one.hidden]
    return [
        (f"Aperture{several}", _pixels(inspector, inspector.aperture)),
        *(
            (f"Aperture {escape(one.name)}, beside it", _pixels(inspector, one.mask))
            for one in others
        ),
    ]


def _pixels(inspector: Inspector, mask: np.ndarray) -> str:
    """A mask in words: how many pixels, and the columns of each detector row."""
    if not mask.any():
        return "no pixel"
    _, first = corner(inspector.tpf)
    rows = []
    for row, line in zip(inspector.tpf["row"].values, mask, strict=True):
        parts = [f"{a}" if b == a + 1 else f"{a}–{b - 1}" for a, b in runs(line) + first]
        if parts:
            rows.append(f"row {row}: {', '.join(parts)}")
    more = f"; and {len(rows) - 40} more rows" if len(rows) > 40 else ""
    return f"{int(mask.sum())} pixels (detector columns): " + "; ".join(rows[:40]) + more


def _table(rows: list[tuple[str, str]]) -> str:
    body = "".join(f"<tr><th>{key}</th><td>{escape(value)}</td></tr>" for key, value in rows)
    return f"<table class='facts'>{body}</table>"
