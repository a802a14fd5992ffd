"""An event in numbers: how deep, how long, how sure, and how far from the target.

Each error is what the same measurement gives at quiet places of the same file, so that pointing,
trends and whatever else is in there on the event's time scale is in it. What cannot be measured
is NaN or None, and is said in words. The images are `tpfdash.diagnosis.difference`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from scipy.special import ndtri, ndtri_exp

from tpfdash.diagnosis.difference import (
    CHANCE,
    DifferenceImage,
    centroid_noise,
    centroids,
    difference_image,
    light_around,
    sign_of,
    star_centroid,
)
from tpfdash.diagnosis.numbers import with_error
from tpfdash.diagnosis.quiet import (
    ONE_SIGMA,
    QuietPlaces,
    filter_response,
    quiet_differences,
    quiet_places,
    robust_covariance,
)
from tpfdash.diagnosis.windows import (
    Place,
    Window,
    as_windows,
    cadence_length,
    places,
    usable_cadences,
)
from tpfdash.missions import get_mission
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.sky import pixel_scale, target_position

__all__ = ["Event", "Offset", "measure_event"]

#: Without this many quiet places that do not overlap, no error is known.
FEWEST_PLACES = 10
#: An offset that chance would give less often than this many sigma is none of chance's.
_SIGNIFICANT = 3.0
#: Nearer to each other than this, in pixels, two stars are one to the stamp.
_BLENDED = 0.5
#: A star further than this from the target's catalogue position, in pixels, is another.
_SAME_STAR = 1.0

Pair = tuple[float, float]
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Offset:
    """Where an event comes from, against the star.

    Parameters
    ----------
    position, star : (row, col), detector pixels
        Centroids of the difference image and of the aperture's star out of the windows.
    covariance : ((row row, row col), (col row, col col)), pixel**2; None where not known
    independent : float
        How many measurements the covariance is worth.
    snr : float
        Light of the difference image about its centroid, over the scatter of that light at quiet
        places; NaN where not known.
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
    covariance: tuple[Pair, Pair] | None
    independent: float
    snr: float
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


@dataclass(frozen=True)
class Event:
    """What is measured of an event; NaN or None where it cannot be, and `reasons` says why.

    Parameters
    ----------
    sign : str
        "dimming" or "brightening" of the aperture; of the stamp where the aperture has no light
        curve; "" where nothing is seen in either.
    depth, depth_err : float
        Level beside the windows less the mean in them, in `unit`: below 0 for a brightening.
    level : float
        Mean of the flanks, in `unit`.
    unit : str
        Of the light curve.
    duration : float
        Days from the first to the last cadence of a window, half a cadence added on each side;
        the mean of several windows.
    n_cadences, n_windows : int
        Cadences in the windows; windows that hold any and have some beside them.
    t0, t1 : float
        Ends of the first window in time, half a cadence before its first cadence and after its
        last one, in the file's days.
    offset : Offset or None
    reasons : dict
        "depth", "relative", "error", "offset" -> why it is not available.
    """

    sign: str
    depth: float
    depth_err: float
    level: float
    unit: str
    duration: float
    n_cadences: int
    n_windows: int
    t0: float
    t1: float
    offset: Offset | None
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def middle(self) -> float:
        """Middle of the first window in time, in the file's days."""
        return (self.t0 + self.t1) / 2

    @property
    def snr(self) -> float:
        """S/N: the depth over its error, not negative; NaN where either is not known."""
        return abs(self.depth) / self.depth_err

    @property
    def depth_ppm(self) -> float:
        """Depth by the level beside the windows, in ppm; NaN where that level is not above 0."""
        return self.depth / self.level * 1e6 if self.level > 0 else np.nan

    @property
    def depth_ppm_err(self) -> float:
        """Error of `depth_ppm`."""
        return self.depth_err / self.level * 1e6 if self.level > 0 else np.nan

    @property
    def sentence(self) -> str:
        """Where the event comes from, in a sentence without a full stop."""
        if self.offset is None:
            return self.reasons["offset"]
        return _sentence(self.offset, self.reasons.get("error", ""))


