"""Where on the detector an event is, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tpfdash.diagnosis import settings
from tpfdash.diagnosis.evidence import Whitened
from tpfdash.diagnosis.prf import OnPixels
from tpfdash.diagnosis.robust import robust_covariance
from tpfdash.diagnosis.scene import Scene

__all__ = ["Pair", "Place", "Square", "measure_place", "pair", "sigma_off"]

#: (row, col), and a covariance of them.
Pair = tuple[float, float]
Square = tuple[Pair, Pair]
#: Step of the numerical derivatives by place, in pixels, and rounds of the fit.
_STEP, _ROUNDS = 0.05, 12
#: Condition number from which a fit says nothing.
_SINGULAR = 1e8


@dataclass(frozen=True)
class Place:
    """A measured place.

    Parameters
    ----------
    position : float64 array (2,)
        (row, col) counted from the stamp's first pixel.
    offset : float64 array (2,)
        From the target, measured by the same PRF with the same weights.
    covariance : float64 array (2, 2)
        Of the offset, pixel**2.
    """

    position: np.ndarray
    offset: np.ndarray
    covariance: np.ndarray


def pair(values: ArrayLike) -> Pair:
    """(row, col) as two floats."""
    row, col = np.asarray(values, dtype=float).tolist()
    return row, col


def sigma_off(offset: ArrayLike | None, covariance: ArrayLike | None) -> float:
    """How many sigma a place lies off another (Mahalanobis); NaN where either is not known."""
    if offset is None or covariance is None:
        return np.nan
    off = np.asarray(offset, dtype=float)
    return float(np.sqrt(off @ np.linalg.solve(np.asarray(covariance, dtype=float), off)))


def measure_place(image: Whitened, scene: Scene, start: np.ndarray) -> Place | None:
    """The place of a star whose light changed; None where the fit does not hold.

    Parameters
    ----------
    image : Whitened
        The event's image, for one shape in time.
    start : float array (2,)
        A place near it.
    """
    prf, target = scene.prf, scene.target
    if scene.full.any() and not scene.full.all():
        # What a saturated star does shows at its bleed trails' ends: its wings tell its place.
        kept = ~scene.full
        prf, target = OnPixels(prf.prf, prf.pixels[kept]), target[kept]
        image = image.of(kept)
    place, estimator = _fit(image, image.image, prf, start)
    if place is None:
        return None
    # The target by its own image, as this PRF and these weights see it.
    reference, *_ = _fit(image, image(target[None])[0], prf, scene.star)
    if reference is None:
        reference = scene.star
    offset = place - reference
    errs = estimator @ image.own_error @ estimator.T
    formal = estimator @ estimator.T - errs
    covariance = formal
    if len(image.filtered.quiet):
        covariance = _no_less(robust_covariance(image(image.filtered.quiet) @ estimator.T), formal)
    # Templates err, which quiet places do not know of; on the target alike for event and star.
    covariance = covariance + min(1.0, settings.ALIKE + float(offset @ offset)) * errs
    covariance = covariance + settings.PLACE_FLOOR**2 * np.eye(2)
    return Place(scene.star + offset, offset, covariance)


def _fit(
    image: Whitened, data: np.ndarray, prf: OnPixels, start: np.ndarray
) -> tuple[np.ndarray | None, np.ndarray]:
    """A star's place by least squares, None where that does not hold; its estimator (2, pixel)."""
    place = np.array(start, dtype=float)
    h = _STEP
    for _ in range(_ROUNDS):
        moved = place + np.array([[0, 0], [h, 0], [-h, 0], [0, h], [0, -h]])
        middle, up, down, right, left = image(prf.images(moved))
        norm = max(float(middle @ middle), 1e-300)
        amplitude = float(middle @ data) / norm
        slopes = np.stack(
            [middle, amplitude * (up - down) / (2 * h), amplitude * (right - left) / (2 * h)]
        )
        gram = slopes @ slopes.T
        gram[np.diag_indices(3)] *= 1 + 1e-9
        unit = np.sqrt(np.outer(gram.diagonal(), gram.diagonal()))
        if not (unit > 0).all() or np.linalg.cond(gram / unit) > _SINGULAR:
            return None, slopes[1:]
        estimator = np.linalg.solve(gram, slopes)
        step = estimator[1:] @ (data - amplitude * middle)
        length = float(np.hypot(*step))
        place = place + step * min(1.0, 0.4 / max(length, 1e-12))
        if np.hypot(*(place - start)) > 1.5:
            return None, estimator[1:]
        if length < 1e-3:
            break
    return place, estimator[1:]


def _no_less(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """A covariance, along its own axes no less than another."""
    values, axes = np.linalg.eigh(one)
    least = np.einsum("ia,ij,ja->a", axes, other, axes)
    return (axes * np.maximum(values, least)) @ axes.T
