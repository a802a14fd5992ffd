"""The corrections of the light curve: their switches, their numbers, and what they have done.

What each does is `tpfdash.timeseries.corrections`; which light curve is drawn meanwhile,
`tpfdash.inspector.correcting`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from html import escape
from typing import Any

import numpy as np
import panel as pn

from tpfdash.cards.files import save_button
from tpfdash.cards.links import link
from tpfdash.cards.widgets import CSS, button, control, html, put_in_sight, readout, row
from tpfdash.inspector import Inspector
from tpfdash.inspector.corrected import can_protect, each_cadence, in_words
from tpfdash.inspector.derived import follows
from tpfdash.inspector.question import Once
from tpfdash.io import lightcurve_bytes
from tpfdash.timeseries.corrections import (
    CORRECTIONS,
    Bin,
    Correction,
    Flatten,
    RemoveOutliers,
    RemovePointing,
)
from tpfdash.views.asking import Asking
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["corrections_card", "corrections_html", "scatter_words"]

_WHAT = (
    "Takes off what goes with the pointing, then the slow trend, then outliers; bins lie over the "
    "points. The raw light curve stays in sight, in grey."
)


@dataclass(frozen=True)
class _Field:
    """One number, choice or switch of a correction, as a control."""

    kind: type[Correction]
    name: str
    label: str
    doc: str
    step: float = 0.0
    options: dict[str, Any] | None = None

    def control(self) -> pn.widgets.Widget:
        """The control, found in the page as `tpf-WORD-NAME`."""
        tag, beside = f"{self.kind.word}-{self.name}".replace("_", "-"), {}
        if self.options is not None:
            made, beside = pn.widgets.Select, {"options": self.options, "width": 170}
        elif self.step:
            made, beside = pn.widgets.FloatInput, {"step": self.step, "start": 0.0, "width": 150}
        else:
            return control(pn.widgets.Checkbox, tag, self.doc, label=self.label)
        classes = [f"tpf-{tag}", "tpf-beside"]
        return control(made, tag, self.doc, label=self.label, css_classes=classes, **beside)

    def shown(self, corrections: tuple[Correction, ...]) -> Any:
        """Its value; the usual one where the correction is off."""
        usual = next(each.default for each in fields(self.kind) if each.name == self.name)  # type: ignore[arg-type]
        found = [getattr(each, self.name) for each in corrections if isinstance(each, self.kind)]
        value = found[0] if found else usual
        return "" if value is None else value

    def chosen(self, corrections: tuple[Correction, ...], value: Any) -> tuple[Correction, ...]:
        """The corrections with another value of it."""
        value = None if value == "" else value
        return tuple(
            replace(each, **{self.name: value}) if isinstance(each, self.kind) else each  # type: ignore[type-var]
            for each in corrections
        )


_FIELDS = (
    _Field(
        RemovePointing,
        "method",
        "model",
        "How the flux follows the pointing: splines along the way that the stars roll to and fro, "
        "or a polynomial in row and column; automatic: roll in K2.",
        options={"automatic": "", "roll": "roll", "regression": "regression"},
    ),
    _Field(
        RemovePointing,
        "position",
        "of",
        "What says how the pointing was; automatic: POS_CORR where the file has it.",
        options={"automatic": "", "POS_CORR": "pos_corr", "centroids": "centroid"},
    ),
    _Field(
        Flatten,
        "window_length",
        "window (d)",
        "Days. What lasts longer is trend; a transit should last no longer than a third of it.",
        step=0.25,
    ),
    _Field(
        RemoveOutliers,
        "sigma",
        "beyond (σ)",
        "How far from the running trend, in the scatter around it, a cadence is left out.",
        step=0.5,
    ),
    _Field(
        RemoveOutliers,
        "keep_dips",
        "keep dips",
        "Whether what lies below the trend stays, so that transits and eclipses do.",
    ),
    _Field(Bin, "width", "width (d)", "Days that are averaged over.", step=0.05),
)


def corrections_card(inspector: Inspector) -> tuple[pn.Column, list[Live]]:
    """The card of the corrections of an Inspector's light curve, and what is live in it."""
    scatter = Asking(inspector, "scattering", "scatter", forget="curve")
    switches, switches_live = _switches(inspector)
    groups = {kind: _group(inspector, kind) for kind in CORRECTIONS.values()}

    def stop() -> None:
        inspector.corrections = ()

    cancel = button(
        inspector, "Cancel", "cancel-corrections", stop, "Stop, and switch all corrections off."
    )

    def show(*events: Any) -> None:
        put_in_sight(cancel, inspector.waiting)
        on = {type(each) for each in inspector.corrections}
        for kind, group in groups.items():
            group.visible = kind in on  # the plots are to get less height, or more

    show()
    card = pn.Column(
        row(switches, cancel, gap=8),
        row(
            *groups.values(),
            css_classes=["tpf-bar"],
            stylesheets=[CSS],
            styles={"gap": "6px 20px", "align-items": "center"},
        ),
        readout(
            inspector,
            corrections_html,
            "corrections-words",
            sizing_mode="stretch_width",
            min_height=40,
        ),
        margin=0,
        sizing_mode="stretch_width",
        styles={"gap": "6px"},
    )
    return card, [*scatter.lives, switches_live, Live(inspector, show, "corrections", "waiting")]


