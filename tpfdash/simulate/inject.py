"""`inject`: events put into a target pixel file that is there, real or simulated.

What lives here: how each effect of an event changes what a file holds. What the file shows of its
stars is learned in `tpfdash.simulate.observed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.missions import get_mission
from tpfdash.simulate.events import (
    Event,
    Pointing,
    View,
    nonzero_cadences,
    plain,
    pointing_of,
    product,
    require,
    total,
)
from tpfdash.simulate.flags import quality_bits, rolling_band_levels
from tpfdash.simulate.instruments import DETECTORS, MODES
from tpfdash.simulate.observed import ObservedScene, learn_scene
from tpfdash.simulate.stars import Star, StarEvent, relative_light
from tpfdash.stamp.blocks import pixel_series, spans
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.masks import pipeline_mask
from tpfdash.stamp.model import check_tpf
from tpfdash.stamp.prf import PRF, as_prf

__all__ = ["inject"]


def inject(
    tpf: xr.Dataset,
    events: Event | Sequence[Event],
    *,
    prf: PRF | Sequence[tuple[float, float]] | None = None,
    flags: bool = True,
    seed: int = 0,
    scene: ObservedScene | None = None,
) -> xr.Dataset:
    """A copy of a target pixel file with events put into it, and the truth about them.

    Stars. What happens on star 0, the target, changes the target's own light in each pixel: what
    the file's unflagged cadences show there above the sky, at the cadence's pointing, and of that
    the target's share. In a saturated star it shows at the ends of the bleeding columns. A `Star`
    as an event's star, inside the stamp or beside it, changes by the PRF at its place.

    Pointing, blur, width. How the pixels answer to a displacement is learned from the file itself,
    each pixel's light being a quadratic in POS_CORR, if the file has pointed to within 0.05 pixels
    of nine in ten of the places that they are moved to. Else, and for blur and width, stars move
    as the PRF says, at places and with a common width fitted to the median image. The truth says
    which was used.

    Pixels. A loss of sensitivity scales all that a pixel holds, background and noise included.

    Light that is added, by a star's own event or to pixels, brings its photon noise; light that is
    taken away, moved or scaled leaves the noise that was there. FLUX changes alone of the cubes:
    FLUX_ERR, FLUX_BKG, RAW_CNTS and COSMIC_RAYS stay as they are.

    Parameters
    ----------
    tpf : Dataset
        As `open_tpf` or `simulate_tpf` gives it. It stays as it is. A lazy cube is read by blocks
        of cadences; the new FLUX is in memory.
    events : Event, or sequence of Event
        Of `tpfdash.simulate.KINDS`; rows and columns count from the centre of the stamp's first
        pixel, times are the file's own.
    prf : PRF, or sequence of (weight, sigma), optional
        For all that is not learned from the file. Default: the mission's typical sum of Gaussians.
    flags : bool
        Whether QUALITY tells of the events, as the pipelines would have it. POS_CORR and RB_LEVEL,
        where the file has them, tell of those that are `measured` or `known`.
    seed : int
        Of the photon noise.
    scene : ObservedScene, optional
        What `tpfdash.simulate.learn_scene` learned of this file, for those who inject into it many
        times; by default it is learned anew, without the cadences of the events.

    Returns
    -------
    Dataset
        ``attrs["injected"]`` is a list with a dict for each call: "events" (the kind, its numbers,
        and `cadences`, the first and last index that it changes), "corner" (detector pixel that
        rows and columns count from), "target" (row, col, flux in e-/s in the stamp; None where
        nothing was learned), "pointing" ("POS_CORR", "PRF", or None), "prf", "flags",
        "seed". A file that such a Dataset is written to says that there was an injection, not
        which: read back, this is ``[{}]``.

    Raises
    ------
    TPFError
        If `tpf` is no target pixel file, an event is none or happens in no cadence or pixel of the
        file, a star's index is not 0, `scene` is not of this file, or no pixel has a value where
        the stars are to be learned.
    """
    check_tpf(tpf)
    events = [events] if isinstance(events, Event) else events
    mission = get_mission(tpf.attrs["mission"])
    prf = as_prf(DETECTORS[mission.name].prf if prf is None else prf)
    require(
        isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0,
        f"seed should be a whole number of at least 0: got {seed!r}.",
    )
    rows, cols = tpf["aperture"].shape
    view = View((rows, cols), tpf["time"].values, _cadence(tpf), prf)
    _check(events, view)
    require(
        scene is None
        or (
            isinstance(scene, ObservedScene)
            and scene.share.shape == view.shape
            and len(scene.path) == view.time.size
        ),
        "scene should be what learn_scene learned of this file, or None: got "
        f"a {type(scene).__name__} of another.",
    )
    changed = nonzero_cadences(events, view)
    pointing = pointing_of(events, view)
    if not _needs_scene(events, view):
        scene = None
    elif scene is None:
        scene = learn_scene(tpf, prf, changed)

    own = scene is not None and scene.knows(np.flatnonzero(changed), pointing[changed])
    made = np.empty((*view.shape, view.time.size), dtype=np.float32)
    rng = np.random.default_rng([seed, 2])
    for span in spans(tpf, ["flux"], np.ones(view.shape, dtype=bool)):
        block = pixel_series(tpf, "flux", span)
        made[..., span] = block
        here = np.flatnonzero(changed[span]) + span.start
        if here.size:
            bright, other = _changes(tpf, events, scene, view, pointing[here], own, here)
            noise = rng.standard_normal((here.size, *view.shape)).transpose(1, 2, 0)
            noise *= np.sqrt(np.clip(bright, 0, None) / _exposure(tpf))
            made[..., here] += (bright + other + noise).astype(np.float32)
    return _dataset(tpf, made, events, view, pointing, flags).assign_attrs(
        injected=[
            *tpf.attrs.get("injected", ()),
            {
                "events": [plain(each) | {"cadences": _ends(each, view)} for each in events],
                "corner": list(corner(tpf)),
                "target": None
                if scene is None
                else dict(zip(("row", "col", "flux"), _target(scene), strict=True)),
                "pointing": None if _is_steady(pointing) else "POS_CORR" if own else "PRF",
                "prf": plain(prf),
                "flags": bool(flags),
                "seed": seed,
            },
        ]
    )


def _cadence(tpf: xr.Dataset) -> float:
    """Days from cadence to cadence."""
    time = tpf["time"].values
    steps = np.diff(time[np.isfinite(time)])
    if steps.size:
        return float(np.median(steps))
    return float(tpf.attrs.get("cadence_seconds", 0)) / 86400


def _exposure(tpf: xr.Dataset) -> float:
    """Seconds of light in a cadence, as the mission's mode of nearest length exposes."""
    seconds = _cadence(tpf) * 86400
    modes = MODES[get_mission(tpf.attrs["mission"]).name].values()
    nearest = min(modes, key=lambda mode: abs(np.log(max(seconds, 1e-3) / mode.seconds)))
    return max(seconds, 1e-3) * nearest.exposure / nearest.seconds