def measure_event(
    tpf: xr.Dataset,
    flux: np.ndarray,
    windows: Window | Sequence[Window],
    good: np.ndarray | None = None,
    aperture: np.ndarray | None = None,
    *,
    difference: DifferenceImage | None = None,
    unit: str = "e-/s",
) -> Event:
    """Measure an event that is seen in one window, or in several.

    The depth is the response of the filter "mean of two flanks, each as long as the event, less
    the mean in the window" on the light curve, its error the robust scatter of the same filter at
    quiet places of the file. Several windows count by their cadences.

    The offset is that of the difference image's centroid from the star's. The difference images at
    up to 200 quiet places are added to the event's own, one by one, and its centroid measured
    again: the robust covariance of these is that of the offset. It is never taken to be less than
    what the noise from cadence to cadence alone would make it, which counts where the places are
    few. With fewer than 10 that do not overlap, no error is known.

    Parameters
    ----------
    tpf : Dataset
        Lazy cubes are read by blocks of cadences and not kept.
    flux : float array (time,)
        The aperture's light curve; NaN where it has no value.
    windows : (t0, t1), or a sequence of them
        As `tpfdash.diagnosis.difference_image` takes them.
    good : bool array (time,), optional
        Cadences to use; by default those with no quality flag.
    aperture : bool array (row, col), optional
        Where the star's brightest pixel is; all of the stamp by default, and if it is empty.
    difference : DifferenceImage, optional
        That of the same windows and cadences, where it is there already.
    unit : str
        Of `flux`, for a reader.

    Raises
    ------
    TPFError
        Where no window, or the time beside none of them, holds a usable cadence.
    """
    if good is None:
        good = tpf["quality"].values == 0
    order = usable_cadences(tpf["time"].values, good)
    times, flux = tpf["time"].values[order], np.asarray(flux, dtype=np.float64)[order]
    found = places(times, as_windows(windows))
    if difference is None:
        difference = difference_image(tpf, windows, good)
    quiet = {
        shape: quiet_places(times, flux, shape, found, tpf["aperture"].size)
        for shape in dict.fromkeys(place.shape for place in found)
    }
    reasons: dict[str, str] = {}
    independent = min(each.independent for each in quiet.values())
    if independent < FEWEST_PLACES:
        reasons["error"] = (
            f"this file has room for {int(independent)} quiet places as long as the event, and "
            f"{FEWEST_PLACES} are needed"
        )
    level, depth = _level_and_depth(flux, found)
    depth_err = _depth_error(found, quiet) if "error" not in reasons else np.nan
    if not np.isfinite(depth):
        depth_err = np.nan
        reasons["depth"] = "the aperture has no light curve in the window and beside it"
    else:
        if not level > 0:
            reasons["relative"] = "the level beside the window is not above 0"
        if "error" not in reasons and not depth_err > 0:
            depth_err = np.nan
            reasons["error"] = "the light curve has no noise at quiet places"
    noise = None
    if independent >= FEWEST_PLACES:
        images = quiet_differences(tpf, order, list(quiet.values()))
        noise = _joint(found, dict(zip(quiet, images, strict=True)))
    # What the aperture surely does is looked for in the pixels; else whatever is strongest there.
    sure = abs(depth) >= _SIGNIFICANT * depth_err
    offset, reason = _offset(
        tpf, difference, aperture, np.sign(depth) if sure else 0.0, noise, independent
    )
    if reason:
        reasons["offset"] = reason
    if np.isfinite(depth):
        sign = "dimming" if depth >= 0 else "brightening"
    elif difference.centroid is not None:
        sign = "dimming" if sign_of(difference.image, difference.snr) > 0 else "brightening"
    else:
        sign = ""
    half = cadence_length(times) / 2
    ends = [(times[place.begin] - half, times[place.end - 1] + half) for place in found]
    return Event(
        sign=sign,
        depth=depth,
        depth_err=depth_err,
        level=level,
        unit=unit,
        duration=float(np.mean([t1 - t0 for t0, t1 in ends])),
        n_cadences=sum(place.shape[1] for place in found),
        n_windows=len(found),
        t0=float(ends[0][0]),
        t1=float(ends[0][1]),
        offset=offset,
        reasons=reasons,
    )


def _level_and_depth(flux: np.ndarray, found: Sequence[Place]) -> Pair:
    """Mean level beside the windows and mean depth, both by the cadences of the windows.

    NaN where no window has values in it and on all sides that it has flanks on.
    """
    total = np.zeros(3)
    for place in found:
        inside = flux[place.begin : place.end]
        depth = filter_response(flux[place.before : place.after], place.shape)[0]
        if np.isfinite(depth):
            level = depth + np.mean(inside[np.isfinite(inside)])
            total += place.shape[1] * np.array([level, depth, 1])
    if not total[2]:
        return np.nan, np.nan
    return float(total[0] / total[2]), float(total[1] / total[2])


def _depth_error(found: Sequence[Place], quiet: dict[Shape, QuietPlaces]) -> float:
    """Error of the mean depth of windows, each counting by its cadences."""
    lengths = np.array([place.shape[1] for place in found])
    scatters = np.array([quiet[place.shape].scatter for place in found])
    return float(np.hypot.reduce(lengths * scatters) / lengths.sum())


