"""Saving from the browser, and loading an aperture: nothing is written on the server's disk."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import panel as pn

from tpfdash.cards.script import script_part
from tpfdash.cards.session import load_session, save_session
from tpfdash.cards.upload import LARGEST, MB, Upload
from tpfdash.cards.widgets import control, html, note, row, section
from tpfdash.inspector import Inspector
from tpfdash.io import aperture_bytes, lightcurve_bytes, read_aperture
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["files_card", "save_button"]

#: As many parts beside each other as there is room for.
_SIDE_BY_SIDE = """
:host {
  display: grid !important; gap: 12px 32px; min-width: 0 !important;
  flex: none !important; max-height: none !important; grid-auto-rows: max-content;
  grid-template-columns: repeat(auto-fit, minmax(min(300px, 100%), 1fr));
}
:host > * { min-width: 0 !important; }
"""
#: What the name of a target pixel file, or of a light curve, ends in.
_SUFFIX = re.compile(r"\.(fits?(\.gz)?|ecsv|csv)$", re.IGNORECASE)

#: What the name of an aperture may have that is not for a file's.
_UNUSUAL = re.compile(r"[^\w.-]+")


def files_card(
    inspector: Inspector,
    report: Callable[[], str],
    others: Callable[[], Sequence[Inspector]] = tuple,
) -> tuple[pn.Column, list[Live]]:
    """The card with which results are saved, copied as Python, and an aperture is loaded.

    `report`: -> the page that "Save report" saves; `others`: -> further Inspectors whose choices
    are in a session. With it comes what is live in the card.
    """
    script, script_live = script_part(inspector)
    save = [
        section("Save"),
        _download(
            inspector,
            "light curve",
            ["fits", "ecsv", "csv"],
            lambda suffix: lightcurve_bytes(inspector.lightcurve, suffix),
        ),
        _download(
            inspector,
            "aperture",
            ["fits", "json", "npy"],
            lambda suffix: aperture_bytes(inspector.tpf, inspector.aperture, suffix),
        ),
        _download(inspector, "report", ["html"], lambda suffix: report().encode()),
        save_session(inspector, others),
    ]
    load = [
        section("Load an aperture"),
        *_upload(inspector),
        section("Load a session"),
        *load_session(inspector, others),
    ]
    card = pn.Column(
        *(
            pn.Column(*part, margin=0, sizing_mode="stretch_width", styles={"gap": "8px"})
            for part in (save, load, script)
        ),
        stylesheets=[_SIDE_BY_SIDE],
        margin=0,
        sizing_mode="stretch_width",
    )
    return card, [script_live]


def _download(
    inspector: Inspector, what: str, suffixes: list[str], make: Callable[[str], bytes]
) -> pn.Row:
    name = what.replace(" ", "")
    choice = control(
        pn.widgets.RadioButtonGroup,
        f"{name}-format",
        f"The format in which the {what} is saved.",
        options=suffixes,
        variant="outline",
    )
    save = save_button(inspector, what, lambda: choice.value, make, label=f"Save {what}", width=150)

    def rename(*events):
        save.filename = _filename(inspector, name, choice.value)

    choice.param.watch(rename, "value")
    return row(choice, save, gap=10)


def save_button(
    inspector: Inspector,
    what: str,
    suffix: Callable[[], str],
    make: Callable[[str], bytes],
    tag: str = "save",
    **params,
) -> pn.widgets.FileDownload:
    """A button that has the browser save something, made when it is pressed.

    Parameters
    ----------
    inspector : Inspector
    what : str
        What is saved: it goes into the tooltip and the file's name.
    suffix : callable
        -> the suffix of the file then.
    make : callable
        Suffix -> the file's contents.
    """
    name = what.replace(" ", "")
    save = control(
        pn.widgets.FileDownload,
        f"{tag}-{name}",
        f"Save the {what} in the browser's own folder.",
        callback=guarded(inspector, reraise=True)(lambda: io.BytesIO(make(suffix()))),
        filename=_filename(inspector, name, suffix()),
        **params,
    )

    def rename(*events):
        save.filename = _filename(inspector, name, suffix())

    Live(inspector, rename, "filename", "aperture_list")
    return save


def _filename(inspector: Inspector, name: str, suffix: str) -> str:
    attrs = inspector.tpf.attrs
    source = Path(str(attrs.get("source") or attrs.get("object") or "tpf")).name
    stem = _SUFFIX.sub("", inspector.filename or source).replace(" ", "_")
    if len(inspector.aperture_list) > 1 and name in ("aperture", "lightcurve"):
        name = f"{_UNUSUAL.sub('_', inspector.aperture_name)}_{name}"
    # A name of the user's own is that of the light curve.
    own = inspector.filename and name == "lightcurve"
    return f"{stem}.{suffix}" if own else f"{stem}_{name}.{suffix}"


def _upload(inspector: Inspector) -> list:
    message = html("", css_classes=["tpf-message"])

    def read(name: str, contents: bytes):
        file = io.BytesIO(contents)
        file.name = name  # for messages
        inspector.aperture = read_aperture(file, inspector.tpf)

    def say(words: str):
        message.object = words and f"<div class='error' role='alert'>{escape(words)}</div>"

    load = Upload(
        read,
        say,
        words="Choose a file …",
        accept=".fits,.gz,.json,.npy",
        hint="The file whose aperture is to be the one in use.",
        css_classes=["tpf-load-aperture"],
    )
    what = (
        "A FITS, JSON or npy file saved here, or a target pixel file of the same detector; "
        f"{LARGEST // MB} MB at most."
    )
    return [load, note(what), message]
