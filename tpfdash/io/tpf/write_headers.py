"""The headers and columns of Kepler, K2, TESS and TESSCut target pixel files.

What lives here: keywords and column definitions, made from a Dataset's attrs. The table's numbers
are written by `tpfdash.io.tpf.write`, and read by `tpfdash.io.tpf.read`.
"""

from __future__ import annotations

import datetime
import math
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from astropy.io import fits
from astropy.wcs import WCS

from tpfdash.io.fits.hdus import printable
from tpfdash.missions import Mission
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.sky import wcs_header
from tpfdash.stamp.units import USUAL_FLUX, spelled
from tpfdash.version import __version__

__all__ = [
    "COLUMNS",
    "FFI_NAME",
    "PIXELS",
    "RAY_TYPE",
    "WrittenColumn",
    "aperture_header",
    "has_ray_table",
    "primary_header",
    "ray_header",
    "table_header",
]

FFI_NAME = 38  # characters of TESSCut's FFI_FILE


class WrittenColumn(NamedTuple):
    """One column of the pixel table."""

    name: str  # TTYPE; in small letters the variable's
    code: str  # FITS format code
    display: str
    unit: str | None = None
    cell: tuple[str, ...] = ()  # dims of a cell
    null: int | None = None


PIXELS = ("row", "col")
# The order of the missions' files. FLUX has to be the fifth: readers look for the stamp's corner
# and the WCS in the keywords of column 5.
COLUMNS = (
    WrittenColumn("TIME", "D", "D14.7"),
    WrittenColumn("TIMECORR", "E", "E14.7", "d"),
    WrittenColumn("CADENCENO", "J", "I10"),
    WrittenColumn("RAW_CNTS", "J", "I8", "count", PIXELS, -1),
    WrittenColumn("FLUX", "E", "E14.7", USUAL_FLUX, PIXELS),
    WrittenColumn("FLUX_ERR", "E", "E14.7", USUAL_FLUX, PIXELS),
    WrittenColumn("FLUX_BKG", "E", "E14.7", USUAL_FLUX, PIXELS),
    WrittenColumn("FLUX_BKG_ERR", "E", "E14.7", USUAL_FLUX, PIXELS),
    WrittenColumn("COSMIC_RAYS", "E", "E14.7", USUAL_FLUX, PIXELS),
    WrittenColumn("QUALITY", "J", "B24.24"),
    WrittenColumn("POS_CORR1", "E", "E14.7", "pixel"),
    WrittenColumn("POS_CORR2", "E", "E14.7", "pixel"),
    WrittenColumn("RB_LEVEL", "E", "E14.7", "sigma", ("row", "rb_duration")),
)
RAY_TYPE = np.dtype([("CADENCENO", ">i4"), ("RAWX", ">i2"), ("RAWY", ">i2"), ("COSMIC_RAY", ">f4")])

_INSTRUMENTS = {
    "Kepler": ("Kepler", "Kepler Photometer"),
    "K2": ("Kepler", "Kepler Photometer"),
    "TESS": ("TESS", "TESS Photometer"),
}


def has_ray_table(mission: Mission, cut: bool) -> bool:
    return mission.name == "TESS" and not cut


def _add(header: fits.Header, *cards: tuple) -> None:
    """Append the cards whose value is known: neither None, NaN nor empty text."""
    for key, value, comment in cards:
        if value is None or value == "" or isinstance(value, float) and not math.isfinite(value):
            continue
        value = printable(value) if isinstance(value, str) else value
        header.append((key, value, comment), end=True)


def _plain(value: Any) -> Any:
    """A NumPy scalar as a Python one."""
    return value.item() if isinstance(value, np.generic) else value


def _target_cards(tpf: xr.Dataset, mission: Mission) -> list[tuple]:
    """What every HDU says of the target."""
    get = {key: _plain(value) for key, value in tpf.attrs.items()}.get
    telescope, instrument = _INSTRUMENTS[mission.name]
    return [
        ("TELESCOP", telescope, "telescope"),
        ("INSTRUME", instrument, "detector type"),
        ("OBJECT", get("object"), "string version of target id"),
        (mission.id_keyword, get("id"), "unique target identifier"),
        ("RADESYS", "ICRS", "reference frame of celestial coordinates"),
        ("RA_OBJ", get("ra"), "[deg] right ascension"),
        ("DEC_OBJ", get("dec"), "[deg] declination"),
        ("EQUINOX", 2000.0, "equinox of celestial coordinate system"),
        ("SIMULATD", True if get("simulated") else None, "the data are simulated"),
        ("INJECTED", True if get("injected") else None, "events were injected"),
    ]


