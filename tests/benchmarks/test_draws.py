"""What is drawn to score with: on simulated files, against what was injected."""

import numpy as np
import pytest

from tests.benchmarks import diagnosis, draws
from tpfdash.simulate import CosmicRay, Drift, Star, inject, simulate_tpf


@pytest.fixture(scope="module", params=["Kepler", "TESS"])
def tpf(request):
    stars = [Star(4.2, 4.4, magnitude=9.5 if request.param == "TESS" else 12.5)]
    return simulate_tpf(
        request.param,
        n_cadences=1500,
        shape=(9, 9),
        stars=[*stars, Star(7, 1.5, magnitude=14)],
        motion=Drift(0.05, 0.02),
        columns=("flux", "flux_err", "flux_bkg"),
    )


@pytest.mark.parametrize("kind", draws.CLASSES)
def test_an_event_is_as_strong_as_wanted_and_within_its_window(tpf, kind):
    kept = tpf["flux"].values.copy()
    drawn = [draws.draw(kind, tpf, np.random.default_rng(seed), 12.0) for seed in (3, 3, 4)]
    (one, window, truth), (two, *_), (other, *_) = drawn
    np.testing.assert_array_equal(tpf["flux"].values, kept)
    np.testing.assert_array_equal(one["flux"].values, two["flux"].values)
    assert (one["flux"].values != other["flux"].values).any()
    assert truth["kind"] == kind and 9 < truth["snr"] < 16
    np.testing.assert_array_equal(one["quality"].values, tpf["quality"].values)
    first, stop = truth["cadences"]
    changed = (one["flux"].values != kept).any(axis=(1, 2))
    assert changed[first:stop].mean() > 0.5
    length, cadence = truth["times"][1] - truth["times"][0], np.diff(tpf["time"].values[:2])[0]
    assert window[0] < window[1]
    assert np.abs(np.subtract(window, truth["times"])).max() <= 0.1 * length + 1.01 * cadence
    assert (truth["position"] is None) == (
        kind in ("column_or_row", "rolling_band", "pointing", "systematic", "background")
    )
    if kind == "on_target":
        corner = tpf["row"].values[0], tpf["col"].values[0]
        np.testing.assert_allclose(np.subtract(truth["position"], corner), [4.2, 4.4], atol=0.1)


def test_the_snr_of_a_box_in_white_noise_is_that_of_theory():
    """Sigma sqrt(1/n + 1/2n) of n cadences and two flanks, as well as some 80 places tell it."""
    noise = np.random.default_rng(1).normal(scale=3.0, size=(5000, 5, 5)).astype("f4")
    tpf = simulate_tpf("Kepler", n_cadences=5000, shape=(5, 5), noise=False, motion=Drift())
    tpf["flux"].values[...] += noise
    file = draws._File(tpf)
    signal = np.zeros((5, 5, 5000))
    signal[2, 2, 1000:1020] = -7.0
    expected = 7 / (3 * np.sqrt(1 / 20 + 1 / 40))
    assert draws.event_snr(file, signal, 1000, 1020, False) == pytest.approx(expected, rel=0.12)
    pixels = file.aperture.sum()
    assert draws.event_snr(file, signal, 1000, 1020, True) == pytest.approx(
        expected / np.sqrt(pixels), rel=0.12
    )


def test_quiet_windows_hold_no_event(tpf):
    """Of strong rays, in every 20th cadence, none is in any of them."""
    time = tpf["time"].values
    rays = [CosmicRay(time[n], [(4, 4)], 1e5) for n in range(300, 1200, 20)]
    loud = inject(tpf, rays, flags=False)
    rng = np.random.default_rng(5)
    struck = np.zeros(time.size, dtype=bool)
    struck[300:1200:20] = True
    for _ in range(40):
        t0, t1 = draws.quiet_window(loud, rng)
        inside = (time >= t0) & (time <= t1)
        assert 1 <= inside.sum() <= 32
        assert not struck[inside].any()


def events(*said):
    return [
        {"kind": kind, "verdict": verdict, "snr": 20, "mission": "K2", "confidence": confidence}
        for kind, verdict, confidence in said
    ]


def test_scores_are_recall_precision_and_f1():
    found, macro = diagnosis.scores(
        events(
            ("on_target", "on_target", 1),
            ("on_target", "neighbour", 1),
            ("neighbour", "neighbour", 1),
            ("neighbour", "inconclusive", 1),
            ("neighbour", "neighbour", 1),
        )
    )
    assert found["on_target"] == (0.5, 1.0, pytest.approx(2 / 3), 2)
    assert found["neighbour"] == pytest.approx((2 / 3, 2 / 3, 2 / 3, 3))
    assert macro == pytest.approx(2 / 3)


def test_the_calibration_error_is_the_mean_gap_between_confidence_and_success():
    rows, error = diagnosis.reliability(
        events(
            ("pointing", "pointing", 0.95),
            ("pointing", "background", 0.95),
            ("pointing", "pointing", 0.55),
            ("pointing", "inconclusive", 0.99),
        )
    )
    assert error == pytest.approx((2 * 0.45 + 0.45) / 3)
    assert [row[1] for row in rows] == [1, 2]
