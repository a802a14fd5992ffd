"""Where on the sky the events of several files are: the offsets of all, joined into one.

Each file, a quarter or a sector of the same target, is measured by itself, by
`tpfdash.diagnosis.folded` or `tpfdash.diagnose`; here its pixels become east and north.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.stats import chi2

from tpfdash.diagnosis.diagnose import Diagnosis, diagnose
from tpfdash.diagnosis.folded import FoldedImage, folded_image
from tpfdash.diagnosis.numbers import signed_with_error
from tpfdash.diagnosis.place import Pair, Square, pair, sigma_off
from tpfdash.diagnosis.windows import Window
from tpfdash.errors import TPFError
from tpfdash.stamp.epoch import time_reference
from tpfdash.stamp.sky import sky_axes, sky_state
from tpfdash.timeseries.ephemeris import Ephemeris

__all__ = ["JoinedOffset", "SkyOffset", "join", "join_offsets"]

#: Files disagree where chance would make them as different less often than this.
_DISAGREE = 0.01


@dataclass(frozen=True)
class SkyOffset:
    """Where the events of one file are.

    Parameters
    ----------
    name : str
        Of the file.
    offset : (east, north), arcsec from the target, or None
        None where it was not measured.
    covariance : ((east east, east north), (north east, north north)), arcsec**2, or None
    n_events : int
        How many events were measured.
    reason : str
        Why it was not measured, in words; "" where it was.
    """

    name: str
    offset: Pair | None = None
    covariance: Square | None = None
    n_events: int = 0
    reason: str = ""

    @property
    def sigma(self) -> float:
        """How many sigma it lies off the target (Mahalanobis); NaN where not measured."""
        return sigma_off(self.offset, self.covariance)

    @property
    def words(self) -> str:
        """The offset, or why there is none."""
        return f"{self.name}: {_words(self.offset, self.covariance) or self.reason}"


@dataclass(frozen=True)
class JoinedOffset:
    """Where the events of several files are, together.

    Parameters
    ----------
    parts : tuple of SkyOffset
        Those of each file.
    offset : (east, north), arcsec from the target, or None
        Their mean, each weighted by the inverse of its covariance; None where none was measured.
    covariance : ((east east, east north), (north east, north north)), arcsec**2, or None
        As if what is wrong in one file (its PRF, a star beside the target) were not so in another.
    chi_square : float
        Of the parts about their mean; NaN with fewer than two.
    degrees : int
        Degrees of freedom of that: 2 for each part after the first.
    """

    parts: tuple[SkyOffset, ...]
    offset: Pair | None = None
    covariance: Square | None = None
    chi_square: float = np.nan
    degrees: int = 0

    @property
    def measured(self) -> tuple[SkyOffset, ...]:
        """The parts that have an offset."""
        return tuple(part for part in self.parts if part.offset is not None)

    @property
    def sigma(self) -> float:
        """How many sigma the mean lies off the target (Mahalanobis); NaN where not known."""
        return sigma_off(self.offset, self.covariance)

    @property
    def chance(self) -> float:
        """How often files that agree have so large a chi square; NaN with fewer than two."""
        return float(chi2.sf(self.chi_square, self.degrees)) if self.degrees else np.nan

    @property
    def agree(self) -> bool:
        """Whether the parts may be of one place; one alone agrees with itself."""
        return not self.chance < _DISAGREE

    @property
    def sentence(self) -> str:
        """The mean, and whether the files agree, without a full stop."""
        if self.offset is None:
            return "The offset from the target could be measured in no file"
        names = ", ".join(part.name for part in self.measured)
        said = f"{_words(self.offset, self.covariance)}, from {names}"
        if not self.degrees:
            return said
        chi = f"chi square {self.chi_square:.1f} for {self.degrees}"
        if self.agree:
            return f"{said}, which agree ({chi})"
        return (
            f"{said}; but these disagree ({chi}, by chance {self.chance:.1g}): the mean is no place"
        )

    def __str__(self) -> str:
        return "\n".join([f"{self.sentence}.", *(part.words for part in self.parts)])


def join_offsets(
    tpfs: Sequence[xr.Dataset],
    events: Ephemeris | Sequence[Sequence[Window]],
    apertures: Sequence[ArrayLike | None] | None = None,
    *,
    names: Sequence[str] | None = None,
) -> JoinedOffset:
    """Measure the same events in several files of one target, and join their offsets on the sky.

    Parameters
    ----------
    tpfs : sequence of Dataset
        As `open_tpf` gives them.
    events : Ephemeris, or for each file a sequence of (t0, t1)
        An ephemeris is in the clock of the first file, and has a duration; windows are in each
        file's own days, none where nothing happens in it.
    apertures : sequence of bool arrays (row, col), optional
        One a file; None: as for `tpfdash.diagnose`.
    names : sequence of str, optional
        What each file is called; default: "file 1" ...

    Returns
    -------
    JoinedOffset

    Raises
    ------
    TPFError
        On arguments that are none, or not one for each file.
    """
    n = len(tpfs)
    if not n:
        raise TPFError("join_offsets was given no files: it should be one or more.")
    names = [f"file {k + 1}" for k in range(n)] if names is None else names
    apertures = [None] * n if apertures is None else apertures
    if isinstance(events, Ephemeris):
        shifts = [time_reference(tpfs[0]) - time_reference(tpf) for tpf in tpfs]
        each: Sequence = [replace(events, t0=events.t0 + shift) for shift in shifts]
    else:
        each = events
    for what, given in (("names", names), ("apertures", apertures), ("events", each)):
        if len(given) != n:
            raise TPFError(f"{what} has {len(given)} entries for {n} files: it should be one each.")
    return join([_measure(*one) for one in zip(names, tpfs, each, apertures, strict=True)])


def join(parts: Sequence[SkyOffset]) -> JoinedOffset:
    """The mean of offsets, weighted by their covariances, and how well they agree."""
    parts = tuple(parts)
    known = [part for part in parts if part.offset is not None]
    if not known:
        return JoinedOffset(parts)
    offsets = np.array([part.offset for part in known])
    weights = np.linalg.inv(np.array([part.covariance for part in known]))
    covariance = np.linalg.inv(weights.sum(axis=0))
    mean = covariance @ np.einsum("kij,kj->i", weights, offsets)
    degrees = 2 * len(known) - 2
    away = offsets - mean
    chi_square = float(np.einsum("ki,kij,kj", away, weights, away)) if degrees else np.nan
    return JoinedOffset(parts, pair(mean), _square(covariance), chi_square, degrees)


def _measure(
    name: str, tpf: xr.Dataset, events: Ephemeris | Sequence[Window], aperture: ArrayLike | None
) -> SkyOffset:
    made: FoldedImage | Diagnosis
    if isinstance(events, Ephemeris):
        if not events.windows(tpf["time"].values):
            return SkyOffset(name, reason="no event is in it")
        made = folded_image(tpf, events, aperture)
        n_events = made.n_events
        why = made.reason or "no star's image stands out in its events"
    else:
        if not len(events):
            return SkyOffset(name, reason="no event is in it")
        made = diagnose(tpf, events, aperture)
        n_events = len(made.windows)
        why = made.reason or "what happens in it has no place"
    if made.offset is None or made.covariance is None:
        return SkyOffset(name, n_events=n_events, reason=why.rstrip("."))
    axes = sky_axes(tpf)
    if axes is None:
        return SkyOffset(name, n_events=n_events, reason=sky_state(tpf).words.rstrip("."))
    if made.reference != "the target":
        why = "the star in its aperture is not where the target should be"
        return SkyOffset(name, n_events=n_events, reason=why)
    offset = pair(axes @ np.array(made.offset))
    return SkyOffset(name, offset, _square(axes @ np.array(made.covariance) @ axes.T), n_events)


def _square(covariance: np.ndarray) -> Square:
    return pair(covariance[0]), pair(covariance[1])


def _words(offset: Pair | None, covariance: Square | None) -> str:
    """East and north with their errors, and how far off in sigma; "" where not known."""
    if offset is None or covariance is None:
        return ""
    errors = np.sqrt(np.diag(covariance))
    east, north = (
        f"{signed_with_error(value, error)} arcsec"
        for value, error in zip(offset, errors.tolist(), strict=True)
    )
    return f"{east} east, {north} north ({sigma_off(offset, covariance):.1f} sigma)"
