"""Files that are sent by HTTP: who may, how much, how fast, and that nothing stays behind."""

import gzip
import json
import re
import socket
import zlib

import pytest

import tpfdash.server.uploads
from tests.strangers import get, open_site, post, ticket_of, words_of
from tests.wire import Wire, find, until
from tpfdash import simulate_tpf, write_tpf
from tpfdash.app.site import Site
from tpfdash.app.uploads import MB, Uploads
from tpfdash.cards.dropzone import TICKET_HEADER


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    tpf = simulate_tpf("TESS", n_cadences=50, shape=(4, 4))
    return write_tpf(tpf, tmp_path_factory.mktemp("own") / "own.fits").read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="module")
def uploads(folder):
    return Uploads(folder, largest=4 * MB, unpacked=8 * MB)


@pytest.fixture(scope="module")
def port(uploads):
    with open_site(Site(uploads=uploads, archive=False)) as port:
        yield port


@pytest.fixture(scope="module")
def own(port):
    """A list's page, and its ticket."""
    with Wire(port) as wire:
        yield ticket_of(wire)


@pytest.fixture
def ticket(uploads):
    return uploads.admit()


def kept(folder):
    return [path.name for path in (folder / "files").rglob("*") if path.is_file()]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_a_file_is_sent_shown_and_gone_with_its_page(port, own, folder, contents, pack):
    status, said = post(port, pack(contents), "my star.fits", own)
    assert status == 201 and re.fullmatch(r"\?upload=[\w-]{43}", said["open"])
    with Wire(port, f"/{said['open']}") as wire:
        text = json.dumps(wire.pull())
        assert list(find(wire.pull(), "tpf-dashboard")) and "my_star.fits" in text
        assert str(folder) not in text
        with Wire(port, f"/{said['open']}") as again:  # loaded again, or shown to a friend
            assert list(find(again.pull(), "tpf-dashboard"))
    until(lambda: not kept(folder), "the end of the file")
    with Wire(port, f"/{said['open']}") as wire:
        assert "no longer here" in words_of(wire)


def test_it_waits_for_a_browser_that_is_slow_or_talks_to_another_process(
    port, own, folder, contents, caplog
):
    """Whose page was answered by a session that has ended by then."""
    caplog.set_level("INFO", "tpfdash")
    _, said = post(port, contents, ticket=own)
    assert get(port, f"/{said['open']}")[0] == 200
    until(lambda: "a session ends" in caplog.text, "the end of a session without a browser")
    assert kept(folder)
    with Wire(port, f"/{said['open']}") as wire:
        assert list(find(wire.pull(), "tpf-dashboard"))
    until(lambda: not kept(folder), "the end of the file")


def test_the_ticket_goes_with_the_page(port, folder, contents):
    with Wire(port) as wire:
        ticket = ticket_of(wire)
        assert ticket_of(wire) == ticket
    until(lambda: ticket not in [one.name for one in (folder / "tickets").iterdir()], "its end")
    status, said = post(port, contents, ticket=ticket)
    assert status == 400 and "loaded again" in said["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": None},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.elsewhere.example"},
    ],
)
def test_a_page_of_another_origin_may_not_send(port, folder, contents, ticket, headers, caplog):
    status, said = post(port, contents, ticket=ticket, headers=headers)
    assert status == 403 and "may not send" in json.dumps(str(said))
    assert not kept(folder)
    told = [record.told for record in caplog.records if hasattr(record, "told")]
    assert {"event": "refused", "remote": told[0]["remote"]} in told


def test_nor_may_who_has_no_ticket(port, folder, contents):
    for ticket in ("", "x" * 43, "../../etc"):
        status, said = post(port, contents, ticket=ticket)
        assert status == 400 and "loaded again" in said["error"]
    assert not kept(folder)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"no FITS at all", "FITS"),
        (gzip.compress(b"no FITS at all", mtime=0), "FITS"),
        (b"", "empty"),
        (b"\x80\x04]q\x00.", "FITS"),  # a pickle
    ],
)
def test_what_is_no_such_file_is_refused_in_words(port, folder, ticket, sent, words):
    status, said = post(port, sent, "<b>x.fits", ticket=ticket)
    assert status == 400 and words in said["error"] and "<b>" not in said["error"]
    assert not kept(folder) and str(folder) not in said["error"]


