"""The drawer of periods, in a browser: found, clicked, typed, judged; a zoom stays."""

import pytest

from tests.periodparts import PERIOD, T0, repeating
from tpfdash.app.page import make_page
from tpfdash.simulate import simulate_tpf


@pytest.fixture
def periods(open_page):
    tpf = repeating()
    board = open_page(lambda: make_page({"again": tpf}))
    board.tab("Period & fold")
    return board


#: The colour of a periodogram's line.
LINE = [66, 133, 208]


def fold_of(board, period):
    answer = board.inspector.fold_answer
    return answer is not None and abs(answer.ephemeris.period - period) < 2e-3


def test_from_the_light_curve_to_a_verdict_on_all_events(periods):
    periods.press("find-period")
    periods.until(lambda: fold_of(periods, PERIOD), "the period, folded")
    periods.until(lambda: "On target" in periods.words("place-words"), "where it happens")
    periods.press("double-period")
    periods.until(lambda: fold_of(periods, 2 * PERIOD), "twice the period, folded")
    field = periods.part("ephemeris-period", "input")
    field.fill(f"{PERIOD}")
    field.press("Enter")
    periods.until(lambda: fold_of(periods, PERIOD), "the period that was typed")
    periods.press("judge-events")
    periods.until(lambda: periods.inspector.answer is not None, "the verdict")
    assert periods.inspector.answer.verdict == "on_target"
    assert len(periods.inspector.windows) == len(periods.inspector.ephemeris_windows) == 8


def test_the_plots_are_clicked_and_zoomed(periods):
    periods.press("find-period")
    periods.until(lambda: fold_of(periods, PERIOD), "the period, folded")
    periods.page.wait_for_function("([f, n]) => tpfTest.ready(f, n)", arg=["tpf-folded", 1])
    periods.catches_up()
    periods.click("folded", 0.0, -10_000.0)
    inspector = periods.inspector

    def away():
        return abs(inspector.ephemeris.phase(inspector.time[inspector.cadence]) * PERIOD)

    periods.until(lambda: away() < 0.05, "a cadence in mid-event")
    power = float(inspector.powers[1].max())
    periods.click("periodogram", PERIOD / 2, power / 2)
    periods.until(lambda: fold_of(periods, PERIOD / 2), "half of the period")
    periods.drag("periodogram", (1.7, power / 3), (2.2, power / 2))
    periods.until(lambda: inspector.period_range is not None, "what is in sight")
    periods.until(lambda: inspector.zoom_answer is not None, "more of it")
    low, high = inspector.period_range
    assert low == pytest.approx(1.7, rel=0.05) and high == pytest.approx(2.2, rel=0.05)
    periods.click("periodogram", 1.9, power / 2)
    periods.until(lambda: fold_of(periods, PERIOD), "the period again")
    assert inspector.period_range == (low, high) and abs(inspector.ephemeris.t0 - T0) % PERIOD < 9


def test_the_period_and_the_event_are_dragged(periods):
    periods.press("find-period")
    periods.until(lambda: fold_of(periods, PERIOD), "the period, folded")
    periods.catches_up()
    inspector = periods.inspector
    power, before = float(inspector.powers[1].max()), inspector.ephemeris
    periods.drag("periodogram", (before.period, power / 2), (before.period * 1.3, power / 3))
    periods.until(lambda: inspector.ephemeris.period > 1.2 * before.period, "another period")
    assert inspector.ephemeris.t0 == before.t0 and inspector.period_range is None
    periods.until(lambda: fold_of(periods, inspector.ephemeris.period), "that, folded")
    inspector.ephemeris = before
    periods.until(lambda: fold_of(periods, before.period), "the period, folded again")
    periods.catches_up()
    hours = 24 * before.duration
    periods.drag("folded", (0.0, 0.0), (hours / 4, 0.0))
    periods.until(lambda: inspector.ephemeris.t0 != before.t0, "the event, moved")
    assert inspector.ephemeris.t0 - before.t0 == pytest.approx(before.duration / 4, rel=0.2)
    assert inspector.ephemeris.duration == pytest.approx(before.duration, rel=0.05)
    assert inspector.phase_range is None


def test_a_field_that_has_no_number_any_more_is_empty(periods):
    inspector, field = periods.inspector, periods.part("ephemeris-period", "input")
    assert field.input_value() == ""
    field.fill("3.1")
    field.press("Enter")
    periods.until(lambda: inspector.ephemeris is not None, "an ephemeris")
    periods.until(lambda: periods.part("ephemeris-duration", "input").input_value(), "its duration")
    inspector.ephemeris = None
    for name in ("period", "t0", "duration"):
        part = periods.part(f"ephemeris-{name}", "input")
        periods.until(lambda part=part: part.input_value() == "", f"no {name}")


def test_a_periodogram_without_a_period_is_painted_too(open_page):
    """Nothing comes after it that would have the page painted anew."""
    quiet = simulate_tpf("Kepler", n_cadences=700, shape=(5, 5), seed=2)
    board = open_page(lambda: make_page({"quiet": quiet}))
    board.tab("Period & fold")
    board.press("find-period")
    board.until(lambda: board.inspector.periodogram is not None, "a periodogram")
    assert board.inspector.ephemeris is None
    board.until(lambda: board.part("periodogram").count() == 1, "its figure")
    board.until(lambda: board.look("count", "periodogram", LINE) > 50, "its line")
