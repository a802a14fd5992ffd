"""The card of the segments, and its plot: what is shown, gone to, found; and when that is old."""

import numpy as np
import pytest
from cardparts import part, press, put_on_page
from segmentparts import quarter

from tpfdash.cards import segments as cards_segments
from tpfdash.cards.segments import SegmentsCard, segment_row
from tpfdash.cards.widgets import is_in_sight
from tpfdash.diagnosis.joined import SkyOffset, join
from tpfdash.inspector import Inspector
from tpfdash.inspector.segments import Segments
from tpfdash.timeseries.box_search import BoxPeak
from tpfdash.timeseries.ephemeris import Ephemeris


@pytest.fixture(scope="module")
def tpfs():
    return [quarter(6, n=500, depth=0.2), quarter(7, 90, n=500, depth=0.2)]


@pytest.fixture
def gone():
    return []


@pytest.fixture
def made(tpfs, gone):
    made = SegmentsCard(Segments(tpfs), lambda *where: gone.append(where))
    made.follow(made.segments["Q6"])
    return made


def said(made):
    return made.words.object


def test_the_table_says_what_each_is_and_marks_the_one_in_view(made, tpfs, gone):
    rows = part(made.card, "segment-list").rows
    assert [row["name"] for row in rows] == ["Q6", "Q7"] and made.list.chosen == 0
    assert rows[1]["time"] == "560.00 – 570.20" and rows[1]["cadences"] == "500 of 500"
    level = np.median(made.segments["Q7"].flux)
    assert rows[1]["level"] == f"{level:,.0f} e⁻/s" and rows[1]["scatter"].endswith(" ppm")
    made.list._handle_msg(["choose", 1])
    made.list._handle_msg(["choose", 9])
    assert gone == [("Q7", None)]
    made.follow(made.segments["Q7"])
    assert made.list.chosen == 1


def test_what_is_not_known_has_no_number(made):
    made.segments["Q7"].set_aperture("empty")
    row = made.list.rows[1]
    assert row["pixels"] == "0 px" and row["level"] == row["scatter"] == "–"
    assert "Q7 has no cadence with a flux" in made.view.summary()
    press(made.card, "find-period-in-all")
    assert "Q7 has no cadence" in part(made.card, "fault")[0].object
    facts = made.segments.describe("Q6") | {"level": -12.345}
    assert segment_row(0, "Q6", facts)["level"].startswith("\N{MINUS SIGN}12.3")  # noqa: RUF001


def test_events_are_found_given_and_counted(made):
    press(made.card, "find-events-in-all")
    counts = [len(made.segments[name].events) for name in ("Q6", "Q7")]
    assert min(counts) >= 3
    assert f"{sum(counts)} events in all: {counts[0]} in Q6, {counts[1]} in Q7." in said(made)
    made.segments["Q6"].set_aperture("all")
    assert "have changed since" in said(made)
    made.segments["Q6"].undo()
    assert "have changed since" not in said(made)


def test_a_period_is_said_with_its_errors_and_where_it_is(made):
    press(made.card, "find-period-in-all")
    assert not part(made.card, "segments-progress").error
    assert "Period 3.10" in said(made) and " ± " in said(made)
    assert "arcsec east" in said(made) and "from Q6, Q7, which agree" in said(made)


def test_no_period_is_said_too(tpfs):
    flat = [quarter(6, n=400, depth=0), quarter(7, n=400, depth=0)]
    made = SegmentsCard(Segments(flat), print)
    made.follow(made.segments["Q6"])
    press(made.card, "find-period-in-all")
    assert "No period stands out" in said(made) and "arcsec" not in said(made)


def test_what_was_found_in_what_is_there_no_more_is_thrown_away(made, monkeypatch):
    real = Segments.find_events

    def slow(segments, **options):
        found = real(segments, **options)
        segments["Q7"].set_aperture("all")
        return found

    monkeypatch.setattr(Segments, "find_events", slow)
    press(made.card, "find-events-in-all")
    assert "changed meanwhile" in part(made.card, "segments-progress").error
    assert made.segments["Q6"].events is None and "events in all" not in said(made)


