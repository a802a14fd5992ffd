"""Streams of FITS: how far they are read, and when they are refused, by counting bytes."""

import gzip
import io
import itertools

import numpy as np
import pytest

from tests.fitsfiles import make_hdus, to_bytes
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.io.fits import streams
from tpfdash.io.fits.stores import MemoryStore
from tpfdash.io.fits.streams import expand, spool

MB = 2**20


class Endless:
    """A stream of a beginning and then the same piece for ever, that counts what it gave."""

    def __init__(self, start, again):
        self._pieces = itertools.chain([start], itertools.repeat(again))
        self._rest = b""
        self.given = 0

    def read(self, count):
        while len(self._rest) < count:
            self._rest += next(self._pieces)
        piece, self._rest = self._rest[:count], self._rest[count:]
        self.given += len(piece)
        assert self.given < 100 * MB
        return piece


@pytest.fixture
def data():
    return to_bytes(make_hdus("TESS", n=50))


@pytest.fixture
def unpacked(monkeypatch):
    """The number of bytes of each piece that came out of a stream."""
    pieces = []
    plain = streams._Kept.add

    def add(self, piece):
        pieces.append(len(piece))
        plain(self, piece)

    monkeypatch.setattr(streams._Kept, "add", add)
    return pieces


def header(**keywords):
    """One header block, as a primary or (with XTENSION) another one."""
    cards = [f"{key:<8}= {value:>20}".ljust(80) for key, value in keywords.items()]
    return "".join([*cards, "END".ljust(80)]).ljust(2880).encode()


PRIMARY = header(SIMPLE="T", BITPIX=8, NAXIS=0)
EMPTY = header(XTENSION="'IMAGE   '", BITPIX=8, NAXIS=0)


def test_a_stream_is_read_as_far_as_its_headers_say(data):
    stream = Endless(data, bytes(2880))
    store = spool(stream, "star")
    assert len(data) <= store.size <= len(data) + 2880 and stream.given <= store.size + 2880
    assert store.up_to(0, len(data)) == data


def test_a_stream_that_is_no_fits_file_is_left_at_its_start():
    stream = Endless(b"", b"<html>")
    with pytest.raises(TPFError, match="page is a web page"):
        spool(stream, "page")
    assert stream.given <= 2880


def test_zeros_are_not_unpacked(unpacked):
    with pytest.raises(TPFError, match="is not a FITS file"):
        open_tpf(gzip.compress(bytes(50 * MB)))
    assert sum(unpacked) <= 2880


@pytest.mark.parametrize(
    ("first", "again", "most", "words"),
    [
        (b"SIMPLE  = ".ljust(80), b"COMMENT ".ljust(80), 513 * 2880, "without an end"),
        (PRIMARY, EMPTY, 1001 * 2880, "1000 extensions"),
        (
            PRIMARY,
            EMPTY.replace(b"NAXIS   =                    0", b"NAXIS   = 1000".ljust(30)),
            5760,
            "NAXIS should be",
        ),
        (header(SIMPLE="T", BITPIX=8, NAXIS=1, NAXIS1=10**19), b"0", 2880, "NAXIS1 should be"),
    ],
)
def test_endless_headers(first, again, most, words):
    stream = Endless(first, again)
    with pytest.raises(TPFError, match=words):
        spool(stream, "star")
    assert stream.given <= most


def test_data_that_unpack_to_far_more_than_they_are(monkeypatch, unpacked):
    monkeypatch.setattr(streams, "UNPACKED_BYTES", 10 * MB)
    packed = gzip.compress(header(SIMPLE="T", BITPIX=8, NAXIS=1, NAXIS1=50 * MB) + bytes(50 * MB))
    with pytest.raises(TPFError, match="unpacks to more than 10 MB"):
        open_tpf(packed)
    assert sum(unpacked) <= 2880  # the header says it
    unpacked.clear()
    with pytest.raises(TPFError, match="unpacks to more than 10 MB"):
        open_tpf(io.BytesIO(packed))  # of a stream, nobody knows how long it is
    assert sum(unpacked) <= 10 * MB


def test_what_shrinks_as_real_files_do_may_be_long(monkeypatch, data):
    monkeypatch.setattr(streams, "UNPACKED_BYTES", 2880)
    packed = gzip.compress(data)
    assert len(data) < 32 * len(packed)
    assert open_tpf(packed).sizes["time"] == 50


def test_what_follows_the_last_extension_of_a_gzipped_file(unpacked, data):
    assert open_tpf(gzip.compress(data + bytes(MB // 2))).sizes["time"] == 50
    unpacked.clear()
    with pytest.raises(TPFError, match="goes on for more than 1 MB"):
        open_tpf(gzip.compress(data + bytes(50 * MB)))
    assert sum(unpacked) <= len(data) + 2880 + MB


def test_the_checksum_of_a_gzipped_file_is_looked_at(data):
    packed = bytearray(gzip.compress(data + bytes(2880)))
    packed[-8] ^= 1
    with pytest.raises(TPFError, match="cannot be read to its end"):
        expand(MemoryStore(packed, "star"))


def test_streams_that_give_few_bytes_at_a_time(data):
    class Slow(io.BytesIO):
        def read(self, count=-1):
            return super().read(min(count, 7))

    for source in (data, gzip.compress(data)):
        np.testing.assert_array_equal(
            open_tpf(Slow(source))["flux"].values, open_tpf(data)["flux"].values
        )


def test_a_full_disk(monkeypatch, data):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(streams, "SPOOL_BYTES", 5000)
    monkeypatch.setattr(streams.tempfile, "TemporaryFile", full)
    with pytest.raises(TPFError, match=r"star cannot be kept \(No space left"):
        spool(io.BytesIO(data), "star")
