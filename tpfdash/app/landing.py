"""The page that a server shows first: its files, a place for one's own, the archive's search."""

from __future__ import annotations

from urllib.parse import quote

import panel as pn
import panel_material_ui as pmui

from tpfdash.app.finding import Finding
from tpfdash.app.holdings import Holding, Holdings
from tpfdash.app.page import page_around
from tpfdash.app.uploads import Uploads
from tpfdash.cards.dropzone import DropZone
from tpfdash.cards.goto import GoTo
from tpfdash.cards.shelf import PAGE_OF_ROWS, Shelf
from tpfdash.cards.widgets import html, row

__all__ = ["landing_page"]

#: The list beside the place to drop a file, or below it where there is no room.
_GRID = """
:host {
  display: grid !important; gap: 22px 28px; min-width: 0 !important; align-items: start;
  width: 100% !important; max-width: 1560px; margin: 0 auto !important;
  max-height: none !important; padding: 22px 20px 40px; box-sizing: border-box;
  grid-template-columns: minmax(0, 1fr) minmax(240px, 320px);
}
:host > * { min-width: 0 !important; }
:host(.tpf-alone) { grid-template-columns: minmax(0, 1fr); }
@media (max-width: 1000px) { :host { grid-template-columns: minmax(0, 1fr); } }
"""
_HEAD = """
:host { grid-column: 1 / -1; }
h1 { font-size: 21px; line-height: 1.3; font-weight: 600; margin: 0 0 4px; }
p { margin: 0; font-size: 14px; line-height: 1.5; color: var(--soft); }
"""


def landing_page(
    holdings: Holdings | None, *, uploads: Uploads | None = None, archive: bool = False
) -> pmui.Page:
    """The first page, for one browser.

    Parameters
    ----------
    holdings : Holdings, optional
        The files that a click opens.
    uploads : Uploads, optional
        Where the files go that are sent.
    archive : bool
        Whether the archive can be searched.
    """
    parts = [
        *([_shelf(holdings)] if holdings is not None else []),
        *([_drop_zone(uploads)] if uploads is not None else []),
    ]
    main = pn.Column(
        _head(holdings is not None, uploads is not None, archive),
        *parts,
        stylesheets=[_GRID],
        css_classes=["tpf-landing", *(["tpf-alone"] if len(parts) < 2 else [])],
        margin=0,
        sizing_mode="stretch_width",
    )
    header = row(pn.HSpacer(), gap=8, sizing_mode="stretch_width")
    below = [main]
    if archive:
        going = GoTo()
        # It is there now, and its own page finds it there.
        finding = Finding(lambda uri, tpf: going.param.update(to=f"?file={quote(uri, safe=':/,')}"))
        header.objects = [finding.field, pn.HSpacer()]
        below += [finding.hits, going]
    return page_around(pn.Column(*below, margin=0, sizing_mode="stretch_width"), [header])


def _head(listed: bool, uploads: bool, archive: bool) -> pn.pane.HTML:
    ways = [
        *(["open one of those below"] if listed else []),
        *(["drop one of your own"] if uploads else []),
        *(["search the archive in the bar above"] if archive else []),
    ]
    *most, last = ways or ["there is none to be opened here"]
    words = f"{', '.join(most)} or {last}" if most else last
    return html(
        "<h1>Target pixel files</h1><p>The pixels of a Kepler, K2 or TESS target beside its light "
        f"curve: {words}.</p>",
        stylesheets=[*html("").stylesheets, _HEAD],
        sizing_mode="stretch_width",
    )


def _drop_zone(uploads: Uploads) -> DropZone:
    tickets: list[str] = []

    def admit() -> str:
        tickets.append(uploads.admit())
        return tickets[-1]

    if pn.state.curdoc is not None:
        # What was sent stays until its own page has come and gone.
        pn.state.on_session_destroyed(lambda context: [*map(uploads.dismiss, tickets)])
    return DropZone(admit, largest=uploads.largest)


def _shelf(holdings: Holdings) -> Shelf:
    """The list, as the user asks for it, kept up while the folders are looked through."""
    asked = ["", PAGE_OF_ROWS, ""]
    document = pn.state.curdoc

    def ask(words: str, most: int, order: str) -> None:
        asked[:] = words, most, order
        show()

    def show() -> None:
        words, most, order = asked
        found = holdings.find(words, most, order)
        rows = [_texts(one) for one in found.holdings]
        news = {"count": found.count, "total": found.total, "scanning": found.scanning}
        shelf.param.update(**news, **({} if rows == shelf.rows else {"rows": rows}))

    def news() -> None:  # from the thread that looks
        if document is not None and document.session_context is not None:
            try:
                document.add_next_tick_callback(show)
            except (AttributeError, RuntimeError):
                pass  # it goes just now, or its loop has

    shelf = Shelf(ask)
    holdings.refresh(news)
    if document is not None:
        pn.state.on_session_destroyed(lambda context: holdings.forget(news))
    show()
    return shelf


def _texts(holding: Holding) -> dict[str, str]:
    about = holding.about
    return {
        "name": holding.name,
        "target": about.target,
        "mission": about.mission,
        "when": about.interval,
        "cadence": about.cadence.partition(" (")[0] if about.cadence != "unknown" else "",
        "cadences": f"{about.cadences:,}",
        "stamp": f"{about.rows} × {about.cols}" if about.rows else "",
        "size": f"{holding.size / 1e6:.1f} MB"
        if holding.size >= 5e4
        else f"{holding.size / 1e3:.0f} kB",
    }
