"""TPFDashboard: the cards of one Inspector as one Panel component.

What a gesture does is the Inspector's, what a plot looks like is `tpfdash.views`, and which
controls go with it is `tpfdash.cards`; here they are put together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path

import holoviews as hv
import panel as pn
import param
from bokeh.core.validation import silence
from bokeh.core.validation.warnings import FIXED_SIZING_MODE

from tpfdash.app.notebook import inline_stylesheets, note_display, prepare
from tpfdash.app.release import Column
from tpfdash.app.report import report_html, save_report
from tpfdash.app.sockets import send_at_once
from tpfdash.app.widths import Widths
from tpfdash.archive.stars import available_sources
from tpfdash.cards.alert import fault_alert
from tpfdash.cards.apertures import apertures_card
from tpfdash.cards.corrections import corrections_card
from tpfdash.cards.drawer import Card, Drawer
from tpfdash.cards.events import events_card
from tpfdash.cards.evidence import evidence_card
from tpfdash.cards.files import files_card
from tpfdash.cards.flags import flags_card
from tpfdash.cards.grid import grid_card
from tpfdash.cards.keys import Keys
from tpfdash.cards.lightcurve import lightcurve_card
from tpfdash.cards.names import Names
from tpfdash.cards.notes import notes_card
from tpfdash.cards.periods import periods_card
from tpfdash.cards.pixels import pixel_card
from tpfdash.cards.sky import sky_card
from tpfdash.cards.widgets import CSS, html, readout
from tpfdash.cards.words import heading_html, target_html
from tpfdash.inspector import Inspector
from tpfdash.inspector.corrected import Curve
from tpfdash.inspector.session import restore_all, session_of
from tpfdash.io import open_tpf
from tpfdash.io.sessions import read_session, write_session
from tpfdash.views.asking import Asking, loop_of_this_session
from tpfdash.views.lightcurve import LightCurveView
from tpfdash.views.live import Live
from tpfdash.views.pixels import PixelView

__all__ = ["TPFDashboard"]

_BOARD = (Path(__file__).parent / "board.css").read_text()

#: The Inspector's params that are the user's taste, and outlive the file.
_SETTINGS = (
    "column",
    "scale",
    "stretch",
    "levels_from",
    "cmap",
    "picture",
    "mode",
    "grid_time",
    "grid_scale",
    "normalized",
    "show_flagged",
    "show_all",
    "show_raw",
    "corrections",
    "transform",
    "flux_range",
)


#: Params of the Inspector that are told to those who watch the dashboard as they change.
_MIRRORED = ("aperture", "cadence", "window", "stars")


class Mirrored(param.Parameter):
    """A param of the dashboard that is its Inspector's param of the same name."""

    def __get__(self, obj, objtype=None):
        return self if obj is None else getattr(obj.inspector, self.name)

    def __set__(self, obj, value):
        if obj is None or self.name in obj._echoing:
            super().__set__(obj, value)
        else:
            setattr(obj.inspector, self.name, value)


