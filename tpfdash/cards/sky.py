"""The stars on the stamp: looked up on request, listed, one of them in full, and how well they lie.

Who is asked is `tpfdash.archive.stars`, how they are drawn `tpfdash.views.stars`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import numpy as np
import panel as pn

from tpfdash.archive.links import star_links
from tpfdash.archive.skybot import solar_system_objects
from tpfdash.archive.stars import find_stars
from tpfdash.archive.vsx import known_variables
from tpfdash.cards.background import Background, Job
from tpfdash.cards.picks import PickList
from tpfdash.cards.widgets import CSS, button, control, note, put_in_sight, readout, row, widget
from tpfdash.cards.words import minus
from tpfdash.diagnosis.align import align
from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows
from tpfdash.stamp.catalogue import notes
from tpfdash.stamp.sky import sky_state
from tpfdash.stamp.stars import shifted
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["pointed_html", "rows_of", "sky_card", "sky_html", "star_html"]

#: Source of stars -> its name in the menu.
_SOURCES = {"gaia": "Gaia DR3", "tic": "TIC", "gaiaoffline": "gaiaoffline"}
#: Stars that the list has at most, the brightest.
_LISTED = 300

#: Column -> its heading and what that means.
_HEADINGS = {
    "name": ("star", "Its name in the catalogue; pressed, it is chosen."),
    "magnitude": ("mag", "In the mission's band: Tmag, Kp, or G for Kp."),
    "g": ("G", "Gaia's G."),
    "bp_rp": ("BP−RP", "Gaia's colour."),
    "distance": ("distance (″)", "From the target."),
    "share": ("in aperture", "Share of its light in the aperture, and of all stars' light there."),
    "parallax": ("parallax (mas)", "Gaia's."),
    "pm": ("pm (mas/yr)", "Proper motion, all of it."),
    "ruwe": ("RUWE", "Above 1.4 the star may be double."),
    "flags": ("flags", "Gaia's: variable, not single."),
}


def rows_of(inspector: Inspector) -> list[dict[str, Any]]:
    """The stars that are drawn as texts, brightest first; `number`: of the row in `stars`."""
    stars, shares = inspector.stars, inspector.star_shares
    if stars is None:
        return []
    light = np.nan_to_num(np.asarray(stars["flux"]) * shares)
    whole = max(float(light.sum()), 1e-30)
    return [
        {
            "number": int(n),
            "name": str(stars["name"][n]),
            "magnitude": _number(stars["magnitude"][n], 2),
            "g": _number(stars["g"][n], 2),
            "bp_rp": _number(stars["bp_rp"][n], 2),
            "distance": _number(stars["distance"][n], 1),
            "share": f"{shares[n]:.0%}, {light[n] / whole:.0%} of it"
            if np.isfinite(shares[n]) and np.isfinite(stars["flux"][n])
            else "",
            "parallax": _number(stars["parallax"][n], 2),
            "pm": _number(np.hypot(stars["pmra"][n], stars["pmdec"][n]), 1),
            "ruwe": _number(stars["ruwe"][n], 2),
            "flags": _flags(stars[n]),
        }
        for n in inspector.seen_stars[:_LISTED]
    ]


def _number(value: Any, digits: int) -> str:
    return minus(f"{float(value):.{digits}f}") if np.isfinite(value) else ""


def _flags(star: Any) -> str:
    words = {"variable": "variable", "binary": "not single"}
    return ", ".join(
        said for name, said in words.items() if star[name] is not np.ma.masked and bool(star[name])
    )


@follows("star", "stars")
def star_html(inspector: Inspector) -> str:
    """The chosen star's ids, to their last digit, its place, and links to more of it."""
    if inspector.star is None or inspector.stars is None or inspector.star >= len(inspector.stars):
        return ""
    star = inspector.stars[inspector.star]
    links = " · ".join(
        f"<a href='{escape(url)}' target='_blank' rel='noopener'>{name}</a>"
        for name, url in star_links(star).items()
    )
    ids = [
        words
        for name, words in (
            ("source_id", f"Gaia DR3 {star['source_id']}"),
            ("tic", f"TIC {star['tic']}"),
        )
        if star[name]
    ]
    place = f"row {star['row']:.2f}, column {star['col']:.2f}"
    sky = f"{star['ra']:.6f}° {star['dec']:+.6f}°"
    said = " · ".join(map(escape, [str(star["name"]), *ids, sky, place]))
    return f"<div class='note'><b>Chosen:</b> {minus(said)} · {links}</div>"


