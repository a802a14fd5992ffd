"""What speaks for and against each verdict: findings of the pixels, and of flags and side columns.

The verdict is the pixels'. Flags are told beside it, kept apart, and may contradict it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from tpfdash.diagnosis import settings
from tpfdash.diagnosis.evidence import Explanation, Whitened
from tpfdash.diagnosis.footprints import Footprints, Shapes
from tpfdash.diagnosis.noise import Noise
from tpfdash.diagnosis.numbers import with_error
from tpfdash.diagnosis.reference import Stretches
from tpfdash.diagnosis.robust import robust_scatter
from tpfdash.diagnosis.scene import Scene
from tpfdash.diagnosis.verdict import Judged
from tpfdash.diagnosis.windows import Window
from tpfdash.missions import get_mission
from tpfdash.stamp.blocks import finite_median

if TYPE_CHECKING:
    from tpfdash.diagnosis.diagnose import Diagnosis

__all__ = [
    "ARTEFACTS",
    "Finding",
    "Measured",
    "flag_findings",
    "height_estimator",
    "looked_for",
    "pixel_findings",
]

#: Footprints of a change of focus.
_FOCUS = ("width", "spread", "blur", "width and blur")
_POINTING = "likeness to the file's own pointing"
#: Finding -> (what is looked for, its cause, its footprints' names, all where there are none).
_LOOKED_FOR: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "steps of single pixels": ("step or dip of one or two pixels", "sensitivity_dropout", ()),
    "rows that move together": ("change of whole rows", "rolling_band", ()),
    "columns that move together": ("change of a whole column or row", "column_or_row", ()),
    "uniformity": ("change of all pixels alike, or along a slope", "background", ()),
    _POINTING: ("", "pointing", ()),
    "width": ("change of the stars' width", "systematic", _FOCUS),
    "motion": ("peak that crosses the stamp", "moving_object", ()),
}
#: Findings that look at what a star's image would make of the event.
_OF_A_STAR = ("offset", "likeness to the PRF", "core against halo")
#: How the names of findings on artefacts begin.
_ARTEFACT = "artefact: "
#: A finding stands out from here, in sigma.
SEEN = 5.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    name : str
    source : str
        "pixels" or "flags": flags and side columns tell nothing about the pixels themselves.
    sentence : str
        What was found, in plain words.
    value, error : float
        The number that the sentence names, and its error; NaN where there is none.
    unit : str
        Of `value` and `error`; "" of a share or a count.
    significance : float
        Sigma; NaN where there is none.
    supports, opposes : tuple of str
        Verdicts that it speaks for and against.
    """

    name: str
    source: str
    sentence: str
    value: float = np.nan
    error: float = np.nan
    significance: float = np.nan
    supports: tuple[str, ...] = ()
    opposes: tuple[str, ...] = ()
    unit: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Its fields by name."""
        return asdict(self)


def _none_of(values: np.ndarray) -> np.ndarray:
    """The same of length 0, that keeps nothing alive."""
    return values[:0].copy()


def height_estimator(noise: Noise, shape: np.ndarray) -> tuple[np.ndarray, float]:
    """(weights of bins, what their sum over a series is divided by) that give an event's height."""
    weights = noise.detrend @ shape
    return weights, max(float(weights @ weights), 1e-12)