class TPFDashboard(pn.viewable.Viewer):
    """A dashboard over one target pixel file.

    Parameters
    ----------
    source
        Anything that `open_tpf` takes.
    session : dict or path, optional
        What `restore` takes; it goes before the params.
    **params
        Params of the `Inspector`: aperture, cadence, quality_bitmask, scale, cmap ...

    Attributes
    ----------
    inspector : Inspector
        All the state. `aperture`, `cadence`, `window`, `stars`, `lightcurve` and `diagnosis` are
        params of the dashboard too, that can be set (but for the last two), watched and linked.
    star_sources : sequence of str
        Whose stars the page may ask for, of `tpfdash.archive.stars.SOURCES`; none: it asks nobody.
    others : callable
        -> the Inspectors of further files of the target, whose choices a session holds too.
    pixels : PixelView
    light_curve : LightCurveView
        The two plots; the `plot` of each can be shown by itself.

    Raises
    ------
    TPFError
        Where the source or a param is no good.
    """

    aperture = Mirrored(doc=Inspector.param.aperture.doc)
    cadence = Mirrored(doc=Inspector.param.cadence.doc)
    window = Mirrored(doc=Inspector.param.window.doc)
    lightcurve = Mirrored(doc=Inspector.param.lightcurve.doc)
    diagnosis = Mirrored(doc=Inspector.param.diagnosis.doc)
    stars = Mirrored(doc=Inspector.param.stars.doc)

    def __init__(self, source, *, session: Mapping | str | PathLike | None = None, **params):
        self._echoing: set[str] = set()
        self.star_sources: Sequence[str] = available_sources()
        self._wanted: str | None = None  # the drawer that was open when another file was shown
        self.others: Callable[[], Sequence[Inspector]] = tuple
        self.inspector = Inspector(open_tpf(source), **params)
        if session is not None:
            self.restore(session)
        super().__init__()
        self._told_curve: Curve | None = self.inspector.curve
        self._tell_all()
        if hv.Store.current_backend != "bokeh":  # to set it again takes as long as a plot's element
            hv.Store.set_current_backend("bokeh")
        # A stamp's frame has its size, the figure around it has not: that is meant.
        silence(FIXED_SIZING_MODE)
        self._page = Column(
            css_classes=["tpf-dashboard"],
            stylesheets=[CSS, _BOARD],
            sizing_mode="stretch_width",
            margin=0,
            hooks=[inline_stylesheets, note_display],
        )
        self._show()

    def save(self, path: str | PathLike, *, overwrite: bool = False) -> Path:
        """Write what is on screen now to a web page that opens anywhere, without a network.

        Stamp and masks, light curve with window and current cadence, target, and where it all
        comes from; nothing in it reacts but Bokeh's own zoom.

        Parameters
        ----------
        path : path
            Ends in .html.
        overwrite : bool
            Whether a file that is there may be replaced.

        Returns
        -------
        Path

        Raises
        ------
        TPFError
            Where the file exists already, or cannot be written.
        """
        return save_report(self.inspector, path, overwrite=overwrite)

    def session(self) -> dict:
        """All that has been chosen, as plain data that `restore` takes, here or elsewhere.

        But for functions; see `tpfdash.inspector.session.session_of`. That of a page with several
        files of the target holds what was chosen on each.
        """
        return session_of(self.inspector, self.others())

    def save_session(self, path: str | PathLike, *, overwrite: bool = False) -> Path:
        """Write `session()` to a file of JSON.

        Raises
        ------
        TPFError
            Where the file exists already (without `overwrite`), or cannot be written.
        """
        return write_session(path, self.session(), overwrite=overwrite)

    def restore(self, session: Mapping | str | PathLike) -> tuple[str, ...]:
        """Choose what a session, or the file of one, holds: all of it or nothing.

        Returns
        -------
        tuple of str
            What was left alone: choices that this version of tpfdash does not know, and files that
            are not open here.

        Raises
        ------
        TPFError
            Where it is no session, one of other files, or holds a value that is no good.
        """
        read = session if isinstance(session, Mapping) else read_session(session)
        return restore_all([self.inspector, *self.others()], read)

    def open(self, source) -> None:
        """Go on with another file, keeping the theme and the user's settings.

        What plays is stopped, the drawer that is open stays open, and those who watch the
        dashboard's params are told.

        Parameters
        ----------
        source
            Anything that `open_tpf` takes, or an Inspector that no page shows, to go on with what
            was chosen in it.

        Raises
        ------
        TPFError
            Where the source is no good; the dashboard then stays as it is.
        """
        old = self.inspector
        new = source if isinstance(source, Inspector) else Inspector(open_tpf(source))
        settings = {name: getattr(old, name) for name in _SETTINGS}
        if settings["column"] not in new.param.column.objects:
            del settings["column"]
        new.param.update(**settings)
        if isinstance(old.quality_bitmask, str):
            new.quality_bitmask = old.quality_bitmask
        for toggle in self._page.select(pn.widgets.Toggle):
            toggle.value = False  # what plays
        self.inspector, self._told_curve = new, None
        self._wanted = self._drawer.opened
        self._show()
        self._drawer.opened = self._wanted
        self._tell_all()
        self._tell_lightcurve()
        self._tell_diagnosis()

    def add_drawer(self, title: str, make: Callable[[], Card]) -> None:
        """One more drawer for the file in view, beside the one of its events.

        Parameters
        ----------
        title : str
        make : callable
            -> (what is in it, its `Live` parts); called when it is first opened.
        """
        self._drawer.add(title, make, after="Events")
        if self._wanted == title:
            self._drawer.opened = title

    def in_parts(self) -> Iterator[None]:
        """Have the page come without its cards, and a part of them with each step of the iterator.

        A server does something else in between: all of it takes longer than a gesture may.
        """
        board = self._board
        stamp, curve, *_ = cards = list(board.objects)
        whole = list(curve.objects)
        # The light curve takes as long as all the rest of its card.
        (plot,) = (part for part in whole if "tpf-lightcurve" in part.css_classes)
        curve.objects = [part for part in whole if part is not plot]
        board.objects = []
        steps = (
            partial(setattr, board, "objects", [stamp]),
            partial(setattr, board, "objects", [stamp, curve]),
            partial(setattr, curve, "objects", whole),
            partial(setattr, board, "objects", cards),
        )

        def put() -> Iterator[None]:
            for step in steps:
                if self._board is not board:  # another file is shown meanwhile
                    return
                with pn.io.hold(pn.state.curdoc):
                    step()
                yield

        return put()

    def show_help(self) -> None:
        """Show the list of keys and gestures on every page that shows the dashboard."""
        self._keys.show_help()

    @property
    def apertures(self) -> Mapping:
        """The `masks` of the `Inspector`, by their names, "background" among them; can be set."""
        return self.inspector.masks

    @apertures.setter
    def apertures(self, masks: Mapping) -> None:
        self.inspector.masks = masks

    def __panel__(self):
        prepare()
        send_at_once()
        return self._page

    # -- the page ---------------------------------------------------------------------------------

    def _show(self) -> None:
        """Put the cards of the Inspector on the page, in place of what is there."""
        inspector = self.inspector
        for name in _MIRRORED:
            Live(inspector, lambda event: self._tell(event.name), name)
        Live(inspector, self._tell_lightcurve, "lightcurve", "waiting")
        Live(inspector, self._tell_diagnosis, "answer", precedence=2)
        inspector.deferred = loop_of_this_session() is not None
        self._asking = [
            Asking(inspector),
            Asking(inspector, "correction", "corrected", forget=""),
        ]
        self.pixels = PixelView(inspector)
        self.light_curve = LightCurveView(inspector)
        self._drawer = self._make_drawer()
        cards = {
            "stamp": pixel_card(inspector, self.pixels),
            "curve": lightcurve_card(inspector, self.light_curve),
            "drawer": self._drawer.card,
            "evidence": evidence_card(inspector, lambda: report_html(inspector)),
        }
        self._keys = Keys(inspector)
        for place, card in cards.items():
            card.css_classes = [*card.css_classes, f"tpf-place-{place}"]
            card.stylesheets = [CSS, _BOARD]
        self._board = pn.Column(
            *cards.values(),
            css_classes=["tpf-board"],
            stylesheets=[CSS, _BOARD],
            sizing_mode="stretch_width",
            margin=0,
        )
        self._page.objects = [
            Widths(),
            fault_alert(inspector),
            html(heading_html(inspector), css_classes=["tpf-heading"]),
            self._board,
            self._keys,
            Names(),
        ]

    def _make_drawer(self) -> Drawer:
        """The cards below, each made when it is first opened."""
        inspector = self.inspector
        return Drawer(
            inspector,
            {
                "Events": lambda: events_card(inspector),
                "Period & fold": lambda: periods_card(inspector, bool(self.star_sources)),
                "Apertures": lambda: apertures_card(inspector),
                "Corrections": lambda: corrections_card(inspector),
                "Pixel grid": lambda: grid_card(inspector),
                "Flags": lambda: flags_card(inspector),
                "Target": lambda: (readout(inspector, target_html, "target"), []),
                "Sky": lambda: sky_card(inspector, self.star_sources),
                "Notes": lambda: (notes_card(inspector), []),
                "Save and load": lambda: files_card(
                    inspector, lambda: report_html(inspector), lambda: self.others()
                ),
            },
        )

    # -- telling those who watch the dashboard ----------------------------------------------------

    def _tell(self, name: str) -> None:
        self._echoing.add(name)
        try:
            setattr(self, name, getattr(self.inspector, name))
        finally:
            self._echoing.discard(name)

    def _tell_all(self) -> None:
        for name in _MIRRORED:
            self._tell(name)

    def _tell_lightcurve(self, *events) -> None:
        watched = self.param.watchers.get("lightcurve", {}).get("value")
        curve = self.inspector.curve
        if watched and curve is not self._told_curve and not self.inspector.waiting:
            self._told_curve = curve
            self._tell("lightcurve")

    def _tell_diagnosis(self, *events) -> None:
        known = self.inspector.answer is not None or not self.inspector.windows
        if known and self.param.watchers.get("diagnosis", {}).get("value"):
            self._tell("diagnosis")