def primary_header(tpf: xr.Dataset, mission: Mission, cut: bool) -> fits.Header:
    get = {key: _plain(value) for key, value in tpf.attrs.items()}.get
    kepler = mission.name in ("Kepler", "K2")
    simulated = bool(get("simulated"))
    long = get("cadence_seconds", math.nan) > 600
    header = fits.Header()
    _add(
        header,
        ("SIMPLE", True, "conforms to FITS standards"),
        ("BITPIX", 8, "array data type"),
        ("NAXIS", 0, "number of array dimensions"),
        ("EXTEND", True, "file contains extensions"),
        ("NEXTEND", 3 if has_ray_table(mission, cut) else 2, "number of standard extensions"),
        ("EXTNAME", "PRIMARY", "name of extension"),
        ("EXTVER", 1, "extension version number"),
        ("SIMDATA", None if kepler else simulated, "file is based on simulated data"),
        # Readers recognise the layout by these two, whoever wrote the file.
        ("ORIGIN", "tpfdash, as STScI/MAST" if cut else "tpfdash", "who made this file"),
        (
            "CREATOR",
            f"tpfdash {__version__} as {'astrocut' if cut else 'TargetPixelExporter'}",
            "software, and whose layout",
        ),
        ("DATE", datetime.date.today().isoformat(), "file creation date"),
        *_target_cards(tpf, mission),
        *((key, get(key.lower()), "CCD") for key in mission.detector_keywords),
        (mission.epoch_keyword, get(mission.epoch_keyword.lower()), "observing interval"),
        ("MISSION", mission.name if kepler else None, "mission name"),
        (
            "OBSMODE",
            f"{'long' if long else 'short'} cadence" if kepler else None,
            "observing mode",
        ),
        ("PMRA", get("pmra"), "RA proper motion"),
        ("PMDEC", get("pmdec"), "Dec proper motion"),
        ("TEFF", get("teff"), "[K] effective temperature"),
        ("RADIUS", get("radius"), "[solar radii] stellar radius"),
        (mission.magnitude_keyword, get("magnitude"), f"[mag] {mission.magnitude_band}"),
    )
    if simulated:
        header.add_history("The data in this file are SIMULATED. They were never observed.")
    else:
        header.add_history("Written by tpfdash; not the archive's own file.")
    if get("injected"):
        header.add_history("Events were INJECTED into the data. They were never observed.")
    return header


