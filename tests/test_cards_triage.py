"""The cards of a triage without a browser: what they say, what they send, and what they take."""

import asyncio
import base64
import io
import re

import numpy as np
import pytest
from panel.models.esm import DataEvent
from PIL import Image

from tests.triageparts import event, record, write_lines
from tpfdash.cards.agreed import agreed_card, agreed_html
from tpfdash.cards.gallery import gallery_card
from tpfdash.cards.inhand import JUDGED_BY, NO_PICTURE, hand_card, hand_html
from tpfdash.cards.picks import PickList
from tpfdash.cards.thumbnails import curve_svg, image_svg
from tpfdash.cards.triagekeys import TRIAGE_GESTURES, TriageKeys
from tpfdash.cards.triagerows import HEADINGS, VERDICT_CHOICES, count_html, row_beside, row_of
from tpfdash.cards.triagesave import save_card
from tpfdash.cards.triagetable import table_card
from tpfdash.diagnosis.bulk.pictures import curve_of, image_of
from tpfdash.diagnosis.bulk.results import Results
from tpfdash.errors import TPFError
from tpfdash.inspector.triage import VERDICTS, Walk
from tpfdash.views.faults import faults_of

NASTY = "<script>alert(1)</script>'\"&"


@pytest.fixture
def walk(tmp_path):
    return Walk(Results(write_lines(tmp_path / "results.jsonl")))


def tell(component, message):
    component._process_event(DataEvent(model=None, data=message))


def numbers(text, name):
    return [float(one) for one in re.findall(rf"{name}='(-?[\d.]+)'", text)]


# -- drawings -------------------------------------------------------------------------------------


def test_a_curve_is_drawn_where_it_is():
    curve = curve_of(event())
    drawn = curve_svg(curve, 200, 100, words="light curve", axes=False)
    x, y = (np.array(numbers(drawn, name)) for name in ("cx", "cy"))
    known = np.isfinite(curve.flux)
    assert x.size == known.sum() == 9
    np.testing.assert_allclose(x, 2 + 196 * (curve.time[known] - 9) / 2, atol=0.06)
    # The deepest is the lowest on the screen, and all is on the drawing.
    assert np.argmax(y) == np.argmin(curve.flux[known])
    assert y.min() >= 2 and y.max() <= 98
    (left,) = numbers(drawn.partition("'band'")[2].partition("/>")[0], "x")
    assert left == pytest.approx(2 + 196 * 0.4, abs=0.06)


def test_a_curve_with_axes_says_its_units_and_numbers():
    drawn = curve_svg(curve_of(event()), 460, 190, words="light curve", clock="BKJD")
    said = re.findall(r">([^<>]+)</text>", drawn)
    assert "flux: ppm" in said and "d BKJD" in said and "−800" in said and "10" in said
    deep = event()
    deep["curve"] = deep["curve"] | {"flux": [0, 0, -400_000, -390_000, 0], "windows": 5}
    said = re.findall(r">([^<>]+)</text>", curve_svg(curve_of(deep), 460, 190, words="x"))
    assert "flux: %" in said and "h from the middle" in said and "−40" in said


def test_an_image_is_drawn_with_its_marks():
    kept = image_of(event())
    drawn = image_svg(kept, event(), 90, words="difference image")
    (data,) = re.findall(r"base64,([\w+/=]+)'", drawn)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert pixels.shape == (3, 3, 4)
    bottom_up = pixels[::-1].astype(int)
    red, blue = bottom_up[..., 0], bottom_up[..., 2]
    assert np.unravel_index(np.argmin(blue + red), (3, 3)) == (1, 1)  # the darkest red
    assert red[1, 1] > blue[1, 1] and bottom_up[0, 2, 3] < 255  # what is missing is see-through
    # The target at row 191, column 671: the second pixel each way, at 45 from the left and bottom.
    (x, *_), (y, *_) = numbers(drawn, "cx"), numbers(drawn, "cy")
    assert (x, y) == (45.0, 45.0)
    assert "<polyline" in drawn and "M46.0 37.0l10 10" in drawn
    small = image_svg(kept, event(), 52, words="difference image", marks=False)
    assert "<circle" not in small and "<path" in small


@pytest.mark.parametrize(
    "more",
    [
        {"target": None, "position": None, "covariance": None},
        {"target": "a", "position": [1], "covariance": [[1]]},
        {"target": [NASTY, 1], "position": [None, 2], "covariance": "x"},
        {"covariance": [[1e9, 0], [0, 1e9]]},
    ],
)
def test_places_that_are_not_known_are_not_marked(more):
    drawn = image_svg(image_of(event()), event() | more, 90, words="x")
    assert "<polyline" not in drawn and "script" not in drawn
    assert ("<circle" in drawn) == ("target" not in more)


