"""Is it real or instrumental, and which star is it on? Answered from one stamp, for one event.

`diagnose` measures; what is measured is read from its `Diagnosis`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import xarray as xr
from astropy.table import Table
from numpy.typing import ArrayLike

from tpfdash.diagnosis.catalogue import RankedStars, StarTable, rank_stars
from tpfdash.diagnosis.evidence import Explanation, best_shape, explanations, held_to, whitened
from tpfdash.diagnosis.findings import (
    Finding,
    Measured,
    flag_findings,
    height_estimator,
    looked_for,
    pixel_findings,
)
from tpfdash.diagnosis.footprints import footprints, shapes
from tpfdash.diagnosis.narrow import narrowed
from tpfdash.diagnosis.noise import learn_noise
from tpfdash.diagnosis.numbers import DepthInPpm
from tpfdash.diagnosis.place import Pair, Place, Square, measure_place, pair, sigma_off
from tpfdash.diagnosis.reference import Nothing, on_stamp, stretches
from tpfdash.diagnosis.scene import see_scene
from tpfdash.diagnosis.summary import sentence, summary
from tpfdash.diagnosis.verdict import VERDICTS, is_quiet, judge, pointing_score
from tpfdash.diagnosis.windows import Window, as_windows
from tpfdash.errors import TPFError
from tpfdash.missions import get_mission
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.masks import as_mask, default_mask, typical_image
from tpfdash.stamp.model import check_tpf
from tpfdash.stamp.prf import PRF
from tpfdash.stamp.sky import pixel_scale
from tpfdash.stamp.threads import one_thread

__all__ = ["Diagnosis", "EventImages", "check_prf", "diagnose"]


@dataclass(frozen=True)
class EventImages:
    """What changes on the stamp in the event: float64 arrays (row, col), NaN where not measured.

    Parameters
    ----------
    image, error : e-/s
        The image of what follows the event's shape in time, trend and pointing taken off, at the
        shape's height 1: out of the event minus in it, so above 0 where light is missing (the
        difference image of Bryson et al. 2013, PASP 125, 889). Its error is that of the same
        filter at quiet places of the file.
    snr : `image` over `error`
    outside : mean flux beside the event, e-/s
    model : what the verdict's footprint lets expect of `image`; NaN throughout without one
    """

    image: np.ndarray
    error: np.ndarray
    snr: np.ndarray
    outside: np.ndarray
    model: np.ndarray


@dataclass(frozen=True, eq=False)
class Diagnosis(DepthInPpm):
    """What an event is, and how sure that is. Numbers that cannot be had are NaN or None.

    Parameters
    ----------
    verdict : str
        One of on_target, neighbour, moving_object, cosmic_ray, column_or_row, rolling_band,
        sensitivity_dropout, pointing, systematic, background, inconclusive.
    probabilities : mapping of str to float
        Of all verdicts; they add up to 1.
    reason : str
        Why it is inconclusive, or what else is to be known, in a sentence; "" without.
    windows : tuple of (t0, t1)
        What was measured, in the file's own days: the windows asked for, those that overlap made
        one, or the parts of them that hold the event.
    closer : bool
        Whether it is such parts.
    depth, depth_err : float
        Light missing from the aperture at the event's height, e-/s; below 0 for a brightening.
    level : float
        The aperture's light beside the event, e-/s.
    duration : float
        Days.
    snr : float
        Of the event on the aperture's light curve, or of its pixels in quadrature for what lies
        beside it; NaN where nothing could be measured.
    position : (row, col), detector pixels, or None
        Of what changed; None where it has no place, or is not known.
    offset : (row, col) pixels from the target, or None
        Against the target's own image, by the same PRF with the same weights: without the errors
        that `target` has.
    covariance : ((row row, row col), (col row, col col)), pixel**2, or None
        Of the offset; what the same measurement does at quiet places of the file is in it.
    target : (row, col), detector pixels, or None
        Where the target is: the mean of what its pixels and the file's WCS say.
    reference : str
        What `target` is: "the target" or "the star in the aperture".
    pixel_scale : float
        arcsec in a pixel.
    stars : tuple of dict
        The stars that were given, likeliest first: what each would have to do, and its probability.
    star_probabilities : mapping of str to float
        Star -> probability, and "a star not in the catalogue"; empty without `stars`.
    exclusion_radius : float
        Within so many arcsec of the position a star that is not in the catalogue is not excluded.
    """

    verdict: str
    probabilities: Mapping[str, float]
    reason: str = ""
    windows: tuple[Window, ...] = ()
    closer: bool = False
    depth: float = np.nan
    depth_err: float = np.nan
    level: float = np.nan
    duration: float = np.nan
    snr: float = np.nan
    position: Pair | None = None
    offset: Pair | None = None
    covariance: Square | None = None
    target: Pair | None = None
    reference: str = "the target"
    pixel_scale: float = np.nan
    stars: tuple[Mapping[str, Any], ...] = ()
    star_probabilities: Mapping[str, float] = field(default_factory=dict)
    exclusion_radius: float = np.nan
    _measured: Measured | None = field(default=None, repr=False, compare=False)
    _tpf: xr.Dataset | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        stars = tuple(MappingProxyType(dict(star)) for star in self.stars)
        object.__setattr__(self, "stars", stars)
        for name in ("probabilities", "star_probabilities"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple:  # a mapping proxy cannot be pickled, nor copied
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values["stars"] = tuple(map(dict, self.stars))
        for name in ("probabilities", "star_probabilities"):
            values[name] = dict(values[name])
        return Diagnosis, tuple(values.values())

    @property
    def confidence(self) -> float:
        """Probability of the verdict."""
        return self.probabilities[self.verdict]

    @property
    def offset_arcsec(self) -> Pair | None:
        """`offset` in arcsec along rows and columns."""
        if self.offset is None:
            return None
        return self.offset[0] * self.pixel_scale, self.offset[1] * self.pixel_scale

    @property
    def covariance_arcsec(self) -> Square | None:
        """`covariance` in arcsec**2."""
        if self.covariance is None:
            return None
        (rr, rc), (cr, cc) = (np.array(self.covariance) * self.pixel_scale**2).tolist()
        return (rr, rc), (cr, cc)

    @property
    def offset_sigma(self) -> float:
        """How many sigma the event lies off the target (Mahalanobis); NaN where not known."""
        return sigma_off(self.offset, self.covariance)

    @property
    def sentence(self) -> str:
        """The verdict in a sentence, without a full stop."""
        return sentence(self)

    def __str__(self) -> str:
        """All that is to be known, as lines of text."""
        return summary(self)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """All that was looked at, pixels first, then flags and side columns."""
        if self._tpf is None:
            return ()
        pixels = () if self._measured is None else pixel_findings(self._measured, self)
        return (*pixels, *flag_findings(self._tpf, self._measured, self.verdict))

    @cached_property
    def difference(self) -> EventImages | None:
        """The event's images; None where nothing could be measured."""
        if self._measured is None or self._tpf is None:
            return None
        m, image_of = self._measured, self._on_stamp
        filtered = m.image.filtered
        error = np.sqrt(filtered.covariance.diagonal() * m.image.excess)
        model = m.chosen.model if m.chosen is not None and m.chosen.model is not None else np.nan
        return EventImages(
            image=image_of(-filtered.image),
            error=image_of(error),
            snr=image_of(-filtered.image / error),
            outside=image_of(m.outside),
            model=image_of(np.broadcast_to(-model, error.shape)),
        )

    def depth_in(self, aperture: ArrayLike) -> tuple[float, float, float]:
        """Depth of the event, its error and the level beside it in an aperture of one's own, e-/s.

        Parameters
        ----------
        aperture : array_like of bool (row, col)

        Returns
        -------
        depth, depth_err, level : float
            As those of the diagnosis itself, by the same shape in time; NaN where nothing was
            measured, and in an aperture that is empty or has a pixel with data that was not looked
            at.

        Raises
        ------
        TPFError
            On a mask that is none of this stamp.
        """
        if self._measured is None or self._tpf is None:
            return np.nan, np.nan, np.nan
        m = self._measured
        mask = as_mask(aperture, self._tpf["aperture"].shape)
        at = tuple(m.data.pixels.T)
        unseen = mask.copy()
        unseen[at] = False
        if not mask[at].any() or np.isfinite(typical_image(self._tpf)[unseen]).any():
            return np.nan, np.nan, np.nan
        return *m.light_lost(mask[at]), float(m.outside[mask[at]].sum())

    def footprint(self, name: str) -> np.ndarray | None:
        """What the cause that a finding looks for would make of the difference image, as fitted.

        Parameters
        ----------
        name : str
            Of one of `findings`.

        Returns
        -------
        float64 array (row, col), e-/s, NaN where not measured; or None where the finding looks
        for no footprint of one shape in time, or that could not be fitted.
        """
        if self._measured is None:
            return None
        found = looked_for(self._measured, name)
        return None if found is None or found.model is None else self._on_stamp(-found.model)

    def _on_stamp(self, values: np.ndarray) -> np.ndarray:
        """Values of the pixels with data as an image, NaN elsewhere, that cannot be changed."""
        assert self._measured is not None and self._tpf is not None
        return on_stamp(values, self._measured.data.pixels, self._tpf["aperture"].shape)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain numbers, words, lists and dicts, ready for JSON.

        What is not known is None; images are left out.
        """
        made = {
            "verdict": self.verdict,
            "confidence": self.confidence,
            "sentence": self.sentence,
            "probabilities": dict(self.probabilities),
            "reason": self.reason,
            "windows": self.windows,
            "closer": self.closer,
            "depth": self.depth,
            "depth_err": self.depth_err,
            "depth_ppm": self.depth_ppm,
            "depth_ppm_err": self.depth_ppm_err,
            "level": self.level,
            "duration": self.duration,
            "snr": self.snr,
            "position": self.position,
            "offset": self.offset,
            "offset_arcsec": self.offset_arcsec,
            "offset_sigma": self.offset_sigma,
            "covariance": self.covariance,
            "covariance_arcsec": self.covariance_arcsec,
            "target": self.target,
            "reference": self.reference,
            "pixel_scale": self.pixel_scale,
            "stars": [dict(star) for star in self.stars],
            "star_probabilities": dict(self.star_probabilities),
            "exclusion_radius": self.exclusion_radius,
            "findings": [finding.to_dict() for finding in self.findings],
        }
        return plain(made)


def plain(value: Any) -> Any:
    """Numbers, words, lists and dicts of Python, None for what is not finite."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list | np.ndarray):
        return [plain(each) for each in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value


def diagnose(
    tpf: xr.Dataset,
    window: Window | Sequence[Window],
    aperture: ArrayLike | None = None,
    *,
    stars: Table | None = None,
    prf: PRF | None = None,
) -> Diagnosis:
    """Say whether an event is real or instrumental, and which star it is on.

    The stamp is compared with itself: what follows the event's shape in time, less a quadratic
    trend and what the file's own pointing explains, is an image; how that image scatters at some
    240 quiet places of the same file is its noise. Each cause (the target's own image, a star
    anywhere, single pixels, rows, columns, uniform light, the image's slopes, its width, an object
    that moves) is fitted in that noise; its gain in chi2 less a price for its freedom makes its
    probability. No quality flag is looked at for the verdict; flags are findings.

    Parameters
    ----------
    tpf : Dataset
        As `open_tpf` gives it. Lazy cubes are read by blocks of cadences and not kept.
    window : (t0, t1), or a sequence of them
        In the file's own days, as a user would mark the event; some 20 % too wide or too narrow
        does no harm. Where nothing can be told of a window, but something stands out in a short
        part of it, that part is measured (`Diagnosis.closer`). Several are the same event again,
        and are measured as one.
    aperture : array_like of bool (row, col), optional
        For depth and S/N, and where the target is if the file does not say it. Default: the
        pipeline's, or a threshold mask.
    stars : astropy Table, optional
        Stars to choose among, as `tpfdash.archive.stars.find_stars` gives them, or any other:
        columns `ra` and `dec` (deg; at the epoch of the file, unless there are `epoch`, `pmra` and
        `pmdec`) or `row` and `col` (detector pixels, by the file's WCS), and a magnitude
        (`magnitude`, `mag`, `tmag`, `kpmag`, `gmag` ...); `name` or `id` if there is one.
    prf : PRF, optional
        `tpfdash.stamp.prf.PRF`. Default: an elliptical Gaussian with a wing, fitted to the file's
        own star.

    Returns
    -------
    Diagnosis
        "inconclusive", with the reason, where data are too few or too bad, or nothing stands out.

    Raises
    ------
    TPFError
        On arguments that are none: no target pixel file, no window, no mask, no star table, no PRF.
    """
    check_tpf(tpf)
    windows = as_windows(window)
    shape = tpf["aperture"].shape
    if prf is not None:
        check_prf(prf)
    mask = default_mask(tpf) if aperture is None else as_mask(aperture, shape)
    table = None if stars is None else StarTable.read(stars, tpf)
    scale = pixel_scale(tpf) or get_mission(tpf.attrs["mission"]).pixel_scale
    with one_thread():
        try:
            measured = _measure(tpf, windows, mask, prf)
        except Nothing as nothing:
            measured = None
            reason = str(nothing)
        if measured is None or measured.judged.verdict != "moving_object":
            measured = _measure_closer(tpf, windows, mask, prf) or measured
        if measured is None:
            return _inconclusive(tpf, reason, scale, windows)
        closer = list(measured.windows) != windows
        return replace(_diagnosis(tpf, measured, table, scale), closer=closer)


def check_prf(prf: Any) -> None:
    """Raise TPFError where it gives no image of a star."""
    try:
        image = np.asarray(prf.images((3, 3), 1.0, 1.0), dtype=np.float64)
    except Exception:  # it may be anything
        image = np.zeros(0)
    if image.shape != (3, 3, 1) or not np.isfinite(image).all() or not image.sum() > 0:
        raise TPFError(
            f"prf is {prf!r}: it should be a PRF, whose method images gives finite shares of a "
            "star's light."
        )


def _inconclusive(
    tpf: xr.Dataset, reason: str, scale: float, windows: Sequence[Window]
) -> Diagnosis:
    none = dict.fromkeys(VERDICTS, 0.0) | {"inconclusive": 1.0}
    return Diagnosis(
        "inconclusive", none, reason, windows=tuple(windows), pixel_scale=scale, _tpf=tpf
    )


def _measure_closer(
    tpf: xr.Dataset, windows: Sequence[Window], mask: np.ndarray, prf: PRF | None
) -> Measured | None:
    """What the pixels say of the parts of the windows where something happens, if that is more."""
    parts = narrowed(tpf, windows, mask)
    if parts is None:
        return None
    try:
        measured = _measure(tpf, parts, mask, prf)
    except Nothing:
        return None
    if measured.judged.verdict == "inconclusive":
        return None
    return measured


def _measure(
    tpf: xr.Dataset, windows: Sequence[Window], mask: np.ndarray, prf: PRF | None
) -> Measured:
    """All that the pixels say; with lonely odd cadences left out, where that leaves anything."""
    where = np.argwhere(mask) if mask.any() else np.argwhere(np.ones_like(mask))
    row, col = where.mean(axis=0).tolist()
    data = stretches(tpf, windows, (row, col))
    if len(data.pixels) < 2:
        raise Nothing("only one pixel has data, and one pixel tells no cause from another")
    beside_event = np.ones(data.length, dtype=bool)
    beside_event[data.region] = False
    outside = data.event[beside_event].mean(axis=0)
    noise = learn_noise(data)
    error = noise.white / np.sqrt(beside_event.sum())
    scene = see_scene(tpf, outside, error, data.pixels, mask, prf)
    tried = shapes(data)
    mission = get_mission(tpf.attrs["mission"]).name
    aperture = mask[data.pixels[:, 0], data.pixels[:, 1]]
    quiet = is_quiet(data, noise, aperture)
    mended: list[Explanation] = []
    bins = data.window.stop - data.window.start
    while True:
        prints = footprints(scene, noise, data, mission)
        found, images, beside = explanations(data, noise, scene, prints, tried)
        if mended:
            found = held_to(found, mended, tried)
        pointed = pointing_score(data, noise, get_mission(mission).rolls)
        judged = judge(found, tried, bins, beside, pointed, quiet)
        if judged.verdict != "inconclusive" or not noise.odd.any():
            break
        noise, mended = learn_noise(data, mend=False), found
    chosen = judged.best.get(judged.verdict)
    still = chosen
    if still is None or still.model is None:
        still = max((e for e in found if e.model is not None), key=lambda each: each.gain)
    model = still.model
    at = still.shape
    if model is not None:
        at = best_shape(noise, tried, model, bool(tried.single[still.shape]))
    if at not in images:
        images[at] = whitened(noise, tried.values[at], data)
    weights, norm = height_estimator(noise, tried.values[at])
    return Measured(
        data=data,
        noise=noise,
        scene=scene,
        prints=prints,
        tried=tried,
        found=found,
        images=images,
        judged=judged,
        quiet=quiet,
        chosen=chosen,
        shape=at,
        image=images[at],
        quiet_lost=np.einsum("b,qbp->qp", weights, noise.quiet) / norm,
        outside=outside,
        mask=aperture,
        windows=windows,
    )


def _diagnosis(tpf: xr.Dataset, m: Measured, table: StarTable | None, scale: float) -> Diagnosis:
    m = m.to_be_kept()
    judged = m.judged
    first = np.array(corner(tpf), dtype=float)
    depth, depth_err, level = m.depth()
    place = _place(m)
    position = offset = covariance = None
    if place is not None:
        offset = pair(place.offset)
        # What is on the target is measured against its own image, and lies where the target does.
        own = judged.verdict == "on_target"
        position = pair(first + (m.scene.target_place + offset if own else place.position))
        (rr, rc), (cr, cc) = place.covariance.tolist()
        covariance = (rr, rc), (cr, cc)
    elif m.chosen is not None and m.chosen.place is not None:
        position = pair(first + np.array(m.chosen.place))
        offset = pair(np.array(m.chosen.place) - m.scene.star)
    ranked = RankedStars()
    if table is not None:
        ranked = rank_stars(table, m.image, m.scene, place, tpf, scale)
    return Diagnosis(
        verdict=judged.verdict,
        probabilities=judged.probabilities,
        reason=_reason(m),
        windows=tuple(m.windows),
        depth=depth,
        depth_err=depth_err,
        level=level,
        duration=m.duration(),
        snr=m.snr(depth, depth_err),
        position=position,
        offset=offset,
        covariance=covariance,
        target=pair(first + m.scene.target_place),
        reference=m.scene.reference,
        pixel_scale=scale,
        stars=ranked.stars,
        star_probabilities=ranked.probabilities,
        exclusion_radius=ranked.exclusion_radius,
        _measured=m,
        _tpf=tpf,
    )


def _place(m: Measured) -> Place | None:
    """Where the light changed, for what has a star's shape."""
    if m.judged.verdict not in ("on_target", "neighbour"):
        return None
    stars = [each for each in m.found if each.detail == "star" and each.place is not None]
    own = [each for each in stars if m.chosen is not None and each.shape == m.chosen.shape]
    if not stars:
        return None
    best = max(own or stars, key=lambda each: each.gain)
    return measure_place(m.image, m.scene, np.array(best.place))


def _reason(m: Measured) -> str:
    """Why it is inconclusive, or what is to be known beside the verdict."""
    if m.judged.verdict == "inconclusive":
        best = max(m.judged.best.values(), key=lambda each: each.gain)
        sigma = np.sqrt(best.gain)
        if m.quiet and m.tried.misfit[m.shape] > 1:
            return "nothing in the window itself stands out of the noise; something does beside it"
        if m.quiet or sigma < 3:
            return "nothing in the window stands out of the noise"
        return (
            "what stands out most is no more than chance makes of so many footprints: "
            f"{best.cause.replace('_', ' ')} at {sigma:.1f} sigma"
        )
    if m.mixed():
        return "more than one thing happens here"
    return ""
