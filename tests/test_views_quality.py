"""The table of quality flags, without a browser."""

import holoviews as hv
import pytest

from tpfdash import Inspector, simulate_tpf
from tpfdash.views.quality import QualityView


@pytest.fixture
def inspector():
    if hv.Store.current_backend != "bokeh":
        hv.extension("bokeh", logo=False)
    tpf = simulate_tpf("Kepler", n_cadences=60, shape=(5, 6))
    tpf["quality"].values[:] = 0
    tpf["quality"].values[[7, 8, 20]] = 128, 128, 2
    return Inspector(tpf, quality_bitmask="none")


def test_a_row_marks_its_flag_and_goes_to_its_next_cadence(inspector):
    view = QualityView(inspector)
    row = [bit for bit, _, _ in inspector.flag_counts()].index(128)
    view._selection.event(index=[row])
    assert inspector.marked_flag == 128 and inspector.cadence == 7
    view._selection.event(index=[])
    assert inspector.marked_flag == 0 and inspector.cadence == 7


@pytest.mark.parametrize("row", [99, -1, 10**20])
def test_a_row_that_is_not_there_marks_nothing(inspector, row):
    QualityView(inspector)._selection.event(index=[row])
    assert inspector.marked_flag == 0 and inspector.cadence == 0
