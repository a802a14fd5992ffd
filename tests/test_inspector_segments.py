"""Several files of one target as one: times, masks, events and offsets, without a display."""

import numpy as np
import param
import pytest
from segmentparts import DURATION, EAST, NORTH, PERIOD, T0, quarter

import tpfdash
from tpfdash import Ephemeris, Inspector, Segments, find_events, stitch
from tpfdash.errors import TPFError
from tpfdash.stamp.carry import mask_by_sky


@pytest.fixture(scope="module")
def tpfs():
    return [quarter(6, depth=0.2), quarter(7, 90, depth=0.2)]


@pytest.fixture
def segments(tpfs):
    return Segments(tpfs[::-1])


def test_files_and_inspectors_by_name_in_order_of_time(tpfs):
    own = Inspector(tpfs[1], aperture="all", quality_bitmask="hard")
    segments = Segments([own, tpfs[0]])
    assert list(segments) == ["Q6", "Q7"] and len(segments) == 2
    assert segments["Q7"] is own and segments["Q6"].tpf is tpfs[0]
    assert segments.name_of(tpfs[1]) == "Q7" and segments.name_of(tpfs[1].copy()) is None
    assert repr(segments) == "<Segments Q6, Q7>"


def test_a_second_file_of_a_quarter_has_a_number(tpfs):
    segments = Segments([tpfs[0], tpfs[0].isel(time=slice(100, None))])
    assert list(segments) == ["Q6", "Q6 (2)"]


def doubled(lightcurve):
    flux = lightcurve["flux"]
    return lightcurve.assign(flux=flux.copy(data=2 * flux.values))


def test_the_light_curve_is_that_of_each_with_its_own_choices(segments):
    segments["Q6"].set_aperture("all")
    segments["Q7"].transform = doubled
    segments["Q7"].tpf["quality"].values[5] = 1 << 16
    try:
        segments["Q7"].quality_bitmask = 1 << 16
        parts = [segments[name] for name in segments]
        right = stitch([each.lightcurve for each in parts], good=[each.good for each in parts])
        np.testing.assert_array_equal(segments.lightcurve["flux"], right["flux"])
        assert segments.lightcurve.attrs["segments"][1]["name"] == "Q7"
        assert list(np.flatnonzero(~segments.good)) == [605]
        assert segments.lightcurve is segments.lightcurve
        segments.rule = "level"
        np.testing.assert_allclose(segments.lightcurve["flux"][:600], parts[0].lightcurve["flux"])
    finally:
        segments["Q7"].tpf["quality"].values[5] = 0


def test_those_who_watch_are_told_of_a_change_in_any(segments):
    told = []
    segments.param.watch(told.append, "members")
    before = segments.lightcurve, segments.good
    assert segments.is_now(*before)
    segments["Q7"].set_aperture("all")
    assert len(told) == 1 and not segments.is_now(*before)
    segments["Q7"].undo()
    assert len(told) == 2 and segments.is_now(*before)
    segments["Q6"].cadence = 9
    assert len(told) == 2


def test_another_inspector_of_a_file_takes_its_place(segments, tpfs):
    other = Inspector(tpfs[0], aperture="all")
    segments.put(other)
    assert list(segments) == ["Q6", "Q7"] and segments["Q6"] is other
    segments.put(other)
    segments.put(Inspector(quarter(5, n=50)))
    assert list(segments) == ["Q5", "Q6", "Q7"]


def test_a_time_belongs_to_a_segment_and_a_cadence(segments, tpfs):
    time = tpfs[1]["time"].values
    assert segments.at(time[30] + 0.004) == ("Q7", 30)
    assert segments.at(0.0) == ("Q6", 0) and segments.at(1e6) == ("Q7", 599)
    assert segments.where(601) == ("Q7", 1)
    assert segments.time_of("Q7", 30) == time[30]
    assert segments.span_of("Q7") == (time[0], time[-1])
    with pytest.raises(TPFError, match="no cadence 1200"):
        segments.where(1200)
    segments["Q7"].quality_bitmask = "default"
    segments["Q7"].tpf["time"].values[30], kept = np.nan, time[30]
    try:
        assert Segments(tpfs).at(kept) in (("Q7", 29), ("Q7", 31))
    finally:
        segments["Q7"].tpf["time"].values[30] = kept


