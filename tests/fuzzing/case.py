"""One damaged file, opened, looked at, worked on and saved, as a user would do it.

What may come out is a `TPFError` or nothing. How files are damaged is `tests.fuzzing.mutations`.
"""

from __future__ import annotations

import functools
import os
import resource
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.wcs import FITSFixedWarning

from tests.fuzzing.mutations import mutate
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.choices import CMAPS
from tpfdash.inspector.script import SCRIPTS
from tpfdash.io import open_tpf
from tpfdash.io.apertures import APERTURE_FORMATS, aperture_bytes, read_aperture
from tpfdash.io.lightcurves import LIGHTCURVE_FORMATS, lightcurve_bytes
from tpfdash.io.tpf.write import write_tpf
from tpfdash.photometry import aperture_photometry
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.stretch import LEVELS_FROM, SCALE_NAMES
from tpfdash.views.faults import faults_of

__all__ = ["Outcome", "base_files", "run_case"]

#: A case may take so long, and let the process grow by so much.
SECONDS, MEGABYTES = 20, 400

_SIMULATED = (
    ("Kepler", "long"),
    ("Kepler", "short"),
    ("K2", "long"),
    ("TESS", "2 min"),
    ("TESS", "20 s"),
    ("TESS", "FFI"),
)
_REAL = (
    "tess-sip_tpf2.fits",
    "test-tpf-kplr-tabby-100-cadences.fits",
    "tess25155310-s01-first-cadences.fits.gz",
    "tess25155310-s01-first-cadences_no_target_position.fits.gz",
)


@dataclass
class Outcome:
    """What became of a case.

    Parameters
    ----------
    number : int
    mutation : str
        Base file and damage, in words.
    failure : str
        What went wrong; "" where nothing did.
    refused : list of (stage, message)
        The TPFErrors.
    """

    number: int
    mutation: str
    failure: str = ""
    refused: list[tuple[str, str]] = field(default_factory=list)


@functools.cache
def base_files(real: bool = False) -> dict[str, bytes]:
    """Name -> the bytes of a sound file: simulated ones, and small real ones where they are wanted.

    Real ones are looked for in the folder that TPFDASH_TEST_DATA names.
    """
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        for mission, cadence in _SIMULATED:
            path = Path(folder) / "star.fits"
            tpf = simulate_tpf(
                mission, cadence=cadence, n_cadences=40, shape=(5, 4), cosmic_rays=5.0, seed=3
            )
            files[f"{mission} {cadence}"] = write_tpf(tpf, path, overwrite=True).read_bytes()
    for name in _REAL if real else ():
        files[name] = (Path(os.environ["TPFDASH_TEST_DATA"]) / name).read_bytes()
    return files


def run_case(seed: int, number: int, *, figures: bool | None = None, real: bool = False) -> Outcome:
    """Damage a file and use it. The same arguments do the same again.

    Parameters
    ----------
    figures : bool, optional
        Whether to draw the figures, which is slow; by default in some cases.
    real : bool
        Whether real files are damaged too.
    """
    rng = np.random.default_rng([seed, number])
    files = base_files(real)
    name = list(files)[int(rng.integers(len(files)))]
    data, words = mutate(files[name], rng)
    outcome = Outcome(number, f"{name}: {words}")
    drawn = rng.random() < 0.04
    start, grown = time.process_time(), _peak()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", FITSFixedWarning)  # of wcslib, as a file is written
        try:
            _use(data, rng, drawn if figures is None else figures, outcome)
        except Exception:
            outcome.failure = traceback.format_exc()
    seconds, grown = time.process_time() - start, _peak() - grown
    if not outcome.failure and seconds > SECONDS:
        outcome.failure = f"took {seconds:.1f} s"
    if not outcome.failure and grown > MEGABYTES:
        outcome.failure = f"took {grown:.0f} MB"
    return outcome


