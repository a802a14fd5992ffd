"""What crosses a stamp is found on the pixels, and nothing where nothing does."""

import numpy as np
import pytest

from tpfdash import find_crossings, open_tpf
from tpfdash.diagnosis.crossings import with_crossings
from tpfdash.errors import TPFError
from tpfdash.simulate import MovingObject, Star, Transit, simulate_tpf
from tpfdash.timeseries.events.found import CROSSING, FoundEvents
from tpfdash.timeseries.events.measure import unmeasured

MIDDLE = 3268.0
ASTEROID = MovingObject(MIDDLE, row=8.0, col=5.0, d_row=4.0, d_col=-40.0, flux=300.0)


def k2(*events, seed=1, **more):
    return simulate_tpf(
        "K2",
        n_cadences=600,
        shape=(10, 11),
        stars=[Star(4, 5, magnitude=12)],
        events=events,
        seed=seed,
        **more,
    )


def test_an_asteroid_beside_the_aperture_is_found_where_and_when_it_is():
    tpf = k2(ASTEROID)
    (found,) = find_crossings(tpf)
    assert found.kind == CROSSING and found.rank == 1
    assert found.start < MIDDLE < found.end and 0.05 < found.duration < 0.4
    time = tpf["time"].values
    assert (found.start, found.end) == (time[found.first], time[found.last])
    assert found.snr > 20
    assert abs(found.depth) < 5 * found.depth_err  # the aperture knows nothing of it


@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("mission", ["Kepler", "K2", "TESS"])
def test_nothing_crosses_a_stamp_with_a_star_that_is_transited(mission, seed):
    tpf = simulate_tpf(mission, n_cadences=900, shape=(9, 9), seed=seed)
    start = float(np.nanmin(tpf["time"].values))
    transits = Transit(0, 0.9, start + 0.3, 0.1, 0.05)
    tpf = simulate_tpf(mission, n_cadences=900, shape=(9, 9), seed=seed, events=[transits])
    assert not len(find_crossings(tpf))


def test_short_cadences_are_put_together():
    tpf = simulate_tpf("TESS", n_cadences=4000, shape=(11, 11), seed=4)
    start = float(tpf["time"].values[0])
    asteroid = MovingObject(start + 2.5, 5.0, 2.0, d_row=12.0, d_col=3.0, flux=60.0)
    made = simulate_tpf("TESS", n_cadences=4000, shape=(11, 11), seed=4, events=[asteroid])
    (found,) = find_crossings(made)
    assert found.start < start + 2.5 < found.end


def test_both_asteroids_of_campaign_4(data_file):
    tpf = open_tpf(data_file("ktwo210994964-c04_lpd-targ.fits.gz"))
    steps = []
    found = find_crossings(tpf, progress=lambda done, total: steps.append((done, total)))
    held = {row for event in found for row in range(event.first, event.last + 1)}
    assert {1216, 1218, 2570} <= held
    assert steps[0][0] == 0 and steps[-1] == (steps[-1][1], steps[-1][1])


def test_a_search_that_is_ended_ends():
    def stop(done, total):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        find_crossings(k2(ASTEROID), progress=stop)


def test_what_the_light_curve_shows_too_is_one_event():
    def event(start, end, snr, kind="dip"):
        known = {"snr": snr, "kind": kind}
        return type(unmeasured((start, end)))(**{**vars(unmeasured((start, end))), **known})

    found = FoundEvents([event(1, 2, 9.0), event(5, 6, 7.0)], {"min_snr": 6.0})
    crossings = [event(1.2, 1.9, 20.0, CROSSING), event(3, 4, 8.0, CROSSING)]
    every = with_crossings(found, crossings)
    assert [(one.start, one.kind, one.rank) for one in every] == [
        (1, "dip", 1),
        (3, CROSSING, 2),
        (5, "dip", 3),
    ]
    assert every.meta["min_snr"] == 6.0


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 5)])
def test_small_and_empty_stamps_have_none(shape):
    tpf = simulate_tpf("Kepler", n_cadences=80, shape=shape, seed=5)
    assert not len(find_crossings(tpf))
    assert not len(find_crossings(tpf.isel(time=slice(0, 4))))
    assert not len(find_crossings(tpf.assign(flux=tpf["flux"] * np.nan)))


def test_bad_arguments_are_refused(monkeypatch):
    tpf = k2()
    for good in (np.ones(3, dtype=bool), np.arange(600)):
        with pytest.raises(TPFError, match="good is an array"):
            find_crossings(tpf, good=good)
    with pytest.raises(TPFError, match="aperture"):
        find_crossings(tpf, np.ones((2, 2), dtype=bool))
    monkeypatch.setattr("tpfdash.diagnosis.crossings._MOST", 1000)
    with pytest.raises(TPFError, match="too many"):
        find_crossings(tpf)
