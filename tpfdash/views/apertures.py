"""The apertures that are not being edited: how each looks, on the stamp and on the light curve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
from bokeh.models import ColumnDataSource, Scatter

from tpfdash.inspector import Inspector
from tpfdash.inspector.apertures import OtherCurve
from tpfdash.inspector.derived import follows
from tpfdash.inspector.listed import MOST
from tpfdash.views.kinds import Kind
from tpfdash.views.raster import fit_range
from tpfdash.views.stamp import HALO_COLOR, Outline, add_arrows, segments

__all__ = [
    "NO_SERIES",
    "OTHER_KINDS",
    "OTHER_LOOKS",
    "Series",
    "add_others",
    "compared_kinds",
    "compared_label",
    "compared_note",
    "compared_series",
    "is_measured_against",
    "other_points",
    "other_points_glyph",
    "other_segments",
]

# Told apart from each other and from the light curve's blue with any kind of colour vision, and
# 3:1 against a white and a dark page (CIE76 distance 26 at least under deuteranopia, protanopia).
_COLORS = ("#e67300", "#684bfa", "#549aa8", "#d10069", "#bd4f39")
#: The same for lines on dark ground.
_LIGHT = ("#ffa033", "#9d8cff", "#5fd0e6", "#ff5cae", "#f08a70")
#: Screen pixels that are drawn and left out in turn.
_DASHES = ("9 3", "2 3 9 3", "3 3", "solid")
#: Place of an aperture in the row -> how its outline is drawn while it is not being edited.
OTHER_LOOKS = [
    Outline(_LIGHT[n % len(_LIGHT)], 2.0, _DASHES[n % len(_DASHES)]) for n in range(MOST)
]
#: The same on the light curve.
OTHER_KINDS = [Kind(f"aperture {n}", _COLORS[n % len(_COLORS)]) for n in range(MOST)]
#: Screen pixels of a point where few are in sight.
_POINT = 3.0
#: Of two light curves above each other: free height between them, in heights of the upper one.
_BETWEEN = 0.05

Series = tuple[np.ndarray, np.ndarray]
#: One without a point.
NO_SERIES: Series = (np.zeros(0), np.zeros(0))


# -- on the stamp ----------------------------------------------------------------------------------


@follows("aperture_list")
def other_segments(inspector: Inspector) -> dict[str, list]:
    """The outlines of the others that are not hidden: as `segments`, with color and dash."""
    columns: dict[str, list] = {name: [] for name in ("x0", "y0", "x1", "y1", "color", "dash")}
    for place, one in enumerate(inspector.aperture_list):
        if one.mask is None or one.hidden:
            continue
        look, drawn = OTHER_LOOKS[place], segments(inspector.tpf, one.mask)
        for name, values in drawn.items():
            columns[name] += values
        columns["color"] += [look.color] * len(drawn["x0"])
        columns["dash"] += [look.dash] * len(drawn["x0"])
    return columns


def add_others(figure, inspector: Inspector, more: float) -> ColumnDataSource:
    """Draw those outlines, each on a dark line that is so much wider; their source."""
    source = ColumnDataSource(other_segments(inspector))
    width = OTHER_LOOKS[0].width
    add_arrows(figure, source, HALO_COLOR, width + more)
    add_arrows(figure, source, "color", width, "dash")
    return source


# -- on the light curve ----------------------------------------------------------------------------


@follows("compare", "aperture_list")
def is_measured_against(inspector: Inspector) -> bool:
    """Whether others are drawn in place of the light curve: their ratio to it, or difference."""
    return inspector.compare in ("ratio", "difference") and any_other(inspector)


@follows("aperture_list")
def any_other(inspector: Inspector) -> bool:
    """Whether there is an aperture to be seen beside the one being edited."""
    return any(one.mask is not None and not one.hidden for one in inspector.aperture_list)


@follows("compare", "other_curves")
def compared_kinds(inspector: Inspector) -> list[Kind]:
    """What is drawn beside the light curve or in its place, for a legend."""
    if inspector.compare == "none":
        return []
    return [replace(OTHER_KINDS[curve.place], name=curve.name) for curve in inspector.other_curves]


@follows("compare", "aperture_list", "flux_unit")
def compared_label(inspector: Inspector, usual: str) -> str:
    """What the flux axis shows; `usual`: what it does where nothing is drawn in its place."""
    if not is_measured_against(inspector):
        return usual
    unit = f" ({inspector.flux_unit})" if inspector.flux_unit else ""
    name = inspector.aperture_name
    return f"ratio to {name}" if inspector.compare == "ratio" else f"minus {name}{unit}"


@follows("compare", "aperture_list", "compares_raw")
def compared_note(inspector: Inspector) -> str:
    """What was done to the light curves of the others, in a word or two; "" without any."""
    if not any_other(inspector):
        return ""
    raw = "raw, " if inspector.compares_raw else ""
    scaled = f"scaled to {inspector.aperture_name}"
    note = {
        "over each other": scaled,
        "stacked": f"{scaled}, moved down",
        "ratio": "each over its median",
        "difference": "less its median",
    }.get(inspector.compare, "")
    return note and raw + note


@follows("compare", "other_curves", "flux", "normalized", "good", "curve_of")
def compared_series(inspector: Inspector) -> list[Series]:
    """(time, y) of each aperture at its place in the row, at the kept cadences; NaN: no point.

    Of length 0 at the places of those that are not drawn.
    """
    made = [NO_SERIES] * MOST
    how = _WAYS.get(inspector.compare)
    if how is None or not inspector.other_curves:
        return made
    time = np.where(inspector.good, inspector.time, np.nan)
    for curve, y in zip(inspector.other_curves, how(inspector, time), strict=True):
        made[curve.place] = time, y
    return made


def _scaled(inspector: Inspector, curve: OtherCurve) -> np.ndarray:
    """With the median of the light curve that is drawn."""
    return curve.flux * ((1.0 if inspector.normalized else _median(inspector)) / curve.median)


def _median(inspector: Inspector) -> float:
    return inspector.curve_of(inspector.aperture)[1]


def _over(inspector: Inspector, time: np.ndarray) -> list[np.ndarray]:
    return [_scaled(inspector, curve) for curve in inspector.other_curves]


def _stacked(inspector: Inspector, time: np.ndarray) -> list[np.ndarray]:
    """Each below the one before, by what both need."""
    made, (floor, height) = [], _heights(time, inspector.flux)
    for curve in inspector.other_curves:
        y = _scaled(inspector, curve)
        low, height = _heights(time, y)
        y = y + (floor - (1 + _BETWEEN) * height - low)
        floor -= (1 + _BETWEEN) * height
        made.append(y)
    return made


def _heights(time: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """(lowest, height) of what is usual of a light curve."""
    low, high = fit_range(time, y) or (0.0, 0.0)
    return low, high - low


def _ratio(inspector: Inspector, time: np.ndarray) -> list[np.ndarray]:
    own, median = inspector.curve_of(inspector.aperture)
    with np.errstate(divide="ignore", invalid="ignore"):
        return [curve.flux / own * (median / curve.median) for curve in inspector.other_curves]


def _difference(inspector: Inspector, time: np.ndarray) -> list[np.ndarray]:
    made = []
    for curve in inspector.other_curves:
        (own, median), flux = inspector.curve_of(inspector.aperture), curve.flux
        if inspector.normalized:
            own, flux = own / median, flux / curve.median
        away = flux - own
        usual = away[inspector.good & np.isfinite(away)]
        made.append(away - (np.median(usual) if usual.size else np.nan))
    return made


_WAYS: dict[str, Callable[[Inspector, np.ndarray], list[np.ndarray]]] = {
    "over each other": _over,
    "stacked": _stacked,
    "ratio": _ratio,
    "difference": _difference,
}


def other_points(points: list[Series], kinds: list[Kind]) -> dict[str, np.ndarray]:
    """The points of all others as the columns of one source: t, f, and color, that of its kind."""
    return {
        "t": np.concatenate([x for x, _ in points]),
        "f": np.concatenate([y for _, y in points]),
        "color": np.repeat(_packed(tuple(kinds)), [x.size for x, _ in points]),
    }


@cache
def _packed(kinds: tuple[Kind, ...]) -> np.ndarray:
    """Colours as 0xRRGGBBAA, which travels quicker than words."""
    return np.array([int(f"{kind.color[1:]}ff", 16) for kind in kinds], dtype=np.uint32)


def other_points_glyph() -> Scatter:
    """How they are drawn where few are in sight."""
    return Scatter(x="t", y="f", size=_POINT, line_color=None, fill_color="color")
