"""Some damaged target pixel files in every run; any number by `python -m tests.fuzzing`."""

import pytest

from tests.fuzzing.case import run_case

#: Cases of one test, and how many tests: some 20 s in all.
_TOGETHER, _TESTS = 20, 8


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, _TOGETHER * _TESTS, _TOGETHER))
def test_damaged_files_give_an_error_or_a_picture(first):
    failed = []
    for number in range(first, first + _TOGETHER):
        outcome = run_case(0, number)
        if outcome.failure:
            again = f"python -m tests.fuzzing --seed 0 --only {number}"
            failed.append(f"{again}: {outcome.mutation}\n{outcome.failure}")
    assert not failed, "\n".join(failed)


def test_sound_files_are_refused_nowhere(monkeypatch):
    monkeypatch.setattr("tests.fuzzing.case.mutate", lambda data, rng: (data, "nothing"))
    for number in range(12):
        outcome = run_case(1, number, figures=number < 3)
        assert not outcome.failure, outcome.failure
        assert {stage for stage, _ in outcome.refused} <= {"window", "mask"}, outcome


def test_a_failure_says_how_to_see_it_again(monkeypatch):
    def fail(data):
        raise KeyError("found")

    monkeypatch.setattr("tests.fuzzing.case.open_tpf", fail)
    outcome = run_case(1, 5)
    assert "KeyError: 'found'" in outcome.failure
    assert outcome.mutation == run_case(1, 5).mutation
