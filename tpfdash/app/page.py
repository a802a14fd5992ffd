"""The web page around a dashboard: header, theme switch, a chooser between files, errors in words.

A page is made anew for each browser that opens it. What a browser may name in the address is
decided here; what a dashboard shows is `tpfdash.app.dashboard`.
"""

from __future__ import annotations

import logging
import secrets
import time
import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from html import escape

import panel as pn
import panel_material_ui as pmui
import xarray as xr
from astropy.table import Table
from bokeh.document import Document
from bokeh.events import ConnectionLost
from panel.io.resources import LOCAL_DIST
from panel.util import edit_readonly

from tpfdash.app.address import FILE, session_in
from tpfdash.app.connection import PAGE_TEMPLATE
from tpfdash.app.dashboard import TPFDashboard
from tpfdash.app.finding import Finding, is_archived
from tpfdash.app.opening import Named, open_named
from tpfdash.app.roots import Roots
from tpfdash.app.siblings import Siblings
from tpfdash.app.sockets import send_at_once
from tpfdash.app.theme import SystemTheme
from tpfdash.app.visit import Visit, file_in, said_in_address
from tpfdash.archive.stars import find_stars
from tpfdash.cards.addressbar import link_button
from tpfdash.cards.names import Names
from tpfdash.cards.widgets import CSS, control, html, put_in_sight, row
from tpfdash.errors import TPFError
from tpfdash.views.faults import tell
from tpfdash.views.live import is_being_drawn

_log = logging.getLogger(__name__)

__all__ = ["error_page", "make_page", "page_around", "tell_faults"]

#: The dashboard has the height of the window, less that of what is above it.
_MAIN = ":host { --tpf-height: calc(100vh - 86px); min-width: 0 !important; }"
#: A page's shell is filled once the loop has gone round so often, so many milliseconds apart.
_ROUNDS, _ROUND = 5, 10
#: Seconds without a word from who waits, after which he counts for gone.
_GONE = 1.0
#: White on the header's blue, in both themes.
_ON_HEADER = """
:host { --ink: #fff; --line: rgb(255 255 255 / 0.5); --accent: #fff; }
"""
#: A header no higher than it has to be.
_HEADER = {
    "& .MuiToolbar-root": {"minHeight": "44px", "paddingLeft": "12px", "paddingRight": "12px"},
    "& .MuiTypography-h5, & .MuiTypography-h6": {"fontSize": "18px"},
}


def make_page(
    opened: dict[str, xr.Dataset],
    root: Roots = None,
    *,
    archive: bool | None = None,
    catalog: Table | None = None,
    named: Named | None = None,
    links: Sequence[pn.viewable.Viewable] = (),
) -> pmui.Page:
    """The page for one browser, over files that are open already or the one that its address names.

    Served, it is an empty shell at first, that is filled when the server has answered, in steps: of
    many who open a page at once nobody waits for the others' dashboards, nor does anybody who has a
    page already wait for a whole one.

    Parameters
    ----------
    opened : dict of str to Dataset
        As `open_sources` gives it.
    root : path or sequence of paths, optional
        The folders whose files `?tpf=NAME` may name.
    archive : bool, optional
        Whether whoever opens the page may search the archive and have files fetched from it. Unless
        given, where no folder is served by name.
    catalog : Table, optional
        Stars to be drawn on every file, as `tpfdash.archive.stars.read_stars` gives them.
    named : Named, optional
        The file to be shown in place of those that are open: it is opened in a thread.
    links : sequence of viewables
        For the header, before all else.
    """
    send_at_once()
    if archive is None:
        archive = root is None
    main = pn.Column(sizing_mode="stretch_width", margin=(2, 8, 8, 8), stylesheets=[_MAIN])
    header = row(*links, gap=8, sizing_mode="stretch_width")
    page = page_around(main, [header])
    document = pn.state.curdoc

    def fill() -> Iterator[None]:
        start = time.perf_counter()
        try:
            files, unnamed = _wanted(opened, root) if named is None else named.result()
            name = yield from _fill(main, header, files, unnamed, archive, catalog)
            if document is not None:
                seconds = round(time.perf_counter() - start, 3)
                told = {"event": "built", "file": name, "seconds": seconds}
                _log.info("a page was built", extra={"told": told})
        except TPFError as error:
            main.objects = [_alert(error)]
            told = {"event": "refused", "words": str(error)}
            _log.info("a page shows no file: %s", error, extra={"told": told})
        except Exception:  # a traceback with the server's paths is not for a browser
            number = secrets.token_hex(3)
            told = {"event": "error", "error": number}
            _log.exception("error %s: a page could not be built", number, extra={"told": told})
            words = f"this page could not be built: the server's log says why (error {number})."
            main.objects = [_alert(TPFError(words))]

    if document is None:
        deque(fill(), 0)  # all of it
    else:
        main.objects = [html("<div class='note' role='status'>Opening …</div>", margin=16)]
        if named is None:
            _turns.ask(document, fill())
        else:
            named.start(document, partial(_turns.ask, document, fill()))
    return page


