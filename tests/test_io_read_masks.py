"""Files of masks that are larger than they should be, or announce more than they hold."""

import gzip
import io
import json
import tempfile
import tracemalloc

import numpy as np
import pytest
from astropy.io import fits

from tests.fitsfiles import make_hdus, to_bytes
from tpfdash.errors import TPFError
from tpfdash.io import read_masks
from tpfdash.io.fits import streams
from tpfdash.io.fits.stores import FileStore
from tpfdash.io.read_masks import read_mask

MB = 2**20


def saved(*arrays):
    data = io.BytesIO()
    for array in arrays:
        np.save(data, array)
    return data.getvalue()


def announced(shape, descr="|b1"):
    """An npy file with such a header, and next to no data."""
    data = io.BytesIO()
    header = {"shape": shape, "fortran_order": False, "descr": descr}
    np.lib.format.write_array_header_1_0(data, header)
    return data.getvalue() + bytes(20)


def table_before_aperture(rows):
    """A file whose table of zeros, before the APERTURE, is 1 MB a row."""
    table = fits.BinTableHDU.from_columns([fits.Column("X", f"{MB}B")], nrows=rows)
    aperture = fits.ImageHDU(np.array([[1, 3]], "i4"), name="APERTURE")
    return to_bytes([fits.PrimaryHDU(), table, aperture])


MASK = np.array([[True, False, True]])
BOMBS = {
    "zeros": (gzip.compress(bytes(64 * MB)), "is not a FITS file"),
    "gzipped JSON": (gzip.compress(b"{" + b" " * 64 * MB), "is not a FITS file"),
    "JSON": (b'{"mask": [' + b"0, " * 3 * MB, "too large .* at most 4 MB"),
    "rows": (b'{"mask": [' + b"[], " * 6000, "too many lists"),
    "depth": (b'{"mask": ' + b"[" * 4000, "cannot be read"),
    "digits": (b'{"corner": [1, ' + b"9" * 10_000 + b'], "mask": [[1]]}', "cannot be read"),
    "npy": (saved(np.ones((3000, 4000), bool)), "too large .* at most 9 MB"),
    "shape": (announced((10**6, 10**6)), "announces more than there is"),
    "negative": (announced((-1, -20)), "announces more than there is"),
    "no shape at all": (announced((0, 2**62)), "boolean array|cannot be read"),
    "facts": (saved(MASK) + announced((), "<U200000000"), "announces more than there is"),
    "objects": (announced((1,), "|O"), "cannot be read"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_small_files_that_would_fill_the_memory(name):
    data, words = BOMBS[name]
    tracemalloc.start()
    try:
        with pytest.raises(TPFError, match=words):
            read_mask(data)
        assert tracemalloc.get_traced_memory()[1] < len(data) + 10 * MB
    finally:
        tracemalloc.stop()


def test_tables_before_the_aperture_are_not_read(tmp_path, monkeypatch):
    data = table_before_aperture(rows=40)
    path = tmp_path / "star.fits"
    path.write_bytes(data)
    read = []
    plain = FileStore._read_at

    def count(self, offset, count):
        read.append(count)
        return plain(self, offset, count)

    monkeypatch.setattr(FileStore, "_read_at", count)
    np.testing.assert_array_equal(read_mask(path).mask, [[False, True]])
    assert sum(read) < 200_000
    packed = gzip.compress(data)
    tracemalloc.start()
    try:
        np.testing.assert_array_equal(read_mask(packed).mask, [[False, True]])
        assert tracemalloc.get_traced_memory()[1] < 10 * MB
    finally:
        tracemalloc.stop()


def test_a_table_that_is_too_long_to_be_unpacked(monkeypatch):
    monkeypatch.setattr(streams, "UNPACKED_BYTES", 10 * MB)
    with pytest.raises(TPFError, match="unpacks to more than 10 MB"):
        read_mask(gzip.compress(table_before_aperture(rows=40)))


def test_streams_without_an_end(monkeypatch):
    class Endless:
        given = 0

        def read(self, count):
            self.given += count
            return b"{" * count

    monkeypatch.setattr(read_masks, "UNPACKED_BYTES", 10 * MB)
    stream = Endless()
    with pytest.raises(TPFError, match="at most 10 MB"):
        read_mask(stream)
    assert stream.given <= 12 * MB


@pytest.mark.parametrize("corner", [[10**10, 0], [0, -(10**10)], [1e300, 0], [float("inf"), 0]])
def test_corners_beyond_any_detector(corner):
    with pytest.raises(TPFError, match="corner"):
        read_mask(json.dumps({"corner": corner, "mask": [[1]]}).encode())


@pytest.mark.parametrize("mask", ["[[]]", "[[], []]"])
def test_masks_without_pixels(mask):
    with pytest.raises(TPFError, match="not rows of 0 and 1"):
        read_mask(b'{"corner": [1, 2], "mask": ' + mask.encode() + b"}")


def test_messages_tell_no_folder_of_what_was_uploaded():
    """A file object may lie in a folder that only the server knows; a path the user gave."""
    with tempfile.NamedTemporaryFile(suffix=".fits") as file:
        file.write(b"nonsense")
        file.seek(0)
        with pytest.raises(TPFError) as error:
            read_mask(file)
        folder, _, name = file.name.rpartition("/")
        assert name in str(error.value) and folder not in str(error.value)
        with pytest.raises(TPFError, match=file.name):
            read_mask(file.name)


def test_a_whole_target_pixel_file_gives_its_aperture():
    data = to_bytes(make_hdus())
    for source in (data, gzip.compress(data), io.BytesIO(data)):
        found = read_mask(source)
        assert found.mask.sum() == 1 and found.mask[1, 2]
        assert found.corner == (300, 700)
