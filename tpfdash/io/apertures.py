"""Aperture masks as files: FITS, JSON and npy, out and back in by detector pixel.

Every file says where it comes from (`tpfdash.io.provenance`), and appears whole or not at all
(`tpfdash.io.atomic`). What a foreign file holds is found out by `tpfdash.io.read_masks`.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import xarray as xr
from astropy.io import fits

from tpfdash.errors import TPFError
from tpfdash.io.atomic import write_atomically
from tpfdash.io.provenance import corner_cards, header, mission_of, provenance
from tpfdash.io.read_masks import FoundMask, MaskSource, read_mask
from tpfdash.missions import APERTURE_COLLECTED, APERTURE_OPTIMAL
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.masks import as_mask
from tpfdash.stamp.sky import wcs_header

__all__ = [
    "APERTURE_FORMATS",
    "aperture_bits",
    "aperture_bytes",
    "choose_format",
    "fits_bytes",
    "format_of",
    "image_hdu",
    "read_aperture",
    "write_aperture",
]


def aperture_bytes(tpf: xr.Dataset, aperture: np.ndarray, format: str) -> bytes:
    """An aperture mask as the contents of a file.

    Parameters
    ----------
    tpf : Dataset
        The target pixel file that the mask lies on.
    aperture : array_like of bool, or of 0 and 1, (row, col)
    format : {"fits", "json", "npy"}
        "fits" is an image APERTURE (1 a pixel of the stamp, 2 one of the aperture) with its
        detector corner and the sky's WCS. "json" has the rows of the mask as 0 and 1, and the
        corner. "npy" is the boolean array, and after it, where `numpy.load` finds it when it is
        called a second time on the open file, the corner and the rest as a JSON string.

    Raises
    ------
    TPFError
        On another format, and on a mask that does not fit the stamp.
    """
    maker = choose_format(format, APERTURE_FORMATS, "an aperture")
    mask = as_mask(aperture, (tpf.sizes["row"], tpf.sizes["col"]))
    return maker(provenance(tpf.attrs), tpf.attrs, corner(tpf), mask)


def write_aperture(
    tpf: xr.Dataset,
    aperture: np.ndarray,
    path: str | os.PathLike,
    *,
    format: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write an aperture mask to a file, whole or not at all.

    Parameters and errors are those of `aperture_bytes` and `write_lightcurve`.
    """
    data = aperture_bytes(tpf, aperture, format or format_of(path, APERTURE_FORMATS))
    return write_atomically(path, lambda file: file.write(data), overwrite=overwrite)


def read_aperture(source: MaskSource, tpf: xr.Dataset) -> np.ndarray:
    """An aperture mask out of a file, on the stamp of `tpf`.

    Parameters
    ----------
    source : path, bytes or binary file
        What `write_aperture` wrote; a FITS light curve of `write_lightcurve`; a target pixel
        file or light curve of Kepler, K2 or TESS (its pipeline aperture); or a boolean array as
        npy. FITS may be gzipped, if it unpacks to 256 MB at most; JSON may have 4 MB, npy 9 MB.
    tpf : Dataset
        Gives the stamp. A mask is laid on it by detector pixel, whatever the stamp that it was
        made on; a file without a corner (a bare npy) has to have this stamp's shape.

    Returns
    -------
    bool array (row, col)

    Raises
    ------
    TPFError
        On anything else, on a mask of another detector, and on one with pixels outside the
        stamp, which it names.
    """
    found = read_mask(source)
    shape = (tpf.sizes["row"], tpf.sizes["col"])
    if found.corner is None:
        if found.mask.shape != shape:
            raise TPFError(
                f"{found.name} has a mask of shape {found.mask.shape} and says no detector "
                f"pixels: it should have this stamp's shape {shape}."
            )
        return found.mask
    _same_detector(found, tpf)
    rows, cols = (
        index + first for index, first in zip(np.nonzero(found.mask), found.corner, strict=True)
    )
    first_row, first_col = corner(tpf)
    inside = (
        (rows >= first_row)
        & (rows < first_row + shape[0])
        & (cols >= first_col)
        & (cols < first_col + shape[1])
    )
    if not inside.all():
        outside = np.flatnonzero(~inside)
        named = ", ".join(f"({rows[at]}, {cols[at]})" for at in outside[:8])
        more = f" and {outside.size - 8} more" if outside.size > 8 else ""
        raise TPFError(
            f"{found.name} has detector pixels (row, column) {named}{more} that "
            f"are not on this stamp: they should lie within rows {first_row} to "
            f"{first_row + shape[0] - 1} and columns {first_col} to {first_col + shape[1] - 1}."
        )
    mask = np.zeros(shape, dtype=bool)
    mask[rows - first_row, cols - first_col] = True
    return mask