@follows("pointed_star", "stars", "star_shares")
def pointed_html(inspector: Inspector) -> str:
    """The star that the mouse is on, in a line."""
    n, stars = inspector.pointed_star, inspector.stars
    if n is None or stars is None:
        return "<div class='note'>Stars: point at one, or click it.</div>"
    said = [
        str(stars["name"][n]),
        f"{stars.meta.get('magnitude_band', 'mag')} {_number(stars['magnitude'][n], 2) or '–'}",
    ]
    if np.isfinite(stars["distance"][n]):
        said.append(f"{stars['distance'][n]:.1f}″ from the target")
    if np.isfinite(inspector.star_shares[n]):
        said.append(f"{inspector.star_shares[n]:.0%} of it in the aperture")
    return f"<div class='note'>{escape(', '.join(said))}</div>"


@follows("stars", "variables", "movers")
def sky_html(inspector: Inspector) -> str:
    """How good the file's sky coordinates are, whose stars they are, and what could not be had."""
    said = [sky_state(inspector.tpf).words]
    stars = inspector.stars
    if stars is not None:
        count = f"{len(stars):,} star{'s' * (len(stars) != 1)}"
        said.append(f"{count} of {stars.meta.get('source', 'a table')}.")
        row_shift, col_shift = stars.meta.get("shift", (0.0, 0.0))
        if row_shift or col_shift:
            said.append(f"Moved by {row_shift:+.2f} rows and {col_shift:+.2f} columns to fit.")
        said += notes(stars)
    for name, kind in (("variables", "known variable"), ("movers", "solar-system object")):
        table = getattr(inspector, name)
        if table is not None:
            listed = ", ".join(str(each) for each in table["name"][:8])
            said.append(
                f"{len(table)} {kind}{'s' * (len(table) != 1)}{': ' if listed else ''}{listed}."
            )
            said += notes(table)
    return f"<div class='note'>{minus(escape(' '.join(said)))}</div>"


def sky_card(inspector: Inspector, sources: Sequence[str]) -> tuple[pn.Column, list[Live]]:
    """The card of the stars on an Inspector's stamp, and what is live in it.

    Parameters
    ----------
    inspector : Inspector
    sources : sequence of str
        Those of `tpfdash.archive.stars.SOURCES` that may be asked; none: no network is.
    """
    words = readout(inspector, sky_html, "sky-words", sizing_mode="stretch_width")
    if not sky_state(inspector.tpf).usable:
        return pn.Column(words, margin=0, sizing_mode="stretch_width"), []
    stars = _Stars(inspector)
    source = control(
        pn.widgets.Select,
        "star-source",
        "Whose stars are looked up.",
        options={_SOURCES[name]: name for name in sources},
        width=120,
    )

    def press(label: str, tag: str, act: Callable[[], None], doc: str) -> pn.widgets.Button:
        return button(inspector, label, tag, act, doc)

    asking = [
        press(
            "Find stars", "find-stars", lambda: stars.find(source.value), "Ask for catalogue stars."
        ),
        source,
        press(
            "Variables",
            "find-variables",
            stars.find_variables,
            "Ask VSX for known variable stars; drawn as triangles.",
        ),
        press(
            "Asteroids now",
            "find-movers",
            stars.find_movers,
            "Ask SkyBoT which solar-system objects are here at this cadence; drawn as diamonds.",
        ),
    ]
    fit = press(
        "Align to the stars",
        "align",
        stars.align,
        "Fit one shift between the catalogue and the image.",
    )
    back = press("Take the shift back", "unalign", stars.unalign, "Put the stars where they were.")
    p = inspector.param
    shown = [
        widget(pn.widgets.Checkbox, p.show_stars, "show-stars", label="show"),
        widget(pn.widgets.Checkbox, p.star_colors, "star-colors", label="colours"),
        widget(
            pn.widgets.FloatSlider,
            p.star_limit,
            "star-limit",
            label="Faintest magnitude",
            step=0.5,
            width=170,
        ),
        fit,
        back,
    ]

    def enable(*events):
        for one in shown[:4]:
            put_in_sight(one, inspector.stars is not None)
        moved = inspector.stars is not None and any(inspector.stars.meta.get("shift", (0, 0)))
        put_in_sight(back, moved)

    enable()
    card = pn.Column(
        row(
            *(asking if sources else [note("No catalogue can be asked from here.")]),
            *shown,
            gap=8,
            css_classes=["tpf-bar"],
            stylesheets=[CSS],
        ),
        words,
        readout(inspector, star_html, "star", sizing_mode="stretch_width"),
        stars.list,
        margin=0,
        sizing_mode="stretch_width",
        styles={"gap": "4px"},
    )
    return card, [Live(inspector, enable, "stars"), *stars.lives]


