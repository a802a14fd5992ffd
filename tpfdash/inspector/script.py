"""The light curve on screen as a Python script, for tpfdash or for lightkurve.

What is written out is what the Inspector holds: the file, the masks, the quality choice, the
background and the normalisation. Text only; how it is shown and copied is `tpfdash.cards`.
"""

from __future__ import annotations

from tpfdash.inspector import Inspector
from tpfdash.inspector.corrected import each_cadence, in_words, protected
from tpfdash.inspector.derived import follows
from tpfdash.stamp.geometry import corner, rectangles
from tpfdash.timeseries.transform import function_name
from tpfdash.version import __version__

__all__ = ["SCRIPTS", "lightkurve_script", "tpfdash_script"]

_SUFFIXES = (".fits", ".fit", ".fits.gz", ".fit.gz")


@follows(
    *("aperture", "background", "quality_bitmask", "normalized", "transform"),
    *("corrections", "windows", "ephemeris"),
)
def tpfdash_script(inspector: Inspector) -> str:
    """Python that makes the light curve with tpfdash.

    Run beside the file it leaves, over all of the file's cadences, `time` (float64, days), `flux`
    (float64, as `Inspector.flux` but for a `transform`, which it names), `good` (bool, those that
    the quality choice keeps), `lightcurve`, the Dataset, `binned`, where bins are drawn, and
    `folded`, where there is an ephemeris.
    """
    background = ", background=background" if inspector.background.any() else ""
    bits = inspector.quality_bits
    kinds = ", ".join(sorted(type(each).__name__ for each in inspector.corrections))
    classes = [f"from tpfdash.timeseries.corrections import {kinds}"] if kinds else []
    return _script(
        inspector,
        ["import numpy as np", "import tpfdash", *classes],
        "tpf = tpfdash.open_tpf(source)",
        [
            f"lightcurve = tpfdash.aperture_photometry(tpf, aperture{background})",
            f'good = (lightcurve["quality"].values & {bits}) == 0  '
            f"# quality_bitmask {inspector.quality_bitmask!r}",
            *_corrections(inspector),
            'time, flux = lightcurve["time"].values, lightcurve["flux"].values',
            *_folding(inspector),
        ],
        "flux = flux / np.nanmedian(flux[good])",
    )


@follows("aperture", "background", "quality_bitmask", "normalized", "transform", "corrections")
def lightkurve_script(inspector: Inspector) -> str:
    """Python that makes the light curve with lightkurve.

    Run beside the file it leaves `lightcurve`, a LightCurve, and its `time` and `flux`, over the
    cadences that the quality choice keeps. lightkurve adds up in single precision.
    """
    lines = ["lightcurve = tpf.to_lightcurve(aperture_mask=aperture)"]
    if inspector.background.any():
        lines += [
            "level = np.nanmedian(tpf.flux[:, background], axis=1)",
            "pixels = np.isfinite(tpf.flux[:, aperture]).sum(axis=1)",
            "lightcurve.flux = lightcurve.flux - level * pixels",
        ]
    lines += ["time, flux = lightcurve.time.value, lightcurve.flux.value"]
    if inspector.corrections:
        names = in_words(inspector.corrections)
        lines.append(f"# On screen tpfdash's corrections follow, not written out here: {names}.")
    return _script(
        inspector,
        ["import lightkurve as lk", "import numpy as np"],
        f"tpf = lk.read(source, quality_bitmask={inspector.quality_bitmask!r})",
        lines,
        "flux = flux / np.nanmedian(flux)",
    )


#: Package -> Inspector -> a script that uses it.
SCRIPTS = {"tpfdash": tpfdash_script, "lightkurve": lightkurve_script}


def _folding(inspector: Inspector) -> list[str]:
    """Statements that fold the light curve with the ephemeris, where there is one."""
    if inspector.ephemeris is None:
        return []
    values = inspector.ephemeris.to_dict()
    said = ", ".join(f"{name}={value!r}" for name, value in values.items() if value != "")
    return [
        f"ephemeris = tpfdash.Ephemeris({said})",
        "folded = tpfdash.fold(lightcurve, ephemeris, good=good)",
    ]


def _script(
    inspector: Inspector,
    imports: list[str],
    opening: str,
    photometry: list[str],
    normalisation: str,
) -> str:
    attrs = inspector.tpf.attrs
    lines = [
        f"# The light curve of {attrs.get('object') or 'an unnamed target'!r}, "
        f"as tpfdash {__version__} shows it.",
        *(["# These data are simulated."] if attrs.get("simulated") else []),
        *(["# Events were injected into these data."] if attrs.get("injected") else []),
        *imports,
        "",
        *_source(str(attrs.get("source", ""))),
        opening,
        *_mask("aperture", inspector),
        *(_mask("background", inspector) if inspector.background.any() else []),
        *photometry,
    ]
    if inspector.transform is not None:
        name = function_name(inspector.transform)
        lines.append(f"# On screen the function {name!r} was applied here to the kept cadences.")
    if inspector.normalized:
        lines.append(normalisation)
    return "\n".join(lines) + "\n"


def _corrections(inspector: Inspector) -> list[str]:
    """Statements that correct the light curve, and bin it."""
    made = each_cadence(protected(inspector.corrections, inspector.windows))
    lines = []
    if made:
        steps = ", ".join(map(repr, made))
        lines.append(f"lightcurve = tpfdash.corrected(lightcurve, [{steps}], good=good)")
    if bins := inspector.corrections[len(made) :]:
        lines.append(f"binned = tpfdash.corrected(lightcurve, {bins[0]!r}, good=good)")
    return lines


def _source(source: str) -> list[str]:
    if source.lower().endswith(_SUFFIXES):
        return [f"source = {source!r}  # its folder too, where the script runs elsewhere"]
    return [
        f"# The data shown came from no file ({source!r}): write them with tpfdash.write_tpf.",
        'source = "tpf.fits"',
    ]


def _mask(name: str, inspector: Inspector) -> list[str]:
    """Statements that make a mask, by rectangles."""
    mask = getattr(inspector, name)
    row, col = corner(inspector.tpf)
    note = f"  # [0, 0] is detector row {row}, column {col}"
    if mask.all():
        return [f"{name} = np.ones({mask.shape}, dtype=bool){note}"]
    lines = [f"{name} = np.zeros({mask.shape}, dtype=bool){note}"]
    for row0, row1, col0, col1 in rectangles(mask):
        lines.append(f"{name}[{_part(row0, row1)}, {_part(col0, col1)}] = True")
    return lines


def _part(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}:{last + 1}"
