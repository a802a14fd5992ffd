"""FITS binary tables read by blocks of rows, and lazy pixel cubes over them.

A `Table` is a store, the offset of the first row, the layout of a row and the number of rows:
one way to read, whether the bytes are on disk or in memory. Which table and which columns
matter is the business of `tpfdash.io.tpf.read`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import DTypeLike
from xarray.backends import BackendArray
from xarray.core import indexing

from tpfdash.errors import TPFError
from tpfdash.io.fits.hdus import HDU
from tpfdash.io.fits.stores import Store

__all__ = ["ColumnCube", "SparseCube", "Table", "TableColumn", "parse_columns", "whole"]

#: Rows are read in blocks of about this many bytes.
BLOCK_BYTES = 8 * 2**20
#: Rows put into a cube at once: small enough for the processor's cache.
_TILE_BYTES = 2**18

_FORMAT = re.compile(r"\s*(\d{0,18})([LXBIJKAEDCMPQ])")
_MOST_COLUMNS = 999  # FITS standard 4.0, section 7.3.1
_MOST_AXES = 32  # numpy's own limit, of old
_LONGEST_ROW = 2**31 - 1  # numpy's own limit
_TYPES = {
    "L": "i1",
    "B": "u1",
    "I": ">i2",
    "J": ">i4",
    "K": ">i8",
    "E": ">f4",
    "D": ">f8",
    "C": ">c8",
    "M": ">c16",
    "P": ">V8",
    "Q": ">V16",
}


@dataclass(frozen=True)
class TableColumn:
    """One column of a table: its place in a row and how its numbers are to be read.

    Parameters
    ----------
    name : str
        In capitals.
    number : int
        Counted from 1, as in the header's keywords.
    dtype : numpy.dtype
        As on disk, with the shape of a cell, slowest axis first.
    offset : int
        Bytes from the start of a row.
    scale, zero : float
        TSCAL and TZERO: value = number * scale + zero.
    null : int or None
        TNULL.
    """

    name: str
    number: int
    dtype: np.dtype
    offset: int
    scale: float = 1.0
    zero: float = 0.0
    null: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.dtype.shape

    @property
    def width(self) -> int:
        return self.dtype.itemsize

    def reshaped(self, shape: tuple[int, ...]) -> TableColumn:
        """The same column, with cells of another shape and the same size."""
        return replace(self, dtype=np.dtype((self.dtype.base, shape)))

    def decode(self, numbers: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """The values of numbers as on disk, in a native dtype.

        As a float, a null is NaN, and what is too large infinite. As an integer a null stays what
        the file holds (-1 in RAW_CNTS), and what is no such integer becomes -1.
        """
        floats = np.issubdtype(dtype, np.floating)
        with np.errstate(over="ignore", invalid="ignore"):
            if self.scale != 1 or self.zero != 0 or floats != (numbers.dtype.kind == "f"):
                values = numbers.astype("f8") * self.scale + self.zero
                if floats and self.null is not None and numbers.dtype.kind in "iu":
                    values[numbers == self.null] = np.nan
                numbers = values
            if not floats:
                return whole(numbers, dtype, -1)
            # Times 1: of a damaged file's signalling NaNs, that warn at each use, usual ones.
            values = numbers.astype(dtype)
            return np.multiply(values, values.dtype.type(1), out=values)


def whole(numbers: np.ndarray, dtype: np.dtype, missing: int) -> np.ndarray:
    """Numbers as integers; `missing` for those that are NaN or beyond the dtype."""
    if np.can_cast(numbers.dtype, dtype):
        return numbers.astype(dtype)
    limits = np.iinfo(dtype)
    if numbers.dtype.kind == "f":
        numbers = numbers.astype("f8")  # in which 2**31 - 1 is what it is
        inside = (numbers >= limits.min) & (numbers < 2.0 * (limits.max // 2 + 1))
    else:
        inside = (numbers >= limits.min) & (numbers <= limits.max)
    return np.where(inside, numbers, missing).astype(dtype)


def parse_columns(hdu: HDU) -> dict[str, TableColumn]:
    """The columns that the header of a binary table announces, by name.

    Raises
    ------
    TPFError
        If the header contradicts itself.
    """
    if hdu.count("NAXIS") != 2 or hdu.get("BITPIX") != 8:
        raise TPFError(f"{hdu.file} has a damaged header: a table should have NAXIS 2, BITPIX 8.")
    length, fields = hdu.count("NAXIS1"), hdu.count("TFIELDS")
    if length > _LONGEST_ROW or fields > _MOST_COLUMNS:
        raise TPFError(
            f"{hdu.file} has a damaged header: a table should have at most {_MOST_COLUMNS} columns "
            f"and {_LONGEST_ROW} bytes a row."
        )
    columns: dict[str, TableColumn] = {}
    offset = 0
    for number in range(1, fields + 1):
        form = _FORMAT.match(str(hdu.get(f"TFORM{number}", "")))
        null = hdu.get(f"TNULL{number}")
        if form is None:
            raise TPFError(
                f"{hdu.file} has a damaged header: TFORM{number} should be the format of a column."
            )
        base, shape, width = _cell(form[2], int(form[1] or 1), str(hdu.get(f"TDIM{number}", "")))
        if offset + width > length:
            raise _contradiction(hdu, "longer than", length)
        column = TableColumn(
            name=str(hdu.get(f"TTYPE{number}", f"COLUMN{number}")).strip().upper(),
            number=number,
            dtype=np.dtype((base, shape)) if shape else np.dtype(base),
            offset=offset,
            scale=hdu.number(f"TSCAL{number}", 1.0),
            zero=hdu.number(f"TZERO{number}", 0.0),
            null=null if type(null) is int else None,
        )
        columns.setdefault(column.name, column)
        offset += width
    if offset != length:
        raise _contradiction(hdu, f"{offset} bytes and not", length)
    return columns


def _contradiction(hdu: HDU, long: str, length: int) -> TPFError:
    return TPFError(
        f"{hdu.file} has a table whose rows are {long} the {length} bytes that its header gives "
        "them: its columns should fill them."
    )


def _cell(code: str, count: int, dim: str) -> tuple[str, tuple[int, ...], int]:
    """Base dtype, shape (slowest axis first) and bytes of a cell."""
    if code == "A":
        return f"S{min(count, _LONGEST_ROW)}", (), count
    if code == "X":
        code, count = "B", -(-count // 8)
    base = _TYPES[code]
    shape = tuple(int(length) for length in re.findall(r"-?\d{1,18}", dim))[::-1]
    fits = 0 < len(shape) <= _MOST_AXES and min(shape) >= 0 and math.prod(shape) == count
    if not fits:
        shape = () if count == 1 else (count,)
    return base, shape, count * np.dtype(base).itemsize


class Table:
    """The rows of a binary table.

    Parameters
    ----------
    store : MemoryStore or FileStore
    offset : int
        Where the first row starts.
    columns : dict of str to TableColumn
        Those that are wanted.
    stride : int
        Bytes of a row.
    rows : int
        How many there are.
    """

    def __init__(
        self, store: Store, offset: int, columns: Mapping[str, TableColumn], stride: int, rows: int
    ):
        self.store = store
        self.offset = offset
        self.columns = columns
        self.rows = rows
        self.stride = stride

    def read(self, wanted: Mapping[str, np.dtype]) -> dict[str, np.ndarray]:
        """Whole columns, decoded. Only the bytes that are needed are read where rows are long.

        Parameters
        ----------
        wanted : mapping of str to dtype
            Column names -> the native dtypes to decode to.
        """
        columns = sorted((self.columns[name] for name in wanted), key=lambda c: c.offset)
        out = {c.name: np.empty((self.rows, *c.shape), wanted[c.name]) for c in columns}
        for run in self._runs(columns):
            for where, records in self.blocks(run, np.arange(self.rows)):
                for column in run:
                    out[column.name][where] = column.decode(
                        records[column.name], wanted[column.name]
                    )
        return {name: out[name] for name in wanted}

    def _runs(self, columns: Sequence[TableColumn]) -> list[list[TableColumn]]:
        """Columns in the order of the row, in runs: a gap that is worth a skip ends one."""
        runs: list[list[TableColumn]] = []
        for column in columns:
            if runs and column.offset - _end(runs[-1][-1]) <= self.store.gap:
                runs[-1].append(column)
            else:
                runs.append([column])
        return runs

    def blocks(
        self, columns: Sequence[TableColumn], picks: np.ndarray
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Some rows of some columns, by blocks of some 8 MB.

        Parameters
        ----------
        columns : sequence of TableColumn
            Neighbours in the row: what lies between them may be read too.
        picks : array of int
            Row numbers, ascending.

        Yields
        ------
        where : slice
            The part of `picks` that follows.
        records : structured array
            Those rows, as on disk.
        """
        if not len(picks):
            return
        first = min(column.offset for column in columns)
        span = max(_end(column) for column in columns) - first
        step = (picks[-1] - picks[0]) / max(len(picks) - 1, 1) * self.stride
        if step - span > self.store.gap:
            layout = _layout(columns, first, span)
            count = max(1, BLOCK_BYTES // max(span, 1))
            for start in range(0, len(picks), count):
                part = picks[start : start + count]
                data = self.store.gather(self.offset + part * self.stride + first, span)
                yield slice(start, start + len(part)), np.frombuffer(data, layout)
            return
        layout = _layout(columns, 0, self.stride)
        count = max(1, BLOCK_BYTES // self.stride)
        start = 0
        while start < len(picks):
            row = int(picks[start])
            stop = int(np.searchsorted(picks, row + count))
            rows = int(picks[stop - 1]) + 1 - row
            whole_rows = self.store.read(self.offset + row * self.stride, rows * self.stride)
            records = np.frombuffer(whole_rows, layout)
            if rows != stop - start:
                records = records[picks[start:stop] - row]
            yield slice(start, stop), records
            start = stop


def _end(column: TableColumn) -> int:
    return column.offset + column.width


def _layout(columns: Sequence[TableColumn], first: int, length: int) -> np.dtype:
    return np.dtype(
        {
            "names": [column.name for column in columns],
            "formats": [column.dtype for column in columns],
            "offsets": [column.offset - first for column in columns],
            "itemsize": length,
        }
    )


class _Cube(BackendArray):
    """A lazy array (time, ...) that arrives in memory with each pixel's series contiguous."""

    shape: tuple[int, ...]
    dtype: np.dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> np.ndarray:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._outer
        )

    def _outer(self, key: tuple) -> np.ndarray:
        chosen = [np.atleast_1d(np.arange(n)[k]) for n, k in zip(self.shape, key, strict=True)]
        picks, back = np.unique(chosen[0], return_inverse=True)
        base = np.empty((*(len(c) for c in chosen[1:]), len(picks)), self.dtype)
        if base.size:
            self._fill(base, picks, chosen[1:])
        if not np.array_equal(picks, chosen[0]):
            base = np.take(base, back, axis=-1)
        scalars = tuple(0 if isinstance(k, int | np.integer) else slice(None) for k in key)
        return np.moveaxis(base, -1, 0)[scalars]

    def _fill(self, base: np.ndarray, picks: np.ndarray, cells: list[np.ndarray]) -> None:
        """Put the pixels `cells` of the cadences `picks` (ascending) into `base` (..., time)."""
        raise NotImplementedError


class ColumnCube(_Cube):
    """A column of images, read when it is asked for.

    Parameters
    ----------
    table : Table
    column : TableColumn
        With a cell of two dimensions.
    dtype : dtype
        Native, in memory.
    """

    def __init__(self, table: Table, column: TableColumn, dtype: DTypeLike):
        self._table = table
        self._column = column
        self.shape = (table.rows, *column.shape)
        self.dtype = np.dtype(dtype)

    def _fill(self, base: np.ndarray, picks: np.ndarray, cells: list[np.ndarray]) -> None:
        column, lines = self._column, cells[0]
        first, last = int(lines.min()), int(lines.max())
        part = replace(
            column,
            dtype=np.dtype((column.dtype.base, (last + 1 - first, *column.shape[1:]))),
            offset=column.offset + first * (column.width // column.shape[0]),
        )
        cells = [lines - first, *cells[1:]]
        choice: tuple = (...,)
        if not _is_whole(cells, part.shape):
            choice = (slice(None), *np.ix_(*cells))
        pixels = base.reshape(-1, base.shape[-1])
        tile = max(1, _TILE_BYTES // (self.dtype.itemsize * len(pixels)))
        for where, records in self._table.blocks([part], picks):
            numbers = records[column.name]
            for start in range(0, len(numbers), tile):
                some = part.decode(numbers[start : start + tile][choice], self.dtype)
                at = where.start + start
                pixels[:, at : at + len(some)] = some.reshape(len(some), -1).T


def _is_whole(cells: Sequence[np.ndarray], shape: tuple[int, ...]) -> bool:
    return all(np.array_equal(c, np.arange(n)) for c, n in zip(cells, shape, strict=True))


class SparseCube(_Cube):
    """A cube that is NaN but for a list of pixels.

    Parameters
    ----------
    shape : tuple of int
        (time, row, col).
    index : array of int, shape (n,)
        Flat index of each entry in (time, row, col) order.
    values : array of float, shape (n,)
        Entries at the same place are added up.
    """

    dtype = np.dtype("f4")

    def __init__(self, shape: tuple[int, int, int], index: np.ndarray, values: np.ndarray):
        self.shape = shape
        self._index, back = np.unique(index, return_inverse=True)
        self._values = np.bincount(back, values, minlength=len(self._index)).astype("f4")

    def _fill(self, base: np.ndarray, picks: np.ndarray, cells: list[np.ndarray]) -> None:
        size = int(np.prod(self.shape[1:]))
        low, high = np.searchsorted(self._index, [picks[0] * size, (picks[-1] + 1) * size])
        index, values = self._index[low:high], self._values[low:high]
        keep = np.isin(index // size, picks)
        time, *pixel = np.unravel_index(index[keep], self.shape)
        whole = _is_whole(cells, self.shape[1:])
        cube = base if whole else np.empty((*self.shape[1:], len(picks)), self.dtype)
        cube.fill(np.nan)
        cube[(*pixel, np.searchsorted(picks, time))] = values[keep]
        if not whole:
            base[...] = cube[np.ix_(*cells)]
