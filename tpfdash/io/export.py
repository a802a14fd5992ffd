"""Results as files: light curves as FITS, ECSV and CSV, aperture masks as FITS, JSON and npy.

And masks back in, put on a stamp by detector pixel. Every file says where it comes from
(`tpfdash.io.provenance`), and appears whole or not at all (`tpfdash.io.atomic`). Target pixel
files themselves are written by `tpfdash.io.write`.
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
from astropy.table import Column, Table

from tpfdash.errors import TPFError
from tpfdash.io.atomic import write_atomically
from tpfdash.io.masks import read_mask
from tpfdash.io.provenance import corner_cards, header, mission_of, provenance
from tpfdash.missions import APERTURE_COLLECTED, APERTURE_OPTIMAL

__all__ = [
    "APERTURE_FORMATS",
    "LIGHTCURVE_FORMATS",
    "aperture_bytes",
    "lightcurve_bytes",
    "lightcurve_table",
    "read_aperture",
    "write_aperture",
    "write_lightcurve",
]

#: Variable of a light curve -> (FITS column, its unit as the missions write it, astropy's unit,
#: description), in the order of the columns. TIME's unit and QUALITY's name differ by mission.
_COLUMNS = {
    "time": ("TIME", None, "d", None),
    "cadenceno": ("CADENCENO", None, None, "cadence number"),
    "flux": ("FLUX", "e-/s", "electron / s", "sum over the aperture"),
    "flux_err": ("FLUX_ERR", "e-/s", "electron / s", "1-sigma error of flux"),
    "centroid_col": ("MOM_CENTR1", "pixel", "pix", "flux-weighted centroid, detector column"),
    "centroid_row": ("MOM_CENTR2", "pixel", "pix", "flux-weighted centroid, detector row"),
    "quality": ("QUALITY", None, None, "quality flags of the mission"),
}
_KEPLER_NAMES = {"QUALITY": "SAP_QUALITY"}


def lightcurve_bytes(lightcurve: xr.Dataset, format: str) -> bytes:
    """A light curve as the contents of a file; every cadence is kept.

    Parameters
    ----------
    lightcurve : Dataset
        What `aperture_photometry` or `Inspector.lightcurve` gave: `flux` (e-/s) over `time`
        (days), and of `flux_err`, `centroid_row`, `centroid_col` (detector pixels), `quality`
        and `cadenceno` what there is. Its attributes `aperture`, `background` and `corner` go
        into the file where they are given.
    format : {"fits", "ecsv", "csv"}
        "fits" is laid out as the mission's own light curves, which `lightkurve.read` opens as a
        KeplerLightCurve or TessLightCurve: the table, and an image APERTURE with 1 for a pixel
        of the stamp and 2 for one of the aperture; background pixels are 1 in an image
        BACKGROUND. TIME is in the mission's own clock, whatever the clock of the source. "ecsv"
        is an astropy Table with units and meta. "csv" has the same meta as lines that begin with
        "#", a JSON value each. NaN is written as NaN or "nan".

    Raises
    ------
    TPFError
        On another format, and on a Dataset that is no light curve.
    """
    maker = _choose(format, LIGHTCURVE_FORMATS, "a light curve")
    _check(lightcurve)
    return maker(lightcurve)


def _check(lightcurve: xr.Dataset) -> None:
    if (
        not isinstance(lightcurve, xr.Dataset)
        or not {"time", "flux"} <= lightcurve.variables.keys()
    ):
        raise TPFError(
            "this is no light curve: it should be a Dataset with `flux` over `time`, as "
            "aperture_photometry gives it."
        )
    wrong = [n for n in _COLUMNS if n in lightcurve and lightcurve[n].dims != ("time",)]
    if wrong:
        raise TPFError(f"{', '.join(wrong)} of the light curve should be over `time` alone.")


def write_lightcurve(
    lightcurve: xr.Dataset,
    path: str | os.PathLike,
    *,
    format: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a light curve to a file, whole or not at all.

    Parameters
    ----------
    lightcurve, format
        As for `lightcurve_bytes`; the format is that of the suffix where none is given.
    path : path
    overwrite : bool
        Whether a file that is there may be replaced.

    Returns
    -------
    Path

    Raises
    ------
    TPFError
        As `lightcurve_bytes`; and if the file exists, or cannot be written.
    """
    data = lightcurve_bytes(lightcurve, format or _suffix(path, LIGHTCURVE_FORMATS))
    return write_atomically(path, lambda file: file.write(data), overwrite=overwrite)


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
    maker = _choose(format, APERTURE_FORMATS, "an aperture")
    shape = (tpf.sizes["row"], tpf.sizes["col"])
    mask = _mask(aperture, shape, "aperture")
    return maker(provenance(tpf.attrs), tpf.attrs, _corner(tpf), mask)


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
    data = aperture_bytes(tpf, aperture, format or _suffix(path, APERTURE_FORMATS))
    return write_atomically(path, lambda file: file.write(data), overwrite=overwrite)


