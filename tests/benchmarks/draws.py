"""Events of every class, drawn and injected: what the diagnosis is tuned on and scored with.

`draw` makes one event of a wanted S/N in one file, with its flags withheld, and the window that a
user would drag around it; `quiet_window` finds a window in which nothing happens. Files are real
(`TPFDASH_TEST_DATA`) and simulated, and those to tune on are not those to score with.

The S/N is the response of a matched filter with the event's own time shape, less the mean of two
flanks each as long as the event, over the robust scatter of the same filter at other places of the
file: on the aperture's light curve for what happens on the target, pixel by pixel in quadrature for
all else, much of which shifts light within the aperture.
"""

import os
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve

import tpfdash
from tpfdash import simulate as kinds
from tpfdash.diagnosis.verdict import VERDICTS
from tpfdash.simulate import Drift, Roll, Star, learn_scene, simulate_tpf
from tpfdash.stamp.masks import default_mask
from tpfdash.stamp.prf import MeasuredPRF, MoffatPRF

__all__ = [
    "CLASSES",
    "NotDrawn",
    "classes_of",
    "draw",
    "injected_prf",
    "quiet_window",
    "scoring_files",
    "tuning_files",
]

CLASSES = VERDICTS[:-1]
#: A pixel that changes by more than this many sigma from one cadence to the next stands out.
OUTSTANDING = 10
#: What an event may do at most, by the field that its strength is: beyond it there is none such.
MOST = {"depth": 0.9, "drop": 0.9, "d": 1.0, "width": 0.6, "blur": 0.8}


class NotDrawn(ValueError):
    """A file in which no event of this class has the wanted S/N."""


# --- files -------------------------------------------------------------------------------------


def _real(name, part=slice(None)):
    folder = os.environ.get("TPFDASH_TEST_DATA")
    if not folder:
        raise SystemExit("TPFDASH_TEST_DATA names no folder of real target pixel files")
    (path,) = Path(folder).glob(f"{name}*")
    tpf = tpfdash.open_tpf(path)
    n = tpf.sizes["time"]
    start, stop = (None if end is None else int(end * n) for end in (part.start, part.stop))
    return tpf.isel(time=slice(start, stop)).load()


def _simulated(mission, seed):
    """A stamp with two to five stars, whose PRF is not a sum of Gaussians."""
    rng = np.random.default_rng([seed, len(mission)])
    shape = tuple(int(n) for n in rng.integers(7, 13, size=2))
    detector = {"Kepler": 12.5, "K2": 12.5, "TESS": 9.5}[mission]
    middle = (np.array(shape) - 1) / 2 + rng.uniform(-0.5, 0.5, 2)
    stars = [Star(*middle, magnitude=detector + rng.uniform(-0.8, 1.5))] + [
        Star(*rng.uniform(-0.5, np.array(shape) - 0.5), magnitude=detector + rng.uniform(1, 4.5))
        for _ in range(rng.integers(1, 5))
    ]
    motion = {
        "Kepler": Drift(*rng.uniform(-0.1, 0.1, 2)),
        "K2": Roll(rng.uniform(0.1, 0.6), angle=rng.uniform(0, 360)),
        "TESS": np.cumsum(rng.normal(scale=0.002, size=(4000, 2)), axis=0),
    }[mission]
    prf = MoffatPRF(
        rng.uniform(1.0, 1.5), rng.uniform(2.5, 4), rng.uniform(0.75, 1), 180 * rng.random()
    )
    return simulate_tpf(
        mission,
        n_cadences=4000 if mission == "TESS" else 1800,
        shape=shape,
        stars=stars,
        motion=motion,
        prf=prf,
        columns=("flux", "flux_err", "flux_bkg"),
        seed=seed,
    )


def tuning_files():
    """{name: Dataset} of the files that may be tuned on."""
    return {
        "kplr006922244": _real("kplr006922244"),
        "ktwo210994964": _real("ktwo210994964"),
        "tic55525572 first half": _real("tic55525572", slice(0, 0.5)),
        "tess-s0001": _real("tess-s0001"),
    } | {
        f"simulated {mission} {seed}": _simulated(mission, seed)
        for mission in ("Kepler", "K2", "TESS")
        for seed in (11, 12)
    }


