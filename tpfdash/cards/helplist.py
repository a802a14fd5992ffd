"""The list of keys that `?` shows, and what all components have that listen for keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from html import escape
from inspect import signature

import param
from panel.custom import JSComponent

from tpfdash.cards.widgets import CSS
from tpfdash.views.faults import guarded

__all__ = ["HELP_JS", "KeysWithHelp", "help_html"]

_CSS = """
dialog {
  color: var(--ink); background: var(--panel-surface-color, Canvas); border: 1px solid var(--line);
  border-radius: 10px; padding: 18px 24px; max-width: 620px; font-size: 13px; line-height: 1.6;
}
dialog::backdrop { background: rgb(0 0 0 / 0.4); }
h2 { font-size: 15px; margin: 0 0 6px 0; }
h3 { font-size: 12.5px; margin: 10px 0 2px 0; color: var(--soft); font-weight: 500; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 18px; margin: 0; }
dt { font-weight: 600; }
dd { margin: 0; }
button { font: inherit; color: inherit; background: none; border: 1px solid var(--line);
         border-radius: 6px; padding: 3px 14px; margin-top: 12px; cursor: pointer; }
button:focus-visible { outline: 2px solid var(--accent); }
"""
#: The dialog with the list, for the code of a component, which shows it where it is asked for.
HELP_JS = """
    const helpList = (model) => {
      const help = document.createElement("dialog")
      help.setAttribute("aria-label", "Keys and gestures")
      help.innerHTML = model.words
      const close = document.createElement("button")
      close.textContent = "Close"
      close.addEventListener("click", () => help.close())
      help.append(close)
      help.addEventListener("click", (event) => { if (event.target === help) help.close() })
      model.on("asked", () => help.showModal())
      return help
    }
"""


def help_html(gestures: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """A list of what keys and the mouse do, by where."""
    parts = ["<h2>Keys and gestures</h2>"]
    for title, lines in gestures.items():
        rows = "".join(f"<dt>{escape(key)}</dt><dd>{escape(does)}</dd>" for key, does in lines)
        parts.append(f"<h3>{escape(title)}</h3><dl>{rows}</dl>")
    return "".join(parts)


class KeysWithHelp(JSComponent):
    """Does what the browser says that a key asks for, and has the list of keys.

    Parameters
    ----------
    model
        What is worked on: the faults of the actions are told there.
    actions : dict of str to callable
        What can be asked for -> what does it, called with numbers from -10 to 10.
    """

    __abstract = True

    words = param.String(constant=True, doc="What `?` shows.")
    asked = param.Integer(0, doc="How often it was asked for from Python.")

    def __init__(
        self, model: param.Parameterized, actions: Mapping[str, Callable[..., None]], **params
    ):
        super().__init__(width=0, height=0, margin=0, stylesheets=[CSS, _CSS], **params)
        self._actions = dict(actions)
        self._guarded = guarded(model)(self._do)

    def show_help(self) -> None:
        """Show the list of keys and gestures."""
        self.asked += 1

    def _do(self, what: str, *numbers: float) -> None:
        self._actions[what](*numbers)

    def _handle_msg(self, msg) -> None:
        match msg:  # whoever sent it
            case [str(what), *numbers] if what in self._actions:
                pass
            case _:
                return
        if not all(type(n) in (int, float) and abs(n) <= 10 for n in numbers):
            return
        with suppress(TypeError):  # more of them than there are, or fewer
            signature(self._actions[what]).bind(*numbers)
            self._guarded(what, *numbers)
