"""Masks carried by the sky: between stamps that are shifted, turned, and of other pixels."""

import numpy as np
import pytest
from astropy.wcs import WCS

from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.stamp.carry import mask_by_sky
from tpfdash.stamp.masks import pipeline_mask
from tpfdash.stamp.sky import wcs_header, wcs_text

SHAPE = (11, 11)


def stamp(row=5.0, col=5.0, shape=SHAPE, turn=0, moved=(0.0, 0.0), **arguments):
    """A stamp with its target at (row, col), its camera turned by so many degrees."""
    tpf = simulate_tpf(
        "Kepler",
        n_cadences=3,
        shape=shape,
        stars=[Star(row, col, flux=1e4)],
        motion=np.tile(moved, (3, 1)),
        **arguments,
    )
    header = wcs_header(tpf.attrs, (int(tpf["row"][0]), int(tpf["col"][0])))
    wcs = WCS(header)
    turned = WCS(naxis=2)
    turned.wcs.ctype, turned.wcs.crval = list(wcs.wcs.ctype), wcs.wcs.crval
    sky = wcs.all_world2pix([[tpf.attrs["ra"], tpf.attrs["dec"]]], 0)[0]
    np.testing.assert_allclose(sky, [col, row], atol=1e-3)
    turned.wcs.crval = [tpf.attrs["ra"], tpf.attrs["dec"]]
    turned.wcs.crpix = [col + 1, row + 1]
    angle = np.radians(turn)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned.wcs.cd = rotation @ np.diag([-3.98, 3.98]) / 3600
    tpf.attrs |= {"wcs": wcs_text(turned), "ra": 290.0, "dec": 44.0}
    turned.wcs.crval = [290.0, 44.0]
    tpf.attrs["wcs"] = wcs_text(turned)
    return tpf


def mask_of(*pixels, shape=SHAPE):
    mask = np.zeros(shape, dtype=bool)
    for pixel in pixels:
        mask[pixel] = True
    return mask


LETTER = mask_of((4, 5), (5, 5), (6, 5), (6, 6), (5, 7))


def test_onto_itself():
    tpf = stamp()
    made = mask_by_sky(LETTER, tpf, tpf)
    np.testing.assert_array_equal(made.mask, LETTER)
    np.testing.assert_allclose(made.covered, LETTER, atol=1e-9)
    assert made.outside == 0 and made.words == "By its place on the sky 5 px become 5."
    assert not made.mask.flags.writeable


def test_shifted_by_whole_pixels():
    made = mask_by_sky(LETTER, stamp(), stamp(6.0, 3.0, corner=(700, 20)))
    np.testing.assert_array_equal(made.mask, np.roll(LETTER, (1, -2), axis=(0, 1)))


@pytest.mark.parametrize("turn, quarters", [(90, 1), (180, 2), (270, 3)])
def test_turned_as_kepler_is_from_quarter_to_quarter(turn, quarters):
    made = mask_by_sky(LETTER, stamp(), stamp(turn=turn))
    turned = [np.rot90(LETTER, k) for k in (quarters, -quarters)]
    assert any(np.array_equal(made.mask, each) for each in turned)
    assert made.outside == 0
    back = mask_by_sky(made.mask, stamp(turn=turn), stamp())
    np.testing.assert_array_equal(back.mask, LETTER)


def test_turned_by_45_degrees_its_area_stays():
    square = np.zeros(SHAPE, dtype=bool)
    square[3:8, 3:8] = True
    made = mask_by_sky(square, stamp(), stamp(turn=45))
    assert made.covered.sum() == pytest.approx(25, abs=1e-9)
    assert abs(made.mask.sum() - 25) <= 4 and made.mask[5, 5]
    np.testing.assert_array_equal(made.mask, made.mask.T)


def test_the_stars_ride_is_in_it():
    made = mask_by_sky(LETTER, stamp(), stamp(moved=(1.0, -1.0)))
    np.testing.assert_array_equal(made.mask, np.roll(LETTER, (1, -1), axis=(0, 1)))


def test_what_lies_outside_is_said():
    made = mask_by_sky(LETTER, stamp(), stamp(row=-0.4, col=5.0, shape=(4, 11)))
    assert made.outside == pytest.approx(0.5, abs=0.25) and made.mask.any()
    assert "of the mask lies outside this stamp" in made.words
    gone = mask_by_sky(mask_of((10, 10)), stamp(), stamp(row=0.0, col=0.0, shape=(3, 3)))
    assert not gone.mask.any() and gone.outside == 1


def test_a_pixel_that_falls_between_pixels_is_not_lost():
    made = mask_by_sky(mask_of((5, 5)), stamp(), stamp(5.5, 5.5))
    assert made.mask.sum() == 4 and made.covered.max() == pytest.approx(0.25)


def test_what_cannot_be_carried():
    tpf = stamp()
    with pytest.raises(TPFError, match="mask is empty"):
        mask_by_sky(np.zeros(SHAPE, dtype=bool), tpf, tpf)
    with pytest.raises(TPFError, match="shape"):
        mask_by_sky(np.ones((3, 3), dtype=bool), tpf, tpf)
    without = tpf.assign_attrs(wcs="", source="b.fits")
    with pytest.raises(TPFError, match="of b.fits, .*not usable"):
        mask_by_sky(LETTER, tpf, without)


@pytest.mark.realdata
def test_a_real_pipeline_aperture_onto_a_cut_of_its_file(data_file):
    tpf = open_tpf(data_file("tic55525572_s5_tp.fits.gz"))
    mask = pipeline_mask(tpf)
    cut = tpf.isel(row=slice(2, 10), col=slice(1, 9))
    np.testing.assert_array_equal(mask_by_sky(mask, tpf, cut).mask, mask[2:10, 1:9])
