"""The card that saves and loads: the bytes, the names, the messages."""

import base64
import io
import json

import numpy as np
import pytest
from astropy.io import fits
from cardparts import mask, odd_tpf, part, words

from tpfdash.cards.files import files_card
from tpfdash.inspector import Inspector
from tpfdash.inspector.script import tpfdash_script
from tpfdash.io import aperture_bytes, lightcurve_bytes

FORMATS = {"lightcurve": ["fits", "ecsv", "csv"], "aperture": ["fits", "json", "npy"]}


@pytest.fixture
def tpf():
    return odd_tpf()


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture
def card(inspector):
    return files_card(inspector, lambda: "<p>the report é</p>")[0]


# -- saving ----------------------------------------------------------------------------------------


def saved(card, kind):
    """What the button gives to the browser."""
    return part(card, f"save-{kind}").callback().read()


def assert_same_file(one, other):
    """Equal but for the time at which a FITS file's checksums were made."""
    if not one.startswith(b"SIMPLE"):
        assert one == other
        return
    difference = fits.FITSDiff(
        *(fits.HDUList.fromstring(data) for data in (one, other)),
        ignore_keywords=["CHECKSUM", "DATASUM"],
        ignore_comments=["CHECKSUM", "DATASUM"],
    )
    assert difference.identical, difference.report()


def test_what_is_saved_is_of_the_state_at_the_click(inspector, card, tpf):
    changes = {
        "aperture": mask((2, 2), (2, 3), (0, 5)),
        "background": mask((4, 0), (3, 0)),
        "quality_bitmask": 160,
        "transform": lambda lightcurve: lightcurve.assign(flux=2 * lightcurve["flux"]),
    }
    contents = {
        "lightcurve": lambda suffix: lightcurve_bytes(inspector.lightcurve, suffix),
        "aperture": lambda suffix: aperture_bytes(tpf, inspector.aperture, suffix),
    }
    for name, value in changes.items():
        setattr(inspector, name, value)
        for kind, formats in FORMATS.items():
            menu = part(card, f"{kind}-format")
            assert list(menu.options) == formats
            for suffix in formats:
                menu.value = suffix
                assert_same_file(saved(card, kind), contents[kind](suffix))


def test_the_flux_in_a_file_is_that_of_the_pixels(inspector, card, tpf):
    chosen = mask((2, 2), (1, 3))
    inspector.aperture = chosen
    part(card, "lightcurve-format").value = "csv"
    lines = saved(card, "lightcurve").decode().splitlines()
    names, *rows = (line.split(",") for line in lines if not line.startswith("#"))
    flux = [float(row[names.index("flux")]) for row in rows]
    expected = tpf["flux"].values.astype(float)[:, chosen].sum(axis=1)
    np.testing.assert_allclose(flux, expected, rtol=1e-6)
    part(card, "aperture-format").value = "json"
    assert json.loads(saved(card, "aperture"))["mask"] == chosen.astype(int).tolist()


def test_the_report_is_made_when_it_is_saved(inspector):
    made = []

    def report():
        made.append(inspector.cadence)
        return f"<p>é {inspector.cadence}</p>"

    card, _ = files_card(inspector, report)
    assert made == []
    inspector.cadence = 9
    assert saved(card, "report") == "<p>é 9</p>".encode()
    assert made == [9]


def test_a_click_sends_the_file_under_its_name(card):
    save = part(card, "save-report")
    save._clicks += 1  # what Panel does with a click
    assert save.data.startswith("data:text/html;base64,")
    assert save.filename == "simulated_by_tpfdash_report.html"


# -- names -----------------------------------------------------------------------------------------


def names(card):
    return {kind: part(card, f"save-{kind}").filename for kind in ("lightcurve", "aperture")}


@pytest.mark.parametrize(
    ("attrs", "stem"),
    [
        ({"source": "kplr006922244_lpd-targ.fits"}, "kplr006922244_lpd-targ"),
        ({"source": "ktwo1.fits.gz"}, "ktwo1"),
        ({"source": "KTWO1.FITS"}, "KTWO1"),
        ({"source": "a.fit"}, "a"),
        ({"source": "my fits of joy.v2.fits"}, "my_fits_of_joy.v2"),
        ({"source": "a.fits.old.fits"}, "a.fits.old"),
        ({"source": "The data in memory"}, "The_data_in_memory"),
        ({"source": "/some folder/x.fits"}, "x"),
        ({"source": "", "object": "KIC 1"}, "KIC_1"),
        ({"source": None, "object": "../../etc/TIC 7"}, "TIC_7"),
        ({"source": "", "object": ""}, "tpf"),
        ({"source": None, "object": None}, "tpf"),
    ],
)
def test_files_are_named_after_the_source(tpf, attrs, stem):
    card, _ = files_card(Inspector(tpf.assign_attrs(attrs)), str)
    assert names(card) == {
        "lightcurve": f"{stem}_lightcurve.fits",
        "aperture": f"{stem}_aperture.fits",
    }
    assert part(card, "save-report").filename == f"{stem}_report.html"


