"""What chance and the instrument do on an event's time scale, learned at a file's quiet places.

A stretch of bins is a matrix (bin, pixel). Its noise is described mode by mode: the modes are
the principal components of the pixels, each in units of its own scatter; the strongest (roll, the
star's variability, background) have a covariance in time of their own, the others share one. Data
and templates that are whitened with it can be compared by chi2, whatever their shape in space and
time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tpfdash.diagnosis import settings
from tpfdash.diagnosis.reference import Stretches
from tpfdash.diagnosis.robust import ONE_SIGMA

__all__ = ["Filtered", "Noise", "learn_noise"]


@dataclass(frozen=True)
class Noise:
    """The noise of a stretch of bins, and the event freed of what the pointing explains.

    Parameters
    ----------
    event : float64 array (bin, pixel)
        The event's bins less trend and pointing, e-/s.
    quiet : float64 array (place, bin, pixel)
        The same at quiet places.
    predicted : float64 array (bin, pixel)
        What POS_CORR lets expect, e-/s, less its trend; 0 where the file has none.
    response : float64 array (2, pixel)
        e-/s for a pixel of POS_CORR1 and POS_CORR2.
    white : float64 array (pixel,)
        Noise from bin to bin, e-/s.
    scale : float64 array (pixel,)
    modes : float64 array (pixel, mode)
        Orthonormal; a mode's value is `(image / scale) @ modes`.
    variances : float64 array (mode,)
    weights : float64 array (group, bin, bin)
        Inverse covariances in time of a mode of unit variance; trends have no weight.
    groups : int array (mode,)
        Which of `weights` a mode has.
    detrend : float64 array (bin, bin)
        Takes the trend off.
    odd : bool array (bin,)
        Where lonely odd cadences inside the window were mended.
    usual_move : float
        What POS_CORR lets expect in the strongest bin of 95 % of quiet places: mean square over
        the pixels in units of `white`.
    recurring : float64 array (template, pixel)
        What the file's own odd cadences have in common, e-/s; of length 0 where that is nothing.
    """

    event: np.ndarray
    quiet: np.ndarray
    predicted: np.ndarray
    response: np.ndarray
    white: np.ndarray
    scale: np.ndarray
    modes: np.ndarray
    variances: np.ndarray
    weights: np.ndarray
    groups: np.ndarray
    detrend: np.ndarray
    odd: np.ndarray
    usual_move: float
    recurring: np.ndarray

    def rotated(self, images: np.ndarray) -> np.ndarray:
        """Images (..., pixel) in modes of unit variance: float64 (..., mode)."""
        return (images / self.scale) @ self.modes / np.sqrt(self.variances)

    def power(self, shapes: np.ndarray) -> np.ndarray:
        """Weight that each shape (shape, bin) has in each mode: float64 (shape, mode)."""
        by_group = np.einsum("sl,glm,sm->sg", shapes, self.weights, shapes, optimize=True)
        return np.maximum(by_group[:, self.groups], 1e-12)

    @cached_property
    def rotated_event(self) -> np.ndarray:
        """The event in modes of unit variance: float64 (bin, mode)."""
        return self.rotated(self.event)

    @cached_property
    def rotated_quiet(self) -> np.ndarray:
        """The quiet places likewise: float64 (bin, place, mode)."""
        return np.ascontiguousarray(self.rotated(self.quiet).transpose(1, 0, 2))

    def projected(self, shapes: np.ndarray) -> np.ndarray:
        """Shapes (shape, bin) times the weights times the event: float64 (shape, mode)."""
        rotated = self.rotated_event
        out = np.empty((len(shapes), rotated.shape[-1]))
        for group, weight in enumerate(self.weights):
            which = self.groups == group
            out[:, which] = (shapes @ weight) @ rotated[:, which]
        return out

    def filtered(self, shape: np.ndarray) -> Filtered:
        """The image of what follows one shape (bin,) in time, and its noise."""
        power = self.power(shape[None])[0]
        back = (self.scale[:, None] * self.modes) * np.sqrt(self.variances)
        image = back @ (self.projected(shape[None])[0] / power)
        every = np.tensordot(shape @ self.weights, self.rotated_quiet, axes=(1, 0))
        quiet = np.empty(every.shape[1:])
        for group in range(len(self.weights)):
            which = self.groups == group
            quiet[:, which] = every[group][:, which]
        quiet = (quiet / power) @ back.T
        return Filtered(image, (back / power) @ back.T, quiet)


@dataclass(frozen=True)
class Filtered:
    """The best image of an event of one shape in time.

    Parameters
    ----------
    image : float64 array (pixel,)
        e-/s at the shape's height 1.
    covariance : float64 array (pixel, pixel)
    quiet : float64 array (place, pixel)
        The same measurement at quiet places.
    """

    image: np.ndarray
    covariance: np.ndarray
    quiet: np.ndarray


def learn_noise(data: Stretches, mend: bool = True) -> Noise:
    """The noise of the file on the time scale of an event.

    Parameters
    ----------
    mend : bool
        Whether lonely odd cadences inside a window of several are left out.
    """
    length = data.length
    trend, rest = _bases(length, data)
    detrend = rest @ rest.T
    quiet, quiet_pos, white, spikes = _without_spikes(data)
    event, event_pos, odd = _mended_event(data, white, mend)
    quiet = detrend @ quiet if quiet.size else quiet
    response = np.zeros((5, event.shape[1]))
    features = detrend @ _features(quiet_pos)
    if len(quiet) >= settings.FEWEST_PLACES and np.abs(features).max() > 1e-9:
        response = _response(features, quiet, white)
    usual = features @ response
    quiet = quiet - usual
    strength = ((usual / white) ** 2).mean(axis=2)[:, data.region].max(axis=1, initial=0.0)
    usual_move = float(np.quantile(strength, 0.95)) if len(strength) else 0.0
    predicted = detrend @ (_features(_within(event_pos, quiet_pos)) @ response)
    event = detrend @ event - predicted
    if len(quiet) < settings.FEWEST_PLACES:
        return _white_noise(event, quiet, predicted, response[:2], white, rest, odd)
    scale = np.maximum(
        _width(quiet.reshape(-1, quiet.shape[-1])) * np.sqrt(length / (length - trend.shape[1])),
        0.3 * white,
    )
    scale = np.maximum(scale, 1e-6 * max(scale.max(), 1e-30))
    quiet = quiet[_ordinary(quiet / scale, data)]
    values = np.clip(quiet / scale, -settings.CLIP, settings.CLIP)
    modes, variances = _modes(values, data)
    rotated = values @ modes
    weights, groups = _weights(rotated, variances, rest, data.independent)
    return Noise(
        event,
        quiet,
        predicted,
        response[:2],
        white,
        scale,
        modes,
        variances,
        weights,
        groups,
        detrend,
        odd,
        usual_move,
        _recurring(spikes, scale, modes, variances),
    )


def _ordinary(values: np.ndarray, data: Stretches) -> np.ndarray:
    """Which places are quiet: events, jumps and flashes are not what noise is learned from."""
    energy = [
        (values**2).mean(axis=(1, 2)),
        (values[:, data.window].mean(axis=1) ** 2).mean(axis=1),
    ]
    kept = np.ones(len(values), dtype=bool)
    for each in energy:
        middle = np.median(each)
        above = np.median(np.abs(each - middle)[each >= middle]) if len(each) else 0.0
        limit = max(middle + settings.QUIETER * 1.4826 * above, np.quantile(each, 0.6))
        kept &= each <= limit
    return kept


def _width(values: np.ndarray) -> np.ndarray:
    """Half-width that 68.3 % of values (n, pixel) are within, of up to 3,000 of them."""
    some = values[:: max(1, len(values) // 3000)]
    return np.quantile(np.abs(some), ONE_SIGMA, axis=0)


def _bases(length: int, data: Stretches) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal bases of the trends and of all else: float64 (bin, k), (bin, bin - k)."""
    beside = length - (data.region.stop - data.region.start)
    order = min(settings.TREND, max(beside // 3, 0))
    at = np.linspace(-1, 1, length)
    full, _ = np.linalg.qr(np.stack([at**k for k in range(order + 1)], axis=1), mode="complete")
    return full[:, : order + 1], full[:, order + 1 :]


def _features(pointing: np.ndarray) -> np.ndarray:
    """Quadratic in POS_CORR: arrays (..., bin, 2) -> (..., bin, 5)."""
    x, y = pointing[..., 0], pointing[..., 1]
    return np.stack([x, y, x * x, x * y, y * y], axis=-1)


def _within(event: np.ndarray, quiet: np.ndarray) -> np.ndarray:
    """Pointing brought back to what the quiet places know: a quadratic is no guide beyond."""
    if not quiet.size:
        return event
    low, high = np.quantile(quiet.reshape(-1, 2), [0.001, 0.999], axis=0)
    return np.clip(event, low - (high - low) / 2, high + (high - low) / 2)


def _response(features: np.ndarray, quiet: np.ndarray, white: np.ndarray) -> np.ndarray:
    """How each pixel follows POS_CORR: float64 (5, pixel), by least squares without outliers."""
    x = features.reshape(-1, features.shape[-1])
    y = quiet.reshape(-1, quiet.shape[-1])
    norm = np.maximum(np.sqrt((x**2).mean(axis=0)), 1e-12)
    x = x / norm
    kept = np.ones(len(x), dtype=bool)
    for _ in range(2):
        a, b = x[kept], y[kept]
        gram = a.T @ a + 1e-3 * len(a) * np.eye(x.shape[1]) * 1e-2
        solved = np.linalg.solve(gram, a.T @ b)
        size = (((y - x @ solved) / white) ** 2).mean(axis=1)
        kept = size <= 9 * np.median(size)
    return solved / norm[:, None]


def _jumps(values: np.ndarray) -> np.ndarray:
    """Bins less the mean of their neighbours, along axis -2; the ends have one neighbour twice."""
    neighbours = np.empty_like(values)
    neighbours[..., 1:-1, :] = (values[..., :-2, :] + values[..., 2:, :]) / 2
    neighbours[..., 0, :], neighbours[..., -1, :] = values[..., 1, :], values[..., -2, :]
    return neighbours


def _spikes(values: np.ndarray, white: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which single bins leave both neighbours, bool (..., bin), and the neighbours' mean."""
    neighbours = _jumps(values)
    size = (((values - neighbours) / white) ** 2).mean(axis=-1) / 1.5
    higher = np.ones_like(size, dtype=bool)
    higher[..., 1:] &= size[..., 1:] > size[..., :-1]
    higher[..., :-1] &= size[..., :-1] > size[..., 1:]
    return higher & (size > settings.SPIKE**2), neighbours


def _without_spikes(
    data: Stretches,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Quiet places with their spikes mended, their pointing likewise, the white noise, the spikes.

    The last is what the spikes left their neighbours by: float64 array (spike, pixel).
    """
    quiet, pointing = data.quiet, data.quiet_pointing
    source = quiet if len(quiet) else data.event[None]
    step = (source - _jumps(source))[:, 1:-1].reshape(-1, source.shape[-1])
    white = _width(step) / np.sqrt(1.5)
    white = np.maximum(white, max(1e-3 * np.median(white), 1e-12))
    spikes = np.zeros((0, source.shape[-1]))
    if len(quiet):
        spiky, neighbours = _spikes(quiet, white)
        spikes = (quiet - neighbours)[spiky]
        quiet = np.where(spiky[..., None], neighbours, quiet)
        pointing = np.where(spiky[..., None], _jumps(pointing), pointing)
    return quiet, pointing, white, spikes


def _recurring(
    spikes: np.ndarray, scale: np.ndarray, modes: np.ndarray, variances: np.ndarray
) -> np.ndarray:
    """What a file's spikes have in common: the strongest components, each spike counting alike."""
    if len(spikes) < settings.FEWEST_SPIKES:
        return np.zeros((0, spikes.shape[1]))
    # Weighed as the noise is: what all cadences do a little is not what odd ones have in common.
    rotated = (spikes / scale) @ modes / np.sqrt(variances)
    unit = rotated / np.sqrt((rotated**2).sum(axis=1))[:, None]
    shares, components = np.linalg.eigh(unit.T @ unit / len(unit))
    count = int((shares[-4:] >= settings.IN_COMMON).sum())
    common = components[:, shares.size - count :].T
    return (common * np.sqrt(variances)) @ modes.T * scale


def _mended_event(
    data: Stretches, white: np.ndarray, mend: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The event with the spikes of its flanks mended, its pointing likewise, and those inside.

    With `mend` lonely cadences inside a window of several are mended too, if they are few.
    """
    event = data.event
    spiky, neighbours = _spikes(event, white)
    inside = np.zeros(len(spiky), dtype=bool)
    inside[data.region] = True
    n = data.window.stop - data.window.start
    odd = np.zeros(event.shape, dtype=bool)
    if mend and n >= settings.MENDED and 1 < len(event):
        before = event - np.roll(event, 1, axis=0)
        after = event - np.roll(event, -1, axis=0)
        limit = settings.LONELY * np.sqrt(2) * white
        least = np.minimum(np.abs(before), np.abs(after))
        lonely = (least > limit) & (before * after > 0) & inside[:, None]
        lonely[[0, -1]] = False
        moved = (least / white / np.sqrt(2)) ** 2 * (before * after > 0)
        whole = (moved.mean(axis=1) > settings.SPIKE**2) & inside
        few = max(1, n // 4)
        some = lonely.any(axis=1) | whole
        if 0 < some.sum() <= few:
            odd |= lonely
            odd |= (whole | (lonely.sum(axis=1) > 0.3 * event.shape[1]))[:, None]
    gone = spiky & ~inside
    mended = np.where(gone[:, None] | odd, neighbours, event)
    return (
        mended,
        np.where(
            (gone | odd.all(axis=1))[:, None], _jumps(data.event_pointing), data.event_pointing
        ),
        np.asarray(odd.any(axis=1)),
    )


def _modes(values: np.ndarray, data: Stretches) -> tuple[np.ndarray, np.ndarray]:
    """Principal components of the pixels, strongest first, and their variances.

    Of the bins, and of what the window's own box sees: what is slow and weak in a bin is not in an
    event of many bins.
    """
    flat = values.reshape(-1, values.shape[-1])
    by_bin = flat.T @ flat / len(flat)
    # Few bins tell few covariances: the rest is taken to be independent pixels.
    pixels = len(by_bin)
    own = pixels / (pixels + 3 * max(data.independent * data.length, 1.0))
    by_bin = (1 - own) * by_bin + own * np.diag(by_bin.diagonal())
    box = values[:, data.window].mean(axis=1)
    by_box = box.T @ box / len(box)
    mixed = by_bin / np.trace(by_bin) + by_box / max(np.trace(by_box), 1e-12)
    _, modes = np.linalg.eigh(mixed)
    modes = modes[:, ::-1]
    variances = np.einsum("pm,pq,qm->m", modes, by_bin, modes, optimize=True)
    floor = 0.1 * np.median(variances)
    return modes, np.maximum(variances, max(floor, 1e-6))


def _weights(
    rotated: np.ndarray, variances: np.ndarray, rest: np.ndarray, independent: float
) -> tuple[np.ndarray, np.ndarray]:
    """Inverse covariances in time of the strongest modes, and of all others together."""
    unit = rotated / np.sqrt(variances)
    count = min(settings.MODES, unit.shape[-1] - 1) if independent >= settings.FEWEST_PLACES else 0
    count = max(count, 0)
    others = unit[..., count:] @ np.eye(unit.shape[-1] - count)
    size = rest.shape[1]
    tall = np.einsum("lk,qlm->kqm", rest, others, optimize=True).reshape(size, -1)
    pooled = tall @ tall.T / tall.shape[1]
    pooled += 0.02 * np.trace(pooled) / size * np.eye(size)
    covariances = []
    share = size / (size + independent)
    for mode in range(count):
        own = unit[..., mode] @ rest
        length = (own**2).mean(axis=1)
        own = (
            own * np.minimum(1, 3 * np.sqrt(np.median(length) / np.maximum(length, 1e-30)))[:, None]
        )
        covariance = own.T @ own / len(own)
        prior = pooled * np.trace(covariance) / np.trace(pooled)
        covariances.append((1 - share) * covariance + share * prior)
    covariances.append(pooled)
    weights = np.stack([rest @ np.linalg.inv(each) @ rest.T for each in covariances])
    groups = np.minimum(np.arange(unit.shape[-1]), count)
    return weights, groups


def _white_noise(
    event: np.ndarray,
    quiet: np.ndarray,
    predicted: np.ndarray,
    response: np.ndarray,
    white: np.ndarray,
    rest: np.ndarray,
    odd: np.ndarray,
) -> Noise:
    pixels = event.shape[1]
    detrend = rest @ rest.T
    return Noise(
        event,
        quiet,
        predicted,
        response,
        white,
        white,
        np.eye(pixels),
        np.ones(pixels),
        detrend[None],
        np.zeros(pixels, dtype=int),
        detrend,
        odd,
        0.0,
        np.zeros((0, pixels)),
    )
