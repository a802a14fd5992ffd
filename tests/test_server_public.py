"""`tpfdash serve` as its users meet it: a process of its own, or several."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request

import psutil
import pytest
import websocket

from tests.strangers import Command, get, post, ticket_of, words_of
from tests.test_server_serve import free
from tests.wire import PATIENCE, Wire, answers, find, until
from tpfdash import simulate_tpf, write_tpf
from tpfdash.__main__ import main
from tpfdash.archive.settings import cache_bytes, cache_folder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("served")
    write_tpf(simulate_tpf("K2", n_cadences=60, shape=(4, 4)), root / "50% good.fits")
    return root


NAME = "/?tpf=50%25%20good.fits"


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    tpf = simulate_tpf("TESS", n_cadences=50, shape=(4, 4))
    return write_tpf(tpf, tmp_path_factory.mktemp("own") / "own.fits").read_bytes()


def environment(**changes):
    return {**os.environ, **changes}


def workers(server):
    return psutil.Process(server.process.pid).children()


def events(log, event):
    return [line for line in log if line.get("event") == event]


def number(server, name):
    """A number of the server's metrics."""
    found = re.search(
        rf"^{name} ([\d.e+]+)$", get(server.port, f"{server.prefix}/metrics")[1], re.M
    )
    return float(found[1]) if found else None


