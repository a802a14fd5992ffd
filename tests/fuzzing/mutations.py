"""Ways to damage a target pixel file: its header's cards, its columns, its rows, its bytes.

Each takes the bytes of a file and a random generator, and gives other bytes and, in words, what it
did. What becomes of them is `tests.fuzzing.case`.
"""

from __future__ import annotations

import gzip
import io
import warnings

import numpy as np
from astropy.io import fits

__all__ = ["mutate"]

_CARD, _BLOCK = 80, 2880
_VALUES = (
    *("0", "1", "-1", "2", "3", "5", "8", "255", "2147483647", "-2147483648", "2147483648"),
    *("9223372036854775807", "-9223372036854775808", "99999999999999999999999999", "1000000000"),
    *("0.0", "1.5", "-0.5", "1E10", "-1E7", "1E-300", "1E300", "-1E300", "1E999", "NAN", "INF"),
    *("T", "F", "", "(1.0, 2.0)", "nonsense", "'", "''", "'x'", "'0E'", "'4A'", "'D'", "'12E'"),
    *("'20E'", "'20J'", "'20D'", "'1PE(20)'", "'999999999999E'", "'(5,4)'", "'(4,5)'", "'(2,2,5)'"),
    *("'(-5,-4)'", "'(0,0)'", "'FLUX'", "'TIME'", "'QUALITY'", "'RB_LEVEL'", "'APERTURE'"),
    *("'BINTABLE'", "'IMAGE'", "'PIXELS'", "'RA---TAN'", "'DEC--TAN'", "'RA---ZPN'", "'BJD - 1'"),
    *("'Kepler'", "'TESS'", "'K2'", "'e-/s'", "'km'", "'\xe4\xf6\xfc'", "\xff\xfe", "'\x00\x07'"),
    *("'a\nb'", "2457000", "2454833", "-4713", "1E16", "'" + "9" * 60 + "'"),
)
_IMPORTANT = (
    *("NAXIS", "NAXIS1", "NAXIS2", "BITPIX", "PCOUNT", "GCOUNT", "TFIELDS", "XTENSION", "EXTNAME"),
    *("BJDREFI", "BJDREFF", "TIMEDEL", "TELESCOP", "MISSION", "OBJECT", "CREATOR", "KEPLERID"),
    *("TICID", "RA_OBJ", "DEC_OBJ", "PMRA", "PMDEC", "CHANNEL", "CAMERA", "CCD", "SECTOR"),
    *("QUARTER", "CAMPAIGN", "KEPMAG", "TESSMAG", "BACKAPP", "CROWDSAP", "LCFXDOFF", "FXDOFF"),
    *("TFORM1", "TFORM4", "TFORM5", "TFORM6", "TDIM4", "TDIM5", "TDIM6", "TTYPE1", "TTYPE5"),
    *("TTYPE6", "TUNIT1", "TUNIT5", "TNULL3", "TNULL4", "TSCAL5", "TZERO5", "TSCAL1", "TZERO4"),
    *("1CRV5P", "2CRV5P", "1CRPX5", "2CRPX5", "1CRVL5", "2CRVL5", "1CTYP5", "2CTYP5", "11PC5"),
    *("1CDLT5", "1CUNI5", "WCAX5", "CRVAL1P", "CRVAL1", "CTYPE1", "CDELT1", "WCSAXES", "EQUINOX"),
    *("RADESYS", "TIMEREF", "SIMDATA", "SIMULATD", "END", "SIMPLE"),
)


