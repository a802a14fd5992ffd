"""The event's numbers in words, as a reader sees them and as they were measured."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from cardparts import words
from test_diagnosis_event import TARGET, TIME, scene, star, window
from test_photometry import make_tpf

from tpfdash.cards.measured import HINT, event_html
from tpfdash.diagnosis.numbers import with_error
from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import params_of
from tpfdash.io import open_tpf


@pytest.fixture
def inspector():
    """A dip of 2 per cent of the target in 12 cadences, and again."""
    flux = scene()
    for first in (900, 1500):
        flux[first : first + 12] -= 0.02 * star(*TARGET)
    aperture = np.hypot(*(np.indices((9, 9)) - np.reshape(TARGET, (2, 1, 1)))) < 2
    tpf = make_tpf(flux, time_format="BKJD")
    return Inspector(tpf, aperture=aperture, window=window(900, 911))


@pytest.fixture
def says(inspector, monkeypatch):
    """A function: what is said of the event with some of its values replaced."""
    event = inspector.event()

    def say(**values):
        monkeypatch.setattr(type(inspector), "event", lambda self: replace(event, **values))
        return rows(event_html(inspector))

    return say


def rows(html):
    """The table as {what: value}; the HTML has to be well-formed."""
    found = ElementTree.fromstring(html).findall(".//tr")
    return {row.find("th").text: row.find("td").text for row in found}


def test_without_a_window_it_says_how_to_get_one(inspector):
    inspector.window = None
    assert words(event_html(inspector)) == HINT
    assert "Drag over the light curve, or press w" in HINT


def test_the_numbers_in_words(inspector):
    event, html = inspector.event(), event_html(inspector)
    said = rows(html)
    assert list(said) == ["Event", "Depth", "Duration", "S/N", "Time", "Offset"]
    assert said["Event"] == "dimming"
    ppm = with_error(event.depth_ppm * 1e-4, event.depth_ppm_err * 1e-4)
    assert said["Depth"] == f"{ppm} % ({with_error(event.depth, event.depth_err)} e⁻/s)"
    assert said["Duration"] == "5.8 h · 12 cadences"
    assert said["S/N"] == f"{event.snr:.0f}"
    assert said["Time"] == f"{TIME[900] - 0.01:.3f} to {TIME[911] + 0.01:.3f} BKJD"
    assert re.fullmatch(
        r"row [+−]?[\d.]+ ± [\d.]+, column [+−]?[\d.]+ ± [\d.]+ pixel \([+−]?[\d.]+ ± [\d.]+ and "
        r"[+−]?[\d.]+ ± [\d.]+ arcsec at the nominal 3.98 a pixel\)",
        said["Offset"],
    )
    sentence = event.sentence
    assert words(html).startswith(sentence[0].upper() + sentence[1:] + ".")


def test_units_and_digits(says):
    assert says(depth=90.2, depth_err=0.6, level=1e4)["Depth"] == "9,020 ± 60 ppm (90.2 ± 0.6 e⁻/s)"
    assert says(depth=902.0, depth_err=3.2, level=1e4)["Depth"].startswith("9.020 ± 0.032 % (902")
    assert says(unit="", depth=0.02, depth_err=0.001, level=2.0)["Depth"] == "1.00 ± 0.05 %"
    flare = says(sign="brightening", depth=-50.0, depth_err=2.0, level=10.0)
    assert flare["Event"] == "brightening" and flare["Height"] == "500 ± 20 % (50.0 ± 2.0 e⁻/s)"
    assert says(depth=9.0, depth_err=1.0)["S/N"] == "9.0"


@pytest.mark.parametrize(
    ("days", "n", "said"),
    [
        (2 / 1440, 1, "2.0 min · 1 cadence"),
        (1 / 24, 3, "1.0 h · 3 cadences"),
        (1.99, 1200, "47.8 h · 1,200 cadences"),
        (2.5, 9, "2.5 d · 9 cadences"),
    ],
)
def test_durations(says, days, n, said):
    assert says(duration=days, n_cadences=n)["Duration"] == said


def test_times_have_the_digits_that_tell_cadences_apart(says):
    values = {"t0": 1500.123456, "t1": 1500.130123}
    assert says(duration=0.02, n_cadences=1, **values)["Time"].startswith("1500.123 to 1500.130 B")
    short = says(duration=20 / 86400, n_cadences=1, **values)
    assert short["Time"] == "1500.12346 to 1500.13012 BKJD"


def test_what_is_not_available_is_said_with_its_reason(inspector):
    inspector.set_aperture("empty")
    said = rows(event_html(inspector))
    for name in ("Depth", "S/N"):
        assert said[name].startswith("not available: the aperture has no light curve")
    assert "pixel" in said["Offset"]
    inspector.set_aperture("all")
    inspector.transform = lambda made: made.assign(flux=made["flux"] - 1e5)
    said = rows(event_html(inspector))
    assert "relative: not available, the level beside the window is not above 0" in said["Depth"]


def test_an_event_of_few_places_has_numbers_without_errors(inspector):
    inspector.window = TIME[900], TIME[1300]
    html = event_html(inspector)
    said = rows(html)
    depth = said.get("Depth") or said["Height"]
    assert "±" not in depth and "quiet places" in said["S/N"]


def test_nothing_seen_is_said(inspector):
    inspector.window = window(300, 301)
    html = event_html(inspector)
    assert rows(html)["Offset"] == "not available"
    assert words(html).startswith(
        "No pixel stands out, so nothing is known of where it comes from."
    )


def test_stacked_windows_are_counted(inspector):
    inspector.add_window(*window(1500, 1511))
    said = rows(event_html(inspector))
    assert said["Stacked"] == "2 windows" and said["Duration"] == "5.8 h · 24 cadences"
    assert said["Time"].endswith("BKJD, the first")
    inspector.add_window(1.0, 2.0)
    assert rows(event_html(inspector))["Stacked"].startswith("2 of 3 windows")


def test_light_of_the_sky_in_the_flux_is_said(inspector):
    inspector.tpf.attrs["background_subtracted"] = False
    assert rows(event_html(inspector))["Depth"].endswith("FLUX still holds the background")
    inspector.set_background([[True] * 9] + [[False] * 9] * 8)
    assert "background" not in rows(event_html(inspector))["Depth"]


def test_a_window_that_holds_nothing_is_said_to(inspector):
    inspector.window = 1, 2
    said = words(event_html(inspector))
    assert said.startswith("The window 1.0000 to 2.0000 holds no usable cadence")
    assert said.endswith(".") and not said.endswith("..")


def test_what_files_say_is_escaped(inspector):
    inspector.tpf.attrs["time_format"] = "<b>BKJD</b> & more"
    html = event_html(inspector)
    assert "<b>" not in html and "<b>BKJD</b> & more" in words(html)


def test_it_follows_all_that_it_is_made_of():
    found = params_of(Inspector, *event_html.inputs)
    wanted = {"window", "stacked", "aperture", "background", "quality_bitmask", "transform"}
    assert wanted <= set(found) and not {"cadence", "normalized", "hovered"} & set(found)


@pytest.mark.realdata
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_real_transit(data_file):
    inspector = Inspector(
        open_tpf(data_file("kplr006922244-2009166043257_lpd-targ.fits")), window=(145.70, 145.85)
    )
    html = event_html(inspector)
    said = rows(html)
    assert said["Event"] == "dimming" and re.match(r"6,\d+ ± \d+ ppm \(24\d ± \d", said["Depth"])
    assert said["Time"] == "145.705 to 145.848 BKJD" and said["Duration"] == "3.4 h · 7 cadences"
    assert "Consistent with the target" in words(html)