def test_one_process_serves_and_tells_what_happens(root, contents, tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with Command("--root", str(root), environment=environment(TMPDIR=str(temporary))) as server:
        port = server.port
        assert json.loads(get(port, "/ready")[1]) == {"ready": True}
        listening = psutil.Process(server.process.pid).net_connections()
        assert {one.laddr.ip for one in listening if one.status == psutil.CONN_LISTEN} == {
            "127.0.0.1"
        }
        with Wire(port, NAME) as wire:
            assert list(find(wire.pull(), "tpf-dashboard"))
            assert number(server, "tpfdash_sessions") >= 1
        with Wire(port, "/?tpf=../secret.fits") as wire:
            assert "there is no file" in words_of(wire)
        with Wire(port) as wire:
            status, said = post(port, contents, ticket=ticket_of(wire))
            assert status == 201
            with Wire(port, f"/{said['open']}") as own:
                assert list(find(own.pull(), "tpf-dashboard"))
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            Wire(port, origin="https://elsewhere.example")
        assert number(server, 'tpfdash_pages_opened_total{kind="file"}') == 2
        assert number(server, "tpfdash_cache_misses_total") == 1
        assert number(server, "tpfdash_cache_bytes") > 1000
        assert number(server, "tpfdash_page_build_seconds_count") == 2
        private = list(temporary.iterdir())
        assert len(private) == 1 and private[0].stat().st_mode & 0o777 == 0o700
        log = server.stop()
    assert not list(temporary.iterdir())
    (listening,) = events(log, "listening")
    assert "by this machine alone" in listening["message"] and str(root) in listening["message"]
    built = events(log, "built")
    assert [line["file"] for line in built] == ["50% good.fits", "star.fits"]
    assert all(line["seconds"] > 0 and line["remote"] == "127.0.0.1" for line in built)
    assert all(re.fullmatch(r"[0-9a-f]{12}", line["session"]) for line in built)
    assert events(log, "upload")[0]["result"] == "taken"
    refused = [line["message"] for line in events(log, "refused")]
    assert any("../secret.fits" in words for words in refused)
    assert any("--allow-origin elsewhere.example" in words for words in refused)
    assert not [line for line in log if "traceback" in line]
    assert all(line["time"].endswith("+00:00") for line in log)


def test_nobody_can_make_up_a_session(root):
    with Command("--root", str(root)) as server:
        made_up = f"/?bokeh-session-id={'x' * 40}"
        assert get(server.port, made_up)[0] == 403
        made_up = websocket.create_connection(
            f"ws://localhost:{server.port}/ws",
            timeout=PATIENCE,
            subprotocols=["bokeh", "e30.e30"],
            origin=f"http://localhost:{server.port}",
        )
        with contextlib.closing(made_up):
            with pytest.raises(websocket.WebSocketConnectionClosedException):
                made_up.recv()


def test_several_processes_share_uploads_and_numbers_and_outlive_one_another(
    root, contents, tmp_path
):
    """Page and websocket may be of different processes, and so may a file and who asks for it."""
    changed = environment(TMPDIR=str(tmp_path))
    with Command("--root", str(root), "--num-procs", "3", environment=changed) as server:
        port = server.port
        assert len(workers(server)) == 3

        def all_ready():
            return all(get(port, "/ready")[0] == 200 for _ in range(30))

        until(all_ready, "all of them")
        with Wire(port) as wire:
            status, said = post(port, contents, ticket=ticket_of(wire))
            assert status == 201
        for _ in range(4):
            with Wire(port, f"/{said['open']}") as own:
                assert list(find(own.pull(), "tpf-dashboard"))
                # Though the session is of another process than the page.
                assert "https://cdn.holoviz.org/panel" not in "".join(own.received)
        assert number(server, 'tpfdash_pages_opened_total{kind="upload"}') >= 4

        (first, *others) = workers(server)
        first.send_signal(signal.SIGKILL)
        first.wait(PATIENCE)
        for _ in range(3):
            with Wire(port, NAME) as wire:
                assert list(find(wire.pull(), "tpf-dashboard"))
        until(lambda: len(workers(server)) == 3, "another in its place")
        assert set(others) <= set(workers(server)) and first not in workers(server)
        started = [one for one in workers(server) if one not in others]
        assert number(server, "tpfdash_sessions") is not None
        log = server.stop()
        until(lambda: not any(map(psutil.Process.is_running, others + started)), "their end")
    (dead,) = [line for line in log if "killed by signal 9" in line["message"]]
    assert f"pid {first.pid}" in dead["message"] and dead["level"] == "warning"
    assert not list(tmp_path.iterdir())
    assert not [line for line in log if "traceback" in line]


def test_workers_go_with_the_one_that_started_them(root):
    with Command("--root", str(root), "--num-procs", "2") as server:
        left = workers(server)
        server.process.kill()
        server.process.wait(PATIENCE)
        until(lambda: not any(map(psutil.Process.is_running, left)), "their end")


def test_below_a_prefix_with_a_password(root, contents):
    changed = environment(PANEL_BASIC_AUTH="open sesame", PANEL_COOKIE_SECRET="s" * 32)
    with Command("--root", str(root), environment=changed, prefix="/tpf") as server:
        port = server.port
        assert get(port, "/tpf/ready")[0] == 200 and get(port, "/ready")[0] == 404
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(f"http://localhost:{port}/tpf/", timeout=PATIENCE) as answer:
            login, page = answer.geturl(), answer.read().decode()
        assert "/tpf/login" in login and "password" in page and "tpf-shelf" not in page
        # A websocket, and a file, without a login.
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            websocket.create_connection(
                f"ws://localhost:{port}/tpf/ws",
                subprotocols=["bokeh", "x"],
                origin=f"http://localhost:{port}",
            )
        status, said = post(port, contents, path="/tpf/upload")
        assert status == 403 and "logged in" in said["error"]

        def enter(password):
            form = urllib.parse.urlencode({"username": "me", "password": password}).encode()
            # To where the form says, relative to the page.
            assert '<form method="post" action="login">' in page
            action = urllib.parse.urljoin(login, "login")
            with opener.open(action, form, timeout=PATIENCE) as answer:
                return answer.geturl(), answer.read().decode()

        address, page = enter("wrong")
        assert "login" in address and "Invalid" in page
        script = f"{login.partition('?')[0]}?error=%3Cscript%3E"
        with opener.open(script, timeout=PATIENCE) as answer:
            assert "<script>" not in answer.read().decode()
        with opener.open(login, timeout=PATIENCE):  # it remembers where one wanted to go
            pass
        address, page = enter("open sesame")
        assert "login" not in address and '"token"' in page.replace("&quot;", '"')


def test_where_home_cannot_be_written_to(root):
    changed = environment(HOME="/dev/null")  # in which not even root can make a folder
    for name in ("TPFDASH_CACHE", "MPLCONFIGDIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME"):
        changed.pop(name, None)
    with Command("--root", str(root), "--archive", environment=changed) as server:
        with Wire(server.port, NAME) as wire:
            assert list(find(wire.pull(), "tpf-dashboard"))
        log = server.stop()
    assert not [line for line in log if "traceback" in line]


def test_a_slow_client_is_not_waited_for(root):
    with Command("--root", str(root)) as server:
        slow = []
        for _ in range(20):
            client = socket.create_connection(("localhost", server.port), timeout=PATIENCE)
            client.sendall(b"GET / HTTP/1.1\r\nHost: ")
            slow.append(client)
        with Wire(server.port, NAME) as wire:
            assert list(find(wire.pull(), "tpf-dashboard"))
        for client in slow:
            client.close()


@pytest.fixture
def no_log(monkeypatch):
    """No log is kept, which would be that of all tests of this process."""
    monkeypatch.setattr("tpfdash.server.logs.keep_log", lambda: None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--root", "/no/such/folder"], "--root is '/no/such/folder'"),
        (["--port", "70000"], "--port is 70000"),
        (["--num-procs", "-1"], "--num-procs is -1"),
        (["--cache-size", "much"], "--cache-size is 'much'"),
        (["--upload-size", "-1"], "--upload-size is '-1'"),
        (["--archive", "--archive-size", "all"], "--archive-size is 'all'"),
        (["--max-sessions", "0"], "--max-sessions is 0"),
        (["--prefix", "/a b"], "--prefix is '/a b'"),
        (["--allow-origin", "*"], "--allow-origin is '*'"),
        (["--address", "no such machine"], "'no such machine'"),
        (["--catalog", "/no/such/table"], "/no/such/table"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(no_log, words, said, capsys):
    assert main(["serve", *words]) == 2
    out, err = capsys.readouterr()
    assert err.startswith("tpfdash: ") and said in err and err.count("\n") == 1 and not out


@pytest.mark.parametrize("named", [True, False])
def test_what_is_fetched_has_a_folder_of_its_own_and_an_end(no_log, monkeypatch, tmp_path, named):
    asked = []
    monkeypatch.setattr("tpfdash.server.public.serve_public", asked.append)
    monkeypatch.setenv("TPFDASH_CACHE_SIZE", "")
    monkeypatch.setenv("TPFDASH_CACHE", str(tmp_path) if named else "")
    mine = cache_folder()
    assert main(["serve", "--archive", "--archive-size", "1G"]) == 0
    assert cache_bytes() == 1 << 30 and asked[0].archive
    assert cache_folder() == (tmp_path if named else mine / "served")
    assert (cache_folder() == mine) == named


def test_a_port_in_use_and_a_folder_that_cannot_be_made_are_told(no_log, capsys, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["serve", "--port", port]) == 2
    assert f"port {port}" in capsys.readouterr().err
    monkeypatch.setattr("tempfile.tempdir", "/dev/null")
    assert main(["serve", "--port", "0"]) == 2
    assert "TMPDIR" in capsys.readouterr().err


def test_the_help_says_what_there_is(capsys):
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    out = capsys.readouterr().out
    for option in ("--root", "--num-procs", "--cache-size", "--allow-origin", "--prefix"):
        assert option in out


def test_panel_serves_the_app_with_its_plugin(root, contents):
    port = free()
    line = [sys.executable, "-m", "panel", "serve", "apps/inspect.py", "--port", str(port)]
    line += ["--plugins", "tpfdash.server.plugin", "--args", "--root", str(root)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            until(lambda: answers(port) or process.poll() is not None, "the server")
            with Wire(port, "/inspect") as wire:
                assert list(find(wire.pull(), "tpf-shelf"))
                status, said = post(port, contents, ticket=ticket_of(wire))
                assert status == 201
            with Wire(port, f"/inspect{said['open']}") as own:
                assert list(find(own.pull(), "tpf-dashboard"))
            with Wire(port, f"/inspect{NAME[1:]}") as wire:
                assert list(find(wire.pull(), "tpf-dashboard"))
            until(lambda: get(port, "/ready")[0] == 200, "readiness")
            assert "tpfdash_uploads_total" in get(port, "/metrics")[1]
        finally:
            process.kill()
