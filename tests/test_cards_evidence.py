"""The card of the difference image: what it says, and that it works out nothing unseen."""

import re

import numpy as np
import panel as pn
import pytest
from bokeh.models import GlyphRenderer
from cardparts import odd_tpf, part, parts, press, put_on_page, words
from tpfdash.cards.difference import difference_card

from tpfdash.diagnosis.difference import difference_image
from tpfdash.inspector import Inspector
from tpfdash.simulate import Transit

HINT = "Drag over the light curve to set a window"


@pytest.fixture
def tpf():
    """With a deep transit in the middle of cadences 17 to 23."""
    time = odd_tpf()["time"].values
    transit = Transit(0, period=100.0, epoch=time[20], duration=time[23] - time[17], depth=0.02)
    return odd_tpf(events=[transit])


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture
def window(tpf):
    time = tpf["time"].values
    return time[18], time[22]


@pytest.fixture
def counted(monkeypatch):
    """The windows for which a difference image was worked out."""
    windows = []

    def count(tpf, window, good):
        windows.append(window)
        return difference_image(tpf, window, good)

    monkeypatch.setattr("tpfdash.inspector.values.difference_image", count)
    return windows


@pytest.fixture
def shown(inspector):
    """The card, in sight."""
    card, (live,) = difference_card(inspector)
    live.shown = True
    return card


def text(card):
    return words("".join(pane.object for pane in card.select(pn.pane.HTML)))


def test_without_a_window_it_says_how_to_get_one(shown):
    assert HINT in text(shown)
    assert not parts(shown, "clear-window") and not parts(shown, "difference")


def test_with_a_window_it_says_the_numbers_in_words(inspector, shown, window, tpf):
    inspector.window = window
    good = (tpf["quality"].values & 1130799) == 0
    found = difference_image(tpf, window, good)
    said = text(shown)
    assert HINT not in said
    assert f"of {found.n_outside} cadences on both sides" in said
    assert f"the mean of the {found.n_inside} in it" in said
    row, col = np.subtract(found.centroid, found.outside_centroid)
    number = r"([-+]?\d+(?:\.\d+)?)"
    match = re.search(rf"centred {number} pixel .* \(row {number}, column {number}\)", said)
    assert [float(one) for one in match.groups()] == pytest.approx(
        [np.hypot(row, col), row, col], abs=0.006
    )
    strongest = float(re.search(rf"{number} σ", said)[1])
    assert strongest == pytest.approx(np.nanmax(np.abs(found.snr)), abs=0.51)
    images = [overlay.get(0) for overlay in part(shown, "difference").object]
    for image, array in zip(images, (found.outside, found.image, found.snr), strict=True):
        drawn = image.dimension_values("value", flat=False)  # lowest row first
        np.testing.assert_array_equal(drawn, array)


def test_where_nothing_stands_out_it_says_so():
    tpf = odd_tpf(background=5000.0)
    time, rng = tpf["time"].values, np.random.default_rng(0)
    tpf["flux"].values[:] = rng.normal(100, 1, tpf["flux"].shape)
    inspector = Inspector(tpf, window=(time[18], time[19]))
    card, (live,) = difference_card(inspector)
    live.shown = True
    assert inspector.difference().centroid is None
    assert "no pixel stands out of the noise" in text(card)
    assert parts(card, "difference")


@pytest.mark.parametrize(
    ("bad", "message"), [((1.0, 2.0), "holds no usable cadence"), ((0.0, 1e4), "to compare with")]
)
def test_a_window_with_nothing_to_compare_is_an_error_in_words(inspector, shown, bad, message):
    inspector.window = bad
    assert message in text(shown)
    assert not parts(shown, "difference")
    press(shown, "clear-window")
    assert inspector.window is None
    assert HINT in text(shown)


def test_an_error_goes_when_the_window_is_good(inspector, shown, window):
    inspector.window = (1.0, 2.0)
    inspector.window = window
    assert "no usable cadence" not in text(shown)
    assert parts(shown, "difference")


def test_clear_window_sets_none(inspector, shown, window):
    inspector.window = window
    press(shown, "clear-window")
    assert inspector.window is None
    assert HINT in text(shown) and not parts(shown, "difference")


def test_it_follows_the_quality_choice_and_nothing_else(inspector, shown, window, counted):
    inspector.window = window
    assert "the mean of the 3 in it" in text(shown)  # two of the five are flagged
    counted.clear()
    inspector.cadence = 9
    inspector.set_aperture("all")
    inspector.normalized = True
    assert counted == []
    inspector.quality_bitmask = "none"
    assert counted == [window]
    assert "the mean of the 5 in it" in text(shown)


def test_out_of_sight_it_works_out_nothing(inspector, window, counted, tpf):
    card, (live,) = difference_card(inspector)
    assert card.objects == []
    inspector.window = window
    inspector.quality_bitmask = "none"
    assert counted == [] and card.objects == []
    live.shown = True
    assert counted == [window]
    before = text(card)
    assert "the mean of the 5 in it" in before
    live.shown = False
    other = tpf["time"].values[19], tpf["time"].values[21]
    inspector.window = other
    inspector.window = None
    inspector.window = other
    assert counted == [window] and text(card) == before
    live.shown = True
    assert counted == [window, other]
    assert "the mean of the 3 in it" in text(card)
    live.shown = False
    live.shown = True
    assert counted == [window, other]  # nothing has changed


def test_the_border_of_the_aperture_follows_it(inspector, shown, window):
    inspector.window = window
    root = put_on_page(shown)

    def borders():
        """The lengths of the lines around the aperture in each of the three images."""
        drawn = [one.data_source.data for one in root.select({"type": GlyphRenderer})]
        ends = [
            [np.asarray(data[name]) for name in ("x0", "x1", "y0", "y1")]
            for data in drawn
            if "x0" in data
        ]
        return [float(np.hypot(x1 - x0, y1 - y0).sum()) for x0, x1, y0, y1 in ends]

    inspector.set_aperture("all")
    assert borders() == [22] * 3  # around 5 x 6 pixels
    inspector.set_aperture("empty")
    assert borders() == [0] * 3