def _joint(found: Sequence[Place], images: dict[Shape, np.ndarray]) -> np.ndarray:
    """What noise alone gives for all windows together: float64 array (draw, row, col).

    Each draw takes another quiet place for each window.
    """
    draws = np.arange(max(len(each) for each in images.values()))
    total = sum(place.shape[1] for place in found)
    joint = np.zeros((draws.size, *next(iter(images.values())).shape[1:]))
    for number, place in enumerate(found):
        each = images[place.shape]
        joint += (
            place.shape[1] / total * each[(draws + number * len(each) // len(found)) % len(each)]
        )
    return joint


def _offset(
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
    unseen = "no pixel stands out, so nothing is known of where it comes from"
    star = star_centroid(
        tpf, difference.outside, aperture if aperture is not None and aperture.any() else None
    )
    position, covariance, snr = difference.centroid, None, np.nan
    if noise is not None:
        position, covariance, snr = _located(difference, sign, noise)
        # Where the aperture shows no event it has to be noise's rarest at any pixel.
        if snr < (_SIGNIFICANT if sign else -ndtri(CHANCE / 2 / difference.image.size)):
            return None, unseen
        if position is None or covariance is None:
            return None, "the difference image has no centre, so nothing is known of its place"
        first = corner(tpf)
        position = first[0] + position[0], first[1] + position[1]
    if position is None:
        return None, unseen
    if star is None:
        return None, "no star stands out of the stamp, so there is nothing to measure from"
    target, scale = target_position(tpf), pixel_scale(tpf)
    # A position from a WCS that is not usable tells no star from another.
    elsewhere = scale is not None and target is not None and _apart(star, target) > _SAME_STAR
    nominal = get_mission(tpf.attrs["mission"]).pixel_scale
    return Offset(
        position=position,
        star=star,
        covariance=covariance,
        independent=independent,
        snr=snr,
        pixel_scale=nominal if scale is None else scale,
        nominal_scale=scale is None,
        reference="the star in the aperture" if elsewhere else "the target",
    ), ""


def _apart(one: Pair, other: Pair) -> float:
    return float(np.hypot(*np.subtract(one, other)))


def _located(
    difference: DifferenceImage, sign: float, noise: np.ndarray
) -> tuple[Pair | None, tuple[Pair, Pair] | None, float]:
    """Where a difference image has its centre, how sure that is, and how strong its light.

    It is looked for where the light about a pixel is strongest against its scatter at quiet
    places: where a bright star rolls to and fro, nothing stands out.

    Parameters
    ----------
    sign, noise : as `_offset` takes them

    Returns
    -------
    place : (row, col) counted from the stamp's first pixel; None where there is no centre
    covariance : pairs, pixel**2; None where nothing moves the centre
    snr : float
        Of the light about the pixel where it is strongest.
    """
    image, snr = np.nan_to_num(difference.image), difference.snr
    lights = light_around(np.concatenate([image[None], image + noise]))
    by_chance = np.quantile(np.abs(lights[1:] - lights[0]), ONE_SIGMA, axis=0)
    strengths = np.divide(lights, by_chance, out=np.zeros_like(lights), where=by_chance > 0)
    if not sign:
        sign = -1.0 if -strengths[0].min() > strengths[0].max() else 1.0
    light = float((sign * strengths[0]).max())
    place, *drawn = centroids(sign * np.concatenate([image[None], image + noise]), sign * strengths)
    if not np.isfinite(place).all():
        return None, None, light
    row, col = place.tolist()
    covariance = robust_covariance(np.array(drawn) - place)
    # No less than what the noise from cadence to cadence makes of it, along either axis.
    white = np.full(image.shape, np.nan)
    np.divide(np.abs(image), np.abs(snr), out=white, where=np.isfinite(snr) & (snr != 0))
    variances, axes = np.linalg.eigh(covariance)
    least = axes.T @ centroid_noise(image, white, place) @ axes
    variances = np.maximum(variances, np.diag(least))
    if not (variances > 0).all():
        return (row, col), None, light
    (rr, rc), (cr, cc) = ((axes * variances) @ axes.T).tolist()
    return (row, col), ((rr, rc), (cr, cc)), light


def _sentence(offset: Offset, why_no_error: str) -> str:
    pixel, arcsec = (
        with_error(offset.distance * scale, offset.distance_err * scale)
        for scale in (1.0, offset.pixel_scale)
    )
    apart = f"{pixel} pixel ({arcsec} arcsec) from {offset.reference}"
    if offset.covariance is None:
        return f"{apart}, with an error that is not known: {why_no_error}"
    sigma = f"{offset.sigma:.1f}" if offset.sigma < 10 else f"{offset.sigma:.0f}"
    if offset.sigma < _SIGNIFICANT:
        return f"consistent with {offset.reference}, {sigma} sigma"
    if offset.distance < _BLENDED:
        return f"{apart}, {sigma} sigma: too near to it to be told from it in these pixels"
    return f"{apart}, {sigma} sigma: another star is likelier"
