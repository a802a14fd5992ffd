"""The panels under the light curve: what else happened at the same time.

Centroids, pointing, background and rolling band, each where the file has it. A panel is made when
it is first wanted and drawn only while it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows
from tpfdash.stamp.blocks import median_level
from tpfdash.stamp.columns import available_columns, column_unit
from tpfdash.views import gestures
from tpfdash.views.kinds import Kind
from tpfdash.views.ranges import axis_range
from tpfdash.views.raster import WIDTH
from tpfdash.views.timeplot import TimePlot

__all__ = ["PANELS", "PanelView", "available_panels"]

_LOOKS = (
    ("#8a63d2", "dot"),
    ("#2c9366", "ring"),
    ("#4285d0", "diamond"),
    ("#c84aa8", "square"),
    ("#c96a00", "triangle"),
)
#: Screen pixels of a panel, without the time axis, where there is not much height.
_HEIGHT = 40
#: Screen pixels from the middle of the largest mark to its rim.
_MARK = 5


@dataclass(frozen=True)
class Panel:
    """A quantity to draw under the light curve.

    Parameters
    ----------
    label : str
        What it is.
    unit : str
        "{flux}" stands for that of the flux.
    has : callable
        Dataset -> whether the file has it.
    values : callable
        Inspector -> {name of a kind of points: float array (time,)}; it says what it `follows`.
    note : callable
        Inspector -> what cannot be measured, and why; "" where all can. It says what it `follows`.
    """

    label: str
    unit: str
    has: Callable[..., bool]
    values: Callable[[Inspector], dict[str, np.ndarray]]
    note: Callable[[Inspector], str] = follows()(lambda inspector: "")


def _has(*names):
    """Whether the file has these series; one that is 0 or NaN throughout says nothing."""
    return lambda tpf: all(name in tpf and np.nan_to_num(tpf[name].values).any() for name in names)


def _thin(aperture: np.ndarray) -> list[str]:
    """The axes along which an aperture is one pixel wide, and has the same centroid always."""
    pixels = np.nonzero(aperture)
    return [
        axis
        for axis, index in zip(("row", "column"), pixels, strict=True)
        if index.size and (index == index[0]).all()
    ]


@follows("aperture")
def _unmeasurable(inspector):
    thin = _thin(inspector.aperture)
    if not thin:
        return ""
    shape = "one-pixel" if len(thin) == 2 else f"one-{thin[0]}"
    return f"{' and '.join(thin)}: not measurable ({shape} aperture)"


@follows("raw_lightcurve", "good", "aperture")
def _centroids(inspector):
    lightcurve, good = inspector.raw_lightcurve, inspector.good
    out, thin = {}, _thin(inspector.aperture)
    for axis in ("row", "column"):
        values = lightcurve[f"centroid_{axis[:3]}"].values
        kept = values[good & np.isfinite(values)]
        out[axis] = values - (np.median(kept) if kept.size and axis not in thin else np.nan)
    return out


@follows()
def _pointing(inspector):
    tpf = inspector.tpf
    return {"row": tpf["pos_corr2"].values, "column": tpf["pos_corr1"].values}


@follows("aperture")
def _background(inspector):
    mask = inspector.aperture
    mask = mask if mask.any() else np.ones_like(mask)
    return {"background": median_level(inspector.tpf, mask, "flux_bkg")}


@follows()
def _rolling_band(inspector):
    level = inspector.tpf["rb_level"].transpose("rb_duration", "time", "row").values
    worst = np.fmax.reduce(level, axis=-1)
    durations = inspector.tpf.attrs.get("rb_durations") or range(1, len(worst) + 1)
    return {f"{length} cadences": one for length, one in zip(durations, worst, strict=False)}


def _has_rolling_band(tpf):
    return "rb_level" in tpf and tpf["rb_level"].size > 0 and bool(tpf["rb_level"].notnull().any())


PANELS = {
    "Centroid": Panel(
        "centroid − median", "pixel", lambda tpf: True, _centroids, note=_unmeasurable
    ),
    "Pointing": Panel("POS_CORR", "pixel", _has("pos_corr1", "pos_corr2"), _pointing),
    "Background": Panel(
        "FLUX_BKG",
        "{flux}",
        lambda tpf: "background" in available_columns(tpf),
        _background,
    ),
    "Rolling band": Panel("worst RB_LEVEL", "σ", _has_rolling_band, _rolling_band),
}


def available_panels(inspector: Inspector) -> list[str]:
    """Names of the panels that this file has the data for."""
    return [name for name, panel in PANELS.items() if panel.has(inspector.tpf)]


class PanelView(TimePlot):
    """One of `PANELS`; its `live.shown` is whether it is on the page.

    It is zoomed and moved with the light curve, whose toolbar serves it too.

    Parameters
    ----------
    inspector : Inspector
    name : str
        One of `PANELS`.
    light_curve : TimePlot, optional
        The plot whose toolbar it is, where both are on one page.

    Attributes
    ----------
    label : str
        What it shows, with the unit, for the words beside it: the axis has room for the unit alone.
    """

    _options = {
        "responsive": True,
        "min_height": _HEIGHT,
        "toolbar": None,
        "default_tools": ["xwheel_zoom", "xpan", "xbox_zoom"],
    }
    _usual_frame = 900, _HEIGHT - 8
    _cells = 30, WIDTH
    _y_ticks = 2

    def __init__(self, inspector: Inspector, name: str, light_curve: TimePlot | None = None):
        self._panel = PANELS[name]
        self._light_curve = light_curve
        unit = self._panel.unit.format(flux=column_unit(inspector.tpf, "flux"))
        self.label = f"{self._panel.label} ({unit})" if unit else self._panel.label
        kinds = [
            Kind(kind, *look)
            for kind, look in zip(self._panel.values(inspector), _LOOKS, strict=False)
        ]
        super().__init__(
            inspector,
            kinds,
            self._series,
            lambda: unit,
            follows=("good", *self._panel.values.inputs),
        )

    @property
    def note(self) -> str:
        """What of it cannot be measured, and why; "" where all can. It follows the aperture."""
        return self._panel.note(self.inspector)

    def _series(self):
        time = np.where(self.inspector.good, self.inspector.time, np.nan)
        values = self._panel.values(self.inspector)
        return [(time, np.asarray(values[kind.name], dtype=np.float64)) for kind in self.kinds]

    def _y_range(self, series, visible):
        """So that no mark is cut: one kind of points may be at the top, and another below."""
        low, high = super()._y_range(series, visible)
        return axis_range(low, high, _MARK / self._usual_frame[1] * (high - low))

    def _spoken(self):
        said = f"{self.label} against {self._time_label()}"
        return {"role": "img", "aria-label": f"{said}. {self.note}" if self.note else said}

    def _finish(self, figure, picture):
        super()._finish(figure, picture)
        figure.title.visible = False
        page = self._figures.page_of(figure)
        above = self._light_curve.on_page(page) if self._light_curve else None
        if above is not None:
            gestures.borrow_tools(figure, above)
