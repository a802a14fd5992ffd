"""The rows that a search found, as a table that can be read, sliced, fetched and opened."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from tpfdash.archive.rows import Row
from tpfdash.archive.wanted import parse_wanted
from tpfdash.errors import TPFError
from tpfdash.missions import MISSIONS

if TYPE_CHECKING:
    import xarray as xr
    from astropy.table import Table

__all__ = ["SearchResult", "sort_key"]

_HEADINGS = (
    "#",
    "target",
    "mission",
    "when",
    "cadence",
    "author",
    "year",
    'distance (")',
    "size (MB)",
    "in cache",
)
_RIGHT_ALIGNED = {"#", "year", 'distance (")', "size (MB)"}
#: Rows that an error lists before it only counts them.
_LISTED = 8
_MISSIONS = list(MISSIONS)


def sort_key(row: Row) -> tuple:
    """How rows are sorted: by mission, interval, cadence, distance; cutouts after files."""
    seconds = row.seconds if row.seconds == row.seconds else math.inf
    return (
        _MISSIONS.index(row.mission),
        # The halves of a K2 campaign stand where it stands.
        row.campaign if row.campaign is not None else (row.interval or 0),
        row.interval or 0,
        row.month or 0,
        row.is_cutout,
        seconds,
        row.distance if row.distance == row.distance else math.inf,
        row.target,
        row.uri,
    )


class SearchResult(Sequence[Row]):
    """What a search found: a sequence of rows that reads like a table.

    Parameters
    ----------
    rows : sequence of Row
    target : str
        What was searched for.
    notes : sequence of str
        What else there is to know: what could not be asked.
    """

    def __init__(self, rows: Iterable[Row], target: str = "", notes: Sequence[str] = ()):
        self._rows = tuple(rows)
        self.target = target
        self.notes = tuple(notes)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: Any) -> SearchResult: ...
    def __getitem__(self, index: Any) -> Row | SearchResult:
        """A row by its number; a SearchResult by a slice, numbers, or True and False for each."""
        if isinstance(index, slice):
            return self._of(self._rows[index])
        if isinstance(index, int | np.integer) and not isinstance(index, bool):
            try:
                return self._rows[index]
            except IndexError:
                raise IndexError(
                    f"there is no row {index}: there are {len(self)}, counted from 0"
                ) from None
        # numpy says what is wrong with a list of them.
        chosen = np.arange(len(self))[np.asarray(index)]
        return self._of(self._rows[n] for n in np.atleast_1d(chosen))

    def where(self, **wanted: Any) -> SearchResult:
        """The rows of a mission, quarter, campaign, sector, cadence, month or author.

        Parameters
        ----------
        **wanted
            Those of `search`: mission="TESS", sector=[14, 15], cadence="short", author="SPOC".

        Raises
        ------
        TPFError
            Where one makes no sense.
        """
        try:
            wants = parse_wanted(**wanted)
        except TypeError as error:
            raise TPFError(f"Rows are not chosen so: {error}.") from None
        return self._of(row for row in self if wants(row))

    def _of(self, rows: Iterable[Row]) -> SearchResult:
        return SearchResult(rows, self.target, self.notes)

    @property
    def table(self) -> Table:
        """All of it as an astropy Table, a column for each field; what nobody says is masked."""
        from astropy.table import MaskedColumn, Table  # slow to import

        rows = [row.to_dict() for row in self]
        units = {"seconds": "s", "distance": "arcsec", "size": "byte", "ra": "deg", "dec": "deg"}
        whole = ("quarter", "campaign", "sector", "month", "year", "size")
        table = Table()
        for name in Row("", "TESS", 1, math.nan, "", 0.0, "tesscut:0,0,1,1").to_dict():
            values = [row[name] for row in rows]
            mask = [value is None for value in values]
            dtype: Any = str
            if name == "cached":
                dtype = bool
            elif name in whole or name in units:
                dtype = np.int64 if name in whole else np.float64
            empty: Any = "" if dtype is str else 0
            filled = [empty if value is None else value for value in values]
            table[name] = MaskedColumn(filled, mask=mask, dtype=dtype, unit=units.get(name))
        return table

    def only(self) -> Row:
        """The one row that can be meant.

        A target pixel file goes before the cutouts that can be had of its place.

        Raises
        ------
        TPFError
            Where there are several, which it lists, or none.
        """
        files = [row for row in self if not row.is_cutout] or list(self)
        if len(files) == 1:
            return files[0]
        if not files:
            raise TPFError("There are no rows: search for something else.")
        listed = "; ".join(
            f"[{n}] {row.target} {row.when}, {row.cadence}, {row.author}"
            for n, row in enumerate(self)
            if row in files[:_LISTED]
        )
        more = f" and {len(files) - _LISTED} more" if len(files) > _LISTED else ""
        kind = "cutouts" if files[0].is_cutout else "files"
        raise TPFError(
            f"There are {len(files)} {kind}, and one has to be chosen, as result[0]: {listed}{more}"
            "."
        )

    def download(self, **options: Any) -> Path:
        """The file of the only row (see `only`), fetched where it is not in the cache.

        Parameters
        ----------
        **options
            Those of `Row.download`: cutout_size, progress, stage, cancel.
        """
        return self.only().download(**options)

    def download_all(
        self, *, stage: Callable[[str], object] | None = None, **options: Any
    ) -> list[Path]:
        """The files of all rows, one after the other."""
        paths = []
        for n, row in enumerate(self, 1):

            def told(words: str, n: int = n) -> None:
                if stage is not None:
                    stage(f"{words} (file {n} of {len(self)})")

            paths.append(row.download(stage=told, **options))
        return paths

    def open(self, **options: Any) -> xr.Dataset:
        """The Dataset of the only row (see `only`), as `open_tpf` gives it.

        Parameters
        ----------
        **options
            Those of `Row.open`: chunks, cutout_size, progress, stage, cancel.
        """
        return self.only().open(**options)

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (
                str(n),
                row.target,
                row.mission,
                row.when,
                row.cadence,
                row.author,
                "" if row.year is None else str(row.year),
                "" if math.isnan(row.distance) else f"{row.distance:.1f}",
                "" if row.size is None else f"{row.size / 1e6:.1f}",
                "yes" if row.cached else "",
            )
            for n, row in enumerate(self)
        ]

    def __str__(self) -> str:
        lines = [_HEADINGS, *self._cells()]
        widths = [max(len(line[n]) for line in lines) for n in range(len(_HEADINGS))]
        text = [
            "  ".join(
                cell.rjust(width) if heading in _RIGHT_ALIGNED else cell.ljust(width)
                for heading, cell, width in zip(_HEADINGS, line, widths, strict=True)
            ).rstrip()
            for line in lines
        ]
        text.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([*text, *self.notes])

    def __repr__(self) -> str:
        count = "1 row" if len(self) == 1 else f"{len(self)} rows"
        return f"<SearchResult of {self.target!r}: {count}>\n{self}"

    def _repr_html_(self) -> str:
        def line(cells: Iterable[str], tag: str) -> str:
            return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"

        body = "".join(line(cells, "td") for cells in self._cells())
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"<table><thead>{line(_HEADINGS, 'th')}</thead><tbody>{body}</tbody></table>{notes}"
