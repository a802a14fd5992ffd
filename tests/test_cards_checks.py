"""The checks behind a verdict as lines: each finding has one, with its sign, number and picture."""

from dataclasses import replace

import numpy as np
import pytest
from eventparts import NEIGHBOURS, QUIET, answered, two_stars

from tpfdash.cards.checks import SIGNS, Checks, rows_of
from tpfdash.diagnosis.findings import ARTEFACTS, Finding


@pytest.fixture(scope="module")
def tpf():
    return two_stars()


@pytest.fixture
def inspector(tpf):
    return answered(tpf)


@pytest.fixture
def checks(inspector):
    return Checks(inspector)


def row(found, **values):
    """The line of a finding among those of a diagnosis."""
    finding = Finding(**({"name": "width", "source": "pixels", "sentence": "so"} | values))
    answer = replace(found)
    vars(answer)["findings"] = (finding,)
    (line,) = rows_of(answer)
    return line


def test_each_finding_has_a_line(inspector, checks):
    names = sorted(finding.name for finding in inspector.answer.findings)
    assert sorted(line["name"] for line in checks.rows) == names
    groups = {line["group"] for line in checks.rows}
    assert groups <= set(checks.titles) and {"pixels", "artefacts", "flags"} <= groups
    artefacts = [line for line in checks.rows if line["group"] == "artefacts"]
    assert [line["label"] for line in artefacts] == list(ARTEFACTS)
    for line in checks.rows:
        assert line["sentence"][0] == line["sentence"][0].upper() and line["sentence"][-1] == "."


def test_flags_stand_apart_from_pixels(inspector):
    of = {finding.name: finding.source for finding in inspector.answer.findings}
    for line in rows_of(inspector.answer):
        assert (of[line["name"]] == "flags") == (line["group"] == "flags")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"supports": ("on_target", "neighbour")}, "for"),
        ({"opposes": ("on_target",)}, "against"),
        ({"supports": ("background",)}, "caution"),
        ({"sentence": "rows: not seen in this stamp", "significance": 2.0}, "unseen"),
        ({"opposes": ("background",), "significance": 16.0}, "neither"),
        ({"value": 3.0}, "neither"),
        ({"sentence": "the file has no QUALITY"}, "missing"),
    ],
)
def test_what_a_finding_is_to_the_verdict(inspector, values, kind):
    line = row(inspector.answer, **values)
    assert (line["kind"], line["sign"], line["means"]) == (kind, *SIGNS[kind])


def test_signs_differ_by_more_than_colour():
    assert len({sign for sign, _ in SIGNS.values()}) == len(SIGNS)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            {"name": "offset", "value": 0.06, "error": 0.05, "significance": 1.4, "unit": "pixel"},
            "0.06 ± 0.05 px (1.4 σ)",
        ),
        ({"name": "offset", "value": 4.566, "unit": "pixel"}, "some 4.6 px"),
        (  # too long for the line: it is in the sentence
            {"value": -100.0, "error": 400.0, "significance": -0.25, "unit": "ppm"},
            "−0.2 σ",
        ),
        ({"name": "the same elsewhere", "value": 0.034, "error": 0.01}, "3%"),
        ({"name": "likeness to the PRF", "value": 0.987, "significance": 33.61}, "r 0.99 (33.6 σ)"),
        ({"significance": -2.05}, "−2.0 σ"),
        (
            {"significance": 16.3, "sentence": "16.3 sigma, but something else explains it better"},
            "16.3 σ, less likely",
        ),
        ({"sentence": "not seen in this stamp", "significance": 4.0}, ""),
        ({"source": "flags", "value": 3}, ""),
    ],
)
def test_numbers_are_short(inspector, values, said):
    assert row(inspector.answer, **values)["value"] == said


def test_those_that_speak_come_first(inspector):
    order = list(SIGNS)
    kinds = [
        order.index(line["kind"]) for line in rows_of(inspector.answer) if line["group"] == "pixels"
    ]
    assert kinds == sorted(kinds) and kinds[0] < order.index("neither")


def test_they_follow_the_answer(inspector, checks, tpf):
    before = checks.rows
    inspector.window = NEIGHBOURS
    inspector.answer = inspector.diagnosis
    assert checks.rows == rows_of(inspector.answer) != before
    inspector.answer = None
    assert checks.rows == []


def test_a_check_that_is_pressed_shows_its_picture(inspector, checks):
    for name, picture in {
        "offset": "difference",
        "likeness to the PRF": "expected",
        "columns that move together": "expected",
        "artefact: smear": "expected",
        "motion": "pixels",  # a mover has no one image
        "what is left over": "pixels",
    }.items():
        checks.open = name
        assert (inspector.check, inspector.picture) == (name, picture), name
    checks.open = ""
    assert (inspector.check, inspector.picture) == ("", "pixels")
    inspector.check = "offset"
    assert checks.open == "offset"


def test_the_picture_of_a_cause_is_its_footprint(inspector):
    found = inspector.answer
    column = found.footprint("artefact: smear")
    changed = np.nonzero(np.nan_to_num(column))
    assert len(set(changed[1])) == 1 and len(changed[0]) == column.shape[0]
    star = found.footprint("offset")
    # An image of what is missing: about as strong as the change, and where that is.
    assert np.nansum(star) == pytest.approx(np.nansum(found.difference.image), rel=0.1)
    peak = np.unravel_index(np.nanargmax(star), star.shape)
    assert peak == (3, 4) and found.footprint("artefact: video crosstalk") is None


def test_where_nothing_is_measured_it_has_no_footprint(inspector):
    inspector.window = 1, 2
    assert inspector.diagnosis.footprint("offset") is None
    inspector.window = QUIET
    assert inspector.diagnosis.footprint("offset") is not None
