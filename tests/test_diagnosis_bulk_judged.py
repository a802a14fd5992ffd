"""Words on events: kept at once, the last one counts, several may write, a run anew keeps them."""

import subprocess
import sys

import pytest

from tpfdash.diagnosis.bulk.judged import Judged
from tpfdash.errors import TPFError

WINDOW = (9.8, 10.2)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.judged.jsonl"


def one(judged, source="a.fits", window=WINDOW):
    return judged.of(source, [window])[0]


def test_the_last_word_and_the_last_note_count(path):
    judged = Judged(path)
    judged.say("a.fits", WINDOW, word="real", who="Ada")
    judged.say("a.fits", WINDOW, note="a flare?", who="Bo")
    judged.say("a.fits", WINDOW, word="artefact", who="Cy")
    judged.say("b.fits", WINDOW, word="unsure")
    for each in (judged, Judged(path)):
        said = one(each)
        assert (said.word, said.note, said.who) == ("artefact", "a flare?", "Cy")
        assert said.when.endswith("+00:00") and len(each) == 2
        assert one(each, "c.fits") is None and one(each, window=(1, 2)) is None
    judged.say("a.fits", WINDOW, word="")
    assert one(Judged(path)).word == "" and one(Judged(path)).note == "a flare?"
    assert len(path.read_text().splitlines()) == 5


def test_two_who_write_keep_each_others_lines(path):
    first, second = Judged(path), Judged(path)
    first.say("a.fits", WINDOW, word="real")
    second.say("a.fits", WINDOW, note="seen")
    second.say("b.fits", WINDOW, word="elsewhere")
    assert first.update() and not first.update()
    assert one(first) == one(second) == one(Judged(path))
    assert one(first).word == "real" and one(first, "b.fits").word == "elsewhere"


@pytest.mark.slow
def test_lines_of_several_processes_stay_whole(path):
    code = (
        "import sys; from tpfdash.diagnosis.bulk.judged import Judged\n"
        "judged = Judged(sys.argv[1])\n"
        "for n in range(100): judged.say(sys.argv[2], (n, n + 1), word='real', note='x' * 900)\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(path), f"{n}.fits"]) for n in range(3)
    ]
    assert [each.wait() for each in started] == [0, 0, 0]
    judged = Judged(path)
    assert len(judged) == 300 and judged.unread == 0


def test_a_line_that_was_cut_off_costs_no_other(path):
    judged = Judged(path)
    judged.say("a.fits", WINDOW, word="real")
    with open(path, "a") as file:
        file.write('{"source": "b.fits", "wind')
    assert not Judged(path).unread
    judged.say("c.fits", WINDOW, word="unsure")
    again = Judged(path)
    assert one(again).word == "real" and one(again, "c.fits").word == "unsure"
    assert again.unread == 1


def test_the_word_on_a_window_a_little_different_is_on_the_same_event(path):
    """As of a run anew, in which an event begins a cadence later."""
    judged = Judged(path)
    judged.say("a.fits", WINDOW, word="real", note="deep")
    near, far = (9.82, 10.22), (10.1, 10.5)
    assert one(judged, window=near).word == "real" and one(judged, window=far) is None
    assert judged.of("a.fits", [near, WINDOW])[0] is None  # it is the other's
    judged.say("a.fits", near, note="deeper")  # and its word goes on counting
    assert one(Judged(path), window=near).word == "real"
    assert one(Judged(path), window=near).note == "deeper"


def test_a_file_as_a_whole_has_notes_alone(path):
    judged = Judged(path)
    judged.say("bad.fits", None, note="fetch it again")
    assert Judged(path).of_file("bad.fits").note == "fetch it again"
    with pytest.raises(TPFError, match="no event"):
        judged.say("bad.fits", None, word="real")


@pytest.mark.parametrize(
    "said", [{"word": "maybe"}, {"note": "x" * 1001}, {"note": "a", "who": "x" * 1001}]
)
def test_what_is_no_good_is_refused_and_not_written(path, said):
    with pytest.raises(TPFError):
        Judged(path).say("a.fits", WINDOW, **said)
    assert not path.exists()


def test_where_it_cannot_be_kept_that_is_told(tmp_path):
    with pytest.raises(TPFError, match="cannot be written"):
        Judged(tmp_path / "no" / "a.judged.jsonl").say("a.fits", WINDOW, word="real")
    with pytest.raises(TPFError):
        Judged(tmp_path)  # a folder


def test_another_file_is_not_written_to(path):
    path.write_text('{"source": "a.fits", "events": []}\n')
    with pytest.raises(TPFError, match="holds no judgements"):
        Judged(path)


def test_a_file_that_is_taken_away_is_forgotten(path):
    judged = Judged(path)
    judged.say("a.fits", WINDOW, word="real")
    path.unlink()
    assert judged.update() and len(judged) == 0
    judged.say("a.fits", WINDOW, word="unsure")
    assert one(Judged(path)).word == "unsure"
