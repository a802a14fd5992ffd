"""Target pixel files with known contents: stars, transits, eclipses, pointing, noise.

What lives here: `simulate_tpf`, which makes the same Dataset that `tpfdash.open_tpf` makes from a
file, and two ready-made stories. Stars, events and motion are in `tpfdash.scene`, the
instruments' numbers in `tpfdash.instruments`; writing a FITS file is `tpfdash.io.write`.

What the model is, and is not: the PRF is a sum of circular pixel-integrated Gaussians (a core and
a halo), the same all over the stamp; light curves are taken at mid-cadence, with no smearing over
the exposure; photon noise is Gaussian; the observer sits at the barycentre, so that times are
evenly spaced and TIMECORR is 0. There is no saturation, smear, crosstalk or stellar variability.
"""

from __future__ import annotations

import dataclasses
import math
import operator
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from astropy.wcs import WCS

from tpfdash.errors import TPFError
from tpfdash.instruments import DETECTORS, MODES, Detector, Mode
from tpfdash.missions import APERTURE_COLLECTED, APERTURE_OPTIMAL, Mission, get_mission
from tpfdash.scene import Drift, Eclipse, Roll, Scene, Star, Transit, relative_light

__all__ = [
    "Drift",
    "Eclipse",
    "Roll",
    "Star",
    "Transit",
    "simulate_blend",
    "simulate_example",
    "simulate_tpf",
    "star_light_curve",
]

_CUBES = ("flux", "flux_err", "flux_bkg", "flux_bkg_err", "raw_cnts")
_EVENTS = {event.__name__: event for event in (Transit, Eclipse)}
_BACKGROUND_PIXELS = 40  # that the pipeline's background is taken to come from
_BLOCK_VALUES = 2**21  # pixel values worked on at a time: 8 MB of float32


def _check(good: bool, message: str) -> None:
    if not good:
        raise TPFError(message)