def test_a_flat_curve_is_drawn():
    flat = event()
    flat["curve"] = flat["curve"] | {"flux": [0, 0, 0, 0]}
    for axes in (True, False):
        assert "nan" not in curve_svg(curve_of(flat), 460, 190, words="x", axes=axes)


# -- the event in hand ----------------------------------------------------------------------------


def test_the_event_in_hand_in_words(walk):
    said = hand_html(walk)
    for part in ("KIC a.fits", "On target", "It is on the target.", "light curve", "offset 1.7 σ"):
        assert part in said
    assert "neighbour" in said and "background" not in said  # of 6 % and of 0.4 %
    walk.row = 4
    assert NO_PICTURE in hand_html(walk) and "Cannot tell" in hand_html(walk)
    walk.row = 3
    assert "bad.fits is &lt;b&gt;no&lt;/b&gt; target" in hand_html(walk)


def test_findings_are_shown_where_the_record_has_them(tmp_path):
    found = event(findings=[{"sentence": "a star's image <fits>"}, {"sentence": 5}, "x"])
    walk = Walk(Results(write_lines(tmp_path / "a.jsonl", [record("a.fits", found)])))
    assert "<li>a star&#x27;s image &lt;fits&gt;</li>" in hand_html(walk)


def test_nothing_that_comes_from_the_file_is_taken_for_html(tmp_path):
    odd = event(sentence=NASTY, why=NASTY, probabilities={NASTY: 0.5, "background": NASTY})
    odd["curve"] = odd["curve"] | {"unit": NASTY}
    bad = {"source": NASTY, "error": NASTY, "object": NASTY, "mission": NASTY}
    kept = [record(NASTY, odd, object=NASTY, mission=NASTY), bad]
    walk = Walk(Results(write_lines(tmp_path / "odd.jsonl", kept)), who=NASTY)
    walk.judge("real")
    card, _ = hand_card(walk, lambda row: f"file?line=1&window={NASTY}")
    gallery, _ = gallery_card(walk)
    for row in (0, 1):
        walk.row = row
        shown = [pane.object for pane in card.select(lambda part: hasattr(part, "object"))]
        for text in [*shown, hand_html(walk), count_html(walk), agreed_html(walk)]:
            assert "<script" not in text
    assert gallery.pictures[0]["name"] == NASTY  # as a text of its own, which it stays
    assert not any("script" in one[part] for one in gallery.pictures for part in ("curve", "image"))


def test_buttons_say_words_and_take_them_back(walk):
    card, _ = hand_card(walk)
    buttons = {one.css_classes[0]: one for one in card[0] if hasattr(one, "clicks")}
    buttons["tpf-say-elsewhere"].clicks += 1
    assert walk.judgement(0).word == "elsewhere" and walk.row == 1
    walk.row = 0
    assert buttons["tpf-say-elsewhere"].button_type == "primary"
    buttons["tpf-say-elsewhere"].clicks += 1
    assert walk.judgement(0).word == "" and walk.row == 0
    buttons["tpf-undo-word"].clicks += 1
    assert walk.judgement(0).word == "elsewhere"
    walk.row = 3
    assert buttons["tpf-say-real"].disabled


def test_a_note_is_that_of_the_event_in_hand(walk):
    card, _ = hand_card(walk)
    (field,) = [one for one in card if "tpf-note" in one.css_classes]
    field.value = "a flare"
    assert walk.judgement(0).note == "a flare"
    walk.row = 1
    assert field.value == "" and walk.judgement(1).note == ""
    walk.row = 0
    assert field.value == "a flare"
    assert len(walk.judged.path.read_text().splitlines()) == 1  # to walk writes nothing


# -- the table ------------------------------------------------------------------------------------


def test_a_row_has_all_columns(walk):
    texts = row_of(walk, 1)
    assert {"number", *texts} == {*HEADINGS, "number"} - {"word", "agrees", "note"}
    assert texts | {"number": 1} == {
        **{"number": 1, "name": "KIC a.fits", "mission": "Kepler", "time": "20.250"},
        **{"verdict": "neighbour", "confidence": "0.90", "snr": "8.0", "depth": "900 ppm"},
        **{"duration": "12.0 h", "offset": "1.7"},
    }
    assert row_of(walk, 4)["snr"] == row_of(walk, 4)["depth"] == row_of(walk, 4)["offset"] == ""
    assert row_of(walk, 4)["name"] == "c.fits"  # it says no object
    walk.say(1, word="real", note="?")
    assert row_beside(walk, 1) == {"word": "real", "note": "?", "agrees": "≠"}
    assert row_beside(walk, 0) == {}


def test_every_verdict_can_be_chosen():
    assert set(VERDICT_CHOICES.values()) == set(VERDICTS)


