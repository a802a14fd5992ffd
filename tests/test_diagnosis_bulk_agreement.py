"""Agreement of words and verdicts, against numbers worked out elsewhere."""

import numpy as np
import pytest

from tpfdash.diagnosis.bulk.agreement import GROUPS, agreement, binned, group_of
from tpfdash.diagnosis.summary import VERDICT_NAMES


def of_counts(counts):
    words = [GROUPS[i] for i, row in enumerate(counts) for n in row for _ in range(n)]
    groups = [j for row in counts for j, n in enumerate(row) for _ in range(n)]
    return agreement(words, groups)


def test_what_each_verdict_is():
    groups = {GROUPS[group_of(name)] if group_of(name) >= 0 else "": name for name in VERDICT_NAMES}
    assert groups["real"] == "on_target" and groups[""] == "inconclusive"
    assert [group_of(name) for name in ("neighbour", "moving_object")] == [1, 1]
    assert {group_of(name) for name in list(VERDICT_NAMES)[3:-1]} == {2}


def test_counts_and_what_is_apart():
    words = ["real", "real", "elsewhere", "artefact", "artefact", "unsure", "", "real"]
    said = agreement(words, [0, 2, 1, 2, -1, 0, 0, -1])
    np.testing.assert_array_equal(said.counts, [[1, 0, 1], [0, 1, 0], [0, 0, 1]])
    np.testing.assert_array_equal(said.undecided, [1, 0, 1])
    assert said.unsure == 1 and said.number == 4 and said.share == 0.75


def test_kappa_of_a_textbook():
    """Two raters, 50 cases, 20 and 15 alike, 5 and 10 not: kappa is 0.4, chance 0.5."""
    said = of_counts([[20, 5, 0], [10, 15, 0], [0, 0, 0]])
    assert said.share == pytest.approx(0.7) and said.kappa == pytest.approx(0.4)
    assert said.kappa_err == pytest.approx(np.sqrt(0.7 * 0.3 / 50) / 0.5)


def test_kappa_of_cohens_own_example():
    """Cohen (1960), table 1: proportions of 200 cases, kappa 0.492."""
    said = of_counts([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    assert said.share == pytest.approx(0.70)
    assert said.kappa == pytest.approx(0.492, abs=5e-4)


@pytest.mark.parametrize(
    ("agreed", "number", "low", "high"),
    # (p + z2/2n -+ z sqrt(p (1 - p)/n + z2/4n2)) / (1 + z2/n), z = 1
    [(10, 10, 10 / 11, 1.0), (0, 4, 0.0, 0.2), (5, 10, 0.349244, 0.650756)],
)
def test_the_interval_of_few_events_is_wilsons(agreed, number, low, high):
    said = of_counts([[agreed, number - agreed, 0], [0, 0, 0], [0, 0, 0]])
    assert said.interval == pytest.approx((low, high), abs=1e-3)


def test_kappa_of_no_disagreement_has_no_error():
    said = of_counts([[3, 0, 0], [0, 2, 0], [0, 0, 1]])
    assert said.kappa == pytest.approx(1.0) and np.isnan(said.kappa_err)


def test_of_nothing_nothing_is_known():
    said = of_counts([[0, 0, 0]] * 3)
    assert said.number == 0
    assert np.isnan([said.share, *said.interval, said.kappa, said.kappa_err]).all()
    assert np.isnan(of_counts([[4, 0, 0], [0, 0, 0], [0, 0, 0]]).kappa)  # one class alone


def test_every_known_snr_is_in_one_bin():
    snr = np.array([0.0, 9.99, 10.0, 49.0, 50.0, 1e9, np.nan])
    names, inside = zip(*binned(snr), strict=True)
    np.testing.assert_array_equal(np.sum(inside, axis=0), [1, 1, 1, 1, 1, 1, 0])
    assert names == ("below 10", "10 to 50", "50 and above")
