"""Headers and tables that contradict themselves, or announce what nobody has."""

import tracemalloc
import warnings

import numpy as np
import pytest
from astropy.io import fits

from tests.fitsfiles import make_hdus, to_bytes
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.io.fits.hdus import find_hdus, image
from tpfdash.io.fits.stores import MemoryStore
from tpfdash.io.fits.table import Column, parse_columns, whole


def damaged(**cards):
    """A file with other cards in the header of its pixel table."""
    data = to_bytes(make_hdus())
    start = data.index(b"XTENSION")
    table = data[start:]
    for key, value in cards.items():
        at = table.index(f"{key:<8}=".encode())
        old = table[at : at + 80]
        table = table.replace(old, f"{key:<8}= {value:>20}".ljust(80).encode(), 1)
    return data[:start] + table


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        ({"TFORM5": "'999999999999E'"}, "columns should fill"),
        ({"TFORM5": "'99999999999999999999999999E'"}, "should be the format"),
        ({"TFORM5": "'99999999999999999999X'"}, "should be the format"),
        ({"TFORM5": "'999999999999A'"}, "columns should fill"),
        ({"TFORM1": "'2D'"}, "columns should fill"),
        ({"TFORM1": "'E'"}, "columns should fill"),
        ({"TFIELDS": 10**9}, "at most 999 columns"),
        ({"TFIELDS": -1}, "TFIELDS should be"),
        ({"NAXIS": 0}, "NAXIS 2"),
        ({"NAXIS": 1000}, "NAXIS should be"),
        ({"NAXIS": 10**12}, "NAXIS should be"),
        ({"NAXIS1": 2**40}, "is truncated"),
        ({"NAXIS1": 0}, "columns should fill"),
        ({"NAXIS2": 10**15}, "is truncated"),
        ({"NAXIS2": 10**19}, "NAXIS2 should be"),
        ({"NAXIS1": 2**62, "NAXIS2": 2**62}, "announces"),
        ({"PCOUNT": -5}, "PCOUNT should be"),
        ({"PCOUNT": 2**62}, "is truncated"),
        ({"GCOUNT": 0}, "GCOUNT 1"),
        ({"GCOUNT": 10**9}, "GCOUNT 1"),
        ({"BITPIX": 7}, "BITPIX should be"),
        ({"BITPIX": -64}, "is truncated"),
    ],
    ids=str,
)
def test_headers_that_announce_what_is_not_there(cards, words):
    data = damaged(**cards)
    tracemalloc.start()
    try:
        with pytest.raises(TPFError, match=words):
            open_tpf(data)
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("dim", ["'(-3,-4)'", "'(2,2)'", "'(0,0)'", "'(9999999999999999999999)'"])
def test_dimensions_that_do_not_fit_are_none(dim):
    number = 1 + [c.name for c in make_hdus()[1].columns].index("FLUX_ERR")
    tpf = open_tpf(damaged(**{f"TDIM{number}": dim}))
    assert tpf["flux_err"].shape == (7, 3, 4)


def test_pointers_are_no_numbers():
    column = fits.Column("POINTED", "K", array=np.ones(7))
    hdus = make_hdus(drop=("QUALITY",), columns={"POINTED": column})
    data = to_bytes(hdus).replace(b"'POINTED '", b"'QUALITY '")
    assert open_tpf(data)["quality"][0] == 1
    number = 1 + hdus[1].columns.names.index("POINTED")
    form = f"TFORM{number:<3}= 'K".encode()
    assert form in data
    with pytest.raises(TPFError, match="QUALITY that is not made of numbers"):
        open_tpf(data.replace(form, form.replace(b"'K", b"'P")))


def test_every_type_has_the_length_that_the_standard_gives_it():
    lengths = dict(L=1, X=1, B=1, I=2, J=4, K=8, A=1, E=4, D=8, C=8, M=16, P=8, Q=16)
    for code, length in lengths.items():
        cards = {"XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": 3 * length}
        cards |= {"NAXIS2": 1, "TFIELDS": 1, "TFORM1": f"{24 if code == 'X' else 3}{code}"}
        (column,) = parse_columns(_hdu(fits.Header(cards))).values()
        assert column.width == 3 * length


