"""What users call targets."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from tpfdash import TPFError
from tpfdash.archive.names import parse_target


@pytest.mark.parametrize(
    "text, mission, number, archived",
    [
        ("KIC 3248033", "Kepler", 3248033, "kplr003248033"),
        ("kic3248033", "Kepler", 3248033, "kplr003248033"),
        ("KIC-3248033", "Kepler", 3248033, "kplr003248033"),
        ("kplr003248033", "Kepler", 3248033, "kplr003248033"),
        (" KIC  003248033 ", "Kepler", 3248033, "kplr003248033"),
        ("EPIC 247589423", "K2", 247589423, "ktwo247589423"),
        ("ktwo247589423", "K2", 247589423, "ktwo247589423"),
        ("TIC 273589987", "TESS", 273589987, "273589987"),
        ("tess 273589987", "TESS", 273589987, "273589987"),
        ("TIC 0000000273589987", "TESS", 273589987, "273589987"),
    ],
)
def test_numbers_in_their_usual_spellings(text, mission, number, archived):
    target = parse_target(text)
    assert target.numbers == ((mission, number),)
    assert target.archived == (archived,)
    assert target.place is None


@pytest.mark.parametrize(
    "missions, archived",
    [
        (["Kepler"], ("kplr003248033",)),
        (["TESS"], ("3248033",)),
        (["Kepler", "K2", "TESS"], ("kplr003248033", "3248033")),
    ],
)
@pytest.mark.parametrize("number", [3248033, "3248033", np.int64(3248033)])
def test_a_bare_number_is_one_of_each_catalogue_that_is_searched(number, missions, archived):
    assert parse_target(number, missions=missions).archived == archived


def test_a_number_of_epic_may_be_one_of_the_tic():
    assert parse_target(247589423).archived == ("ktwo247589423", "247589423")
    assert parse_target(25155310).archived == ("25155310",)


@pytest.mark.parametrize(
    "place, ra, dec",
    [
        ("65.489 28.443", 65.489, 28.443),
        ("65.489,+28.443", 65.489, 28.443),
        ("65.489, -28.443", 65.489, -28.443),
        ("04:21:57.4 +28:26:35.6", 65.48917, 28.44322),
        ("4h21m57.4s +28d26m35.6s", 65.48917, 28.44322),
        ("04 21 57.4 -00 26 35.6", 65.48917, -0.44322),
        ("04h21m57.4s, 28d26m35.6s", 65.48917, 28.44322),
        (SkyCoord(65.489, 28.443, unit="deg"), 65.489, 28.443),
        ((65.489, 28.443), 65.489, 28.443),
    ],
)
def test_places(place, ra, dec):
    target = parse_target(place)
    assert target.place == pytest.approx((ra, dec), abs=1e-4)
    assert target.numbers == ()


def test_a_place_in_another_frame():
    """The galactic centre: 17h45m37.2s -28d56m10s (Reid & Brunthaler 2004's frame, IAU 1958)."""
    target = parse_target(SkyCoord(0 * u.deg, 0 * u.deg, frame="galactic"))
    assert target.place == pytest.approx((266.40499, -28.93617), abs=1e-4)


@pytest.mark.parametrize(
    "name",
    [
        "HL Tau",
        "51 Peg b",
        "16 Cyg A",
        "2MASS J04215740+2826355",
        "K00157.01",
        "Kepler-10",
        "30 Dor",
    ],
)
def test_anything_else_is_a_name(name):
    target = parse_target(f"  {name} ")
    assert (target.text, target.numbers, target.place) == (name, (), None)


@pytest.mark.parametrize(
    "wrong, said",
    [
        ("", "no target"),
        ("a\0b", "no target"),
        (True, "no target"),
        (None, "NoneType"),
        (-5, "no number"),
        (0, "no number"),
        (2.5, "float"),
        ("KIC 99999999", "from 1 to 13161029"),
        ("EPIC 5", "numbers of EPIC"),
        ("400.0 20.0", "no place"),
        ("10.0 -91", "no place"),
        ("04:61:57.4 +28:26:35.6", "no place"),
        ((np.nan, 3.0), "no place"),
        (SkyCoord([1, 2], [3, 4], unit="deg"), "2 places"),
    ],
)
def test_what_is_no_target_is_said(wrong, said):
    with pytest.raises(TPFError, match=said):
        parse_target(wrong)