def table_header(
    tpf: xr.Dataset, mission: Mission, columns: list[WrittenColumn], layout: np.dtype, cut: bool
) -> fits.Header:
    get = {key: _plain(value) for key, value in tpf.attrs.items()}.get
    reference = float(get("time_reference", mission.time_reference))
    whole = math.floor(reference)
    time = tpf["time"].values
    known = time[np.isfinite(time)]
    day = get("cadence_seconds", math.nan) / 86400
    fields = len(layout.names or ())
    ends = (known.min() - day / 2, known.max() + day / 2) if known.size else (math.nan, math.nan)
    header = fits.Header()
    _add(
        header,
        ("XTENSION", "BINTABLE", "binary table extension"),
        ("BITPIX", 8, "array data type"),
        ("NAXIS", 2, "number of array dimensions"),
        ("NAXIS1", layout.itemsize, "bytes in a row"),
        ("NAXIS2", tpf.sizes["time"], "number of cadences"),
        ("PCOUNT", 0, "group parameter count (not used)"),
        ("GCOUNT", 1, "group count (not used)"),
        ("TFIELDS", fields, "number of table fields"),
    )
    physical, sky = _corner_cards(tpf), _sky_cards(tpf)
    for number, column in enumerate(columns, start=1):
        unit = f"BJD - {reference:.10g}" + (", days" if mission.name == "TESS" else "")
        shape = layout[column.name].shape
        _add(
            header,
            (f"TTYPE{number}", column.name, "column name"),
            (f"TFORM{number}", f"{math.prod(shape) if shape else ''}{column.code}", "format"),
            (f"TUNIT{number}", unit if column.name == "TIME" else _unit(tpf, column), "unit"),
            (f"TDISP{number}", column.display, "display format"),
            (
                f"TDIM{number}",
                f"({shape[1]},{shape[0]})" if math.prod(shape or (0,)) else "",
                "cell",
            ),
            (f"TNULL{number}", column.null, "null value"),
        )
        if column.cell == PIXELS:
            _add(header, *((key.format(number), *card) for key, *card in physical + sky))
    if cut:
        number = fields
        _add(
            header,
            (f"TTYPE{number}", "FFI_FILE", "column name"),
            (f"TFORM{number}", f"{FFI_NAME}A", "format"),
        )
    _add(
        header,
        ("INHERIT", True, "inherit the primary header"),
        ("EXTNAME", "PIXELS" if mission.name == "TESS" else "TARGETTABLES", "name of extension"),
        ("EXTVER", 1, "extension version number"),
        *_target_cards(tpf, mission),
        ("TIMEREF", "SOLARSYSTEM", "barycentric correction applied to times"),
        ("TASSIGN", "SPACECRAFT", "where time is assigned"),
        ("TIMESYS", "TDB", "time system is barycentric dynamical time"),
        ("BJDREFI", whole, "integer part of BJD reference date"),
        ("BJDREFF", reference - whole, "fraction of the day in BJD reference date"),
        ("TIMEUNIT", "d", "time unit for TIME, TSTART and TSTOP"),
        ("TELAPSE", float(ends[1] - ends[0]), "[d] TSTOP - TSTART"),
        ("TSTART", float(ends[0]), "observation start time"),
        ("TSTOP", float(ends[1]), "observation stop time"),
        ("TIMEPIXR", 0.5, "bin time beginning=0 middle=0.5 end=1"),
        ("TIMEDEL", day, "[d] time resolution of data"),
        ("BACKAPP", get("background_subtracted"), "background is subtracted"),
        *_offset_cards(mission, get("raw_counts_offset", 0), day),
        ("CROWDSAP", get("crowdsap"), "ratio of target flux to total flux in op. ap."),
        ("FLFRCSAP", get("flfrcsap"), "frac. of target flux w/in the op. aperture"),
        *(
            (f"RBTDUR{i}", int(length), "[cadences] rolling band duration")
            for i, length in enumerate(get("rb_durations", ()), start=1)
        ),
    )
    return header


def _unit(tpf: xr.Dataset, column: WrittenColumn) -> str | None:
    """The unit that the variable says it is in, else the mission's."""
    return spelled(tpf[column.name.lower()].attrs.get("units", ""), "fits") or column.unit


def _offset_cards(mission: Mission, offset: int, day: float) -> list[tuple]:
    """The fixed offset of RAW_CNTS."""
    if not offset:
        return []
    if mission.name == "TESS":
        return [("FXDOFF", offset, "compression fixed offset")]
    length = "LC" if day * 86400 > 600 else "SC"
    return [(f"{length}FXDOFF", offset, "cadence fixed offset")]


def _corner_cards(tpf: xr.Dataset) -> list[tuple]:
    """Where the stamp is on the detector; {} stands for the column's number."""
    row, col = corner(tpf)
    return [
        ("WCSN{}P", "PHYSICAL", "table column WCS name"),
        ("WCAX{}P", 2, "table column physical WCS dimensions"),
        ("1CTY{}P", "RAWX", "physical WCS axis 1 type, CCD col"),
        ("2CTY{}P", "RAWY", "physical WCS axis 2 type, CCD row"),
        ("1CUN{}P", "PIXEL", "physical WCS axis 1 unit"),
        ("2CUN{}P", "PIXEL", "physical WCS axis 2 unit"),
        ("1CRV{}P", col, "detector column of the first pixel"),
        ("2CRV{}P", row, "detector row of the first pixel"),
        ("1CDL{}P", 1.0, "physical WCS axis 1 step"),
        ("2CDL{}P", 1.0, "physical WCS axis 2 step"),
        ("1CRP{}P", 1, "physical WCS axis 1 reference"),
        ("2CRP{}P", 1, "physical WCS axis 2 reference"),
    ]