def _peak() -> float:
    """The most memory that the process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _use(data: bytes, rng, figures: bool, outcome: Outcome) -> None:
    def stage(name, work, *args):
        try:
            return work(*args)
        except TPFError as error:
            message = str(error)
            assert message.strip() and "\n" not in message and "\x00" not in message, message
            assert tempfile.gettempdir() not in message, message
            outcome.refused.append((name, message))
            return None

    if rng.random() < 0.3:  # read from the disk, where not all columns are
        file = tempfile.NamedTemporaryFile(suffix=".fits")  # noqa: SIM115
        file.write(data)
        file.seek(0)
        tpf = stage("open", open_tpf, file)
    else:
        tpf = stage("open", open_tpf, data)
    if tpf is None:
        return
    inspector = stage("inspect", Inspector, tpf)
    if inspector is None:
        return
    views = stage("draw", _views, inspector) if figures else None
    for _ in range(12):
        name, gesture = _GESTURES[int(rng.integers(len(_GESTURES)))]
        stage(name, gesture, inspector, rng)
        stage("describe", inspector.describe, inspector.cadence)
        words = faults_of(inspector).words  # of what a plot could not draw
        assert not words.startswith("Something went wrong"), (name, words)
    stage("columns", _columns, inspector)
    stage("flags", inspector.flag_counts)
    stage("photometry", _photometry, inspector)
    for make in SCRIPTS.values():
        compile(make(inspector), "script", "exec")
    stage("light curve out", _lightcurve_out, inspector, rng)
    stage("aperture out", _aperture_out, inspector, rng)
    if rng.random() < 0.5:
        stage("file out", _file_out, tpf)
    del views


# -- what a user does ----------------------------------------------------------------------------


def _pixel(inspector, rng) -> tuple[int, int]:
    return tuple(int(rng.choice(inspector.tpf[axis].values)) for axis in ("row", "col"))


def _box(inspector, rng):
    (row0, col0), (row1, col1) = _pixel(inspector, rng), _pixel(inspector, rng)
    inspector.select_box(row0, row1, col0, col1, str(rng.choice(["replace", "add", "remove"])))


def _some_time(inspector, rng) -> float:
    times = inspector.time[np.isfinite(inspector.time)]
    return float(rng.choice(times)) if times.size else 1000.0


def _window(inspector, rng):
    inspector.window = _some_time(inspector, rng), _some_time(inspector, rng)
    assert str(inspector.diagnosis)


def _zoom(inspector, rng):
    inspector.time_range = _some_time(inspector, rng), _some_time(inspector, rng)


def _edit_background(inspector, rng):
    inspector.editing = str(rng.choice(["aperture", "background"]))


def _setting(name, values):
    def change(inspector, rng):
        value = values[int(rng.integers(len(values)))]
        setattr(inspector, name, value)

    return change


_GESTURES = (
    ("select", lambda i, rng: i.select(*_pixel(i, rng))),
    ("toggle", lambda i, rng: i.toggle(*_pixel(i, rng))),
    ("toggle", lambda i, rng: i.toggle(*_pixel(i, rng))),
    ("box", _box),
    ("undo", lambda i, rng: i.undo()),
    ("redo", lambda i, rng: i.redo()),
    ("mask", lambda i, rng: i.set_mask(str(rng.choice(["pipeline", "threshold", "all", "empty"])))),
    ("editing", _edit_background),
    ("step", lambda i, rng: i.step(int(rng.integers(-50, 50)))),
    ("seek", lambda i, rng: i.seek(_some_time(i, rng))),
    ("seek", lambda i, rng: i.seek(float(rng.choice([np.nan, np.inf, 1e300, -1e300, 0])))),
    ("seek flag", lambda i, rng: i.seek_flag(1 << int(rng.integers(32)))),
    ("quality", _setting("quality_bitmask", ("none", "default", "hard", "hardest", 1, 2**31))),
    ("window", _window),
    ("zoom", _zoom),
    ("normalised", _setting("normalized", (True, False))),
    ("flagged", _setting("show_flagged", (True, False))),
    ("all", _setting("show_all", (True, False))),
    ("scale", _setting("scale", SCALE_NAMES)),
    ("levels", _setting("levels_from", LEVELS_FROM)),
    ("colours", _setting("cmap", CMAPS)),
    ("stretch", _setting("stretch", ((0, 100), (1, 95), (50, 50), (0, 0)))),
    ("column", lambda i, rng: setattr(i, "column", str(rng.choice(i.param.column.objects)))),
    ("cursor", lambda i, rng: i.point(*rng.integers(-9, 9, 2))),
    ("point", lambda i, rng: setattr(i, "pointed", _pixel(i, rng)) or i.describe_pixel()),
)


def _columns(inspector):
    shape = inspector.tpf["aperture"].shape
    for column in inspector.param.column.objects:
        inspector.column = column
        low, high = inspector.levels()
        assert np.isfinite([low, high]).all() and low < high, (column, low, high)
        assert inspector.frame().shape == shape


def _photometry(inspector):
    """The sum that is kept up to date pixel by pixel is the one that is made at once."""
    inspector.normalized = False
    masks = inspector.aperture, inspector.background
    once = aperture_photometry(
        inspector.tpf, masks[0], background=masks[1] if masks[1].any() else None
    )["flux"].values
    pixels = np.nan_to_num(inspector.tpf["flux"].values, posinf=0, neginf=0).astype(np.float64)
    size = np.abs(pixels[:, masks[0] | masks[1]]).sum(axis=1)  # what rounding is a part of
    np.testing.assert_array_equal(np.isnan(inspector.flux), np.isnan(once))
    kept = np.isfinite(once)
    difference = np.abs(inspector.flux - once)[kept]
    assert (difference <= 1e-10 * size[kept] + 1e-6).all(), (inspector.flux, once)
    np.testing.assert_array_equal(inspector.lightcurve["flux"].values, once)


def _lightcurve_out(inspector, rng):
    assert lightcurve_bytes(inspector.lightcurve, str(rng.choice(list(LIGHTCURVE_FORMATS))))


def _aperture_out(inspector, rng):
    data = aperture_bytes(
        inspector.tpf, inspector.aperture, str(rng.choice(list(APERTURE_FORMATS)))
    )
    np.testing.assert_array_equal(read_aperture(data, inspector.tpf), inspector.aperture)


def _file_out(tpf):
    with tempfile.TemporaryDirectory() as folder:
        try:
            again = open_tpf(write_tpf(tpf, Path(folder) / "out.fits")).load()
        except TPFError as error:  # the one path that was given by hand
            raise TPFError(str(error).replace(folder, "")) from error
    for name in ("flux", "time", "quality", "row", "col", "aperture"):
        np.testing.assert_array_equal(again[name].values, tpf[name].values, err_msg=name)


def _views(inspector):
    """The figures as they would be sent to a browser, kept so that the gestures change them."""
    import holoviews as hv

    from tpfdash.views.difference import DifferenceView
    from tpfdash.views.lightcurve import LightCurveView
    from tpfdash.views.overview import OverviewView
    from tpfdash.views.panels import PanelView, available_panels
    from tpfdash.views.pixels import PixelView

    views = [PixelView(inspector), LightCurveView(inspector)]
    views += [PanelView(inspector, name) for name in available_panels(inspector)]
    views += [OverviewView(inspector), DifferenceView(inspector)]
    plots = [hv.renderer("bokeh").get_plot(view.plot) for view in views]
    return views, plots