def test_what_is_too_large_is_refused_before_it_is_read(port, folder, ticket):
    request = (
        f"POST /upload?name=a.fits HTTP/1.1\r\nHost: localhost:{port}\r\n"
        f"Origin: http://localhost:{port}\r\n{TICKET_HEADER}: {ticket}\r\n"
        f"Content-Length: {5 * MB}\r\n\r\n"
    )
    with socket.create_connection(("localhost", port), timeout=20) as client:
        client.sendall(request.encode())
        said = client.recv(4096).decode()
    assert said.startswith("HTTP/1.1 413") and not kept(folder)


@pytest.mark.parametrize("length", [None, "x", "-1", "1e3", "9" * 40])
def test_a_size_has_to_be_said(port, folder, ticket, length):
    request = f"POST /upload?name=a.fits HTTP/1.1\r\nHost: localhost:{port}\r\n"
    request += f"Origin: http://localhost:{port}\r\n{TICKET_HEADER}: {ticket}\r\n"
    request += (
        "Transfer-Encoding: chunked\r\n" if length is None else f"Content-Length: {length}\r\n"
    )
    with socket.create_connection(("localhost", port), timeout=20) as client:
        client.sendall(f"{request}\r\n".encode())
        said = client.recv(4096).decode()
    assert re.match(r"HTTP/1.1 4\d\d", said) or said == ""
    assert not kept(folder)


def test_a_bomb_is_refused(port, folder, ticket):
    pack = zlib.compressobj(9, wbits=31)
    zeros = bytes(MB)
    bomb = b"".join(pack.compress(zeros) for _ in range(400)) + pack.flush()
    status, said = post(port, bomb, "bomb.fits.gz", ticket)
    assert status == 400 and "unpacks to more than 8 MB" in said["error"]
    assert not kept(folder)


def test_another_page_is_served_while_a_slow_one_sends(port, folder, contents, ticket, monkeypatch):
    """And whoever sends too slowly, or goes, leaves nothing behind."""
    monkeypatch.setattr(tpfdash.server.uploads, "_AT_LEAST", 1)
    head = (
        f"POST /upload?name=slow.fits HTTP/1.1\r\nHost: localhost:{port}\r\n"
        f"Origin: http://localhost:{port}\r\n{TICKET_HEADER}: {ticket}\r\n"
        f"Content-Length: {len(contents)}\r\n\r\n"
    )
    with socket.create_connection(("localhost", port), timeout=20) as client:
        client.sendall(head.encode() + contents[:5000])
        until(lambda: kept(folder), "its beginning")
        assert post(port, contents, ticket=ticket)[0] == 201
        with Wire(port) as wire:
            assert list(find(wire.pull(), "tpf-dropzone"))
        until(lambda: ".part" not in kept(folder), "the end of its time")
        assert client.recv(100) == b""
    with socket.create_connection(("localhost", port), timeout=20) as client:
        client.sendall(head.encode() + contents[:5000])
        until(lambda: ".part" in kept(folder), "its beginning")
    until(lambda: ".part" not in kept(folder), "the end of what was cut")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post_sends(port, method):
    with socket.create_connection(("localhost", port), timeout=20) as client:
        client.sendall(f"{method} /upload HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 405")


@pytest.mark.parametrize("token", ["", "..", "../tickets", "x" * 43, "%2e%2e%2f", "/etc/passwd"])
def test_a_name_that_is_none_shows_nothing(port, token):
    with Wire(port, f"/?upload={token}") as wire:
        assert "no longer here" in words_of(wire)


def test_it_is_counted(port):
    numbers = get(port, "/metrics")[1]
    assert re.search(r'tpfdash_uploads_total\{result="taken"\} [1-9]', numbers)
    assert re.search(r'tpfdash_uploads_total\{result="refused"\} [1-9]', numbers)
    assert re.search(r"tpfdash_upload_bytes_total [1-9]", numbers)
