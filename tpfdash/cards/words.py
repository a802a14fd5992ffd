"""What the page says in words: the cadence pointed at, the target, and where data are made up."""

from __future__ import annotations

from html import escape

import numpy as np

from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows
from tpfdash.inspector.describe import quality_of
from tpfdash.missions import Mission
from tpfdash.stamp.columns import COLUMNS, column_unit

__all__ = [
    "INJECTED",
    "cadence_html",
    "heading_html",
    "minus",
    "pixel_html",
    "target_html",
    "target_name",
]

NOT_AVAILABLE = "not available"
#: What is said of data with injected events.
INJECTED = "yes: tpfdash put events into these pixels that nobody observed"


@follows("hovered", "cadence", "describe", "flux_unit", "is_corrected", "is_outlier")
def cadence_html(inspector: Inspector) -> str:
    """The hovered cadence, or the current one: numbers, time, flux and flags."""
    hovered = inspector.hovered is not None
    index = inspector.hovered if hovered else inspector.cadence
    facts = inspector.describe(index)
    flux = _measured(facts["flux"], facts["flux_err"])
    if flux != NOT_AVAILABLE:
        flux += f" {inspector.flux_unit}" if inspector.flux_unit else ""
        if np.isfinite(facts["relative"]):
            flux += f" ({minus(format(100 * facts['relative'], '+,.2f'))} %)"
    elif inspector.is_outlier(index):
        flux = "left out: an outlier"
    clock = inspector.tpf.attrs.get("time_format", "")
    numbered = "cadenceno" not in inspector.tpf.attrs.get("not_in_file", ())
    number = f"cadence {facts['cadenceno']}" if numbered else "no cadence number"
    parts = [
        ("at the mouse" if hovered else "current", f"{number} · index {index}"),
        ("time", f"{clock} {minus(format(facts['time'], '.5f'))}" if facts["date"] else "no time"),
        ("date (TDB, barycentric)", facts["date"].replace("T", " ") or NOT_AVAILABLE),
        ("corrected flux" if inspector.is_corrected else "flux", flux),
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
        f"<div class='cell' title='{key}: {escape(value)}'><span class='key'>{key}</span>"
        f"<span class='value'>{escape(value)}</span></div>"
        for key, value in parts
    )
    return f"<div class='{classes}'>{cells}</div>"


def minus(text: str) -> str:
    """A number's text with a true minus sign."""
    return text.replace("-", "\N{MINUS SIGN}")


def _measured(value: float, error: float) -> str:
    if not np.isfinite(value):
        return NOT_AVAILABLE
    scale = error if np.isfinite(error) and error > 0 else abs(value) * 1e-4 or 1
    decimals = int(np.clip(1 - np.floor(np.log10(scale)), 0, 9))
    text = minus(f"{value:,.{decimals}f}")
    return f"{text} ± {error:,.{decimals}f}" if np.isfinite(error) else text


def target_name(inspector: Inspector) -> str:
    """What the target is called: its name, a cutout's place on the sky, or the file."""
    attrs = inspector.tpf.attrs
    if attrs.get("object"):
        return str(attrs["object"])
    position = _position(attrs)
    if position != NOT_AVAILABLE:
        return f"cutout at {position}"
    return str(attrs.get("source") or "unnamed target")


@follows()
def heading_html(inspector: Inspector) -> str:
    """The target: its name, what it was observed by, what the file's header knows of it.

    And a badge on simulated data, and on injected events.
    """
    attrs, mission = inspector.tpf.attrs, inspector.mission
    name = target_name(inspector)
    temperature, radius = attrs.get("teff"), attrs.get("radius")
    magnitude = _number(attrs.get("magnitude"), ".2f")
    facts = [
        f"{mission.name} {_epoch(attrs, mission)}".strip(),
        ", ".join(
            f"{key.lower()} {attrs[key.lower()]}"
            for key in mission.detector_keywords
            if attrs.get(key.lower()) not in (None, "")
        ),
        str(attrs.get("cadence_type", "")),
        magnitude != NOT_AVAILABLE and f"{attrs.get('magnitude_band', '')} {minus(magnitude)}",
        temperature and f"{temperature:,.0f} K",
        radius and f"{radius:.2f} R☉",
        _position(attrs) not in (NOT_AVAILABLE, name.removeprefix("cutout at "))
        and _position(attrs),
    ]
    seen = " · ".join(escape(fact) for fact in facts if fact)
    badges = [
        f"<span class='badge'>{words}</span>"
        for key, words in (("simulated", "simulated data"), ("injected", "injected events"))
        if attrs.get(key)
    ]
    return (
        "<div class='heading'><span class='name' role='heading' aria-level='1'>"
        f"{escape(name)}</span>{''.join(badges)}"
        f"<span class='seen' title='{seen}'>{seen}</span></div>"
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
        ("Target", target_name(inspector)),
        (f"{mission.catalog} number", attrs.get("id") or NOT_AVAILABLE),
        ("RA, Dec (J2000)", _position(attrs)),
        (f"Magnitude ({attrs.get('magnitude_band', '')})", _number(attrs.get("magnitude"), ".3f")),
        ("Temperature (TEFF)", _number(attrs.get("teff"), ",.0f", " K")),
        ("Radius (RADIUS)", _number(attrs.get("radius"), ".3f", " R☉")),
        ("Mission", f"{mission.name} {_epoch(attrs, mission)}".strip()),
        ("Detector", detector or NOT_AVAILABLE),
        ("Product", f"{attrs.get('product', 'TPF')}, {attrs.get('cadence_type', '')}"),
        ("Stamp", "{} rows × {} columns".format(*tpf["aperture"].shape)),
        ("Cadences", _cadences(inspector)),
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
    if attrs.get("injected"):
        rows.insert(0, ("Injected", INJECTED))
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
    if value in (None, ""):
        return ""
    try:
        return mission.interval(value)
    except ValueError:
        return f"{key} {value}"


def _position(attrs) -> str:
    ra, dec = (np.nan if attrs.get(name) is None else attrs[name] for name in ("ra", "dec"))
    return minus(f"{ra:.5f}° {dec:+.5f}°") if np.isfinite([ra, dec]).all() else NOT_AVAILABLE


def _number(value, form: str, unit: str = "") -> str:
    if value is None or not np.isfinite(value):
        return NOT_AVAILABLE
    return minus(format(value, form)) + unit


def _cadences(inspector: Inspector) -> str:
    timed = int(np.count_nonzero(np.isfinite(inspector.time)))
    return f"{inspector.time.size:,}, {timed:,} of them with a time"
