"""The verdict and the event's numbers in words, as a reader sees them."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from cardparts import words
from eventparts import AGAIN, NEIGHBOURS, QUIET, TRANSIT, answered, two_stars

from tpfdash.cards.measured import HINT, WAIT, event_html
from tpfdash.diagnosis.verdict import VERDICTS
from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import params_of
from tpfdash.io import open_tpf


@pytest.fixture(scope="module")
def tpf():
    return two_stars()


@pytest.fixture
def inspector(tpf):
    return answered(tpf)


@pytest.fixture
def says(inspector):
    """A function: what is said of the event with some of its values replaced."""
    found = inspector.diagnosis

    def say(**values):
        inspector.answer = replace(found, **values)
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


def test_while_it_is_worked_out_that_is_said(inspector):
    inspector.answer = None
    assert words(event_html(inspector)) == WAIT and "role='status'" in event_html(inspector)


def test_the_numbers_in_words(inspector, tpf):
    found, html = inspector.answer, event_html(inspector)
    said = rows(html)
    assert list(said) == ["Depth", "Duration", "S/N", "Time", "Offset"]
    assert re.fullmatch(r"[\d,.]+ ± [\d.]+ (ppm|%) \([\d,.]+ ± [\d.]+ e⁻/s\)", said["Depth"])
    inside = (tpf["time"].values >= TRANSIT[0]) & (tpf["time"].values <= TRANSIT[1])
    assert said["Duration"].endswith(f" h · {inside.sum()} cadences")
    assert said["S/N"] == f"{found.snr:,.0f}"
    assert said["Time"] == "544.870 to 545.130 BKJD"
    assert said["Offset"].startswith("row ") and "arcsec" in said["Offset"]
    assert words(html).startswith(f"On target{found.confidence:.2f}It is on the target")


def test_a_brightening_has_a_height(says):
    assert "Height" in says(depth=-50.0, depth_err=2.0, level=10.0)


def test_one_cadence_is_singular(inspector, tpf):
    time = tpf["time"].values[300]
    inspector.window = time - 1e-6, time + 1e-6
    inspector.answer = inspector.diagnosis
    assert rows(event_html(inspector))["Duration"].endswith(" · 1 cadence")


def test_each_kind_of_verdict_has_a_shape_and_a_word_of_its_own(inspector):
    shapes = {}
    for verdict in VERDICTS:
        shares = dict.fromkeys(VERDICTS, 0.0) | {verdict: 1.0}
        inspector.answer = replace(inspector.diagnosis, verdict=verdict, probabilities=shares)
        html = event_html(inspector)
        word = words(html).split(".")[0]
        assert word
        shapes[verdict] = re.search(r"viewBox='0 0 20 20' aria-hidden='true'>(.*?)</svg>", html)[1]
    instrument = shapes["cosmic_ray"]
    for verdict in ("pointing", "systematic", "background", "rolling_band", "column_or_row"):
        assert shapes[verdict] == instrument
    own = {shapes[name] for name in ("on_target", "neighbour", "moving_object", "inconclusive")}
    assert len(own | {instrument}) == 5


def test_what_else_it_may_be_is_said(inspector):
    shares = dict(inspector.answer.probabilities) | {"on_target": 0.7, "systematic": 0.26}
    inspector.answer = replace(inspector.answer, probabilities=shares)
    assert "Or else: systematic 0.26" in words(event_html(inspector))


def test_that_it_cannot_tell_is_said_with_the_reason(inspector):
    inspector.window = QUIET
    inspector.answer = inspector.diagnosis
    said = words(event_html(inspector))
    assert said.startswith("Cannot tell") and inspector.answer.reason[1:] in said
    assert "1.00" not in said  # how sure it is that it cannot tell is no news


def test_stacked_windows_are_counted(inspector):
    inspector.add_window(*AGAIN)
    inspector.answer = inspector.diagnosis
    said = rows(event_html(inspector))
    assert said["Stacked"] == "2 windows" and said["Time"].endswith("BKJD, the first")


def test_light_of_the_sky_in_the_flux_is_said():
    inspector = Inspector(two_stars(), window=TRANSIT)
    inspector.tpf.attrs["background_subtracted"] = False
    inspector.answer = inspector.diagnosis
    assert rows(event_html(inspector))["Depth"].endswith("FLUX still holds the background")


def test_times_have_the_digits_that_tell_cadences_apart(inspector):
    short = Inspector(
        inspector.tpf.assign_coords(time=np.linspace(1500, 1500.1, inspector.tpf.sizes["time"])),
        window=(1500.044, 1500.046),
    )
    short.answer = short.diagnosis
    assert rows(event_html(short))["Time"] == "1500.04400 to 1500.04600 BKJD"


def test_the_part_that_was_measured_of_a_wide_window_is_said(inspector):
    inspector.window = TRANSIT[0] - 0.5, TRANSIT[1] + 0.5
    inspector.answer = inspector.diagnosis
    assert inspector.answer.closer
    said = rows(event_html(inspector))
    ((t0, t1),) = inspector.answer.windows
    assert said["Time"] == f"{t0:.3f} to {t1:.3f} BKJD; part of the window"
    count = np.count_nonzero((inspector.time >= t0) & (inspector.time <= t1))
    assert said["Duration"].endswith(f"{count} cadences")


def test_a_window_that_holds_nothing_is_said_to(inspector):
    inspector.window = 1, 2
    inspector.answer = inspector.diagnosis
    said = words(event_html(inspector))
    assert "The window holds no cadence with data." in said
    assert rows(event_html(inspector))["Depth"] == "not available"


def test_what_files_say_is_escaped(inspector):
    odd = Inspector(inspector.tpf.copy(), window=TRANSIT)
    odd.tpf.attrs["time_format"] = "<b>BKJD</b> & more"
    odd.answer = odd.diagnosis
    assert "<b>" not in event_html(odd) and "<b>BKJD</b> & more" in words(event_html(odd))


def test_it_follows_all_that_it_is_made_of():
    found = params_of(Inspector, *event_html.inputs)
    assert {"window", "stacked", "answer"} <= set(found)
    assert not {"cadence", "normalized", "hovered", "quality_bitmask"} & set(found)


def test_a_neighbour_is_said_with_its_distance(inspector):
    inspector.window = NEIGHBOURS
    inspector.answer = inspector.diagnosis
    assert "another source changes, 3.1" in words(event_html(inspector)).lower()


@pytest.mark.realdata
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_real_transit(data_file):
    inspector = Inspector(
        open_tpf(data_file("kplr006922244-2009166043257_lpd-targ.fits")), window=(145.70, 145.85)
    )
    inspector.answer = inspector.diagnosis
    said = rows(event_html(inspector))
    assert said["Time"] == "145.700 to 145.850 BKJD" and said["Duration"].endswith("7 cadences")
    assert words(event_html(inspector)).startswith("On target")