def test_names_follow_the_format(card):
    for kind, formats in FORMATS.items():
        for suffix in formats:
            part(card, f"{kind}-format").value = suffix
            assert names(card)[kind] == f"simulated_by_tpfdash_{kind}.{suffix}"


def test_a_name_of_ones_own_is_that_of_the_light_curve(inspector, card):
    inspector.filename = "my star.fits"
    assert names(card) == {"lightcurve": "my_star.fits", "aperture": "my_star_aperture.fits"}
    part(card, "lightcurve-format").value = "csv"
    assert names(card)["lightcurve"] == "my_star.csv"
    assert part(card, "save-report").filename == "my_star_report.html"
    inspector.filename = "table.CSV"
    assert names(card)["lightcurve"] == "table.csv"
    inspector.filename = ""
    assert names(card)["lightcurve"] == "simulated_by_tpfdash_lightcurve.csv"


# -- loading ---------------------------------------------------------------------------------------


def load(card, name, contents):
    sent = {"name": name, "size": len(contents), "contents": base64.b64encode(contents).decode()}
    part(card, "load-aperture")._handle_msg(sent)


def message(card):
    return part(card, "message").object


def npy(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


CHOSEN = mask((0, 0), (2, 4))


@pytest.mark.parametrize("suffix", FORMATS["aperture"])
def test_an_aperture_saved_here_is_loaded(inspector, card, tpf, suffix):
    load(card, f"mine.{suffix}", aperture_bytes(tpf, CHOSEN, suffix))
    np.testing.assert_array_equal(inspector.aperture, CHOSEN)
    assert message(card) == ""
    assert inspector.can_undo
    inspector.undo()
    np.testing.assert_array_equal(inspector.aperture, tpf["aperture"].values & 2 == 2)


def test_a_bare_array_and_the_file_of_another_stamp_are_loaded_too(inspector, card, tpf):
    load(card, "bare.npy", npy(CHOSEN))
    np.testing.assert_array_equal(inspector.aperture, CHOSEN)
    larger = odd_tpf(corner=tuple(int(tpf[name][0]) - 1 for name in ("row", "col")))
    load(card, "larger.fits", aperture_bytes(larger, mask((1, 1), (1, 2)), "fits"))
    np.testing.assert_array_equal(inspector.aperture, mask((0, 0), (0, 1)))


def test_the_same_file_can_be_loaded_again(inspector, card, tpf):
    for _ in range(2):
        inspector.set_aperture("all")
        load(card, "mine.npy", npy(CHOSEN))
        np.testing.assert_array_equal(inspector.aperture, CHOSEN)


def foreign():
    """An aperture of another telescope."""
    return aperture_bytes(odd_tpf("TESS"), CHOSEN, "json")


def elsewhere():
    return aperture_bytes(odd_tpf(corner=(3, 4)), CHOSEN, "fits")


BAD = {
    "words.npy": (b"this is no mask at all", "words.npy is of no known kind"),
    "small.npy": (npy(np.ones((3, 3), bool)), "(3, 3)"),
    "numbers.npy": (npy(np.full((5, 6), 7)), "numbers.npy"),
    "broken.json": (b'{"aperture": [1, 2', "JSON"),
    "broken.fits": (b"SIMPLE  =                    T", "is truncated"),
    "tess.json": (foreign(), "tess.json has an aperture of telescope TESS"),
    "far.fits": (elsewhere(), "(5, 8) that are not on this stamp"),
    "cut.fits": (aperture_bytes(odd_tpf(), CHOSEN, "fits")[:4000], "cut.fits"),
    "<b>bold.npy": (b"<i>", "<b>bold.npy is of no known kind"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_told_in_words_and_changes_nothing(inspector, card, tpf, name):
    contents, expected = BAD[name]
    before = inspector.aperture
    load(card, name, contents)
    assert expected in words(message(card))
    assert name in words(message(card))
    assert inspector.aperture is before and not inspector.can_undo
    first = message(card)
    load(card, name, contents)  # once more: the same is said
    assert message(card) == first
    load(card, "good.json", aperture_bytes(tpf, CHOSEN, "json"))
    assert message(card) == ""
    np.testing.assert_array_equal(inspector.aperture, CHOSEN)


# -- copying ---------------------------------------------------------------------------------------


def test_the_script_is_live_with_the_card(inspector):
    card, (live,) = files_card(inspector, str)
    assert part(card, "script").value == ""
    live.shown = True
    assert part(card, "script").value == tpfdash_script(inspector)


def test_files_are_named_after_the_aperture_where_there_are_several(inspector, card):
    save = part(card, "save-aperture")
    assert save.filename.endswith("_aperture.fits") and "_A_" not in save.filename
    inspector.add_aperture("core / 2")
    inspector.choose_aperture("core / 2")
    assert save.filename.endswith("_core_2_aperture.fits")
    assert part(card, "save-lightcurve").filename.endswith("_core_2_lightcurve.fits")
    assert "core" not in part(card, "save-session").filename