@dataclass(frozen=True)
class Measured:
    """All that was worked out for one event; what each is, says its class.

    Parameters
    ----------
    quiet : bool
        Whether the window looks like one that holds nothing.
    chosen : Explanation or None
        The verdict's.
    shape : int
        The shape in time that images are of.
    image : Whitened
        Of that shape.
    quiet_lost : float64 array (place, pixel)
        What measures the light that is missing, at quiet places, e-/s: how far it can be trusted.
    outside : float64 array (pixel,)
        e-/s beside the event.
    mask : bool array (pixel,)
        The aperture.
    windows : sequence of (t0, t1)
        That were measured.
    """

    data: Stretches
    noise: Noise
    scene: Scene
    prints: Footprints
    tried: Shapes
    found: Sequence[Explanation]
    images: dict[int, Whitened]
    judged: Judged
    quiet: bool
    chosen: Explanation | None
    shape: int
    image: Whitened
    quiet_lost: np.ndarray
    outside: np.ndarray
    mask: np.ndarray
    windows: Sequence[Window]

    def to_be_kept(self) -> Measured:
        """The same without what nobody asks for any more: an answer is kept for long.

        Of 11 x 11 pixels this leaves 2 of 37 MB.
        """
        wanted = {self.shape, self.star.shape} | ({self.chosen.shape} if self.chosen else set())
        return replace(
            self,
            data=replace(self.data, quiet=_none_of(self.data.quiet)),
            noise=replace(self.noise, quiet=_none_of(self.noise.quiet)),
            prints=replace(self.prints, stars=_none_of(self.prints.stars)),
            images={shape: image for shape, image in self.images.items() if shape in wanted},
        )

    @property
    def star(self) -> Explanation:
        """The star that explains most, the target or another."""
        stars = (each for each in self.found if each.detail in ("star", "target"))
        return max(stars, key=lambda each: each.gain)

    def light_lost(self, mask: np.ndarray) -> tuple[float, float]:
        """Light missing from some pixels at the event's height and its error, e-/s; NaN of none."""
        if not mask.any():
            return np.nan, np.nan
        shape, norm = height_estimator(self.noise, self.tried.values[self.shape])
        lost = -float(shape @ self.noise.event[:, mask].sum(axis=1)) / norm
        if not len(self.quiet_lost):
            white = float(np.sqrt((self.noise.white[mask] ** 2).sum() / norm))
            return lost, white
        return lost, robust_scatter(self.quiet_lost[:, mask].sum(axis=1))[1]

    def depth(self) -> tuple[float, float, float]:
        """Depth, its error and the level, of the aperture."""
        level = float(self.outside[self.mask].sum()) if self.mask.any() else np.nan
        return *self.light_lost(self.mask), level

    def duration(self) -> float:
        """Days from the event's begin to its end, by the shape that fits it best."""
        if self.chosen is not None and self.chosen.shape < 0:
            bins = self.data.window.stop - self.data.window.start
        else:
            last = min(int(self.tried.ends[self.shape]), self.data.region.stop)
            bins = max(last - int(self.tried.begins[self.shape]), 1)
        return float(bins * self.data.bin_days)

    def snr(self, depth: float, depth_err: float) -> float:
        """On the aperture's light curve, or in the pixels for what lies beside it."""
        curve = abs(depth) / depth_err if depth_err > 0 else np.nan
        if self.judged.verdict == "on_target" and np.isfinite(curve):
            return float(curve)
        modelled = self.chosen if self.chosen is not None else None
        pixels = np.sqrt(modelled.gain) if modelled is not None else np.nan
        return float(np.nanmax([curve, pixels])) if np.isfinite([curve, pixels]).any() else np.nan

    def left_over(self) -> float:
        """By how many sigma more is left over than the noise leaves, once the verdict is taken off.

        NaN where the verdict has no footprint of one shape in time.
        """
        if self.chosen is None or self.chosen.shape not in self.images:
            return np.nan
        return self.chosen.rest / np.sqrt(2 * len(self.image.image))

    def mixed(self) -> bool:
        """Whether what is left over is an event in itself."""
        if self.chosen is None or not self.left_over() > settings.LEFT_OVER:
            return False
        return self.chosen.rest > settings.MIXED * self.chosen.gain

    def gain(self, cause: str, details: Collection[str] = ()) -> Explanation | None:
        """The best explanation by a cause; of footprints of these names alone, if there are any."""
        return max(self.by_cause(cause, details), key=lambda each: each.gain, default=None)

    def by_cause(self, cause: str, details: Collection[str] = ()) -> list[Explanation]:
        """The explanations by a cause; by footprints of these names alone, if there are any."""
        return [
            each
            for each in self.found
            if each.cause == cause and (not details or each.detail.rstrip(" 0123456789") in details)
        ]


