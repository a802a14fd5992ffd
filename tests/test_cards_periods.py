"""The card of periods: found, typed, known by name or from a table; what is said; no page."""

import base64

import numpy as np
import pytest
from cardparts import part, parts, press, words
from periodparts import DEPTH, DURATION, EVENTS, PERIOD, T0, repeating
from test_archive_ephemerides import server  # noqa: F401  (a fixture)

from tpfdash import Ephemeris
from tpfdash.cards.ephemeris import fold_html, periodogram_html, pixels_html, place_html
from tpfdash.cards.periods import periods_card
from tpfdash.cards.widgets import is_in_sight
from tpfdash.inspector import Inspector
from tpfdash.views.faults import faults_of


@pytest.fixture(scope="module")
def tpf():
    return repeating()


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture
def card(inspector):
    return periods_card(inspector, True)[0]


def said(text):
    return words(text) if text else ""


def plots_in_sight(card):
    """Whether each of the three plots is in sight."""
    return [is_in_sight(place) for place in part(card, "period-plots").objects[:3]]


def test_a_period_is_found_listed_and_folded(inspector, card):
    assert plots_in_sight(card) == [False] * 3
    press(card, "find-period")
    assert abs(inspector.ephemeris.period - PERIOD) < 1e-3
    assert not part(card, "period-progress").stage and not part(card, "period-progress").error
    rows = part(card, "period-list").rows
    assert rows[0]["name"] == "peak 1" and rows[0]["period"].startswith("1.90")
    assert part(card, "period-list").chosen == 0
    assert inspector.fold_answer.ephemeris is inspector.ephemeris
    assert inspector.folded.depth == pytest.approx(DEPTH, rel=0.05)
    assert plots_in_sight(card) == [True] * 3
    for tag in ("periodogram", "folded", "together"):
        assert part(card, tag)
    assert part(card, "ephemeris-period").value == inspector.ephemeris.period
    part(card, "period-list")._handle_msg(["choose", 1])
    assert inspector.ephemeris == inspector.periodogram.peaks(2)[1].ephemeris


def test_what_is_said_of_it(inspector, card):
    for text in (periodogram_html, fold_html, place_html, pixels_html):
        assert text(inspector) == ""
    press(card, "find-period")
    assert "strongest period is 1.9" in said(periodogram_html(inspector))
    assert "No cadence binned" in said(periodogram_html(inspector))
    deep = said(fold_html(inspector))
    assert deep.startswith("depth 1.0") and "8 events" in deep and "period 1.9" in deep
    assert said(place_html(inspector)).startswith("On target: 0.")
    assert "ppm; 7 of 8 events measured" in said(pixels_html(inspector))


def test_fields_are_typed_in(inspector, card):
    part(card, "ephemeris-t0").value = T0
    assert "no period yet" in faults_of(inspector).words and inspector.ephemeris is None
    assert part(card, "ephemeris-t0").value is None
    part(card, "ephemeris-period").value = PERIOD
    part(card, "ephemeris-t0").value = T0
    part(card, "ephemeris-duration").value = 24 * DURATION
    made = inspector.ephemeris
    assert (made.period, made.t0) == (PERIOD, T0) and made.duration == pytest.approx(DURATION)
    press(card, "double-period")
    assert part(card, "ephemeris-period").value == 2 * PERIOD
    press(card, "halve-period")
    part(card, "ephemeris-duration").value = 24 * 5 * PERIOD
    assert "shorter than the period" in faults_of(inspector).words
    assert part(card, "ephemeris-duration").value == pytest.approx(24 * DURATION)
    # An arrow moves no event of the file by more than a part of its duration.
    farthest = max(abs(inspector.time - T0)) / PERIOD
    assert part(card, "ephemeris-period").step * farthest == pytest.approx(DURATION / 10)
    part(card, "ephemeris-duration").value = None
    assert inspector.ephemeris == Ephemeris(PERIOD, T0)
    part(card, "ephemeris-period").value = None
    assert inspector.ephemeris is None and plots_in_sight(card) == [False] * 3


def test_events_are_judged(inspector, card):
    inspector.ephemeris = EVENTS
    press(card, "judge-events")
    assert len(inspector.windows) == 8


def test_known_planets_are_fetched_by_the_files_name(server, tpf):  # noqa: F811
    inspector = Inspector(tpf.assign_attrs(object="KIC 6922244"))
    card, _ = periods_card(inspector, True)
    press(card, "known-planets")
    assert [known.name for known in inspector.known] == [
        "Kepler-8 b (confirmed)",
        "K00010.02 (false positive)",
    ]
    assert inspector.ephemeris.period == 3.5224991 and inspector.known[0].t0 == pytest.approx(
        121.1194
    )
    inspector.ephemeris = EVENTS
    press(card, "known-planets")
    assert inspector.ephemeris == EVENTS  # it is not taken from who has one
    part(card, "period-list")._handle_msg(["choose", 0])
    assert inspector.ephemeris.name == "Kepler-8 b (confirmed)"


def test_who_has_no_planets_or_no_name_is_told(server, tpf):  # noqa: F811
    inspector = Inspector(tpf.assign_attrs(object="KIC 1"))
    card, _ = periods_card(inspector, True)
    press(card, "known-planets")
    assert "knows no planet" in part(card, "period-progress").error
    inspector.tpf.attrs["object"] = ""
    press(card, "known-planets")
    assert "names no target" in faults_of(inspector).words


def test_where_nobody_may_be_asked_there_is_no_button(inspector):
    card, _ = periods_card(inspector, False)
    assert not parts(card, "known-planets") and parts(card, "load-ephemerides")


def test_a_table_that_is_sent_is_listed(inspector, card):
    load = part(card, "load-ephemerides")
    load._read("mine.csv", b"# a remark\nname,period,t0,duration_hours\nb <i>,1.9,540.3,3.84\n")
    assert inspector.known[0].name == "b <i>"
    assert inspector.ephemeris.duration == pytest.approx(0.16)
    assert part(card, "period-list").rows[0]["period"] == "1.9"
    assert "b &lt;i&gt;" in fold_html(inspector)


@pytest.mark.parametrize("text", [b"", b"\xff\xfe\x00", b"period,t0\n", b"a,b\n1,2\n"])
def test_what_is_no_table_is_told(inspector, card, text):
    load = part(card, "load-ephemerides")
    load._handle_msg({"name": "x.csv", "size": len(text), "contents": _base64(text)})
    assert part(card, "period-progress").error and inspector.known == ()


def _base64(contents):
    return base64.b64encode(contents).decode()


def test_a_star_without_dips_gets_no_period(tpf):
    inspector = Inspector(tpf)
    inspector.transform = lambda lightcurve: lightcurve.assign(
        flux=lightcurve["flux"] * 0 + 1e4 + _noise(lightcurve.sizes["time"])
    )
    card, _ = periods_card(inspector, False)
    press(card, "find-period")
    assert inspector.periodogram is not None and inspector.ephemeris is None
    assert "No period stands out" in said(periodogram_html(inspector))


def _noise(n):
    return np.random.default_rng(3).normal(0, 1, n)
