"""The aperture that is proposed: against simulated truth, every aperture, and the pipelines'."""

from itertools import combinations

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from scipy import ndimage

import tpfdash
from tpfdash.diagnosis.aperture import aperture_numbers, best_aperture
from tpfdash.errors import TPFError
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.stamp.masks import pipeline_mask
from tpfdash.stamp.prf import GaussianPRF
from tpfdash.stamp.sky import to_sky

PRF = GaussianPRF([(1.0, 0.7)])
STILL = np.zeros((30, 2))


def stamp(*stars, shape=(9, 9), **arguments):
    defaults = {"n_cadences": 30, "prf": PRF, "motion": STILL, "noise": False, "background": 0.0}
    return simulate_tpf(
        "TESS",
        shape=shape,
        stars=[Star(*place, flux=flux) for *place, flux in stars],
        **defaults | arguments,
    )


def shares(mask, *stars):
    """Of each star's light, e-/s in the mask."""
    return np.array([flux * PRF.images(mask.shape, r, c)[mask].sum() for r, c, flux in stars])


def test_of_one_star_the_numbers_are_true():
    star = (4.2, 3.9, 2000.0)
    best = best_aperture(stamp(star))
    assert best.mask[4, 4] and ndimage.label(best.mask)[1] == 1
    true = shares(best.mask, star)[0] / 2000
    assert best.flfrcsap == pytest.approx(true, abs=0.01) and true > 0.8
    assert best.crowdsap == pytest.approx(1, abs=0.01)
    assert best.source == "image" and f"{best.mask.sum()} pixels" in best.words
    assert not best.mask.flags.writeable


def test_no_other_set_of_pixels_is_much_better():
    """Of all sets of pixels about a faint star: the best of them has at most 1 % more S/N."""
    star = (2.2, 1.8, 60.0)
    tpf = stamp(star, shape=(5, 5))
    light = 60 * PRF.images((5, 5), *star[:2])[..., 0]
    error = np.median(tpf["flux_err"].values, axis=0)
    bright = [tuple(p) for p in np.argwhere(light > 0.6)]
    best = 0.0
    for size in range(1, len(bright) + 1):
        for pixels in combinations(bright, size):
            at = tuple(np.array(pixels).T)
            best = max(best, light[at].sum() / np.sqrt((error[at] ** 2).sum()))
    found = best_aperture(tpf, prf=PRF)
    own = light[found.mask].sum() / np.sqrt((error[found.mask] ** 2).sum())
    assert own > 0.99 * best and found.snr == pytest.approx(own, rel=0.03)


def test_a_neighbour_is_counted_and_kept_out():
    target, other = (4.0, 3.5, 1000.0), (4.3, 6.4, 1500.0)
    best = best_aperture(stamp(target, other))
    own, foreign = shares(best.mask, target, other)
    assert best.crowdsap == pytest.approx(own / (own + foreign), abs=0.03)
    assert best.flfrcsap == pytest.approx(own / 1000, abs=0.05)
    assert not best.mask[4, 6] and best.mask[4, 3] and best.mask[4, 4]
    wide = aperture_numbers(stamp(target, other), np.ones((9, 9), dtype=bool))
    assert wide.crowdsap == pytest.approx(0.4, abs=0.04) and wide.snr < best.snr


def test_a_catalogue_tells_a_blend_that_the_image_does_not():
    target, blend = (4.0, 4.0, 1000.0), (4.4, 5.1, 400.0)
    tpf = stamp(target, blend)
    mask = np.zeros((9, 9), dtype=bool)
    mask[3:6, 3:6] = True
    row, col = (np.array([star[n] for star in (target, blend)]) for n in (0, 1))
    ra, dec = to_sky(tpf, row + int(tpf["row"][0]), col + int(tpf["col"][0]))
    flux = np.array([target[2], blend[2]])
    stars = Table({"ra": ra, "dec": dec, "tmag": 20.44 - 2.5 * np.log10(flux)})
    own, foreign = shares(mask, target, blend)
    true = own / (own + foreign)
    blind = aperture_numbers(tpf, mask, prf=PRF)
    known = aperture_numbers(tpf, mask, stars=stars, prf=PRF)
    assert known.crowdsap == pytest.approx(true, abs=0.03)
    assert abs(blind.crowdsap - true) > 0.1
    assert known.source == "catalogue" and "1 catalogue star beside" in known.words
    best = best_aperture(tpf, stars=stars, prf=PRF)
    assert best.mask[4, 4] and best.crowdsap > true - 0.03


