"""`simulate_tpf`: from stars, events and motion to the Dataset of a target pixel file.

What lives here: arguments checked, the pieces put together, attrs and truth written down.
"""

from __future__ import annotations

import dataclasses
import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from astropy.wcs import WCS

from tpfdash.errors import TPFError
from tpfdash.missions import Mission, get_mission
from tpfdash.simulate.events import Event, Pointing, View, is_finite, plain, pointing_of, require
from tpfdash.simulate.exposure import (
    CUBES,
    aperture_bits,
    cosmic_ray_hits,
    optimal_aperture,
    pixel_cubes,
)
from tpfdash.simulate.flags import quality_bits, rolling_band_levels
from tpfdash.simulate.instruments import DETECTORS, MODES, Detector, Mode
from tpfdash.simulate.kinds import KINDS
from tpfdash.simulate.scene import Drift, Roll, Scene
from tpfdash.simulate.stars import Star, StarEvent, relative_light
from tpfdash.stamp.masks import as_mask
from tpfdash.stamp.model import check_tpf
from tpfdash.stamp.prf import PRF, as_prf
from tpfdash.stamp.sky import wcs_text

__all__ = ["simulate_tpf", "star_light_curve"]


def simulate_tpf(
    mission: str = "K2",
    *,
    cadence: str | None = None,
    n_cadences: int | None = None,
    shape: tuple[int, int] = (11, 11),
    stars: Sequence[Star] | None = None,
    events: Sequence[Event] = (),
    motion: Drift | Roll | np.ndarray | None = None,
    background: float | None = None,
    noise: bool = True,
    cosmic_rays: float = 0.0,
    gaps: Sequence[tuple[int, int]] = (),
    start: float | None = None,
    corner: tuple[int, int] | None = None,
    prf: PRF | Sequence[tuple[float, float]] | None = None,
    saturation: float | None = None,
    aperture: np.ndarray | None = None,
    columns: Sequence[str] = CUBES,
    flags: bool = True,
    seed: int = 0,
) -> xr.Dataset:
    """A target pixel file with known contents, as the Dataset that `open_tpf` would give.

    Parameters
    ----------
    mission : {"K2", "Kepler", "TESS"}
    cadence : str, optional
        "long" (default) or "short" for Kepler and K2; "2 min" (default), "20 s", "FFI" (30 min),
        "FFI 10 min" or "FFI 200 s" for TESS, where FFI makes a TESSCut-like file.
    n_cadences : int, optional
        Default: as many as such a file usually has.
    shape : (int, int)
        Rows and columns of the stamp.
    stars : sequence of Star, optional
        The first is the target. Default: one star in the middle.
    events : sequence of Event
        Of any kind of `tpfdash.simulate.KINDS`: transits, eclipses and flares of the stars, and
        artefacts. Several may happen at once.
    motion : Drift, Roll or array (n_cadences, 2), optional
        Where the stars go, in pixels: an array holds offsets in row and column. Default: the
        mission's habit, the 6 h roll for K2 and a slow drift for the others.
    background : float, optional
        e-/s a pixel in the middle of the stamp at the start; it varies by 5 % in time and 2 %
        over the stamp.
    noise : bool
        Photon and read noise. FLUX_ERR tells its standard deviation in either case.
    cosmic_rays : float
        Hits a pixel a day. Kepler and TESS 20 s files take them out of FLUX, list them in
        `cosmic_rays` and flag those in the optimal aperture; in the others they stay in FLUX.
    gaps : sequence of (int, int)
        First cadence and the one after the last of each safe mode: times and pixels are NaN.
    start : float, optional
        Time of the first cadence, BKJD or BTJD.
    corner : (int, int), optional
        Detector row and column of the first pixel.
    prf : PRF, or sequence of (float, float), optional
        Any `tpfdash.stamp.prf.PRF`, or (weight, sigma in pixels) of each of its Gaussians.
    saturation : float, optional
        The most that a pixel holds, in e-/s: what is above it bleeds along the column. Without it
        no pixel is ever full; `tpfdash.missions` has what is usual.
    aperture : array_like of bool, or of 0 and 1, (row, col), optional
        The pipeline aperture. Default: the pixels that give the target the best
        signal-to-noise ratio.
    columns : sequence of str
        Which cubes to make, of flux, flux_err, flux_bkg, flux_bkg_err and raw_cnts. The others
        are absent, which saves their memory, 4 bytes a value.
    flags : bool
        Whether QUALITY tells of the events, as the pipelines would have it. (Of gaps, of cosmic
        rays that are taken out, and of the roll's firings it always does.)
    seed : int
        The same seed and arguments give the same data, whatever the `columns`.

    Returns
    -------
    xarray.Dataset
        As `open_tpf` gives it; cubes are float32 (raw_cnts int32) in e-/s, each pixel's series
        contiguous. ``attrs["simulated"]`` is True and ``attrs["truth"]`` a dict of plain numbers
        and lists with all that went in: stars (flux in e-/s; row and col count from the
        detector pixel `corner`, in a stamp that was cut too), events, motion, prf, background,
        noise, cosmic_rays, seed. `star_light_curve` gives each star's true light curve,
        pos_corr1 (column) and pos_corr2 (row) are the true motion, less that of events which
        they are not to know. A rolling band that is to be known has its `rb_level`.

    Raises
    ------
    TPFError
        On an unknown mission, cadence or column, and on any number out of range.
    """
    facts = get_mission(mission)
    modes, detector = MODES[facts.name], DETECTORS[facts.name]
    cadence = next(iter(modes)) if cadence is None else str(cadence)
    require(
        cadence in modes,
        f"{cadence!r} is no cadence of {facts.name}: it should be one of {', '.join(modes)}.",
    )
    mode = modes[cadence]
    n = mode.n_cadences if n_cadences is None else _whole(n_cadences, "n_cadences", 1)
    rows, cols = (_whole(size, "Each size of shape", 1) for size in _pair(shape, "shape"))
    shape = rows, cols
    corner = _pair(detector.corner if corner is None else corner, "corner")
    row0, col0 = (_whole(place, "Each place of corner", 0) for place in corner)
    seed = _whole(seed, "seed", 0)
    start = detector.start if start is None else start
    background = detector.background if background is None else background
    require(is_finite(start), f"start should be a finite time in days: got {start!r}.")
    for name, value in {"background": background, "cosmic_rays": cosmic_rays}.items():
        require(
            is_finite(value) and value >= 0,
            f"{name} should be finite and not negative: got {value!r}.",
        )
    require(
        isinstance(columns, tuple | list | set) and all(name in CUBES for name in columns),
        f"columns should be a sequence of some of {', '.join(CUBES)}: got {columns!r}.",
    )
    motion = detector.motion if motion is None else motion
    prf = as_prf(detector.prf if prf is None else prf)
    require(
        saturation is None or (is_finite(saturation) and saturation > 0),
        f"saturation should be e-/s above 0, or None: got {saturation!r}.",
    )

    stars = _stars(stars, shape, detector)
    events = _events(events, len(stars))
    time = start + np.arange(n) * (mode.seconds / 86400)
    view = View(shape, time, mode.seconds / 86400, prf)
    path, fired = _path(motion, time)
    pointing = path + pointing_of(events, view)
    scene = Scene(shape, stars, events, prf, float(background), time, pointing, view.cadence)
    images = scene.images()
    if aperture is None:
        optimal = optimal_aperture(scene, images, mode, detector)
    else:
        optimal = as_mask(aperture, shape)
    rays = cosmic_ray_hits(cosmic_rays, n, shape, mode, np.random.default_rng([seed, 1]))
    gap = _gap_mask(gaps, n)
    cubes = pixel_cubes(scene, mode, detector, columns, noise, rays, gap, seed, saturation)

    quality = np.where(fired, np.int32(detector.firing), np.int32(0))
    if mode.repairs_cosmic_rays:
        when, where, _ = rays
        quality[when[optimal.ravel()[where]]] |= detector.cosmic_ray
    if flags:
        quality |= quality_bits(events, view, facts.name, optimal)
    quality[gap] = detector.no_data
    lost = np.where(gap, np.nan, 1.0)
    cut = mode.product == "TESSCut"
    known = path + pointing_of(events, view, measured=True)
    pos = [np.zeros(n) if cut else d * lost for d in (known.d_col, known.d_row)]

    attrs = _attrs(facts, mode, detector, scene, images, optimal)
    attrs["wcs_corner"] = row0, col0
    attrs["not_in_file"] = ("cadenceno",) if cut else ()  # TESSCut numbers no cadence
    attrs["truth"] = _truth(scene, motion) | {
        "corner": [row0, col0],
        "noise": bool(noise),
        "cosmic_rays": float(cosmic_rays),
        "saturation": saturation,
        "seed": seed,
    }
    clock = {"units": f"BJD - {facts.time_reference:.0f}"} | {
        key: attrs[key] for key in ("time_format", "time_scale", "time_reference")
    }
    variables: dict[str, Any] = {
        name: (("time", "row", "col"), cube, {"units": "count" if name == "raw_cnts" else "e-/s"})
        for name, cube in cubes.items()
    } | {
        "quality": ("time", quality),
        "cadenceno": ("time", np.arange(n, dtype=np.int32) + np.int32(mode.first_cadence)),
        "pos_corr1": ("time", pos[0].astype(np.float32), {"units": "pixel"}),
        "pos_corr2": ("time", pos[1].astype(np.float32), {"units": "pixel"}),
        "timecorr": ("time", np.zeros(n, dtype=np.float32), {"units": "d"}),
        "aperture": (("row", "col"), aperture_bits(facts, cut, optimal, images, col0)),
    }
    levels = rolling_band_levels(events, view, facts.name)
    if levels is not None:
        levels = np.where(gap, np.nan, levels).T[..., None].astype(np.float32)
        variables["rb_level"] = (("time", "row", "rb_duration"), levels)
    coords = xr.Coordinates({"time": ("time", time * lost, clock)}, indexes={})
    tpf = xr.Dataset(variables, coords=coords, attrs=attrs)
    tpf = tpf.assign_coords(row=row0 + np.arange(rows), col=col0 + np.arange(cols))
    if "flux" in columns:  # else it is a part of one, for those who want that part alone
        check_tpf(tpf)
    return tpf