def scoring_files():
    """{name: Dataset} of the files to score with: none of them is one to tune on."""
    return {
        "kplr011904151": _real("kplr011904151"),
        "kplr005562784": _real("kplr005562784"),
        "ktwo211983544": _real("ktwo211983544"),
        "ktwo221312395": _real("ktwo221312395"),
        "tess-s0019": _real("tess-s0019"),
        "tic55525572 second half": _real("tic55525572", slice(0.5, None)),
    } | {
        f"simulated {mission} {seed}": _simulated(mission, seed)
        for mission in ("Kepler", "K2", "TESS")
        for seed in (1_000_011, 1_000_012)
    }


def classes_of(mission):
    """The classes that a mission can show: TESS' electronics make no rolling bands."""
    return tuple(name for name in CLASSES if mission != "TESS" or name != "rolling_band")


# --- what is known of a file -------------------------------------------------------------------


#: Cadences on each side of a window that its noise is measured on.
_NEAR = 50


class _File:
    """What drawing needs of a file, worked out once."""

    def __init__(self, tpf):
        self.time = tpf["time"].values
        self.shape = tpf["aperture"].shape
        self.cadence = float(np.nanmedian(np.diff(self.time)))
        self.aperture = default_mask(tpf)
        pixels = tpf["flux"].values.transpose(1, 2, 0).astype(float)
        self.alive = np.isfinite(pixels).mean(axis=-1) > 0.5
        self.image = np.full(self.shape, np.nan)
        self.image[self.alive] = np.nanmedian(pixels[self.alive], axis=-1)
        frames = np.isfinite(pixels[self.alive]).all(axis=0) & (pixels[self.alive] != 0).any(axis=0)
        self.usable = np.isfinite(self.time) & frames
        self.good = self.usable & (tpf["quality"].values == 0)
        self.pixels = pixels - self.image[..., None]
        self.pixels[~np.isfinite(self.pixels)] = 0
        self.white = _scatter(np.diff(pixels[..., self.good], axis=-1)) / np.sqrt(2)
        self.curve = self.pixels[self.aperture & self.alive].sum(axis=0)
        self.curve_white = float(_scatter(np.diff(self.curve[self.good]))) / np.sqrt(2)
        steps = np.diff(self.pixels, axis=-1, prepend=self.pixels[..., :1])
        steps = np.abs(steps - np.median(steps[..., self.good], axis=-1, keepdims=True))
        steps /= np.maximum(self.white * np.sqrt(2), 1e-9)[..., None]
        self.calm = self.good & (steps[self.alive].max(axis=0) < OUTSTANDING)
        self.prf, self.scene = _fitted_prf(tpf)
        self.target = self.scene.stars[0][:2]

    def white_around(self, begin, end):
        """White noise of the pixels (row, col) and of the curve: there, or in all if that is less.

        It is measured on the cadences within 50 of `begin` to `end`.
        """
        near = np.arange(max(begin - _NEAR, 0), min(end + _NEAR, self.time.size))
        near = near[self.good[near]]
        steps = _scatter(np.diff(self.pixels[..., near], axis=-1)) / np.sqrt(2)
        curve = float(_scatter(np.diff(self.curve[near]))) / np.sqrt(2)
        white = np.where(steps > 0, np.minimum(steps, self.white), self.white)
        return white, min(curve, self.curve_white) if curve > 0 else self.curve_white

    def places(self, n):
        """Where `n` cadences and flanks as long have room, and nothing is going on in the middle.

        First cadences of the middle: int array. The middle holds no gap, no flag and no pixel that
        jumps, the flanks no long gap, and the aperture does not stand out there already.
        """
        inside = _running(self.calm, n) == n
        begins = np.flatnonzero(inside)
        begins = begins[(begins >= n) & (begins + 2 * n <= self.time.size)]
        around = _running(self.usable, 3 * n)
        begins = begins[around[begins - n] >= 2.5 * n]
        if not begins.size:
            return begins
        mean = _running(self.curve, n) / n
        response = mean[begins] - (mean[begins - n] + mean[begins + n]) / 2
        return begins[np.abs(response - np.median(response)) < 3 * _scatter(response)]


