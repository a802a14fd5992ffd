"""The evidence card: what it says, shows and hides, and that its picture is made once."""

import numpy as np
import pytest
from bokeh.models import Plot
from cardparts import odd_tpf, part, parts, press, put_on_page, words

from tpfdash.cards.evidence import evidence_card, legend_html
from tpfdash.cards.measured import event_html
from tpfdash.diagnosis.difference import difference_image
from tpfdash.inspector import Inspector
from tpfdash.inspector.choices import PICTURES
from tpfdash.simulate import Transit

HINT = "Drag over the light curve, or press w"


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
def card(inspector):
    return evidence_card(inspector)


def text(card):
    """What it says; its legend apart."""
    return words(part(card, "evidence-words").object)


def in_sight(card, tag):
    """Whether its part is there, and it and all that it is in can be seen."""

    def seen(one):
        if f"tpf-{tag}" in one.css_classes:
            return one.visible
        return one.visible and any(map(seen, getattr(one, "objects", [])))

    return seen(card)


def test_without_a_window_it_says_how_to_get_one(card):
    assert HINT in text(card)
    for tag in ("clear-window", "picture", "difference", "picture-legend"):
        assert not in_sight(card, tag), tag


def test_with_a_window_it_says_the_numbers_in_words(inspector, card, window, tpf):
    inspector.window = window
    good = (tpf["quality"].values & 1130799) == 0
    found = difference_image(tpf, window, good)
    assert words(event_html(inspector)) == text(card) != HINT
    assert f"{found.n_inside} cadences" in text(card)
    for tag in ("clear-window", "picture", "difference", "picture-legend"):
        assert in_sight(card, tag), tag


def test_a_window_that_is_there_from_the_start_is_shown(tpf, window):
    card = evidence_card(Inspector(tpf, window=window))
    assert in_sight(card, "difference") and in_sight(card, "clear-window")
    assert "dimming" in text(card)


def test_where_nothing_stands_out_it_says_so():
    tpf = odd_tpf(background=5000.0)
    time, rng = tpf["time"].values, np.random.default_rng(0)
    tpf["flux"].values[:] = rng.normal(100, 1, tpf["flux"].shape)
    inspector = Inspector(tpf, window=(time[18], time[19]))
    card = evidence_card(inspector)
    assert inspector.event().offset is None
    assert "No pixel stands out" in text(card)
    assert in_sight(card, "difference")


@pytest.mark.parametrize(
    ("bad", "message"), [((1.0, 2.0), "holds no usable cadence"), ((0.0, 1e4), "to compare with")]
)
def test_a_window_with_nothing_to_compare_is_an_error_in_words(
    inspector, card, window, bad, message
):
    for before in (None, window):
        inspector.window = before
        inspector.window = bad
        assert message in text(card)
        assert in_sight(card, "clear-window") and not in_sight(card, "difference")
    press(card, "clear-window")
    assert inspector.window is None
    assert HINT in text(card)
    inspector.window = bad
    inspector.window = window
    assert "dimming" in text(card) and in_sight(card, "difference")


def test_clear_window_sets_none(inspector, card, window):
    inspector.window = window
    press(card, "clear-window")
    assert inspector.window is None
    assert HINT in text(card) and not in_sight(card, "difference")


def test_it_follows_the_quality_choice_and_nothing_else(inspector, card, window, counted):
    inspector.window = window
    assert counted == [(window,)]  # once, for words and picture
    assert "3 cadences" in text(card)  # two of the five are flagged
    counted.clear()
    inspector.cadence = 9
    inspector.set_aperture("all")
    inspector.normalized = True
    inspector.picture = "S/N"
    assert counted == []
    inspector.quality_bitmask = "none"
    assert counted == [(window,)]
    assert "5 cadences" in text(card)


# -- the picture ---------------------------------------------------------------------------------


def test_the_picture_is_not_made_before_it_may_be_wanted(inspector, card, window):
    page = put_on_page(card)
    inspector.cadence = 5
    inspector.set_aperture("all")
    assert not list(page.select({"type": Plot})) and not parts(card, "difference")
    inspector.window = window
    assert list(page.select({"type": Plot}))


def test_it_is_made_while_the_mouse_is_on_its_way(inspector, card, window):
    page = put_on_page(card)
    inspector.hovered = 7
    (figure,) = page.select({"type": Plot})
    assert not in_sight(card, "difference")
    inspector.hovered = 8
    inspector.window = window
    assert list(page.select({"type": Plot})) == [figure]
    assert in_sight(card, "difference")


def test_nothing_is_built_again_for_another_window(inspector, card, window, tpf):
    page = put_on_page(card)
    inspector.window = window
    models, parts = set(page.references()), list(card.select())
    pictures = []
    (figure,) = page.select({"type": Plot})
    source = figure.renderers[0].data_source
    for ends in ((19, 21), (20, 25)):
        inspector.window = tpf["time"].values[ends[0]], tpf["time"].values[ends[1]]
        np.testing.assert_array_equal(source.data["image"][0], inspector.difference().image)
        pictures.append(source.data["image"][0].tolist())
    inspector.window = None
    inspector.window = (1.0, 2.0)
    inspector.window = window
    np.testing.assert_array_equal(source.data["image"][0], inspector.difference().image)
    assert set(page.references()) == models and list(card.select()) == parts
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize("picture", PICTURES)
def test_the_choice_of_picture_is_the_inspectors(inspector, card, window, picture):
    inspector.window = window
    choice = part(card, "picture")
    assert list(choice.options) == list(PICTURES)
    choice.value = picture
    assert inspector.picture == picture
    inspector.picture = "out"
    assert choice.value == "out"


def test_the_legend_says_what_marks_and_colours_are(inspector, card, window):
    inspector.window = window
    said = words(part(card, "picture-legend").object)
    for what in ("star out of the window", "the difference", "catalogue position", "aperture"):
        assert what in said
    assert "positive (red): light is missing in the window" in said
    assert "negative (blue): light was added" in said
    assert legend_html(inspector).count("<svg") == 4
    inspector.picture = "out"
    assert "red" not in words(part(card, "picture-legend").object)
