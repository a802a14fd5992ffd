"""The checks behind a verdict: a line each, with what was measured; pressed, it says and shows it.

What is looked for is `tpfdash.diagnosis.findings`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import param
from panel.custom import JSComponent

from tpfdash.cards.widgets import CSS, put_in_sight
from tpfdash.cards.words import minus
from tpfdash.diagnosis.diagnose import Diagnosis
from tpfdash.diagnosis.findings import Finding
from tpfdash.diagnosis.numbers import with_error
from tpfdash.inspector import Inspector
from tpfdash.views.faults import guarded
from tpfdash.views.live import Live

__all__ = ["Checks", "rows_of"]

#: What a finding is to the verdict -> (its sign, what that is called).
SIGNS = {
    "against": ("×", "speaks against the verdict"),
    "for": ("+", "speaks for the verdict"),
    "caution": ("!", "speaks for something else"),
    "neither": ("·", "speaks neither for nor against the verdict"),
    "unseen": ("?", "not seen in this stamp"),
    "missing": ("–", "not available"),
}
#: Finding -> the picture that shows it; a cause's is what it would make of the difference image.
_PICTURES = {
    "offset": "difference",
    "likeness to the PRF": "expected",
    "core against halo": "difference",
    "depth against aperture size": "difference",
    "the same elsewhere": "S/N",
    "what is left over": "pixels",
    "odd cadences": "pixels",
}
#: Findings whose value is a share of 1.
_SHARES = ("likeness to the file's own pointing", "the same elsewhere")
_ARTEFACT, _LIMIT = "artefact: ", "what a stamp cannot tell"
#: Finding -> its name where there is little room.
_LABELS = {
    "likeness to the PRF": "like a star (PRF)",
    "core against halo": "halo less core",
    "depth against aperture size": "by aperture",
    "steps of single pixels": "single pixels",
    "rows that move together": "rows",
    "columns that move together": "columns",
    "likeness to the file's own pointing": "like its pointing",
    "what is left over": "left over",
    _LIMIT: "Here",
}
_TITLES = {
    "pixels": "Pixels",
    "artefacts": "Artefacts looked for",
    "flags": "Flags and side columns",
    "limits": "What a stamp cannot tell",
}


def rows_of(answer: Diagnosis) -> list[dict[str, Any]]:
    """The findings as lines, those of the pixels that speak against or for the verdict first.

    Each has texts: name, label, value, kind (of `SIGNS`), sign, means, sentence, group.
    """
    rows = [_row(answer, each) for each in answer.findings]
    order = list(SIGNS)
    said = sorted((r for r in rows if r["group"] == "pixels"), key=lambda r: order.index(r["kind"]))
    return said + [row for row in rows if row["group"] != "pixels"]


def _row(answer: Diagnosis, finding: Finding) -> dict[str, Any]:
    sign, means = SIGNS[_kind(answer, finding)]
    return {
        "name": finding.name,
        "label": _LABELS.get(finding.name, finding.name.removeprefix(_ARTEFACT)),
        "value": _value(finding),
        "kind": _kind(answer, finding),
        "sign": sign,
        "means": means,
        "sentence": finding.sentence[:1].upper() + finding.sentence[1:] + ".",
        "group": _group(finding),
    }


def _group(finding: Finding) -> str:
    if finding.name == _LIMIT:
        return "limits"
    if finding.name.startswith(_ARTEFACT):
        return "artefacts"
    return finding.source


def _kind(answer: Diagnosis, finding: Finding) -> str:
    """What a finding is to the verdict: a key of `SIGNS`."""
    if answer.verdict in finding.supports:
        return "for"
    if answer.verdict in finding.opposes:
        return "against"
    if finding.supports:
        return "caution"
    if "not seen" in finding.sentence:
        return "unseen"
    known = np.isfinite([finding.value, finding.significance]).any()
    return "neither" if known else "missing"


def _value(finding: Finding) -> str:
    """What was measured, short: the value with its error, or how sure it is."""
    value, error, sigma = finding.value, finding.error, finding.significance
    if finding.source == "flags" or "not seen" in finding.sentence:
        return ""
    said = ""
    if finding.name in _SHARES and np.isfinite(value):
        said = f"{value:.0%}"
    elif np.isfinite(value) and finding.unit == "pixel":
        said = f"{with_error(value, error)} px" if error > 0 else f"some {value:.1f} px"
    elif finding.name == "likeness to the PRF" and np.isfinite(value):
        said = f"r {value:.2f}"
    if np.isfinite(sigma) and finding.name not in _SHARES:
        said += f" ({sigma:.1f} σ)" if said else f"{sigma:.1f} σ"
    if "less likely" in finding.sentence or "better" in finding.sentence:
        said += ", less likely"
    return minus(said)


_CSS = """
:host { display: block; }
details { margin: 0 0 6px; }
summary { cursor: pointer; font-size: 12px; font-weight: 600; line-height: 22px; }
summary:focus-visible, button:focus-visible { outline: 2px solid var(--accent); }
details:not([open]) ul { display: none; }
ul { list-style: none; margin: 0; padding: 0; }
button {
  display: grid; grid-template-columns: 16px minmax(0, 1fr) auto; gap: 6px; width: 100%;
  box-sizing: border-box;
  align-items: baseline; text-align: left; font: inherit; font-size: 12.5px; line-height: 20px;
  color: inherit; background: none; border: 0; border-radius: 4px; padding: 0 4px; cursor: pointer;
}
button:hover { background: color-mix(in srgb, var(--ink) 8%, transparent); }
button[aria-expanded="true"] { background: color-mix(in srgb, var(--ink) 10%, transparent); }
button .label { font-size: 12.5px; line-height: 20px; color: inherit; overflow: hidden;
                text-overflow: ellipsis; white-space: nowrap; }
