"""Arguments of both periodograms, and the periods of real planets."""

import numpy as np
import pytest
import xarray as xr

import tpfdash
from tpfdash import TPFError, aperture_photometry, box_periodogram, open_tpf, sine_periodogram
from tpfdash.stamp.masks import default_mask

N = 1200
TIME = 100 + np.arange(N) * 0.0204


def curve(seed=1, depth=0.0, period=2.3, wave=0.0):
    flux = 1 + np.random.default_rng(seed).normal(0, 1e-3, N)
    flux -= depth * (np.abs((TIME - 101 + period / 2) % period - period / 2) < 0.08)
    flux += wave * np.cos(2 * np.pi * (TIME - 101) / period)
    return xr.Dataset({"flux": ("time", 1e4 * flux)}, coords={"time": ("time", TIME)})


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name, period, events, depth",
    [
        ("kplr006922244-2009166043257_lpd-targ.fits", 3.52249913, 10, 9.3e-3),  # Kepler-8 b
        ("kplr011904151-2010009091648_lpd-targ.fits", 0.83749026, 25, 1.9e-4),  # Kepler-10 b
    ],
)
def test_planets_come_out_of_their_files(data_file, name, period, events, depth):
    """With nothing said but the light curve: periods as the Kepler mission has them."""
    tpf = open_tpf(data_file(name))
    made = box_periodogram(aperture_photometry(tpf, default_mask(tpf)))
    best = made.best
    assert best.period == pytest.approx(period, abs=1e-3)
    assert abs(best.period - period) < 4 * best.period_err
    assert best.depth == pytest.approx(depth, rel=0.15)
    (peak,) = made.peaks(1)
    assert peak.n_events == events
    assert made.words.startswith(f"The strongest period is {best.period:.5g} d")
    assert made.detrended > 3 * made.durations.max() and made.relative


@pytest.mark.realdata
def test_a_single_transit_has_no_period(data_file):
    """TOI-813's one transit in this sector does not repeat."""
    tpf = open_tpf(data_file("tic55525572_s5_tp.fits.gz"))
    made = box_periodogram(aperture_photometry(tpf, default_mask(tpf)))
    assert made.binned > 1
    assert made.peaks(1)[0].strength < 7.1
    assert made.single_event == pytest.approx(1454.67, abs=0.2)
    assert made.words.startswith("A single event, at 1454.")


@pytest.mark.parametrize("function", [box_periodogram, sine_periodogram])
def test_progress_is_told_and_can_stop_it(function):
    told = []
    function(curve(), progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told) and len(told) >= 1
    assert told[-1][0] == told[-1][1] and len({total for _, total in told}) == 1

    class Stopped(Exception):
        pass

    def stop(done, total):
        raise Stopped

    with pytest.raises(Stopped):
        function(curve(), progress=stop)


def test_only_time_and_flux_are_needed():
    lightcurve = curve(depth=0.01)
    assert box_periodogram(lightcurve).best.period == pytest.approx(2.3, abs=1e-2)
    assert sine_periodogram(curve(wave=0.01)).best.period == pytest.approx(2.3, abs=1e-2)


@pytest.mark.parametrize("function", [box_periodogram, sine_periodogram])
@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"periods": (3, 1)}, "periods"),
        ({"periods": (100, 200)}, "spans"),
        ({"good": np.ones(3, bool)}, "good"),
        ({"good": np.zeros(N, bool)}, "0 cadences"),
        ({"max_points": 1}, "max_points"),
        ({"max_points": True}, "max_points"),
    ],
)
def test_what_makes_no_sense_is_said(function, arguments, words):
    with pytest.raises(TPFError, match=words):
        function(curve(), **arguments)


@pytest.mark.parametrize("durations", [0, [], [0.1, -1], "long", [[0.1]], 0.6, np.nan])
def test_durations_that_make_no_sense(durations):
    with pytest.raises(TPFError, match="duration"):
        box_periodogram(curve(), durations=durations)


def test_a_short_light_curve_has_no_default_range():
    with pytest.raises(TPFError, match="shortest period"):
        box_periodogram(curve().isel(time=slice(0, 40)))


def test_public_names():
    assert tpfdash.box_periodogram is box_periodogram
    assert tpfdash.sine_periodogram is sine_periodogram
