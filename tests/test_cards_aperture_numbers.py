"""The numbers in the list of apertures, against what measures them; never of another state."""

import numpy as np
import pytest

from tpfdash.cards.aperture_numbers import HEADINGS, ApertureNumbers
from tpfdash.diagnosis.aperture import aperture_numbers
from tpfdash.inspector import Inspector
from tpfdash.photometry import aperture_photometry
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.stamp.masks import grown
from tpfdash.timeseries.scatter import scatter_ppm


@pytest.fixture(scope="module")
def tpf():
    return simulate_tpf(
        "Kepler",
        n_cadences=200,
        shape=(9, 9),
        stars=[Star(4.2, 4.1, magnitude=12.0)],
        columns=("flux", "flux_err"),
        seed=4,
    )


@pytest.fixture
def inspector(tpf):
    made = Inspector(tpf)
    made.add_aperture("B", grown(made.aperture))
    return made


@pytest.fixture
def told():
    return []


@pytest.fixture
def numbers(inspector, told):
    return ApertureNumbers(inspector, lambda: told.append(1))


def test_pixels_and_flux_at_once_the_rest_when_it_is_measured(tpf, inspector, numbers, told):
    mask = inspector.apertures["B"]
    lightcurve = aperture_photometry(tpf, mask)
    texts = numbers.texts(mask)
    assert texts["pixels"] == str(int(mask.sum()))
    median = np.nanmedian(lightcurve["flux"].values[inspector.good])
    assert texts["flux"] == f"{median:,.0f} e⁻/s" and texts["snr"] == texts["scatter"] == "…"
    numbers.bring_up()
    assert told
    texts, expected = numbers.texts(mask), aperture_numbers(tpf, mask)
    assert texts["share"] == f"{expected.flfrcsap:.0%}"
    assert texts["crowd"] == f"{expected.crowdsap:.1%}"
    assert texts["snr"] == f"{expected.snr:,.0f}"
    assert texts["scatter"] == f"{scatter_ppm(lightcurve, 6.5, good=inspector.good):,.0f} ppm"


def test_each_mask_is_measured_once_and_anew_where_it_has_to_be(inspector, numbers, told):
    numbers.bring_up()
    assert len(told) == 2
    numbers.bring_up()
    inspector.choose_aperture("B")
    numbers.bring_up()
    assert len(told) == 2
    inspector.grow_aperture("A", 2)
    assert numbers.texts(inspector.apertures["A"])["snr"] == "…"
    numbers.bring_up()
    assert len(told) == 3
    inspector.quality_bitmask = "none"
    assert numbers.texts(inspector.aperture)["snr"] == "…"  # of other cadences
    numbers.bring_up()
    assert len(told) == 5


def test_no_depth_without_a_window_and_none_of_another(inspector, numbers):
    assert numbers.columns == [name for name in HEADINGS if name != "depth"]
    time = inspector.time
    inspector.window = float(time[80]), float(time[90])
    assert numbers.columns == list(HEADINGS)
    mask = inspector.apertures["B"]
    assert numbers.texts(mask)["depth"] == "…" and not numbers.depths()
    inspector.answer = inspector.diagnosis
    numbers.bring_up()
    depth, error, level = inspector.diagnosis.depth_in(mask)
    found = numbers.depths()["B"]
    assert (found.depth, found.depth_err, found.level) == (depth, error, level)
    assert found.pixels == int(mask.sum()) and set(numbers.depths()) == {"A", "B"}
    assert "±" in numbers.texts(mask)["depth"] and numbers.texts(mask)["depth"].endswith(" ppm")
    inspector.answer = None
    assert numbers.texts(mask)["depth"] == "…" and not numbers.depths()


def test_what_cannot_be_measured_says_so(tpf, told):
    inspector = Inspector(tpf.assign(flux=tpf["flux"] * 0 + 100))
    numbers = ApertureNumbers(inspector, lambda: told.append(1))
    inspector.set_aperture("empty")
    numbers.bring_up()
    texts = numbers.texts(inspector.aperture)
    assert texts["flux"] == "none"
    assert {texts[name] for name in ("share", "crowd", "snr", "scatter")} == {"not measurable"}