def test_where_the_pointing_rolls_the_aperture_is_wider():
    saw = (np.arange(300) / 12 % 1)[:, None] - 0.5
    found = [
        best_aperture(
            simulate_tpf(
                "K2",
                n_cadences=300,
                shape=(9, 9),
                stars=[Star(4.0, 4.0, flux=2000.0)],
                prf=PRF,
                motion=saw * roll,
            )
        )
        for roll in ([0.0, 0.0], [0.8, 0.6])
    ]
    still, rolling = found
    assert rolling.mask.sum() > still.mask.sum() and rolling.snr < still.snr


def test_what_gives_no_aperture():
    tpf = stamp((4.0, 4.0, 2000.0))
    with pytest.raises(TPFError, match="no target pixel file"):
        best_aperture(None)
    dark = tpf.copy(deep=True)
    dark["flux"].values[:] = np.random.default_rng(1).normal(0, 1, dark["flux"].shape)
    with pytest.raises(TPFError, match="no star stands out"):
        best_aperture(dark)
    dark["flux"].values[:] = np.nan
    with pytest.raises(TPFError, match="no pixel of this file has a flux"):
        best_aperture(dark)
    with pytest.raises(TPFError, match="one at least"):
        aperture_numbers(tpf, np.zeros((9, 9), dtype=bool))
    with pytest.raises(TPFError, match="shape"):
        aperture_numbers(tpf, np.ones((3, 3), dtype=bool))
    far = Table({"ra": [10.0], "dec": [-80.0], "tmag": [10.0]})
    with pytest.raises(TPFError, match="none with a place"):
        best_aperture(tpf, stars=far)


def test_files_without_errors_have_an_aperture_too():
    tpf = stamp((4.0, 4.0, 2000.0)).drop_vars("flux_err")
    assert best_aperture(tpf).mask[4, 4]


def test_it_is_public():
    assert tpfdash.best_aperture is best_aperture


#: File -> how far FLFRCSAP and CROWDSAP of the pipeline's aperture may be from the header's.
REAL = {
    "kplr006922244-2009166043257_lpd-targ.fits": (0.06, 0.01),
    "kplr011904151-2010009091648_lpd-targ.fits": (0.03, 0.02),
    "kplr005562784-2011271113734_lpd-targ.fits.gz": (0.03, 0.01),
    "test-tpf-kplr-tabby-100-cadences.fits": (0.03, 0.02),
    "ktwo210994964-c04_lpd-targ.fits.gz": (0.06, 0.01),
    "ktwo211983544-c18_lpd-targ.fits": (0.12, 0.01),
    "tess-sip_tpf2.fits": (0.03, 0.06),
    "tic55525572_s5_tp.fits.gz": (0.03, 0.02),
    "tess25155310-s01-first-cadences.fits.gz": (0.03, 0.04),
}


@pytest.mark.realdata
@pytest.mark.parametrize("name", REAL)
def test_the_pipelines_own_numbers(data_file, name):
    path = data_file(name)
    with fits.open(path) as hdus:
        flfrcsap, crowdsap = (hdus[1].header[key] for key in ("FLFRCSAP", "CROWDSAP"))
    tpf = tpfdash.open_tpf(path)
    pipelines = aperture_numbers(tpf, pipeline_mask(tpf))
    part, crowd = REAL[name]
    assert pipelines.flfrcsap == pytest.approx(flfrcsap, abs=part)
    assert pipelines.crowdsap == pytest.approx(crowdsap, abs=crowd)
    best = best_aperture(tpf)
    assert best.snr > 0.99 * pipelines.snr
    assert (best.mask & pipeline_mask(tpf)).sum() >= 0.5 * min(
        best.mask.sum(), pipeline_mask(tpf).sum()
    )
