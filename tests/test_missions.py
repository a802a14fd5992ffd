"""The tables of the missions, against lightkurve's and against the sums of their bits."""

import numpy as np
import pytest

from tpfdash.errors import TPFError
from tpfdash.missions import MISSIONS, get_mission, time_format


def test_error_is_a_value_error():
    assert issubclass(TPFError, ValueError)


def test_missions_by_name_in_any_case():
    assert list(MISSIONS) == ["Kepler", "K2", "TESS"]
    assert get_mission("tess") is MISSIONS["TESS"]
    assert get_mission(" KEPLER ") is MISSIONS["Kepler"]
    with pytest.raises(TPFError, match="Kepler, K2, TESS"):
        get_mission("CoRoT")


@pytest.mark.parametrize("name", MISSIONS)
def test_every_flag_is_one_bit_and_is_named(name):
    mission = MISSIONS[name]
    for bits in (mission.quality_flags, mission.aperture_bits):
        assert all(bit.bit_count() == 1 for bit in bits)
        assert len(set(bits.values())) == len(bits)
    for bit, flag in mission.quality_flags.items():
        assert mission.flag_names(bit) == [flag]
    assert mission.flag_names(sum(mission.quality_flags)) == list(mission.quality_flags.values())


@pytest.mark.parametrize(
    ("name", "flags"),
    [("Kepler", "KeplerQualityFlags"), ("K2", "KeplerQualityFlags"), ("TESS", "TessQualityFlags")],
)
def test_bits_and_bitmasks_agree_with_lightkurve(name, flags):
    theirs = getattr(pytest.importorskip("lightkurve.utils"), flags)
    mission = MISSIONS[name]
    assert set(mission.quality_flags) == set(theirs.STRINGS)
    for choice in ("none", "default", "hard", "hardest"):
        assert mission.bitmask(choice) == (theirs.OPTIONS[choice] or 0)


def test_the_same_bit_means_different_things():
    assert get_mission("Kepler").flag_names(16) == ["reaction wheel zero crossing"]
    assert get_mission("TESS").flag_names(16) == ["argabrightening"]
    assert get_mission("Kepler").aperture_names(7)[2] == "flux-weighted centroid"
    assert get_mission("TESS").aperture_names(5) == ["collected", "background"]


def test_unknown_bits_are_named_by_number():
    assert get_mission("Kepler").flag_names(2097152 + 512 + 1) == [
        "attitude tweak",
        "bit 512",
        "bit 2097152",
    ]
    assert get_mission("TESS").flag_names(0) == []
    assert get_mission("TESS").flag_names(np.int32(-(2**31))) == ["bit 2147483648"]


@pytest.mark.parametrize("choice", ["soft", "", -1, 1.5, True, [1]])
def test_bad_bitmask(choice):
    with pytest.raises(TPFError, match="hardest"):
        get_mission("TESS").bitmask(choice)


def test_bitmask_as_number():
    assert get_mission("K2").bitmask(np.int64(1048576)) == 1048576
    assert get_mission("K2").bitmask(0) == get_mission("K2").bitmask(None) == 0


def test_cadence_type():
    assert get_mission("Kepler").cadence_type(0.02043359821692 * 86400) == "long (29.4 min)"
    assert get_mission("K2").cadence_type(0.000681119940564 * 86400) == "short (58.8 s)"
    tess = [get_mission("TESS").cadence_type(s) for s in (20.0, 120.0, 158.4, 200.0, 1800.0)]
    assert tess == ["20 s", "2 min", "158.4 s", "FFI (200 s)", "FFI (30 min)"]
    assert get_mission("TESS").cadence_type(float("nan")) == "unknown"


def test_time_format():
    assert time_format(2454833) == "BKJD"
    assert time_format(2457000.0) == "BTJD"
    assert time_format(2450000) == "BJD - 2450000"


def test_facts_cannot_be_changed():
    mission = get_mission("TESS")
    with pytest.raises(TypeError):
        mission.quality_flags[1] = "nothing"
    with pytest.raises(AttributeError):
        mission.name = "Kepler"
