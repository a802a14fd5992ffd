"""The event in hand: what it says, and what its buttons and its note do."""

import pytest

from tests.triageparts import event, record, write_lines
from tpfdash.cards.agreed import agreed_html
from tpfdash.cards.gallery import gallery_card
from tpfdash.cards.inhand import NO_PICTURE, hand_card, hand_html
from tpfdash.cards.triagerows import count_html
from tpfdash.diagnosis.bulk.results import Results
from tpfdash.inspector.triage import Walk

NASTY = "<script>alert(1)</script>'\"&"


@pytest.fixture
def walk(tmp_path):
    return Walk(Results(write_lines(tmp_path / "results.jsonl")))


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