def mutate(data: bytes, rng: np.random.Generator) -> tuple[bytes, str]:
    """Damage a file in one to three ways of one kind, and maybe compress what is left."""
    way = _WAYS[rng.choice(len(_WAYS), p=_CHANCES)]
    said = []
    for _ in range(rng.integers(1, 4)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                data, what = way(data, rng)
        except Exception as error:  # whatever a file that is damaged already makes astropy do
            what = f"{way.__name__} gave up ({type(error).__name__})"
        said.append(what)
    if rng.random() < 0.1:
        data, what = _packed(data, rng)
        said.append(what)
    return data, "; ".join(said)


def _pick(rng, things):
    return things[int(rng.integers(len(things)))]


# -- cards ---------------------------------------------------------------------------------------


def _cards(data: bytes) -> list[int]:
    """Where the cards of all headers start, as far as the file makes sense."""
    places, at = [], 0
    while at < len(data) and data[at : at + 8] in (b"SIMPLE  ", b"XTENSION"):
        first = at
        while at < len(data) and data[at : at + 8] != b"END     ":
            places.append(at)
            at += _CARD
        places.append(at)
        header = fits.Header.fromstring(data[first:at].decode("latin-1"))
        length = abs(header["BITPIX"]) // 8 * (header["NAXIS"] > 0)
        for axis in range(header["NAXIS"]):
            length *= header[f"NAXIS{axis + 1}"]
        length += header.get("PCOUNT", 0)
        at = -(-(at + _CARD) // _BLOCK) * _BLOCK + -(-length // _BLOCK) * _BLOCK
    return places


def cards(data: bytes, rng) -> tuple[bytes, str]:
    places = _cards(data)
    keys = [data[at : at + 8].decode("latin-1").strip() for at in places]
    if rng.random() < 0.8:
        wanted = [i for i, key in enumerate(keys) if key in _IMPORTANT]
        places, keys = [places[i] for i in wanted], [keys[i] for i in wanted]
    i = int(rng.integers(len(places)))
    at, key = places[i], keys[i]
    kind = _pick(rng, ("value", "value", "value", "value", "gone", "renamed", "byte", "copied"))
    card = data[at : at + _CARD]
    what = f"{key} at {at}: {kind}"
    if kind == "value":
        value = _pick(rng, _VALUES)
        card = f"{key:<8}= {value:>20}".ljust(_CARD)[:_CARD].encode("latin-1")
        what = f"{key} = {value!r}"
    elif kind == "gone":
        card = b" " * _CARD
    elif kind == "renamed":
        new = _pick(rng, _IMPORTANT)
        card, what = f"{new:<8}".encode() + card[8:], f"{key} renamed {new}"
    elif kind == "byte":
        card = bytearray(card)
        card[int(rng.integers(_CARD))] = int(rng.integers(256))
    else:
        other = _pick(rng, places)
        card, what = data[other : other + _CARD], f"{key} replaced by a copy of the card at {other}"
    return data[:at] + bytes(card) + data[at + _CARD :], what


# -- columns -------------------------------------------------------------------------------------

_NUMBERS = (0, 1, -1, np.nan, np.inf, -np.inf, 1e10, -1e7, 1e300, -1e300, 3e38, -3e38, 1e-320)
_NUMBERS += (2**31 - 1, -(2**31), 2457000.5, 5e-324, 1e16, 1.5)


def _opened(data: bytes) -> list:
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return fits.open(io.BytesIO(data), memmap=False)


def _closed(hdus) -> bytes:
    buffer = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(buffer, output_verify="ignore")
    return buffer.getvalue()


def _rebuilt(hdu, columns, keep=True) -> fits.BinTableHDU:
    """The table with other columns; keywords that belong to a column go with its number."""
    table = fits.BinTableHDU.from_columns(columns, name=hdu.name)
    structure = ("NAXIS", "TFIELDS", "TFORM", "TTYPE", "TDIM", "TNULL", "TUNIT", "TSCAL", "TZERO")
    structure += (
        "XTENSION",
        "BITPIX",
        "PCOUNT",
        "GCOUNT",
        "TDISP",
        "EXTNAME",
        "COMMENT",
        "HISTORY",
    )
    for card in hdu.header.cards:
        if card.keyword and not card.keyword.startswith(structure):
            table.header[card.keyword] = card.value
    return table


def columns(data: bytes, rng) -> tuple[bytes, str]:
    hdus = _opened(data)
    table = hdus[1]
    listed = list(table.columns)
    i = int(rng.integers(len(listed)))
    one = listed[i]
    values = np.array(table.data[one.name])
    kind = _pick(rng, ("type", "type", "dim", "unit", "null", "scale", "dropped", "twice", "moved"))
    what = f"column {one.name}: {kind}"
    if kind == "type":
        code = _pick(rng, "LBIJKEDA")
        cast = {"L": "?", "B": "u1", "I": "i2", "J": "i4", "K": "i8", "E": "f4", "D": "f8"}
        values = values.astype(cast.get(code, "S4"))
        count = int(np.prod(values.shape[1:]))
        form = f"{4 * count}A" if code == "A" else f"{count}{code}"
        listed[i] = fits.Column(one.name, form, array=values, dim=one.dim)
        what = f"column {one.name} as {form}"
    elif kind == "dim":
        cell = _pick(rng, ((), (1,), (2,), (5, 4), (4, 5), (20,), (1, 20), (2, 2, 5), (3, 3), (0,)))
        count = int(np.prod(cell)) if cell else 1
        dim = f"({','.join(map(str, cell[::-1]))})" if len(cell) > 1 else None
        listed[i] = fits.Column(one.name, f"{count}E", dim=dim, array=np.ones((len(values), *cell)))
        what = f"column {one.name} with cells {cell}"
    elif kind in ("unit", "null", "scale"):
        key = {"unit": "TUNIT", "null": "TNULL", "scale": _pick(rng, ("TSCAL", "TZERO"))}[kind]
        value = _pick(rng, ("", "e-/s", "adu", "nonsense", "BJD - 2457000", "d", "s", "???"))
        value = value if kind == "unit" else _pick(rng, [n for n in _NUMBERS if np.isfinite(n)])
        value = int(value) if kind == "null" else value
        hdus[1].header[f"{key}{i + 1}"] = value
        text = fits.Card(f"{key}{i + 1}", value).image.encode()
        return _with_card(_closed(hdus), f"{key}{i + 1}", text), f"{key}{i + 1} = {value!r}"
    elif kind == "dropped":
        del listed[i]
    elif kind == "twice":
        listed[i] = fits.Column(_pick(rng, listed).name, one.format, array=values, dim=one.dim)
    else:
        listed.insert(int(rng.integers(len(listed))), listed.pop(i))
    hdus = [hdus[0], _rebuilt(table, listed), *hdus[2:]]
    return _closed(hdus), what


def _with_card(data: bytes, key: str, text: bytes) -> bytes:
    """The card over the one of that keyword, or over the last COMMENT or blank of the table."""
    for place in _cards(data):
        if data[place : place + 8].strip() == key.encode():
            return data[:place] + text + data[place + _CARD :]
    return data


def numbers(data: bytes, rng) -> tuple[bytes, str]:
    """Other values in a column, in the whole of it, in one row, or in one cell."""
    hdus = _opened(data)
    table = hdus[1].data
    name = _pick(rng, ("TIME", "TIME", "FLUX", "FLUX", *hdus[1].columns.names))
    values, value = table[name], _pick(rng, _NUMBERS)
    if values.dtype.kind not in "iuf":
        raise TypeError
    if values.dtype.kind != "f":
        value = int(np.clip(np.nan_to_num(value), -(2**31), 2**31 - 1))
    where = _pick(rng, ("all", "one", "some", "half"))
    rows = {
        "all": slice(None),
        "one": int(rng.integers(len(values))),
        "some": rng.random(len(values)) < 0.2,
        "half": slice(len(values) // 2, None),
    }[where]
    if values.ndim > 1 and rng.random() < 0.3:
        cell = tuple(int(rng.integers(n)) for n in values.shape[1:])
        values[(rows, *cell)] = value
    else:
        values[rows] = value
    return _closed(hdus), f"{name} = {value} in {where}"


def rows(data: bytes, rng) -> tuple[bytes, str]:
    hdus = _opened(data)
    table = hdus[1]
    n = len(table.data)
    kind = _pick(rng, ("cut", "one", "none", "turned", "twice", "shuffled"))
    order = {
        "cut": np.arange(int(rng.integers(1, n + 1))),
        "one": np.zeros(1, int),
        "none": np.zeros(0, int),
        "turned": np.arange(n)[::-1],
        "twice": np.repeat(np.arange(n), 2),
        "shuffled": rng.permutation(n),
    }[kind]
    hdus[1] = fits.BinTableHDU(table.data[order], header=table.header, name=table.name)
    return _closed(hdus), f"rows {kind}"


def apertures(data: bytes, rng) -> tuple[bytes, str]:
    hdus = _opened(data)
    old = hdus["APERTURE"]
    kind = _pick(rng, ("value", "pixel", "type", "shape", "gone", "moved", "cube"))
    pixels = np.array(old.data)
    value = _pick(rng, _NUMBERS)
    what = f"APERTURE {kind} {value}"
    if kind in ("value", "pixel"):
        pixels = pixels.astype("f8") if rng.random() < 0.5 else pixels
        value = value if pixels.dtype.kind == "f" else int(np.clip(np.nan_to_num(value), -9, 9))
        pixels[... if kind == "value" else _pick(rng, range(len(pixels)))] = value
    elif kind == "type":
        pixels = pixels.astype(_pick(rng, ("u1", "i2", "i8", "f4", "f8")))
    elif kind == "shape":
        pixels = pixels[: int(rng.integers(0, 4))]
    elif kind == "cube":
        pixels = np.stack([pixels] * 2)
    image = fits.ImageHDU(pixels, header=old.header, name="APERTURE")
    others = [hdu for hdu in hdus if hdu is not old]
    places = {"gone": others, "moved": [others[0], image, *others[1:]]}
    return _closed(places.get(kind, [*others[:2], image, *others[2:]])), what


# -- bytes ---------------------------------------------------------------------------------------


def raw_bytes(data: bytes, rng) -> tuple[bytes, str]:
    at, count = int(rng.integers(len(data))), int(rng.integers(1, 5000))
    kind = _pick(rng, ("flip", "cut", "inserted", "removed", "zeroed", "noise", "appended"))
    what = f"bytes {kind} at {at}, {count}"
    if kind == "flip":
        out = bytearray(data)
        for place in rng.integers(len(data), size=min(count, 50)):
            out[place] ^= 1 << int(rng.integers(8))
        return bytes(out), what
    noise = rng.bytes(count)
    return {
        "cut": data[:at],
        "inserted": data[:at] + noise + data[at:],
        "removed": data[:at] + data[at + count :],
        "zeroed": data[:at] + bytes(count) + data[at + count :],
        "noise": data[:at] + noise + data[at + count :],
        "appended": data + noise,
    }[kind], what


def _packed(data: bytes, rng) -> tuple[bytes, str]:
    kind = _pick(rng, ("whole", "whole", "cut", "flip", "twice", "zeros", "bomb", "long"))
    if kind == "zeros":
        data = bytes(2**25)
    elif kind == "bomb":
        data = data[: 2 * _BLOCK] + bytes(2**25)
    elif kind == "long":
        data = data + bytes(2**25)
    packed = bytearray(gzip.compress(data, compresslevel=1))
    at = int(rng.integers(len(packed)))
    if kind == "cut":
        packed = packed[:at]
    elif kind == "flip":
        packed[at] ^= 1 << int(rng.integers(8))
    elif kind == "twice":
        packed = gzip.compress(bytes(packed))
    return bytes(packed), f"gzipped: {kind}"


_WAYS = (cards, columns, numbers, rows, apertures, raw_bytes)
_CHANCES = (0.35, 0.15, 0.25, 0.05, 0.08, 0.12)
