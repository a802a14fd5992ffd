"""The one check of the data model, by each of those who take a Dataset."""

import numpy as np
import pytest
import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.io import open_tpf, write_tpf
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.model import check_tpf

SPOILED = [
    (lambda tpf: None, "NoneType is no target pixel file"),
    (lambda tpf: tpf["flux"], "DataArray is no target pixel file"),
    (lambda tpf: xr.Dataset(), "has no flux"),
    (lambda tpf: tpf.drop_vars("cadenceno"), "has no cadenceno"),
    (lambda tpf: tpf.drop_vars("time"), "has no time"),
    (lambda tpf: tpf.drop_vars("row"), "has no row"),
    (lambda tpf: tpf.transpose("row", "col", "time"), "flux should be over time, row, col"),
    (lambda tpf: tpf.isel(row=0), "flux should be over"),
    (lambda tpf: tpf.isel(time=3), "flux should be over"),
    (lambda tpf: tpf.assign(flux=tpf["quality"]), "flux should be over"),
    (lambda tpf: tpf.assign(pos_corr1=tpf["flux"]), "pos_corr1 should be over time, not"),
    (lambda tpf: tpf.assign(flux=tpf["flux"] > 0), "flux should hold real numbers, not bool"),
    (lambda tpf: tpf.assign(quality=tpf["quality"] * 1.0), "quality should hold whole numbers"),
    (lambda tpf: tpf.assign(aperture=tpf["aperture"] / 2), "aperture should hold whole numbers"),
    (lambda tpf: tpf.isel(time=slice(0, 0)), "holds no pixels"),
    (lambda tpf: tpf.isel(row=slice(0, 0)), "holds no pixels"),
    (lambda tpf: tpf.isel(row=slice(None, None, 2)), "row is \\[796 798 800\\]: it should"),
    (lambda tpf: tpf.isel(col=slice(None, None, -1)), "col is .*: it should be consecutive"),
    (lambda tpf: tpf.coarsen(row=2).mean(), "whole numbers"),
    (lambda tpf: tpf.assign_coords(row=tpf["row"] + 2**40), "row is"),
    (lambda tpf: tpf.assign_attrs(mission="CoRoT"), "CoRoT"),
    (lambda tpf: tpf.drop_attrs(deep=False), "no attrs\\['mission'\\]"),
]


@pytest.mark.parametrize("take", [check_tpf, open_tpf, Inspector, "write_tpf"])
@pytest.mark.parametrize(("spoil", "message"), SPOILED)
def test_whoever_takes_a_dataset_refuses_it_in_the_same_words(tmp_path, take, spoil, message):
    tpf = spoil(simulate_tpf("K2", n_cadences=20, shape=(6, 4)))
    if take is open_tpf and not isinstance(tpf, xr.Dataset):
        message = "should"  # it takes more than Datasets, and has words of its own for the rest
    with pytest.raises(TPFError, match=message) as error:
        write_tpf(tpf, tmp_path / "a.fits") if take == "write_tpf" else take(tpf)
    assert "should" in str(error.value) and not list(tmp_path.iterdir())


def test_what_the_model_does_not_know_may_be_anything():
    tpf = simulate_tpf("TESS", n_cadences=5, shape=(2, 3), gaps=[(0, 5)])
    assert np.isnan(tpf["time"]).all()
    check_tpf(tpf.assign(notes=("page", ["a", "b"])).drop_vars(["flux_err", "pos_corr1"]))


def test_no_pixel_is_read_for_it(tmp_path):
    lazy = open_tpf(write_tpf(simulate_tpf(n_cadences=20), tmp_path / "a.fits"))
    check_tpf(lazy)
    assert not lazy["flux"].variable._in_memory