def _whole(value: Any, name: str, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    require(number >= least, f"{name} should be a whole number of at least {least}: got {value!r}.")
    return number


def _pair(value: Any, name: str) -> tuple[Any, Any]:
    try:
        first, second = value
    except (TypeError, ValueError):
        raise TPFError(
            f"{name} should be (row, column), two whole numbers: got {value!r}."
        ) from None
    return first, second


def _stars(stars: Any, shape: tuple[int, int], detector: Detector) -> list[Star]:
    """The stars, each with the flux that its magnitude means, in plain numbers."""
    if stars is None:
        row, col = ((size - 1) / 2 for size in shape)
        stars = [Star(row, col, magnitude=detector.magnitude)]
    good = isinstance(stars, Sequence) and all(isinstance(star, Star) for star in stars)
    require(good and bool(stars), f"stars should be at least one Star, in a list: got {stars!r}.")
    return [
        Star(
            float(star.row),
            float(star.col),
            flux=float(
                star.flux
                if star.flux is not None
                else 10 ** (0.4 * (detector.zero_point - star.magnitude))
            ),
        )
        for star in stars
    ]


def _events(events: Any, n_stars: int) -> list[Event]:
    good = isinstance(events, Sequence) and all(isinstance(event, Event) for event in events)
    require(good, f"events should be Transits and other events, in a list: got {events!r}.")
    for event in (event for event in events if isinstance(event, StarEvent)):
        require(
            _whole(event.star, "The star of an event", 0) < n_stars,
            f"There is no star {event.star} for {event}: stars are numbered 0 to {n_stars - 1}.",
        )
    return list(events)


def _path(motion: Any, time: np.ndarray) -> tuple[Pointing, np.ndarray]:
    """The pointing without events, and where thrusters fired, bool (time,)."""
    if isinstance(motion, Drift | Roll):
        return motion.path(time)
    try:
        path = np.asarray(motion)
    except ValueError:  # lists of different lengths
        path = np.empty(0)
    require(
        path.shape == (time.size, 2) and path.dtype.kind in "fiu" and bool(np.isfinite(path).all()),
        "motion should be a Drift, a Roll or a finite array of row and column offsets, of shape "
        f"({time.size}, 2): got a {type(motion).__name__} of shape {path.shape}.",
    )
    d_row, d_col = path.T.astype(float)
    return Pointing.steady(time.size, d_row=d_row, d_col=d_col), np.zeros(time.size, dtype=bool)


def _gap_mask(gaps: Any, n: int) -> np.ndarray:
    gap = np.zeros(n, dtype=bool)
    require(isinstance(gaps, Sequence), f"gaps should be a list of (first, stop): got {gaps!r}.")
    for pair in gaps:
        first, stop = (_whole(end, "Each end of a gap", 0) for end in _pair(pair, "A gap"))
        require(
            first < stop <= n,
            f"A gap should be (first, stop) with 0 <= first < stop <= {n}: got {pair!r}.",
        )
        gap[first:stop] = True
    return gap


def _attrs(
    facts: Mission,
    mode: Mode,
    detector: Detector,
    scene: Scene,
    images: np.ndarray,
    optimal: np.ndarray,
) -> dict:
    """The attrs that `open_tpf` would give."""
    target = scene.stars[0]
    flux = target.flux or 0.0
    cut = mode.product == "TESSCut"
    inside, total = images[0][optimal].sum(), images.sum(axis=0)[optimal].sum()
    known = total > 0 and flux > 0 and not cut
    return {
        "mission": facts.name,
        "product": mode.product,
        "object": f"Simulated {facts.name} target",
        "id": "",
        "ra": detector.ra,
        "dec": detector.dec,
        **detector.where,
        "cadence_type": facts.cadence_type(mode.seconds),
        "cadence_seconds": mode.seconds,
        "wcs": _wcs(target, detector),
        "source": "simulated by tpfdash",
        "background_subtracted": not cut,
        "magnitude": round(detector.zero_point - 2.5 * math.log10(flux), 6) if known else math.nan,
        "magnitude_band": facts.magnitude_band,
        "crowdsap": float(inside / total) if known else math.nan,
        "flfrcsap": float(inside / flux) if known else math.nan,
        "time_format": facts.time_format,
        "time_scale": "TDB",
        "time_reference": facts.time_reference,
        "raw_counts_offset": mode.counts_offset,
        "simulated": True,
    }


def _wcs(target: Star, detector: Detector) -> str:
    """A tangent plane whose reference pixel is the target's: north up, east to the left."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crpix = target.col + 1, target.row + 1
    wcs.wcs.crval = detector.ra, detector.dec
    wcs.wcs.cdelt = -detector.pixel_scale / 3600, detector.pixel_scale / 3600
    wcs.wcs.radesys = "ICRS"
    return wcs_text(wcs)


def _truth(scene: Scene, motion: Any) -> dict:
    """What went into a scene, as plain numbers, lists and dicts."""
    return {
        "stars": [dataclasses.asdict(star) for star in scene.stars],
        "events": [plain(event) for event in scene.events],
        "motion": plain(motion) if isinstance(motion, Drift | Roll) else {"type": "array"},
        "prf": plain(scene.prf),
        "background": scene.background,
    }


def star_light_curve(tpf: xr.Dataset, star: int = 0) -> np.ndarray:
    """What a star of a simulated file truly shines: e-/s over the whole PRF, float64 (time,).

    Parameters
    ----------
    tpf : xarray.Dataset
        From `simulate_tpf`.
    star : int
        Which star, an index into its `stars`; 0 is the target.

    Returns
    -------
    array (time,) of float64
        NaN where the time is NaN.

    Raises
    ------
    TPFError
        If `tpf` carries no truth, or no such star.
    """
    truth = tpf.attrs.get("truth")
    if not isinstance(truth, Mapping):
        raise TPFError("This Dataset has no attrs['truth']: it was not simulated.")
    stars = truth["stars"]
    require(
        0 <= star < len(stars),
        f"There is no star {star}: stars are numbered 0 to {len(stars) - 1}.",
    )
    events = [
        KINDS[event["type"]](**{k: v for k, v in event.items() if k != "type"})
        for event in truth["events"]
    ]
    return stars[star]["flux"] * relative_light(events, star, tpf["time"].values)
