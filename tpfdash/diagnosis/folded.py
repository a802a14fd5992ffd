"""The difference image of all events of an ephemeris together: what a diagnosis measures of them,
without its verdict, so that it keeps up with a period that is being dragged.

The verdict is that of `tpfdash.diagnose` with the same windows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from tpfdash.diagnosis.diagnose import EventImages, check_prf
from tpfdash.diagnosis.evidence import Whitened, whitened
from tpfdash.diagnosis.noise import Noise, learn_noise
from tpfdash.diagnosis.numbers import DepthInPpm
from tpfdash.diagnosis.place import Pair, Place, Square, measure_place, pair, sigma_off
from tpfdash.diagnosis.reference import Nothing, Stretches, on_stamp, stretches
from tpfdash.diagnosis.scene import Scene, see_scene
from tpfdash.diagnosis.windows import Window, as_windows
from tpfdash.errors import TPFError
from tpfdash.missions import get_mission
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.masks import as_mask, default_mask
from tpfdash.stamp.model import check_tpf
from tpfdash.stamp.prf import PRF
from tpfdash.stamp.sky import pixel_scale
from tpfdash.stamp.threads import one_thread
from tpfdash.timeseries.ephemeris import Ephemeris

__all__ = ["FoldedImage", "folded_image"]

#: S/N of the best star anywhere from which a place is told: chance has many places to choose from.
_STANDS_OUT = 7.0
#: Shares of the window that ingress may take, and egress; points in a bin to average them at.
_INGRESSES, _FINE = (0.0, 0.15, 0.3, 0.5), 16
#: Most events that are measured, spread over the file: more say no more of a place.
_MOST = 400


@dataclass(frozen=True, eq=False)
class FoldedImage(DepthInPpm):
    """What changes on the stamp in all events together.

    Parameters
    ----------
    difference : EventImages or None
        As that of a `tpfdash.Diagnosis`; None where nothing could be measured.
    reason : str
        Why not, in words; "" where it could.
    depth, depth_err, level : float
        At the bottom of a trapezoid as long as the windows, on the aperture's light, e-/s; NaN
        where not measured.
    snr : float
        Depth over its error; NaN where not measured.
    position, offset, covariance, target
        As those of a `tpfdash.Diagnosis`; the first three are None where no star's
        image stands out by 7 sigma.
    reference : str
        What `target` is: "the target" or "the star in the aperture".
    pixel_scale : float
        arcsec in a pixel.
    windows : tuple of (t0, t1)
        All events, in the file's own days.
    n_events : int
        Those of them that could be measured whole.
    """

    difference: EventImages | None
    reason: str
    depth: float
    depth_err: float
    level: float
    snr: float
    position: Pair | None
    offset: Pair | None
    covariance: Square | None
    target: Pair | None
    reference: str
    pixel_scale: float
    windows: tuple[Window, ...]
    n_events: int

    @property
    def offset_sigma(self) -> float:
        """How many sigma the events lie off the target (Mahalanobis); NaN where not known."""
        return sigma_off(self.offset, self.covariance)


def folded_image(
    tpf: xr.Dataset,
    ephemeris: Ephemeris,
    aperture: ArrayLike | None = None,
    *,
    prf: PRF | None = None,
) -> FoldedImage:
    """The difference image of all events of an ephemeris, and its place.

    Events, quiet places, noise, stars and the fit of the place are those of `tpfdash.diagnose`; the
    events' shape is a box, and no cause but a star is fitted.

    Parameters
    ----------
    tpf : Dataset
        As `open_tpf` gives it.
    ephemeris : Ephemeris
        With a duration. Of more than 400 events in the file, 400 are measured.
    aperture, prf
        As for `tpfdash.diagnose`.

    Returns
    -------
    FoldedImage

    Raises
    ------
    TPFError
        On arguments that are none, or where no event is in the file.
    """
    check_tpf(tpf)
    if not isinstance(ephemeris, Ephemeris):
        raise TPFError(
            f"A {type(ephemeris).__name__} is no ephemeris: it should be a tpfdash.Ephemeris."
        )
    if prf is not None:
        check_prf(prf)
    mask = default_mask(tpf) if aperture is None else as_mask(aperture, tpf["aperture"].shape)
    found = ephemeris.windows(tpf["time"].values)
    if not found:
        raise TPFError(
            f"No event of the ephemeris (period {ephemeris.period:.5g} d, t0 {ephemeris.t0:.5f}) "
            "holds a cadence of the file: another t0 or a longer duration would."
        )
    windows = as_windows(found)
    some = np.unique(np.linspace(0, len(windows) - 1, min(len(windows), _MOST)).round().astype(int))
    scale = pixel_scale(tpf) or get_mission(tpf.attrs["mission"]).pixel_scale
    try:
        with one_thread():
            return _measured(tpf, [windows[n] for n in some], tuple(windows), mask, prf, scale)
    except Nothing as nothing:
        return FoldedImage(
            None,
            str(nothing),
            *(np.nan,) * 4,
            *(None,) * 4,
            "the target",
            scale,
            tuple(windows),
            0,
        )


def _measured(
    tpf: xr.Dataset,
    windows: list[Window],
    every: tuple[Window, ...],
    mask: np.ndarray,
    prf: PRF | None,
    scale: float,
) -> FoldedImage:
    where = np.argwhere(mask) if mask.any() else np.argwhere(np.ones_like(mask))
    row, col = where.mean(axis=0).tolist()
    data = stretches(tpf, windows, (row, col))
    if len(data.pixels) < 2:
        raise Nothing("only one pixel has data")
    noise = learn_noise(data)
    outside, error = _outside(data, noise)
    scene = see_scene(tpf, outside, error, data.pixels, mask, prf)
    image = whitened(noise, _shape(data, noise, scene), data)
    own = mask[data.pixels[:, 0], data.pixels[:, 1]].astype(float)
    light = image.filtered.image
    covariance = image.filtered.covariance * image.excess
    depth = depth_err = level = np.nan
    if own.any():
        depth, level = -float(own @ light), float(own @ outside)
        depth_err = float(np.sqrt(own @ covariance @ own))
    place = _place(image, scene)
    first = np.array(corner(tpf), dtype=float)

    def image_of(values: np.ndarray) -> np.ndarray:
        return on_stamp(values, data.pixels, tpf["aperture"].shape)

    pixel_error = np.sqrt(covariance.diagonal())
    model = np.full(len(light), np.nan)
    if place is not None:
        template = scene.prf.images(place.position[None])
        model = image.gains(template)[1][0] * template[0]
    return FoldedImage(
        difference=EventImages(
            image=image_of(-light),
            error=image_of(pixel_error),
            snr=image_of(-light / pixel_error),
            outside=image_of(outside),
            model=image_of(-model),
        ),
        reason="",
        depth=depth,
        depth_err=depth_err,
        level=level,
        snr=depth / depth_err,
        position=None if place is None else pair(first + scene.target_place + place.offset),
        offset=None if place is None else pair(place.offset),
        covariance=None
        if place is None
        else (pair(place.covariance[0]), pair(place.covariance[1])),
        target=pair(first + scene.target_place),
        reference=scene.reference,
        pixel_scale=scale,
        windows=every,
        n_events=data.n_windows,
    )


def _shape(data: Stretches, noise: Noise, scene: Scene) -> np.ndarray:
    """The trapezoid as long as the window that the target's light follows best: float64 (bin,)."""
    at = (np.arange(data.length * _FINE) + 0.5) / _FINE
    inside = np.minimum(at - data.window.start, data.window.stop - at)
    n = data.window.stop - data.window.start
    tried = np.array([np.clip(inside / max(share * n, 1e-3), 0, 1) for share in _INGRESSES])
    tried = tried.reshape(len(tried), data.length, _FINE).mean(axis=2)
    rotated = noise.rotated(scene.target[None])
    along = (noise.projected(tried) @ rotated.T)[:, 0]
    norm = np.maximum((noise.power(tried) @ (rotated**2).T)[:, 0], 1e-300)
    return tried[int(np.argmax(along**2 / norm))]


def _outside(data: Stretches, noise: Noise) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the pixels beside the events, and its error."""
    beside = np.ones(data.length, dtype=bool)
    beside[data.region] = False
    return data.event[beside].mean(axis=0), noise.white / np.sqrt(beside.sum())


def _place(image: Whitened, scene: Scene) -> Place | None:
    """The place of what changes, by a star's image; None where it does not stand out."""
    start, gain = image.best_star(scene.prf, scene.places, scene.target)
    if gain < _STANDS_OUT**2:
        return None
    return measure_place(image, scene, start)
