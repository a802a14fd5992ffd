"""The evidence card: what it says, shows and hides, and that its picture is made once."""

import numpy as np
import pytest
from bokeh.models import Plot
from cardparts import part, parts, press, put_on_page, words
from eventparts import NEIGHBOURS, QUIET, TRANSIT, two_stars

from tpfdash.cards.evidence import evidence_card, legend_html
from tpfdash.cards.measured import event_html
from tpfdash.cards.widgets import is_in_sight
from tpfdash.diagnosis.diagnose import diagnose
from tpfdash.inspector import Inspector, question
from tpfdash.inspector.choices import PICTURES
from tpfdash.views.asking import Asking

HINT = "Drag over the light curve, or press w"


@pytest.fixture(scope="module")
def tpf():
    return two_stars()


@pytest.fixture
def inspector(tpf):
    inspector = Inspector(tpf)
    inspector.asking = Asking(inspector)
    return inspector


@pytest.fixture
def window():
    return TRANSIT


@pytest.fixture
def counted(monkeypatch):
    """The windows that were diagnosed."""
    windows = []

    def count(tpf, asked, aperture):
        windows.extend(asked)
        return diagnose(tpf, asked, aperture)

    monkeypatch.setattr(question, "diagnose", count)
    return windows


@pytest.fixture
def card(inspector):
    return evidence_card(inspector, lambda: "<html>the report</html>")


def text(card):
    """What it says; its legend apart."""
    return words(part(card, "evidence-words").object)


def in_sight(card, tag):
    """Whether its part is there, and it and all that it is in can be seen."""

    def seen(one):
        if f"tpf-{tag}" in one.css_classes:
            return is_in_sight(one)
        return is_in_sight(one) and any(map(seen, getattr(one, "objects", [])))

    return seen(card)


def test_without_a_window_it_says_how_to_get_one(card):
    assert HINT in text(card)
    for tag in ("clear-window", "picture", "difference", "picture-legend"):
        assert not in_sight(card, tag), tag


def test_with_a_window_it_says_the_numbers_in_words(inspector, card, window):
    inspector.window = window
    assert words(event_html(inspector)) == text(card) != HINT
    assert text(card).startswith("On target")
    for tag in SEEN:
        assert in_sight(card, tag), tag


SEEN = (
    "clear-window",
    "picture",
    "difference",
    "picture-legend",
    "checks",
    "copy-evidence",
    "evidence-report",
)


def test_a_window_that_is_there_from_the_start_is_shown(tpf, window):
    inspector = Inspector(tpf, window=window)
    asking = Asking(inspector)
    card = evidence_card(inspector, str)
    assert all(in_sight(card, tag) for tag in SEEN) and asking
    assert text(card).startswith("On target")


def test_where_nothing_stands_out_it_says_so(inspector, card):
    inspector.window = QUIET
    assert inspector.answer.offset is None
    assert "Cannot tell" in text(card) and "stands out of the noise" in text(card)
    assert in_sight(card, "difference")


def test_a_window_with_nothing_to_measure_is_said_in_words(inspector, card, window):
    for before in (None, window):
        inspector.window = before
        inspector.window = 1, 2
        assert "holds no cadence with data" in text(card)
        assert in_sight(card, "clear-window") and not in_sight(card, "difference")
    press(card, "clear-window")
    assert inspector.window is None
    assert HINT in text(card)
    inspector.window = 1, 2
    inspector.window = window
    assert "On target" in text(card) and in_sight(card, "difference")


def test_clear_window_sets_none(inspector, card, window):
    inspector.window = window
    press(card, "clear-window")
    assert inspector.window is None
    assert HINT in text(card)
    assert not any(in_sight(card, tag) for tag in SEEN)


def test_it_follows_window_and_aperture_and_nothing_else(inspector, card, window, counted):
    inspector.window = window
    assert counted == [window]  # once, for words, checks and picture
    inspector.cadence = 9
    inspector.normalized = True
    inspector.picture = "S/N"
    inspector.quality_bitmask = "none"
    assert counted == [window]
    depth = text(card)
    inspector.set_aperture("all")
    assert counted == [window] * 2 and text(card) != depth


def test_while_it_is_worked_out_it_says_so(inspector, card, window):
    inspector.window = window
    inspector.answer = None
    assert text(card) == "Working it out …"
    assert in_sight(card, "clear-window") and not in_sight(card, "checks")


def test_the_text_to_copy_is_all_that_was_found(inspector, card, window, tpf):
    inspector.window = window
    said = part(card, "evidence-text").value
    assert tpf.attrs["object"] in said and "Simulated data." in said
    assert "544.87000 to 545.13000 BKJD" in said and str(inspector.answer) in said
    assert not in_sight(card, "evidence-text")
    inspector.window = None
    assert part(card, "evidence-text").value == ""


def test_the_report_is_made_when_it_is_asked_for(inspector, card, window):
    inspector.window = window
    saved = part(card, "evidence-report")
    assert saved.filename.endswith("_report.html")
    assert saved.callback().read() == b"<html>the report</html>"


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


def test_nothing_is_built_again_for_another_window(inspector, card, window):
    page = put_on_page(card)
    inspector.window = window
    models, parts = set(page.references()), list(card.select())
    pictures = []
    (figure,) = page.select({"type": Plot})
    source = figure.renderers[0].data_source
    for other in (NEIGHBOURS, QUIET):
        inspector.window = other
        np.testing.assert_array_equal(source.data["image"][0], inspector.diagnosis.difference.image)
        pictures.append(source.data["image"][0].tolist())
    inspector.window = None
    inspector.window = (1.0, 2.0)
    inspector.window = window
    np.testing.assert_array_equal(source.data["image"][0], inspector.diagnosis.difference.image)
    assert set(page.references()) == models and list(card.select()) == parts
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize("picture", PICTURES)
def test_the_choice_of_picture_is_the_inspectors(inspector, card, window, picture):
    inspector.window = window
    choice = part(card, "picture")
    assert list(choice.options.values()) == list(PICTURES)
    choice.value = picture
    assert inspector.picture == picture
    inspector.picture = "out"
    assert choice.value == "out"


def test_pixels_have_their_light_curves_in_place_of_the_image(inspector, card, window):
    inspector.window = window
    inspector.picture = "pixels"
    assert in_sight(card, "curves") and not in_sight(card, "difference")
    drawn = part(card, "curves").object
    assert drawn.count("<svg") == 4 and "<polyline" in drawn and "<rect" in drawn
    inspector.picture = "S/N"
    assert in_sight(card, "difference") and not in_sight(card, "curves")


def test_the_legend_says_what_marks_and_colours_are(inspector, card, window):
    inspector.window = window
    said = words(part(card, "picture-legend").object)
    for what in ("target", "event, 1 σ", "catalogue", "aperture"):
        assert what in said
    assert "red: light is missing" in said and "blue: light was added" in said
    assert legend_html(inspector).count("<svg") == 4
    inspector.picture = "expected"
    assert "model: on target" in words(legend_html(inspector))
    inspector.check = "artefact: smear"
    assert "model: smear" in words(legend_html(inspector))
    inspector.picture = "out"
    assert "red" not in words(part(card, "picture-legend").object)
    inspector.picture = "pixels"
    assert words(part(card, "picture-legend").object) == ""