def _running(values, n):
    """Sum of `n` values from each one on: array (size - n + 1,)."""
    total = np.concatenate([[0], np.cumsum(values)])
    return total[n:] - total[:-n]


def _scatter(values):
    """Robust standard deviation along the last axis."""
    with np.errstate(invalid="ignore"):
        low, high = np.nanpercentile(np.nan_to_num(values), [15.87, 84.13], axis=-1)
    return (high - low) / 2


def _fitted_prf(tpf):
    """A PRF that is no sum of Gaussians and as wide as the file's star, and the file's scene."""
    known = _measured_prf(tpf)
    if known is None:
        width = learn_scene(tpf, MoffatPRF(1.0, 3.0, 0.85, 30.0)).width
        known = MoffatPRF(width, 3.0, 0.85, 30.0)
    return known, learn_scene(tpf, known)


def _measured_prf(tpf):
    """SPOC's PRF at the middle of a real TESS stamp; None where there is none."""
    camera, ccd = tpf.attrs.get("camera"), tpf.attrs.get("ccd")
    if tpf.attrs["mission"] != "TESS" or tpf.attrs.get("simulated") or not camera or not ccd:
        return None
    path = Path(os.environ["TPFDASH_TEST_DATA"]).parent / "prf" / "tess_spoc_prf_sector4.npz"
    if not path.exists():
        return None
    row, col = (float(tpf[name].values.mean()) for name in ("row", "col"))
    return MeasuredPRF.from_npz(path, camera=int(camera), ccd=int(ccd), row=row, col=col)


_FILES: list = []


def _file(tpf):
    for known, facts in _FILES:
        if known is tpf:
            return facts
    _FILES.append((tpf, _File(tpf)))
    del _FILES[:-16]
    return _FILES[-1][1]


def injected_prf(tpf):
    """The PRF that events are injected into a file with."""
    return _file(tpf).prf


# --- events by class ---------------------------------------------------------------------------
# Each gives: a function of strength that makes the event; a first strength; the most there can be;
# first and last time that a user would mark; where it is (row, col), or None.


def _star_event(rng, star, t0, t1, depth_limit, brightening=None):
    """A transit, an eclipse or a flare of a star: function of depth, and the most it can be."""
    middle, length = (t0 + t1) / 2, t1 - t0
    flare = rng.random() < 0.3 if brightening is None else brightening
    if flare:
        decay = length / 4
        return lambda a: kinds.Flare(
            star(a), t0 + 0.1 * length, a if star.own else 1.0, 0.1 * length, decay
        ), np.inf
    if rng.random() < 0.3:
        return lambda a: kinds.Eclipse(
            star(a), None, middle, length, a if star.own else 1.0
        ), depth_limit
    ingress = rng.uniform(0.05, 0.3)
    return lambda a: kinds.Transit(
        star(a), None, middle, length, a if star.own else 1.0, ingress
    ), depth_limit


class _Target:
    own = True

    def __call__(self, amplitude):
        return 0


class _Neighbour:
    """A star whose whole flux the strength is."""

    own = False

    def __init__(self, place):
        self.place = place

    def __call__(self, amplitude):
        return Star(*self.place, flux=amplitude)


def _on_target(file, rng, t0, t1):
    make, most = _star_event(rng, _Target(), t0, t1, MOST["depth"])
    return make, 0.01, most, (t0, t1), file.target


def _neighbour(file, rng, t0, t1):
    """1 px or more from the target, up to 1 px outside the stamp.

    What dims was there: no brighter than what the pixels hold at its place.
    """
    rows, cols = file.shape
    for _ in range(200):
        place = rng.uniform([-1.5, -1.5], [rows + 0.5, cols + 0.5])
        near = tuple(np.clip(np.rint(place), 0, [rows - 1, cols - 1]).astype(int))
        if np.hypot(*(place - file.target)) >= 1 and file.alive[near]:
            break
    share = file.prf.images(file.shape, *place).max()
    there = max(file.image[near], 0) / max(share, 1e-3)
    make, most = _star_event(rng, _Neighbour(place), t0, t1, 0.8 * there)
    if np.isfinite(most):
        dims, brightens = make, _star_event(rng, _Neighbour(place), t0, t1, 0, brightening=True)[0]
        make = lambda a: dims(a) if a <= most else brightens(a)  # noqa: E731
    return make, 50.0, np.inf, (t0, t1), place


