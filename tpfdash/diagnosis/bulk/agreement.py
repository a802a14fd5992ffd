"""How far a person's words and the verdicts agree: counts, a share with its error, and kappa."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tpfdash.diagnosis.summary import VERDICT_NAMES

__all__ = ["GROUPS", "SNR_BINS", "Agreement", "agreement", "group_of"]

#: What a verdict and a word are both one of.
GROUPS = ("real", "elsewhere", "artefact")
_OTHERS = {"on_target": 0, "neighbour": 1, "moving_object": 1, "inconclusive": -1}
#: The ends of the bins of S/N that agreement is given in.
SNR_BINS = (0.0, 10.0, 50.0, np.inf)


def group_of(verdict: str) -> int:
    """The number in `GROUPS` that a verdict belongs to; -1: to none, it is inconclusive."""
    return _OTHERS.get(verdict, GROUPS.index("artefact"))


#: The same of the verdicts by their numbers in an index of results.
BY_CODE = np.array([group_of(verdict) for verdict in VERDICT_NAMES], dtype=np.int8)


@dataclass(frozen=True, eq=False)
class Agreement:
    """Words beside verdicts.

    Parameters
    ----------
    counts : int array (3, 3)
        How many events have the word `GROUPS[i]` and a verdict of `GROUPS[j]`.
    undecided : int array (3,)
        How many have the word and an inconclusive verdict: they are in no share.
    unsure : int
        How many have the word "unsure": they are in no share either.
    """

    counts: np.ndarray
    undecided: np.ndarray
    unsure: int

    @property
    def number(self) -> int:
        """Events with a word and a verdict that may agree."""
        return int(self.counts.sum())

    @property
    def share(self) -> float:
        """Share of them that do; NaN where there is none."""
        return float(np.trace(self.counts) / self.number) if self.number else np.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The 68.3 % interval of the share (Wilson 1927); NaN where there is none.

        Unlike the square root of p (1 - p) / n it holds for few events, and for a share of 1.
        """
        if not self.number:
            return np.nan, np.nan
        from astropy.stats import binom_conf_interval  # slow to import

        agreed = int(np.trace(self.counts))
        low, high = binom_conf_interval(agreed, self.number, interval="wilson")
        return float(low), float(high)

    @property
    def kappa(self) -> float:
        """Cohen's kappa (1960): agreement beyond chance, 1 at most.

        NaN where one class alone was used by both, or nothing was judged.
        """
        chance = self._chance
        return (self.share - chance) / (1 - chance) if chance < 1 else np.nan

    @property
    def kappa_err(self) -> float:
        """Its standard error by Cohen: sqrt(p (1 - p) / n) over 1 less chance.

        NaN where kappa is, and where all agree or none do: the formula would have it to be 0.
        """
        chance = self._chance
        if not chance < 1 or not 0 < self.share < 1:
            return np.nan
        return float(np.sqrt(self.share * (1 - self.share) / self.number) / (1 - chance))

    @property
    def _chance(self) -> float:
        """Agreement of words and verdicts that know nothing of each other; NaN without any."""
        if not self.number:
            return np.nan
        by_word, by_verdict = (self.counts.sum(axis=axis) / self.number for axis in (1, 0))
        return float(by_word @ by_verdict)


def agreement(words: ArrayLike, groups: ArrayLike) -> Agreement:
    """Count words against the groups of verdicts.

    Parameters
    ----------
    words : array of str (n,)
        Each one of the words for an event; those that are "" are left out.
    groups : int array (n,)
        As `group_of` gives them.
    """
    words, groups = np.asarray(words, dtype=str), np.asarray(groups, dtype=np.int8)
    counts = np.zeros((len(GROUPS), len(GROUPS)), dtype=np.int64)
    undecided = np.zeros(len(GROUPS), dtype=np.int64)
    for i, word in enumerate(GROUPS):
        of_word = groups[words == word]
        counts[i] = np.bincount(of_word[of_word >= 0], minlength=len(GROUPS))
        undecided[i] = np.count_nonzero(of_word < 0)
    return Agreement(counts, undecided, int(np.count_nonzero(words == "unsure")))


def binned(snr: np.ndarray) -> Sequence[tuple[str, np.ndarray]]:
    """What to call each bin of S/N, and which events lie in it: bool arrays (n,)."""
    made = []
    for low, high in zip(SNR_BINS[:-1], SNR_BINS[1:], strict=True):
        name = f"below {high:.0f}" if not low else f"{low:.0f} to {high:.0f}"
        made.append(
            (name if np.isfinite(high) else f"{low:.0f} and above", (low <= snr) & (snr < high))
        )
    return made
