"""The Bokeh figures behind HoloViews' plots, and the one way in which they are changed directly.

HoloViews builds a figure; rebuilding it for each gesture would take longer than the gesture may
(measured: 80 ms against 5). So the aperture, the cadence and the like are patched into the data
sources that exist already, for every page that shows the figure, in one batch a page, in notebooks
too. What is patched is worked out by the views, by the same functions that built the figure.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource, ResetTool

from tpfdash.views.live import served_document

__all__ = [
    "Figures",
    "add_glyph",
    "drag_with",
    "patch",
    "set_columns",
    "simplify",
    "slim_toolbar",
    "weakly",
]

#: A column up to this long is compared before it is sent: cheaper than sending it for nothing.
_WORTH_COMPARING = 10_000


class Figures:
    """The figures of one view: a Bokeh figure for each page on which the view is shown."""

    def __init__(self):
        # root of the page -> name of the element -> HoloViews' plot of that element
        self._plots: dict[str, dict[str, weakref.ref]] = {}

    def hook(self, name: str, then: Callable | None = None) -> Callable:
        """A function for HoloViews' `hooks` option that files an element's plot under `name`.

        Parameters
        ----------
        then : method, optional
            Called with (plot, element) each time HoloViews has built or rebuilt the element.
        """
        then = weakly(then) if then is not None else None

        def remember(plot, element):
            root = (
                plot.root.ref["id"]
                if plot.root is not None
                else str(id(plot.handles.get("plot", plot)))
            )
            self._plots.setdefault(root, {})[name] = weakref.ref(plot)
            if then is not None:
                then(plot, element)

        return remember

    def page_of(self, figure) -> str | None:
        """What names the page that a Bokeh figure of this view is on."""
        for page in self._plots:
            if any(plot.state is figure for plot in self.on(page).values()):
                return page
        return None

    def on(self, page: str | None) -> dict:
        """The plots on one page by name; none where the view is not on it."""
        return {name: plot for name, ref in self._plots.get(page, {}).items() if (plot := ref())}

    def pages(self) -> list[dict]:
        """For each page, the plots by name; pages that are gone are forgotten."""
        pages = []
        for root, refs in list(self._plots.items()):
            plots = {name: ref() for name, ref in refs.items()}
            if any(plot is None or not plot.handles for plot in plots.values()):
                del self._plots[root]
            else:
                pages.append(plots)
        return pages


def weakly(method: Callable) -> Callable:
    """A bound method as a function that does not keep its object alive.

    HoloViews holds an element's hooks in a global for as long as the element lives: a hook that
    held the view, which holds the element, would hold all of them for good.
    """
    held = weakref.WeakMethod(method)

    def call(*arguments):
        alive = held()
        if alive is not None:
            alive(*arguments)

    return call


def patch(figures: Figures, change: Callable[[dict], None]) -> None:
    """Run `change(plots)` for each page of `figures`, with what it changes sent as one batch.

    From a thread or a session that does not hold the page's document, it is put off until the
    page's own server loop gets to it.
    """
    for plots in figures.pages():
        plot = next(iter(plots.values()))
        document = plot.document
        if document is None:
            change(plots)
        elif document.session_context is not None and served_document() is not document:
            document.add_next_tick_callback(lambda plots=plots: _held(plots, change))
        else:
            _held(plots, change)


def _held(plots: dict, change: Callable[[dict], None]) -> None:
    plot = next(iter(plots.values()))
    with pn.io.hold(plot.document):
        change(plots)
    plot.push()  # does something in a notebook only


def simplify(figure) -> None:
    """Take off a figure what there is no option of HoloViews to do without.

    No WebGL: HoloViews asks for it, and each paint then waits for the card to hand its pixels
    back (100 ms without one); no grid at all, since one without lines takes its time too; and no
    logo: `logo=None` would fold the tools into a menu.
    """
    figure.output_backend = "canvas"
    figure.grid.visible = False
    figure.toolbar.stylesheets = [".bk-logo { visibility: hidden; width: 0; }"]


def slim_toolbar(figure) -> None:
    """Have the toolbar within the frame, while the mouse is there, with what takes a zoom back."""
    figure.toolbar_inner, figure.toolbar.autohide = True, True
    for tool in figure.tools:
        tool.visible = isinstance(tool, ResetTool)


def drag_with(figure, tool: type) -> None:
    """Make `tool` the one of a figure's tools that a drag uses."""
    figure.toolbar.active_drag = next(one for one in figure.tools if isinstance(one, tool))


def add_glyph(figure, glyph, level: str, columns: dict) -> ColumnDataSource:
    """Draw a glyph that is never selected, at one of Bokeh's levels; its source, to be changed."""
    source = ColumnDataSource(columns)
    # Given here, they are not drawn in ways of their own.
    figure.add_glyph(source, glyph, level=level, selection_glyph=None, nonselection_glyph=None)
    return source


def set_columns(source, **columns) -> None:
    """Put columns into a data source, sending those that are new.

    A column that equals the one that the source has already is not sent again. Where the length
    changes, all are sent, as Bokeh wants them to agree.
    """
    old = source.data
    new = {name: value for name, value in columns.items() if not _same(value, old.get(name))}
    if not new:
        return
    lengths = {len(value) for name, value in old.items() if name not in new}
    if lengths <= {len(value) for value in new.values()}:
        old.update(new)
    else:
        source.data = {**{name: old[name] for name in old if name in columns}, **columns}


def _same(new, old) -> bool:
    if new is old:
        return True
    if old is None or len(new) != len(old) or len(new) > _WORTH_COMPARING:
        return False
    if len(new) and isinstance(new[0], np.ndarray):  # a column of images
        return all(map(_equal, new, old))
    return _equal(new, old)


def _equal(new, old) -> bool:
    return np.array_equal(new, old, equal_nan=np.asarray(new).dtype.kind == "f")
