"""Everything a user may hand to `open_tpf`, good and bad."""

import bz2
import copy
import functools
import gc
import gzip
import http.server
import io
import lzma
import os
import pickle
import sys
import threading
import warnings
import zipfile

import fsspec
import numpy as np
import pytest
import xarray as xr
from astropy.io import fits
from fsspec.registry import known_implementations

import tpfdash.io.fits.stores
import tpfdash.io.fits.streams
from tests.fitsfiles import make_hdus
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.io.fits.stores import FileStore, MemoryStore
from tpfdash.simulate import simulate_tpf


@pytest.fixture
def hdus():
    return make_hdus("TESS", n=50)


@pytest.fixture
def path(tmp_path, hdus):
    hdus.writeto(tmp_path / "star.fits")
    return tmp_path / "star.fits"


@pytest.fixture
def expected(hdus):
    return np.array(hdus[1].data["FLUX"])


def same(tpf, expected):
    np.testing.assert_array_equal(tpf["flux"].values, expected)
    return True


@pytest.fixture
def web(tmp_path):
    """The address of a server of the folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


# --- what opens ----------------------------------------------------------------------------------


def test_path_as_text_and_as_path(path, expected):
    assert same(open_tpf(path), expected)
    assert same(open_tpf(str(path)), expected)
    assert open_tpf(path).attrs["source"] == "star.fits"


def test_path_from_the_home_folder(path, expected, monkeypatch):
    monkeypatch.setenv("HOME", str(path.parent))
    monkeypatch.setenv("USERPROFILE", str(path.parent))
    assert same(open_tpf("~/star.fits"), expected)


def test_relative_path_stays_the_same_file(path, expected, monkeypatch, tmp_path):
    monkeypatch.chdir(path.parent)
    tpf = open_tpf("star.fits")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert same(pickle.loads(pickle.dumps(tpf)), expected)


def test_gzipped_whatever_its_name(path, expected):
    packed = path.with_name("packed.fits")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert same(open_tpf(packed), expected)
    assert same(open_tpf(packed.read_bytes()), expected)
    with open(packed, "rb") as file:
        assert same(open_tpf(file), expected)


def test_long_streams_go_to_a_temporary_file(path, expected, monkeypatch):
    monkeypatch.setattr(tpfdash.io.fits.streams, "SPOOL_BYTES", 5000)
    monkeypatch.setattr(tpfdash.io.fits.streams, "COPY_BYTES", 1000)
    packed = path.with_name("packed.fits.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    made = []
    plain = FileStore.__init__

    def spy(self, *args):
        plain(self, *args)
        made.append(self)

    monkeypatch.setattr(FileStore, "__init__", spy)
    tpf = open_tpf(packed)
    assert [store.size for store in made] == [packed.stat().st_size, path.stat().st_size]
    packed.unlink()
    assert same(tpf.copy(deep=True), expected)
    assert same(tpf, expected)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes(path, expected, kind):
    assert same(open_tpf(kind(path.read_bytes())), expected)


def test_binary_files(path, expected):
    data = io.BytesIO(path.read_bytes())
    data.seek(1000)  # somebody had a look at it
    assert same(open_tpf(data), expected)
    with open(path, "rb") as file:
        file.read(9)
        tpf = open_tpf(file)
    assert same(tpf, expected)  # though the file was closed
    assert tpf.attrs["source"] == "star.fits"


def test_stream_that_cannot_seek(path, expected):
    class Stream(io.RawIOBase):
        def __init__(self, data):
            self.data = io.BytesIO(data)

        def readable(self):
            return True

        def readinto(self, buffer):
            return self.data.readinto(buffer)

    assert same(open_tpf(Stream(path.read_bytes())), expected)


def test_file_that_is_deleted_or_replaced_meanwhile(path, expected):
    tpf = open_tpf(path)
    if sys.platform != "win32":
        other = path.with_name("other.fits")
        make_hdus("TESS", n=3).writeto(other)
        os.replace(other, path)
        assert same(tpf, expected)
        assert open_tpf(path).sizes["time"] == 3


def test_file_that_changes_meanwhile_is_refused(path):
    tpf = open_tpf(path)
    with open(path, "ab") as file:
        file.write(b"more")
    with pytest.raises(TPFError, match=r"star\.fits has changed"):
        tpf["flux"].values


def test_hdu_lists_in_memory_and_from_disk(path, hdus, expected):
    assert same(open_tpf(hdus), expected)
    assert same(open_tpf(list(hdus)), expected)
    with fits.open(path) as opened:
        tpf = open_tpf(opened)
    assert same(tpf, expected)
    assert tpf.attrs["source"] == "star.fits"


def test_hdu_list_as_it_was_changed_in_memory(path):
    with fits.open(path, memmap=False) as opened:
        opened[1].data["FLUX"][3, 1, 1] = -7
        opened[1].data = opened[1].data[2:10]
        tpf = open_tpf(opened)
        assert opened[1].data["FLUX"].shape == (8, 3, 4)
    assert tpf.sizes["time"] == 8
    assert tpf["flux"].values[1, 1, 1] == -7


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name", ["ktwo210994964-c04_lpd-targ.fits.gz", "tess25155310-s01-first-cadences.fits.gz"]
)
def test_lightkurve_object_is_what_its_file_is(data_file, name):
    lightkurve = pytest.importorskip("lightkurve")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lightkurve.read(data_file(name))
        ours = open_tpf(theirs)
    xr.testing.assert_identical(ours.load(), open_tpf(data_file(name)).load())
    theirs.hdu.close()


def test_lightkurve_object_in_memory_touches_no_disk(monkeypatch, path):
    lightkurve = pytest.importorskip("lightkurve")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lightkurve.TessTargetPixelFile(
            fits.HDUList.fromstring(path.read_bytes()), quality_bitmask="none"
        )[5:15]

        def refuse(*args, **kwargs):
            raise AssertionError("the disk was touched")

        monkeypatch.setattr(tpfdash.io.fits.stores, "open_path", refuse)
        monkeypatch.setattr(tpfdash.io.fits.streams.tempfile, "TemporaryFile", refuse)
        tpf = open_tpf(theirs)
    np.testing.assert_array_equal(tpf["cadenceno"], 505 + np.arange(10))
    np.testing.assert_array_equal(tpf["flux"], theirs.hdu[1].data["FLUX"])


def test_urls(path, expected, web):
    assert same(open_tpf(path.as_uri()), expected)
    assert same(open_tpf(f"{web}/star.fits"), expected)
    assert open_tpf(f"{web}/star.fits?token=secret").attrs["source"] == "star.fits"
    fsspec.filesystem("memory").pipe("/folder/star.fits", path.read_bytes())
    try:
        assert same(open_tpf("memory://folder/star.fits"), expected)
    finally:
        fsspec.filesystem("memory").rm("/folder", recursive=True)


def zipped(data):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("star.fits", data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("pack", "words"),
    [
        (zipped, "a zip archive, not a FITS file: it should be unzipped first"),
        (bz2.compress, "packed by bzip2: it should be unpacked first"),
        (lzma.compress, "packed by xz: it should be unpacked first"),
        (lambda data: gzip.compress(gzip.compress(data)), "gzipped twice: it should be unpacked"),
        (lambda data: b"<!DOCTYPE html><p>Log in", "a web page, not a FITS file"),
        (lambda data: b"\n <html><body>Not found", "a web page, not a FITS file"),
    ],
)
def test_other_kinds_of_files_are_told_by_their_start(path, web, pack, words):
    path.write_bytes(pack(path.read_bytes()))
    assert f"star.fits is {words}" in fault(path)
    assert f"star.fits is {words}" in fault(f"{web}/star.fits")
    assert words in fault(path.read_bytes())


def test_a_list_of_one_file_is_that_file(path, expected, hdus):
    for source in ([hdus], (hdus,), [str(path)], [path.read_bytes()], [[hdus]]):
        assert same(open_tpf(source), expected)
    collection = pytest.importorskip("lightkurve").collections.Collection
    assert same(open_tpf(collection([hdus])), expected)
    assert "a list of 2 (HDUList)" in fault(collection([hdus, hdus]))
    assert "a list of 2 (HDUList): it should be one file" in fault([hdus, hdus])
    assert "a list of 3 (HDUList, str)" in fault([hdus, "a", "b"])


@pytest.mark.parametrize("scheme", ["s3", "gs"])
@pytest.mark.parametrize("public", [True, False])
def test_buckets_are_tried_without_credentials_first(path, expected, monkeypatch, scheme, public):
    tried = []

    def bucket(url, mode, **options):
        tried.append(options)
        if bool(options) != public:
            raise PermissionError(f"{'Access denied' if options else 'No credentials'}")
        return open(path, mode)

    monkeypatch.setattr(fsspec, "open", bucket)
    assert same(open_tpf(f"{scheme}://bucket/star.fits"), expected)
    assert bool(tried[0]) and len(tried) == (1 if public else 2)


def test_a_bucket_that_lets_nobody_in(monkeypatch):
    def bucket(url, mode, **options):
        raise PermissionError("Access denied" if options else "Unable to locate credentials")

    monkeypatch.setattr(fsspec, "open", bucket)
    assert "s3://b/a.fits cannot be fetched (Access denied)" in fault("s3://b/a.fits")


def test_a_missing_package_is_named_with_its_command(monkeypatch):
    monkeypatch.setitem(
        known_implementations,
        "nowhere",
        {"class": "no_such_package.FileSystem", "err": "Install it"},
    )
    message = fault("nowhere://b/a.fits")
    assert "a.fits cannot be fetched" in message and "`pip install no_such_package`" in message


def test_dataset_is_handed_back():
    tpf = simulate_tpf("K2", n_cadences=20, shape=(3, 4))
    assert open_tpf(tpf) is tpf
    indexed = tpf.drop_vars("time").assign_coords(time=tpf["time"].values)
    assert "time" in indexed.xindexes
    assert "time" not in open_tpf(indexed).xindexes


@pytest.mark.parametrize("chunks", [10, {"time": 10}, {}, "auto"])
def test_chunks(path, expected, chunks):
    tpf = open_tpf(path, chunks=chunks)
    assert tpf["flux"].chunks is not None
    if chunks in (10, {"time": 10}):
        assert tpf["flux"].chunks == ((10,) * 5, (3,), (4,))
    assert same(tpf, expected)
    np.testing.assert_array_equal(tpf["flux"].sum("time").compute(), expected.sum(axis=0))


def test_lazy_datasets_can_be_copied_and_pickled(path, expected):
    for source in (path, path.read_bytes()):
        tpf = open_tpf(source)
        assert same(copy.deepcopy(tpf), expected)
        assert same(pickle.loads(pickle.dumps(tpf)), expected)


def test_files_are_closed_with_their_arrays(path, monkeypatch):
    stores = []
    plain = FileStore.__init__

    def spy(self, *args):
        plain(self, *args)
        stores.append(self._file)

    monkeypatch.setattr(FileStore, "__init__", spy)
    tpf = open_tpf(path)
    assert not stores[0].closed
    tpf.load()
    gc.collect()
    assert stores[0].closed


def test_threads_read_the_same_file(path, expected):
    tpf = open_tpf(path)
    frames = [None] * 50

    def read(start):
        for i in range(start, 50, 4):
            frames[i] = tpf["flux"][i].values

    threads = [threading.Thread(target=read, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(frames, expected)


# --- what does not -------------------------------------------------------------------------------


def fault(source, **kwargs):
    """What the TPFError says: one sentence."""
    with pytest.raises(TPFError) as error:
        open_tpf(source, **kwargs)
    message = str(error.value)
    assert message.endswith(".") and "\n" not in message
    return message


def test_paths_that_are_no_files(tmp_path):
    assert "nothing.fits does not exist" in fault(tmp_path / "nothing.fits")
    assert "is a folder" in fault(tmp_path)
    assert "cannot be read" in fault("a\0b")
    assert "is a folder" in fault("")


def test_file_that_may_not_be_read(path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tpfdash.io.fits.stores, "open", refuse, raising=False)
    assert "star.fits cannot be read (Permission denied)" in fault(path)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is empty"),
        (b"time,flux\n1,2\n", "is not a FITS file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is not a FITS file"),
        (bytes(5000), "is not a FITS file"),
        (b"SIMPLE  =                    T", "is truncated"),
        (b"SIMPLE  =                    T".ljust(2880) + bytes(2880 * 3), "is truncated"),
        (b"\x1f\x8b", "cannot be read to its end"),
        (b"\x1f\x8b" + b"nonsense" * 10, "cannot be read to its end"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (gzip.compress(b"text", mtime=0), "is not a FITS file"),
    ],
)
def test_bytes_that_are_no_target_pixel_file(tmp_path, data, expected):
    path = tmp_path / "odd.fits"
    path.write_bytes(data)
    assert f"odd.fits {expected}" in fault(path)
    assert expected in fault(data)
    assert expected in fault(io.BytesIO(data))


def test_gzipped_file_cut_short(path):
    packed = gzip.compress(path.read_bytes())
    path.write_bytes(packed[: len(packed) // 2])
    assert "star.fits cannot be read to its end" in fault(path)
    path.write_bytes(packed[:-4] + b"\0\0\0\0")
    assert "star.fits cannot be read to its end" in fault(path)


def test_text_mode(path, tmp_path):
    (tmp_path / "a.txt").write_text("text")
    assert "text" in fault(io.StringIO("SIMPLE  = "))
    with open(tmp_path / "a.txt") as file:
        assert "is not a FITS file" in fault(file)


def test_messages_tell_no_folder_of_what_was_uploaded(tmp_path, monkeypatch):
    """A file object may lie in a folder that only the server knows; a path the user gave."""
    (tmp_path / "star.fits").write_bytes(b"nonsense")
    with open(tmp_path / "star.fits", "rb") as file:
        message = fault(file)
        assert "star.fits is not a FITS file" in message and str(tmp_path) not in message

        def refuse(*args, **kwargs):
            raise PermissionError(13, "Permission denied", str(tmp_path / "star.fits"))

        monkeypatch.setattr(tpfdash.io.fits.stores, "open", refuse, raising=False)
        message = fault(file)
        assert "star.fits is not a FITS file" in message and str(tmp_path) not in message
    assert str(tmp_path / "star.fits") in fault(tmp_path / "star.fits")


def test_urls_that_give_nothing(web, tmp_path):
    assert "gone.fits cannot be fetched" in fault(f"{web}/gone.fits")
    message = fault("http://me:secret@127.0.0.1:9/star.fits?key=secret")
    assert "127.0.0.1:9/star.fits cannot be fetched" in message
    assert "secret" not in message
    assert "cannot be fetched" in fault("nosuchthing://a/b.fits")
    assert "does not exist" in fault((tmp_path / "gone.fits").as_uri())
    (tmp_path / "page.html").write_text("<html>Not found</html>")
    assert "page.html is a web page, not a FITS file" in fault(f"{web}/page.html")


@pytest.mark.parametrize("source", [None, 5, 1.5, {"flux": 1}, object(), np.zeros(3)])
def test_objects_that_are_nothing_to_open(source):
    assert "cannot be opened" in fault(source)


@pytest.mark.parametrize("source", [[], [1, 2], ["a.fits"], fits.HDUList()])
def test_lists_that_are_no_hdus(source):
    fault(source)


def test_chunks_that_make_no_sense(path):
    assert "chunks=" in fault(path, chunks="some")
    for chunks in ({"nonsense": 4}, 0, -1, -5, True, 2.5, np.int64(0), {"time": 0}, {"time": -7}):
        assert "at least 1" in fault(path, chunks=chunks)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda tpf: tpf.drop_vars("flux"), "has no flux"),
        (lambda tpf: tpf.drop_vars("row"), "has no row"),
        (lambda tpf: tpf.drop_vars("quality"), "has no quality"),
        (lambda tpf: tpf.transpose("row", "col", "time"), "flux should be over"),
        (lambda tpf: tpf.isel(time=slice(0)), "holds no pixels"),
        (lambda tpf: tpf.drop_attrs(deep=False), "no attrs\\['mission'\\]"),
        (lambda tpf: tpf.assign_attrs(mission="CoRoT"), "no mission known here"),
        (lambda tpf: tpf.assign(quality=("time", ["a"] * 20)), "quality should hold"),
        (lambda tpf: xr.Dataset(), "has no flux"),
    ],
)
def test_datasets_that_are_none_of_ours(change, expected):
    tpf = simulate_tpf("K2", n_cadences=20, shape=(3, 4))
    with pytest.raises(TPFError, match=expected):
        open_tpf(change(tpf))


def test_memory_store_copies_nothing():
    data = bytearray(b"0123456789")
    store = MemoryStore(data, "data")
    assert bytes(store.read(2, 3)) == b"234"
    assert bytes(store.gather([0, 5], 2)) == b"0156"
    data[2:3] = b"x"
    assert bytes(store.read(2, 3)) == b"x34"
