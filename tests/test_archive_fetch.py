"""Files on their way into the cache: whole, or not at all."""

import gzip
import json
import os
import threading
import zipfile

import numpy as np
import pytest

import tpfdash
from tests.archive_server import MAINTENANCE
from tpfdash import TPFError, open_tpf, search
from tpfdash.archive.cache import cutout_uri, find, parse_cutout, row_of_uri
from tpfdash.archive.fetch import fetch
from tpfdash.archive.settings import cache_folder
from tpfdash.archive.stages import Cancelled

pytestmark = pytest.mark.usefixtures("impatient")

URIS = {
    "gzipped": "mast:K2/url/missions/k2/target_pixel_files/c13/247500000/89000/"
    "ktwo247589423-c13_lpd-targ.fits.gz",
    "plain": "mast:TESS/product/tess2019226182529-s0015-0000000273589987-0151-s_tp.fits",
    "cutout": "tesscut:65.489205,28.44321,19,10",
}
STEP = {"gzipped": "file", "plain": "file", "cutout": "astrocut"}
SIZES = {"gzipped": (50, 7, 8), "plain": (50, 11, 9), "cutout": (50, 11, 9)}


@pytest.fixture(autouse=True)
def uris(stocked):
    """The archive's name of each file."""
    for held in stocked.holdings:
        if held.name.startswith("ktwo247589423"):
            held.uri = URIS["gzipped"]
    return stocked