def _moving_object(file, rng, t0, t1):
    """Across the stamp during the window, at least two pixels of it."""
    rows, cols = file.shape
    through = np.array([(rows - 1) / 2, (cols - 1) / 2]) + rng.uniform(-0.25, 0.25, 2) * file.shape
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.sin(angle), np.cos(angle)])
    ways = np.concatenate(
        [
            (np.array([-0.5, n - 0.5]) - p) / d if abs(d) > 1e-6 else [np.inf, -np.inf]
            for p, d, n in zip(through, direction, file.shape, strict=True)
        ]
    )
    back, ahead = ways[ways <= 0].max(), ways[ways > 0].min()
    length = max(ahead - back, 2.0)
    speed = length / (t1 - t0)
    middle = t0 - back / speed
    velocity = direction * speed
    place = through + direction * (ahead + back) / 2
    make = lambda a: kinds.MovingObject(middle, *through, *velocity, a)  # noqa: E731
    return make, 50.0, np.inf, (t0, t1), place


def _cosmic_ray(file, rng, t0, t1):
    first = np.argwhere(file.alive)[rng.integers(file.alive.sum())]
    pixels = [tuple(map(int, first))]
    for _ in range(rng.choice([0, 1, 2], p=[0.6, 0.3, 0.1])):
        step = [(0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (-1, 1)][rng.integers(6)]
        near = pixels[-1][0] + step[0], pixels[-1][1] + step[1]
        if 0 <= near[0] < file.shape[0] and 0 <= near[1] < file.shape[1] and near not in pixels:
            pixels.append(near)
    shares = rng.uniform(0.3, 1, len(pixels))
    make = lambda a: kinds.CosmicRay(t0, pixels, list(a * shares))  # noqa: E731
    place = np.average(pixels, axis=0, weights=shares)
    return make, 50.0, np.inf, (t0, t0), place


def _column_or_row(file, rng, t0, t1):
    sign = rng.choice([-1, 1])
    if rng.random() < 0.5:
        axis = ["row", "column"][rng.integers(2)]
        line = int(rng.integers(file.shape[0 if axis == "row" else 1]))
        return (
            (lambda a: kinds.CollateralRay(t0, axis, line, sign * a)),
            10.0,
            np.inf,
            (t0, t0),
            None,
        )
    line = int(rng.integers(file.shape[1]))
    return (lambda a: kinds.Smear(t0, t1, line, a)), 10.0, np.inf, (t0, t1), None


def _rolling_band(file, rng, t0, t1):
    row, height = rng.uniform(0, file.shape[0] - 1), rng.uniform(0.6, 1.5)
    drift, sign = rng.uniform(-1, 1) / (t1 - t0), rng.choice([-1, 1])
    make = lambda a: kinds.RollingBand(t0, t1, row, height, sign * a, drift, known=False)  # noqa: E731
    return make, 10.0, np.inf, (t0, t1), None


def _sensitivity_dropout(file, rng, t0, t1):
    light = np.where(file.alive, np.clip(np.nan_to_num(file.image), 0, None), 0).ravel()
    first = np.unravel_index(rng.choice(light.size, p=light / light.sum()), file.shape)
    pixels = [tuple(map(int, first))]
    if rng.random() < 0.3 and first[1] + 1 < file.shape[1]:
        pixels.append((pixels[0][0], pixels[0][1] + 1))
    recovered = rng.uniform(0.3, 0.9)
    make = lambda a: kinds.SensitivityDropout(t0, pixels, min(a, 1.0), recovered, (t1 - t0) / 2.5)  # noqa: E731
    return make, 0.05, MOST["drop"], (t0, t1), np.mean(pixels, axis=0)


def _pointing(file, rng, t0, t1):
    """Steps, firings and jitter; in K2 along the roll, as the file itself points."""
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.sin(angle), np.cos(angle)])
    if np.ptp(file.scene.path, axis=0).max() > 0.3:
        direction = np.linalg.svd(file.scene.path[file.good], full_matrices=False)[2][0]
        direction *= rng.choice([-1, 1])
    measured, which = bool(rng.random() < 0.5), rng.random()
    if which < 0.4:
        make = lambda a: kinds.AttitudeTweak(t0, *(a * direction), stop=t1, measured=measured)  # noqa: E731
        return make, 0.05, MOST["d"], (t0, t1), None
    if which < 0.8:
        back = (t1 - t0) * rng.uniform(0.8, 1.2)
        make = lambda a: kinds.ThrusterFiring(t0, *(a * direction), back, measured)  # noqa: E731
        return make, 0.1, MOST["d"], (t0, t1), None
    seed = int(rng.integers(10_000))
    make = lambda a: kinds.Jitter(t0, t1, a, a / 3, seed, measured)  # noqa: E731
    return make, 0.2, MOST["blur"], (t0, t1), None