class _Stars:
    """What is looked up for an Inspector, in the background, and its list."""

    def __init__(self, inspector: Inspector):
        self._inspector = inspector
        self.list = PickList(guarded(inspector)(self._act), _HEADINGS, "star-list")
        self._background = Background(self.list)
        self._show()
        self._mark()
        self.lives = [
            Live(inspector, self._show, "seen_stars", "stars", "star_shares"),
            Live(inspector, self._mark, "star"),
        ]

    def find(self, source: str) -> None:
        """Look up stars, in place of those there are."""
        self._look_up(
            "stars",
            lambda tpf, job: find_stars(tpf, source=source, stage=job.say, cancel=job.cancel),
        )

    def find_variables(self) -> None:
        """Look up known variables."""
        self._look_up(
            "variables", lambda tpf, job: known_variables(tpf, stage=job.say, cancel=job.cancel)
        )

    def find_movers(self) -> None:
        """Look up solar-system objects at the cadence that is current now."""
        cadence = self._inspector.cadence

        def ask(tpf, job):
            found = solar_system_objects(tpf, cadence, stage=job.say, cancel=job.cancel)
            found.meta["cadence"] = cadence
            return found

        self._look_up("movers", ask)

    def align(self) -> None:
        """Fit the shift, and apply it."""
        stars = self._inspector.stars

        def work(job: Job) -> Callable[[], None]:
            job.say("fitting the shift")
            fitted = align(self._inspector.tpf, stars)
            moved = shifted(stars, fitted.shift)
            return lambda: self._set("stars", moved)

        self._background.start(work)

    def unalign(self) -> None:
        """Take the shift back."""
        self._inspector.stars = shifted(self._inspector.stars, (0.0, 0.0))

    def _look_up(self, name: str, ask: Callable[[Any, Job], Any]) -> None:
        tpf = self._inspector.tpf

        def work(job: Job) -> Callable[[], None]:
            found = ask(tpf, job)
            return lambda: self._set(name, found)

        self._background.start(work)

    def _set(self, name: str, found: Any) -> None:
        self._inspector.change(**{name: found}, show_stars=True)

    def _act(self, what: str, number: int) -> None:
        inspector = self._inspector
        if what == "cancel":
            self._background.cancel()
        elif inspector.stars is not None and number < len(inspector.stars):
            inspector.star = None if inspector.star == number else number

    def _show(self, *events: Any) -> None:
        self.list.rows = rows_of(self._inspector)

    def _mark(self, *events: Any) -> None:
        star = self._inspector.star
        self.list.chosen = -1 if star is None else star