def _same_detector(found: FoundMask, tpf: xr.Dataset) -> None:
    mission = mission_of(tpf.attrs)
    here = {"telescope": "TESS" if mission.name == "TESS" else "Kepler"} | {
        key: tpf.attrs[key]
        for key in map(str.lower, mission.detector_keywords)
        if tpf.attrs.get(key) not in (None, "")
    }
    for key in here.keys() & found.detector.keys():
        if here[key] != found.detector[key]:
            raise TPFError(
                f"{found.name} has an aperture of {key} {found.detector[key]}: it should be one "
                f"of {key} {here[key]}, as this target pixel file."
            )


def choose_format(format: str, formats: Mapping[str, Callable], what: str) -> Callable:
    if format not in formats:
        words = ", ".join(repr(word) for word in formats)
        raise TPFError(f"{format!r} is no format of {what}: it should be one of {words}.")
    return formats[format]


def format_of(path: str | os.PathLike, formats: Mapping[str, Callable]) -> str:
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix not in formats:
        words = ", ".join(f".{word}" for word in formats)
        raise TPFError(f"{path} should end in one of {words}, or `format` should be given.")
    return suffix


def aperture_bits(mask: np.ndarray) -> np.ndarray:
    return (APERTURE_COLLECTED + APERTURE_OPTIMAL * mask).astype(np.int32)


def image_hdu(name: str, pixels: np.ndarray, attrs: Mapping, corner: tuple) -> fits.ImageHDU:
    image = fits.ImageHDU(pixels, name=name)
    if sky := wcs_header(attrs, corner):
        image.header.extend(sky, strip=True, unique=True)
    for keyword, value, comment in corner_cards(corner):
        image.header[keyword] = value, comment
    return image


def fits_bytes(primary: fits.Header, *extensions: fits.ImageHDU | fits.BinTableHDU) -> bytes:
    data = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(header=primary), *extensions]).writeto(data, checksum=True)
    return data.getvalue()


def _aperture_fits(facts: Mapping, attrs: Mapping, corner: tuple, mask: np.ndarray) -> bytes:
    return fits_bytes(
        header(facts, "aperture"), image_hdu("APERTURE", aperture_bits(mask), attrs, corner)
    )


def _aperture_json(facts: Mapping, attrs: Mapping, corner: tuple, mask: np.ndarray) -> bytes:
    head = {"format": "tpfdash aperture", **facts, "corner": corner}
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}," for name, value in head.items()]
    rows = ",\n".join(f"    {json.dumps(row)}" for row in mask.astype(int).tolist())
    return "\n".join(["{", *lines, '  "mask": [', rows, "  ]", "}", ""]).encode()


def _aperture_npy(facts: Mapping, attrs: Mapping, corner: tuple, mask: np.ndarray) -> bytes:
    data = io.BytesIO()
    np.save(data, mask)
    np.save(data, json.dumps({"format": "tpfdash aperture", **facts, "corner": corner}))
    return data.getvalue()


#: Format (and suffix) of an aperture -> what makes it.
APERTURE_FORMATS = {"fits": _aperture_fits, "json": _aperture_json, "npy": _aperture_npy}
