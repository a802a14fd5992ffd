"""Where an event is: errors that hold, and bias that does not show."""

import numpy as np
import pytest
from test_diagnosis_diagnose import TARGET, changed, inside, star, steady, window

from tpfdash.diagnosis.diagnose import diagnose

__all__ = ["steady"]


@pytest.mark.parametrize(("row", "col"), [(5.2, 4.8), (5.9, 6.9)])
def test_errors_hold(steady, row, col):
    """Over events at many times, the squared Mahalanobis distance is that of two numbers."""
    chi2, away = [], []
    for first in range(100, 820, 45):
        tpf = changed(
            steady,
            lambda t, r, c, first=first: (
                -600 * inside(t, first, first + 5) * star(r, c, (row, col))
            ),
        )
        found = diagnose(tpf, window(tpf, first, first + 5))
        off = np.subtract(found.offset, np.subtract((row, col), TARGET))
        away.append(np.hypot(*off))
        chi2.append(off @ np.linalg.solve(np.array(found.covariance), off))
    assert np.median(away) < 0.1
    assert np.mean(np.array(chi2) > 9) <= 0.13
    assert 0.3 < np.median(chi2) < 3  # 1.39 of two Gaussian numbers
