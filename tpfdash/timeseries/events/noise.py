"""How far a light curve scatters: from one cadence to the next, and by QUALITY flag."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["flag_factors", "running_scatter", "scatter", "white_noise"]

#: The share of a Gaussian within one standard deviation.
_ONE_SIGMA = math.erf(math.sqrt(0.5))
#: Cadences that the running noise is measured on.
_BLOCK = 300
#: It is no less than this share of the whole light curve's: a quiet day is partly chance.
_FLOOR = 0.7
#: Rounding of a float32, by its size: what is known no better cannot scatter less.
_ROUNDING = 1.2e-7
#: Cadences that a flag needs for its scatter to be known, and from which scatter on it counts.
_FEWEST, _LOUD = 8, 1.5


def scatter(values: np.ndarray) -> float:
    """The width about 0 that 68.27 % of the values lie within; NaN of none."""
    return float(np.quantile(np.abs(values), _ONE_SIGMA)) if values.size else np.nan


def running_scatter(values: np.ndarray, block: int) -> np.ndarray:
    """`scatter` in blocks that overlap by half, a straight line from one's middle to the next's.

    Parameters
    ----------
    values : float array (n,)
        Finite.
    block : int
        Values of a block; with fewer than two blocks all are one.

    Returns
    -------
    float64 array (n,)
    """
    half = max(block // 2, 1)
    halves = values.size // half
    if halves < 4:
        return np.full(values.size, scatter(values))
    cut = np.abs(values[: halves * half]).reshape(halves, half)
    blocks = np.concatenate([cut[:-1], cut[1:]], axis=1)
    middles = half * np.arange(1, halves)
    return np.interp(np.arange(values.size), middles, np.quantile(blocks, _ONE_SIGMA, axis=1))


def white_noise(flux: np.ndarray) -> np.ndarray:
    """Running noise of single cadences about the mean of their two neighbours.

    Parameters
    ----------
    flux : float64 array (n,)
        In order of time; gaps do not count.

    Returns
    -------
    float64 array (n,), above 0: no less than the rounding of a float32.
    """
    least = _ROUNDING * max(float(np.abs(np.median(flux))), float(np.ptp(flux)) * 1e-3)
    least = max(least, np.finfo(np.float64).tiny ** 0.5)
    if flux.size < 3:
        return np.full(flux.size, max(least, float(np.ptp(flux)) if flux.size else least))
    apart = (flux[1:-1] - (flux[:-2] + flux[2:]) / 2) / math.sqrt(1.5)
    running = running_scatter(apart, _BLOCK)
    running = np.maximum(running, _FLOOR * scatter(apart))
    return np.maximum(np.pad(running, 1, mode="edge"), least)


def flag_factors(response: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """By how much more the cadences of each QUALITY flag scatter than the noise.

    A cadence in which thrusters fire stands out where it differs from other such cadences.

    Parameters
    ----------
    response : float array (n,)
        Each cadence's distance from its neighbours, in sigma; NaN where not known.
    quality : int array (n,)

    Returns
    -------
    float64 array (n,), 1 or more: the largest of the cadence's flags.
    """
    factors = np.ones(response.size)
    known = np.isfinite(response)
    for bit in range(32):
        flagged = (quality >> bit) & 1 == 1
        if np.count_nonzero(flagged & known) >= _FEWEST:
            width = scatter(response[flagged & known])
            if width > _LOUD:
                factors[flagged] = np.maximum(factors[flagged], width)
    return factors
