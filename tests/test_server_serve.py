"""Where the server of the command line listens, and whose pages it answers."""

import socket
import subprocess
import sys

import psutil
import pytest
import websocket

from tests.wire import PATIENCE, Wire, answers, find, until
from tpfdash import TPFError
from tpfdash.__main__ import main
from tpfdash.server.serve import serve


def free():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def command():
    """A function that starts `tpfdash` on a free port; its port and process."""
    started = []

    def start(*words):
        port = free()
        line = [sys.executable, "-m", "tpfdash", "--no-show", "--port", str(port), *words]
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        started.append(process)
        until(lambda: answers(port) or process.poll() is not None, "the server")
        assert process.poll() is None, process.stderr.read()
        return port, process

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def listened(process):
    return {
        one.laddr.ip
        for one in psutil.Process(process.pid).net_connections()
        if one.status == psutil.CONN_LISTEN
    }


@pytest.mark.slow
def test_it_listens_to_this_machine_alone_and_to_its_own_pages(command):
    port, process = command()
    assert listened(process) == {"127.0.0.1"}
    for host in ("localhost", "127.0.0.1"):
        with Wire(port, host=host) as wire:
            assert list(find(wire.pull(), "tpf-dashboard"))
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        Wire(port, origin="http://elsewhere.example")


@pytest.mark.slow
def test_it_listens_elsewhere_where_told_to(command):
    port, process = command("--address", "0.0.0.0")
    assert listened(process) == {"0.0.0.0"}
    with Wire(port, host=socket.gethostname()) as wire:
        assert list(find(wire.pull(), "tpf-dashboard"))


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(TPFError, match=str(port)):
        serve(None, port=port)


def test_an_address_of_no_machine_is_refused(capsys):
    assert main(["--no-show", "--address", "no such machine"]) == 2
    out, err = capsys.readouterr()
    assert "'no such machine'" in err and err.count("\n") == 1


def test_an_address_of_another_machine_is_refused(capsys):
    assert main(["--no-show", "--address", "192.0.2.1"]) == 2
    assert "192.0.2.1" in capsys.readouterr().err


def test_a_port_in_use_is_refused(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--no-show", "--port", str(port)]) == 2
    out, err = capsys.readouterr()
    assert f"port {port}" in err and err.count("\n") == 1
