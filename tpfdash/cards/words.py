"""What the page says in words: the cadence pointed at, the target, and where data are simulated."""

from __future__ import annotations

from html import escape

import numpy as np

from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows
from tpfdash.inspector.describe import quality_of
from tpfdash.missions import Mission
from tpfdash.stamp.columns import COLUMNS, column_unit

__all__ = ["cadence_html", "heading_html", "pixel_html", "target_html"]

NOT_AVAILABLE = "not available"


@follows("hovered", "cadence", "describe", "flux_unit")
def cadence_html(inspector: Inspector) -> str:
    """The hovered cadence, or the current one: numbers, time, flux and flags, in one line."""
    hovered = inspector.hovered is not None
    facts = inspector.describe(inspector.hovered if hovered else inspector.cadence)
    flux = _measured(facts["flux"], facts["flux_err"])
    unit = f" {inspector.flux_unit}" if inspector.flux_unit else ""
    clock = inspector.tpf.attrs.get("time_format", "")
    time = f"{clock} {facts['time']:.5f}" if facts["date"] else "no time"
    parts = [
        ("at the mouse" if hovered else "current", f"cadence {facts['cadenceno']}"),
        ("time", time),
        ("date (TDB, barycentric)", facts["date"] or NOT_AVAILABLE),
        ("flux", flux + unit if flux != NOT_AVAILABLE else flux),
        _quality(inspector, facts["quality"]),
    ]
    return _readout(parts, "readout hovered" if hovered else "readout")


@follows("column", "describe_pixel")
def pixel_html(inspector: Inspector) -> str:
    """The pixel that the mouse is on: where it is, and its value at the current cadence."""
    facts, column = inspector.describe_pixel(), COLUMNS[inspector.column]
    if inspector.pointed is None:
        parts = [(key, "–") for key in ("row", "column", column.label)]
    else:
        value = _measured(facts["value"], np.nan)
        unit = column_unit(inspector.tpf, inspector.column)
        unit = f" {unit}" if unit and value != NOT_AVAILABLE else ""
        parts = [
            ("row", str(facts["row"])),
            ("column", str(facts["col"])),
            (column.label, value + unit),
        ]
    return _readout(parts, "readout pixel")


def _readout(parts: list[tuple[str, str]], classes: str) -> str:
    cells = "".join(
        f"<div class='cell'><span class='key'>{key}</span>"
        f"<span class='value' title='{escape(value)}'>{escape(value)}</span></div>"
        for key, value in parts
    )
    return f"<div class='{classes}'>{cells}</div>"


def _measured(value: float, error: float) -> str:
    if not np.isfinite(value):
        return NOT_AVAILABLE
    scale = error if np.isfinite(error) and error > 0 else abs(value) * 1e-4 or 1
    decimals = int(np.clip(1 - np.floor(np.log10(scale)), 0, 9))
    text = f"{value:,.{decimals}f}"
    return f"{text} ± {error:,.{decimals}f}" if np.isfinite(error) else text


@follows()
def heading_html(inspector: Inspector) -> str:
    """The target's name and what it was observed by, and a badge on simulated data."""
    attrs, mission = inspector.tpf.attrs, inspector.mission
    name = escape(str(attrs.get("object") or attrs.get("source") or "unnamed target"))
    seen = " · ".join(
        escape(part)
        for part in (mission.name, _epoch(attrs, mission), str(attrs.get("cadence_type", "")))
        if part
    )
    badge = "<span class='badge'>simulated data</span>" if attrs.get("simulated") else ""
    return (
        f"<div class='heading'><span class='name'>{name}</span>{badge}"
        f"<span class='seen'>{seen}</span></div>"
    )


@follows("cadence")
def target_html(inspector: Inspector) -> str:
    """A table of what the file says about its target."""
    tpf, attrs, mission = inspector.tpf, inspector.tpf.attrs, inspector.mission
    time = inspector.time[np.isfinite(inspector.time)]
    span = (
        f"{time[0]:.3f} to {time[-1]:.3f} {attrs.get('time_format', '')} "
        f"({time[-1] - time[0]:.2f} d)"
        if time.size
        else NOT_AVAILABLE
    )
    subtracted = attrs.get("background_subtracted")
    detector = ", ".join(
        f"{key.lower()} {attrs[key.lower()]}"
        for key in mission.detector_keywords
        if attrs.get(key.lower()) not in (None, "")
    )
    rows = [
        ("Target", attrs.get("object") or NOT_AVAILABLE),
        (f"{mission.catalog} number", attrs.get("id") or NOT_AVAILABLE),
        ("RA, Dec (J2000)", _position(attrs)),
        (f"Magnitude ({attrs.get('magnitude_band', '')})", _number(attrs.get("magnitude"), ".3f")),
        ("Mission", f"{mission.name} {_epoch(attrs, mission)}".strip()),
        ("Detector", detector or NOT_AVAILABLE),
        ("Product", f"{attrs.get('product', 'TPF')}, {attrs.get('cadence_type', '')}"),
        ("Stamp", "{} rows × {} columns".format(*tpf["aperture"].shape)),
        ("Cadences", f"{tpf.sizes['time']:,}"),
        ("Time span", span),
        ("Crowding (CROWDSAP)", _number(attrs.get("crowdsap"), ".3f")),
        ("Flux fraction (FLFRCSAP)", _number(attrs.get("flfrcsap"), ".3f")),
        (
            "Background",
            NOT_AVAILABLE
            if subtracted is None
            else "subtracted from FLUX"
            if subtracted
            else "not subtracted from FLUX",
        ),
        ("Current cadence", ": ".join(_quality(inspector, quality_of(tpf, inspector.cadence)))),
        ("Not in the file", ", ".join(attrs.get("not_in_file", ())).upper() or "–"),
        ("File", attrs.get("source") or NOT_AVAILABLE),
    ]
    if attrs.get("simulated"):
        rows.insert(0, ("Simulated", "yes: no telescope has seen this target"))
    body = "".join(
        f"<tr><th>{escape(key)}</th><td>{escape(str(value))}</td></tr>" for key, value in rows
    )
    return f"<table class='facts'>{body}</table>"


def _quality(inspector: Inspector, quality: int | None) -> tuple[str, str]:
    """QUALITY of a cadence as a number, and its flags in words."""
    if quality is None:
        return "quality", NOT_AVAILABLE
    names = ", ".join(inspector.mission.flag_names(quality)) or "no flag"
    return f"quality {quality}", names


def _epoch(attrs, mission: Mission) -> str:
    key = mission.epoch_keyword.lower()
    value = attrs.get(key)
    return f"{key} {value}" if value not in (None, "") else ""


def _position(attrs) -> str:
    ra, dec = attrs.get("ra", np.nan), attrs.get("dec", np.nan)
    return f"{ra:.5f}°, {dec:+.5f}°" if np.isfinite([ra, dec]).all() else NOT_AVAILABLE


def _number(value, form: str) -> str:
    return NOT_AVAILABLE if value is None or not np.isfinite(value) else format(value, form)