def _check(events: Any, view: View) -> None:
    good = isinstance(events, Sequence) and all(isinstance(event, Event) for event in events)
    require(
        good and bool(events), f"events should be at least one event, in a list: got {events!r}."
    )
    for event in events:
        if isinstance(event, StarEvent) and not isinstance(event.star, Star):
            require(
                event.star == 0,
                f"There is no star {event.star!r} for {event}: it should be 0, the target, or a "
                "Star.",
            )
        if isinstance(event, StarEvent) and isinstance(event.star, Star):
            require(
                event.star.flux is not None,
                f"The star of an injected event needs its flux in e-/s: got {event.star}.",
            )
        if not event.when(view).any():
            known = view.time[np.isfinite(view.time)]
            ends = f"{known.min():.4f} to {known.max():.4f}" if known.size else "none"
            raise TPFError(
                f"{event} happens in no cadence of the file, or in no pixel: its times are {ends}, "
                f"its stamp is {view.shape[0]} x {view.shape[1]} pixels."
            )


def _needs_scene(events: Sequence[Event], view: View) -> bool:
    first = View(view.shape, view.time[:1], view.cadence, view.prf)
    return any(
        event.pointing(first) is not None
        or event.scale(first) is not None
        or (isinstance(event, StarEvent) and event.star == 0)
        for event in events
    )


