"""Units as files, astropy and readers spell them."""

import astropy.units as u
import pytest

from tpfdash.stamp.units import FLUX_UNITS, convert, spelled


@pytest.mark.parametrize(
    ("text", "factor", "unit"),
    [
        *((text, 1.0, "e-/s") for text in ("e-/s", "electron / s", "electrons/sec", "E-/S", "e/s")),
        *((text, 1.0, "e-") for text in ("e-", "electron", "electrons", "e⁻")),
        *((text, 1.0, "count/s") for text in ("count/s", "ct / s", "counts s-1", "cts/s")),
        *((text, 1.0, "adu") for text in ("adu", "ADU")),
        *((text, 1.0, "DN/s") for text in ("DN/s", "dn/s", " DN / s ")),
        ("e-/min", 1 / 60, "e-/s"),
        ("electron / h", 1 / 3600, "e-/s"),
    ],
)
def test_units_of_pixels(text, factor, unit):
    assert convert(text, FLUX_UNITS) == (pytest.approx(factor), unit)


@pytest.mark.parametrize("text", ["", "1", "Jy", "furlong", "d", "e-/s/s", "mag", "??", "e-2"])
def test_what_is_no_unit_of_pixels(text):
    with pytest.raises(ValueError, match="none of e-/s"):
        convert(text, FLUX_UNITS)


def test_times():
    for text, days in {"d": 1, "days": 1, "s": 1 / 86400, "min": 1 / 1440, "hours": 1 / 24}.items():
        assert convert(text, ("d",)) == (pytest.approx(days), "d")


@pytest.mark.parametrize("unit", FLUX_UNITS)
def test_every_unit_has_all_its_spellings(unit):
    assert spelled(spelled(unit, "astropy"), "fits") == unit
    assert str(u.Unit(spelled(unit, "astropy"))) == spelled(unit, "astropy")
    assert spelled(spelled(unit, "words"), "fits") == unit
    for how in ("fits", "astropy", "words"):
        assert spelled("mag", how) == "mag" and spelled("", how) == ""
        assert spelled("e-/min", how) == "e-/min"
