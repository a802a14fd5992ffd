"""Small target pixel files for the tests of reading, made with astropy alone.

Not made with `tpfdash.write_tpf`, so that a fault of reading and one of writing cannot hide one
another.
"""

import io

import numpy as np
from astropy.io import fits

#: What a file of each mission has: name of its table, keywords of its primary header.
MISSIONS = {
    "Kepler": (
        "TARGETTABLES",
        {"TELESCOP": "Kepler", "KEPLERID": 757450, "QUARTER": 5, "CHANNEL": 11, "KEPMAG": 15.3},
    ),
    "K2": (
        "TARGETTABLES",
        {"TELESCOP": "Kepler", "MISSION": "K2", "KEPLERID": 2000, "CAMPAIGN": 91, "CHANNEL": 4},
    ),
    "TESS": (
        "PIXELS",
        {"TELESCOP": "TESS", "TICID": 12345, "SECTOR": 3, "CAMERA": 2, "CCD": 4, "TESSMAG": 9.5},
    ),
}
REFERENCE = {"Kepler": 2454833, "K2": 2454833, "TESS": 2457000}


def make_hdus(
    mission="Kepler", n=7, shape=(3, 4), columns=None, drop=(), primary=None, pixels=None
):
    """HDUs with flux = 1000 * cadence + 10 * row + col.

    `columns` replaces or adds fits.Column objects by name (before QUALITY), `drop` leaves columns
    or keywords out, `primary` and `pixels` add keywords.
    """
    rows, cols = shape
    t, r, c = np.ogrid[:n, :rows, :cols]
    flux = (1000.0 * t + 10 * r + c).astype("f4")
    size, dim = rows * cols, f"({cols},{rows})"

    def image(name, values, code="E", **kwargs):
        return fits.Column(name, f"{size}{code}", array=values, dim=dim, **kwargs)

    table = {
        "TIME": fits.Column("TIME", "D", array=100.0 + 0.25 * np.arange(n)),
        "TIMECORR": fits.Column("TIMECORR", "E", array=np.full(n, 1e-3)),
        "CADENCENO": fits.Column("CADENCENO", "J", array=500 + np.arange(n)),
        "RAW_CNTS": image("RAW_CNTS", flux.astype("i4"), "J", null=-1),
        "FLUX": image("FLUX", flux),
        "FLUX_ERR": image("FLUX_ERR", flux + 0.5),
        "FLUX_BKG": image("FLUX_BKG", flux + 1),
        "FLUX_BKG_ERR": image("FLUX_BKG_ERR", flux + 2),
        **(columns or {}),
        "QUALITY": fits.Column("QUALITY", "J", array=2 ** (np.arange(n) % 20)),
        "POS_CORR1": fits.Column("POS_CORR1", "E", array=0.1 * np.arange(n)),
        "POS_CORR2": fits.Column("POS_CORR2", "E", array=-0.1 * np.arange(n)),
    }
    name, keywords = MISSIONS[mission]
    first = fits.PrimaryHDU()
    first.header.update(
        keywords | {"OBJECT": "A star", "RA_OBJ": 290.0, "DEC_OBJ": 44.5} | (primary or {})
    )
    second = fits.BinTableHDU.from_columns(
        [column for key, column in table.items() if key not in drop], name=name
    )
    number = second.columns.names.index("FLUX") + 1 if "FLUX" not in drop else 5
    second.header.update(
        {"BJDREFI": REFERENCE[mission], "BJDREFF": 0.0, "BACKAPP": True}
        | {"TIMEDEL": 0.020434, "CROWDSAP": 0.9, "FLFRCSAP": 0.8}
        | {"TUNIT1": f"BJD - {REFERENCE[mission]}"}
        | {f"1CRV{number}P": 700, f"2CRV{number}P": 300}
        | {f"1CTYP{number}": "RA---TAN", f"2CTYP{number}": "DEC--TAN"}
        | {f"1CRPX{number}": 2.5, f"2CRPX{number}": 2.0}
        | {f"1CRVL{number}": 290.0, f"2CRVL{number}": 44.5}
        | {f"1CDLT{number}": -0.0011, f"2CDLT{number}": 0.0011}
        | (pixels or {})
    )
    aperture = np.ones(shape, "i4")
    aperture[rows // 2, cols // 2] = 3
    hdus = fits.HDUList([first, second, fits.ImageHDU(aperture, name="APERTURE")])
    for hdu in hdus[:2]:
        for key in drop:
            hdu.header.remove(key, ignore_missing=True)
    return hdus


def to_bytes(hdus):
    """The HDUs as a file's bytes."""
    buffer = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(buffer, output_verify="ignore")
    return buffer.getvalue()
