"""What the page says in words, against plain numpy; and that it takes no HTML from outside."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from astropy.time import Time
from cardparts import GAP, UNTIMED, cells, mask, odd_tpf, words

from tpfdash.cards.words import cadence_html, heading_html, pixel_html, target_html
from tpfdash.inspector import Inspector
from tpfdash.simulate import CosmicRay, inject

DEFAULT_BITS = 1130799  # K2
CHOSEN = mask((2, 2), (2, 3), (1, 2), (3, 4))


@pytest.fixture
def tpf():
    return odd_tpf()


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf, aperture=CHOSEN)


def flux_by_hand(tpf):
    return tpf["flux"].values.astype(float)[:, CHOSEN].sum(axis=1)


def error_by_hand(tpf):
    return np.sqrt((tpf["flux_err"].values.astype(float)[:, CHOSEN] ** 2).sum(axis=1))


def said_flux(inspector):
    """(flux, error or None, unit) as the readout has them; the numbers as they are written."""
    value, _, rest = cells(cadence_html(inspector))["flux"].partition(" ")
    error = None
    if rest.startswith("± "):
        error, _, rest = rest.removeprefix("± ").partition(" ")
    return plain(value), error, rest.partition("(")[0].strip()


def plain(text):
    return text.replace("\N{MINUS SIGN}", "-")


def assert_says(text, value):
    """A number as it is written is the value, rounded to its last digit."""
    digits = len(text.partition(".")[2])
    assert abs(float(text.replace(",", "")) - value) <= 0.51 * 10.0**-digits


# -- one cadence -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cadence", [0, 6, UNTIMED, 39])
def test_flux_and_error_of_a_cadence(inspector, tpf, cadence):
    inspector.cadence = cadence
    value, error, unit = said_flux(inspector)
    assert unit == "e⁻/s"
    assert_says(value, flux_by_hand(tpf)[cadence])
    assert_says(error, error_by_hand(tpf)[cadence])
    digits = error.replace(".", "").replace(",", "").lstrip("0")
    assert len(digits) >= 2  # of the error two digits at least
    assert len(value.partition(".")[2]) == len(error.partition(".")[2])


@pytest.mark.parametrize("cadence", [0, UNTIMED, 39])
def test_flux_and_error_where_normalised(inspector, tpf, cadence):
    inspector.param.update(cadence=cadence, normalized=True)
    flux, kept = flux_by_hand(tpf), (tpf["quality"].values & DEFAULT_BITS) == 0
    median = np.median(flux[kept & np.isfinite(flux)])
    value, error, unit = said_flux(inspector)
    assert unit == ""
    assert_says(value, flux[cadence] / median)
    assert_says(error, error_by_hand(tpf)[cadence] / median)
    assert len(value.partition(".")[2]) >= 4


def test_a_cadence_without_data_has_no_flux_and_no_unit(inspector):
    for normalized in (False, True):
        inspector.param.update(cadence=GAP.start, normalized=normalized)
        assert cells(cadence_html(inspector))["flux"] == "not available"
    inspector.param.update(cadence=0, aperture=mask())
    assert cells(cadence_html(inspector))["flux"] == "not available"


@pytest.mark.parametrize("normalized", [False, True])
def test_a_file_without_errors_says_none(tpf, normalized):
    inspector = Inspector(tpf.drop_vars("flux_err"), aperture=CHOSEN, normalized=normalized)
    value, error, unit = said_flux(inspector)
    assert error is None and unit == ("" if normalized else "e⁻/s")
    scale = np.nanmedian(flux_by_hand(tpf)) if normalized else 1
    assert float(value.replace(",", "")) == pytest.approx(
        flux_by_hand(tpf)[inspector.cadence] / scale, rel=1e-2 if normalized else 1e-5
    )


def test_a_transform_is_what_is_said(inspector, tpf):
    def tenth(lightcurve):
        made = lightcurve.assign(flux=lightcurve["flux"] / 10, flux_err=lightcurve["flux_err"] / 10)
        made["flux"].attrs["units"] = "<b>mine</b>"
        return made

    inspector.param.update(cadence=8, transform=tenth)
    value, error, unit = said_flux(inspector)
    assert_says(value, flux_by_hand(tpf)[8] / 10)
    assert_says(error, error_by_hand(tpf)[8] / 10)
    assert unit == "<b>mine</b>"


@pytest.mark.parametrize(
    ("mission", "clock", "zero"), [("K2", "BKJD", 2454833), ("TESS", "BTJD", 2457000)]
)
def test_time_and_date(mission, clock, zero):
    tpf = odd_tpf(mission)
    inspector = Inspector(tpf, cadence=9)
    said = cells(cadence_html(inspector))
    name, number = said["time"].split()
    assert name == clock
    assert_says(number, tpf["time"].values[9])
    date = Time(said["date (TDB, barycentric)"], scale="tdb")
    assert abs(date.jd - (zero + tpf["time"].values[9])) <= 1.001 / 86400


@pytest.mark.parametrize("cadence", [UNTIMED, GAP.start])
def test_a_cadence_without_a_time_says_so(inspector, cadence):
    inspector.cadence = cadence
    said = cells(cadence_html(inspector))
    assert said["time"] == "no time"
    assert said["date (TDB, barycentric)"] == "not available"


@pytest.mark.parametrize(
    ("quality", "flags"),
    [
        (0, "no flag"),
        (1, "attitude tweak"),
        (128 | 32, "desaturation event, cosmic ray in optimal aperture"),
        (1 << 21, "bit 2097152"),
        (-(1 << 31), "bit 2147483648"),
    ],
)
def test_flags_in_words(inspector, tpf, quality, flags):
    tpf["quality"].values[8] = quality
    inspector.cadence = 8
    assert cells(cadence_html(inspector))[f"quality {quality}"] == flags


def test_the_cadence_at_the_mouse_goes_before_the_current_one(inspector, tpf):
    def said():
        html = cadence_html(inspector)
        return html, cells(html)

    number = tpf["cadenceno"].values
    inspector.cadence = 9
    html, facts = said()
    assert facts["current"] == f"cadence {number[9]} · index 9" and "hovered" not in html
    inspector.hovered = 3
    html, facts = said()
    assert facts["at the mouse"] == f"cadence {number[3]} · index 3" and "current" not in facts
    assert "class='readout hovered'" in html
    assert facts["quality 1"] == "attitude tweak"
    assert_says(said_flux(inspector)[0], flux_by_hand(tpf)[3])
    inspector.hovered = 0  # the first cadence is one too
    assert said()[1]["at the mouse"] == f"cadence {number[0]} · index 0"


def test_a_file_without_cadence_numbers_is_said_to_have_none(inspector, tpf):
    inspector.cadence = 9
    tpf.attrs["not_in_file"] = ("cadenceno",)
    assert cells(cadence_html(inspector))["current"] == "no cadence number · index 9"


@pytest.mark.parametrize("value", [0.0, -3.25, 1e9, 1e-7, 123.456])
def test_numbers_of_any_size_can_be_read(tpf, value):
    tpf["flux"].values[8, 2, 2] = value  # not the whole frame: one of zeros is no data
    inspector = Inspector(tpf.drop_vars("flux_err"), aperture=mask((2, 2)), cadence=8)
    text, _, unit = said_flux(inspector)
    assert unit == "e⁻/s" and "e" not in text
    assert float(text.replace(",", "")) == pytest.approx(float(np.float32(value)), rel=1e-3)


# -- one pixel -------------------------------------------------------------------------------------


def test_a_pixel_in_words(inspector, tpf):
    assert set(cells(pixel_html(inspector)).values()) == {"–"}
    inspector.cadence = 8
    inspector.pointed = (int(tpf["row"][1]), int(tpf["col"][4]))
    said = cells(pixel_html(inspector))
    value = float(tpf["flux"].values[8, 1, 4])
    assert (said["row"], said["column"]) == (str(tpf["row"].values[1]), str(tpf["col"].values[4]))
    assert float(said["Flux"].removesuffix(" e⁻/s").replace(",", "")) == pytest.approx(value, 1e-4)
    inspector.column = "S/N"
    said = cells(pixel_html(inspector))
    ratio = value / float(tpf["flux_err"].values[8, 1, 4])
    assert float(said["Signal to noise"].replace(",", "")) == pytest.approx(ratio, 1e-4)


# -- the target ------------------------------------------------------------------------------------


def facts(inspector):
    return {
        row.find("th").text: row.find("td").text
        for row in ElementTree.fromstring(target_html(inspector)).findall("tr")
    }


def test_the_target_in_words(inspector, tpf):
    said = facts(inspector)
    time = tpf["time"].values[np.isfinite(tpf["time"].values)]
    assert said["Target"] == "Simulated K2 target"
    assert said["RA, Dec (J2000)"] == "130.00000° +20.00000°"
    assert said["Magnitude (Kp)"] == "12.000"
    assert said["Mission"] == "K2 C16"
    assert said["Detector"] == "channel 48"
    assert said["Stamp"] == "5 rows × 6 columns"
    assert said["Cadences"] == f"40, {time.size} of them with a time"
    assert said["Time span"] == (
        f"{time[0]:.3f} to {time[-1]:.3f} BKJD ({time[-1] - time[0]:.2f} d)"
    )
    assert said["Background"] == "subtracted from FLUX"
    assert said["Simulated"] == "yes: no telescope has seen this target"
    assert said["EPIC number"] == "not available"


def test_what_the_file_lacks_is_said_to_be_missing(tpf):
    kept = {name: tpf.attrs[name] for name in ("mission", "time_reference")}
    bare = tpf.copy()
    bare.attrs = kept
    bare["time"].values[:] = np.nan
    said = facts(Inspector(bare))
    assert said["Target"] == "unnamed target"
    for name in (
        "EPIC number",
        "RA, Dec (J2000)",
        "Detector",
        "Time span",
        "Crowding (CROWDSAP)",
        "Flux fraction (FLFRCSAP)",
        "Background",
        "File",
    ):
        assert said[name] == "not available", name
    assert "Simulated" not in said
    assert not any("nan" in text.lower() or "None" in text for text in said.values())


def test_a_number_that_is_nan_is_missing(tpf):
    names = ("ra", "magnitude", "crowdsap", "flfrcsap")
    said = facts(Inspector(tpf.assign_attrs(dict.fromkeys(names, np.nan))))
    assert not any("nan" in text for text in said.values())
    assert said["Magnitude (Kp)"] == said["RA, Dec (J2000)"] == "not available"


@pytest.mark.parametrize(
    ("subtracted", "text"), [(True, "subtracted from FLUX"), (False, "not subtracted from FLUX")]
)
def test_whether_the_background_is_subtracted(tpf, subtracted, text):
    tpf.attrs["background_subtracted"] = subtracted
    assert facts(Inspector(tpf))["Background"] == text


@pytest.mark.parametrize(
    ("attrs", "name"),
    [
        ({}, "Simulated K2 target"),
        ({"object": ""}, "cutout at 130.00000° +20.00000°"),
        ({"object": "", "ra": np.nan}, "simulated by tpfdash"),
        ({"object": "", "ra": np.nan, "source": ""}, "unnamed target"),
        ({"object": None, "dec": None, "source": None}, "unnamed target"),
    ],
)
def test_the_heading_names_the_target(tpf, attrs, name):
    html = heading_html(Inspector(tpf.assign_attrs(attrs)))
    assert ElementTree.fromstring(html).find("span[@class='name']").text == name
    assert "K2 C16 · channel 48 · long (29.4 min)" in words(html)
    assert words(html).count("130.00000°") <= 1


@pytest.mark.parametrize(
    ("attrs", "text"),
    [
        ({"teff": 6225, "radius": 1.451}, "Kp 12.00 · 6,225 K · 1.45 R☉ · 130.00000° +20.00000°"),
        ({"magnitude": -0.891, "dec": -5.0}, "Kp −0.89 · 130.00000° −5.00000°"),
        ({"campaign": 91}, "K2 C9a · "),
        ({"campaign": 112}, "K2 C11b · "),
        ({"campaign": 11}, "K2 C11 · "),
    ],
)
def test_the_heading_has_the_facts_of_the_header(tpf, attrs, text):
    assert text in words(heading_html(Inspector(tpf.assign_attrs(attrs))))


@pytest.mark.parametrize("simulated", [True, False, None])
def test_only_simulated_data_have_a_badge(tpf, simulated):
    html = heading_html(Inspector(tpf.assign_attrs(simulated=simulated)))
    assert ("simulated data" in words(html)) is bool(simulated)


def test_injected_events_have_a_badge_and_a_row_of_their_own(tpf):
    event = CosmicRay(float(tpf["time"].values[5]), [(2, 2)], 900)
    for simulated in (True, False):
        shown = Inspector(inject(tpf, event).assign_attrs(simulated=simulated))
        assert "injected events" in words(heading_html(shown))
        assert "Injectedyes: tpfdash put events" in words(target_html(shown))
        assert ("simulated data" in words(heading_html(shown))) is simulated
    plain = Inspector(tpf)
    assert "injected" not in (words(heading_html(plain)) + words(target_html(plain))).lower()


# -- nothing from outside is HTML ------------------------------------------------------------------

HOSTILE = """<b onclick="alert('1')">&amp;</b>"""


def test_what_the_file_says_is_no_html(tpf):
    """Every text of a file's attributes, and the name of every flag."""
    harmless = {"mission", "wcs"}
    attrs = {
        name: HOSTILE if isinstance(value, str) and name not in harmless else value
        for name, value in tpf.attrs.items()
    } | {"campaign": HOSTILE, "channel": HOSTILE}
    inspector = Inspector(tpf.assign_attrs(attrs), cadence=3)
    inspector.mission = replace(inspector.mission, quality_flags={1: HOSTILE})
    inspector.pointed = (int(tpf["row"][0]), int(tpf["col"][0]))
    for page in (cadence_html, pixel_html, heading_html, target_html):
        html = page(inspector)
        assert "<b" not in html, page.__name__
        ElementTree.fromstring(html)  # well-formed
    assert cells(cadence_html(inspector))["quality 1"] == HOSTILE
    assert HOSTILE in words(heading_html(inspector))
    said = facts(inspector)
    assert said["Target"] == said["File"] == HOSTILE
    assert said["Current cadence"] == f"quality 1: {HOSTILE}"
