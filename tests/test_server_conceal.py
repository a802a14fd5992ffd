"""What a server sends to browsers, and how it takes what no browser would send."""

import inspect
import json
import logging
import os
import re
from pathlib import Path

import bokeh.io.doc
import panel as pn
import panel_material_ui as pmui
import pytest
from bokeh.server.views.ws import WSHandler

import tpfdash
from tests.wire import Wire, find, serving
from tpfdash.app.page import make_page
from tpfdash.app.roots import open_sources
from tpfdash.io import write_tpf
from tpfdash.server.conceal import conceal
from tpfdash.simulate import simulate_tpf


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keep-me-to-yourself")
    return write_tpf(simulate_tpf("K2", n_cadences=60, shape=(5, 5)), folder / "a.fits")


@pytest.fixture(scope="module")
def port(path):
    conceal()
    opened = open_sources([path, path])
    with serving(lambda: make_page(opened, path.parent)) as port:
        yield port


@pytest.fixture(scope="module")
def wire(port):
    """One page for all tests: whatever it is sent, it has to live on."""
    with Wire(port) as wire:
        yield wire


@pytest.fixture(scope="module")
def other(port):
    """Somebody else's page."""
    with Wire(port) as wire:
        yield wire


def told(wire):
    """All that has come from the server."""
    return wire.page + "".join(wire.received)


@pytest.fixture(scope="module")
def folders(path):
    here = {os.getcwd(), str(Path.home()), str(path.parent), str(Path(tpfdash.__file__).parent)}
    here.add(str(Path(pmui.__file__).parent))
    return {folder for folder in here if folder not in ("/", "/root")} | {"/site-packages/"}


def alive(wire):
    """A session that still answers."""
    assert wire.ask("SERVER-INFO-REQ")["msgtype"] == "SERVER-INFO-REPLY"
    (chooser,) = find(wire.pull(), "tpf-file")
    change = {"kind": "ModelChanged", "model": {"id": chooser["id"]}, "attr": "value"}
    return wire.patch({**change, "new": "a.fits"})["msgtype"] == "OK"


def test_a_page_does_not_tell_of_the_servers_folders(wire, folders):
    wire.pull()
    said = told(wire)
    assert "a.fits" in said
    assert not [folder for folder in folders if folder in said]


@pytest.mark.parametrize("name", ["missing.fits", "../a.fits", "/etc/passwd"])
def test_nor_does_the_page_of_a_bad_address(port, folders, name):
    with Wire(port, f"/?tpf={name}") as wire:
        wire.pull()
        assert not [folder for folder in folders if folder in told(wire)]


def test_the_parts_of_other_packages_that_are_touched_are_as_they_were():
    """Fails where another version of Bokeh or panel-material-ui has them elsewhere."""
    prop = pmui.FileSelector._data_model.lookup("directory").property
    assert prop._default == ""
    assert WSHandler.send_message.__wrapped__.__qualname__ == "WSHandler.send_message"
    assert bokeh.io.doc._PATCHED_CURDOCS == []
    assert inspect.isgeneratorfunction(inspect.unwrap(bokeh.io.doc.patch_curdoc))
    conceal()
    assert not hasattr(WSHandler.send_message.__wrapped__, "__wrapped__")


def model(wire, kind):
    """The id of the first model of a kind in the document."""
    text = json.dumps(wire.pull())
    return re.search(rf'"name": "{kind}", "id": "([^"]+)"', text).group(1)


def event(name, **values):
    return {
        "kind": "MessageSent",
        "msg_type": "bokeh_event",
        "msg_data": {
            "type": "event",
            "name": name,
            "values": {"type": "map", "entries": list(values.items())},
        },
    }


def tap(figure, **values):
    return event("tap", model={"id": figure}, **values)


CRAFTED = {
    "a tap on nothing": lambda wire: tap("no-such-model", x=1, y=1),
    "a tap nowhere": lambda wire: tap(
        model(wire, "Figure"), sx=0, sy=0, x=None, y=None, modifiers=None
    ),
    "a tap on words": lambda wire: tap(
        model(wire, "Figure"), sx="a", sy=[], x="b", y={}, modifiers=3
    ),
    "a tap at infinity": lambda wire: tap(
        model(wire, "Figure"), x=1e999, y=-1e999, sx=0, sy=0, modifiers=None
    ),
    "an event of no kind": lambda wire: event("no-such-event", model={"id": model(wire, "Figure")}),
    "a change of nothing": lambda wire: {
        "kind": "ModelChanged",
        "model": {"id": "x"},
        "attr": "value",
        "new": 1,
    },
    "a change of no attribute": lambda wire: changed(wire, "tpf-file", "__class__", 1),
    "a choice that is none": lambda wire: changed(wire, "tpf-file", "value", "../../etc/passwd"),
    "a choice of another type": lambda wire: changed(wire, "tpf-file", "value", [{}]),
    "a cadence that is none": lambda wire: changed(wire, "tpf-cadence", "value", 10**9),
    "a cadence of another type": lambda wire: changed(wire, "tpf-cadence", "value", "x"),
    "a huge list": lambda wire: changed(wire, "tpf-cadence", "value", list(range(100_000))),
    "no kind of event": lambda wire: {"kind": "NoSuchKind"},
    "no event": lambda wire: {},
}


def changed(wire, part, attr, new):
    found = next(iter(find(wire.pull(), part)))
    return {"kind": "ModelChanged", "model": {"id": found["id"]}, "attr": attr, "new": new}


@pytest.mark.parametrize("crafted", CRAFTED.values(), ids=CRAFTED)
def test_a_crafted_message_is_answered_and_all_live_on(wire, other, folders, crafted, caplog):
    answer = wire.patch(crafted(wire))
    assert answer["msgtype"] in ("OK", "ERROR")
    if answer["msgtype"] == "ERROR":
        assert not answer["content"]["traceback"]
        number = re.search(r"\(error (\w+)\)", answer["content"]["text"]).group(1)
        assert any(number in record.getMessage() for record in caplog.records)
    assert alive(wire) and alive(other)
    assert pn.state.curdoc is None  # nobody's page is the current one here
    assert not [folder for folder in folders if folder in told(wire)]


def test_what_is_no_message_at_all_ends_that_connection_alone(port, wire, caplog):
    caplog.set_level(logging.CRITICAL)
    with Wire(port) as broken:
        broken.socket.send("no JSON")
        assert alive(wire)
    with Wire(port) as another:
        assert alive(another)
