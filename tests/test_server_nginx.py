"""Behind a real nginx: below a sub-path, with another Host, with websockets, and uploads."""

import contextlib
import http.client
import os
import shutil
import subprocess

import pytest

from tests.strangers import Command, get, post, ticket_of
from tests.test_server_serve import free
from tests.wire import PATIENCE, Wire, answers, find, until
from tpfdash import simulate_tpf, write_tpf

pytestmark = pytest.mark.slow

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")

#: As in README.md, with folders that anybody can write to.
CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
{user}
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{beside}
  server {{
    listen 127.0.0.1:{port};
{location}
  }}
}}
"""


class Nginx:
    """A real nginx in front of a server; a context manager."""

    def __init__(self, folder, beside, location, port=None):
        self.port = port or free()
        user = "user root;" if os.getuid() == 0 else ""
        path = folder / "nginx.conf"
        path.write_text(
            CONFIGURATION.format(
                folder=folder, port=self.port, beside=beside, location=location, user=user
            )
        )
        self.process = subprocess.Popen([NGINX, "-c", str(path), "-p", str(folder)])

    def __enter__(self):
        until(lambda: answers(self.port) or self.process.poll() is not None, "nginx")
        assert self.process.poll() is None
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait(PATIENCE)


def snippet(readme, port):
    """What the README has for nginx, for a port: what goes beside `server`, and what into it."""
    beside, inside = readme.partition("```nginx\n")[2].partition("```")[0].split("\n\n")
    assert "proxy_pass http://127.0.0.1:5006" in inside
    return beside, inside.replace("5006", str(port))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    if NGINX is None:
        pytest.skip("there is no nginx on this machine")
    root = tmp_path_factory.mktemp("served")
    write_tpf(simulate_tpf("K2", n_cadences=60, shape=(4, 4)), root / "50% good.fits")
    return root


@pytest.fixture(scope="module")
def contents(root):
    return (root / "50% good.fits").read_bytes()


def test_as_the_readme_says(root, contents, tmp_path, request):
    """Below /tpf/, uploads and all, and what is nobody's business is not let through."""
    readme = (request.config.rootpath / "README.md").read_text()
    with Command(
        "--root",
        str(root),
        "--allow-origin",
        "archive.example",
        "--num-procs",
        "2",
        prefix="/tpf",
    ) as server:
        with Nginx(tmp_path, *snippet(readme, server.port)) as nginx:
            port, origin = nginx.port, "https://archive.example"
            with Wire(port, "/tpf/", origin=origin) as wire:
                assert list(find(wire.pull(), "tpf-shelf"))
                ticket = ticket_of(wire)
                status, said = post(
                    port, contents, ticket=ticket, headers={"Origin": origin}, path="/tpf/upload"
                )
                assert status == 201
            with Wire(port, f"/tpf/{said['open']}", origin=origin) as own:
                assert list(find(own.pull(), "tpf-dashboard"))
            with Wire(port, "/tpf/?tpf=50%25%20good.fits", origin=origin) as wire:
                assert list(find(wire.pull(), "tpf-dashboard"))
            for name in ("..%2fsecret.fits", "..%252fsecret.fits"):
                with Wire(port, f"/tpf/?tpf={name}", origin=origin) as wire:
                    assert not list(find(wire.pull(), "tpf-dashboard"))
            status, _ = post(
                port,
                contents,
                ticket=ticket,
                headers={"Origin": "https://elsewhere.example"},
                path="/tpf/upload",
            )
            assert status == 403
            assert get(port, "/tpf/metrics")[0] == 403
            assert get(port, "/tpf/static/js/bokeh.min.js")[0] == 200
        log = server.stop()
    remote = {line["remote"] for line in log if line.get("event") == "built"}
    assert remote == {"127.0.0.1"}  # nginx's client, and not what a client says that it is
    assert not [line for line in log if "traceback" in line]


def test_with_a_host_that_is_rewritten(root, tmp_path):
    """The server gets its own name as the Host; the origin is what the browser sees."""
    with Command("--root", str(root), "--allow-origin", "archive.example") as server:
        location = f"""
    location / {{
      proxy_pass http://127.0.0.1:{server.port};
      proxy_http_version 1.1;
      proxy_set_header Host inside.example;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For 192.0.2.7;
    }}"""
        beside = 'map $http_upgrade $connection_upgrade { default upgrade; "" close; }'
        with Nginx(tmp_path, beside, location) as nginx:
            with Wire(nginx.port, "/", origin="http://archive.example") as wire:
                assert list(find(wire.pull(), "tpf-shelf"))
            with pytest.raises(Exception, match="403"):
                Wire(nginx.port, "/", origin="http://inside.example")
        log = server.stop()
    assert {"192.0.2.7"} == {line["remote"] for line in log if line.get("kind") == "list"}
    refused = [line["message"] for line in log if line.get("event") == "refused"]
    assert any("--allow-origin inside.example" in words for words in refused)


def attempt(port):
    """Try a password: the status."""
    with contextlib.closing(http.client.HTTPConnection("localhost", port)) as connection:
        connection.request("POST", "/tpf/login", "username=me&password=guessed")
        return connection.getresponse().status


def test_passwords_cannot_be_tried_without_end(root, tmp_path, request, monkeypatch):
    monkeypatch.setenv("PANEL_BASIC_AUTH", "open sesame")
    monkeypatch.setenv("PANEL_COOKIE_SECRET", "s" * 32)
    readme = (request.config.rootpath / "README.md").read_text()
    allowed = ("--allow-origin", "archive.example")
    with Command("--root", str(root), *allowed, prefix="/tpf") as server:
        with Nginx(tmp_path, *snippet(readme, server.port)) as nginx:
            tried = [attempt(nginx.port) for _ in range(20)]
            assert 429 not in tried[:5] and tried[-5:] == [429] * 5
            assert get(nginx.port, "/tpf/login")[0] == 200  # what is no attempt is let through
