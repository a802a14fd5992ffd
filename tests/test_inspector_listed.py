"""Apertures in a row: what can be one, and the names that are free."""

import numpy as np
import pytest

from tpfdash.errors import TPFError
from tpfdash.inspector.listed import MOST, Listed, place_of, unused_name, with_masks

SHAPE = (2, 3)


def mask(*pixels):
    made = np.zeros(SHAPE, dtype=bool)
    for pixel in pixels:
        made[pixel] = True
    return made


def test_masks_are_copied_in_and_read_only_out():
    source = mask((0, 0))
    one, two = with_masks([(" A ", None, False), ("B", source, np.True_)], SHAPE, "row")
    source[:] = True
    assert one == Listed("A", None) and two == Listed("B", mask((0, 0)), True)
    with pytest.raises(ValueError):
        two.mask[0, 1] = True
    assert with_masks([one, two], SHAPE, "row")[1].mask is two.mask  # nobody can change it


def test_apertures_are_equal_by_name_mask_and_sight():
    same = [Listed("A", mask((0, 1))), Listed("A", mask((0, 1)))]
    assert same[0] == same[1] and hash(same[0]) == hash(same[1])
    for other in (Listed("B", mask((0, 1))), Listed("A", mask()), Listed("A", None), "A"):
        assert same[0] != other
    assert Listed("A", mask((0, 1)), True) != same[0]


def test_a_name_that_is_there_has_a_place_and_another_is_refused_with_those_there_are():
    listed = [Listed("A", None), Listed("halo", mask())]
    assert place_of(listed, "halo") == 1
    with pytest.raises(TPFError, match="'C'.*'A', 'halo'"):
        place_of(listed, "C")


def test_unused_names():
    listed = [Listed(name, mask()) for name in ("A", "C", "halo", "halo 2")]
    assert unused_name(listed) == "B"
    assert unused_name(listed, "core") == "core"
    assert unused_name(listed, "halo") == "halo 3"
    full = [Listed(chr(65 + n), mask()) for n in range(26)]
    assert unused_name(full) == "A 2"


def test_there_are_no_more_than_can_be_told_apart():
    listed = [Listed("A", None), *(Listed(str(n), mask()) for n in range(MOST - 1))]
    assert len(with_masks(listed, SHAPE, "row")) == MOST
    with pytest.raises(TPFError, match=f"{MOST} at most"):
        with_masks([*listed, Listed("one more", mask())], SHAPE, "row")
