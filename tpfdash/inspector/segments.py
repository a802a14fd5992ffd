"""Several files of one target as one: quarters, campaigns or sectors, each with its own Inspector.

How light curves become one is `tpfdash.timeseries.stitch`, how a mask gets from one file to another
`tpfdash.stamp.carry`, how offsets are joined `tpfdash.diagnosis.joined`; here is which file and
cadence a time belongs to, and what the files are given of what was found in all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import param
import xarray as xr

from tpfdash.diagnosis.joined import JoinedOffset, join_offsets
from tpfdash.errors import TPFError
from tpfdash.inspector.derived import derived, follows, params_of
from tpfdash.inspector.inspector import Inspector
from tpfdash.inspector.params import Choice, Interval
from tpfdash.inspector.timeline import nearest_to
from tpfdash.io import open_tpf
from tpfdash.stamp.carry import mask_by_sky
from tpfdash.stamp.epoch import time_reference
from tpfdash.stamp.target import interval_name, same_target
from tpfdash.timeseries.ephemeris import Ephemeris
from tpfdash.timeseries.events.find import find_events
from tpfdash.timeseries.events.found import FoundEvents
from tpfdash.timeseries.scatter import step_scatter_ppm
from tpfdash.timeseries.series import in_order
from tpfdash.timeseries.stitch import RULES, stitch

__all__ = ["Segments"]


class Segments(param.Parameterized):
    """Several files of one target, in order of time, and the light curve of all of them.

    It is a mapping from names ("Q4"; "Q4 (2)" for a second file of the same quarter) to Inspectors.
    Those who watch `members` are told when the light curve of any of them changes.

    Parameters
    ----------
    files : sequence
        Inspectors, or what `open_tpf` takes, all of one target.
    **params
        `rule`, `time_range`.

    Raises
    ------
    TPFError
        Where there is none, one is not of the same target, or has no time.
    """

    members = param.Dict({}, doc="Name -> Inspector, in order of time. Set by `put`.")
    rule = Choice(
        default="median",
        objects=list(RULES),
        doc="How segments are brought to one level: each divided by its median, by its mean, or "
        "scaled to the median of the first (level).",
    )
    time_range = Interval(None, doc="(t0, t1) of the stitched curve in sight, or None: all.")

    def __init__(self, files: Iterable[Any], **params: Any):
        super().__init__(**params)
        if isinstance(files, str | xr.Dataset | Inspector):
            raise TPFError(f"Segments was given a {type(files).__name__}: it should be a list.")
        for each in files:
            self.put(each if isinstance(each, Inspector) else Inspector(open_tpf(each)))
        if not self.members:
            raise TPFError("Segments was given no files: it should be one or more of one target.")

    def __repr__(self) -> str:
        return f"<Segments {', '.join(self.members)}>"

    # -- the files -----------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def __getitem__(self, name: str) -> Inspector:
        if name not in self.members:
            raise TPFError(f"there is no segment {name!r}: it should be one of {list(self)}.")
        return self.members[name]

    def put(self, inspector: Inspector) -> None:
        """Take in a further file, or another Inspector in place of the one of the same file."""
        if inspector in self.members.values():
            return
        others = [each for each in self.members.values() if each.tpf is not inspector.tpf]
        if others and not same_target(others[0].tpf, inspector.tpf):
            raise TPFError(f"{_called(inspector)} is not of the target of {_called(others[0])}.")
        if inspector.timeline.span is None:
            raise TPFError(f"{_called(inspector)} has no cadence with a time: it has no place.")
        inspector.param.watch(self._tell, list(params_of(Inspector, "lightcurve", "good")))
        self.members = _named(sorted([*others, inspector], key=_begin))

    def name_of(self, tpf: xr.Dataset) -> str | None:
        """The name of the segment of a file; None where it is none of these."""
        return next((name for name, each in self.members.items() if each.tpf is tpf), None)

    def _tell(self, *events: Any) -> None:
        self.param.trigger("members")

    def _shift(self, inspector: Inspector) -> float:
        """Days from a file's own clock to that of the first, in which the stitched curve is."""
        first = next(iter(self.members.values()))
        return time_reference(inspector.tpf) - time_reference(first.tpf)

    # -- the light curve -----------------------------------------------------------------------

    @property
    @follows("members")
    def _made_of(self) -> tuple:
        """All that the light curve is made of; arrays are the same while they are one object."""
        return tuple((each.lightcurve, each.good) for each in self.members.values())

    @derived("_made_of", "rule")
    def _stitched(self) -> tuple[xr.Dataset, np.ndarray, np.ndarray, np.ndarray]:
        """The light curve, and for each of its cadences the member, its cadence, whether kept."""
        made = []
        for number, (name, (lightcurve, good)) in enumerate(
            zip(self.members, self._made_of, strict=True)
        ):
            if not in_order(lightcurve, good).size:
                raise TPFError(
                    f"{name} has no cadence with a flux among those that are kept: its aperture "
                    "and its quality choice should leave some."
                )
            n = good.size
            columns = {"member": np.full(n, number), "cadence": np.arange(n), "kept": good}
            made.append(lightcurve.assign({key: ("time", val) for key, val in columns.items()}))
        whole = stitch(made, self.rule, good=[good for _, good in self._made_of])
        member, cadence, kept = (whole[name].values for name in ("member", "cadence", "kept"))
        return whole.drop_vars(["member", "cadence", "kept"]), member, cadence, kept

    @property
    @follows("members", "rule")
    def lightcurve(self) -> xr.Dataset:
        """All light curves as one, as `tpfdash.stitch` gives it.

        Each is that of its Inspector, with its masks, its quality choice and its transform.

        Raises
        ------
        TPFError
            Where one has nothing to be brought to a level by.
        """
        return self._stitched[0]

    @property
    @follows("members", "rule")
    def good(self) -> np.ndarray:
        """bool (time,): the cadences of `lightcurve` that their Inspectors' quality choice keeps.

        So that `tpfdash.box_periodogram(segments.lightcurve, good=segments.good)`.
        """
        return self._stitched[3]

    @derived("_stitched")
    def _drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """The kept cadences with a flux, in order of time, and their times."""
        index = in_order(self.lightcurve, self.good)
        return index, self.lightcurve["time"].values[index]

    def is_now(self, lightcurve: xr.Dataset, good: np.ndarray) -> bool:
        """Whether these numbers are those of `lightcurve` and `good` still."""
        return np.array_equal(good, self.good) and np.array_equal(
            lightcurve["flux"].values, self.lightcurve["flux"].values, equal_nan=True
        )

    # -- times ---------------------------------------------------------------------------------

    def where(self, index: int) -> tuple[str, int]:
        """The segment, and the cadence in it, of a cadence of the stitched light curve."""
        _, member, cadence, _ = self._stitched
        if not 0 <= index < member.size:
            raise TPFError(
                f"there is no cadence {index}: the light curve has 0 to {member.size - 1}."
            )
        return list(self)[member[index]], int(cadence[index])

    def at(self, time: float) -> tuple[str, int] | None:
        """The segment, and the kept cadence in it, nearest to a time of the stitched light curve.

        None where no cadence is kept.
        """
        index = nearest_to(float(time), *self._drawn)
        return None if index is None else self.where(index)

    def time_of(self, name: str, cadence: int) -> float:
        """When a cadence of a segment is, in the clock of the stitched light curve."""
        return float(self[name].time[cadence]) + self._shift(self[name])

    def span_of(self, name: str) -> tuple[float, float]:
        """From when to when a segment is, in that clock."""
        first, last = self[name].timeline.span or (np.nan, np.nan)
        return first + self._shift(self[name]), last + self._shift(self[name])

    # -- what is said, and done, of all --------------------------------------------------------

    def describe(self, name: str) -> dict[str, Any]:
        """What is known of one segment, for a reader.

        Returns
        -------
        dict
            `begin`, `end` (days, in the clock of the first), `kept` and `cadences` (how many),
            `pixels` (of the aperture), `level` (median of the kept cadences, in the light curve's
            `unit`; NaN where none is kept), `scatter` (from one cadence to the next, in ppm; NaN
            where not known).
        """
        each = self[name]
        lightcurve, good = each.lightcurve, each.good
        index = in_order(lightcurve, good)
        begin, end = self.span_of(name)
        return {
            "begin": begin,
            "end": end,
            "kept": int(np.count_nonzero(good)),
            "cadences": good.size,
            "pixels": int(each.aperture.sum()),
            "level": float(np.median(lightcurve["flux"].values[index])) if index.size else np.nan,
            "unit": str(lightcurve["flux"].attrs.get("units", "")),
            "scatter": step_scatter_ppm(lightcurve, good=good) if index.size else np.nan,
        }

    def propose_masks(self, name: str) -> dict[str, str]:
        """Give all other segments the aperture of one, by its place on the sky.

        Each is a change of its own Inspector's, which can undo it.

        Returns
        -------
        dict of str to str
            For each other segment what became of it, in words; one that cannot be given any keeps
            its own.

        Raises
        ------
        TPFError
            Where there is no such segment, or its aperture is empty.
        """
        source = self[name]
        if not source.aperture.any():
            raise TPFError(
                f"the aperture of {name} is empty: it should have a pixel to be carried."
            )
        said = {}
        for other, each in self.members.items():
            if each is source:
                continue
            try:
                carried = mask_by_sky(source.aperture, source.tpf, each.tpf)
            except TPFError as error:
                said[other] = str(error)
                continue
            said[other] = carried.words
            if carried.mask.any():
                each.aperture = carried.mask
            else:
                said[other] = "The mask lies outside this stamp: its own stays."
        return said

    def find_events(
        self, *, progress: Callable[[int, int], object] | None = None
    ) -> dict[str, FoundEvents]:
        """The events of each segment; `give_events` has them be those of its Inspector.

        Each is searched by itself, by `tpfdash.find_events`: a step from one segment's level to the
        next one's is no event, and each has its own noise and its own pointing. It takes long, and
        may be called in any thread.

        Parameters
        ----------
        progress : callable, optional
            Called with how much is done and how much there is to do, often; what it raises ends the
            search.
        """
        members = dict(self.members)
        found = {}
        for number, (name, each) in enumerate(members.items()):

            def tell(done: int, total: int, before: int = number) -> None:
                if progress is not None:
                    progress(before * total + done, len(members) * total)

            found[name] = find_events(each.lightcurve, good=each.good, progress=tell)
        return found

    def give_events(self, found: Mapping[str, FoundEvents]) -> None:
        """Have these be the `events` of the Inspectors, by the names of their segments."""
        for name, events in found.items():
            self[name].events = events

    def give_ephemeris(self, ephemeris: Ephemeris) -> None:
        """Give each Inspector that takes an ephemeris this one, in its own clock."""
        for each in self.members.values():
            if "ephemeris" in each.param:
                own = replace(ephemeris, t0=ephemeris.t0 - self._shift(each))
                each.param.update(ephemeris=own)

    def join_offsets(self, ephemeris: Ephemeris) -> JoinedOffset:
        """Where the events of an ephemeris of the stitched light curve are, by all files together.

        See `tpfdash.diagnosis.joined.join_offsets`. It takes long, and may be called in any thread.
        """
        members = dict(self.members)
        return join_offsets(
            [each.tpf for each in members.values()],
            ephemeris,
            [each.aperture for each in members.values()],
            names=list(members),
        )


def _named(inspectors: list[Inspector]) -> dict[str, Inspector]:
    """Each by its quarter, campaign or sector; those of the same one by a number too."""
    seen: Counter[str] = Counter()
    made = {}
    for each in inspectors:
        name = interval_name(each.tpf.attrs) or "segment"
        seen[name] += 1
        made[name if seen[name] == 1 else f"{name} ({seen[name]})"] = each
    return made


def _begin(inspector: Inspector) -> float:
    span = inspector.timeline.span
    return (span[0] if span else np.nan) + time_reference(inspector.tpf)


def _called(inspector: Inspector) -> str:
    attrs = inspector.tpf.attrs
    return str(attrs.get("source") or attrs.get("object") or "a file")
