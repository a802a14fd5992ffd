"""Saving to the browser's machine, loading from it, and nothing written on the server's."""

import io

import lightkurve
import numpy as np
import pandas
import pytest
from astropy.io import fits
from astropy.table import Table

from tpfdash.io import aperture_bytes


@pytest.fixture(autouse=True)
def nothing_written(tmp_path, monkeypatch):
    """The server's own folder stays empty."""
    folder = tmp_path / "server"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield
    assert not list(folder.rglob("*"))


@pytest.fixture
def chosen(board, tpf, mask):
    """A mask of three pixels chosen by the mouse, with the tab open that saves."""
    first, *others = [(3, 3), (2, 4), (4, 2)]
    at = {(r, c): (float(tpf["col"][c]), float(tpf["row"][r])) for r, c in (first, *others)}
    board.click("pixels", *at[first])
    for pixel in others:
        board.click("pixels", *at[pixel], shift=True)
    chosen = mask(first, *others)
    board.masks_become(chosen)
    board.tab("Save and load")
    board.part("save-lightcurve", "button").wait_for()
    return chosen


@pytest.fixture
def saved(board, tmp_path):
    """A function: save in a format, and give the path of what was downloaded."""

    def save(kind, suffix):
        board.choose(f"{kind}-format", suffix)
        link = board.part(f"save-{kind}", "a")
        board.until(
            lambda: (link.get_attribute("download") or suffix).endswith(suffix), "the file's name"
        )
        with board.page.expect_download() as download:
            board.part(f"save-{kind}", "button").click()
        assert download.value.suggested_filename.endswith(f"_{kind}.{suffix}")
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        return path

    return save


@pytest.fixture
def load(board):
    """A function: choose a file to load, when the field has let go of the one before."""
    field = board.part("load-aperture", "input[type=file]")

    def load(file):
        board.until(lambda: not field.input_value(), "an empty field")
        field.set_input_files(file)

    return load


def summed(tpf, mask):
    """The light curve by hand."""
    return tpf["flux"].values.astype(float)[:, mask].sum(axis=1)


def test_lightcurves_are_downloaded_with_the_numbers_on_the_page(board, tpf, chosen, saved):
    time, flux = tpf["time"].values, summed(tpf, chosen)
    error = np.sqrt((tpf["flux_err"].values.astype(float)[:, chosen] ** 2).sum(axis=1))
    timed = np.isfinite(time)

    path = saved("lightcurve", "fits")
    read = lightkurve.read(path, quality_bitmask="none")
    assert isinstance(read, lightkurve.KeplerLightCurve)
    np.testing.assert_allclose(read.time.value, time[timed], rtol=0, atol=1e-8)
    np.testing.assert_allclose(read.flux.value, flux[timed], rtol=1e-6)
    np.testing.assert_allclose(read.flux_err.value, error[timed], rtol=1e-6)
    np.testing.assert_array_equal(read.quality, tpf["quality"].values[timed])

    table = Table.read(saved("lightcurve", "ecsv"), format="ascii.ecsv")
    frame = pandas.read_csv(saved("lightcurve", "csv"), comment="#")
    for values in (np.asarray(table["flux"], dtype=float), frame["flux"].to_numpy()):
        np.testing.assert_allclose(values, flux, rtol=1e-6)

    board.press("all")  # what is saved next is what is chosen then
    board.until(lambda: board.inspector.aperture.all(), "all pixels")
    frame = pandas.read_csv(saved("lightcurve", "csv"), comment="#")
    np.testing.assert_allclose(frame["flux"], summed(tpf, np.ones_like(chosen)), rtol=1e-6)


def test_apertures_are_downloaded_and_loaded_back(board, chosen, saved, load):
    paths = {suffix: saved("aperture", suffix) for suffix in ("npy", "fits", "json")}
    np.testing.assert_array_equal(np.load(paths["npy"]), chosen)
    with fits.open(paths["fits"]) as hdus:
        images = [hdu.data for hdu in hdus if hdu.data is not None]
        assert any(np.array_equal(image & 2 != 0, chosen) for image in images)
    for path in paths.values():
        board.press("clear")
        board.masks_become(np.zeros_like(chosen))
        load(path)
        board.masks_become(chosen)
    assert not board.words("message")


def test_the_same_file_can_be_loaded_again(board, chosen, saved, load):
    path = saved("aperture", "npy")
    for _ in range(2):
        board.press("all")
        board.masks_become(np.ones_like(chosen))
        load(path)
        board.masks_become(chosen)


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "contents", "word"),
    [
        ("words.npy", b"this is no mask at all", "of no known kind"),
        ("small.npy", npy(np.ones((3, 3), bool)), "(3, 3)"),
        ("broken.json", b'{"aperture": [1, 2', "JSON"),
        ("broken.fits", b"SIMPLE  =                    T", "is truncated"),
        ("<i>.npy", b"<b>bold</b>", "of no known kind"),
    ],
)
def test_a_bad_file_is_told_in_words(board, chosen, load, name, contents, word):
    load({"name": name, "mimeType": "", "buffer": contents})
    board.until(lambda: name in board.words("message"), "a message that names the file")
    said = board.words("message")
    assert word in said and "Traceback" not in said
    board.masks_become(chosen)


def test_a_file_too_large_for_the_server_is_refused_before_it_is_sent(
    board, chosen, load, tmp_path
):
    path = tmp_path / "large.fits"
    with path.open("wb") as file:
        file.truncate(30_000_000)
    load(path)
    board.until(lambda: "large.fits" in board.words("message"), "a message that names the file")
    assert "14 MB" in board.words("message")
    board.press("all")  # the session lives on
    board.masks_become(np.ones_like(chosen))


def test_a_good_file_takes_the_message_away(board, tpf, chosen, mask, load):
    load({"name": "bad.npy", "mimeType": "", "buffer": b"bad"})
    board.until(lambda: board.words("message"), "a message")
    other = mask((0, 0), (0, 1))
    good = aperture_bytes(tpf, other, "json")
    load({"name": "good.json", "mimeType": "", "buffer": good})
    board.masks_become(other)
    board.until(lambda: not board.words("message"), "no message")


def test_an_empty_aperture_is_saved_too(board, chosen, saved):
    board.press("clear")
    board.masks_become(np.zeros_like(chosen))
    assert not np.load(saved("aperture", "npy")).any()
    frame = pandas.read_csv(saved("lightcurve", "csv"), comment="#")
    assert frame["flux"].isna().all()