def _switches(inspector: Inspector) -> tuple[pn.widgets.CheckButtonGroup, Live]:
    made = control(
        pn.widgets.CheckButtonGroup,
        "corrections",
        "What is done to the light curve, from left to right; press again to switch it off.",
        options={kind.word: name for name, kind in CORRECTIONS.items()},
        variant="outline",
    )

    def show(*events: Any) -> None:
        made.value = [type(each).__name__ for each in inspector.corrections]

    def choose(event: Any) -> None:
        inspector.use_corrections(event.new)

    show()
    made.param.watch(guarded(inspector)(choose), "value")
    return made, Live(inspector, show, "corrections")


def _group(inspector: Inspector, kind: type[Correction]) -> pn.Row:
    """The numbers of one correction, and what its result is saved with."""
    parts = []
    for field in _FIELDS:
        if field.kind is kind:
            parts.append(field.control())
            link(
                parts[-1],
                inspector,
                "corrections",
                shown=field.shown,
                chosen=lambda value, field=field: field.chosen(inspector.corrections, value),
            )
    saving = _saving(inspector) if kind is Bin else []
    heading = html(f"<b class='label'>{kind.word}</b>")
    return row(heading, *parts, *saving, gap=8, visible=False)


def _saving(inspector: Inspector) -> list[pn.widgets.Widget]:
    suffix = control(
        pn.widgets.Select,
        "bins-format",
        "Format in which the bins are saved.",
        options=["fits", "ecsv", "csv"],
        width=72,
    )
    save = save_button(
        inspector,
        "bins",
        lambda: suffix.value,
        lambda format: lightcurve_bytes(inspector.binned_lightcurve, format),
        label="Save bins",
    )
    return [suffix, save]


@follows("corrections", "waiting", "is_corrected", "trouble", "scatter", "windows")
def corrections_html(inspector: Inspector) -> str:
    """What the corrections have done to the scatter, what they pass over, what is to come."""
    corrections = inspector.corrections
    if not corrections:
        return f"<div class='note'>{_WHAT}</div>"
    if inspector.trouble:
        return f"<div class='error' role='alert'>{escape(inspector.trouble)}</div>"
    return f"<div class='note' role='status'>{escape(' '.join(_said(inspector)))}</div>"


def _said(inspector: Inspector) -> list[str]:
    corrections = inspector.corrections
    said = []
    if inspector.waiting:
        drawn = "the one for the windows before" if inspector.is_corrected else "the raw one"
        names = in_words(each_cadence(corrections))
        said.append(f"Correcting ({names}) … Until then the light curve shown is {drawn}.")
    elif inspector.scatter is not None:
        said.append(_scatter(*inspector.scatter))
    elif each_cadence(corrections):
        said.append("Measuring the scatter …")
    if can_protect(corrections):
        said.append(_windows(len(inspector.windows)))
    return said


def _windows(count: int) -> str:
    if not count:
        return "The cadences of a window would be left out of what is fitted."
    which = "the window" if count == 1 else f"the {count} windows"
    return f"The cadences of {which} are left out of what is fitted."


def _scatter(raw: float, made: float) -> str:
    if not (np.isfinite([raw, made]).all() and made > 0):
        return "The scatter cannot be told."
    factor = raw / made
    change = f"{factor:.1f} times less" if factor >= 1 else f"{1 / factor:.1f} times more"
    if round(max(factor, 1 / factor), 1) == 1:
        change = "about the same"
    return f"6-hour scatter: {raw:,.0f} ppm raw, {made:,.0f} ppm corrected, {change}."


def scatter_words(scattering: Once | None) -> str:
    """How much the light curve scatters before and after, in words; "" where it is as it was."""
    return "" if scattering is None else _scatter(*scattering.answer())
