"""Numbers with errors, spelled as they should be."""

import pytest

from tpfdash.diagnosis.numbers import signed_with_error, with_error


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        (9018.4, 62.0, "9,020 ± 60"),
        (313.49, 2.13, "313.5 ± 2.1"),
        (-0.849, 0.104, "−0.85 ± 0.10"),
        (3.38, 0.41, "3.4 ± 0.4"),
        (1234567.0, 15400.0, "1,235,000 ± 15,000"),
        (1.0, 0.354, "1.00 ± 0.35"),
        (1.0, 0.356, "1.0 ± 0.4"),
        (1.0, 0.0996, "1.00 ± 0.10"),
        (12.0, 97.0, "10 ± 100"),
        (-0.001, 0.3, "0.00 ± 0.30"),
        (0.0, 5.0, "0 ± 5"),
        (123.456, float("nan"), "123.5"),
        (0.00123456, 0.0, "0.001235"),
        (0.0, float("nan"), "0.000"),
        (float("nan"), float("nan"), "nan"),
    ],
)
def test_the_error_says_how_many_digits(value, error, said):
    assert with_error(value, error) == said


def test_signs():
    assert signed_with_error(0.849, 0.104) == "+0.85 ± 0.10"
    assert signed_with_error(-0.849, 0.104) == "−0.85 ± 0.10"
    assert signed_with_error(0.001, 0.3) == "0.00 ± 0.30"
