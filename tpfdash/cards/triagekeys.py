"""The keys of a triage: to walk, and to judge. What a key does is the Walk's."""

from __future__ import annotations

from collections.abc import Callable

import param

from tpfdash.cards.helplist import HELP_JS, KeysWithHelp, help_html
from tpfdash.cards.inhand import JUDGED_BY
from tpfdash.diagnosis.bulk.judged import WORDS
from tpfdash.inspector.triage import Walk

__all__ = ["TRIAGE_GESTURES", "TriageKeys"]

#: What the keyboard does, for a reader.
TRIAGE_GESTURES = {
    "Judge the event in hand; the next one of the table follows": [
        *((key, f"{word}: {WORDS[word]}") for key, word in JUDGED_BY.items()),
        ("0", "take the word back"),
        ("N", "write a note; Enter keeps it, Esc leaves it as it was"),
        ("U", "undo what was said last"),
    ],
    "Walk": [
        ("J, ↓, →", "the next event of the table"),
        ("K, ↑, ←", "the one before"),
        ("PgDn, PgUp", "the next page, the one before"),
        ("O", "open its file in the dashboard, in a new tab"),
        ("?", "this list"),
    ],
}


class TriageKeys(KeysWithHelp):
    """Has the keys do what they say, while no field or other control that knows the key has focus.

    Where something outside of its page has the focus, as in a notebook, only under the mouse.

    Parameters
    ----------
    walk : Walk
    """

    words = param.String(help_html(TRIAGE_GESTURES), constant=True)

    _esm = (
        HELP_JS
        + """
    export function render({ model, el }) {
      const page = () => {
        let node = el
        while (node && !node.classList?.contains("tpf-triage")) node = node.parentNode || node.host
        return node
      }
      const deep = (root, selector) => {
        const found = root.querySelector(selector)
        if (found) return found
        for (const node of root.querySelectorAll("*")) {
          const inner = node.shadowRoot && deep(node.shadowRoot, selector)
          if (inner) return inner
        }
        return null
      }
      const part = (name, selector) => {
        const host = deep(page().shadowRoot, "." + name)
        return host && deep(host.shadowRoot, selector)
      }
      const help = helpList(model)

      const typed = (target) => target?.isContentEditable ||
        ["INPUT", "TEXTAREA", "SELECT"].includes(target?.tagName)
      const does = {
        j: ["step", 1], J: ["step", 1], ArrowDown: ["step", 1], ArrowRight: ["step", 1],
        k: ["step", -1], K: ["step", -1], ArrowUp: ["step", -1], ArrowLeft: ["step", -1],
        PageDown: ["turn", 1], PageUp: ["turn", -1], u: ["undo"], U: ["undo"],
        ...Object.fromEntries([..."01234"].map((key) => [key, ["judge", Number(key)]])),
      }
      let before = ""
      const note = () => {
        const field = part("tpf-note", "input")
        if (!field || field.disabled) return
        before = field.value
        field.focus()
        field.select()
      }
      const leave = (event, field) => {  // Enter keeps what was typed; Esc, of a note, does not
        if (event.key === "Escape" && field === part("tpf-note", "input")) field.value = before
        if (["Escape", "Enter"].includes(event.key)) field.blur()  // which tells of what is new
      }
      const here = { n: note, N: note, "?": () => help.showModal(),
                     o: () => part("tpf-hand-words", "a.open")?.click() }
      here.O = here.o
      const press = (event) => {
        const path = event.composedPath()
        if (help.open) return
        const choosing = path[0]?.tagName === "SELECT" && /^[0-4jkJK]$/.test(event.key)
        if (typed(path[0]) && !choosing) return path.includes(page()) && leave(event, path[0])
        if (event.altKey || event.ctrlKey || event.metaKey) return
        if (!(event.key in does) && !(event.key in here)) return
        const inside = path[0] === document.body || path.includes(page())
        if (!inside && !page()?.matches(":hover")) return
        event.preventDefault()
        if (event.key in here) here[event.key]()
        else model.send_msg(does[event.key])
      }
      window.addEventListener("keydown", press)
      model.on("remove", () => window.removeEventListener("keydown", press))
      return help
    }
    """
    )

    def __init__(self, walk: Walk, **params):
        words = ["", *JUDGED_BY.values()]
        actions: dict[str, Callable[..., None]] = {
            "step": lambda by: walk.step(1 if by > 0 else -1),
            "turn": lambda by: walk.turn(1 if by > 0 else -1),
            "judge": lambda key: walk.judge(words[int(key)]) if 0 <= key < len(words) else None,
            "undo": walk.undo,
        }
        super().__init__(walk, actions, **params)