def pixel_findings(m: Measured, d: Diagnosis) -> Iterator[Finding]:
    """What the pixels say."""
    yield _offset(m, d)
    yield _likeness(m)
    yield _core_and_halo(m)
    yield _depth_and_aperture(m)
    for name in _LOOKED_FOR:
        yield _pointing(m) if name == _POINTING else _by_cause(m, name)
    yield _elsewhere(m)
    yield _left_over(m)
    if m.noise.odd.any():
        yield Finding(
            "odd cadences",
            "pixels",
            f"{int(m.noise.odd.sum())} lonely odd cadence(s) inside the window were left out",
        )
    yield from _rules(m, d)
    yield from _artefacts(m)


def _offset(m: Measured, d: Diagnosis) -> Finding:
    if d.offset is None:
        return Finding(
            "offset", "pixels", "the event has no place that can be measured against the target"
        )
    distance = float(np.hypot(*d.offset))
    if d.covariance is None:
        said = f"some {distance:.1f} pixel from {d.reference}, with an error that is not known"
        return Finding("offset", "pixels", said, distance, unit="pixel")
    along = np.array(d.offset) / max(distance, 1e-12)
    error = float(np.sqrt(along @ np.array(d.covariance) @ along))
    sigma = d.offset_sigma
    near = sigma < 3
    said = (
        f"{with_error(distance, error)} pixel "
        f"({with_error(distance * d.pixel_scale, error * d.pixel_scale)} arcsec) from {d.reference}"
    )
    if near:
        arcsec = 3 * error * d.pixel_scale
        said += f", consistent with it; blends within {arcsec:.2g} arcsec are not excluded"
    elif distance < 0.5:
        said += ": off by more than its error, but no further than what these pixels may blend"
    return Finding(
        "offset",
        "pixels",
        said,
        distance,
        error,
        sigma,
        ("on_target",) if near else ("neighbour",) if distance >= 0.5 else (),
        ("neighbour",) if near else ("on_target",) if distance >= 0.5 else (),
        "pixel",
    )


def _likeness(m: Measured) -> Finding:
    star = m.star
    image = m.images[star.shape]
    seen, model = image.filtered.image, star.model
    # What the noise adds to the image's square is taken off.
    light = float(seen @ seen - image.filtered.covariance.trace() * image.excess)
    if model is None or not light > 0:
        return Finding("likeness to the PRF", "pixels", "too little changed to say what it is like")
    value = float(min(abs(model @ seen) / np.sqrt(float(model @ model) * light), 1.0))
    like, unlike = value > 0.9, value < 0.7
    return Finding(
        "likeness to the PRF",
        "pixels",
        f"a star's image correlates with what changed by {value:.2f}, noise taken off",
        value,
        np.nan,
        float(np.sqrt(star.gain)),
        ("on_target", "neighbour") if like else (),
        ("on_target", "neighbour") if unlike else (),
    )


def _core_and_halo(m: Measured) -> Finding:
    away = np.hypot(*(m.data.pixels - m.scene.star).T)
    parts = [(away <= 1.2), (away > 1.2) & (away <= 3.5)]
    image, covariance, target = m.image.filtered.image, m.image.filtered.covariance, m.scene.target
    shares = []
    for part in parts:
        weight = target[part]
        total = float(weight @ weight)
        if not total > 0:
            return Finding(
                "core against halo", "pixels", "the stamp holds no ring around the target"
            )
        value = float(weight @ image[part]) / total
        error = float(np.sqrt(weight @ covariance[np.ix_(part, part)] @ weight)) / total
        shares.append((value, error))
    (core, core_err), (halo, halo_err) = shares
    error = float(np.hypot(core_err, halo_err))
    sigma = (abs(halo) - abs(core)) / max(error, 1e-300)
    beyond = sigma > 3
    return Finding(
        "core against halo",
        "pixels",
        "the change is stronger, by the target's own light, in the ring around its core than in it"
        if beyond
        else "the change is not stronger in the ring around the target's core than in it",
        abs(halo) - abs(core),
        error,
        float(sigma),
        ("neighbour", "background") if beyond else (),
        ("on_target",) if beyond else (),
    )


