"""QUALITY of simulated events, against the missions' own tables of bits."""

import numpy as np
import pytest

from tests.test_simulate_artefacts import when
from tpfdash.missions import get_mission
from tpfdash.simulate import (
    Argabrightening,
    AttitudeTweak,
    CollateralRay,
    CosmicRay,
    Drift,
    Flare,
    Jitter,
    MovingObject,
    RollingBand,
    ScatteredLight,
    SensitivityDropout,
    ThrusterFiring,
    simulate_tpf,
)

N = 60


def flagged(event, mission="Kepler", **arguments):
    """A stamp of 5 x 5 pixels whose optimal aperture is its middle pixel, and an event in it."""
    aperture = np.zeros((5, 5), dtype=bool)
    aperture[2, 2] = True
    return simulate_tpf(
        mission,
        n_cadences=N,
        shape=(5, 5),
        start=540.0,
        motion=Drift(),
        aperture=aperture,
        events=[event],
        **arguments,
    )


def at(cadence, mission):
    return when(cadence) if mission != "TESS" else 540.0 + cadence * 120 / 86400


@pytest.mark.parametrize("mission", ["Kepler", "K2", "TESS"])
@pytest.mark.parametrize(
    "make, names, last",
    [
        (lambda t, u: AttitudeTweak(t, 0.1, 0), ["attitude tweak"], 20),
        (
            lambda t, u: ThrusterFiring(t, 0.1, 0),
            {"K2": ["thruster firing"], "Kepler": ["desaturation event"]},
            20,
        ),
        (
            lambda t, u: Jitter(t, u, 0.1),
            {"TESS": ["coarse point"], "Kepler": ["coarse point", "no fine point"]},
            23,
        ),
        (lambda t, u: CosmicRay(t, [(2, 2)], 50), ["cosmic ray in optimal aperture"], 20),
        (lambda t, u: CosmicRay(t, [(1, 2)], 50), [], 20),
        (lambda t, u: CollateralRay(t, "row", 0, 50), ["cosmic ray in collateral data"], 20),
        (
            lambda t, u: Argabrightening(t, u, 50),
            {"TESS": ["argabrightening"], "Kepler": ["argabrightening on CCD"]},
            23,
        ),
        (lambda t, u: ScatteredLight(t, u, 50), {"TESS": ["scattered light"], "Kepler": []}, 23),
        (
            lambda t, u: SensitivityDropout(t, [(2, 2)], 0.5),
            {"TESS": ["discontinuity corrected"], "Kepler": ["sudden sensitivity dropout"]},
            20,
        ),
        (lambda t, u: SensitivityDropout(t, [(2, 1)], 0.5), [], 20),
        (lambda t, u: Flare(0, t, 0.5, 0, 0.1), [], 20),
        (lambda t, u: MovingObject(t, 2, 2, 1, 1, 500), [], 20),
    ],
)
def test_flags_are_those_of_the_table(make, names, last, mission):
    tpf = flagged(make(at(20, mission), at(23, mission)), mission)
    if isinstance(names, dict):  # what the others have is Kepler's
        names = names.get(mission, names["Kepler"])
    bits = {name: bit for bit, name in get_mission(mission).quality_flags.items()}
    expected = np.zeros(N, dtype=int)
    expected[20 : last + 1] = sum(bits[name] for name in names)
    np.testing.assert_array_equal(tpf["quality"].values, expected)


def test_a_known_rolling_band_has_levels_and_flags():
    band = dict(start=when(10), stop=when(40), row=2, height=0.5, flux=20)
    tpf = flagged(RollingBand(**band))
    level = tpf["rb_level"].values[..., 0]
    assert tpf["rb_level"].dims == ("time", "row", "rb_duration")
    assert level[25].argmax() == 2 and not level[:9].any() and not level[42:].any()
    # 20 counts of 110 e- in 1625 s are level 1.
    assert level.max() == pytest.approx(20 / (20 * 110 / 1625.346), rel=0.01)
    seen, optimal = (level > 1).any(axis=1), level[:, 2] > 1
    np.testing.assert_array_equal(tpf["quality"].values & 262144 > 0, seen)
    np.testing.assert_array_equal(tpf["quality"].values & 131072 > 0, optimal)
    assert optimal.any()
    for tpf in (flagged(RollingBand(**band, known=False)), flagged(RollingBand(**band), "TESS")):
        assert "rb_level" not in tpf and not tpf["quality"].values.any()


def test_flags_can_be_withheld():
    event = CosmicRay(when(20), [(2, 2)], 50)
    assert not flagged(event, flags=False)["quality"].values.any()
