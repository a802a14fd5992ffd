"""The table of stars that a diagnosis chooses among: moved to the file's epoch, aligned or not."""

import numpy as np
import pytest
from astropy.table import Table
from starparts import CORNER, IDS, STARS, gaia

from tpfdash import diagnose
from tpfdash.diagnosis.catalogue import StarTable
from tpfdash.simulate import Star, Transit, simulate_tpf
from tpfdash.stamp.stars import place_stars, shifted

RIDE = np.random.default_rng(4).normal((0.3, -0.2), 0.01, (400, 2))


@pytest.fixture(scope="module")
def tpf():
    """A transit of the third star, in a file whose stars ride off the WCS."""
    return simulate_tpf(
        "TESS",
        n_cadences=400,
        corner=CORNER,
        start=1680.0,
        stars=[Star(row, col, magnitude=g) for row, col, g, *_ in STARS],
        events=[Transit(star=2, period=None, epoch=1680.28, duration=0.1, depth=0.4)],
        motion=RIDE,
        seed=2,
    )


def places(read):
    return dict(zip(read.names, np.round(read.places, 3).tolist(), strict=True))


def test_catalogue_positions_are_moved_to_the_file(tpf):
    source = gaia(tpf)
    read = StarTable.read(source, tpf)
    assert read.by_wcs
    for number, (row, col, *_) in zip(IDS, STARS, strict=True):
        assert places(read)[str(number)] == pytest.approx((row, col), abs=2e-3)
    still = source.copy()
    still.remove_column("ref_epoch")  # then it is taken to be of the file's epoch
    first = places(StarTable.read(still, tpf))[str(IDS[0])]
    assert np.hypot(*np.subtract(first, STARS[0][:2])) > 0.1


@pytest.mark.parametrize("shift", [None, (0.3, -0.2)])
def test_placed_stars_go_straight_into_a_diagnosis(tpf, shift):
    stars = place_stars(tpf, gaia(tpf))
    stars = stars if shift is None else shifted(stars, shift)
    found = diagnose(tpf, (1680.23, 1680.33), stars=stars)
    named = found.stars[0]
    assert named["name"].endswith(str(IDS[2]))
    assert named["probability"] > 0.5
    # The star's own place, its ride included, whatever shift the table has.
    place = np.add(STARS[2][:2], CORNER) + np.median(RIDE, axis=0)
    assert np.hypot(named["row"] - place[0], named["col"] - place[1]) < 0.15


def test_the_first_column_with_magnitudes_counts(tpf):
    stars = place_stars(tpf, gaia(tpf))
    stars["magnitude"] = np.nan
    read = StarTable.read(stars, tpf)
    assert np.isfinite(read.magnitudes).sum() >= 4


def test_somebodys_own_pixels_do_not_ride(tpf):
    table = Table({"row": [505.0], "col": [305.0], "mag": [10.0]})
    read = StarTable.read(table, tpf)
    assert not read.by_wcs and read.places.tolist() == [[5.0, 5.0]]
