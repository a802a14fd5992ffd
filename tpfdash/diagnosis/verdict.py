"""From gains to a verdict with a probability: what each cause costs, and what a stamp cannot tell.

A cause's score is half its best gain in chi2 less a price for its free numbers and for how often it
could have been chosen among (a BIC-like price, set so that quiet windows stay without a verdict).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tpfdash.diagnosis import settings
from tpfdash.diagnosis.evidence import Beside, Explanation
from tpfdash.diagnosis.footprints import Shapes
from tpfdash.diagnosis.noise import Noise
from tpfdash.diagnosis.reference import Stretches

__all__ = ["VERDICTS", "Judged", "Pointed", "is_quiet", "judge", "pointing_score"]

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


def score(each: Explanation, tried: Shapes, bins: int, beside: Beside) -> float:
    """Score of one explanation."""
    share = 1.0
    price = settings.PRICES[each.cause] + settings.PRICE_A_NUMBER * (each.free - 1)
    price += settings.DETAIL_PRICES.get((each.cause, each.detail), 0.0)
    if each.shape >= 0:
        price += settings.MISFIT * float(tried.misfit[each.shape])
        price += settings.KIND_PRICES.get((each.cause, str(tried.kinds[each.shape])), 0.0)
        if tried.kinds[each.shape] == "step":
            price += beside.flanks / 2 if each.plain < beside.flanks else 0.0
        if tried.single[each.shape]:
            price += settings.SINGLE_PRICES.get(each.cause, 0.0)
        if bins > 1 and tried.lone[each.shape]:
            share = settings.ONE_OF_SEVERAL if bins < settings.MENDED else settings.ONE_OF_MANY
    if each.shape >= 0 and tried.early[each.shape]:  # a ray beside the window begins no decay
        price += beside.guard / 2 if each.plain < beside.guard else 0.0
    share -= settings.SHARE_PRICES.get((each.cause, each.detail), 0.0)
    return each.gain * share / 2 - price


def judge(
    found: Sequence[Explanation],
    tried: Shapes,
    bins: int,
    beside: Beside,
    pointed: Pointed,
    quiet: bool,
) -> Judged:
    """Weigh the causes.

    Parameters
    ----------
    bins : int
        Bins of the window.
    beside : Beside
        Gains of what happens beside the window.
    pointed : Pointed
        What POS_CORR explains.
    quiet : bool
        Whether nothing in the window stands out: what is found then lies beside it.
    """
    scores = np.array([score(each, tried, bins, beside) for each in found])
    best: dict[str, Explanation] = {}
    by_cause: dict[str, float] = {}
    for value, each in sorted(zip(scores, found, strict=True), key=lambda pair: -pair[0]):
        if each.cause not in best:
            best[each.cause] = each
            by_cause[each.cause] = float(value)
    others = [each for each in found if each.cause != "pointing"]
    left = max((each.plain for each in others), default=0.0)
    left_single = max((each.plain for each in others if tried.single[each.shape]), default=0.0)
    nothing = max(by_cause.values()) <= 0
    far = pointed.times_usual >= settings.FAR_POINTED and left < settings.LEFT_SHARE * pointed.gain
    if pointed.score > 0 and (nothing or far):
        by_cause["pointing"] = max(by_cause.get("pointing", -np.inf), pointed.score)
    if left_single < settings.SPIKE_LEFT * pointed.spike:
        by_cause["pointing"] = max(*by_cause.values(), 0.0) + settings.SPIKE_AHEAD
    highest = max(*by_cause.values(), 0.0)
    # A strong event is told apart by its footprint's errors, which grow with it.
    temperature = settings.TEMPERATURE + settings.TEMPERATURE_SLOPE * highest
    instrument = max(
        (by_cause[name] for name in by_cause if name not in ("on_target", "neighbour")),
        default=-np.inf,
    )
    contended = min(by_cause.get("on_target", -np.inf), instrument)
    if "neighbour" in best and _explains_little(best["neighbour"]):
        contended = max(contended, by_cause["neighbour"])
    by_cause["inconclusive"] = max(0.0, contended + settings.CONTENDED * temperature)
    if quiet:
        by_cause = {"inconclusive": 0.0}
    logits = np.array([by_cause.get(name, -np.inf) for name in VERDICTS])
    highest = float(logits.max())
    weights = np.exp((logits - highest) / temperature)
    weights /= weights.sum()
    probabilities = {n: float(w) for n, w in zip(VERDICTS, weights, strict=True)}
    verdict = max(probabilities, key=lambda name: probabilities[name])
    return Judged(scores, best, by_cause, probabilities, verdict)


def _explains_little(each: Explanation) -> bool:
    """Whether as much is left over as a footprint explains: it takes a share of several things."""
    if each.model is None:
        return False
    chance = settings.LEFT_OVER * np.sqrt(2 * each.model.size)
    return each.rest > max(chance, settings.MOSTLY_MIXED * each.gain)


@dataclass(frozen=True)
class Pointed:
    """What POS_CORR explains of an event.

    Parameters
    ----------
    gain : float
        By how much chi2 falls against the noise from cadence to cadence.
    times_usual : float
        How many times as strong its strongest bin is as in 95 % of quiet places.
    score : float
        On the scale of the other causes; -inf where the pointing did nothing odd.
    spike : float
        chi2 of a single cadence against its neighbours, in the noise from cadence to cadence, where
        the pointing rolls and that cadence stands out; else 0. What is large there and small in
        the file's own noise is what the roll does.
    """

    gain: float
    times_usual: float
    score: float
    spike: float = 0.0


def pointing_score(data: Stretches, noise: Noise, rolls: bool) -> Pointed:
    """What POS_CORR explains of the event's bins.

    The pointing is taken off before anything is measured: where it did more than it does in 95 % of
    quiet places, and the pixels followed, it is the event, unless more is left over.
    """
    inside = data.region
    predicted = (noise.predicted[inside] / noise.white) ** 2
    strength = float(predicted.mean(axis=1).max())
    left = float(((noise.event[inside] / noise.white) ** 2).sum())
    before = float((((noise.event + noise.predicted)[inside] / noise.white) ** 2).sum())
    times = strength / max(noise.usual_move, 1e-12)
    odd = times > settings.POINTED and strength >= settings.MOVED
    score = (before - left) / 2 * settings.POINTED_SHARE - settings.PRICES["pointing"]
    spike, at = 0.0, data.window.start
    if rolls and data.window.stop - at == 1 and 0 < at < data.length - 1:
        jump = data.event[at] - (data.event[at - 1] + data.event[at + 1]) / 2
        chi2 = float(((jump / noise.white) ** 2).sum()) / 1.5
        spike = chi2 if chi2 >= settings.SPIKE**2 * jump.size else 0.0
    return Pointed(before - left, times, score if odd else -np.inf, spike)


def is_quiet(data: Stretches, noise: Noise, aperture: np.ndarray) -> bool:
    """Whether nothing in a window stands out of the noise from bin to bin.

    The aperture's mean, less the median of two flanks as long, is under 2.5 sigma, the pixels' chi2
    within 3 sigma of its expectation, and no pixel beyond 5 sigma in one bin.
    """
    first, last = data.window.start, data.window.stop
    n = last - first
    flanks = [data.event[max(first - n, 0) : first], data.event[last : last + n]]
    beside = np.concatenate(flanks)
    if not len(beside):
        return False
    apart = (data.event[data.window] - np.median(beside, axis=0)) / noise.white
    error = np.sqrt(1 / n + 1 / len(beside))
    mean = apart.mean(axis=0) / error
    pixels = mean.size
    curve = 0.0
    if aperture.any():
        white = noise.white[aperture]
        curve = float((mean[aperture] * white).sum() / np.sqrt((white**2).sum()))
    single = np.abs(apart).max() / np.sqrt(1 + 1 / len(beside))
    chi2 = float((mean**2).sum())
    return bool(abs(curve) < 2.5 and chi2 < pixels + 3 * np.sqrt(2 * pixels) and single < 5)