class _Turns:
    """Fills pages one at a time, each step once the loop has had time for whatever else there is.

    To fill one takes long, and a loop calls all that is due before it looks at what has come in: of
    many who open a page at once the last would see nothing until all others had their dashboards.
    """

    def __init__(self):
        self._asked = self._events = 0  # how many pages were asked for; and asked for or filled
        self._waiting: dict[int, float] = {}  # number of a page -> when it was last known to wait

    def ask(self, document: Document, fill: Iterator[None]) -> None:
        self._asked += 1
        self._events += 1
        self._wait(document, fill, self._asked, self._events, _ROUNDS)

    def _wait(self, document, fill, number: int, events: int, rounds: int) -> None:
        self._waiting[number] = time.monotonic()

        def go_on():
            if is_being_drawn(document):  # the others go on meanwhile
                self._waiting.pop(number, None)
                document.add_timeout_callback(go_on, _ROUND)
            elif events != self._events:  # somebody else's page: anew
                self._wait(document, fill, number, self._events, _ROUNDS)
            elif rounds > 1 or self._is_behind(number):
                self._wait(document, fill, number, events, max(rounds - 1, 1))
            else:
                self._step(document, fill, number)

        document.add_timeout_callback(go_on, _ROUND)

    def _step(self, document, fill, number: int) -> None:
        more = False
        try:
            next(fill)
            more = True
        except StopIteration:
            pass
        finally:
            self._events += 1
            if more:
                self._wait(document, fill, number, self._events, 1)
            else:
                self._waiting.pop(number, None)

    def _is_behind(self, number: int) -> bool:
        """Whether somebody waits for longer; who has gone is not heard of any more."""
        now = time.monotonic()
        self._waiting = {one: at for one, at in self._waiting.items() if now - at < _GONE}
        return min(self._waiting, default=number) < number


_turns = _Turns()


def _fill(
    main: pn.Column,
    header: pn.Row,
    opened: dict[str, xr.Dataset],
    named: str | None,
    archive: bool,
    catalog: Table | None,
) -> Generator[None, None, str]:
    """Put the dashboard into the shell of a page, and into its header what goes with it.

    At each step of the iterator a part of it; in the end it gives the name of the file in view.
    `named`: the file that the address names by something else than `file=`.
    """
    files = dict(opened)  # what this page fetches is its own
    message = pn.Column(sizing_mode="stretch_width", margin=0)
    said = said_in_address()
    wanted = said.get(FILE, "") if archive else ""
    to_fetch = is_archived(wanted) and wanted not in files
    if to_fetch:  # once the page is there
        dashboard, name = TPFDashboard(files[next(iter(files))]), next(iter(files))
    else:
        dashboard, name = _as_wanted(files, said, message)
    if not archive:
        dashboard.star_sources = ()
    visit = Visit(dashboard, files, name, unnamed=named)
    visit.on_arrival(lambda: _put(catalog, dashboard))
    chooser = _chooser(visit, files, message)
    finding = Finding(lambda uri, tpf: _add(visit, files, chooser, uri, tpf)) if archive else None
    visit.on_arrival(Siblings(visit, chooser, finding.search if finding else None).arrive)
    tell_faults(dashboard, lambda shown: shown.inspector)
    document = pn.state.curdoc
    parts = iter(()) if document is None else dashboard.in_parts()
    with pn.io.hold(document) if document is not None else nullcontext():
        header.objects = [
            *header.objects,
            *([finding.field] if finding else []),
            pn.HSpacer(),
            chooser,
            link_button(visit.write, styles={"color": "#fff"}),
            _help_button(dashboard),
        ]
        main.objects = [message, dashboard, visit.bar, *([finding.hits] if finding else [])]
    yield
    yield from parts
    if finding and to_fetch:
        finding.open(wanted, lambda: dashboard.restore(session_in(said)))
    return name


def _add(
    visit: Visit, files: dict[str, xr.Dataset], chooser: pn.widgets.Select, uri: str, tpf
) -> None:
    """Put a file that was fetched among those of the page, and show it."""
    files.setdefault(uri, tpf)
    try:
        if visit.name != uri:
            visit.go_to(uri)
    except TPFError:
        del files[uri]
        raise
    chooser.param.update(options=_labels(files), value=uri)
    put_in_sight(chooser, len(files) > 1)


def _put(catalog: Table | None, dashboard: TPFDashboard) -> None:
    """Draw the stars of a catalogue, where the file has none yet and they can be placed."""
    if catalog is None or dashboard.stars is not None:
        return
    try:
        dashboard.stars = find_stars(dashboard.inspector.tpf, source=catalog)
    except TPFError as error:
        tell(dashboard.inspector, error)


def _labels(files: dict[str, xr.Dataset]) -> dict[str, str]:
    """What a chooser calls each file -> its name: of one of the archive, its file's name alone."""
    return {name.rpartition("/")[2] if is_archived(name) else name: name for name in files}