def test_another_clock_is_converted(tpfs):
    later = tpfs[1].assign_attrs(time_reference=tpfs[1].attrs["time_reference"] + 100)
    later = later.assign_coords(time=tpfs[1]["time"] - 100)
    segments = Segments([later, tpfs[0]])
    assert list(segments) == ["Q6", "Q7"]
    right = tpfs[1]["time"].values
    np.testing.assert_allclose(segments.lightcurve["time"][600:], right)
    assert segments.time_of("Q7", 3) == pytest.approx(right[3])
    assert segments.at(right[3]) == ("Q7", 3)

    class Timed(Inspector):
        ephemeris = param.Parameter()

    segments.put(Timed(segments["Q7"].tpf))
    segments.give_ephemeris(Ephemeris(PERIOD, T0))
    assert segments["Q7"].ephemeris == Ephemeris(PERIOD, T0 - 100)


def test_masks_are_proposed_by_the_sky_and_undone_in_each(segments, tpfs):
    mask = np.zeros((11, 11), dtype=bool)
    mask[4:7, 4] = mask[6, 5:8] = True
    segments["Q6"].aperture = mask
    before = segments["Q7"].aperture
    said = segments.propose_masks("Q6")
    assert list(said) == ["Q7"] and said["Q7"].startswith("By its place on the sky 6 px become")
    carried = mask_by_sky(mask, tpfs[0], tpfs[1]).mask
    np.testing.assert_array_equal(segments["Q7"].aperture, carried)
    assert not np.array_equal(carried, mask)
    segments["Q7"].undo()
    np.testing.assert_array_equal(segments["Q7"].aperture, before)
    assert not segments["Q7"].can_undo


def test_what_cannot_be_given_a_mask_keeps_its_own(segments):
    blind = quarter(9, n=50).assign_attrs(wcs="")
    segments.put(Inspector(blind))
    corner = np.zeros((11, 11), dtype=bool)
    corner[0, 10] = True
    small = quarter(10, n=50).isel(row=slice(3, 8), col=slice(3, 8))
    segments.put(Inspector(small))
    before = {name: segments[name].aperture for name in ("Q9", "Q10")}
    segments["Q6"].aperture = corner
    said = segments.propose_masks("Q6")
    assert "not usable" in said["Q9"] and "its own stays" in said["Q10"]
    for name, mask in before.items():
        assert segments[name].aperture is mask
    segments["Q6"].set_aperture("empty")
    with pytest.raises(TPFError, match="aperture of Q6 is empty"):
        segments.propose_masks("Q6")


def test_each_has_its_own_events(segments):
    shares = []
    found = segments.find_events(progress=lambda done, total: shares.append(done / total))
    assert shares == sorted(shares) and shares[-1] == 1
    segments.give_events(found)
    for name in segments:
        each = segments[name]
        alone = find_events(each.lightcurve, good=each.good)
        assert each.events is found[name] and list(alone) == list(each.events)
        assert len(alone) == 4


def test_offsets_are_joined_with_each_ones_mask(segments):
    made = segments.join_offsets(Ephemeris(PERIOD, T0, DURATION))
    assert [part.name for part in made.parts] == ["Q6", "Q7"] and made.agree
    assert np.hypot(*np.subtract(made.offset, (EAST, NORTH))) < 0.5
    best = tpfdash.box_periodogram(segments.lightcurve, good=segments.good, periods=(2, 5)).best
    assert abs(best.period - PERIOD) < 4 * best.period_err


def test_what_is_said_of_each(segments):
    facts = segments.describe("Q7")
    each = segments["Q7"]
    assert facts["begin"] == 560.0 and facts["kept"] == facts["cadences"] == 600
    assert facts["pixels"] == each.aperture.sum()
    assert facts["level"] == pytest.approx(np.median(each.flux))
    error = float(np.median(each.lightcurve["flux_err"]))
    assert facts["scatter"] == pytest.approx(1e6 * error / facts["level"], rel=0.2)
    each.set_aperture("empty")
    assert np.isnan(segments.describe("Q7")["level"])
    with pytest.raises(TPFError, match="Q7 has no cadence with a flux"):
        segments.lightcurve


def test_what_makes_no_sense(tpfs):
    with pytest.raises(TPFError, match="no files"):
        Segments([])
    with pytest.raises(TPFError, match="was given a Dataset"):
        Segments(tpfs[0])
    with pytest.raises(TPFError, match="q7.*is not of the target of.*q6"):
        Segments([tpfs[0], tpfs[1].assign_attrs(id="2", ra=10.0)])
    with pytest.raises(TPFError, match="no cadence with a time"):
        Segments([tpfs[0].assign_coords(time=tpfs[0]["time"] * np.nan)])
    with pytest.raises(TPFError, match="rule is 'mode'"):
        Segments(tpfs, rule="mode")
    with pytest.raises(TPFError, match="no segment 'Q1'"):
        Segments(tpfs)["Q1"]
    with pytest.raises(TPFError, match="time_range is 5"):
        Segments(tpfs, time_range=5)
