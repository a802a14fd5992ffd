"""Saving from the browser, and loading an aperture: nothing is written on the server's disk."""

from __future__ import annotations

import io
from collections.abc import Callable
from html import escape
from pathlib import Path

import panel as pn

from tpfdash.cards.script import script_part
from tpfdash.cards.upload import LARGEST, MB, Upload
from tpfdash.cards.widgets import CSS, html, note, row, section
from tpfdash.inspector import Inspector
from tpfdash.io import aperture_bytes, lightcurve_bytes, read_aperture

__all__ = ["files_card"]


def files_card(inspector: Inspector, report: Callable[[], str]) -> pn.Row:
    """The card with which results are saved, copied as Python, and an aperture is loaded.

    `report`: -> the page that "Save report" saves.
    """
    return pn.Row(
        pn.Column(
            section("Light curve"),
            _download(
                inspector,
                "light curve",
                ["fits", "ecsv", "csv"],
                lambda suffix: lightcurve_bytes(inspector.lightcurve, suffix),
            ),
            section("Aperture"),
            _download(
                inspector,
                "aperture",
                ["fits", "json", "npy"],
                lambda suffix: aperture_bytes(inspector.tpf, inspector.aperture, suffix),
            ),
            section("What is on screen"),
            _download(inspector, "report", ["html"], lambda suffix: report().encode()),
            margin=0,
            styles={"gap": "8px"},
        ),
        pn.Spacer(width=40),
        pn.Column(
            section("Load an aperture"), *_upload(inspector), margin=0, styles={"gap": "8px"}
        ),
        pn.Spacer(width=40),
        pn.Column(
            section("Copy as Python"),
            *script_part(inspector),
            sizing_mode="stretch_width",
            margin=0,
            styles={"gap": "8px"},
        ),
        margin=(10, 0),
        sizing_mode="stretch_width",
    )


def _download(
    inspector: Inspector, what: str, suffixes: list[str], make: Callable[[str], bytes]
) -> pn.Row:
    name = what.replace(" ", "")
    choice = pn.widgets.RadioButtonGroup(
        options=suffixes,
        button_style="outline",
        css_classes=[f"tpf-{name}-format"],
        stylesheets=[CSS],
        margin=0,
    )
    save = pn.widgets.FileDownload(
        callback=lambda: io.BytesIO(make(choice.value)),
        filename=_filename(inspector, name, choice.value),
        label=f"Save {what}",
        css_classes=[f"tpf-save-{name}"],
        stylesheets=[CSS],
        margin=0,
        width=150,
    )

    def rename(event):
        save.filename = _filename(inspector, name, event.new)

    choice.param.watch(rename, "value")
    return row(choice, save, gap=10)


def _filename(inspector: Inspector, name: str, suffix: str) -> str:
    attrs = inspector.tpf.attrs
    source = Path(str(attrs.get("source") or attrs.get("object") or "tpf")).name
    stem = (inspector.filename or source).split(".fits")[0].replace(" ", "_")
    # A name of the user's own is that of the light curve.
    return (
        f"{stem}.{suffix}"
        if inspector.filename and name == "lightcurve"
        else (f"{stem}_{name}.{suffix}")
    )


def _upload(inspector: Inspector) -> list:
    message = html("", css_classes=["tpf-message"])

    def read(name: str, contents: bytes):
        file = io.BytesIO(contents)
        file.name = name  # for messages
        inspector.aperture = read_aperture(file, inspector.tpf)

    def say(words: str):
        message.object = words and f"<div class='error' role='alert'>{escape(words)}</div>"

    load = Upload(read, say, accept=".fits,.gz,.json,.npy", css_classes=["tpf-load-aperture"])
    what = (
        "A FITS, JSON or npy file saved here, or a target pixel file of the same detector; "
        f"{LARGEST // MB} MB at most."
    )
    return [load, note(what), message]