def read_aperture(source, tpf: xr.Dataset) -> np.ndarray:
    """An aperture mask out of a file, on the stamp of `tpf`.

    Parameters
    ----------
    source : path, bytes or binary file
        What `write_aperture` wrote; a FITS light curve of `write_lightcurve`; a target pixel
        file or light curve of Kepler, K2 or TESS (its pipeline aperture); or a boolean array as
        npy. FITS may be gzipped.
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
    first_row, first_col = _corner(tpf)
    inside = (
        (rows >= first_row)
        & (rows < first_row + shape[0])
        & (cols >= first_col)
        & (cols < first_col + shape[1])
    )
    if not inside.all():
        outside = [f"({r}, {c})" for r, c in zip(rows[~inside], cols[~inside], strict=True)]
        more = f" and {len(outside) - 8} more" if len(outside) > 8 else ""
        raise TPFError(
            f"{found.name} has detector pixels (row, column) {', '.join(outside[:8])}{more} that "
            f"are not on this stamp: they should lie within rows {first_row} to "
            f"{first_row + shape[0] - 1} and columns {first_col} to {first_col + shape[1] - 1}."
        )
    mask = np.zeros(shape, dtype=bool)
    mask[rows - first_row, cols - first_col] = True
    return mask


def _same_detector(found, tpf: xr.Dataset) -> None:
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


def _corner(tpf: xr.Dataset) -> tuple[int, int]:
    return int(tpf["row"][0]), int(tpf["col"][0])


def _choose(format: str, formats: Mapping[str, Callable], what: str) -> Callable:
    if format not in formats:
        words = ", ".join(repr(word) for word in formats)
        raise TPFError(f"{format!r} is no format of {what}: it should be one of {words}.")
    return formats[format]


def _suffix(path: str | os.PathLike, formats: Mapping[str, Callable]) -> str:
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix not in formats:
        words = ", ".join(f".{word}" for word in formats)
        raise TPFError(f"{path} should end in one of {words}, or `format` should be given.")
    return suffix


def _mask(value, shape: tuple[int, int], name: str) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.shape != shape or array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        raise TPFError(
            f"the {name} mask is {array.dtype} of shape {array.shape}: it should be boolean, or "
            f"0 and 1, of this stamp's shape {shape}."
        )
    return array.astype(bool)


def _masks(lightcurve: xr.Dataset) -> dict[str, np.ndarray]:
    """The masks that a light curve was made with, by name."""
    masks = {
        name: np.asarray(lightcurve.attrs[name], dtype=bool)
        for name in ("aperture", "background")
        if lightcurve.attrs.get(name) is not None
    }
    if masks and lightcurve.attrs.get("corner") is None:
        raise TPFError(
            "the light curve has masks and no attribute `corner`, the stamp's first pixel."
        )
    return masks


def _meta(lightcurve: xr.Dataset) -> dict:
    """Facts and masks of a light curve, as ECSV and CSV carry them."""
    masks = _masks(lightcurve)
    meta = provenance(lightcurve.attrs)
    if masks:
        meta["corner"] = [int(first) for first in lightcurve.attrs["corner"]]
    return meta | {name: mask.astype(int).tolist() for name, mask in masks.items()}


def _clock(reference: float, scale: str) -> str:
    return f"BJD - {reference:.10g}, {scale}, barycentric"


def _unit(lightcurve: xr.Dataset, name: str, usual: str | None, fits: str | None) -> str | None:
    """`fits`, how FITS writes the `usual` unit; or what else a transformed flux is in."""
    own = lightcurve[name].attrs.get("units", usual)
    return own or None if name in ("flux", "flux_err") and own != usual else fits


def lightcurve_table(lightcurve: xr.Dataset) -> Table:
    """A light curve as an astropy Table, every cadence kept: units, meta, NaN where it is NaN.

    Raises
    ------
    TPFError
        On a Dataset that is no light curve.
    """
    _check(lightcurve)
    attrs = lightcurve.attrs
    reference = attrs.get("time_reference", mission_of(attrs).time_reference)
    columns = []
    for name, (_, _, unit, description) in _COLUMNS.items():
        if name in lightcurve.variables:
            if name == "time":
                description = _clock(reference, attrs.get("time_scale", "TDB"))
            values, unit = lightcurve[name].values, _unit(lightcurve, name, unit, unit)
            columns.append(Column(values, name=name, unit=unit, description=description))
    return Table(columns, meta=_meta(lightcurve))


def _lightcurve_ecsv(lightcurve: xr.Dataset) -> bytes:
    text = io.StringIO()
    lightcurve_table(lightcurve).write(text, format="ascii.ecsv")
    return text.getvalue().encode()


def _lightcurve_csv(lightcurve: xr.Dataset) -> bytes:
    table = lightcurve_table(lightcurve)
    meta = {"creator": f"tpfdash {table.meta['tpfdash_version']} lightcurve"} | table.meta
    meta["units"] = {name: str(table[name].unit) for name in table.colnames if table[name].unit}
    lines = [f"# {name}: {json.dumps(value)}" for name, value in meta.items()]
    lines.append(",".join(table.colnames))
    # astype(str) writes the shortest decimal that reads back as the same float32 or float64
    lines.extend(
        map(",".join, zip(*(table[n].data.astype(str) for n in table.colnames), strict=True))
    )
    return ("\n".join(lines) + "\n").encode()


def _lightcurve_fits(lightcurve: xr.Dataset) -> bytes:
    attrs = lightcurve.attrs
    mission = mission_of(attrs)
    names = {} if mission.name == "TESS" else _KEPLER_NAMES
    reference = mission.time_reference
    columns = {}
    for variable, (name, unit, usual, _) in _COLUMNS.items():
        if variable in lightcurve.variables:
            unit = _unit(lightcurve, variable, usual, unit)
            columns[names.get(name, name)] = lightcurve[variable].values, unit
    shift = attrs.get("time_reference", reference) - reference
    columns["TIME"] = columns["TIME"][0] + shift, f"BJD - {reference:.0f}, days"
    rows = np.rec.fromarrays([values for values, _ in columns.values()], names=list(columns))
    table = fits.BinTableHDU(rows, name="LIGHTCURVE")
    for name, (_, unit) in columns.items():
        table.columns[name].unit = unit
    table.header.extend(
        [
            ("TIMEREF", "SOLARSYSTEM", "barycentric correction applied to times"),
            ("TIMESYS", attrs.get("time_scale", "TDB"), "time system"),
            ("BJDREFI", int(reference), "integer part of BJD reference date"),
            ("BJDREFF", reference % 1, "fraction of the day in BJD reference date"),
            ("TIMEUNIT", "d", "unit of TIME"),
        ]
    )
    masks = _masks(lightcurve)
    images = []
    if "aperture" in masks:
        images.append(_image("APERTURE", _aperture_bits(masks["aperture"]), attrs, attrs["corner"]))
    if "background" in masks:
        background = masks["background"].astype(np.int32)
        images.append(_image("BACKGROUND", background, attrs, attrs["corner"]))
    facts = provenance(attrs)
    return _fits_bytes(header(facts, "lightcurve"), table, *images)


def _aperture_bits(mask: np.ndarray) -> np.ndarray:
    return (APERTURE_COLLECTED + APERTURE_OPTIMAL * mask).astype(np.int32)


def _image(name: str, pixels: np.ndarray, attrs: Mapping, corner: tuple) -> fits.ImageHDU:
    image = fits.ImageHDU(pixels, name=name)
    if attrs.get("wcs"):
        image.header.extend(fits.Header.fromstring(attrs["wcs"]), strip=True, unique=True)
    for keyword, value, comment in corner_cards(corner):
        image.header[keyword] = value, comment
    return image


def _fits_bytes(primary: fits.Header, *extensions) -> bytes:
    data = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(header=primary), *extensions]).writeto(data, checksum=True)
    return data.getvalue()


def _aperture_fits(facts: Mapping, attrs: Mapping, corner: tuple, mask: np.ndarray) -> bytes:
    return _fits_bytes(
        header(facts, "aperture"), _image("APERTURE", _aperture_bits(mask), attrs, corner)
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


#: Format (and suffix) of a light curve -> what makes it.
LIGHTCURVE_FORMATS = {"fits": _lightcurve_fits, "ecsv": _lightcurve_ecsv, "csv": _lightcurve_csv}
#: Format (and suffix) of an aperture -> what makes it.
APERTURE_FORMATS = {"fits": _aperture_fits, "json": _aperture_json, "npy": _aperture_npy}