def kept():
    """All files that are in the cache, hidden ones too."""
    return sorted(path for path in cache_folder().rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", URIS)
def test_a_uri_to_a_dataset_and_no_second_request(stocked, kind):
    for _ in range(2):
        tpf = open_tpf(URIS[kind])
        assert tuple(tpf.sizes[dim] for dim in ("time", "row", "col")) == SIZES[kind]
    assert len(stocked.requests) == 1
    (path,) = kept()
    assert path == fetch(URIS[kind])


@pytest.mark.parametrize("kind", URIS)
@pytest.mark.parametrize(
    "fault, options, said",
    [
        ("truncated", {}, "broke off"),
        ("broken", {}, "came broken"),
        ("html", {}, "maintenance"),
        ("nothing", {}, "is empty"),
        ("text", {"body": b"no such file"}, "no FITS file"),
        ("text", {"body": json.dumps({"msg": "Not on silicon"}).encode()}, "Not on silicon"),
        ("long_length", {}, "broke off"),
        ("short_length", {}, "came broken"),
        ("drop", {}, "broke off"),
        ("status", {"code": 503}, "unwell (503"),
        ("status", {"code": 404}, "nothing there (404"),
        ("slow", {"seconds": 30}, "did not answer within"),
    ],
    ids=lambda value: str(value)[:16],
)
def test_a_bad_file_is_one_error_and_never_stays(stocked, kind, fault, options, said):
    stocked.fault(STEP[kind], fault, **options)
    with pytest.raises(TPFError) as caught:
        fetch(URIS[kind])
    words = str(caught.value)
    assert said in words and "\n" not in words
    assert kept() == []
    stocked.mend()
    assert open_tpf(URIS[kind]).sizes["time"] == 50


@pytest.mark.parametrize("kind", URIS)
@pytest.mark.parametrize("fault", ["truncated", "html", "status"])
def test_what_broke_off_once_is_started_again(stocked, kind, fault):
    stocked.fault(STEP[kind], fault, times=1, code=502)
    assert fetch(URIS[kind]).is_file()
    assert len(stocked.requests) == 2


@pytest.mark.parametrize("kind", URIS)
@pytest.mark.parametrize("bad", [b"", MAINTENANCE, "half", "flipped"])
def test_a_bad_file_that_is_in_the_cache_is_fetched_anew(stocked, kind, bad):
    """As lightkurve leaves one behind."""
    path = fetch(URIS[kind])
    whole = path.read_bytes()
    if bad == "half":
        bad = whole[: len(whole) // 2]
    elif bad == "flipped":
        if kind != "gzipped":
            return  # a plain file has no checksum
        middle = len(whole) // 2
        bad = whole[:middle] + bytes(255 - byte for byte in whole[middle : middle + 9])
        bad += whole[len(bad) :]
    path.write_bytes(bad)
    assert fetch(URIS[kind]) == path
    assert path.read_bytes() == whole
    assert kept() == [path]


def test_progress_counts_to_all_of_it(stocked):
    seen = []
    path = fetch(URIS["gzipped"], progress=lambda *count: seen.append(count))
    size = path.stat().st_size
    assert seen[0] == (0, size) and seen[-1] == (size, size)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_length_that_nobody_says_is_none(stocked):
    stocked.fault("file", "no_length")
    seen, told = [], []
    path = fetch(URIS["plain"], progress=lambda *count: seen.append(count), stage=told.append)
    assert seen[-1] == (path.stat().st_size, None)
    assert told[-1].startswith("fetching ") and " of " not in told[-1]


@pytest.mark.parametrize("kind", URIS)
def test_a_download_is_stopped_from_another_thread(stocked, kind):
    stocked.fault(STEP[kind], "dribble", seconds=0.05)
    stop, moving, raised = threading.Event(), threading.Event(), []

    def run():
        try:
            fetch(URIS[kind], cancel=stop, progress=lambda done, total: done and moving.set())
        except TPFError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert moving.wait(10)
    assert any(path.name.endswith(".part") for path in kept())
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert isinstance(raised[0], Cancelled)
    assert kept() == []


def test_two_downloads_of_one_file_do_not_harm_each_other(stocked):
    stocked.fault("file", "dribble", times=1, seconds=0.01)
    moving, paths = threading.Event(), []
    slow = threading.Thread(
        target=lambda: paths.append(
            fetch(URIS["gzipped"], progress=lambda done, total: done and moving.set())
        )
    )
    slow.start()
    assert moving.wait(10)
    paths.append(fetch(URIS["gzipped"]))
    slow.join(30)
    assert len(paths) == 2 and paths[0] == paths[1]
    assert kept() == [paths[0]]
    assert open_tpf(paths[0]).sizes["time"] == 50


def test_an_error_of_the_one_who_is_told_leaves_nothing(stocked):
    def broken(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(URIS["plain"], progress=broken)
    assert kept() == []


def test_the_layout_is_lightkurves(stocked):
    row = search("HL Tau", campaign=13)[0]
    kepler = search(3248033, quarter=4)[0]
    folder = cache_folder()
    assert row.download() == (
        folder / "mastDownload/K2/ktwo247589423-c13_lc/ktwo247589423-c13_lpd-targ.fits.gz"
    )
    assert kepler.download().parent.name == "kplr003248033_lc_Q111111110111011101"
    assert fetch(URIS["cutout"]).parent == folder / "tesscut"
    # What only a URI is known of is found in the folder with the quarters.
    asked = len(stocked.requests)
    assert fetch(kepler.uri) == kepler.download()
    assert len(stocked.requests) == asked


def test_lightkurve_opens_what_we_fetched_and_asks_nobody(stocked, monkeypatch):
    lightkurve = pytest.importorskip("lightkurve")
    from astropy.table import Table

    row = search("HL Tau", campaign=13)[0]
    path = row.download()
    monkeypatch.setattr("requests.Session.request", None)
    monkeypatch.setattr("requests.Session.send", None)
    monkeypatch.setattr(lightkurve.config, "get_cache_dir", lambda: str(cache_folder()))
    table = Table(
        {
            "obs_collection": [row.collection],
            "obs_id": [row.obs_id],
            "productFilename": [row.file],
            "description": ["Target Pixel Long Cadence"],
            "dataURI": [row.uri],
            "mission": ["K2 Campaign 13"],
            "author": ["K2"],
            "distance": [0.0],
            "year": [2017],
            "exptime": [1800.0],
            "t_min": [57800.0],
            "target_name": ["ktwo247589423"],
        }
    )
    tpf = lightkurve.SearchResult(table).download(quality_bitmask="none")
    assert tpf.path == str(path)
    np.testing.assert_array_equal(tpf.flux.value, open_tpf(row)["flux"].values)


def test_we_open_what_lightkurve_fetched_and_ask_nobody(stocked, archived_files):
    row = search("HL Tau", campaign=13)[0]
    folder = cache_folder() / "mastDownload" / "K2" / "ktwo247589423-c13_lc"
    folder.mkdir(parents=True)
    (folder / row.file).write_bytes(archived_files["K2"].read_bytes())
    cutouts = cache_folder() / "tesscut"
    cutouts.mkdir()
    name = "tess-s0019-1-3_65.489205_28.443210_10x12_astrocut.fits"
    (cutouts / name).write_bytes(archived_files["TESS"].read_bytes())
    asked = len(stocked.requests)
    assert row.cached and open_tpf(row).sizes["time"] == 50
    assert open_tpf("tesscut:65.489205,28.443210,19,10x12").attrs["source"] == name
    assert len(stocked.requests) == asked


def test_a_row_is_a_path(stocked):
    row = search("HL Tau", campaign=13)[0]
    assert os.fspath(row) == str(row.download())
    assert tpfdash.open_tpf(row, chunks=10).chunks["time"][0] == 10
    assert open_tpf(search("HL Tau", campaign=13)).sizes["time"] == 50


def test_offline_the_cache_is_opened_and_nothing_else(stocked, monkeypatch):
    fetch(URIS["plain"])
    asked = len(stocked.requests)
    monkeypatch.setenv("TPFDASH_OFFLINE", "1")
    assert open_tpf(URIS["plain"]).sizes["time"] == 50
    for kind in ("gzipped", "cutout"):
        with pytest.raises(TPFError, match="TPFDASH_OFFLINE"):
            open_tpf(URIS[kind])
    assert len(stocked.requests) == asked


def test_a_cache_that_cannot_be_written_to(stocked, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("TPFDASH_CACHE", str(tmp_path / "file"))
    with pytest.raises(TPFError, match="TPFDASH_CACHE"):
        fetch(URIS["plain"])


@pytest.mark.parametrize(
    "key, value",
    [
        ("productFilename", "/etc/passwd"),
        ("obs_id", "../.."),
        ("obs_id", ".."),
        ("obs_collection", "/tmp"),
        ("obs_collection", "a/b"),
        ("dataURI", "file:///etc/passwd"),
        ("dataURI", "http://elsewhere.example/ktwo247589423-c13_lpd-targ.fits.gz"),
    ],
)
def test_names_in_answers_lead_nowhere_else(stocked, key, value):
    products = stocked.services["Mast.Caom.Products"]
    stocked.services["Mast.Caom.Products"] = lambda params: [
        row | {key: value} for row in products(params)
    ]
    with pytest.raises(TPFError, match="Nothing of"):
        search("HL Tau", campaign=13)


def test_of_a_name_with_folders_the_last_part_counts(stocked):
    products = stocked.services["Mast.Caom.Products"]
    stocked.services["Mast.Caom.Products"] = lambda params: [
        row | {"productFilename": f"../../../{row['productFilename']}"} for row in products(params)
    ]
    path = search("HL Tau", campaign=13).download()
    assert path.parent == cache_folder() / "mastDownload" / "K2" / "ktwo247589423-c13_lc"


@pytest.mark.parametrize("name", ["../../evil.fits", "/tmp/evil.fits", "c:\\evil.fits", "x.FITS"])
def test_the_name_in_a_zip_leads_nowhere_else(stocked, name):
    stocked.fault("astrocut", "none", name=name)
    path = fetch(URIS["cutout"])
    assert path.parent == cache_folder() / "tesscut"
    assert path.name == "tess-s0019-2-3_65.489205_28.443210_10x10_astrocut.fits"
    assert kept() == [path]


@pytest.mark.parametrize("kind", ["empty", "damaged", "text"])
def test_a_zip_without_a_cutout(stocked, kind, tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        if kind != "empty":
            file.writestr("a.fits" if kind == "damaged" else "a.txt", b"0123456789" * 1000)
    body = bytearray(path.read_bytes())
    if kind == "damaged":
        body[40:50] = b"\0" * 10
    stocked.fault("astrocut", "text", body=bytes(body))
    with pytest.raises(TPFError, match="came broken"):
        fetch(URIS["cutout"])
    assert kept() == []


@pytest.mark.parametrize(
    "uri, said",
    [
        ("mast:", "names no target pixel file"),
        ("mast:TESS/product/", "names no target pixel file"),
        ("mast:TESS/product/..", "names no target pixel file"),
        ("mast:HST/product/a_tp.fits", "names no target pixel file"),
        ("tesscut:", "TPF"),
        ("tesscut:65,28", "tesscut:RA,DEC,SECTOR,SIZE"),
        ("tesscut:65,98,19,10", "tesscut:RA,DEC,SECTOR,SIZE"),
        ("tesscut:65,28,0,10", "tesscut:RA,DEC,SECTOR,SIZE"),
        ("tesscut:65,28,19,0", "0 rows"),
        ("tesscut:65,28,19,5x5x5", "tesscut:RA,DEC,SECTOR,SIZE"),
        ("tesscut:nan,28,19,5", "tesscut:RA,DEC,SECTOR,SIZE"),
    ],
)
def test_a_uri_that_makes_no_sense(stocked, uri, said):
    with pytest.raises(TPFError, match=said.replace("TPF", "tesscut")):
        open_tpf(uri)
    assert not stocked.requests


def test_a_word_that_is_a_file_is_a_file(stocked, tmp_path, monkeypatch, archived_files):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mast:a.fits").write_bytes(gzip.decompress(archived_files["K2"].read_bytes()))
    assert open_tpf("mast:a.fits").sizes["time"] == 50
    assert not stocked.requests


def test_a_cutout_in_one_word_and_back():
    uri = cutout_uri((65.489205, -28.44321), 19, (10, 12))
    assert uri == "tesscut:65.489205,-28.44321,19,10x12"
    assert parse_cutout(uri) == ((65.489205, -28.44321), 19, (10, 12))
    assert row_of_uri(uri).uri == uri


def test_a_cutout_of_another_place_is_another(stocked, archived_files):
    folder = cache_folder() / "tesscut"
    folder.mkdir(parents=True)
    for name in (
        "tess-s0019-1-3_65.489905_28.443210_10x10_astrocut.fits",
        "tess-s0020-1-3_65.489205_28.443210_10x10_astrocut.fits",
        "tess-s0019-1-3_65.489205_28.443210_11x10_astrocut.fits",
    ):
        (folder / name).write_bytes(b"")
    assert find(row_of_uri(URIS["cutout"])) is None
