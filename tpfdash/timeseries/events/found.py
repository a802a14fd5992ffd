"""The events that were found, as a table that can be read, sliced and written."""

from __future__ import annotations

import html
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from tpfdash.errors import TPFError
from tpfdash.io.atomic import write_atomically

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["CROSSING", "KINDS", "MARK", "FoundEvent", "FoundEvents"]

KINDS = ("dip", "brightening", "step", "outlier")
#: The kind of what was found on the pixels, by `tpfdash.find_crossings`, and moves.
CROSSING = "crossing"
#: The kind of a window of one's own, which nobody looked for.
MARK = "mark"
_FORMATS = ("csv", "ecsv", "json")


@dataclass(frozen=True)
class FoundEvent:
    """One event of a light curve.

    Parameters
    ----------
    rank : int
        1 for the highest S/N of the light curve's events; 0 of a mark.
    kind : str
        "dip", "brightening", "step" (the level after differs from that before), "outlier" (one
        cadence), "crossing" (something moves over the stamp), or "mark" (a window of one's own,
        that nobody looked for).
    time : float
        Days: the middle; of a step, when it happens.
    start, end : float
        Days: a window that holds it, as `tpfdash.diagnose` takes it. That of a step begins with it.
    duration : float
        Days from start to end; of a step 0.
    depth, depth_err : float
        In the unit of the flux, by the box or step that it is strongest in: above 0 where light is
        missing, below 0 where there is more. A step's is the level before less that after.
    relative_depth, relative_depth_err : float
        The same over the median of the flux; NaN where that is not above 0.
    snr : float
        Depth over its error, not negative. The error is how far that box or step scatters
        elsewhere in the light curve.
    shape : str
        "box", "triangle", "decay" (sudden, then slow, as a flare), "rise" (the reverse), "step";
        "unclear" where two fit alike, "unresolved" where it has fewer than four cadences; "" of a
        mark.
    cadences : int
        Of those that were searched, how many lie in the window.
    flagged : float
        The share of those that have any QUALITY bit; NaN where the light curve has no quality.
    first, last : int
        The first and the last of them, by their number in the light curve; -1 where there is none.
    """

    rank: int
    kind: str
    time: float
    start: float
    end: float
    duration: float
    depth: float
    depth_err: float
    relative_depth: float
    relative_depth_err: float
    snr: float
    shape: str
    cadences: int
    flagged: float
    first: int
    last: int

    @property
    def window(self) -> tuple[float, float]:
        """(start, end), as `tpfdash.diagnose` takes it."""
        return self.start, self.end

    def to_dict(self) -> dict[str, Any]:
        """All of it in plain values, None for what is not known."""
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in asdict(self).items()
        }


#: Column -> its unit; "flux" is the unit of the flux.
_UNITS = dict.fromkeys(("time", "start", "end", "duration"), "d") | dict.fromkeys(
    ("depth", "depth_err"), "flux"
)
_DESCRIPTIONS = {
    "rank": "1: highest S/N; 0: a mark",
    "depth": "above 0 where light is missing",
    "relative_depth": "depth over the median of the flux",
    "snr": "depth over the scatter of the filter that it is strongest in",
    "cadences": "cadences in the window that were searched",
    "flagged": "share of them with any QUALITY bit",
    "first": "number of the first of them in the light curve, from 0",
    "last": "number of the last of them in the light curve, from 0",
}


