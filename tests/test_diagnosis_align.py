"""One shift between a catalogue's stars and those seen: known offsets, real files."""

import numpy as np
import pytest
from astropy.table import Table

from tpfdash.diagnosis.align import align
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.stamp.pointing import usual_motion
from tpfdash.stamp.sky import to_sky
from tpfdash.stamp.stars import place_stars, shifted

STARS = [(5.2, 4.9, 10.0), (2.1, 7.8, 11.5), (8.4, 2.2, 12.0), (9.1, 9.3, 12.5), (12.6, 5.0, 9.0)]


def field(mission="TESS", *, offset=(0.0, 0.0), zero=0.0, **arguments):
    """A simulated stamp, and its stars as a catalogue whose sky is off by some pixels."""
    stars = [Star(row, col, magnitude=m + zero) for row, col, m in STARS]
    arguments = {"n_cadences": 40, "corner": (500, 300), "seed": 3} | arguments
    tpf = simulate_tpf(mission, stars=stars, **arguments)
    rows, cols, magnitudes = np.array(STARS).T
    ra, dec = to_sky(tpf, rows + 500 - offset[0], cols + 300 - offset[1])
    table = Table({"ra": ra, "dec": dec, "magnitude": magnitudes + zero})
    table["epoch"] = 2000.0
    return tpf, table


@pytest.mark.parametrize("offset", [(0, 0), (0.6, -0.35), (-1.8, 1.4)])
@pytest.mark.parametrize(("mission", "zero"), [("TESS", 0.0), ("Kepler", 3.0)])
def test_a_known_offset_is_found(mission, zero, offset):
    tpf, table = field(mission, offset=offset, zero=zero, motion=np.zeros((40, 2)))
    found = align(tpf, table)
    assert found.shift == pytest.approx(offset, abs=0.04)
    assert max(found.error) < 0.1 and found.explained > 0.95
    assert found.scale == pytest.approx(1, rel=0.15)
    assert found.stars in (4, 5)  # one may be off the stamp


def test_the_ride_of_the_stars_is_no_offset():
    ride = np.full((40, 2), (0.5, -0.4))
    tpf, table = field(motion=ride, offset=(0.2, 0.1))
    assert align(tpf, table).shift == pytest.approx((0.2, 0.1), abs=0.04)


def test_a_shift_is_reversible_and_found_again_whole():
    tpf, table = field(offset=(0.6, -0.35))
    placed = place_stars(tpf, table)
    found = align(tpf, placed)
    there = shifted(placed, found.shift)
    assert there["row"] == pytest.approx(placed["row"] + found.shift[0])
    assert align(tpf, there).shift == pytest.approx(found.shift, abs=1e-6)  # where a fit ends
    back = shifted(there, (0, 0))
    assert back["row"] == pytest.approx(placed["row"], abs=1e-9)
    assert back.meta["shift"] == placed.meta["shift"] == (0.0, 0.0)
    assert "+0.6" in found.words and "-0.3" in found.words


def test_a_variable_and_a_missing_star_do_not_pull():
    tpf, table = field(offset=(0.4, 0.4))
    table["magnitude"][1] += 1.0
    assert align(tpf, table[:4]).shift == pytest.approx((0.4, 0.4), abs=0.1)


def test_what_cannot_be_aligned_says_so():
    tpf, table = field()
    with pytest.raises(TPFError, match="none of known brightness"):
        align(tpf, table[:0])
    dark = table.copy()
    dark["magnitude"] = np.nan
    with pytest.raises(TPFError, match="none of known brightness"):
        align(tpf, dark)
    blank = tpf.assign(flux=tpf["flux"] * 0 + np.random.default_rng(1).normal(0, 5, (11, 11)))
    with pytest.raises(TPFError, match="not what is seen"):
        align(blank, table)
    with pytest.raises(TPFError, match="not usable"):
        align(tpf.assign_attrs(wcs=""), table)
    with pytest.raises(TPFError, match="have light"):
        align(tpf.assign(flux=tpf["flux"] * np.nan), table)


def test_an_offset_beyond_belief_is_refused():
    tpf, table = field()
    rows, cols, magnitudes = np.array(STARS[:1]).T
    ra, dec = to_sky(tpf, rows + 500 + 2.9, cols + 300)
    with pytest.raises(TPFError, match="cannot be aligned"):
        align(tpf, Table({"ra": ra, "dec": dec, "mag": magnitudes, "epoch": [2000.0]}))


# Their stars as fitted by an elliptical Gaussian on the median frame (tests/test_stamp_sky.py).
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "star"),
    [
        ("tess-sip_tpf2.fits", (888.902, 1078.376)),
        ("tess25155310-s01-first-cadences.fits.gz", (393.325, 1623.819)),
        ("tic55525572_s5_tp.fits.gz", (795.158, 978.663)),
        ("kplr006922244-2009166043257_lpd-targ.fits", (191.974, 676.685)),
    ],
)
def test_the_target_alone_is_aligned_to_the_star(data_file, name, star):
    tpf = open_tpf(data_file(name))
    attrs = tpf.attrs
    unit = 1.0 if attrs["mission"] == "TESS" else 1e3
    table = Table({"ra": [attrs["ra"]], "dec": [attrs["dec"]], "mag": [attrs["magnitude"]]})
    table["pmra"], table["pmdec"] = attrs["pmra"] * unit, attrs["pmdec"] * unit
    table["epoch"] = 2000.0
    placed = place_stars(tpf, table)
    found = align(tpf, placed)
    there = shifted(placed, found.shift)[0]
    off = np.hypot(*np.subtract(np.add((there["row"], there["col"]), usual_motion(tpf)), star))
    assert off < 0.15
    assert 0.5 < found.scale < 1.5
