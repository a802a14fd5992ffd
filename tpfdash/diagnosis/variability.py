"""Where a star varies that varies as a sine: amplitude and phase pixel by pixel, and the place.

The image of a wave is measured as that of an event is, with frequencies beside it in place of quiet
places of the file, and its place is fitted by the same PRF (`tpfdash.diagnosis.place`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np
import xarray as xr
from astropy.table import Table
from numpy.typing import ArrayLike

from tpfdash.diagnosis import settings
from tpfdash.diagnosis.catalogue import RankedStars, StarTable, rank_stars
from tpfdash.diagnosis.diagnose import EventImages, check_prf
from tpfdash.diagnosis.evidence import Whitened
from tpfdash.diagnosis.noise import Filtered
from tpfdash.diagnosis.numbers import with_error
from tpfdash.diagnosis.place import Pair, Place, Square, measure_place, pair, sigma_off
from tpfdash.diagnosis.reference import on_stamp, pixels_near
from tpfdash.diagnosis.scene import Scene, see_scene
from tpfdash.diagnosis.waves import Waves, measure_waves
from tpfdash.errors import TPFError
from tpfdash.missions import get_mission
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.masks import as_mask, default_mask
from tpfdash.stamp.model import check_tpf
from tpfdash.stamp.prf import PRF
from tpfdash.stamp.sky import pixel_scale
from tpfdash.stamp.threads import one_thread

__all__ = ["SineImage", "sine_image"]

#: S/N of the best star anywhere from which there is a place to tell.
_STANDS_OUT = 6.0
#: Sigma from which a place is not the target's.
_AWAY = 3.0
#: Light that varies in one phase leaves nothing in quadrature: chi2 a pixel above this says that
#: there is more than one source.
_QUADRATURE = 2.0


@dataclass(frozen=True, eq=False)
class SineImage:
    """Which pixels vary with a frequency, and which star that is.

    Images are float64 arrays (row, col), NaN where not measured.

    Parameters
    ----------
    frequency : float
        Cycles a day.
    verdict : str
        "on_target", "neighbour", "systematic" (what varies has no star's shape, but is uniform or
        moves the image), or "inconclusive".
    reason : str
        Why it is none of the first two, or what else is to be known; "" without.
    t0 : float
        When the light that varies is brightest, in the file's days, nearest to the middle.
    amplitude, amplitude_err : images, e-/s
        Half from trough to crest, in each pixel's own phase; the error is that of one phase, by
        the same measurement at frequencies beside.
    phase : image
        How much later than t0 a pixel is brightest, in periods, -0.5 to 0.5: noise where the
        amplitude is.
    image, error, snr : images, e-/s
        The amplitude in phase with t0: below 0 where a pixel is faintest then.
    outside : image, e-/s
        Mean flux.
    model : image, e-/s
        What a star at `position` lets expect of `image`; NaN throughout without a position.
    light, light_err : float
        Amplitude of the aperture in phase with t0, e-/s.
    level : float
        Mean light of the aperture, e-/s.
    star_snr : float
        S/N of the star that explains the image best.
    quadrature : float
        chi2 a pixel of what varies a quarter of a period before or after: about 1 where all that
        varies is one star.
    position, offset, covariance, target, reference, pixel_scale, stars, star_probabilities,
    exclusion_radius
        As those of a `tpfdash.Diagnosis`. A star's depth is its amplitude.
    n_cadences : int
    binned : int
        Cadences in a bin.
    """

    frequency: float
    verdict: str
    reason: str
    t0: float
    amplitude: np.ndarray
    amplitude_err: np.ndarray
    phase: np.ndarray
    image: np.ndarray
    error: np.ndarray
    snr: np.ndarray
    outside: np.ndarray
    model: np.ndarray
    light: float
    light_err: float
    level: float
    star_snr: float
    quadrature: float
    position: Pair | None
    offset: Pair | None
    covariance: Square | None
    target: Pair
    reference: str
    pixel_scale: float
    n_cadences: int
    binned: int
    stars: tuple[Mapping[str, Any], ...] = ()
    star_probabilities: Mapping[str, float] = field(default_factory=dict)
    exclusion_radius: float = np.nan

    @property
    def difference(self) -> EventImages:
        """The images, as those of an event: where light varies in phase is above 0."""
        return EventImages(self.image, self.error, self.snr, self.outside, self.model)

    @property
    def offset_sigma(self) -> float:
        """How many sigma the variation lies off the target (Mahalanobis); NaN where not known."""
        return sigma_off(self.offset, self.covariance)

    @property
    def sentence(self) -> str:
        """Where the variation comes from, without a full stop."""
        period = f"the variation with {1 / self.frequency:.5g} d"
        if self.verdict == "systematic":
            return f"{period} is no star's: {self.reason}"
        if self.offset is None or self.covariance is None:
            return f"where {period} comes from cannot be told: {self.reason}"
        away = float(np.hypot(*self.offset))
        widest = float(np.sqrt(np.linalg.eigvalsh(np.array(self.covariance))[-1]))
        distance = with_error(away, widest)
        arcsec = with_error(away * self.pixel_scale, widest * self.pixel_scale)
        said = f"{distance} pixel ({arcsec} arcsec) from {self.reference}"
        if self.verdict == "on_target":
            return f"{period} comes from {self.reference}: its place is {said}"
        likely = next(iter(self.stars), None)
        star = ""
        if likely is not None and likely["probability"] > 0.5:
            star = f", most likely {likely['name']}"
        return f"{period} comes from another star{star}: its place is {said}"


def sine_image(
    tpf: xr.Dataset,
    frequency: float,
    aperture: ArrayLike | None = None,
    *,
    good: np.ndarray | None = None,
    stars: Table | None = None,
    prf: PRF | None = None,
) -> SineImage:
    """Say where the light comes from that varies with a frequency.

    Each pixel is fitted by sine and cosine together with a slow trend, a level on each side of a
    gap and, where the file has POS_CORR, a quadratic in it. The same at some 60 frequencies beside
    tells the noise. The phase in which the pixels vary most makes an image, which is fitted by a
    star as a difference image is.

    Parameters
    ----------
    tpf : Dataset
        As `open_tpf` gives it.
    frequency : float
        Cycles a day.
    aperture : array_like of bool (row, col), optional
        For `light`, and where the target is if the file does not say it. Default: the pipeline's,
        or a threshold mask.
    good : bool array (time,), optional
        Cadences to use. Default: those that the mission's default quality bitmask keeps.
    stars, prf
        As for `tpfdash.diagnose`.

    Returns
    -------
    SineImage

    Raises
    ------
    TPFError
        Where an argument is none, the frequency is above that of every other cadence or below one
        cycle in the observation, or fewer than 30 cadences or 2 pixels have data.
    """
    check_tpf(tpf)
    if not isinstance(frequency, Real) or isinstance(frequency, bool) or not 0 < frequency < np.inf:
        raise TPFError(f"frequency is {frequency!r}: it should be a number above 0, in 1/d.")
    rows, cols = tpf["aperture"].shape
    if prf is not None:
        check_prf(prf)
    mask = default_mask(tpf) if aperture is None else as_mask(aperture, tpf["aperture"].shape)
    table = None if stars is None else StarTable.read(stars, tpf)
    where = np.argwhere(mask) if mask.any() else np.argwhere(np.ones_like(mask))
    row, col = where.mean(axis=0).tolist()
    pixels = pixels_near((rows, cols), (row, col))
    with one_thread():
        waves = measure_waves(tpf, float(frequency), pixels, good)
        scene = see_scene(tpf, waves.mean, waves.mean_err, waves.pixels, mask, prf)
        return _located(tpf, float(frequency), waves, scene, mask, table)


def _located(
    tpf: xr.Dataset,
    frequency: float,
    waves: Waves,
    scene: Scene,
    mask: np.ndarray,
    table: StarTable | None,
) -> SineImage:
    """What the waves say of where they come from."""
    own = mask[waves.pixels[:, 0], waves.pixels[:, 1]]
    angle = waves.common_phase()
    in_phase, across = waves.turned(angle)
    # As an event's image: light is missing at the trough, by as much as there is more at the crest.
    image = Whitened(Filtered(-in_phase, waves.covariance, waves.quiet), waves.pixels)
    error = np.sqrt(waves.covariance.diagonal() * image.excess)
    white = np.linalg.solve(waves.covariance * image.excess, across)
    quadrature = float(across @ white) / len(across)
    start, gain = image.best_star(scene.prf, scene.places, scene.target)
    snr = float(np.sqrt(gain))
    other, other_gain = _no_star(image, scene)
    place = None
    verdict, reason = "inconclusive", "nothing varies that stands out of the noise"
    if snr >= _STANDS_OUT:
        place = measure_place(image, scene, start)
        reason = "the fit of a star to it does not hold" if place is None else ""
    if place is not None:
        near = float(np.hypot(*place.offset)) < settings.BLENDED
        near |= sigma_off(place.offset, place.covariance) < _AWAY
        verdict = "on_target" if near else "neighbour"
        if quadrature > _QUADRATURE:
            reason = "not all pixels vary in one phase: there is more than one source"
    if max(gain, other_gain) >= _STANDS_OUT**2 and other_gain > gain:
        verdict, reason, place = "systematic", other, None
    ranked = RankedStars()
    scale = pixel_scale(tpf) or get_mission(tpf.attrs["mission"]).pixel_scale
    if table is not None and verdict in ("on_target", "neighbour"):
        ranked = rank_stars(table, image, scene, place, tpf, scale)

    def image_of(values: np.ndarray) -> np.ndarray:
        return on_stamp(values, waves.pixels, tpf["aperture"].shape)

    amplitude = np.hypot(waves.cos, waves.sin)
    phase = (np.arctan2(waves.sin, waves.cos) - angle) / (2 * np.pi)
    unit = np.where(own, 1.0, 0.0)
    first = np.array(corner(tpf), dtype=float)
    target = first + scene.target_place
    return SineImage(
        frequency=frequency,
        verdict=verdict,
        reason=reason,
        t0=waves.middle + angle / (2 * np.pi * frequency),
        amplitude=image_of(amplitude),
        amplitude_err=image_of(error),
        phase=image_of(phase - np.round(phase)),
        image=image_of(in_phase),
        error=image_of(error),
        snr=image_of(in_phase / error),
        outside=image_of(waves.mean),
        model=image_of(_model(image, scene, place)),
        light=float(unit @ in_phase) if own.any() else np.nan,
        light_err=float(np.sqrt(unit @ waves.covariance @ unit * image.excess))
        if own.any()
        else np.nan,
        level=float(unit @ waves.mean) if own.any() else np.nan,
        star_snr=snr,
        quadrature=quadrature,
        position=None if place is None else pair(_position(place, verdict, scene) + first),
        offset=None if place is None else pair(place.offset),
        covariance=None
        if place is None
        else (pair(place.covariance[0]), pair(place.covariance[1])),
        target=pair(target),
        reference=scene.reference,
        pixel_scale=scale,
        n_cadences=waves.n_cadences,
        binned=waves.binned,
        stars=ranked.stars,
        star_probabilities=ranked.probabilities,
        exclusion_radius=ranked.exclusion_radius,
    )


def _position(place: Place, verdict: str, scene: Scene) -> np.ndarray:
    """As a diagnosis has it: what is on the target lies where the target does."""
    return scene.target_place + place.offset if verdict == "on_target" else place.position


def _no_star(image: Whitened, scene: Scene) -> tuple[str, float]:
    """What is not a star and explains most, in words, and its gain less that of two more numbers.

    Uniform light and its slope over the stamp; the image's own slopes, as it moves.
    """
    pixels = scene.prf.pixels
    centred = pixels - pixels.mean(axis=0)
    plane = np.concatenate([np.ones((1, len(pixels))), centred.T])
    step = 0.1
    moves = [
        scene.fluxes @ (scene.prf.images(scene.places + by) - scene.prf.images(scene.places - by))
        for by in step * np.eye(2)
    ]
    gains = {
        "the background does": image.joint(plane)[0] - 2 * 2 * settings.PRICE_A_NUMBER,
        "the image moves so": image.joint(np.array(moves))[0] - 2 * settings.PRICE_A_NUMBER,
    }
    words = max(gains, key=lambda each: gains[each])
    return words, gains[words]


def _model(image: Whitened, scene: Scene, place: Place | None) -> np.ndarray:
    if place is None:
        return np.full(len(scene.image), np.nan)
    template = scene.prf.images(place.position[None])
    _, amplitude = image.gains(template)
    return -amplitude[0] * template[0]
