"""Target pixel files through xarray's own `open_dataset`."""

import importlib
import importlib.metadata
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tests.fitsfiles import make_hdus
from tpfdash.engine import TPFEngine
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf


@pytest.fixture
def hdus():
    return make_hdus("TESS", n=50)


@pytest.fixture
def path(tmp_path, hdus):
    hdus.writeto(tmp_path / "star.fits")
    return tmp_path / "star.fits"


@pytest.fixture
def expected(hdus):
    return np.array(hdus[1].data["FLUX"])


def engines():
    """The engine itself; and by its name, where the installed package has it."""
    points = importlib.metadata.entry_points(group="xarray.backends")
    return [TPFEngine, *(["tpfdash"] if "tpfdash" in points.names else [])]


def test_the_entry_point_is_the_engine():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    module, _, name = project["entry-points"]["xarray.backends"]["tpfdash"].partition(":")
    assert getattr(importlib.import_module(module), name) is TPFEngine


@pytest.mark.parametrize("engine", engines())
def test_xarray_opens_what_open_tpf_opens(path, expected, engine):
    ours = open_tpf(path)
    for source in (path, str(path), path.read_bytes(), open(path, "rb")):
        tpf = xr.open_dataset(source, engine=engine)
        assert not tpf["flux"].variable._in_memory
        np.testing.assert_array_equal(tpf["flux"].values, expected)
        assert tpf["flux"].variable._in_memory  # read once, and kept
        assert set(tpf.variables) == set(ours.variables)
    tpf = xr.open_dataset(path, engine=engine, chunks={"time": 10}, drop_variables="raw_cnts")
    assert tpf["flux"].chunks[0] == (10,) * 5 and "raw_cnts" not in tpf
    np.testing.assert_array_equal(tpf["flux"].values, expected)
    with pytest.raises(TPFError, match="does not exist"):
        xr.open_dataset("gone.fits", engine=engine)
    with pytest.raises(TPFError, match="mission='K2'"):
        xr.open_dataset(path, engine=engine, mission="K2")


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("kplr006922244-2009166043257_lpd-targ.fits", True),
        ("/data/ktwo210994964-c04_lpd-targ.fits.gz", True),
        ("kplr006922244-2009166043257_spd-targ.fits.gz", True),
        ("tess2018206045859-s0001-0000000025155310-0120-s_tp.fits", True),
        ("tess2020351194500-s0033-0000000001103432-0203-a_fast-tp.fits", True),
        ("kplr006922244-2009166043257_llc.fits", False),
        ("tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits", False),
        ("star.fits", False),
        ("cube.nc", False),
    ],
)
def test_only_names_of_the_missions_are_guessed(name, ours):
    assert TPFEngine().guess_can_open(name) is TPFEngine().guess_can_open(Path(name)) is ours
    assert TPFEngine().guess_can_open(b"SIMPLE  =") is False


def test_the_engine_is_light_to_import():
    """xarray imports it before it opens any file of whatever kind."""
    code = "import sys, tpfdash.engine; print([m for m in sys.modules if 'astropy' in m])"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout.strip() == "[]"