def _depth_and_aperture(m: Measured) -> Finding:
    away = np.hypot(*(m.data.pixels - m.scene.star).T)
    said, depths = [], []
    for radius in (1.0, 2.0, 3.0):
        mask = away <= radius
        lost, error = m.light_lost(mask)
        level = float(np.clip(m.scene.image[mask], 0, None).sum()) if mask.any() else 0.0
        if level > 0 and np.isfinite(lost):
            depths.append((lost / level * 1e6, error / level * 1e6))
            said.append(f"{with_error(*depths[-1])} ppm within {radius:g} pixel")
    if len(depths) < 2:
        return Finding(
            "depth against aperture size",
            "pixels",
            "the stamp is too small for apertures of two sizes",
        )
    (small, small_err), (large, large_err) = depths[0], depths[-1]
    error = float(np.hypot(small_err, large_err))
    sigma = (abs(large) - abs(small)) / error if error > 0 else 0.0
    return Finding(
        "depth against aperture size",
        "pixels",
        ", ".join(said),
        abs(large) - abs(small),
        error,
        float(sigma),
        ("neighbour", "background") if sigma > 3 else (),
        ("on_target",) if sigma > 3 else (),
        "ppm",
    )


def looked_for(m: Measured, name: str) -> Explanation | None:
    """The best footprint, of one shape in time, of the cause that a finding looks for.

    None where the finding looks for none, or that could not be fitted.
    """
    known = ARTEFACTS.get(name.removeprefix(_ARTEFACT), "")
    if name in _OF_A_STAR:
        some = [each for each in m.found if each.detail in ("star", "target")]
    elif name in _LOOKED_FOR:
        some = m.by_cause(*_LOOKED_FOR[name][1:])
    else:
        some = m.by_cause(*known) if isinstance(known, tuple) else []
    still = [each for each in some if each.model is not None]
    return max(still, key=lambda each: each.gain, default=None)


def _by_cause(m: Measured, name: str) -> Finding:
    what, cause, details = _LOOKED_FOR[name]
    best = m.gain(cause, details)
    said, sigma, supports, opposes = _standing(m, best)
    return Finding(name, "pixels", f"{what}: {said}", np.nan, np.nan, sigma, supports, opposes)


def _standing(
    m: Measured, best: Explanation | None
) -> tuple[str, float, tuple[str, ...], tuple[str, ...]]:
    """What is said of an explanation, its sigma, the verdicts it speaks for and against."""
    if best is None:
        return "could not be looked for in this window", np.nan, (), ()
    sigma, verdict = float(np.sqrt(best.gain)), m.judged.verdict
    if sigma < SEEN:
        return "not seen in this stamp", sigma, (), ()
    if verdict == "inconclusive":
        return f"{sigma:.1f} sigma, which chance may give", sigma, (), ()
    own = m.gain(verdict)
    most = own.gain if own is not None else 0.0
    if best.cause == verdict and best.gain >= 0.9 * most:
        return f"{sigma:.1f} sigma: it is what changed", sigma, (best.cause,), ()
    if best.gain < most:
        said = f"{sigma:.1f} sigma, but something else explains it better"
        return said, sigma, (), (best.cause,) if best.cause != verdict else ()
    return f"{sigma:.1f} sigma: it explains as much, but is less likely", sigma, (), ()