def _systematic(file, rng, t0, t1):
    """Focus that is off and settles, with some sensitivity beside it."""
    sign, also = rng.choice([-1, 1]), rng.uniform(-0.1, 0.1)
    most = MOST["width"] if sign > 0 else 0.3
    make = lambda a: kinds.ThermalSlope(t0, (t1 - t0) / 2.5, sign * a, also * a)  # noqa: E731
    return make, 0.05, most, (t0, t1), None


def _background(file, rng, t0, t1):
    tilt = rng.uniform(-0.8, 0.8, 2)
    if rng.random() < 0.4:
        stop = t0 + file.cadence * int(rng.integers(3))
        tilt *= 0.3
        return (lambda a: kinds.Argabrightening(t0, stop, a, *tilt)), 10.0, np.inf, (t0, stop), None
    return (lambda a: kinds.ScatteredLight(t0, t1, a, *tilt)), 10.0, np.inf, (t0, t1), None


_DRAWERS = {name: globals()[f"_{name}"] for name in CLASSES}


# --- S/N ---------------------------------------------------------------------------------------


def event_snr(file, signal, begin, end, on_light_curve):
    """S/N of an event, as the module says.

    Parameters
    ----------
    signal : float array (row, col, time)
        What it changes, e-/s.
    begin, end : int
        First cadence of the event, and the one after its last.
    """
    n = end - begin
    low, high = max(begin - n, 0), min(end + n, file.time.size)
    its = np.where(file.alive[..., None], signal[..., low:high], 0)
    data = file.pixels
    if on_light_curve:
        its, data = (x[file.aperture].sum(axis=0)[None] for x in (its, data))
    else:
        power = (its**2).sum(axis=-1)
        strong = power > 1e-4 * power.max()
        its, data = its[strong], data[strong]
    inside = np.zeros(high - low, dtype=bool)
    inside[begin - low : end - low] = True
    kernel = np.where(inside, its, 0)
    kernel -= kernel.sum(axis=-1, keepdims=True) / max((~inside).sum(), 1) * ~inside
    response = (kernel * its).sum(axis=-1)
    everywhere = fftconvolve(data, kernel[:, ::-1], mode="valid", axes=1)
    usable = _running(file.usable, high - low) >= 0.9 * (high - low)
    noise = _scatter(everywhere[:, usable])
    return float(np.sqrt(np.sum((response[noise > 0] / noise[noise > 0]) ** 2)))


# --- drawing -----------------------------------------------------------------------------------


def draw(kind, tpf, rng, snr):
    """One event of a class in a file, flags withheld.

    Parameters
    ----------
    kind : str
        One of `CLASSES`.
    tpf : Dataset
        In memory.
    rng : numpy.random.Generator
    snr : float
        The wanted S/N; that which was reached is in the truth.

    Returns
    -------
    tpf_with_event : Dataset
    window : (float, float)
        What a user would drag: each end is off by up to a tenth of the event's length, and
        further out by up to a cadence.
    truth : dict
        "kind", "snr", "event" (its numbers), "times" (first and last), "position" (detector row
        and col; None where it has no place), "cadences" (first, and one after the last).

    Raises
    ------
    NotDrawn
        Where twelve tries gave no such event in this file.
    """
    file = _file(tpf)
    for _ in range(12):
        found = _try(kind, tpf, file, rng, snr)
        if found is not None:
            return found
    raise NotDrawn(f"no {kind} of S/N {snr:.0f} was found in this file")


