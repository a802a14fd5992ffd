"""TPFDashboard in Python: its params, another file in its place, a report of it."""

import copy
import gc
import re
import weakref

import numpy as np
import param
import pytest
from eventparts import TRANSIT, two_stars

import tpfdash
from tpfdash.app.dashboard import TPFDashboard
from tpfdash.app.report import report_html
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.io import write_tpf
from tpfdash.simulate import simulate_tpf


@pytest.fixture
def tpf():
    return simulate_tpf("K2", n_cadences=80, shape=(5, 6), seed=1)


@pytest.fixture
def other():
    return simulate_tpf("TESS", n_cadences=50, shape=(4, 4), seed=2)


@pytest.fixture
def dashboard(tpf):
    return TPFDashboard(tpf)


def watched(dashboard):
    told = []
    names = ["aperture", "cadence", "window", "lightcurve"]
    for name in names:
        dashboard.param.watch(told.append, name)
    return told


def places(dashboard):
    """The cards that are on the page, and the light curve."""
    (board,) = (one for one in dashboard._page.objects if "tpf-board" in one.css_classes)
    cards = [card.css_classes[-1] for card in board.objects]
    plot = board.select(lambda part: "tpf-lightcurve" in getattr(part, "css_classes", []))
    return cards + ["tpf-lightcurve"] * len(plot)


def test_it_comes_part_by_part_and_no_more_once_another_file_is_shown(dashboard, other):
    stamp, curve, *_, plot = whole = places(dashboard)
    assert len(whole) == 5 and plot == "tpf-lightcurve"
    parts = dashboard.in_parts()
    assert places(dashboard) == []
    came = [places(dashboard) for _ in parts]
    assert came == [[stamp], [stamp, curve], [stamp, curve, plot], whole]
    assert places(dashboard) == whole
    parts = dashboard.in_parts()
    next(parts)
    dashboard.open(other)
    assert places(dashboard) == whole and list(parts) == []
    assert places(dashboard) == whole


# -- params ----------------------------------------------------------------------------------------


def test_the_diagnosis_is_watched_like_any_param(other):
    dashboard, told = TPFDashboard(two_stars()), []
    dashboard.param.watch(lambda event: told.append(event.new), "diagnosis")
    assert dashboard.diagnosis is None
    dashboard.window = TRANSIT
    assert dashboard.diagnosis.verdict == "on_target" and told == [dashboard.diagnosis]
    dashboard.cadence = 7
    assert len(told) == 1
    with pytest.raises(TypeError, match="read-only"):
        dashboard.diagnosis = None
    dashboard.open(other)
    assert dashboard.diagnosis is None and told[-1] is None and len(told) == 2


def test_every_param_is_documented():
    for owner in (TPFDashboard, Inspector):
        for name in set(owner.param) - {"name"}:
            assert owner.param[name].doc, f"{owner.__name__}.{name}"


def test_watchers_are_told_once_a_change_with_the_right_values(dashboard):
    told = watched(dashboard)
    before = dashboard.aperture
    dashboard.inspector.set_aperture("all")
    assert [event.name for event in told] == ["aperture", "lightcurve"]
    assert told[0].old is before
    assert told[0].new.all() and told[0].new is dashboard.aperture
    expected = tpfdash.aperture_photometry(dashboard.inspector.tpf, told[0].new)
    np.testing.assert_array_equal(told[1].new["flux"], expected["flux"])
    told.clear()
    dashboard.aperture = np.ones((5, 6))  # what it is already
    assert not told
    dashboard.cadence = 33
    dashboard.window = (1, 2)
    assert [(event.name, event.new) for event in told] == [("cadence", 33), ("window", (1, 2))]
    told.clear()
    dashboard.inspector.quality_bitmask = "none"
    assert [event.name for event in told] == ["lightcurve"]