def _hdu(header):
    primary = fits.PrimaryHDU().header.tostring().encode()
    data = header.tostring().encode()
    size = abs(header["BITPIX"]) // 8 * header["NAXIS1"] * header["NAXIS2"]
    store = MemoryStore(primary + data + bytes(size), "star")
    return list(find_hdus(store))[1]


@pytest.mark.parametrize("bitpix", [8, 16, 32, 64, -32, -64])
def test_images_are_as_astropy_reads_them(bitpix):
    kind = {8: "u1", 16: "i2", 32: "i4", 64: "i8", -32: "f4", -64: "f8"}[bitpix]
    pixels = np.random.default_rng(1).integers(0, 100, (3, 5)).astype(kind)
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(pixels)])
    store = MemoryStore(to_bytes(hdus), "star")
    *_, hdu = find_hdus(store)
    np.testing.assert_array_equal(image(store, hdu), pixels)


@pytest.mark.parametrize(
    ("axes", "words"), [((2**12, 2**12), "larger than any"), ((0, 2**40), "larger than any")]
)
def test_images_larger_than_any_detector(axes, words):
    hdu = _hdu(
        fits.Header(
            {"XTENSION": "IMAGE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": axes[0], "NAXIS2": axes[1]}
        )
    )
    with pytest.raises(TPFError, match=words):
        image(MemoryStore(b"", "star"), hdu)


def test_bytes_that_are_no_letters_in_a_header():
    data = to_bytes(make_hdus()).replace(b"A star", b"\xc4 \x00\x07\xffr")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_tpf(data)["flux"].shape == (7, 3, 4)


def test_cards_that_are_none_are_left_out_and_conventions_kept():
    cards = [
        b"SIMPLE  =                    T",
        b"BITPIX  =                    8",
        b"NAXIS   =                    0",
        b"HIERARCH ESO TEL = 5",
        b"COMMENT anything: = at all",
        b"LONG    = 'abc&'",
        b"CONTINUE  'def'",
        b"nonsense, that is none",
        b" OTHER  nonsense",
        b"NO VALUE HERE",
        b"\xff\xfe\x00\x01= 5",
        b"BIG     = 1E999",
        b"TEXT    = '\xc4\x00b\x07'",
        b"END",
    ]
    text = b"".join(card.ljust(80) for card in cards).ljust(2880)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (hdu,) = find_hdus(MemoryStore(text, "star"))
        assert hdu.get("ESO TEL") == 5 and hdu.get("LONG") == "abcdef"
        assert hdu.get("BIG", "none") == "none" and hdu.get("TEXT") == "??b?"
        kept = [key for key in hdu.header if key]
    assert kept == ["SIMPLE", "BITPIX", "NAXIS", "ESO TEL", "COMMENT", "LONG", "BIG", "TEXT"]


def test_signalling_nans_are_usual_ones():
    signalling = np.array([0x7F800001, 0xFF800001, 0x3F800000, 0x80000000], ">u4").view(">f4")
    column = Column("X", 1, np.dtype(">f4"), 0)
    decoded = column.decode(signalling, np.dtype("f4"))
    np.testing.assert_array_equal(decoded, [np.nan, np.nan, 1, 0])
    assert np.signbit(decoded[3])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decoded.astype("f8")


def test_whole_numbers():
    for dtype in ("i4", "i8", "u1"):
        limits = np.iinfo(dtype)
        good = [0, 1, limits.max // 2, limits.min]
        bad = [np.nan, np.inf, -np.inf, 1e300, -1e300, 2.0**64]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = whole(np.array(good + bad), np.dtype(dtype), 7)
        np.testing.assert_array_equal(found[4:], 7)
        np.testing.assert_array_equal(found[:4], np.array(good, "f8").astype(dtype))
    assert whole(np.float32([2**31]), np.dtype("i4"), -1)[0] == -1
    assert whole(np.int64([2**31, -(2**31)]), np.dtype("i4"), -1).tolist() == [-1, -(2**31)]
    assert whole(np.uint8([200]), np.dtype("i4"), -1)[0] == 200
