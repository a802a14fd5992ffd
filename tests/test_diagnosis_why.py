"""Why a verdict is what it is, in a few words."""

from dataclasses import dataclass

import pytest
from eventparts import NEIGHBOURS, QUIET, TRANSIT, two_stars

from tpfdash.diagnosis.diagnose import diagnose
from tpfdash.diagnosis.findings import Finding
from tpfdash.diagnosis.why import why


@dataclass
class Said:
    """What `why` reads of a diagnosis."""

    verdict: str
    findings: tuple = ()
    reason: str = ""


@pytest.fixture(scope="module")
def tpf():
    return two_stars()


def test_of_stars_it_says_how_far_off_and_how_like_a_star(tpf):
    answer = diagnose(tpf, TRANSIT)
    assert why(answer).startswith(f"offset {answer.offset_sigma:.1f} σ, PRF ")
    answer = diagnose(tpf, NEIGHBOURS)
    assert answer.verdict == "neighbour" and why(answer).startswith("offset 3.")
    assert f" px ({answer.offset_sigma:.1f} σ), PRF " in why(answer)


def test_of_nothing_it_says_so(tpf):
    assert why(diagnose(tpf, QUIET)) == "nothing stands out"


def test_of_an_artefact_it_says_what_was_seen_and_which_flags_say_so_too():
    seen = Finding("uniformity", "pixels", "", significance=30.3, supports=("background",))
    twice = Finding(
        "artefact: scattered light", "pixels", "", significance=30.3, supports=("background",)
    )
    weaker = Finding("width", "pixels", "", significance=9.0, supports=("background",))
    flags = [
        Finding(f"QUALITY {bit}", "flags", "", supports=(cause,))
        for bit, cause in ((64, "background"), (128, "cosmic_ray"), (4096, "background"))
    ]
    some = Said("background", (twice, weaker, seen, *flags))
    assert why(some) == "uniform 30 σ, flags 64 4096"
    assert why(Said("background", (twice, flags[0]))) == "scattered light 30 σ, flag 64"
    assert why(Said("background")) == ""


def test_of_what_cannot_be_told_it_says_what_stood_out_most():
    most = "what stands out most is no more than chance makes of so many footprints"
    reason = f"{most}: motion at 5.1 sigma"
    assert why(Said("inconclusive", reason=reason)) == "motion at 5.1 σ: chance"
    assert why(Said("inconclusive", reason="only one pixel has data")) == "only one pixel has data"