def _sky_cards(tpf: xr.Dataset) -> list[tuple]:
    """The linear part of the sky WCS; {} stands for the column's number."""
    header = wcs_header(tpf.attrs, corner(tpf))
    if not header:
        return []
    whole = WCS(header).celestial
    if whole.sip is not None:  # has no keywords in a table: it is in the header of APERTURE
        return []
    wcs = whole.wcs
    pc, scale = wcs.get_pc(), wcs.get_cdelt()
    cards: list[tuple] = [("WCAX{}", 2, "number of WCS axes")]
    for i in (0, 1):
        cards += [
            (f"{i + 1}CTYP{{}}", str(wcs.ctype[i]), "coordinate type"),
            (f"{i + 1}CRPX{{}}", float(wcs.crpix[i]), "[pixel] reference pixel"),
            (f"{i + 1}CRVL{{}}", float(wcs.crval[i]), "[deg] value at reference pixel"),
            (f"{i + 1}CUNI{{}}", str(wcs.cunit[i]), "unit"),
            (f"{i + 1}CDLT{{}}", float(scale[i]), "[deg] pixel scale"),
            (f"{i + 1}1PC{{}}", float(pc[i, 0]), "linear transformation element"),
            (f"{i + 1}2PC{{}}", float(pc[i, 1]), "linear transformation element"),
        ]
    return cards


def aperture_header(tpf: xr.Dataset, mission: Mission) -> fits.Header:
    header = fits.Header()
    _add(
        header,
        ("XTENSION", "IMAGE", "image extension"),
        ("BITPIX", 32, "array data type"),
        ("NAXIS", 2, "number of array dimensions"),
        ("NAXIS1", tpf.sizes["col"], "columns"),
        ("NAXIS2", tpf.sizes["row"], "rows"),
        ("PCOUNT", 0, "group parameter count (not used)"),
        ("GCOUNT", 1, "group count (not used)"),
        ("INHERIT", True, "inherit the primary header"),
        ("EXTNAME", "APERTURE", "name of extension"),
        ("EXTVER", 1, "extension version number"),
        *_target_cards(tpf, mission),
    )
    row, col = corner(tpf)
    if sky := wcs_header(tpf.attrs, (row, col)):
        header.extend(sky.cards, unique=True)
    _add(
        header,
        ("WCSNAMEP", "PHYSICAL", "name of world coordinate system alternate P"),
        ("WCSAXESP", 2, "number of WCS physical axes"),
        ("CTYPE1P", "RAWX", "physical WCS axis 1 type, CCD col"),
        ("CUNIT1P", "PIXEL", "physical WCS axis 1 unit"),
        ("CRPIX1P", 1, "reference pixel"),
        ("CRVAL1P", col, "detector column of the first pixel"),
        ("CDELT1P", 1.0, "physical WCS axis 1 step"),
        ("CTYPE2P", "RAWY", "physical WCS axis 2 type, CCD row"),
        ("CUNIT2P", "PIXEL", "physical WCS axis 2 unit"),
        ("CRPIX2P", 1, "reference pixel"),
        ("CRVAL2P", row, "detector row of the first pixel"),
        ("CDELT2P", 1.0, "physical WCS axis 2 step"),
        ("NPIXSAP", int((tpf["aperture"].values.astype(int) & 2 > 0).sum()), "optimal pixels"),
    )
    return header


def ray_header(rows: int, unit: str = USUAL_FLUX) -> fits.Header:
    header = fits.Header()
    _add(
        header,
        ("XTENSION", "BINTABLE", "binary table extension"),
        ("BITPIX", 8, "array data type"),
        ("NAXIS", 2, "number of array dimensions"),
        ("NAXIS1", RAY_TYPE.itemsize, "bytes in a row"),
        ("NAXIS2", rows, "number of rows"),
        ("PCOUNT", 0, "group parameter count (not used)"),
        ("GCOUNT", 1, "group count (not used)"),
        ("TFIELDS", 4, "number of table fields"),
        ("TTYPE1", "CADENCENO", "unique cadence number"),
        ("TFORM1", "J", "signed 32-bit integer"),
        ("TTYPE2", "RAWX", "CCD column"),
        ("TFORM2", "I", "signed 16-bit integer"),
        ("TUNIT2", "pixel", "unit"),
        ("TTYPE3", "RAWY", "CCD row"),
        ("TFORM3", "I", "signed 16-bit integer"),
        ("TUNIT3", "pixel", "unit"),
        ("TTYPE4", "COSMIC_RAY", "cosmic ray correction"),
        ("TFORM4", "E", "32-bit floating point"),
        ("TUNIT4", unit, "unit"),
        ("INHERIT", True, "inherit the primary header"),
        ("EXTNAME", "TARGET COSMIC RAY", "name of extension"),
        ("EXTVER", 1, "extension version number"),
    )
    return header
