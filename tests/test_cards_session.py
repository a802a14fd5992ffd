"""The controls that save a session and take one up."""

import base64
import json

import pytest

from tpfdash.cards.session import load_session, save_session
from tpfdash.inspector import Inspector
from tpfdash.inspector.session import session_of
from tpfdash.simulate import simulate_tpf


@pytest.fixture
def inspector():
    tpf = simulate_tpf("K2", n_cadences=30, shape=(4, 5))
    tpf.attrs["source"] = "/data/my star.fits.gz"
    return Inspector(tpf)


def send(load, contents, name="mine.json"):
    sent = base64.b64encode(contents).decode()
    load._handle_msg({"name": name, "size": len(contents), "contents": sent})


def test_what_is_saved_is_taken_up(inspector):
    save = save_session(inspector)
    assert save.filename == "my_star_session.json"
    inspector.set_aperture("all")
    inspector.cadence = 9
    saved = save.callback().getvalue()
    assert json.loads(saved) == session_of(inspector)
    inspector.set_aperture("empty")
    inspector.cadence = 3
    load, _, message = load_session(inspector)
    send(load, saved)
    assert inspector.aperture.all() and inspector.cadence == 9
    assert message.object == ""


@pytest.mark.parametrize("contents", [b"", b"no JSON", b"{}", b"\xff"])
def test_what_is_no_session_is_said_and_changes_nothing(inspector, contents):
    before = session_of(inspector)
    load, _, message = load_session(inspector)
    send(load, contents, "<b>.json")
    assert "&lt;b&gt;.json" in message.object and "role='alert'" in message.object
    assert session_of(inspector) == before


def test_choices_that_are_not_known_are_said(inspector):
    session = session_of(inspector)
    session["choices"] = {"cadence": 5, "<smell>": 1}
    load, _, message = load_session(inspector)
    send(load, json.dumps(session).encode())
    assert inspector.cadence == 5
    assert "&lt;smell&gt;" in message.object
    send(load, json.dumps(session_of(inspector)).encode())
    assert message.object == ""


def test_all_files_of_the_target_are_in_it_and_those_that_are_not_open_are_said(inspector):
    other = Inspector(inspector.tpf.assign_attrs(campaign=17, source="/data/<b>.fits"))
    other.cadence = 7
    saved = save_session(inspector, lambda: [other]).callback().getvalue()
    other.cadence = 3
    load, _, message = load_session(inspector, lambda: [other])
    send(load, saved)
    assert other.cadence == 7 and message.object == ""
    load, _, message = load_session(inspector)
    send(load, saved)
    assert "&lt;b&gt;.fits (not open here)" in message.object and "/data" not in message.object
