"""What goes wrong in a callback: told in words, logged in full, and the others still called."""

import gc
import logging
import re
import weakref

import panel as pn
import pytest
from holoviews.streams import Stream

from tpfdash import Inspector, TPFDashboard, TPFError
from tpfdash.cards.widgets import is_in_sight
from tpfdash.simulate import simulate_tpf
from tpfdash.views import gestures
from tpfdash.views.faults import faults_of, guarded, tell
from tpfdash.views.pixels import PixelView


@pytest.fixture
def inspector():
    return Inspector(simulate_tpf("K2", n_cadences=20, shape=(4, 4)))


def stumble(*arguments, **keywords):
    raise RuntimeError("/secret/path is broken")


def test_a_fault_is_a_number_on_the_page_and_a_traceback_in_the_log(inspector, caplog):
    with guarded(inspector):
        stumble()
    words = faults_of(inspector).words
    number = re.search(r"\(error (\w+)\)", words).group(1)
    assert "secret" not in words
    assert number in caplog.text
    assert "stumble" in caplog.text and "/secret/path is broken" in caplog.text
    assert caplog.records[-1].levelno == logging.ERROR


def test_a_tpf_error_has_its_own_words(inspector, caplog):
    def refuse():
        raise TPFError("the file has changed.")

    guarded(inspector)(refuse)()
    assert faults_of(inspector).words.startswith("the file has changed (error ")
    assert caplog.records[-1].levelno == logging.WARNING
    wrapped = RuntimeError("HoloViews' own")
    wrapped.__context__ = TPFError("said below.")
    tell(inspector, wrapped)
    assert faults_of(inspector).words.startswith("said below (error ")


def test_what_a_function_gives_passes_and_what_stops_the_program_too(inspector):
    assert guarded(inspector)(lambda a: a + 1)(1) == 2
    with pytest.raises(KeyboardInterrupt), guarded(inspector):
        raise KeyboardInterrupt
    assert faults_of(inspector).words == ""


def test_each_inspector_has_its_own_faults_and_is_not_kept_by_them(inspector):
    other = Inspector(inspector.tpf)
    tell(other, RuntimeError())
    assert faults_of(inspector).words == ""
    assert faults_of(other) is faults_of(other)
    alive = weakref.ref(other)
    del other
    gc.collect()
    assert alive() is None


def test_a_gesture_that_fails_is_told(inspector):
    view = PixelView(inspector)
    gestures.listen(inspector, view.plot, {gestures.LeaveStream: stumble})
    for stream in Stream.registry[view.plot]:
        if isinstance(stream, gestures.LeaveStream):
            stream.event()
    assert faults_of(inspector).words


def test_a_plot_that_cannot_be_built_anew_is_told(inspector, monkeypatch):
    view = PixelView(inspector)
    pane = pn.pane.HoloViews(view.plot)
    pane.get_root()
    called = []
    inspector.param.watch(called.append, "cmap")
    monkeypatch.setattr(view, "_image", stumble)
    inspector.cmap = "magma"
    assert "(error " in faults_of(inspector).words
    assert len(called) == 1


def test_the_dashboard_shows_it_until_it_is_dismissed(inspector):
    dashboard = TPFDashboard(inspector.tpf)
    (alert,) = [one for one in dashboard._page if "tpf-fault" in one.css_classes]
    assert not is_in_sight(alert)
    tell(dashboard.inspector, TPFError("<b>no</b>."))
    assert is_in_sight(alert)
    assert "&lt;b&gt;no" in alert[0].object
    alert[-1].clicks += 1
    assert not is_in_sight(alert)