def _try(kind, tpf, file, rng, snr):
    longest = file.time[file.usable].size * file.cadence / 12
    length = np.exp(rng.uniform(np.log(0.1), np.log(min(0.6, longest))))
    n = max(int(round(length / file.cadence)), 3)
    places = file.places(n)
    if not places.size:
        return None
    begin = int(places[rng.integers(places.size)])
    t0, t1 = float(file.time[begin]), float(file.time[begin + n - 1])
    make, strength, most, times, place = _DRAWERS[kind](file, rng, t0, t1)
    begin, end = (int(np.nanargmin(np.abs(file.time - t))) for t in times)
    end += 1
    seed = int(rng.integers(1 << 31))
    for _ in range(4):
        event = make(strength)
        made = tpfdash.inject(tpf, event, flags=False, seed=seed, prf=file.prf, scene=file.scene)
        signal = made["flux"].values.transpose(1, 2, 0) - tpf["flux"].values.transpose(1, 2, 0)
        reached = event_snr(file, np.nan_to_num(signal), begin, end, kind == "on_target")
        if 0.9 < reached / snr < 1.1:
            break
        # A signal far below its own photon noise or far beyond the linear range is asked for again.
        strength *= np.clip(snr / max(reached, 1e-9), 1e-3, 1e3)
        if not 0 < strength <= most:
            return None
    if not 0.75 < reached / snr < 1.33:
        return None
    span = times[1] - times[0]
    off = rng.uniform(-0.1, 0.1, 2) * span + rng.uniform(0.1, 1, 2) * file.cadence
    window = times[0] - off[0], times[1] + off[1]
    corner = np.array([tpf["row"].values[0], tpf["col"].values[0]])
    truth = {
        "kind": kind,
        "snr": reached,
        "event": made.attrs["injected"][-1]["events"][0],
        "times": times,
        "cadences": (begin, end),
        "position": None if place is None else tuple((corner + place).tolist()),
    }
    return made, window, truth


def quiet_window(tpf, rng):
    """A window of 1 to 32 cadences in which nothing happens, (t0, t1); NotDrawn if none is found.

    The aperture's mean, less the mean of two flanks as long, stays under 2.5 sigma of white noise,
    the pixels' chi2 within 3 sigma of its expectation, and no pixel is beyond 5 sigma in any
    cadence. The noise is that of the time around, where that is less than the file's: a ray that
    a noisier month would hide is none of nothing.
    """
    file = _file(tpf)
    for _ in range(400):
        n = int(rng.integers(1, 33))
        places = file.places(n)
        if not places.size:
            continue
        begin = int(places[rng.integers(places.size)])
        inside = slice(begin, begin + n)
        around = np.r_[begin - n : begin, begin + n : begin + 2 * n]
        around = around[file.good[around]]
        if around.size < n:
            continue
        level = file.pixels[..., around].mean(axis=-1)
        apart = file.pixels[..., inside] - level[..., None]
        error = np.sqrt(1 / n + 1 / around.size)
        white, curve_white = file.white_around(begin, begin + n)
        used = file.alive & (white > 0)
        mean = apart.mean(axis=-1)
        curve = mean[file.aperture & file.alive].sum() / (curve_white * error)
        chi2 = ((mean[used] / (white[used] * error)) ** 2).sum()
        single = np.abs(apart[used]) / (white[used][:, None] * np.sqrt(1 + 1 / around.size))
        expected = used.sum()
        if (
            abs(curve) < 2.5
            and abs(chi2 - expected) < 3 * np.sqrt(2 * expected)
            and single.max() < 5
        ):
            half = file.cadence / 2
            return float(file.time[begin] - half), float(file.time[begin + n - 1] + half)
    raise NotDrawn("no quiet window was found in this file")
