"""What visitors send: taken in piece by piece, checked, kept while it is shown, and then gone."""

import gzip
import os
import stat
import subprocess
import sys
import zlib

import numpy as np
import pytest

from tpfdash import TPFError, open_tpf, simulate_tpf, write_tpf
from tpfdash.app.uploads import MB, Uploads, plain_name


@pytest.fixture
def contents(tmp_path):
    path = write_tpf(simulate_tpf("K2", n_cadences=50, shape=(4, 4)), tmp_path / "star.fits")
    return path.read_bytes()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "private").mkdir(mode=0o700)
    return tmp_path / "private"


@pytest.fixture
def uploads(folder):
    return Uploads(folder)


def send(uploads, contents, name="star.fits", pieces=1000, ticket=None):
    incoming = uploads.receive(ticket or uploads.admit(), name, len(contents))
    try:
        for at in range(0, len(contents), pieces):
            incoming.feed(contents[at : at + pieces])
    except BaseException:
        incoming.abandon()
        raise
    return incoming.finish()


def left(folder):
    """The files that are kept."""
    return [path for path in (folder / "files").rglob("*") if path.is_file()]


@pytest.mark.parametrize("pieces", [7, 1000, 10**9])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_is_taken_in_and_gone_when_nobody_shows_it(uploads, folder, contents, pack, pieces):
    token = send(uploads, pack(contents), "a star.fits.gz", pieces)
    held, other = uploads.hold(token), uploads.hold(token)
    assert held.path.read_bytes() == contents and held.path.name == "a_star.fits"
    assert open_tpf(held.path).sizes["time"] == 50
    held.release()
    assert other.path.exists()
    other.release()
    other.release()
    assert not left(folder)
    with pytest.raises(TPFError, match="no longer here"):
        uploads.hold(token)


def test_only_this_user_can_look_into_the_folder(uploads, folder, contents):
    token = send(uploads, contents)
    for path in (folder, folder / "files", folder / "files" / token, folder / "tickets"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert len(token) >= 43 and send(uploads, contents) != token


def test_who_opens_it_late_still_finds_it_and_who_never_does_leaves_nothing(folder, contents):
    uploads = Uploads(folder, grace=3600)
    token = send(uploads, contents)
    uploads.sweep()
    uploads.hold(token).release(keep=True)
    os.utime(folder / "files" / token, (1, 1))
    uploads.sweep()
    assert not left(folder)


def test_what_somebody_shows_is_never_swept(uploads, folder, contents):
    held = uploads.hold(send(uploads, contents))
    os.utime(folder / "files" / held.token, (1, 1))
    uploads.sweep()
    assert held.path.exists()


HOLD = """
import sys, time
from tpfdash.app.uploads import Uploads
held = Uploads(sys.argv[1]).hold(sys.argv[2])
print("held", flush=True)
time.sleep(600)
"""


def test_what_a_killed_process_showed_is_swept(uploads, folder, contents):
    token = send(uploads, contents)
    line = [sys.executable, "-c", HOLD, str(folder), token]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        uploads.hold(token).release()  # the other process shows it still
        os.utime(folder / "files" / token, (1, 1))
        uploads.sweep()
        assert left(folder)
        process.kill()
    uploads.sweep()
    assert not left(folder)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"no FITS file at all", "FITS"),
        (b"x", "FITS"),
        (gzip.compress(b"no FITS file at all", mtime=0), "FITS"),
        (b"\x1f\x8bno gzip at all, not at all", "unpacked"),
        (b"CUT", "truncated"),
        (b"CUT GZIP", "cut short"),
    ],
)
def test_what_is_no_target_pixel_file_is_refused_and_not_kept(
    uploads, folder, contents, sent, words
):
    sent = {b"CUT": contents[:9000], b"CUT GZIP": gzip.compress(contents)[:-20]}.get(sent, sent)
    with pytest.raises(TPFError, match=words) as told:
        send(uploads, sent)
    assert not left(folder) and str(folder) not in str(told.value)
    send(uploads, contents)  # others are taken in still