class FoundEvents(Sequence[FoundEvent]):
    """What `find_events` found: a sequence of events, in order of time, that reads like a table.

    Parameters
    ----------
    events : sequence of FoundEvent
    meta : mapping
        How they were found, in plain values: `min_snr`, `kinds`, `durations` (days), `cadence`
        (days), `flux_unit`, `median_flux`, `searched` (how many cadences), `motion` ("pos_corr",
        "centroid" or None: what was taken off), `motion_gain` (by which factor that made the light
        curve quieter), and what the light curve says of itself.
    """

    def __init__(self, events: Iterable[FoundEvent], meta: Mapping[str, Any]):
        self._events = tuple(events)
        self.meta = MappingProxyType(dict(meta))

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[FoundEvent]:
        return iter(self._events)

    @overload
    def __getitem__(self, index: int) -> FoundEvent: ...
    @overload
    def __getitem__(self, index: Any) -> FoundEvents: ...
    def __getitem__(self, index: Any) -> FoundEvent | FoundEvents:
        """An event by its number; FoundEvents by a slice, numbers, or True and False for each."""
        if isinstance(index, slice):
            return FoundEvents(self._events[index], self.meta)
        if isinstance(index, int | np.integer) and not isinstance(index, bool):
            try:
                return self._events[index]
            except IndexError:
                raise IndexError(
                    f"there is no event {index}: there are {len(self)}, counted from 0"
                ) from None
        # numpy says what is wrong with a list of them.
        chosen = np.arange(len(self))[np.asarray(index)]
        return FoundEvents((self._events[n] for n in np.atleast_1d(chosen)), self.meta)

    def __reduce__(self) -> tuple[Any, ...]:
        return FoundEvents, (self._events, dict(self.meta))

    def of_kind(self, *kinds: str) -> FoundEvents:
        """Those of some kinds.

        Raises
        ------
        TPFError
            On a word that is no kind.
        """
        wanted = as_kinds(kinds)
        return FoundEvents((event for event in self if event.kind in wanted), self.meta)

    def strongest(self, n: int | None = None) -> FoundEvents:
        """By S/N, the highest first: the first `n`, or all."""
        return FoundEvents(sorted(self, key=lambda event: event.rank)[:n], self.meta)

    @property
    def windows(self) -> list[tuple[float, float]]:
        """(start, end) of each, in days."""
        return [event.window for event in self]

    @property
    def table(self) -> Table:
        """All of it as an astropy Table with units, a column for each field; meta as `meta`.

        The fields are those of the first event, which may have more than a `FoundEvent`.
        """
        from astropy.table import Column, Table  # slow to import

        table = Table(meta=dict(self.meta))
        types = {"str": str, "int": np.int64, "float": np.float64}
        for field in fields(self[0] if self else FoundEvent):
            unit = _UNITS.get(field.name)
            if unit == "flux":
                unit = self.meta.get("flux_unit") or None
            table[field.name] = Column(
                [getattr(event, field.name) for event in self],
                dtype=types[str(field.type)],
                unit=unit,
                description=field.metadata.get("is", _DESCRIPTIONS.get(field.name)),
            )
        return table

    def to_json(self) -> str:
        """As JSON: {"meta": {...}, "events": [{...}, ...]}, null for what is not known."""
        whole = {"meta": dict(self.meta), "events": [event.to_dict() for event in self]}
        return json.dumps(whole, indent=1, allow_nan=False)

    def to_bytes(self, format: str) -> bytes:
        """All of it as the contents of a file.

        Parameters
        ----------
        format : {"csv", "ecsv", "json"}
            "csv" has names of columns and no units; "ecsv" is an astropy Table with units and meta.

        Raises
        ------
        TPFError
            On another format.
        """
        import io

        if format not in _FORMATS:
            raise TPFError(
                f"{format!r} is no format of events: it should be one of "
                f"{', '.join(map(repr, _FORMATS))}."
            )
        if format == "json":
            return self.to_json().encode()
        text = io.StringIO()
        self.table.write(text, format=f"ascii.{format}")
        return text.getvalue().encode()

    def write(
        self, path: str | os.PathLike, *, format: str | None = None, overwrite: bool = False
    ) -> Path:
        """Write them to a file, whole or not at all.

        Parameters
        ----------
        path : path
        format : {"csv", "ecsv", "json"}, optional
            Default: that of the suffix.
        overwrite : bool
            Whether a file that is there may be replaced.

        Raises
        ------
        TPFError
            As `to_bytes`; and if the file exists, or cannot be written.
        """
        data = self.to_bytes(format or Path(path).suffix.lstrip(".").lower())
        return write_atomically(path, lambda file: file.write(data), overwrite=overwrite)

    def _cells(self) -> list[tuple[str, ...]]:
        relative = (self.meta.get("median_flux") or 0) > 0
        made: list[tuple[str, ...]] = []
        for event in self:
            depth = f"{1e6 * event.relative_depth:.0f}" if relative else f"{event.depth:.4g}"
            flagged = "" if math.isnan(event.flagged) else f"{100 * event.flagged:.0f} %"
            made.append(
                (
                    str(event.rank),
                    event.kind,
                    f"{event.time:.4f}",
                    f"{24 * event.duration:.2f}",
                    depth,
                    f"{event.snr:.1f}",
                    event.shape,
                    str(event.cadences),
                    flagged,
                )
            )
        return made

    @property
    def _headings(self) -> tuple[str, ...]:
        relative = (self.meta.get("median_flux") or 0) > 0
        unit = self.meta.get("flux_unit")
        depth = "depth (ppm)" if relative else f"depth ({unit})" if unit else "depth"
        return (
            "rank",
            "kind",
            "time (d)",
            "duration (h)",
            depth,
            "S/N",
            "shape",
            "cadences",
            "flagged",
        )

    def __str__(self) -> str:
        lines = [self._headings, *self._cells()]
        widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
        left = {1, 6}
        text = [
            "  ".join(
                cell.ljust(width) if n in left else cell.rjust(width)
                for n, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        text.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join(text)

    def __repr__(self) -> str:
        count = "1 event" if len(self) == 1 else f"{len(self)} events"
        return f"<FoundEvents: {count}>\n{self}"

    def _repr_html_(self) -> str:
        def line(cells: Iterable[str], tag: str) -> str:
            return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"

        body = "".join(line(cells, "td") for cells in self._cells())
        return f"<table><thead>{line(self._headings, 'th')}</thead><tbody>{body}</tbody></table>"


def as_kinds(kinds: str | Iterable[str]) -> tuple[str, ...]:
    """Kinds of events, checked: each once, in the order of `KINDS`.

    Raises
    ------
    TPFError
        On a word that is none, and on no word.
    """
    words = [kinds] if isinstance(kinds, str) else list(kinds)
    unknown = [word for word in words if word not in KINDS]
    if unknown or not words:
        wrong = f"{unknown[0]!r} is no kind of event" if unknown else "no kind of event is wanted"
        raise TPFError(f"{wrong}: it should be some of {', '.join(map(repr, KINDS))}.")
    return tuple(kind for kind in KINDS if kind in words)
