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
from tpfdash.stamp.columns import available_columns
from tpfdash.views.timeplot import Kind, TimePlot

__all__ = ["PANELS", "PanelView", "available_panels"]

_ROW, _COLUMN = "#7c5cd6", "#2f9e6e"
_SHADES = ("#2f9e6e", "#4285d0", "#7c5cd6", "#c2399f", "#e8912d")


@dataclass(frozen=True)
class Panel:
    """A quantity to draw under the light curve.

    Parameters
    ----------
    label : str
        Of the y axis, with the unit.
    has : callable
        Dataset -> whether the file has it.
    values : callable
        Inspector -> {name of a kind of points: float array (time,)}; it says what it `follows`.
    """

    label: str
    has: Callable[..., bool]
    values: Callable[[Inspector], dict[str, np.ndarray]]


def _has(*names):
    """Whether the file has these series; one that is 0 or NaN throughout says nothing."""
    return lambda tpf: all(name in tpf and np.nan_to_num(tpf[name].values).any() for name in names)


@follows("lightcurve", "good")
def _centroids(inspector):
    lightcurve, good = inspector.lightcurve, inspector.good
    out = {}
    for axis in ("row", "column"):
        values = lightcurve[f"centroid_{axis[:3]}"].values
        kept = values[good & np.isfinite(values)]
        out[axis] = values - (np.median(kept) if kept.size else 0)
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
    "Centroid": Panel("centroid − median (pixel)", lambda tpf: True, _centroids),
    "Pointing": Panel("POS_CORR (pixel)", _has("pos_corr1", "pos_corr2"), _pointing),
    "Background": Panel(
        "FLUX_BKG (e⁻/s)",
        lambda tpf: "background" in available_columns(tpf),
        _background,
    ),
    "Rolling band": Panel("worst RB_LEVEL (σ)", _has_rolling_band, _rolling_band),
}


def available_panels(inspector: Inspector) -> list[str]:
    """Names of the panels that this file has the data for."""
    return [name for name, panel in PANELS.items() if panel.has(inspector.tpf)]


class PanelView(TimePlot):
    """One of `PANELS`; its `live.shown` is whether it is on the page."""

    def __init__(self, inspector: Inspector, name: str, height: int = 170):
        self._panel = PANELS[name]
        kinds = [Kind(kind, color) for kind, color in self._palette(inspector).items()]
        super().__init__(
            inspector,
            kinds,
            self._series,
            lambda: self._panel.label,
            height,
            follows=("good", *self._panel.values.inputs),
        )

    def _palette(self, inspector) -> dict[str, str]:
        names = list(self._panel.values(inspector))
        if set(names) == {"row", "column"}:
            return {"row": _ROW, "column": _COLUMN}
        return dict(zip(names, _SHADES, strict=False))

    def _series(self):
        time = np.where(self.inspector.good, self.inspector.time, np.nan)
        values = self._panel.values(self.inspector)
        return [(time, np.asarray(values[kind.name], dtype=np.float64)) for kind in self._kinds]

    def _finish(self, figure, picture):
        super()._finish(figure, picture)
        figure.title.visible = False
