"""How well each cause explains an event: gains in chi2, over shapes in time and templates in space.

A gain is by how much chi2 falls, in the file's own noise, if a cause's best footprint is taken off
the data. Only gains on the same data are compared. Which cause it was: `tpfdash.diagnosis.verdict`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tpfdash.diagnosis import settings
from tpfdash.diagnosis.footprints import Footprints, Shapes
from tpfdash.diagnosis.noise import Filtered, Noise
from tpfdash.diagnosis.prf import OnPixels
from tpfdash.diagnosis.reference import Stretches
from tpfdash.diagnosis.scene import Scene

__all__ = ["Beside", "Explanation", "Whitened", "best_shape", "explanations", "held_to", "whitened"]


@dataclass(frozen=True)
class Explanation:
    """One cause's best footprint.

    Parameters
    ----------
    cause : str
        A verdict, or "background" and so on with `detail`.
    detail : str
        Which footprint of that cause.
    gain : float
        By how much chi2 falls.
    free : int
        Free numbers beside the place in time.
    shape : int
        Which shape in time; -1 where the footprint moves.
    amplitude : float
        Of the (first) template.
    place : (row, col) or None
        Counted from the stamp's first pixel.
    model : float64 array (pixel,), optional
        The image it lets expect.
    plain : float
        The gain that there would be if footprints had no error of their own; 0 without a model.
    rest : float
        chi2 that is left over, less what noise leaves; 0 where the footprint moves.
    """

    cause: str
    detail: str
    gain: float
    free: int
    shape: int
    amplitude: float = 0.0
    place: tuple[float, float] | None = None
    model: np.ndarray | None = field(default=None, repr=False, compare=False)
    plain: float = 0.0
    rest: float = 0.0


class Whitened:
    """The image of one shape in time, in units of its noise, with the templates' own error."""

    def __init__(self, filtered: Filtered, pixels: np.ndarray, unsure: float = 1.0) -> None:
        self.filtered, self._pixels = filtered, pixels
        covariance = filtered.covariance.copy()
        diagonal = np.diag_indices(len(covariance))
        least = 1e-9 * covariance.diagonal().mean()
        covariance[diagonal] += least
        self._plain = np.linalg.inv(np.linalg.cholesky(covariance))
        many = len(filtered.quiet) >= settings.FEWEST_PLACES
        # Where quiet places are noisier than the model of the noise says, all counts less.
        self.excess = unsure
        if many:
            chi2 = ((filtered.quiet @ self._plain.T) ** 2).sum(axis=1)
            self.excess *= max(float(np.median(chi2)) / max(len(covariance) - 0.67, 0.5), 1.0)
        covariance *= self.excess
        light = np.sqrt(np.clip(filtered.image**2 - covariance.diagonal(), 0, None))
        self._floor = (settings.FLOOR * _largest_near(light, pixels)) ** 2
        covariance[diagonal] += self._floor
        self._whiten = np.linalg.inv(np.linalg.cholesky(covariance))
        self.image = self(filtered.image[None])[0]
        self.chi2 = float(self.image @ self.image)
        self._quiet = self(filtered.quiet) if many else None

    def __call__(self, templates: np.ndarray) -> np.ndarray:
        """Templates (template, pixel), whitened."""
        return templates @ self._whiten.T

    def gains(self, templates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gain and amplitude of each template by itself: float64 arrays (template,)."""
        white = self(templates)
        norm = np.maximum((white**2).sum(axis=1), 1e-300)
        along = white @ self.image
        return along**2 / norm, along / norm

    def best_star(
        self, prf: OnPixels, known: np.ndarray, target: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """Where a star that changes explains most, and its gain.

        Parameters
        ----------
        known : float array (star, 2)
            Places of known stars, the target's first; the others are those of a grid.
        target : float array (pixel,)
            The target's own image, which counts for its place.
        """
        low = prf.pixels.min(axis=0) - settings.OUTSIDE
        high = prf.pixels.max(axis=0) + settings.OUTSIDE
        axes = [np.arange(a, b + 0.01, settings.GRID) for a, b in zip(low, high, strict=True)]
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
        places = np.concatenate([known, grid])
        gains, _ = self.gains(np.concatenate([target[None], prf.images(places)]))
        best = int(np.argmax(gains))
        return places[max(best - 1, 0)], float(gains[best])

    def of(self, kept: np.ndarray) -> Whitened:
        """The same of some pixels only: bool (pixel,)."""
        whole = self.filtered
        part = Filtered(
            whole.image[kept], whole.covariance[np.ix_(kept, kept)], whole.quiet[:, kept]
        )
        return Whitened(part, self._pixels[kept])

    @property
    def own_error(self) -> np.ndarray:
        """What the templates' own error adds to the covariance of `image`: (pixel, pixel)."""
        half = self._whiten * np.sqrt(self._floor)
        return half @ half.T

    def tail(self, model: np.ndarray) -> float:
        """By how much quiet places' gains of one template exceed a Gaussian's, at least 1.

        Rare large values, which a covariance does not tell of, make an event less sure.
        """
        if self._quiet is None:
            return 1.0
        white = self(model[None])[0]
        along = np.abs(self._quiet @ white) / max(float(np.sqrt(white @ white)), 1e-150)
        rank = int(settings.TAIL * (along.size - 1))
        return max(1.0, float(np.partition(along, rank)[rank] / settings.TAIL_SIGMA) ** 2)

    def uncapped(self, templates: np.ndarray) -> np.ndarray:
        """Gain of each template (template, pixel) if it had no error of its own: (template,)."""
        white, image = templates @ self._plain.T, self._plain @ self.filtered.image
        return (white @ image) ** 2 / np.maximum((white**2).sum(axis=1), 1e-300)

    def joint(self, templates: np.ndarray) -> tuple[float, np.ndarray]:
        """Gain and amplitudes of several templates together."""
        return _joint(self(templates), self.image)


def _joint(white: np.ndarray, image: np.ndarray) -> tuple[float, np.ndarray]:
    norm = np.sqrt(np.maximum((white**2).sum(axis=1), 1e-300))
    unit = white / norm[:, None]
    gram = unit @ unit.T + 1e-6 * np.eye(len(unit))
    along = unit @ image
    solved = np.linalg.solve(gram, along)
    return float(along @ solved), solved / norm


def whitened(noise: Noise, shape: np.ndarray, data: Stretches) -> Whitened:
    """The event's image for one shape in time, whitened."""
    unsure = 1 + settings.UNSURE / max(data.independent * data.length, data.length)
    return Whitened(noise.filtered(shape), data.pixels, unsure)


def _largest_near(values: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """The largest value of the pixels within one of each."""
    grid = np.zeros(pixels.max(axis=0) - pixels.min(axis=0) + 3)
    at = pixels - pixels.min(axis=0) + 1
    grid[at[:, 0], at[:, 1]] = values
    shifted = [np.roll(grid, (dr, dc), axis=(0, 1)) for dr in (-1, 0, 1) for dc in (-1, 0, 1)]
    return np.max(shifted, axis=0)[at[:, 0], at[:, 1]]


def explanations(
    data: Stretches, noise: Noise, scene: Scene, prints: Footprints, tried: Shapes
) -> tuple[list[Explanation], dict[int, Whitened], Beside]:
    """The best footprint of each cause for each likely shape in time, and the images looked at.

    The last is what happens beside the window.
    """
    chosen = _likely_shapes(noise, prints, tried)
    beside = _beside(data, noise, prints)
    images = {int(s): whitened(noise, tried.values[s], data) for s in chosen}
    found: list[Explanation] = []
    for s, image in images.items():
        still = list(_still(s, image, data, scene, prints, tried, chosen[s]))
        models = np.array([each.model for each in still])
        best = models[int(np.argmax([each.gain for each in still]))]
        # One for all, or a cause with quiet tails would be likelier than one that fits better.
        tail = image.tail(best)
        missed = _missed_in_time(noise, tried.values[list(images)], tried.values[s], models)
        plain = image.uncapped(models)
        for each, lost, its in zip(still, missed, plain, strict=True):
            gain = max(each.gain - float(lost), 0.0) / tail
            rest = image.chi2 - gain - len(image.image)
            found.append(replace(each, gain=gain, plain=float(its), rest=rest))
    moving = _moving(data, noise, prints, found)
    if moving:  # what crosses the stamp is no ray just before or after the window
        ray = _ray_beside(data, noise, prints)
        found += [each for each in moving if each.gain > ray]
    return found, images, beside


def _ray_beside(data: Stretches, noise: Noise, prints: Footprints) -> float:
    """The best gain of pixels that jump in one bin between the window and its flanks."""
    if data.bin_cadences > 1:
        return 0.0
    guard = set(range(data.region.start, data.region.stop)) - set(
        range(data.window.start, data.window.stop)
    )
    shapes = np.eye(data.length)[sorted(guard)]
    pixels = np.eye(prints.uniform.shape[1])
    return max(
        (float(whitened(noise, shape, data).gains(pixels)[0].max()) for shape in shapes),
        default=0.0,
    )


def held_to(
    found: Sequence[Explanation], mended: Sequence[Explanation], tried: Shapes
) -> list[Explanation]:
    """Explanations of an event, held to what they explain without its lonely odd cadences.

    A decay, or a box of several cadences, that is nothing without one of them is that one.

    Parameters
    ----------
    found, mended : sequences of Explanation
        With these cadences and without.
    """
    without: dict[str, float] = {}
    for each in mended:
        without[each.cause] = max(each.gain, without.get(each.cause, 0.0))
    made = []
    for each in found:
        most = without.get(each.cause, 0.0) / settings.LONELY_LEFT
        of_several = each.shape >= 0 and not tried.lone[each.shape]
        made.append(replace(each, gain=min(each.gain, most)) if of_several else each)
    return made


def _missed_in_time(
    noise: Noise, shapes: np.ndarray, own: np.ndarray, models: np.ndarray
) -> np.ndarray:
    """By how much another shape in time explains each model's light better: float64 (model,).

    What a strong event gains is limited by its template's own error, whichever shape it is given:
    the shape is told by gains that know no such error, and shapes err themselves.

    Parameters
    ----------
    shapes : float64 array (shape, bin)
    own : float64 array (bin,)
    models : float64 array (model, pixel)
    """
    values = np.concatenate([own[None], shapes])
    rotated = noise.rotated(models)
    norm = np.maximum(noise.power(values) @ (rotated**2).T, 1e-300)
    gains = (noise.projected(values) @ rotated.T) ** 2 / norm
    best = gains.max(axis=0)
    return (best - gains[0]) / (1 + settings.SHAPE_FLOOR**2 * best)


@dataclass(frozen=True)
class Beside:
    """The best gains, whatever the pixels, of what happens beside the window.

    Parameters
    ----------
    flanks : float
        Of steps and boxes beyond the guard.
    guard : float
        Of a single bin between the window and its flanks.
    """

    flanks: float = 0.0
    guard: float = 0.0


def _beside(data: Stretches, noise: Noise, prints: Footprints) -> Beside:
    bins = np.arange(data.length)
    made = [(bins >= begin).astype(float) for begin in range(data.region.stop, data.length - 1)]
    made += [(bins < end).astype(float) for end in range(2, data.region.start + 1)]
    size = max(2, (data.window.stop - data.window.start) // 2)
    made += [
        ((bins >= begin) & (bins < begin + size)).astype(float)
        for begin in range(0, data.length - 1)
        if begin + size <= data.region.start or begin >= data.region.stop
    ]
    guard = [
        *bins[data.region.start : data.window.start],
        *bins[data.window.stop : data.region.stop],
    ]
    values = np.array([*made, *np.eye(data.length)[guard]])
    if not values.size:
        return Beside()
    templates = np.concatenate(
        [prints.target[:1], prints.stars, prints.plane, prints.motion, np.eye(len(data.pixels))]
    )
    rotated = noise.rotated(templates)
    norm = np.maximum(noise.power(values) @ (rotated**2).T, 1e-300)
    gains = ((noise.projected(values) @ rotated.T) ** 2 / norm).max(axis=1)
    flanks, lone = gains[: len(made)], gains[len(made) :]
    return Beside(float(flanks.max(initial=0.0)), float(lone.max(initial=0.0)))


def _likely_shapes(noise: Noise, prints: Footprints, tried: Shapes) -> dict[int, set[str]]:
    """Shapes worth a closer look -> the kinds of templates that they are among the best of."""
    projected = noise.projected(tried.values)
    power = noise.power(tried.values)

    def gains(*templates: np.ndarray) -> np.ndarray:
        rotated = noise.rotated(np.concatenate(templates))
        every = (projected @ rotated.T) ** 2 / np.maximum(power @ (rotated**2).T, 1e-300)
        return every.max(axis=1)

    kinds = {
        "target": gains(prints.target[:1]),
        "stars": gains(prints.stars),
        "pixel": gains(np.eye(prints.uniform.shape[1])),
        "rows": gains(prints.rows),
        "columns": gains(prints.columns),
        "plane": gains(prints.plane),
        "motion": gains(prints.motion, prints.smear, prints.learned, prints.firings),
        "width": gains(prints.width, prints.spread, prints.all_stars),
    }
    single, step = tried.single, tried.kinds == "step"
    every = np.ones(single.size, dtype=bool)
    among = {
        "target": (every, every, ~single),
        "stars": (every, every, ~single),
        "pixel": (every, every, ~single, single, step),
        "rows": (every, ~single, single),
        "columns": (every, single),
    }
    chosen: dict[int, set[str]] = {}
    for kind, each in kinds.items():
        score = each / 2 - settings.MISFIT * tried.misfit
        for number, some in enumerate(among.get(kind, (every,))):
            order = np.argsort(-np.where(some, score, -np.inf))
            best = int(order[1 if number == 1 and some is every and order.size > 1 else 0])
            if some[best]:
                chosen.setdefault(best, set()).add(kind)
    return chosen


def _still(
    s: int,
    image: Whitened,
    data: Stretches,
    scene: Scene,
    prints: Footprints,
    tried: Shapes,
    kinds: set[str],
) -> Iterator[Explanation]:
    """The explanations by footprints that stay in place, for one shape in time.

    What takes long is only worked out for shapes that are among the best of its `kinds`.
    """
    single, bleed = bool(tried.single[s]), prints.bleed

    def together(cause: str, detail: str, *parts: np.ndarray) -> Explanation:
        templates = np.concatenate(parts)
        gain, amplitudes = image.joint(templates)
        return Explanation(
            cause,
            detail,
            gain,
            len(templates),
            s,
            float(amplitudes[0]),
            None,
            amplitudes @ templates,
        )

    yield together("on_target", "target", prints.target, bleed)
    if kinds & {"target", "stars", "pixel"}:
        yield from _stars(s, image, data, scene, prints)
    yield from _pixels(s, image, data, single, tried.kinds[s])
    gains, amplitudes = image.gains(prints.columns)
    best = int(np.argmax(gains))
    yield Explanation(
        "column_or_row",
        f"column {best}",
        float(gains[best]),
        1,
        s,
        float(amplitudes[best]),
        None,
        amplitudes[best] * prints.columns[best],
    )
    gains, amplitudes = image.gains(prints.rows)
    best = int(np.argmax(gains))
    if single or prints.banded:
        cause = "column_or_row" if single else "rolling_band"
        yield Explanation(
            cause,
            f"row {best}",
            float(gains[best]),
            1,
            s,
            float(amplitudes[best]),
            None,
            amplitudes[best] * prints.rows[best],
        )
    if prints.banded and not single and kinds & {"rows", "plane"}:
        yield from _bands(s, image, prints)
    yield together("background", "uniform", prints.uniform)
    yield together("background", "plane", prints.plane)
    yield together("pointing", "motion", prints.motion, bleed)
    yield together("pointing", "slope", prints.slope, bleed)
    if data.window.stop - data.window.start <= 3 and tried.ends[s] - tried.begins[s] <= 2:
        yield together("pointing", "motion and smear", prints.motion, prints.smear, bleed)
    if len(prints.firings) and tried.ends[s] - tried.begins[s] <= 2:
        yield together("pointing", "firings", prints.firings, bleed)
    if len(prints.learned):
        yield together("pointing", "learned", prints.learned, bleed)
    yield together("systematic", "width", prints.width, bleed)
    yield together("systematic", "blur", prints.blur, bleed)
    yield together("systematic", "width and blur", prints.width, prints.blur, bleed)
    yield together("systematic", "width and gain", prints.width, prints.all_stars, bleed)
    yield together("systematic", "spread", prints.spread, bleed)
    yield together("systematic", "spread and gain", prints.spread, prints.all_stars, bleed)
    if len(scene.places) > 1:
        yield together("systematic", "gain", prints.all_stars, bleed)


def _stars(
    s: int, image: Whitened, data: Stretches, scene: Scene, prints: Footprints
) -> Iterator[Explanation]:
    """A star anywhere: one with the target to the stamp, or a neighbour."""
    gains, _ = image.gains(prints.stars)
    away = np.hypot(*(prints.grid - scene.star).T)
    for cause, allowed in (
        ("on_target", away <= settings.BLENDED),
        ("neighbour", away > settings.BLENDED),
    ):
        if not allowed.any():
            continue
        place = prints.grid[np.argmax(np.where(allowed, gains, -1))]
        for step in (0.2, 0.08, 0.03):
            arms = np.arange(-2, 3) * step
            near = place + np.stack(np.meshgrid(arms, arms, indexing="ij"), axis=-1).reshape(-1, 2)
            close = np.hypot(*(near - scene.star).T) <= settings.BLENDED
            near = near[close if cause == "on_target" else ~close]
            if not len(near):
                break
            templates = scene.prf.images(near)
            near_gains, amplitudes = image.gains(templates)
            best = int(np.argmax(near_gains))
            place = near[best]
        if len(near):
            yield Explanation(
                cause,
                "star",
                float(near_gains[best]),
                3,
                s,
                float(amplitudes[best]),
                (float(place[0]), float(place[1])),
                amplitudes[best] * templates[best],
            )


def _pixels(
    s: int, image: Whitened, data: Stretches, single: bool, kind: str
) -> Iterator[Explanation]:
    """One to four pixels that share a border: a ray, or pixels that lost sensitivity."""
    unit = np.eye(len(data.pixels))
    white = image(unit)
    if not single and kind not in ("step", "decay"):
        return  # pixels that lose sensitivity do so at once
    sign = 1.0 if single else -1.0
    chosen: list[int] = []
    gain = 0.0
    amplitudes = np.zeros(0)
    norm = np.maximum((white**2).sum(axis=1), 1e-300)
    for count in range(1, 5):
        if chosen:
            apart = np.abs(data.pixels[:, None] - data.pixels[chosen][None]).max(axis=2)
            candidates = np.flatnonzero((apart == 1).any(axis=1))
            candidates = candidates[~np.isin(candidates, chosen)]
        else:
            candidates = np.arange(len(unit))
        rest = image.image - (amplitudes @ white[chosen] if chosen else 0)
        along = white[candidates] @ rest
        value = np.where(sign * along > 0, along**2 / norm[candidates], -1)
        if not candidates.size or value.max() <= 0:
            return
        chosen.append(int(candidates[np.argmax(value)]))
        gain, amplitudes = _joint(white[chosen], image.image)
        if (sign * amplitudes <= 0).any():
            return
        yield Explanation(
            "cosmic_ray" if single else "sensitivity_dropout",
            f"{count} pixels",
            gain,
            count,
            s,
            float(amplitudes[0]),
            tuple(data.pixels[chosen[0]].astype(float).tolist()),
            amplitudes @ unit[chosen],
        )
        if not single and count == 2:
            return


def _bands(s: int, image: Whitened, prints: Footprints) -> Iterator[Explanation]:
    """Two to four rows beside each other, each by its own amount."""
    white = image(prints.rows)
    for count in (2, 3, 4):
        best: tuple[float, np.ndarray, int] = (-1.0, np.zeros(0), 0)
        for first in range(len(white) - count + 1 - (count >= len(white))):
            gain, amplitudes = _joint(white[first : first + count], image.image)
            if gain > best[0]:
                best = gain, amplitudes, first
        if best[0] > 0:
            gain, amplitudes, first = best
            yield Explanation(
                "rolling_band",
                f"rows {first} to {first + count - 1}",
                gain,
                count,
                s,
                float(amplitudes[np.argmax(np.abs(amplitudes))]),
                None,
                amplitudes @ prints.rows[first : first + count],
            )


def _moving(
    data: Stretches,
    noise: Noise,
    prints: Footprints,
    found: Sequence[Explanation],
) -> Iterator[Explanation]:
    """An object that crosses the stamp on a straight line, and a band that drifts over rows.

    A gain over space and time knows no error of the templates. So that it can be compared, it is
    brought down by what that error takes from the best footprint that stays in place, and from the
    best star, or rows, that stay and shine as they like from bin to bin.
    """
    n = data.window.stop - data.window.start
    if n < 2:
        return
    every = noise.projected(np.eye(data.length))  # (bin, mode)
    diagonal = np.stack([np.diag(w) for w in noise.weights])[noise.groups].T  # (bin, mode)
    modelled = [each for each in found if each.model is not None]
    best = max(modelled, key=lambda each: each.gain)
    share = min(1.0, best.gain / max(*(each.plain for each in modelled), 1e-300))

    def lowered(gain: float, templates: np.ndarray, details: str) -> float:
        rotated = noise.rotated(templates)
        along = (every @ rotated.T)[data.region]
        norm = np.maximum((diagonal @ (rotated**2).T)[data.region], 1e-300)
        top = int(np.argmax((along**2 / norm).sum(axis=0)))
        by_group = np.bincount(noise.groups, rotated[top] ** 2, len(noise.weights))
        weight = np.tensordot(by_group, noise.weights, axes=1)[data.region, data.region]
        weight = weight + 1e-6 * np.trace(weight) * np.eye(len(weight)) / len(weight)
        free = float(along[:, top] @ np.linalg.solve(weight, along[:, top]))
        staying = max(free - len(along), 1.0)
        still = max(each.gain for each in modelled if each.detail.startswith(details))
        return min(gain, gain * share, still * gain / staying)

    for each in _crossing(data, noise, prints, every, diagonal):
        yield replace(each, gain=lowered(each.gain, prints.stars, "star"))
    if prints.banded and n >= 3 and len(prints.rows) > 2:
        for each in _drifting(data, noise, prints, every, diagonal):
            yield replace(each, gain=lowered(each.gain, prints.rows, "row"))


def _score_paths(
    along: np.ndarray, norm: np.ndarray, index: np.ndarray, first: int
) -> tuple[np.ndarray, np.ndarray]:
    """Gain and amplitude of paths: `index` (path, bin, part) into templates, -1 for none."""
    bins = first + np.arange(index.shape[1])[None, :, None]
    a = np.where(index >= 0, along[bins, index], 0).mean(axis=2).sum(axis=1)
    # Parts of a bin overlap: their mean has about the norm of one of them, less its spread.
    q = np.where(index >= 0, norm[bins, index], 0).mean(axis=2).sum(axis=1)
    return np.where(q > 0, a, 0) ** 2 / np.maximum(q, 1e-300), a / np.maximum(q, 1e-300)


def _exact(noise: Noise, stretch: np.ndarray) -> tuple[float, float]:
    """Gain and amplitude of a footprint (bin, pixel) that changes with time, all told."""
    rotated = noise.rotated(stretch)
    data = noise.rotated_event
    along = norm = 0.0
    for group, weight in enumerate(noise.weights):
        which = noise.groups == group
        weighted = weight @ rotated[:, which]
        along += float((weighted * data[:, which]).sum())
        norm += float((weighted * rotated[:, which]).sum())
    amplitude = along / max(norm, 1e-300)
    if along <= 0 or norm <= 0:
        return 0.0, amplitude
    return along * amplitude, amplitude


def _crossing(
    data: Stretches,
    noise: Noise,
    prints: Footprints,
    every: np.ndarray,
    diagonal: np.ndarray,
) -> Iterator[Explanation]:
    """Straight paths across the stamp."""
    rotated = noise.rotated(prints.stars)
    along = every @ rotated.T  # (bin, place)
    norm = diagonal @ (rotated**2).T
    low, high = prints.grid.min(axis=0), prints.grid.max(axis=0)
    shape = np.round((high - low) / settings.GRID).astype(int) + 1
    wide = max(1.0, round(max(shape) / 14))
    axes = [np.arange(a - 1.5, b + 1.51, wide) for a, b in zip(low, high, strict=True)]
    ends = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    best: list[tuple[float, np.ndarray, np.ndarray, slice]] = []
    for span in (data.window, data.region):
        n = span.stop - span.start
        if n < 2:
            continue
        for group in np.array_split(np.arange(len(ends)), max(1, len(ends) ** 2 * n // 400_000)):
            starts = np.repeat(ends[group], len(ends), axis=0)
            stops = np.tile(ends, (len(group), 1))
            far = np.hypot(*(stops - starts).T) >= 1.5
            starts, stops = starts[far], stops[far]
            if not len(starts):
                continue
            gains, amplitudes = _score_paths(
                along, norm, _path_index(starts, stops, n, low, shape, (0,)), span.start
            )
            gains = np.where(amplitudes > 0, gains, 0)
            top = int(np.argmax(gains))
            best.append((float(gains[top]), starts[top], stops[top], span))
    best.sort(key=lambda each: -each[0])
    for gain, start, stop, span in best[:2]:
        n = span.stop - span.start
        step = 0.5
        for _ in range(3):
            arms = np.array([-step, 0.0, step])
            moves = np.stack(np.meshgrid(arms, arms, arms, arms, indexing="ij"), -1).reshape(-1, 4)
            trial_a, trial_b = start + moves[:, :2], stop + moves[:, 2:]
            gains, amplitudes = _score_paths(
                along, norm, _path_index(trial_a, trial_b, n, low, shape), span.start
            )
            gains = np.where(amplitudes > 0, gains, 0)
            top = int(np.argmax(gains))
            start, stop = trial_a[top], trial_b[top]
            step /= 2
        at = (np.arange(n)[:, None] + 0.5) / n
        parts = [prints_at(prints, start + (stop - start) * (at + k / 3 / n)) for k in (-1, 0, 1)]
        stretch = np.zeros_like(noise.event)
        stretch[span] = np.mean(parts, axis=0)
        gain, amplitude = _exact(noise, stretch)
        middle = (start + stop) / 2
        yield Explanation(
            "moving_object",
            "crossing",
            gain,
            5,
            -1,
            amplitude,
            (float(middle[0]), float(middle[1])),
            None,
        )


def prints_at(prints: Footprints, places: np.ndarray) -> np.ndarray:
    """The stars of the grid nearest to places (n, 2): float64 (n, pixel); 0 outside it."""
    low, high = prints.grid.min(axis=0), prints.grid.max(axis=0)
    shape = np.round((high - low) / settings.GRID).astype(int) + 1
    at = np.round((places - low) / settings.GRID).astype(int)
    inside = ((at >= 0) & (at < shape)).all(axis=1)
    index = np.where(inside, at[:, 0] * shape[1] + at[:, 1], 0)
    return np.where(inside[:, None], prints.stars[index], 0)


def _path_index(
    starts: np.ndarray,
    stops: np.ndarray,
    n: int,
    low: np.ndarray,
    shape: np.ndarray,
    parts: tuple[int, ...] = (-1, 0, 1),
) -> np.ndarray:
    """Which templates of the grid a path goes through: int (path, bin, part), -1 outside."""
    at = ((np.arange(n)[:, None] + 0.5 + np.array(parts) / 3) / n)[None]
    row, col = (
        np.round(
            (starts[:, k, None, None] + (stops - starts)[:, k, None, None] * at - low[k])
            / settings.GRID
        ).astype(np.intp)
        for k in (0, 1)
    )
    inside = (row >= 0) & (row < shape[0]) & (col >= 0) & (col < shape[1])
    return np.where(inside, row * shape[1] + col, -1)


def _drifting(
    data: Stretches, noise: Noise, prints: Footprints, every: np.ndarray, diagonal: np.ndarray
) -> Iterator[Explanation]:
    """A band one or two rows wide that goes over the rows steadily."""
    rows = np.arange(len(prints.rows))
    places = np.arange(-1.0, len(rows) + 0.01, 0.5)
    for width in (0.6, 1.2):
        profile = np.exp(-((rows - places[:, None]) ** 2) / (2 * width**2))
        templates = profile @ prints.rows
        rotated = noise.rotated(templates)
        along, norm = every @ rotated.T, diagonal @ (rotated**2).T
        for span in (data.window, data.region):
            n = span.stop - span.start
            a, b = (each.ravel() for each in np.meshgrid(places, places, indexing="ij"))
            at = ((np.arange(n) + 0.5) / n)[None]
            index = np.round((a[:, None] + (b - a)[:, None] * at + 1) * 2).astype(np.intp)
            gains, _ = _score_paths(along, norm, index[..., None], span.start)
            top = int(np.argmax(gains))
            stretch = np.zeros_like(noise.event)
            stretch[span] = templates[index[top]]
            gain, amplitude = _exact(noise, stretch)
            if amplitude < 0:
                gain, amplitude = _exact(noise, -stretch)
                amplitude = -amplitude
            yield Explanation(
                "rolling_band",
                "drifting",
                gain,
                4,
                -1,
                amplitude,
                None,
                None,
            )


def best_shape(noise: Noise, tried: Shapes, template: np.ndarray, single: bool) -> int:
    """The shape in time that one template's light follows best.

    Strong events have all their shapes' gains limited by the template's own error, and here no
    error of the template counts: it is the same for all shapes.

    Parameters
    ----------
    template : float64 array (pixel,)
    single : bool
        Whether it is to be a shape of one cadence.
    """
    rotated = noise.rotated(template[None])[0]
    gains = (noise.projected(tried.values) @ rotated) ** 2
    gains /= np.maximum(noise.power(tried.values) @ rotated**2, 1e-300)
    allowed = tried.single == single if (tried.single == single).any() else tried.single | True
    return int(np.argmax(np.where(allowed, gains / 2 - settings.MISFIT * tried.misfit, -np.inf)))
