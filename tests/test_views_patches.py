"""Figures behind plots, and what is patched into them, without a browser."""

import gc
import threading
import weakref

import holoviews as hv
import numpy as np
import pytest
from bokeh.document import Document
from bokeh.io.doc import patch_curdoc
from bokeh.models import BoxSelectTool, ColumnDataSource, PanTool
from bokeh.plotting import figure
from panel.io.state import set_curdoc

from tpfdash.views.patches import Figures, drag_with, patch, set_columns, simplify, weakly


@pytest.fixture
def figures():
    return Figures()


def shown(figures, document):
    """A plot of points, filed as "points", in a document."""
    if hv.Store.current_backend != "bokeh":
        hv.extension("bokeh", logo=False)
    points = hv.Scatter(([0, 1], [2, 3])).opts(hooks=[figures.hook("points")])
    plot = hv.renderer("bokeh").get_plot(points, doc=document)
    document.add_root(plot.state)
    return plot


def test_each_page_has_its_figure_until_it_is_gone(figures):
    plots = [shown(figures, Document()) for _ in range(2)]
    assert [page["points"] for page in figures.pages()] == plots
    plots.pop().cleanup()
    gc.collect()
    assert [page["points"] for page in figures.pages()] == plots


def test_a_change_is_made_on_every_page_in_one_batch(figures):
    documents = [Document(), Document()]
    plots = [shown(figures, document) for document in documents]
    held = []

    def change(page):
        plot = page["points"]
        plot.handles["glyph"].size = 17
        held.append(plot.document.callbacks.hold_value)

    patch(figures, change)
    assert [plot.handles["glyph"].size for plot in plots] == [17, 17]
    assert held == ["combine", "combine"]
    assert [document.callbacks.hold_value for document in documents] == [None, None]


def test_from_elsewhere_a_change_waits_for_the_pages_own_loop(figures, monkeypatch):
    plot = shown(figures, Document())
    waiting, changed = [], []
    monkeypatch.setattr(Document, "session_context", property(lambda self: "a session"))
    monkeypatch.setattr(Document, "add_next_tick_callback", lambda self, call: waiting.append(call))
    with set_curdoc(Document()):  # another session
        patch(figures, lambda page: changed.append(page["points"]))
    assert not changed
    waiting.pop()()
    assert changed == [plot] and not waiting


def test_a_thread_waits_too_while_the_loop_is_at_work_on_the_page(figures, monkeypatch):
    """Bokeh's current document is that of the thread that set it last, for all of them."""
    plot = shown(figures, Document())
    waiting, changed = [], []
    monkeypatch.setattr(Document, "session_context", property(lambda self: "a session"))
    monkeypatch.setattr(Document, "add_next_tick_callback", lambda self, call: waiting.append(call))
    with patch_curdoc(plot.document):
        patch(figures, lambda page: changed.append(page["points"]))
        assert changed == [plot] and not waiting
        own = threading.Thread(target=patch, args=(figures, changed.append))
        own.start()
        own.join()
    assert changed == [plot] and len(waiting) == 1


def test_a_hook_keeps_no_view_alive():
    class View:
        def finish(self, *arguments):
            self.told = arguments

    view = View()
    call, gone = weakly(view.finish), weakref.ref(view)
    call(1, 2)
    assert view.told == (1, 2)
    del view
    gc.collect()
    assert gone() is None
    call(3, 4)  # nothing to tell


def changes(source, **columns) -> list:
    """What is sent when columns are set."""
    document, sent = Document(), []
    document.add_root(source)
    document.on_change(lambda event: sent.append(event))
    set_columns(source, **columns)
    document.remove_root(source)
    return sent[:-1]


def test_only_new_columns_are_sent():
    source = ColumnDataSource({"x": np.arange(3.0), "y": np.array([1, np.nan, 3])})
    assert not changes(source, x=np.arange(3.0), y=np.array([1, np.nan, 3]))
    sent = changes(source, x=np.arange(3.0), y=np.array([1, np.nan, 4]))
    assert [(event.kind, event.cols) for event in sent] == [("ColumnDataChanged", ["y"])]
    np.testing.assert_array_equal(source.data["y"], [1, np.nan, 4])


@pytest.mark.parametrize("n", [0, 2, 5])
def test_columns_of_another_length_go_together(n):
    source = ColumnDataSource({"x": np.arange(3.0), "y": np.arange(3.0)})
    assert len(changes(source, x=np.arange(n), y=np.arange(n))) == 1
    assert [len(column) for column in source.data.values()] == [n, n]


def test_an_image_that_is_the_same_is_not_sent():
    image = np.arange(6.0).reshape(2, 3)
    source = ColumnDataSource({"image": [image], "x": [0]})
    assert not changes(source, image=[image.copy()])
    assert changes(source, image=[image + 1])


def test_a_figure_is_simplified_and_drags_with_the_tool_that_is_wanted():
    plot = figure(tools=[PanTool(), BoxSelectTool()], output_backend="webgl")
    simplify(plot)
    drag_with(plot, BoxSelectTool)
    assert plot.output_backend == "canvas"
    assert not any(grid.visible for grid in plot.grid)
    assert isinstance(plot.toolbar.active_drag, BoxSelectTool)