def test_params_can_be_linked_to_those_of_another_object(dashboard):
    class Other(param.Parameterized):
        cadence = param.Integer()

    mine = Other()
    dashboard.param.watch(lambda event: mine.param.update(cadence=event.new), "cadence")
    mine.param.watch(lambda event: dashboard.param.update(cadence=event.new), "cadence")
    dashboard.inspector.cadence = 7
    assert mine.cadence == 7
    mine.cadence = 9
    assert dashboard.inspector.cadence == dashboard.cadence == 9


def test_bad_values_raise_and_tell_nobody(dashboard):
    told = watched(dashboard)
    for name, value in {"aperture": "half", "cadence": 80, "window": 3}.items():
        with pytest.raises(TPFError, match=name):
            setattr(dashboard, name, value)
    with pytest.raises(TypeError, match="read-only"):
        dashboard.lightcurve = None
    assert not told


def test_two_dashboards_on_one_file_know_nothing_of_each_other(tpf):
    one, two = TPFDashboard(tpf), TPFDashboard(tpf)
    told = watched(two)
    one.inspector.set_aperture("all")
    one.cadence = 40
    one.inspector.stretch = (10, 20)
    assert not told
    assert two.inspector.stretch == (1, 95) and not two.aperture.all()
    assert two.inspector.levels_from == "auto"


# -- another file ----------------------------------------------------------------------------------


def test_open_keeps_the_settings_and_tells_the_watchers(dashboard, other, tmp_path):
    settings = {
        "scale": "asinh",
        "cmap": "magma",
        "stretch": (5.0, 80.0),
        "levels_from": "this frame",
        "mode": "add",
        "normalized": True,
        "show_flagged": False,
        "show_all": True,
        "column": "error",
        "quality_bitmask": "hard",
    }
    dashboard.inspector.param.update(**settings)
    told = watched(dashboard)
    for source in (other, write_tpf(other, tmp_path / "other.fits")):
        told.clear()
        dashboard.open(source)
        assert dashboard.inspector.mission.name == "TESS"
        for name, value in settings.items():
            assert getattr(dashboard.inspector, name) == value, name
        news = {event.name: event.new for event in told}
        assert len(news) == len(told)
        assert news["aperture"].shape == (4, 4) == dashboard.aperture.shape
        assert news["lightcurve"].sizes["time"] == 50
        assert dashboard.pixels.inspector is dashboard.light_curve.inspector is dashboard.inspector
    told.clear()
    dashboard.inspector.cadence = 20  # the new file's Inspector is the one that is listened to
    assert [(event.name, event.new) for event in told] == [("cadence", 20)]


def test_open_leaves_what_the_next_file_has_not(dashboard):
    dashboard.inspector.column = "background"
    other = simulate_tpf("TESS", n_cadences=30, shape=(4, 4)).drop_vars("flux_bkg")
    dashboard.open(other)
    assert dashboard.inspector.column == "flux"


def test_open_lets_go_of_the_old_file(dashboard, other):
    dashboard.pixels.plot[()], dashboard.light_curve.plot[()]
    watched(dashboard)
    report_html(dashboard.inspector)
    old = [weakref.ref(one) for one in (dashboard.inspector, dashboard.pixels)]
    old.append(weakref.ref(dashboard.light_curve))
    dashboard.open(other)
    gc.collect()
    assert [one() for one in old] == [None] * 3


def test_a_bad_source_leaves_everything_as_it_was(dashboard, other, tmp_path):
    path = write_tpf(other, tmp_path / "cut.fits")
    path.write_bytes(path.read_bytes()[:20000])
    dashboard.cadence = 12
    told, inspector, page = watched(dashboard), dashboard.inspector, list(dashboard._page)
    views = dashboard.pixels, dashboard.light_curve
    for source in (path, tmp_path / "none.fits", b"no file", None, other.drop_vars("flux")):
        with pytest.raises(TPFError):
            dashboard.open(source)
    assert not told
    assert dashboard.inspector is inspector and list(dashboard._page) == page
    assert (dashboard.pixels, dashboard.light_curve) == views
    assert dashboard.cadence == 12


