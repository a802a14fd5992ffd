"""How far an event lies from its star on the detector, and how sure that is.

The star and the difference image are measured alike; the error is what difference images of
nothing, taken at quiet places of the same file, do to that measurement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.special import ndtri, ndtri_exp

from tpfdash.diagnosis.difference import (
    CHANCE,
    DifferenceImage,
    centroid_noise,
    centroids,
    light_around,
    sign_of,
    star_centroid,
)
from tpfdash.diagnosis.numbers import with_error
from tpfdash.diagnosis.quiet import ONE_SIGMA, robust_covariance
from tpfdash.missions import get_mission
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.sky import pixel_scale, target_position
from tpfdash.stamp.units import USUAL_FLUX

__all__ = ["SIGNIFICANT", "Offset", "measure_offset"]

#: What chance would give less often than this many sigma is none of chance's.
SIGNIFICANT = 3.0
#: A pixel beyond this many sigma of white noise has changed, on any stamp.
_CHANGED = 5.0
#: Nearer to each other than this, in pixels, two stars are one to the stamp.
_BLENDED = 0.5
#: Share of the nominal saturation from which a pixel may overflow: wells differ.
_FULL = 0.8
#: A star further than this from the target's catalogue position, in pixels, is another.
_SAME_STAR = 1.0

Pair = tuple[float, float]
_AXES = "row", "col"


@dataclass(frozen=True)
class Offset:
    """Where an event comes from, against the star.

    Parameters
    ----------
    position, star : (row, col), detector pixels
        Centroids of the difference image and of the aperture's star out of the windows.
    sign : str
        "dimming" or "brightening": what is there, which need not be what the aperture does.
    covariance : ((row row, row col), (col row, col col)), pixel**2; None where not known
    independent : float
        How many measurements the covariance is worth.
    snr : float
        Light of the difference image about its centroid, over the scatter of that light at quiet
        places; NaN where not known.
    mixed : bool
        Whether light of the other sign stands out too, a third as strongly or more, or is more and
        is no chance from cadence to cadence: the pointing moved, or a star varies, by as much as
        the event.
    saturated : bool
        Whether the star's brightest pixel overflows into its column.
    pixel_scale : float
        arcsec in a pixel.
    nominal_scale : bool
        Whether that is the mission's nominal one, the file's WCS not being usable.
    reference : str
        What it is the offset from: "the target", or "the star in the aperture" where the catalogue
        puts the target elsewhere.
    """

    position: Pair
    star: Pair
    sign: str
    covariance: tuple[Pair, Pair] | None
    independent: float
    snr: float
    mixed: bool
    saturated: bool
    pixel_scale: float
    nominal_scale: bool
    reference: str = "the target"

    @property
    def pixels(self) -> Pair:
        """(row, col) from the star to the event, in pixels."""
        row, col = np.subtract(self.position, self.star).tolist()
        return row, col

    @property
    def arcsec(self) -> Pair:
        """(row, col) from the star to the event, in arcsec along rows and columns."""
        row, col = self.pixels
        return row * self.pixel_scale, col * self.pixel_scale

    @property
    def errors(self) -> Pair:
        """Errors of (row, col) in pixels; NaN where not known."""
        if self.covariance is None:
            return np.nan, np.nan
        return float(np.sqrt(self.covariance[0][0])), float(np.sqrt(self.covariance[1][1]))

    @property
    def distance(self) -> float:
        """How far the event is from the star, in pixels."""
        return float(np.hypot(*self.pixels))

    @property
    def distance_err(self) -> float:
        """Error of the distance along the offset, in pixels; NaN where not known."""
        if self.covariance is None:
            return np.nan
        along = np.array(self.pixels) / self.distance if self.distance else np.sqrt([0.5, 0.5])
        return float(np.sqrt(along @ np.array(self.covariance) @ along))

    @property
    def chi2(self) -> float:
        """Squared Mahalanobis distance of the event from the star; NaN where not known."""
        if self.covariance is None:
            return np.nan
        pixels = np.array(self.pixels)
        return float(pixels @ np.linalg.solve(np.array(self.covariance), pixels))

    @property
    def sigma(self) -> float:
        """How sure it is that the event is not on the star; NaN where not known.

        The chance that an event on the star is measured as far off, two-dimensional, as the
        number of standard deviations that a Gaussian exceeds on either side with that chance. The
        covariance being known from so many measurements only, the chance is that of Hotelling's
        T-squared: (1 + chi2 / (m - 1)) ** -((m - 2) / 2), exp(-chi2 / 2) for a large m.
        """
        if self.covariance is None:
            return np.nan
        m = self.independent
        log_chance = -(m - 2) / 2 * np.log1p(self.chi2 / (m - 1))
        return float(max(-ndtri_exp(log_chance - np.log(2)), 0.0))

    def sentence(self, why_no_error: str = "") -> str:
        """Where the event comes from, in words without a full stop.

        Parameters
        ----------
        why_no_error : str
            What is said of an error that is not known.
        """
        pixel, arcsec = (
            with_error(self.distance * scale, self.distance_err * scale)
            for scale in (1.0, self.pixel_scale)
        )
        apart = f"{pixel} pixel ({arcsec} arcsec) from {self.reference}"
        if self.covariance is None:
            return f"{apart}, with an error that is not known: {why_no_error}"
        sigma = f"{self.sigma:.1f}" if self.sigma < 10 else f"{self.sigma:.0f}"
        if self.sigma < SIGNIFICANT:
            return f"consistent with {self.reference}, {sigma} sigma"
        if self.mixed:
            return f"{apart}, {sigma} sigma, but more than one thing happens here"
        if self.saturated and abs(self.pixels[1]) < 1:
            return (
                f"{apart}, {sigma} sigma, but the star is saturated: what it does shows at the "
                "ends of its bleed trails"
            )
        if self.distance < _BLENDED:
            return f"{apart}, {sigma} sigma: too near to be told from it in these pixels"
        return f"{apart}, {sigma} sigma: another star is likelier"


def measure_offset(
    tpf: xr.Dataset,
    difference: DifferenceImage,
    aperture: np.ndarray | None,
    sign: float,
    noise: np.ndarray | None,
    independent: float,
) -> tuple[Offset | None, str]:
    """The offset; or None, and why there is none.

    Parameters
    ----------
    sign : float
        Of what is looked for: 1.0 a dimming, -1.0 a brightening, 0.0 the stronger of the two.
    noise : float64 array (draw, row, col), optional
        Difference images of nothing.
    """
    star = star_centroid(
        tpf, difference.outside, aperture if aperture is not None and aperture.any() else None
    )
    if star is None:
        return None, "no star stands out of the stamp, so there is nothing to measure from"
    # What noise alone reaches somewhere on one such stamp in 1,000.
    rarest = -ndtri(CHANCE / 2 / difference.image.size)
    if noise is not None:
        found = _locate(difference, sign, noise)
        seen = found.snr >= (SIGNIFICANT if sign else rarest)
    else:
        found = _Located(sign_of(difference.image, difference.snr))
        seen = difference.centroid is not None
        if difference.centroid is not None:
            found.place = np.subtract(difference.centroid, corner(tpf))
    if not seen:
        return None, "no pixel stands out, so nothing is known of where it comes from"
    if found.place is None:
        return None, "the difference image has no centre, so nothing is known of its place"
    row, col = np.add(found.place, corner(tpf)).tolist()
    target, scale = target_position(tpf), pixel_scale(tpf)
    # A position from a WCS that is not usable tells no star from another.
    elsewhere = scale is not None and target is not None and _apart(star, target) > _SAME_STAR
    mission = get_mission(tpf.attrs["mission"])
    return Offset(
        position=(row, col),
        star=star,
        sign="dimming" if found.sign > 0 else "brightening",
        covariance=found.covariance,
        independent=independent,
        snr=found.snr,
        mixed=found.outdone or bool(found.contrary >= max(rarest, found.snr / 3)),
        saturated=_brightest(tpf, difference.outside, star) >= _FULL * mission.saturation,
        pixel_scale=mission.pixel_scale if scale is None else scale,
        nominal_scale=scale is None,
        reference="the star in the aperture" if elsewhere else "the target",
    ), ""


def _apart(one: Pair, other: Pair) -> float:
    return float(np.hypot(*np.subtract(one, other)))


def _brightest(tpf: xr.Dataset, image: np.ndarray, star: Pair) -> float:
    """The brightest pixel of a star, in e-/s; NaN where the pixels are in another unit."""
    if tpf["flux"].attrs.get("units", USUAL_FLUX) != USUAL_FLUX:
        return np.nan
    rows, cols = (np.abs(tpf[axis].values - at) <= 1 for axis, at in zip(_AXES, star, strict=True))
    return float(np.nanmax(image[np.ix_(rows, cols)], initial=-np.inf))


@dataclass
class _Located:
    """Where a difference image has its centre.

    Parameters
    ----------
    sign : float
        1.0 where light is missing there, -1.0 where it comes from.
    place : float64 array (2,), optional
        (row, col) counted from the stamp's first pixel; None where there is no centre.
    covariance : pairs, pixel**2; None where not known
    snr, contrary : float
        Of the light about the pixel where it is strongest, and where it is strongest with the
        other sign; NaN where not known.
    outdone : bool
        Whether more light changes with the other sign, beyond what white noise makes: where a star
        varies all the time it does not stand out of quiet places.
    """

    sign: float
    place: np.ndarray | None = None
    covariance: tuple[Pair, Pair] | None = None
    snr: float = np.nan
    contrary: float = np.nan
    outdone: bool = False


def _locate(difference: DifferenceImage, sign: float, noise: np.ndarray) -> _Located:
    """Where a difference image has its centre, and how sure that is.

    It is looked for where the light about a pixel is strongest against its scatter at quiet
    places: where a bright star rolls to and fro, nothing stands out. `sign` and `noise` are as
    `measure_offset` takes them.
    """
    images = np.concatenate([np.zeros((1, *difference.image.shape)), noise])
    images += np.nan_to_num(difference.image)
    lights = light_around(images)
    by_chance = np.quantile(np.abs(lights[1:] - lights[0]), ONE_SIGMA, axis=0)
    strengths = np.divide(lights, by_chance, out=np.zeros_like(lights), where=by_chance > 0)
    if not sign:
        sign = -1.0 if -strengths[0].min() > strengths[0].max() else 1.0
    signed = sign * strengths[0]
    found = _Located(sign, snr=float(signed.max()), contrary=float(-signed.min()))
    against = np.where(np.abs(difference.snr) > _CHANGED, -sign * lights[0], 0)
    found.outdone = bool(against.max() > sign * lights[0].flat[signed.argmax()])
    place, *drawn = centroids(sign * images, sign * strengths)
    if np.isfinite(place).all():
        found.place = place
        found.covariance = _covariance(difference, place, np.array(drawn) - place)
    return found


def _covariance(
    difference: DifferenceImage, place: np.ndarray, moved: np.ndarray
) -> tuple[Pair, Pair] | None:
    """Of a centroid, by how it moves with noise added; None where nothing moves it.

    It is no less than what the noise from cadence to cadence makes of it, along either axis.
    """
    image, snr = difference.image, difference.snr
    error = np.full(image.shape, np.nan)
    np.divide(np.abs(image), np.abs(snr), out=error, where=np.isfinite(snr) & (snr != 0))
    variances, axes = np.linalg.eigh(robust_covariance(moved))
    least = np.diag(axes.T @ centroid_noise(image, error, place) @ axes)
    variances = np.maximum(variances, least)
    if not (variances > 0).all():
        return None
    (rr, rc), (cr, cc) = ((axes * variances) @ axes.T).tolist()
    return (rr, rc), (cr, cc)
