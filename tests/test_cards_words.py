"""The quality flags of the current cadence in the target's table, by the mission's own names."""

import re

import numpy as np
import pytest

from tpfdash.cards.words import cadence_html, target_html
from tpfdash.inspector import Inspector
from tpfdash.simulate import simulate_tpf


@pytest.mark.parametrize(
    "mission, quality, said",
    [
        ("Kepler", 0, "quality 0: no flag"),
        ("Kepler", 16, "quality 16: reaction wheel zero crossing"),
        ("TESS", 16, "quality 16: argabrightening"),
        ("K2", 1048576 | 32, "quality 1048608: desaturation event, thruster firing"),
        ("K2", 1 << 21, "quality 2097152: bit 2097152"),
    ],
)
def test_flags_of_the_current_cadence(mission, quality, said):
    tpf = simulate_tpf(mission, n_cadences=12, shape=(3, 3))
    tpf["quality"].values[:] = 128
    tpf["quality"].values[5] = quality
    inspector = Inspector(tpf, quality_bitmask="none", cadence=5)
    assert row(inspector) == said
    inspector.cadence = 6
    assert row(inspector).startswith("quality 128: ")


def row(inspector):
    (found,) = re.findall("<tr><th>Current cadence</th><td>(.*?)</td></tr>", target_html(inspector))
    return found


def test_a_cadence_without_quality_is_not_said_to_be_without_flags():
    tpf = simulate_tpf("Kepler", n_cadences=30, shape=(3, 3))
    tpf["quality_known"] = "time", np.arange(30) != 4
    inspector = Inspector(tpf, cadence=4)
    facts = inspector.describe(4)
    assert facts["quality"] is None and facts["flags"] == []
    said = cadence_html(inspector)
    assert "not available" in said and "no flag" not in said
    assert "<th>Current cadence</th><td>quality: not available</td>" in target_html(inspector)
    inspector.cadence = 5
    assert "no flag" in cadence_html(inspector)
    tpf.attrs["not_in_file"] = ("quality", "aperture")
    assert "<th>Not in the file</th><td>QUALITY, APERTURE</td>" in target_html(Inspector(tpf))