# -- the report ------------------------------------------------------------------------------------


def test_save_writes_once_whole_or_not_at_all(dashboard, tmp_path, monkeypatch):
    path = dashboard.save(tmp_path / "report.html")
    first = path.read_bytes()
    assert first.startswith(b"<!doctype html>") and first.rstrip().endswith(b"</html>")
    dashboard.cadence = 50
    with pytest.raises(TPFError, match="report.html exists already"):
        dashboard.save(path)
    assert path.read_bytes() == first
    dashboard.save(path, overwrite=True)
    assert path.read_bytes() != first
    for bad in ("report.pdf", "nowhere/report.html"):
        with pytest.raises(TPFError, match=re.escape(bad)):
            dashboard.save(tmp_path / bad)

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr("tpfdash.io.atomic.os.fsync", fail)
    with pytest.raises(TPFError, match="disk full"):
        dashboard.save(tmp_path / "second.html")
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_a_report_disturbs_nothing(dashboard):
    told = watched(dashboard)
    inspector = dashboard.inspector
    figures = [view._figures.pages() for view in (dashboard.pixels, dashboard.light_curve)]
    before = inspector.param.values()
    report_html(inspector)
    assert not told
    after = inspector.param.values()
    assert all(after[name] is before[name] for name in before if name != "lightcurve")
    assert figures == [view._figures.pages() for view in (dashboard.pixels, dashboard.light_curve)]


def test_a_report_escapes_what_the_file_says(tpf):
    tpf.attrs["object"] = "<script>alert(1)</script>"
    tpf.attrs["source"] = "</table><b>$title ${x}.fits"
    page = report_html(Inspector(tpf))
    assert "<script>alert" not in page and "</table><b>" not in page
    assert "&lt;script&gt;alert(1)" in page and "$title ${x}.fits" in page


# -- sessions --------------------------------------------------------------------------------------


def test_a_session_goes_to_a_file_and_into_another_dashboard(dashboard, tpf, tmp_path):
    dashboard.inspector.set_aperture("all")
    dashboard.window = (3263.1, 3263.4)
    dashboard.inspector.cmap = "magma"
    path = dashboard.save_session(tmp_path / "mine.json")
    for session in (dashboard.session(), path, str(path)):
        made = TPFDashboard(tpf, session=session)
        assert made.session() == dashboard.session()
        assert made.aperture.all() and made.window == (3263.1, 3263.4)
    with pytest.raises(TPFError, match="exists already"):
        dashboard.save_session(path)
    dashboard.save_session(path, overwrite=True)


def test_restoring_tells_those_who_watch(dashboard, tpf):
    session = TPFDashboard(tpf, aperture="all", cadence=7).session()
    told = watched(dashboard)
    assert dashboard.restore(session) == ()
    assert sorted(event.name for event in told) == ["aperture", "cadence", "lightcurve"]
    assert dashboard.cadence == 7


def test_a_session_of_another_file_makes_no_dashboard(dashboard, other):
    with pytest.raises(TPFError, match="another file"):
        TPFDashboard(other, session=dashboard.session())
    with pytest.raises(TPFError, match="another file"):
        TPFDashboard(other).restore(dashboard.session())
    for nothing in ({}, "missing.json"):
        with pytest.raises(TPFError):
            dashboard.restore(nothing)


def test_an_inspector_is_gone_on_with(dashboard, tpf, other):
    """Its masks, their history, window and cadence; the user's settings are those of now."""
    dashboard.inspector.set_aperture("all")
    dashboard.cadence = 7
    left = copy.copy(dashboard.inspector)
    dashboard.open(other)
    dashboard.inspector.cmap = "magma"
    dashboard.open(left)
    assert dashboard.aperture.all() and dashboard.cadence == 7
    assert dashboard.inspector.cmap == "magma"
    dashboard.inspector.undo()
    assert not dashboard.aperture.all()
