"""The scripts run beside the file, and give the numbers on screen."""

import shutil
import warnings

import numpy as np
import pytest

from tpfdash.inspector import Inspector
from tpfdash.inspector.script import SCRIPTS, lightkurve_script, tpfdash_script
from tpfdash.io import open_tpf, write_tpf
from tpfdash.simulate import CosmicRay, inject, simulate_tpf
from tpfdash.timeseries.corrections import Bin, Flatten, RemoveOutliers, RemovePointing

#: lightkurve adds up in single precision, and takes the background off what it added up.
PRECISION = {"tpfdash": 0, "lightkurve": 3e-6}
REAL = [
    "kplr006922244-2009166043257_lpd-targ.fits",
    "ktwo221312395-c91_lpd-targ.fits.gz",
    "tess-sip_tpf2.fits",
    "tess-s0019-1-3_65.489205_28.443210_10x10_astrocut.fits",
]


@pytest.fixture
def run(monkeypatch):
    """A function that runs a script in a folder, in a namespace of its own, and gives that."""

    def run(script, folder):
        monkeypatch.chdir(folder)
        names = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(script, "script", "exec"), names)
        return names

    return run


def assert_same(inspector, package, out):
    good = inspector.good & np.isfinite(inspector.time)
    assert good.sum() > 10
    flux, time = inspector.flux, inspector.time
    if package == "tpfdash":
        np.testing.assert_array_equal(out["good"], inspector.good)
    else:  # the kept ones only; those of Kepler and K2 without a time have time 0 there
        there = out["time"] != 0
        out = {name: out[name][there] for name in ("time", "flux")}
        flux, time = flux[good], time[good]
    np.testing.assert_allclose(out["time"], time, rtol=0, atol=1e-9)
    scale = PRECISION[package] * np.nanmax(np.abs(flux))
    np.testing.assert_allclose(out["flux"], flux, rtol=1e-12, atol=scale)


def choose(inspector):
    """Masks with holes and steps, a background, another quality choice, normalised."""
    rng = np.random.default_rng(0)
    shape = inspector.aperture.shape
    inspector.background = rng.random(shape) < 0.3
    inspector.aperture = inspector.aperture ^ (rng.random(shape) < 0.2)
    inspector.quality_bitmask = "hard"
    inspector.normalized = True


@pytest.mark.parametrize("package", SCRIPTS)
@pytest.mark.parametrize("chosen", [False, True])
@pytest.mark.parametrize("mission", ["Kepler", "TESS"])
def test_scripts_of_a_simulated_file(run, tmp_path, mission, chosen, package):
    tpf = simulate_tpf(mission, n_cadences=60, shape=(7, 6), seed=1)
    tpf["quality"].values[[7, 30]] |= 1 << 5
    path = write_tpf(tpf, tmp_path / "a 'quoted' \\name.fits")
    inspector = Inspector(open_tpf(path))
    if chosen:
        choose(inspector)
    script = SCRIPTS[package](inspector)
    assert "simulated" in script
    assert_same(inspector, package, run(script, tmp_path))


@pytest.mark.parametrize("normalized", [False, True])
def test_the_script_corrects_as_the_page_does(run, tmp_path, normalized):
    """The windows too, that the page leaves out of what is fitted."""
    tpf = simulate_tpf("Kepler", n_cadences=200, shape=(6, 6), seed=1)
    inspector = Inspector(open_tpf(write_tpf(tpf, tmp_path / "star.fits")), normalized=normalized)
    inspector.quality_bitmask = "hard"
    inspector.corrections = [RemovePointing(), Flatten(0.7), RemoveOutliers(3.0), Bin(0.3)]
    inspector.window = inspector.time[50], inspector.time[60]
    out = run(tpfdash_script(inspector), tmp_path)
    assert_same(inspector, "tpfdash", out)
    for name in ("time", "flux", "flux_err"):
        np.testing.assert_array_equal(out["binned"][name], inspector.binned_lightcurve[name])
    assert "not written out here: pointing, flatten, outliers, bin." in lightkurve_script(inspector)


@pytest.mark.parametrize("package", SCRIPTS)
def test_scripts_say_that_events_were_injected(package):
    tpf = simulate_tpf("Kepler", n_cadences=60, shape=(7, 6), seed=1)
    said = "# Events were injected into these data."
    assert said not in SCRIPTS[package](Inspector(tpf))
    event = CosmicRay(float(tpf["time"].values[5]), [(2, 2)], 900)
    assert said in SCRIPTS[package](Inspector(inject(tpf, event))).splitlines()


@pytest.mark.realdata
@pytest.mark.parametrize("package", SCRIPTS)
@pytest.mark.parametrize("name", REAL)
def test_scripts_of_real_files(run, tmp_path, data_file, name, package):
    shutil.copy(data_file(name), tmp_path)
    inspector = Inspector(open_tpf(tmp_path / name))
    choose(inspector)
    assert_same(inspector, package, run(SCRIPTS[package](inspector), tmp_path))


def written(inspector):
    """The masks that a script makes, by running those of its lines."""
    lines = [
        line
        for line in tpfdash_script(inspector).splitlines()
        if line.startswith(("aperture", "background"))
    ]
    names = {"np": np}
    exec("\n".join(lines), names)
    return names.get("aperture"), names.get("background"), len(lines)


@pytest.mark.parametrize("seed", range(20))
def test_masks_come_back(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 9, 2))
    tpf = simulate_tpf("TESS", n_cadences=20, shape=shape, noise=False)
    inspector = Inspector(tpf, aperture=rng.random(shape) < rng.random())
    inspector.background = rng.random(shape) < rng.random()
    aperture, background, _ = written(inspector)
    np.testing.assert_array_equal(aperture, inspector.aperture)
    if inspector.background.any():
        np.testing.assert_array_equal(background, inspector.background)
    else:
        assert background is None


def test_masks_are_written_briefly():
    tpf = simulate_tpf("TESS", n_cadences=20, shape=(400, 11), noise=False)
    inspector = Inspector(tpf, aperture="all")
    assert written(inspector)[2] == 1
    box = np.zeros((400, 11), dtype=bool)
    box[20:390, 2:7] = True
    inspector.aperture = box
    assert written(inspector)[2] == 2
    assert "aperture[20:390, 2:7] = True" in tpfdash_script(inspector)


def test_what_cannot_be_written_is_said():
    tpf = simulate_tpf("TESS", n_cadences=20)
    tpf.attrs["object"] = "x'\nimport os  # "

    def detrend(lightcurve):
        return lightcurve

    inspector = Inspector(tpf, transform=detrend, quality_bitmask=5)
    for script in (tpfdash_script(inspector), lightkurve_script(inspector)):
        assert "'detrend' was applied" in script
        assert "came from no file" in script and "write_tpf" in script
        assert not any(line.startswith("import os") for line in script.splitlines())
        compile(script, "script", "exec")
    assert "& 5)" in tpfdash_script(inspector)
    assert "quality_bitmask=5" in lightkurve_script(inspector)