def test_what_is_done_in_the_table(walk):
    card, _ = table_card(walk)
    (table,) = card.select(PickList)
    assert [row["number"] for row in table.rows] == [0, 1, 2, 4, 5]
    tell(table, ["choose", 2])
    assert walk.row == table.chosen == 2
    tell(table, ["sort", 0, "-snr"])
    assert walk.order == table.sorted == "-snr" and walk.row == 2
    assert [row["number"] for row in table.rows] == [2, 0, 5, 1, 4]
    tell(table, ["type", 5, "word", "artefact"])
    tell(table, ["type", 5, "note", "a ray"])
    assert table.beside == {"5": {"word": "artefact", "note": "a ray", "agrees": "="}}
    assert walk.row == 2


@pytest.mark.parametrize(
    "message",
    [
        ["sort", 0, "size"],
        ["sort", 0, "--snr"],
        ["choose", 99],
        ["choose", -1],
        ["type", 99, "word", "real"],
        ["type", 0, "verdict", "real"],
        ["drop", 0],
        "choose",
    ],
)
def test_what_no_page_sends_does_nothing(walk, message):
    card, _ = table_card(walk)
    tell(card.select(PickList)[0], message)
    assert (walk.row, walk.order) == (0, "") and not walk.judged.path.exists()


def test_a_word_that_is_none_is_told(walk):
    card, _ = table_card(walk)
    tell(card.select(PickList)[0], ["type", 0, "word", "nova"])
    assert "nova" in faults_of(walk).words and not walk.judged.path.exists()


def test_how_many_there_are(walk):
    assert "5 events in 5 files · 1 with an error · 0 judged" in count_html(walk)
    walk.judge("real")
    walk.verdict = "on_target"
    assert "1 in the table" in count_html(walk) and "1 judged" in count_html(walk)


# -- pictures, agreement, keys --------------------------------------------------------------------


def test_the_strip_shows_the_page_and_chooses(walk):
    gallery, _ = gallery_card(walk)
    assert [one["number"] for one in gallery.pictures] == [0, 1, 2, 4, 5]
    assert [bool(one["curve"]) for one in gallery.pictures] == [True, True, True, False, True]
    tell(gallery, 5)
    assert walk.row == gallery.chosen == 5
    for odd in (99, -1, "1", [1], None, float("nan")):
        tell(gallery, odd)
    assert walk.row == 5
    walk.judge("artefact")
    assert gallery.words == {"5": "artefact"}


def test_agreement_is_counted_as_one_judges(walk):
    card, _ = agreed_card(walk)
    show, words = card[0][0], card[1]
    assert "Once events are judged" in words.object
    for row, word in ((0, "real"), (1, "real"), (4, "real"), (5, "unsure")):
        walk.say(row, word=word)
    assert "50 % agree" in words.object and "κ" in words.object
    assert "S/N below 10" in words.object and "Kepler" in words.object
    show.clicks += 1
    assert walk.said == "disagree" and walk.rows.tolist() == [1]


def test_keys_are_those_that_the_list_names(walk):
    keys = TriageKeys(walk)
    listed = {key for lines in TRIAGE_GESTURES.values() for key, _ in lines}
    assert set(JUDGED_BY) <= listed
    for key, word in JUDGED_BY.items():
        walk.row = 0
        tell(keys, ["judge", int(key)])
        assert walk.judgement(0).word == word and walk.row == 1
    tell(keys, ["undo"])
    assert walk.judgement(0).word == "artefact" and walk.row == 0
    tell(keys, ["judge", 0])
    assert walk.judgement(0).word == ""
    tell(keys, ["step", 1])
    assert walk.row == 1
    for odd in (["step"], ["judge", 9], ["judge", "1"], ["judge", 1e9], ["fly", 1], "undo", None):
        tell(keys, odd)
    assert walk.row == 1 and not faults_of(walk).words


def test_what_is_saved_is_named_by_the_results(walk):
    card = save_card(walk)
    which, format, save = card[0]
    assert save.filename == "results_judged.csv"
    format.value = "json"
    assert save.filename == "results_judged.json"
    assert len(asyncio.run(save.callback()).getvalue()) > 1000
    assert save.label == "Save table" and not save.disabled
    walk.verdict, which.value = "on_target", "those in the table"
    assert asyncio.run(save.callback()).getvalue().count(b'"verdict"') == 1


def test_where_it_cannot_be_saved_that_is_told(tmp_path):
    walk = Walk(Results(write_lines(tmp_path / "results.jsonl")))
    save = save_card(walk)[0][2]
    walk.results.path.unlink()
    with pytest.raises(TPFError):
        asyncio.run(save.callback())
    assert "cannot be read" in faults_of(walk).words and not save.disabled
