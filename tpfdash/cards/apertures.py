"""The drawer of the apertures: listed with their numbers, named, changed, compared, proposed."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import panel as pn

from tpfdash.cards.aperture_depths import depths_html
from tpfdash.cards.aperture_list import ApertureList
from tpfdash.cards.aperture_numbers import HEADINGS, ApertureNumbers
from tpfdash.cards.background import Background, Job
from tpfdash.cards.widgets import CSS, button, html, line_key, row
from tpfdash.diagnosis.aperture import BestAperture, aperture_numbers, best_aperture
from tpfdash.inspector import Inspector
from tpfdash.inspector.listed import BACKGROUND
from tpfdash.views.apertures import OTHER_LOOKS
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live
from tpfdash.views.pixels import OUTLINES

__all__ = ["apertures_card", "proposal_words"]

#: What a proposed aperture is called.
_BEST = "best"
#: What can be done to every aperture.
_DO = ("duplicate", "grow", "shrink", "halo")


def apertures_card(inspector: Inspector) -> tuple[pn.Column, list[Live]]:
    """The card of an Inspector's apertures, and what is live in it."""
    card = _Apertures(inspector)
    add = button(
        inspector,
        "Add",
        "add-aperture",
        lambda: inspector.choose_aperture(inspector.add_aperture()),
        "Keep the aperture as it is, and go on with a copy.",
    )
    propose = button(
        inspector,
        "Propose",
        "propose-aperture",
        card.propose,
        "Work out the pixels with the target's best signal to noise, and add them as “best”.",
    )
    made = pn.Column(
        row(add, propose, card.words, gap=8),
        row(
            card.list,
            card.plot,
            gap=24,
            css_classes=["tpf-bar"],
            stylesheets=[CSS],
            sizing_mode="stretch_width",
        ),
        margin=0,
        sizing_mode="stretch_width",
        styles={"gap": "4px"},
    )
    return made, card.lives


def proposal_words(best: BestAperture, now: BestAperture | None, name: str) -> str:
    """What is proposed, with its numbers, against the aperture that it was proposed beside.

    `now`: the numbers of that one, called `name`; None where it has no pixel with a flux.
    """
    by = "catalogue stars" if best.source == "catalogue" else "what stands out of the stamp"
    numbers = (
        f"FLFRCSAP {best.flfrcsap:.2f}, CROWDSAP {best.crowdsap:.3f}, by a PRF fitted to this "
        f"file’s star and neighbours by {by}"
    )
    words = f"{_BEST}: {_pixels(best.mask)}, S/N {best.snr:,.0f} in one cadence"
    if now is None or not now.snr > 0:
        return f"{words}; {numbers}."
    if np.array_equal(best.mask, now.mask):
        return f"{words}, the same pixels as {name} has; {numbers}."
    gain = 100 * (best.snr / now.snr - 1)
    against = f"{abs(gain):.1f} % {'more' if gain >= 0 else 'less'} than {name} as it was"
    return f"{words}, {against} ({_pixels(now.mask)}); {numbers}."


def _pixels(mask: np.ndarray) -> str:
    count = int(mask.sum())
    return f"{count} pixel{'s' * (count != 1)}"


class _Apertures:
    """The list of an Inspector's apertures, kept up, and the proposal of a better one."""

    def __init__(self, inspector: Inspector):
        self._inspector = inspector
        self.list = ApertureList(guarded(inspector)(self._act))
        self.words = html("", css_classes=["tpf-proposal"], sizing_mode="stretch_width")
        self.plot = html("", css_classes=["tpf-depths"])
        self._proposing = Background(self.list)
        self._proposed = b""  # the mask
        self._numbers = ApertureNumbers(inspector, self._show)
        self._follow()
        self.lives = [
            Live(inspector, self._show, "apertures", "editing", "background", precedence=1),
            Live(inspector, self._follow, *ApertureNumbers.follows, later=True),
        ]

    def _follow(self, *events: Any) -> None:
        self._numbers.bring_up()
        self._show()

    def _show(self, *events: Any) -> None:
        inspector = self._inspector
        self.list.headings = [(name, *HEADINGS[name]) for name in self._numbers.columns]
        self.list.rows = [self._row(place) for place in range(len(inspector.aperture_list))] + [
            {
                "number": len(inspector.aperture_list),
                "name": BACKGROUND,
                "named": False,
                "swatch": _swatch("background"),
                "chosen": inspector.editing == "background",
                "hidden": False,
                "actions": [],
                "pixels": f"{int(inspector.background.sum()):,}",
            }
        ]
        self.plot.object = depths_html(self._numbers.depths())
        best = inspector.apertures.get(_BEST)
        if self._proposed and (best is None or best.tobytes() != self._proposed):
            self._proposed, self.words.object = b"", ""  # it spoke of pixels that are gone

    def _row(self, place: int) -> dict[str, Any]:
        inspector, one = self._inspector, self._inspector.aperture_list[place]
        edited, alone = one.mask is None, len(inspector.aperture_list) == 1
        chosen = edited and inspector.editing == "aperture"
        looks = [] if edited else ["show" if one.hidden else "hide"]
        return {
            "number": place,
            "name": one.name,
            "named": True,
            "swatch": _swatch("aperture") if edited else line_key(OTHER_LOOKS[place]),
            "chosen": chosen,
            "hidden": one.hidden,
            "actions": [*_DO, *([] if alone else ["remove"]), *looks],
        } | self._numbers.texts(inspector.apertures[one.name])

    def _act(self, what: str, number: int, text: str) -> None:
        inspector = self._inspector
        if what == "cancel":
            self._proposing.cancel()
        elif number == len(inspector.aperture_list):
            if what == "choose":
                inspector.choose_aperture(BACKGROUND)
        elif number < len(inspector.aperture_list):
            self._change(what, inspector.aperture_list[number].name, text)

    def _change(self, what: str, name: str, text: str) -> None:
        inspector = self._inspector
        gestures = {
            "choose": inspector.choose_aperture,
            "rename": lambda name: inspector.rename_aperture(name, text),
            "duplicate": lambda name: inspector.add_aperture(mask=inspector.apertures[name]),
            "grow": inspector.grow_aperture,
            "shrink": inspector.shrink_aperture,
            "halo": inspector.add_halo,
            "hide": inspector.hide_aperture,
            "show": inspector.show_aperture,
            "remove": inspector.remove_aperture,
        }
        gestures[what](name)

    # -- a better one --------------------------------------------------------------------------

    def propose(self) -> None:
        """Work out the best aperture in the background, and add it."""
        inspector = self._inspector
        tpf, mask, name = inspector.tpf, inspector.aperture, inspector.aperture_name
        stars = inspector.stars if inspector.stars is not None and len(inspector.stars) else None

        def work(job: Job):
            job.say("sharing out the light of the target and its neighbours")
            best = best_aperture(tpf, stars=stars)
            some = mask.any()
            now = aperture_numbers(tpf, mask, stars=stars) if some else None
            return lambda: self._take(best, now, name)

        self._proposing.start(work)

    def _take(self, best: BestAperture, now: BestAperture | None, name: str) -> None:
        inspector = self._inspector
        inspector.apertures = {**inspector.apertures, _BEST: best.mask}
        self._proposed = best.mask.tobytes()
        self.words.object = f"<div class='note'>{escape(proposal_words(best, now, name))}</div>"


def _swatch(mark: str) -> str:
    return line_key(OUTLINES[mark])