def test_a_bomb_is_refused_before_it_is_unpacked(folder):
    uploads = Uploads(folder, unpacked=8 * MB)
    pack = zlib.compressobj(9, wbits=31)
    zeros = bytes(MB)
    bomb = b"".join(pack.compress(zeros) for _ in range(200)) + pack.flush()
    assert len(bomb) < MB
    incoming = uploads.receive(uploads.admit(), "bomb.fits.gz", len(bomb))
    with pytest.raises(TPFError, match="unpacks to more than 8 MB"):
        incoming.feed(bomb)
    assert sum(path.stat().st_size for path in left(folder)) <= 8 * MB
    incoming.abandon()
    assert not left(folder)


@pytest.mark.parametrize(("size", "words"), [(0, "empty"), (2 * MB, "2.0 MB: .* up to 1 MB")])
def test_a_size_that_is_none_is_refused_at_once(folder, size, words):
    uploads = Uploads(folder, largest=MB)
    with pytest.raises(TPFError, match=words):
        uploads.receive(uploads.admit(), "a.fits", size)
    assert not left(folder)


def test_more_than_was_announced_is_refused(folder):
    uploads = Uploads(folder, largest=MB)
    incoming = uploads.receive(uploads.admit(), "a.fits", 10)
    with pytest.raises(TPFError, match="more than 1 MB"):
        incoming.feed(bytes(2 * MB))
    incoming.abandon()


@pytest.mark.parametrize("ticket", ["", "x" * 43, "../files", "a/b", "\0", "x" * 10**6])
def test_without_a_ticket_nothing_is_taken_in(uploads, folder, ticket):
    with pytest.raises(TPFError, match="may not send"):
        uploads.receive(ticket, "a.fits", 10)
    assert not left(folder)


def test_a_page_sends_so_many_and_no_more(folder, contents):
    uploads = Uploads(folder, per_ticket=2)
    ticket = uploads.admit()
    for _ in range(2):
        send(uploads, contents, ticket=ticket)
    with pytest.raises(TPFError, match="has sent 2 files"):
        send(uploads, contents, ticket=ticket)
    send(uploads, contents, ticket=uploads.admit())


def test_a_dismissed_ticket_is_none(uploads):
    ticket = uploads.admit()
    uploads.dismiss(ticket)
    with pytest.raises(TPFError, match="may not send"):
        uploads.receive(ticket, "a.fits", 10)


def test_where_there_is_no_room_it_says_so(folder, contents):
    uploads = Uploads(folder, total=len(contents) + 100)
    send(uploads, contents)
    with pytest.raises(TPFError, match="no room"):
        send(uploads, contents)


def test_so_many_come_at_once_and_no_more(uploads):
    coming = [uploads.receive(uploads.admit(), "a.fits", 10) for _ in range(8)]
    with pytest.raises(TPFError, match="no room"):
        uploads.receive(uploads.admit(), "a.fits", 10)
    for one in coming:
        one.abandon()
        one.abandon()  # which counts once
    uploads.receive(uploads.admit(), "a.fits", 10).abandon()


@pytest.mark.parametrize(
    "token", ["", ".", "..", "../tickets", "x" * 43, "/etc", "a\0b", "%2e%2e", "x" * 10**5]
)
def test_a_name_that_is_none_finds_nothing(uploads, token):
    with pytest.raises(TPFError, match="no longer here"):
        uploads.hold(token)


def test_two_gzipped_parts_are_one_file(uploads, contents):
    packed = gzip.compress(contents[:5000]) + gzip.compress(contents[5000:]) + bytes(100)
    held = uploads.hold(send(uploads, packed))
    assert held.path.read_bytes() == contents
    assert np.isfinite(open_tpf(held.path)["flux"].values).any()


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("star.fits", "star.fits"),
        ("star.fits.gz", "star.fits"),
        ("../../etc/passwd", "passwd"),
        ("C:\\data\\a b.fits", "a_b.fits"),
        (".lock", "lock"),
        ("..", "uploaded.fits"),
        ("", "uploaded.fits"),
        ("a\0b\n<script>.fits", "a_b_script_.fits"),
        ("x" * 5000, "x" * 120),
    ],
)
def test_a_name_is_made_harmless(name, plain):
    assert plain_name(name) == plain