def _pointing(m: Measured) -> Finding:
    inside = m.data.region
    before = ((m.noise.event + m.noise.predicted)[inside] / m.noise.white) ** 2
    left = (m.noise.event[inside] / m.noise.white) ** 2
    best = m.gain("pointing")
    sigma = float(np.sqrt(best.gain)) if best else np.nan
    if not m.noise.predicted.any():
        return Finding(
            _POINTING,
            "pixels",
            "nothing could be learned from POS_CORR; the image's own slopes explain "
            f"{sigma:.1f} sigma"
            if best
            else "nothing could be learned from POS_CORR or from the image's own slopes",
            np.nan,
            np.nan,
            sigma,
        )
    excess = max(float(before.sum()) - before.size, 1.0)
    share = float(np.clip((before.sum() - left.sum()) / excess, 0, 1))
    return Finding(
        _POINTING,
        "pixels",
        f"the pixels' usual response to POS_CORR explains {share:.0%} of the window's changes",
        share,
        np.nan,
        sigma,
        ("pointing",) if share > 0.7 and excess > 5 * before.size**0.5 else (),
        (),
    )


def _elsewhere(m: Measured) -> Finding:
    quiet = m.image.filtered.quiet
    model = m.chosen.model if m.chosen is not None else None
    if model is None or not len(quiet):
        return Finding(
            "the same elsewhere",
            "pixels",
            "how often this file does the same elsewhere could not be told",
        )
    template = m.image(model[None])[0]
    norm = max(float(template @ template), 1e-300)
    gains = (m.image(quiet) @ template) ** 2 / norm
    own = float(template @ m.image.image) ** 2 / norm
    share = float(np.mean(gains >= own))
    return Finding(
        "the same elsewhere",
        "pixels",
        f"at {share:.0%} of {len(quiet)} other places of this file the same footprint is as strong",
        share,
        float(np.sqrt(max(share * (1 - share), 1 / len(quiet)) / len(quiet))),
        np.nan,
        ("inconclusive",) if share > 0.02 else (),
        (),
    )


def _left_over(m: Measured) -> Finding:
    sigma, mixed = m.left_over(), m.mixed()
    if mixed:
        said = "more than one thing happens here"
    elif not np.isfinite(sigma):
        said = "what is left over could not be told from chance"
    elif sigma < 3:
        said = "what is left once the best footprint is taken off is about what the noise leaves"
    else:
        said = f"the best footprint leaves {sigma:.1f} sigma more than the noise would"
    against = (m.judged.verdict,) if mixed else ()
    return Finding("what is left over", "pixels", said, sigma, np.nan, sigma, (), against)


def _rules(m: Measured, d: Diagnosis) -> Iterator[Finding]:
    """What a stamp cannot separate, where that applies."""

    def rule(sentence: str) -> Finding:
        return Finding("what a stamp cannot tell", "pixels", sentence)

    verdict = m.judged.verdict
    single = m.chosen is not None and m.chosen.shape >= 0 and m.tried.single[m.chosen.shape]
    if single and verdict in ("cosmic_ray", "on_target", "neighbour"):
        yield rule("in one cadence a ray and a flare of a star beside the target can look the same")
    if verdict == "on_target" and len(m.scene.places) == 1:
        yield rule("only one star stands on this stamp: that all stars change alike would not show")
    if verdict == "neighbour":
        yield rule(
            "a ghost of a star on another output of the detector, or an object slower than 0.1 "
            "pixel in the window, looks like a neighbour"
        )
    if verdict in ("rolling_band", "background") and m.prints.banded and len(m.prints.rows) <= 5:
        yield rule("in stamps of five rows or fewer a band and a slope of light look alike")
    if m.scene.full.any():
        yield rule("the star is saturated: what it does shows at the ends of its bleed trails")
    if not m.scene.seen:
        yield rule("no star stands out at the target's place: its image is a model's")
    if m.scene.elsewhere:
        yield rule("the star in the aperture is not where the catalogue puts the target")


