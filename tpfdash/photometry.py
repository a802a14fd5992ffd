"""Aperture photometry: a cube of pixels and a mask -> a light curve.

`aperture_photometry` does it once, from any cube, lazy ones included; `RunningSum` keeps the sum
of a cube in memory up to date while pixels come and go. What is known of the aperture's
provenance is written into the attrs; choosing the mask is `tpfdash.stamp.masks`.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from tpfdash.stamp.blocks import (
    all_zero,
    finite_median,
    pixel_rows,
    pixel_series,
    spans,
    zero_frames,
)
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.masks import as_mask
from tpfdash.stamp.sums import compiled_kernel, order_matters, pixel_sum
from tpfdash.stamp.units import USUAL_FLUX, spelled
from tpfdash.version import __version__

__all__ = ["RunningSum", "aperture_photometry"]


def aperture_photometry(
    tpf: xr.Dataset, aperture: ArrayLike, *, background: ArrayLike | None = None
) -> xr.Dataset:
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

    flux : float64, in the unit of the pixels: electron / s but for odd files
        Sum over the finite aperture pixels; NaN where none is finite, where the whole frame is
        exactly 0, and where the background is not finite.
    flux_err : float64, in the same unit
        The pixels' errors added in quadrature over the same pixels; NaN where the file gives none,
        or nothing but 0.
    centroid_row, centroid_col : float64, detector pixels
        Flux-weighted first moments, sum(flux * pixel) / sum(flux); NaN where the flux is NaN or 0.
    quality, quality_known, cadenceno, pos_corr1, pos_corr2 : as in `tpf`, those that it has

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
        for block in spans(tpf, read, aperture, background):
            pixels = pixel_series(tpf, "flux", block)
            series = pixels[aperture]
            level = None
            if background is not None and background.any():
                level = finite_median(pixels[background])
            total, count = pixel_sum(series)
            flux = _flux(total, count, level, all_zero(pixels))
            finite = np.isfinite(series)
            values = np.where(finite, series if level is None else series - level, 0.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                moments = np.stack([rows @ values, cols @ values]) / np.where(flux, flux, np.nan)
            out["flux"][block] = flux
            out["centroid_row"][block], out["centroid_col"][block] = moments
            missing = np.isnan(flux)
            if "flux_err" in tpf:
                errors = pixel_series(tpf, "flux_err", block)[aperture].astype(np.float64)
                known = finite & np.isfinite(errors)
                variance = (np.where(known, errors, 0.0) ** 2).sum(axis=0)
                # An error of 0 is none: some files fill FLUX_ERR with it.
                out["flux_err"][block] = np.where(
                    missing | (variance == 0), np.nan, np.sqrt(variance)
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
    unit = spelled(tpf["flux"].attrs.get("units", USUAL_FLUX), "astropy")
    for name in ("flux", "flux_err"):
        lightcurve[name].attrs["units"] = unit
    for name in ("centroid_row", "centroid_col"):
        lightcurve[name].attrs["units"] = "pixel"
    for name in ("quality", "quality_known", "cadenceno", "pos_corr1", "pos_corr2"):
        if name in tpf:
            lightcurve[name] = tpf[name].variable
    return lightcurve.assign_coords(
        xr.Coordinates({"time": tpf["time"].variable.to_base_variable()}, indexes={})
    )


class RunningSum:
    """The sum over a mask that changes pixel by pixel, kept up to date as it does.

    Where the cube is in memory, its pixels' series are contiguous and the kernel is compiled, a
    change costs no more than the pixels that changed; elsewhere all are added up again. The sum is
    that of `aperture_photometry` to the last bit in either case, whatever the pixels hold and
    whatever was in the sum before.

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
        n = tpf.sizes["time"]
        self._tpf = tpf
        self._empty = zero_frames(tpf)
        self._cube = pixel_rows(tpf, "flux")
        self.mask = np.zeros(tpf["aperture"].shape, dtype=bool)
        self._total, self._count = np.zeros(n), np.zeros(n, dtype=np.int32)
        # Of what was in the sum, as the kernel notes it; not noted where numpy added up last.
        self._largest, self._least = np.zeros((2, n), dtype=np.uint8)
        self._noted = False

    def update(self, mask: np.ndarray) -> None:
        """Make the sum that of `mask`."""
        if compiled_kernel() is None or self._cube is None:
            self._noted = False
            for block in spans(self._tpf, ["flux"], mask):
                series = pixel_series(self._tpf, "flux", block)[mask]
                self._total[block], self._count[block] = pixel_sum(series)
        elif not self._noted:
            self._add(mask, afresh=True)
            self._noted = True
        elif np.count_nonzero(mask ^ self.mask) >= np.count_nonzero(mask):
            self._add(mask, afresh=True)
        else:
            self._add(mask & ~self.mask)
            self._add(self.mask & ~mask, off=True)
            self._restore_digits(mask)
        self.mask = mask.copy()

    def _add(self, pixels: np.ndarray, *, afresh: bool = False, off: bool = False) -> None:
        running = self._total, self._count, self._largest, self._least
        kernel = compiled_kernel()
        assert kernel is not None and self._cube is not None, "numpy adds up"
        kernel(self._cube, np.flatnonzero(pixels), afresh, off, *running)

    def _restore_digits(self, mask: np.ndarray) -> None:
        """Add up afresh the cadences whose sum may have been rounded on its way to here."""
        rounded = order_matters(self._largest, self._least, mask.size)
        if rounded.size > self._total.size // 16:
            self._add(mask, afresh=True)
        elif rounded.size:
            assert self._cube is not None, "numpy adds up"
            series = self._cube[np.ix_(np.flatnonzero(mask), rounded)]
            self._total[rounded], _ = pixel_sum(series)

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
        return _flux(self._total, self._count, background, self._empty)


def _flux(
    total: np.ndarray, count: np.ndarray, level: np.ndarray | None, empty: np.ndarray
) -> np.ndarray:
    """The flux of an aperture from the sum over its finite pixels and how many they are."""
    flux = total.copy() if level is None else total - count * level
    flux[(count == 0) | empty] = np.nan
    return flux