def test_what_is_cancelled_is_given_to_nobody(made, monkeypatch):
    def stopped(lightcurve, *, good, progress):
        part(made.card, "segments-progress")._handle_msg(["cancel", 0])
        progress(1, 2)

    monkeypatch.setattr(cards_segments, "box_periodogram", stopped)
    press(made.card, "find-period-in-all")
    assert said(made) == "" and not part(made.card, "segments-progress").stage


def test_masks_from_the_one_in_view(made):
    made.segments["Q6"].select(505, 605)
    press(made.card, "masks-from-this")
    assert made.segments["Q7"].aperture.sum() == 1
    assert "Masks from Q6. Q7: By its place on the sky 1 px become 1." in said(made)


def test_one_file_alone_has_nothing_to_be_stitched(tpfs):
    looked = []
    made = SegmentsCard(Segments(tpfs[:1]), print, lambda: looked.append(1))
    made.follow(made.segments["Q6"])
    assert not any(is_in_sight(one) for one in made._several)
    assert "No other file of this target is open." in said(made)
    press(made.card, "look-for-others")
    assert looked == [1]
    made.segments.put(Inspector(tpfs[1]))
    assert all(is_in_sight(one) for one in made._several) and "No other" not in said(made)


# -- the plot --------------------------------------------------------------------------------------


@pytest.fixture
def figure(made):
    root = put_on_page(made.card)
    (figure,) = [one for one in root.references() if type(one).__name__ == "figure"]
    return figure


def handles(made):
    return made.view._figures.pages()[0]["raster"].handles


def test_a_click_goes_to_the_segment_and_the_cadence(made, figure, gone):
    time = made.segments["Q7"].time
    made.view._click(time[40] + 0.003, 1.0, False)
    assert gone == [("Q7", 40)]


def test_the_file_in_view_is_marked_and_its_cadence(made, figure, tpfs):
    def marked():
        (left,), (right,) = (handles(made)["here"].data[end] for end in ("left", "right"))
        return left, right, handles(made)["bar"].location

    begin, end = made.segments.span_of("Q6")
    assert marked() == (begin, end, begin)
    made.segments["Q6"].cadence = 70
    assert marked()[2] == made.segments["Q6"].time[70]
    made.segments["Q7"].cadence = 3
    made.follow(made.segments["Q7"])
    assert marked() == (*made.segments.span_of("Q7"), made.segments["Q7"].time[3])
    assert list(handles(made)["begins"].data["t"]) == [540.0, 560.0]
    assert list(handles(made)["names"].data["n"]) == ["Q6", "Q7"]


def test_the_plot_follows_masks_rule_and_zoom(made, figure):
    def image():
        return np.array(handles(made)["source"].data["image"][0])

    before, title = image(), figure.title.text
    assert before.any() and "each divided by its median" in title
    made.segments["Q7"].set_aperture("all")
    assert not np.array_equal(image(), before)
    made.segments.rule = "level"
    assert "scaled to the median of the first" in figure.title.text
    assert figure.y_range.end > 1000
    made.view._zoom((561.0, 565.0))
    assert made.segments.time_range == (561.0, 565.0)
    assert list(handles(made)["names"].data["n"]) == ["Q7"]
    made.view._zoom((0.0, 5000.0))
    assert made.segments.time_range is None
    made.segments["Q7"].set_aperture("empty")
    assert not image().any() and "no cadence with a flux" in figure.title.text
    made.view._reset(True)


def test_files_that_disagree_are_listed(made):
    small = ((0.01, 0.0), (0.0, 0.01))
    parts = [SkyOffset("Q6", (0.0, 0.0), small, 3), SkyOffset("Q7", (3.0, 0.0), small, 3)]
    peak = BoxPeak(Ephemeris(3.1, 541.0, 0.3), 9.0, 20.0, 1.0, 19.0, 6)
    said = made._give_period(peak, join(parts))
    assert said[0].endswith("lasting 7.2 h: 6 events, S/N 20.") and "disagree" in said[1]
    assert [words[:3] for words in said[2:]] == ["Q6:", "Q7:"]
    assert len(made._give_period(peak, join(parts[:1]))) == 2
