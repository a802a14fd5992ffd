"""A strip of small pictures, one for each row of a triage's table that is in sight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import param
from panel.custom import JSComponent

from tpfdash.cards.measured import verdict_sign
from tpfdash.cards.thumbnails import THUMBNAIL_CSS, curve_svg, image_svg
from tpfdash.cards.triagerows import row_of
from tpfdash.cards.widgets import CSS
from tpfdash.diagnosis.bulk.pictures import curve_of, image_of
from tpfdash.diagnosis.bulk.results import CODES
from tpfdash.errors import TPFError
from tpfdash.inspector.triage import Walk
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["Gallery", "gallery_card"]

_WIDTH, _HEIGHT, _SIDE = 128, 52, 52
_VERDICTS = list(CODES)
_CSS = """
.strip { display: grid; gap: 6px; grid-template-columns: repeat(auto-fill, minmax(206px, 1fr)); }
.strip button {
  display: flex; flex-direction: column; gap: 3px; padding: 4px 6px; font: inherit;
  color: inherit; background: none; border: 1px solid var(--line); border-radius: 6px;
  cursor: pointer; text-align: left; min-width: 0;
}
.strip button:hover { background: color-mix(in srgb, var(--ink) 6%, transparent); }
.strip button:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.strip button[aria-pressed="true"] {
  border-color: #ff2d55; background: color-mix(in srgb, #ff2d55 14%, transparent);
}
.strip .pictures { display: flex; gap: 6px; height: 52px; align-items: center; }
.strip .pictures .curve { flex: 1 1 0; min-width: 0; }
.strip .curve svg { width: 100%; }
.strip .line { display: flex; gap: 5px; align-items: center; font-size: 11.5px; min-width: 0; }
.strip .line svg { width: 12px; height: 12px; flex: none; fill: currentColor;
  stroke: currentColor; stroke-width: 2.4; }
.strip .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.strip .word { margin-left: auto; font-weight: 600; white-space: nowrap; }
.strip .none { color: var(--soft); font-size: 11.5px; }
.strip .real { color: color-mix(in srgb, #2a8a52 80%, var(--ink)); }
.strip .elsewhere { color: color-mix(in srgb, #b06a00 75%, var(--ink)); }
.strip .instrument { color: color-mix(in srgb, #b3261e 70%, var(--ink)); }
.strip .sign { display: flex; }
"""


class Gallery(JSComponent):
    """Small pictures of which one is chosen.

    Parameters
    ----------
    choose : callable
        Called with the number of a picture that was pressed.
    """

    pictures = param.List(
        [],
        doc="Of `number`, `name`, `what`, and of our own making `curve`, `image`, `sign`, `kind`.",
    )
    words = param.Dict({}, doc="str(number) -> what a person says of it.")
    chosen = param.Integer(-1, doc="The number of the one that is chosen.")

    _esm = """
    export function render({ model }) {
      const strip = document.createElement("div")
      strip.className = "strip"
      const cards = new Map()
      const part = (classes, text) => {
        const node = document.createElement("span")
        node.className = classes
        if (text) node.textContent = text
        return node
      }
      const drawn = (classes, svg) => {  // HTML, but made of numbers alone
        const node = part(classes)
        node.innerHTML = svg
        return node
      }
      const fill = () => {
        cards.clear()
        for (const one of model.pictures) {
          const card = document.createElement("button")
          card.type = "button"
          card.title = `${one.name}: ${one.what}`
          card.addEventListener("click", () => model.send_msg(one.number))
          const pictures = part("pictures"), line = part("line"), word = part("word")
          if (one.curve || one.image) {
            pictures.append(drawn("curve", one.curve), drawn("image", one.image))
          } else {
            pictures.append(part("none", "no picture in these results"))
          }
          line.append(drawn(`sign ${one.kind}`, one.sign), part("name", one.name), word)
          card.append(pictures, line)
          cards.set(one.number, { card, word })
        }
        strip.replaceChildren(...[...cards.values()].map(({ card }) => card))
        tell()
        mark()
      }
      const tell = () => {
        for (const [number, { word }] of cards) word.textContent = model.words[number] || ""
      }
      const mark = () => {
        for (const [number, { card }] of cards) {
          card.setAttribute("aria-pressed", String(number === model.chosen))
          if (number === model.chosen) show(card)
        }
      }
      const show = (card) => {  // within what scrolls around it alone
        let place = strip
        while (place && !place.classList?.contains("tpf-drawer")) {
          place = place.parentNode || place.host
        }
        if (!place) return
        const [seen, own] = [place.getBoundingClientRect(), card.getBoundingClientRect()]
        if (own.top < seen.top) place.scrollTop -= seen.top - own.top
        if (own.bottom > seen.bottom) place.scrollTop += own.bottom - seen.bottom
      }
      fill()
      model.on("pictures", fill)
      model.on("words", tell)
      model.on("chosen", mark)
      return strip
    }
    """

    def __init__(self, choose: Callable[[int], None], **params: Any):
        super().__init__(
            css_classes=["tpf-gallery"],
            stylesheets=[CSS, THUMBNAIL_CSS, _CSS],
            margin=0,
            sizing_mode="stretch_width",
            **params,
        )
        self._choose = choose

    def _handle_msg(self, msg: Any) -> None:
        if type(msg) in (int, float) and 0 <= msg < 1e9:  # whoever sent it
            self._choose(int(msg))


def gallery_card(walk: Walk) -> tuple[Gallery, list[Live]]:
    """The pictures of the rows in sight, and what is live in it."""

    def choose(row: int) -> None:
        if row < len(walk.results):
            walk.row = row

    gallery = Gallery(guarded(walk)(choose))

    def fill(*events):
        gallery.pictures = [_picture(walk, row) for row in walk.page_rows]

    def tell(*events):
        said = {str(row): walk.judgement(row).word for row in walk.page_rows}
        gallery.words = {row: word for row, word in said.items() if word}

    def mark(*events):
        gallery.chosen = walk.row

    for part in (fill, tell, mark):
        part()
    return gallery, [
        Live(walk, fill, "page_rows", "version"),
        Live(walk, tell, "page_rows", "opinions"),
        Live(walk, mark, "row", precedence=1),
    ]


def _picture(walk: Walk, row: int) -> dict[str, Any]:
    texts = row_of(walk, row)
    code = int(walk.results.verdict[row])
    sign, kind = verdict_sign(_VERDICTS[code]) if code >= 0 else ("", "")
    made = {
        **{"number": row, "name": texts["name"], "what": texts["verdict"]},
        **{"curve": "", "image": "", "sign": sign, "kind": kind},
    }
    try:
        event = walk.results.event(row)
    except TPFError:  # the event in hand says so
        return made
    curve, image = curve_of(event), image_of(event)
    if curve is not None:
        made["curve"] = curve_svg(curve, _WIDTH, _HEIGHT, words="light curve", axes=False)
    if image is not None:
        made["image"] = image_svg(image, event, _SIDE, words="difference image", marks=False)
    return made
