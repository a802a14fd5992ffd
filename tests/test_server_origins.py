"""Whose pages are let in, and what the log says of the others."""

import inspect
import logging
import socket
import subprocess
import sys

import pytest
import websocket
from bokeh.server.views import ws
from bokeh.server.views.ws import WSHandler

from tests.test_server_serve import free
from tests.wire import PATIENCE, Wire, answers, find, serving, until
from tpfdash import TPFError
from tpfdash.__main__ import main
from tpfdash.server.origins import origins, tell_refusals

ELSEWHERE = "https://tools.example"


def test_the_origins_are_the_address_and_this_machine():
    assert origins("127.0.0.1", 5) == ["127.0.0.1:5", "localhost:5"]
    assert origins("sky.example", 5) == ["127.0.0.1:5", "localhost:5", "sky.example:5"]
    assert f"{socket.gethostname()}:5" in origins("0.0.0.0", 5)


@pytest.mark.parametrize(
    ("allowed", "written"),
    [
        ("tools.example", "tools.example"),
        ("Tools.Example:8443", "tools.example:8443"),
        # A browser does not name these, and Bokeh takes the names of hosts as they come.
        ("tools.example:443", "tools.example"),
        ("tools.example:80", "tools.example"),
        ("10.0.0.7:9", "10.0.0.7:9"),
    ],
)
def test_and_those_allowed(allowed, written):
    assert origins("127.0.0.1", 5, [allowed]) == ["127.0.0.1:5", "localhost:5", written]


@pytest.mark.parametrize(
    "allowed", ["", "*", "*.example", "http://a.example", "a.example/", "a:b", "a:99999", "a b"]
)
def test_what_is_no_host_is_refused(allowed, capsys):
    assert main(["--no-show", "--allow-origin", allowed]) == 2
    out, err = capsys.readouterr()
    assert err.startswith("tpfdash: --allow-origin") and repr(allowed) in err
    assert err.count("\n") == 1
    with pytest.raises(TPFError, match="HOST"):
        origins("127.0.0.1", 5, ["fine.example", allowed])


@pytest.fixture(scope="module")
def port():
    tell_refusals()
    with serving(lambda: "words") as port:
        yield port


def test_the_log_says_who_was_refused_and_what_lets_him_in(port, caplog):
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        Wire(port, origin=ELSEWHERE)
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING][:1]
    said = record.getMessage()
    assert ELSEWHERE in said and f"localhost:{port}" in said
    assert said.endswith("--allow-origin tools.example")
    assert "--allow-websocket-origin" not in caplog.text


@pytest.mark.parametrize("origin", ["null", "x" * 5000, "http://" + "y" * 5000, "http://a\tb"])
def test_whatever_the_origin_it_is_refused_in_one_line(port, caplog, origin):
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        Wire(port, origin=origin)
    assert "\n" not in "".join(record.getMessage() for record in caplog.records)
    assert all(len(record.getMessage()) < 800 for record in caplog.records)
    with Wire(port) as wire:
        wire.pull()


def test_a_name_that_leads_here_lets_no_page_in(port):
    """A site may have its own name lead to this machine: origin and host are the same then."""
    with Wire(port) as wire:
        token = wire.token
    address = f"ws://127.0.0.1:{port}/ws"
    for host in (f"elsewhere.example:{port}", "elsewhere.example"):
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            websocket.create_connection(
                address, host=host, origin=f"http://{host}", subprotocols=["bokeh", token]
            )


def test_bokehs_parts_that_are_touched_are_as_they_were():
    """Fails where another version of Bokeh has them elsewhere, or says other words."""
    assert ws.log.name == WSHandler.__module__
    inner = inspect.unwrap(WSHandler.check_origin)
    assert list(inspect.signature(inner).parameters) == ["self", "origin"]
    assert "\"Refusing websocket connection from Origin '%s';" in inspect.getsource(inner)


@pytest.mark.slow
def test_the_command_lets_in_whom_it_is_told_to():
    port = free()
    line = [sys.executable, "-m", "tpfdash", "--no-show", "--port", str(port)]
    line += ["--allow-origin", "other.example:81", "--allow-origin", "tools.example"]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: answers(port) or process.poll() is not None, "the server")
        for origin in (ELSEWHERE, "http://tools.example", "http://other.example:81"):
            with Wire(port, origin=origin) as wire:
                assert list(find(wire.pull(), "tpf-dashboard"))
        for origin in ("http://third.example", "http://tools.example:81"):
            with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
                Wire(port, origin=origin)
    finally:
        process.terminate()
        said = process.communicate(timeout=PATIENCE)[1]
    assert "--allow-origin third.example" in said and "--allow-origin tools.example:81" in said
    assert "allow-websocket-origin" not in said and "Traceback" not in said