def _changes(
    tpf: xr.Dataset,
    events: Sequence[Event],
    scene: ObservedScene | None,
    view: View,
    moved: Pointing,
    own: bool,
    here: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """What changes at some cadences: light that brings noise, light that does not.

    Both are float64 (row, col, n) e-/s. With `own` the file's own response says what moves.
    """
    now = View(view.shape, view.time[here], view.cadence, view.prf)
    bright = _starlight(events, scene, now, here)
    added = total(event.added(now) for event in events)
    if added is not None:
        bright = bright + added
    other = np.zeros(bright.shape)
    if scene is not None and not _is_steady(moved):
        other += scene.dim(scene.moved(here, moved, own))
    scale = product(event.scale(now) for event in events)
    if scene is not None and scale is not None:
        other += scene.dim((scale - 1) * (scene.light(here) - scene.sky))
    gain = product(event.gain(now) for event in events)
    if gain is not None:
        seen = pixel_series(tpf, "flux", here) + bright + other
        if tpf.attrs.get("background_subtracted") and "flux_bkg" in tpf:
            seen = seen + np.nan_to_num(pixel_series(tpf, "flux_bkg", here))
        other += (gain - 1) * seen
    return bright, other


def _starlight(
    events: Sequence[Event], scene: ObservedScene | None, now: View, here: np.ndarray
) -> np.ndarray:
    """What stars' own events change: float64 (row, col, n) e-/s."""
    change = np.zeros((*now.shape, here.size))
    if scene is not None:
        target = relative_light(events, 0, now.time) - 1
        if target.any():
            change += scene.dim(target * scene.target(here))
    others = {
        event.star: None
        for event in events
        if isinstance(event, StarEvent) and isinstance(event.star, Star)
    }
    for star in others:
        width = scene.width if scene is not None else 1.0
        share = now.prf.images(now.shape, star.row, star.col, width)
        change += (star.flux or 0) * (relative_light(events, star, now.time) - 1) * share
    return change


def _is_steady(pointing: Pointing) -> bool:
    moves = (pointing.d_row, pointing.d_col, pointing.blur_row, pointing.blur_col)
    return not any(part.any() for part in moves) and bool((pointing.width == 1).all())


def _dataset(
    tpf: xr.Dataset,
    flux: np.ndarray,
    events: Sequence[Event],
    view: View,
    pointing: Pointing,
    flags: bool,
) -> xr.Dataset:
    """The Dataset with the new flux, and what tells of the events beside it."""
    mission = get_mission(tpf.attrs["mission"]).name
    new: dict[str, Any] = {"flux": (tpf["flux"].dims, flux.transpose(2, 0, 1), tpf["flux"].attrs)}
    if flags:
        bits = quality_bits(events, view, mission, pipeline_mask(tpf))
        new["quality"] = "time", tpf["quality"].values | bits, tpf["quality"].attrs
    known = pointing_of(events, view, measured=True)
    for name, moved in (("pos_corr1", known.d_col), ("pos_corr2", known.d_row)):
        if name in tpf and moved.any():
            values = tpf[name].values
            new[name] = "time", (values + moved).astype(values.dtype), tpf[name].attrs
    levels = rolling_band_levels(events, view, mission)
    if levels is not None and tpf.sizes.get("rb_duration", 0):
        values = tpf["rb_level"].values
        higher = np.fmax(values, levels.T[..., None]).astype(values.dtype)
        new["rb_level"] = tpf["rb_level"].dims, higher, tpf["rb_level"].attrs
    return tpf.assign(new)


def _ends(event: Event, view: View) -> list[int]:
    """The first and the last cadence that an event changes."""
    changed = np.flatnonzero(event.when(view))
    return [int(changed[0]), int(changed[-1])]


def _target(scene: ObservedScene) -> list[float]:
    """Row, column and light in the stamp of the target."""
    row, col = scene.stars[0][:2]
    light = scene.target(np.zeros(1, dtype=int))[..., 0]
    return [float(row), float(col), float(np.nansum(light))]
