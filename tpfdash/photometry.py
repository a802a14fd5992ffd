"""Aperture photometry: a cube of pixels and a mask -> a light curve.

`aperture_photometry` does it once, from any cube, lazy ones included; `RunningSum` keeps the sum
of a cube in memory up to date while pixels come and go. What is known of the aperture's
provenance is written into the attrs; choosing the mask is `tpfdash.aperture`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import xarray as xr

from tpfdash.aperture import as_mask
from tpfdash.frames import corner
from tpfdash.version import __version__

__all__ = [
    "RunningSum",
    "all_zero",
    "aperture_photometry",
    "median_level",
    "pixel_series",
    "zero_frames",
]

#: Bytes of pixels worked on at a time: small enough to stay in a processor's cache where the cube
#: is in memory, large enough for sequential reads where it is on disk.
_IN_MEMORY = 1 << 20
_ON_DISK = 1 << 23


def aperture_photometry(tpf: xr.Dataset, aperture, *, background=None) -> xr.Dataset:
    """The light curve of an aperture.

    Parameters
    ----------
    tpf : Dataset
        As `open_tpf` gives it; lazy cubes are read by blocks of cadences and not kept.
    aperture : array_like of bool (row, col)
    background : array_like of bool (row, col), optional
        At each cadence the median over this mask's finite pixels is taken off every aperture
        pixel. The error of that median is not propagated.

    Returns
    -------
    Dataset over `time`, every cadence of `tpf` kept:

    flux : float64, e-/s
        Sum over the finite aperture pixels; NaN where none is finite, where the whole frame is
        exactly 0, and where the background is not finite.
    flux_err : float64, e-/s
        The pixels' errors added in quadrature over the same pixels; NaN where the file gives none.
    centroid_row, centroid_col : float64, detector pixels
        Flux-weighted first moments, sum(flux * pixel) / sum(flux); NaN where the flux is NaN or 0.
    quality, cadenceno : as in `tpf`

    The attrs are those of `tpf`, and `aperture`, `background` (bool arrays; None without one),
    `corner` ((row, col) of the stamp's first pixel) and `tpfdash_version`.

    Raises
    ------
    TPFError
        Where a mask has not the stamp's shape or is not boolean.
    """
    shape = tpf["aperture"].shape
    aperture = as_mask(aperture, shape)
    if background is not None:
        background = as_mask(background, shape, "background")
    n = tpf.sizes["time"]
    out = {
        name: np.full(n, np.nan) for name in ("flux", "flux_err", "centroid_row", "centroid_col")
    }
    rows, cols = (index.astype(np.float64) for index in np.nonzero(aperture))
    if rows.size:
        first_row, first_col = corner(tpf)
        rows, cols = rows + first_row, cols + first_col
        read = [name for name in ("flux", "flux_err") if name in tpf]
        for block in _blocks(tpf, read, aperture, background):
            pixels = pixel_series(tpf, "flux", block)
            series = pixels[aperture].astype(np.float64)
            if background is not None and background.any():
                series -= _median(pixels[background])
            finite = np.isfinite(series)
            values = np.where(finite, series, 0.0)
            missing = ~finite.any(axis=0) | all_zero(pixels)
            flux = values.sum(axis=0)
            with np.errstate(divide="ignore", invalid="ignore"):
                moments = np.stack([rows @ values, cols @ values]) / np.where(flux, flux, np.nan)
            out["flux"][block] = np.where(missing, np.nan, flux)
            out["centroid_row"][block], out["centroid_col"][block] = np.where(
                missing, np.nan, moments
            )
            if "flux_err" in tpf:
                errors = pixel_series(tpf, "flux_err", block)[aperture].astype(np.float64)
                known = finite & np.isfinite(errors)
                variance = (np.where(known, errors, 0.0) ** 2).sum(axis=0)
                out["flux_err"][block] = np.where(
                    missing | ~known.any(axis=0), np.nan, np.sqrt(variance)
                )
    lightcurve = xr.Dataset(
        {name: ("time", values) for name, values in out.items()},
        attrs=tpf.attrs
        | {
            "aperture": aperture,
            "background": background,
            "corner": corner(tpf),
            "tpfdash_version": __version__,
        },
    )
    for name in ("flux", "flux_err"):
        lightcurve[name].attrs["units"] = "electron / s"
    for name in ("centroid_row", "centroid_col"):
        lightcurve[name].attrs["units"] = "pixel"
    for name in ("quality", "cadenceno"):
        if name in tpf:
            lightcurve[name] = tpf[name].variable
    return lightcurve.assign_coords(
        xr.Coordinates({"time": tpf["time"].variable.to_base_variable()}, indexes={})
    )


class RunningSum:
    """The sum over a mask that changes pixel by pixel, at the price of the pixels that changed.

    Parameters
    ----------
    tpf : Dataset
        Its flux should be in memory; a lazy one is read again at each change.

    Attributes
    ----------
    mask : bool array (row, col)
        The pixels that are in the sum now.
    """

    def __init__(self, tpf: xr.Dataset):
        self._tpf = tpf
        self._empty = zero_frames(tpf)
        self._clear()

    def _clear(self) -> None:
        n = self._tpf.sizes["time"]
        self.mask = np.zeros(self._tpf["aperture"].shape, dtype=bool)
        self._total = np.zeros(n)
        self._count = np.zeros(n, dtype=np.int16 if self.mask.size < 1 << 15 else np.int32)

    def update(self, mask: np.ndarray) -> None:
        """Make the sum that of `mask`: by the difference where that is the shorter way."""
        if np.count_nonzero(mask ^ self.mask) > np.count_nonzero(mask):
            self._clear()
        for pixels, sign in ((mask & ~self.mask, 1), (self.mask & ~mask, -1)):
            if pixels.any():
                self._add(pixels, sign)
        self.mask = mask.copy()

    def _add(self, pixels: np.ndarray, sign: int) -> None:
        for block in _blocks(self._tpf, ["flux"], pixels):
            series = pixel_series(self._tpf, "flux", block)[pixels]
            total = series.sum(axis=0, dtype=np.float64)
            count = len(series)
            if not np.isfinite(total.sum()):  # one NaN anywhere shows in the sum of all
                finite = np.isfinite(series)
                total = np.where(finite, series, 0).sum(axis=0, dtype=np.float64)
                count = finite.sum(axis=0, dtype=self._count.dtype)
            add = np.add if sign > 0 else np.subtract
            for running, change in ((self._total[block], total), (self._count[block], count)):
                add(running, change, out=running)

    def flux(self, background: np.ndarray | None = None) -> np.ndarray:
        """The light curve now, as `aperture_photometry` defines it.

        Parameters
        ----------
        background : float array (time,), optional
            Background level per pixel.

        Returns
        -------
        float64 array (time,), the caller's own
        """
        flux = self._total.copy() if background is None else self._total - self._count * background
        flux[(self._count == 0) | self._empty] = np.nan
        return flux


def median_level(tpf: xr.Dataset, mask: np.ndarray, name: str = "flux") -> np.ndarray:
    """Median over the finite pixels of a mask at each cadence, in the cube's unit per pixel.

    Returns
    -------
    float64 array (time,); NaN where no pixel of the mask is finite.
    """
    level = np.empty(tpf.sizes["time"])
    for block in _blocks(tpf, [name], mask):
        level[block] = _median(pixel_series(tpf, name, block)[mask])
    return level


def zero_frames(tpf: xr.Dataset) -> np.ndarray:
    """Which cadences carry no data: every finite pixel of the frame is exactly 0.

    Returns
    -------
    bool array (time,); False where no pixel is finite (such a frame is NaN, not 0).
    """
    empty = np.zeros(tpf.sizes["time"], dtype=bool)
    for block in _blocks(tpf, ["flux"], np.ones(tpf["aperture"].shape, dtype=bool)):
        empty[block] = all_zero(pixel_series(tpf, "flux", block))
    return empty


def all_zero(pixels: np.ndarray) -> np.ndarray:
    """As `zero_frames`, of an array (row, col, cadence): bool array (cadence,)."""
    pixels = pixels.reshape(-1, pixels.shape[-1])
    suspects = np.arange(pixels.shape[-1])
    zeros = np.zeros(suspects.size, dtype=bool)
    # Nearly every cadence is cleared by the first pixel or two.
    for series in pixels:
        values = series[suspects] if suspects.size < series.size else series
        zero = values == 0
        keep = zero | ~np.isfinite(values)
        suspects, zeros = suspects[keep], (zeros | zero)[keep]
        if not suspects.size:
            break
    empty = np.zeros(pixels.shape[-1], dtype=bool)
    empty[suspects[zeros]] = True
    return empty


def pixel_series(tpf: xr.Dataset, name: str, cadences: slice | np.ndarray) -> np.ndarray:
    """A cube over some cadences with each pixel's series contiguous: array (row, col, cadence)."""
    return tpf[name].variable[cadences].values.transpose(1, 2, 0)


def _blocks(tpf: xr.Dataset, names: Iterable[str], *masks: np.ndarray | None) -> Iterator[slice]:
    """Slices of cadences that cover the cubes, so that what is read of each one fits the budget."""
    n = tpf.sizes["time"]
    wanted = sum(np.count_nonzero(mask) for mask in masks if mask is not None)
    step = n
    for variable in (tpf[name].variable for name in names):
        # A cube on disk is read whole frames at a time. (xarray has no public word for "read".)
        pixels, budget = (
            (wanted, _IN_MEMORY) if variable._in_memory else (tpf["aperture"].size, _ON_DISK)
        )
        step = min(step, budget // (max(pixels, 1) * variable.dtype.itemsize))
    step = max(1, step)
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def _median(series: np.ndarray) -> np.ndarray:
    """Median over axis 0 of the finite values; NaN where there are none.

    numpy's nanmedian goes column by column in Python for so few values a column.
    """
    finite = np.isfinite(series)
    ordered = np.sort(np.where(finite, series, np.nan), axis=0)  # NaN goes last
    count = finite.sum(axis=0)
    at = np.maximum([(count - 1) // 2, count // 2], 0)
    return np.take_along_axis(ordered, at, axis=0).mean(axis=0, dtype=np.float64)