def _help_button(dashboard: TPFDashboard) -> pn.widgets.Button:
    button = control(
        pn.widgets.Button,
        "help",
        "Keys and gestures (?).",
        label="?",
        stylesheets=[CSS, _ON_HEADER],
    )
    button.on_click(lambda event: dashboard.show_help())
    return button


def _as_wanted(
    opened: dict[str, xr.Dataset], said: dict[str, str], message: pn.Column
) -> tuple[TPFDashboard, str]:
    """The dashboard that the address asks for, and its file's name; `message` says why it is not.

    A file whose state is not to be had is shown as it opens.
    """
    name = next(iter(opened))
    try:
        name = file_in(said, opened)
        return TPFDashboard(opened[name], session=session_in(said)), name
    except TPFError as error:
        made = TPFDashboard(opened[name])
        message.objects = [_alert(TPFError(f"The address was not followed: {error}"))]
    return made, name


def tell_faults(shown: pn.viewable.Viewer, model_of: Callable) -> None:
    """Have a page say what goes wrong in any callback of this session, the chooser's too.

    `model_of`: what is shown -> that whose faults the page tells. The handler is the session's own:
    other apps of the server keep theirs.
    """
    held = weakref.ref(shown)  # Panel holds the handler, by the document that holds all this

    def handle(error):
        alive = held()
        if alive is not None:
            tell(model_of(alive), error)

    if pn.state.curdoc is not None:
        pn.config.exception_handler = handle


def error_page(error: TPFError, links: Sequence[pn.viewable.Viewable] = ()) -> pmui.Page:
    """A page that says in words what is wrong; `links`: for its header."""
    return page_around(_alert(error), list(links))


def page_around(main: pn.viewable.Viewable, header: list) -> pmui.Page:
    """A page with tpfdash's header, theme and ways to say that its server is gone."""
    if pn.state.curdoc is not None:
        _keep_styles_here(pn.state.curdoc)
        _end_when_left(pn.state.curdoc)
    page = pmui.Page(
        title="tpfdash",
        header=header,
        main=[main],
        template=PAGE_TEMPLATE,
        theme_config={"palette": {"primary": {"main": "#234a75"}}},
        sx=_HEADER,
    )
    page.header = [*page.header, SystemTheme(), Names()]
    if pn.state.curdoc is not None:
        pn.state.on_session_destroyed(lambda context: _release(page))
    return page


def _keep_styles_here(document: Document) -> None:
    """Have the page get its style sheets from its server.

    Panel sees to that as it answers for the page. But the session that talks to the browser may be
    another one, of another process or made anew: its styles would come from the internet.
    """
    above = f"{pn.state.rel_path}/" if pn.state.rel_path else ""
    document.template_variables.setdefault("dist_url", f"{above}{LOCAL_DIST}")


def _end_when_left(document: Document) -> None:
    """Have the session end at the server's next look after those whose browsers have gone.

    Others wait, in case a connection comes back. This page is loaded anew then (connection.js), in
    a session of its own; until the old one ends the server keeps all of it.
    """

    def left(event: ConnectionLost) -> None:
        session = getattr(document.session_context, "session", None)
        if session is not None:
            session.request_expiration()

    document.on_event(ConnectionLost, left)


def _release(page: pmui.Page) -> None:
    """Have the server not keep a page whose session has ended.

    The page follows `pn.state.busy`, which thereby keeps it. It gets a link to itself instead:
    param keeps a link's watcher where a mere value takes the link's place.
    """
    with edit_readonly(page):
        page.busy = page.param.loading


def _alert(error: TPFError) -> pn.pane.HTML:
    return html(
        f"<div class='error' role='alert'>{escape(str(error))}</div>",
        css_classes=["tpf-error"],
        margin=(16, 8),
        sizing_mode="stretch_width",
    )


def _wanted(opened: dict[str, xr.Dataset], root: Roots) -> tuple[dict[str, xr.Dataset], str | None]:
    """The files that are open, or the one that the address names in place of them, and its name."""
    name = said_in_address().get("tpf")
    if name is None:
        return opened, None
    return {name: open_named(name, root)}, name


def _chooser(visit: Visit, opened: dict[str, xr.Dataset], message: pn.Column) -> pn.widgets.Select:
    """A menu of the open files; where one cannot be shown, `message` says why."""
    chooser = control(
        pn.widgets.Select,
        "file",
        "The file that is shown, of those that are open.",
        options=_labels(opened),
        value=visit.name,
        stylesheets=[CSS, _ON_HEADER],
        sizing_mode="stretch_width",
        min_width=80,
        max_width=380,
    )

    def choose(event):
        try:
            if event.new != visit.name:
                visit.go_to(event.new)
        except TPFError as error:
            message.objects = [_alert(error)]
        else:
            message.clear()

    chooser.param.watch(choose, "value")
    put_in_sight(chooser, len(opened) > 1)
    return chooser
