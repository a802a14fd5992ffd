"""What a filter's response is worth in this light curve: its S/N, by how far it scatters there.

White noise alone would give a response the scatter that its weights say. Variability, what is left
of the roll, and drifts give it more, and more so the longer the filter: that is measured from the
responses themselves, all along the light curve.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tpfdash.timeseries.events.filters import BOTH, LEFT, RIGHT, Filter, Response, Sums
from tpfdash.timeseries.events.noise import running_scatter, scatter

__all__ = ["Scale", "Scaled"]

#: Flanks that are tried, by the filter's length: the quietest are taken.
_FLANKS = {"box": (0.5, 1.5, 4.0), "step": (1.0, 2.0)}
#: Responses, and lengths of the filter, that its running scatter is measured on.
_BLOCK, _LENGTHS = 300, 60
#: That is no less than this share of the scatter over all.
_FLOOR = 0.85
#: Independent places that a filter needs for its scatter to be known.
_FEWEST = 6
#: One flank alone is asked for so much more: what follows a gap is not what is between gaps.
_ONE_SIDED = 1.3
#: So many responses are taken for each length of the filter to measure that; so many places are
#: enough to choose flanks, and to know how one flank alone does; and so many for all else.
_A_LENGTH, _SAMPLE, _MOST = 4, 3000, 20_000


@dataclass(frozen=True, eq=False)
class Scaled:
    """A filter's responses along the light curve, and their S/N.

    Parameters
    ----------
    filter : Filter
    places : range
    response : Response
    factor : float64 array (places,)
        By how much more than white noise it scatters; inf where not known.
    one_sided : float
        The same for one flank alone.
    """

    filter: Filter
    places: range
    response: Response
    factor: np.ndarray
    one_sided: float

    @property
    def snr(self) -> np.ndarray:
        """float64 (places,), with the sign of the height."""
        return self.response.strength / np.where(
            self.response.sides == BOTH, self.factor, np.maximum(self.factor, self.one_sided)
        )


@dataclass(frozen=True, eq=False)
class Scale:
    """The filters of one light curve, and what S/N their responses have at any place.

    Parameters
    ----------
    scaled : sequence of Scaled
        Of each kind and length one, by length.
    """

    scaled: Sequence[Scaled]

    @classmethod
    def measured(cls, sums: Sums, kinds: Sequence[tuple[str, int]]) -> Iterator[Scaled]:
        """Each (kind, length) with those flanks that make it quietest, one after the other."""
        for kind, length in kinds:
            filters = (Filter(kind, length, flank) for flank in _FLANKS[kind])
            quietest = min(filters, key=lambda filter: _usual_noise(sums, filter))
            yield _scaled(sums, quietest)

    def nearest(self, kind: str, length: int) -> Filter:
        """The filter of a kind whose length is nearest to one."""
        its = [one.filter for one in self.scaled if one.filter.kind == kind]
        return min(its, key=lambda filter: abs(np.log(filter.length / length)))

    def factor(self, kind: str, length: np.ndarray, slot: int, sides: np.ndarray) -> np.ndarray:
        """By how much more than white noise filters of any length scatter about a slot."""
        its = [one for one in self.scaled if one.filter.kind == kind and len(one.places)]
        if not its:
            return np.full(np.shape(length), np.inf)
        lengths = np.log([one.filter.length for one in its])
        two = [one.factor[min(max(slot // one.places.step, 0), len(one.places) - 1)] for one in its]
        one_sided = [one.one_sided for one in its]
        at = np.log(length)
        with np.errstate(invalid="ignore"):
            both = np.interp(at, lengths, two)
            alone = np.maximum(both, np.interp(at, lengths, one_sided))
        return np.nan_to_num(np.where(sides == BOTH, both, alone), nan=np.inf, posinf=np.inf)

    def factor_at(self, kind: str, length: int, slot: int) -> float:
        """The same of one length, with all that it looks at there."""
        return float(self.factor(kind, np.array([length]), slot, np.array([BOTH]))[0])


def _places(sums: Sums, filter: Filter) -> range:
    last = sums.size - filter.length if filter.kind == "box" else sums.size
    return range(0, max(last, 0) + 1, filter.stride)


def _usual_noise(sums: Sums, filter: Filter) -> float:
    """How far the heights of a filter scatter, whatever makes them, by a few thousand places."""
    places = _places(sums, filter)
    thin = places[:: -(-len(places) // _SAMPLE)]
    response = filter.respond(sums, thin)
    heights = response.height[response.sides == BOTH]
    return scatter(heights) if heights.size else np.inf


def _scaled(sums: Sums, filter: Filter) -> Scaled:
    places = _places(sums, filter)
    response = filter.respond(sums, places)
    two = np.flatnonzero(response.sides == BOTH)
    length = filter.length * (1 if filter.kind == "box" else 2)
    independent = two.size * filter.stride / length
    if independent < _FEWEST:
        return Scaled(filter, places, response, np.full(len(places), np.inf), np.inf)
    # A few responses for each length of the filter say all that there is to know of their scatter.
    thinned = two[:: max(1, length // (_A_LENGTH * filter.stride), two.size // _MOST)]
    strength = response.strength[thinned]
    block = max(_BLOCK, _LENGTHS * _A_LENGTH)
    running = np.maximum(running_scatter(strength, block), _FLOOR * scatter(strength))
    # The fewer there are, the less is known of how far they scatter.
    running = np.maximum(running, 1.0) * (1 + 1 / independent)
    factor = np.interp(np.arange(len(places)), thinned, running)
    one_sided = np.inf
    if filter.kind == "box":
        some = thinned[:: -(-thinned.size // _SAMPLE)]
        at = places.start + places.step * some
        alone = [filter.respond(sums, at, side).strength for side in (LEFT, RIGHT)]
        one_sided = _ONE_SIDED * max(scatter(np.concatenate(alone)), 1.0)
    return Scaled(filter, places, response, factor, one_sided)