#: Name of each artefact -> (cause, its footprints' names, all where there are none) in the pixels;
#: or why a stamp alone cannot show it.
ARTEFACTS: dict[str, tuple[str, tuple[str, ...]] | str] = {
    "spacecraft motion": ("pointing", ("motion", "slope", "learned")),
    "thruster firing": ("pointing", ("motion and smear", "firings", "learned")),
    "rolling band": ("rolling_band", ()),
    "cosmic rays": ("cosmic_ray", ()),
    "collateral cosmic rays": ("column_or_row", ("row",)),
    "smear": ("column_or_row", ("column",)),
    "sensitivity dropouts": ("sensitivity_dropout", ()),
    "FGS crosstalk": "a stamp alone cannot tell it from rows or a background star that change; a "
    "pattern that moves against the stars is evidence",
    "video crosstalk": "a stamp alone cannot tell it from a background star; a ghost that moves "
    "against the stars, or is negative, is evidence",
    "background eclipsing binary": ("neighbour", ()),
    "scattered light and argabrightening": ("background", ()),
    "focus": ("systematic", _FOCUS),
    "safe-mode slope": ("systematic", ("gain", "width and gain", "spread and gain")),
    "moving object": ("moving_object", ()),
    "sweater fuzzy": "documented nowhere: it was named once, and nobody says what it looks like",
}


def _artefacts(m: Measured) -> Iterator[Finding]:
    """A row for each artefact, found or not."""
    for name, known in ARTEFACTS.items():
        if isinstance(known, str):
            yield Finding(_ARTEFACT + name, "pixels", known)
            continue
        said, sigma, supports, opposes = _standing(m, m.gain(*known))
        yield Finding(_ARTEFACT + name, "pixels", said, np.nan, np.nan, sigma, supports, opposes)


#: Words in a flag's name -> the verdict that it speaks for.
_FLAGS = {
    "attitude tweak": "pointing",
    "coarse point": "pointing",
    "desaturation": "pointing",
    "reaction wheel": "pointing",
    "thruster": "pointing",
    "no fine point": "pointing",
    "safe mode": "systematic",
    "Earth point": "systematic",
    "argabrightening": "background",
    "stray light": "background",
    "scattered light": "background",
    "cosmic ray in optimal": "cosmic_ray",
    "cosmic ray in collateral": "column_or_row",
    "sensitivity dropout": "sensitivity_dropout",
    "rolling band": "rolling_band",
}


def flag_findings(tpf: xr.Dataset, m: Measured | None, verdict: str) -> Iterator[Finding]:
    """What QUALITY and the side columns say of the window's cadences."""
    if m is None:
        return
    cadences = m.data.cadences
    yield from _quality(tpf, cadences, verdict)
    yield _moved(tpf, m)
    yield _side(tpf, m, "rb_level", "RB_LEVEL", "rolling_band", 1.0)
    yield _removed_rays(tpf, m)
    yield _side(tpf, m, "flux_bkg", "FLUX_BKG", "background", None)


def _quality(tpf: xr.Dataset, cadences: np.ndarray, verdict: str) -> Iterator[Finding]:
    mission = get_mission(tpf.attrs["mission"])
    if "quality" in tpf.attrs.get("not_in_file", ()):
        yield Finding("QUALITY", "flags", "the file has no QUALITY")
        return
    flags = tpf["quality"].values[cadences].astype(np.int64) & 0xFFFFFFFF  # bit 31 is no sign
    every = int(np.bitwise_or.reduce(flags)) if flags.size else 0
    if not every:
        yield Finding("QUALITY", "flags", "no cadence in the window is flagged")
        return
    for bit in (1 << n for n in range(every.bit_length()) if every >> n & 1):
        (name,) = mission.flag_names(bit)
        count = int(np.count_nonzero(flags & bit))
        meant = next((v for words, v in _FLAGS.items() if words.lower() in name.lower()), None)
        said = f"{count} of {flags.size} cadences in the window: {name}"
        against = meant is not None and verdict not in (meant, "inconclusive")
        if against and count == flags.size:
            said += f", which the pixels contradict: they say {verdict.replace('_', ' ')}"
        yield Finding(
            f"QUALITY {bit}",
            "flags",
            said,
            count,
            np.nan,
            np.nan,
            (meant,) if meant else (),
            (verdict,) if against and count == flags.size else (),
        )