def _whole(value, name: str, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    _check(number >= least, f"{name} should be a whole number of at least {least}: got {value!r}.")
    return number


def simulate_tpf(
    mission: str = "K2",
    *,
    cadence: str | None = None,
    n_cadences: int | None = None,
    shape: tuple[int, int] = (11, 11),
    stars: Sequence[Star] | None = None,
    events: Sequence[Transit] = (),
    motion: Drift | Roll | np.ndarray | None = None,
    background: float | None = None,
    noise: bool = True,
    cosmic_rays: float = 0.0,
    gaps: Sequence[tuple[int, int]] = (),
    start: float | None = None,
    corner: tuple[int, int] | None = None,
    prf: Sequence[tuple[float, float]] | None = None,
    aperture: np.ndarray | None = None,
    columns: Sequence[str] = _CUBES,
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
    events : sequence of Transit or Eclipse
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
    prf : sequence of (float, float), optional
        (weight, sigma in pixels) of each Gaussian of the PRF.
    aperture : array (row, col) of bool, optional
        The pipeline aperture. Default: the pixels that give the target the best
        signal-to-noise ratio.
    columns : sequence of str
        Which cubes to make, of flux, flux_err, flux_bkg, flux_bkg_err and raw_cnts. The others
        are absent, which saves their memory, 4 bytes a value.
    seed : int
        The same seed and arguments give the same data, whatever the `columns`.

    Returns
    -------
    xarray.Dataset
        As `open_tpf` gives it; cubes are float32 (raw_cnts int32) in e-/s, each pixel's series
        contiguous. ``attrs["simulated"]`` is True and ``attrs["truth"]`` a dict of plain numbers
        and lists with all that went in: stars (flux in e-/s), events, motion, prf, background,
        noise, cosmic_rays, seed. `star_light_curve` gives each star's true light curve,
        pos_corr1 (column) and pos_corr2 (row) are the true motion.

    Raises
    ------
    TPFError
        On an unknown mission, cadence or column, and on any number out of range.
    """
    facts = get_mission(mission)
    modes = MODES[facts.name]
    cadence = next(iter(modes)) if cadence is None else cadence
    _check(
        cadence in modes,
        f"{cadence!r} is no cadence of {facts.name}: it should be one of {', '.join(modes)}.",
    )
    mode, detector = modes[cadence], DETECTORS[facts.name]
    n = mode.n_cadences if n_cadences is None else _whole(n_cadences, "n_cadences", 1)
    try:
        n_rows, n_cols = shape
        corner = detector.corner if corner is None else tuple(operator.index(x) for x in corner)
        row0, col0 = corner
    except (TypeError, ValueError):
        raise TPFError(
            f"shape and corner should be two whole numbers each: got {shape!r}, {corner!r}."
        ) from None
    shape = _whole(n_rows, "The number of rows", 1), _whole(n_cols, "The number of columns", 1)
    unknown = set(columns) - set(_CUBES)
    _check(
        not unknown and not isinstance(columns, str),
        f"columns should be some of {', '.join(_CUBES)}: got {columns!r}.",
    )
    seed = _whole(seed, "seed", 0)
    for name, value in {"background": background, "cosmic_rays": cosmic_rays}.items():
        _check(
            value is None or (math.isfinite(value) and value >= 0),
            f"{name} should be finite and not negative: got {value!r}.",
        )
    _check(start is None or math.isfinite(start), f"start should be finite: got {start!r}.")

    stars = _stars(stars, shape, detector)
    events = list(events)
    for event in events:
        _check(isinstance(event, Transit), f"{event!r} is no event: use Transit or Eclipse.")
        _check(
            0 <= event.star < len(stars),
            f"There is no star {event.star} for {event}: stars are numbered 0 to {len(stars) - 1}.",
        )
    prf = detector.prf if prf is None else tuple((float(w), float(s)) for w, s in prf)
    _check(
        bool(prf) and all(w > 0 and s > 0 for w, s in prf),
        f"prf should hold pairs of a positive weight and a positive sigma: got {prf!r}.",
    )
    background = detector.background if background is None else float(background)

    time = (detector.start if start is None else start) + np.arange(n) * (mode.seconds / 86400)
    motion = detector.motion if motion is None else motion
    scene = Scene(shape, stars, events, prf, background, time, *_path(motion, time))
    images = scene.images()
    optimal = _optimal(aperture, scene, images, mode, detector)
    rays = _cosmic_rays(cosmic_rays, n, shape, mode, np.random.default_rng([seed, 1]))
    gap = _gap_mask(gaps, n)

    quality = np.where(scene.fired, np.int32(detector.firing), np.int32(0))
    if mode.repairs_cosmic_rays:
        when, where, _ = rays
        quality[when[optimal.ravel()[where]]] |= detector.cosmic_ray
    quality[gap] = detector.no_data
    lost = np.where(gap, np.nan, 1.0)
    cut = mode.product == "TESSCut"
    pos = [np.zeros(n) if cut else d * lost for d in (scene.d_col, scene.d_row)]

    variables = {
        name: (("time", "row", "col"), cube, {"units": "count" if name == "raw_cnts" else "e-/s"})
        for name, cube in _cubes(scene, mode, detector, columns, noise, rays, gap, seed).items()
    } | {
        "quality": ("time", quality),
        "cadenceno": ("time", np.arange(n, dtype=np.int32) + np.int32(mode.first_cadence)),
        "pos_corr1": ("time", pos[0].astype(np.float32), {"units": "pixel"}),
        "pos_corr2": ("time", pos[1].astype(np.float32), {"units": "pixel"}),
        "timecorr": ("time", np.zeros(n, dtype=np.float32), {"units": "d"}),
        "aperture": (("row", "col"), _aperture_bits(facts, cut, optimal, images, col0)),
    }
    attrs = _attrs(facts, mode, detector, scene, images, optimal, motion)
    attrs["truth"] |= {"noise": bool(noise), "cosmic_rays": float(cosmic_rays), "seed": seed}
    clock = {"units": f"BJD - {facts.time_reference:.0f}"} | {
        key: attrs[key] for key in ("time_format", "time_scale", "time_reference")
    }
    coords = xr.Coordinates({"time": ("time", time * lost, clock)}, indexes={})
    tpf = xr.Dataset(variables, coords=coords, attrs=attrs)
    return tpf.assign_coords(row=row0 + np.arange(shape[0]), col=col0 + np.arange(shape[1]))


def _stars(stars: Sequence[Star] | None, shape: tuple[int, int], detector: Detector) -> list[Star]:
    """The stars, each with the flux that its magnitude means."""
    if stars is None:
        middle = ((size - 1) / 2 for size in shape)
        stars = [Star(*middle, magnitude=detector.magnitude)]
    stars = list(stars)
    _check(
        bool(stars) and all(isinstance(star, Star) for star in stars),
        f"stars should be a sequence of at least one Star: got {stars!r}.",
    )
    return [
        star
        if star.flux is not None
        else Star(star.row, star.col, flux=10 ** (0.4 * (detector.zero_point - star.magnitude)))
        for star in stars
    ]


def _path(motion, time: np.ndarray) -> tuple:
    """Offsets in row and column, firings, and the smear of a firing in row and column."""
    if isinstance(motion, Drift | Roll):
        return *motion.path(time), *motion.smear
    path = np.asarray(motion)
    _check(
        path.shape == (time.size, 2) and path.dtype.kind in "fiu" and bool(np.isfinite(path).all()),
        "motion should be a Drift, a Roll or a finite array of row and column offsets, of shape "
        f"({time.size}, 2): got {type(motion).__name__} of shape {path.shape}.",
    )
    return *path.T.astype(float), np.zeros(time.size, dtype=bool)


def _gap_mask(gaps: Sequence[tuple[int, int]], n: int) -> np.ndarray:
    gap = np.zeros(n, dtype=bool)
    for pair in gaps:
        try:
            first, stop = map(operator.index, pair)
        except (TypeError, ValueError):
            first = stop = -1
        _check(
            0 <= first < stop <= n,
            f"A gap should be (first, stop) with 0 <= first < stop <= {n}: got {pair!r}.",
        )
        gap[first:stop] = True
    return gap


def _variance(rate, mode: Mode, detector: Detector):
    """Variance of a pixel in (e-/s)^2 at `rate` e-/s: photons, and one read noise a read."""
    return rate / mode.exposure + mode.reads * (detector.read_noise / mode.exposure) ** 2


def _optimal(aperture, scene: Scene, images: np.ndarray, mode: Mode, detector: Detector):
    """The pipeline aperture, bool (row, col): as given, or of the target's best S/N.

    Pixels are taken in the order of the target's own S/N in them, for as long as that of their sum
    grows; the same idea as Kepler's, Bryson et al. 2010.
    """
    if aperture is not None:
        aperture = np.asarray(aperture)
        _check(
            aperture.shape == scene.shape and aperture.dtype == bool,
            f"aperture should be a bool array of shape {scene.shape}: got {aperture.dtype} "
            f"{aperture.shape}.",
        )
        return aperture
    target = images[0].ravel()
    variance = _variance(images.sum(axis=0).ravel() + scene.background, mode, detector)
    order = np.argsort(-target / np.sqrt(variance), kind="stable")
    growing = np.cumsum(target[order]) / np.sqrt(np.cumsum(variance[order]))
    optimal = np.zeros(target.size, dtype=bool)
    optimal[order[: np.argmax(growing) + 1]] = True
    return optimal.reshape(scene.shape)


def _cosmic_rays(rate: float, n: int, shape: tuple[int, int], mode: Mode, rng):
    """Cadence, flat pixel and e-/s of each hit, in order of time.

    Each hit leaves 1,000 e- or more in one pixel, exponentially fewer of the large ones.
    """
    values = n * shape[0] * shape[1]
    hits = rng.poisson(rate * mode.seconds / 86400 * values)
    when, where = np.divmod(np.sort(rng.integers(values, size=hits)), shape[0] * shape[1])
    electrons = 1000 + rng.exponential(4000, size=hits)
    return when, where, (electrons / mode.exposure).astype(np.float32)


def _cubes(scene, mode, detector, columns, noise, rays, gap, seed) -> dict[str, np.ndarray]:
    """The pixel cubes, (time, row, col) views of (row, col, time) arrays, by blocks of cadences.

    The random numbers of FLUX do not depend on which columns are made.
    """
    n = scene.time.size
    pixels = scene.shape[0] * scene.shape[1]
    names = list(columns) + ["cosmic_rays"] * (mode.repairs_cosmic_rays and rays[0].size > 0)
    cubes = {
        name: np.empty((*scene.shape, n), dtype=np.int32 if name == "raw_cnts" else np.float32)
        for name in names
    }
    rng = np.random.default_rng([seed, 0])
    length = max(1, _BLOCK_VALUES // pixels)
    for first in range(0, n, length):
        span = slice(first, min(first + length, n))
        block = _block(scene, mode, detector, set(names), noise, rays, span, rng)
        lost = gap[span]
        for name, cube in cubes.items():
            cube[..., span] = block[name]
            if lost.any():
                cube[..., span][..., lost] = -1 if name == "raw_cnts" else np.nan
    return {name: cube.transpose(2, 0, 1) for name, cube in cubes.items()}


def _block(scene, mode, detector, names, noise, rays, span, rng) -> dict:
    """The values of one block of cadences, by column, each broadcast to (row, col, time)."""
    flux, sky = scene.starlight(span), scene.sky(span)
    error = np.sqrt(_variance(flux + sky, mode, detector))
    if noise:
        flux += error * rng.standard_normal(flux.shape, dtype=np.float32)
    hits = np.zeros_like(flux) if rays[0].size else np.float32(0)
    if rays[0].size:
        inside = slice(*np.searchsorted(rays[0], (span.start, span.stop)))
        when, where, what = (part[inside] for part in rays)
        np.add.at(hits.reshape(-1, flux.shape[-1]), (where, when - span.start), what)
    if not mode.repairs_cosmic_rays:
        flux += hits
        hits = np.float32(0)
    if mode.product == "TESSCut":
        return {
            "flux": flux + sky,
            "flux_err": error,
            "flux_bkg": np.float32(0),
            "flux_bkg_err": np.float32(0),
            "raw_cnts": np.int32(-1),
        }
    values = {"flux": flux, "flux_err": error, "flux_bkg": sky}
    if "flux_bkg_err" in names:
        values["flux_bkg_err"] = np.sqrt(sky / (mode.exposure * _BACKGROUND_PIXELS))
    if "cosmic_rays" in names:
        values["cosmic_rays"] = np.where(hits > 0, hits, np.float32(np.nan))
    if "raw_cnts" in names:
        counts = (flux + sky + hits) * np.float32(mode.exposure / detector.gain)
        counts = np.rint(counts) + np.float64(mode.counts_offset)
        values["raw_cnts"] = np.clip(counts, 0, np.iinfo(np.int32).max).astype(np.int32)
    return values


def _aperture_bits(
    facts: Mission, cut: bool, optimal: np.ndarray, images: np.ndarray, col0: int
) -> np.ndarray:
    """The bits of the APERTURE extension in the mission's own convention, int32 (row, col)."""
    bits = np.full(optimal.shape, APERTURE_COLLECTED, dtype=np.int32)
    if cut:
        return bits
    bits |= np.where(optimal, APERTURE_OPTIMAL, 0).astype(np.int32)
    if facts.name == "TESS":
        light = images.sum(axis=0)
        dark = (light <= np.quantile(light, 0.25)) & ~optimal
        bits |= np.where(dark, 4, 0).astype(np.int32)
        output = np.clip((col0 + np.arange(optimal.shape[1]) - 45) // 512, 0, 3)
        bits |= (32 << output).astype(np.int32)
    return bits


def _attrs(facts, mode, detector, scene, images, optimal, motion) -> dict:
    """The attrs that `open_tpf` would give, and the truth."""
    target = scene.stars[0]
    cut = mode.product == "TESSCut"
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
    wcs.wcs.crpix = target.col + 1, target.row + 1
    wcs.wcs.crval = detector.ra, detector.dec
    wcs.wcs.cdelt = -detector.pixel_scale / 3600, detector.pixel_scale / 3600
    wcs.wcs.radesys = "ICRS"
    inside, total = images[0][optimal].sum(), images.sum(axis=0)[optimal].sum()
    known = total > 0 and target.flux > 0 and not cut
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
        "wcs": wcs.to_header().tostring(padding=False),
        "source": "simulated by tpfdash",
        "background_subtracted": not cut,
        "magnitude": round(detector.zero_point - 2.5 * math.log10(target.flux), 6)
        if known
        else math.nan,
        "magnitude_band": facts.magnitude_band,
        "crowdsap": float(inside / total) if known else math.nan,
        "flfrcsap": float(inside / target.flux) if known else math.nan,
        "time_format": facts.time_format,
        "time_scale": "TDB",
        "time_reference": facts.time_reference,
        "raw_counts_offset": mode.counts_offset,
        "simulated": True,
        "truth": {
            "stars": [dataclasses.asdict(star) for star in scene.stars],
            "events": [
                {"type": type(event).__name__, **dataclasses.asdict(event)}
                for event in scene.events
            ],
            "motion": {"type": type(motion).__name__}
            | (dataclasses.asdict(motion) if dataclasses.is_dataclass(motion) else {}),
            "prf": [list(component) for component in scene.prf],
            "background": scene.background,
        },
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
    _check(isinstance(truth, Mapping), "This Dataset has no attrs['truth']: it was not simulated.")
    stars = truth["stars"]
    _check(
        0 <= star < len(stars),
        f"There is no star {star}: stars are numbered 0 to {len(stars) - 1}.",
    )
    events = [
        _EVENTS[event["type"]](**{k: v for k, v in event.items() if k != "type"})
        for event in truth["events"]
    ]
    return stars[star]["flux"] * relative_light(events, star, tpf["time"].values)


def simulate_example(*, n_cadences: int = 3264, seed: int = 5) -> xr.Dataset:
    """The K2 file that `tpfdash` opens when it is given nothing: an eclipsing neighbour.

    The target is constant. Its neighbour, three pixels off and half as bright, eclipses every
    4.1 d, and enough of its light falls into the generous pipeline aperture for the eclipses to
    show above the sawtooth of the roll. A third star is faint.
    """
    start = DETECTORS["K2"].start
    aperture = np.zeros((11, 11), dtype=bool)
    aperture[3:7, 2:8] = True
    return simulate_tpf(
        "K2",
        n_cadences=n_cadences,
        shape=(11, 11),
        stars=[
            Star(4.9, 4.6, magnitude=12.2),
            Star(7.2, 6.0, magnitude=13.0),
            Star(1.2, 8.9, magnitude=15.2),
        ],
        events=[Eclipse(1, 4.1, start + 2.3, 0.35, 0.7, secondary_depth=0.25)],
        motion=Roll(amplitude=0.2),
        aperture=aperture,
        cosmic_rays=0.05,
        gaps=[(n_cadences // 2, n_cadences // 2 + min(40, n_cadences // 10))]
        if n_cadences >= 10
        else (),
        seed=seed,
    )


def simulate_blend(*, n_cadences: int = 4397, seed: int = 6) -> xr.Dataset:
    """A Kepler quarter whose target seems to have a planet: an eclipsing binary four pixels off.

    The story of KOI 6.01: the pointing is steady, the target constant, and the halo of the
    eclipsing binary puts a shallow dip into the target's aperture.
    """
    start = DETECTORS["Kepler"].start
    return simulate_tpf(
        "Kepler",
        n_cadences=n_cadences,
        shape=(9, 11),
        stars=[Star(4.0, 3.1, magnitude=12.1), Star(4.3, 7.1, magnitude=12.9)],
        events=[Eclipse(1, 1.334, start + 0.7, 0.13, 0.3, secondary_depth=0.02)],
        cosmic_rays=0.05,
        seed=seed,
    )