.value { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap; }
.sign { font-weight: 700; text-align: center; border-radius: 3px; line-height: 15px; height: 15px;
        width: 15px; align-self: center; font-size: 12px; }
.for .sign { color: #fff; background: #1d7a46; }
.against .sign { color: #fff; background: #b3261e; }
.caution .sign { color: #3d2a00; background: #ffc247; }
.neither .sign, .unseen .sign, .missing .sign { border: 1px solid var(--line); line-height: 13px;
        height: 13px; width: 13px; }
.told { display: grid; grid-template-columns: 16px minmax(0, 1fr); gap: 6px; padding: 1px 4px;
        font-size: 12.5px; line-height: 1.4; color: var(--soft); }
.told .sign { align-self: start; }
p { margin: 0 4px 4px 26px; font-size: 12.5px; line-height: 1.45; color: var(--soft); }
"""


class Checks(JSComponent):
    """The list of checks of an Inspector's event; the one that is open is its `check`.

    Parameters
    ----------
    inspector : Inspector
    """

    rows = param.List(doc="What `rows_of` gives.")
    titles = param.Dict(_TITLES, constant=True, doc="Group -> its heading.")
    open = param.String("", doc="Name of the finding that is told in full.")

    _esm = """
    export function render({ model }) {
      const place = document.createElement("div")
      const folded = { artefacts: true }
      if (window.innerWidth < 820) {  // the light curve is below: it should be near
        for (const group of Object.keys(model.titles)) folded[group] = true
      }
      const made = (kind, classes, text) => {
        const node = document.createElement(kind)
        if (classes) node.className = classes
        if (text) node.textContent = text
        return node
      }
      const signOf = (row) => {
        const sign = made("span", "sign", row.sign)
        sign.setAttribute("role", "img")
        sign.setAttribute("aria-label", row.means)
        sign.title = row.means
        return sign
      }
      const told = (row) => {
        const item = made("li", row.kind + " told")
        item.append(signOf(row), made("span", "", `${row.label}: ${row.sentence}`))
        return item
      }
      const line = (row) => {
        const item = made("li", row.kind)
        const said = model.open === row.name
        const button = made("button")
        button.type = "button"
        button.title = row.sentence
        button.setAttribute("aria-expanded", said)
        const [label, value] = [made("span", "label", row.label), made("span", "value", row.value)]
        button.append(signOf(row), label, value)
        button.addEventListener("click", () => { model.open = said ? "" : row.name })
        button.dataset.name = row.name
        item.append(button)
        if (said) item.append(made("p", "", row.sentence))
        return item
      }
      const draw = () => {
        const focused = place.getRootNode().activeElement?.dataset?.name
        place.replaceChildren()
        for (const [group, title] of Object.entries(model.titles)) {
          const rows = model.rows.filter((row) => row.group === group)
          if (!rows.length) continue
          const details = made("details")
          details.open = !folded[group]
          details.addEventListener("toggle", () => { folded[group] = !details.open })
          const list = made("ul")
          list.append(...rows.map(["flags", "limits"].includes(group) ? told : line))
          const seen = rows.filter((row) => row.kind === "for").length
          const more = group === "artefacts" ? `: ${seen} of ${rows.length} seen` : ""
          details.append(made("summary", "", title + more), list)
          place.append(details)
        }
        if (focused) {
          for (const button of place.querySelectorAll("button")) {
            if (button.dataset.name === focused) button.focus()
          }
        }
      }
      model.on("rows", draw)
      model.on("open", draw)
      draw()
      return place
    }
    """

    def __init__(self, inspector: Inspector, **params):
        super().__init__(
            css_classes=["tpf-checks"],
            stylesheets=[CSS, _CSS],
            sizing_mode="stretch_width",
            margin=0,
            **params,
        )
        self._inspector = inspector
        self._show()
        Live(inspector, self._show, "answer")
        Live(inspector, self._follow, "check")
        self.param.watch(guarded(inspector)(self._choose), "open")

    def _show(self, *events) -> None:
        answer = self._inspector.answer
        self.rows = [] if answer is None else rows_of(answer)
        put_in_sight(self, bool(self.rows))
        self._follow()

    def _follow(self, *events) -> None:
        self.open = self._inspector.check

    def _choose(self, event) -> None:
        if event.new == self._inspector.check:
            return
        change = {"check": event.new}
        if event.new:
            change["picture"] = self._picture(event.new)
        self._inspector.change(**change)

    def _picture(self, name: str) -> str:
        """What shows a finding: the pixels' light curves, where its cause has no image."""
        picture = _PICTURES.get(name, "expected")
        answer = self._inspector.answer
        if picture == "expected" and (answer is None or answer.footprint(name) is None):
            return "pixels"
        return picture
