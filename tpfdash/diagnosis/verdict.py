"""From gains to a verdict with a probability: what each cause costs, and what a stamp cannot tell.

A cause's score is half its best gain in chi2 less a price for its free numbers and for how often it
could have been chosen among (a BIC-like price, set so that quiet windows stay without a verdict).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tpfdash.diagnosis import settings
from tpfdash.diagnosis.evidence import Explanation
from tpfdash.diagnosis.footprints import Shapes
from tpfdash.diagnosis.noise import Noise
from tpfdash.diagnosis.reference import Stretches

__all__ = ["VERDICTS", "Judged", "judge", "pointing_score"]

VERDICTS = (
    "on_target",
    "neighbour",
    "moving_object",
    "cosmic_ray",
    "column_or_row",
    "rolling_band",
    "sensitivity_dropout",
    "pointing",
    "systematic",
    "background",
    "inconclusive",
)


@dataclass(frozen=True)
class Judged:
    """The causes weighed against each other.

    Parameters
    ----------
    scores : float array (explanation,)
    best : dict
        Cause -> its best explanation.
    by_cause : dict
        Cause -> its score.
    probabilities : dict
        Verdict -> probability.
    verdict : str
    """

    scores: np.ndarray
    best: dict[str, Explanation]
    by_cause: dict[str, float]
    probabilities: dict[str, float]
    verdict: str


def score(each: Explanation, tried: Shapes, several: bool, beside: float) -> float:
    """Score of one explanation."""
    price = settings.PRICES[each.cause] + settings.PRICE_A_NUMBER * (each.free - 1)
    price += settings.DETAIL_PRICES.get((each.cause, each.detail), 0.0)
    if each.shape >= 0:
        price += settings.MISFIT * float(tried.misfit[each.shape])
        price += settings.KIND_PRICES.get((each.cause, str(tried.kinds[each.shape])), 0.0)
        if tried.kinds[each.shape] == "step":
            price += max(beside / 2 - settings.PRICES[each.cause], 0.0)
        if tried.single[each.shape]:
            price += settings.SINGLE_PRICES.get(each.cause, 0.0)
            if several:
                return each.gain * settings.ONE_OF_SEVERAL / 2 - price
    return each.gain / 2 - price


def judge(
    found: Sequence[Explanation], tried: Shapes, several: bool, beside: float, pointed: float
) -> Judged:
    """Weigh the causes.

    Parameters
    ----------
    several : bool
        Whether the window has more than one bin.
    beside : float
        Gain of what happens in the flanks.
    pointed : float
        Score of the pointing by POS_CORR, where nothing else is left over.
    """
    scores = np.array([score(each, tried, several, beside) for each in found])
    best: dict[str, Explanation] = {}
    by_cause: dict[str, float] = {}
    for value, each in sorted(zip(scores, found, strict=True), key=lambda pair: -pair[0]):
        if each.cause not in best:
            best[each.cause] = each
            by_cause[each.cause] = float(value)
    by_cause["inconclusive"] = 0.0
    if pointed > 0:
        by_cause["pointing"] = max(by_cause.get("pointing", -np.inf), pointed)
    logits = np.array([by_cause.get(name, -np.inf) for name in VERDICTS])
    highest = float(logits.max())
    # A strong event is told apart by its footprint's errors, which grow with it.
    temperature = settings.TEMPERATURE + settings.TEMPERATURE_SLOPE * max(highest, 0.0)
    weights = np.exp((logits - highest) / temperature)
    weights /= weights.sum()
    probabilities = {n: float(w) for n, w in zip(VERDICTS, weights, strict=True)}
    verdict = max(probabilities, key=lambda name: probabilities[name])
    return Judged(scores, best, by_cause, probabilities, verdict)


def pointing_score(data: Stretches, noise: Noise) -> float:
    """Score of what POS_CORR explains of the event's bins; below 0 where that is nothing odd.

    The pointing is taken off before anything is measured: where it did more than it does in 95 % of
    quiet places, and the pixels followed, it is the event, unless more is left over.
    """
    inside = data.region
    predicted = (noise.predicted[inside] / noise.white) ** 2
    strength = float(predicted.mean(axis=1).max())
    if strength <= settings.POINTED * max(noise.usual_move, 1e-12) or strength < settings.MOVED:
        return -np.inf
    left = ((noise.event[inside] / noise.white) ** 2).sum()
    before = (((noise.event + noise.predicted)[inside] / noise.white) ** 2).sum()
    return float((before - left) / 2 * settings.POINTED_SHARE - settings.PRICES["pointing"])