def _moved(tpf: xr.Dataset, m: Measured) -> Finding:
    if not m.data.event_pointing.any() and not m.data.quiet_pointing.any():
        return Finding("POS_CORR", "flags", "the file has no POS_CORR")
    path = m.noise.detrend @ m.data.event_pointing
    most = float(np.hypot(*path[m.data.region].T).max())
    usual = np.nan
    if len(m.data.quiet_pointing):
        quiet = m.noise.detrend @ m.data.quiet_pointing
        away = np.hypot(quiet[..., 0], quiet[..., 1])[:, m.data.region].max(axis=1)
        usual = float(np.quantile(away, 0.95))
    odd = most > 1.5 * usual
    said = f"the pointing moved by {most:.2g} pixel in the window, less a trend"
    if np.isfinite(usual):
        said += f"; at 95 % of other places by {usual:.2g} or less"
    return Finding(
        "POS_CORR",
        "flags",
        said,
        most,
        usual,
        np.nan,
        ("pointing",) if odd else (),
        () if odd or not np.isfinite(usual) else ("pointing",),
        "pixel",
    )


def _side(
    tpf: xr.Dataset, m: Measured, name: str, column: str, cause: str, limit: float | None
) -> Finding:
    if name not in tpf or 0 in tpf[name].shape:
        return Finding(column, "flags", f"the file has no {column}")
    inside = m.data.cadences
    values = np.asarray(tpf[name].variable[inside].values, dtype=np.float64)
    if not np.isfinite(values).any():
        return Finding(column, "flags", f"{column} is not available in the window")
    if limit is not None:
        most = float(np.nanmax(values))
        return Finding(
            column,
            "flags",
            f"{column} reaches {most:.3g} in the window",
            most,
            np.nan,
            np.nan,
            (cause,) if most >= limit else (),
            () if most >= limit else (cause,),
        )
    level = finite_median(values.reshape(len(values), -1).T)
    beside = m.data.usable
    first, last = np.searchsorted(beside, [inside[0], inside[-1]])
    n = max(len(inside), 8)
    near = np.concatenate([beside[max(first - n, 0) : first], beside[last + 1 : last + 1 + n]])
    around = np.asarray(tpf[name].variable[near].values, dtype=np.float64)
    if not near.size or not np.isfinite(around).any() or not np.isfinite(level).any():
        return Finding(column, "flags", f"{column} is not available beside the window")
    around = finite_median(around.reshape(len(around), -1).T)
    around, level = around[np.isfinite(around)], level[np.isfinite(level)]
    jump = float(np.mean(level) - np.mean(around))
    scatter = float(np.std(around)) / np.sqrt(len(inside)) + 1e-12
    sigma = abs(jump) / scatter
    return Finding(
        column,
        "flags",
        f"{column} differs by {jump:.3g} e-/s a pixel in the window",
        jump,
        scatter,
        sigma,
        (cause,) if sigma > SEEN else (),
        (),
        "e-/s",
    )


def _removed_rays(tpf: xr.Dataset, m: Measured) -> Finding:
    if "cosmic_rays" not in tpf:
        return Finding("COSMIC_RAYS", "flags", "the file has no COSMIC_RAYS: rays may be in FLUX")
    values = np.asarray(tpf["cosmic_rays"].variable[m.data.cadences].values)
    count = int(np.count_nonzero(np.isfinite(values) & (values != 0)))
    rays = "1 ray" if count == 1 else f"{count or 'no'} rays"
    said = f"the pipeline took {rays} out of the window's pixels"
    return Finding("COSMIC_RAYS", "flags", said, count)
