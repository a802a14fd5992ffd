"""A field for a file to be sent: one that is too large is refused before it is sent.

Bokeh ends the session, without a word, at a message larger than its server takes. Panel's own
field sends whatever it is given.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

import param
from panel.custom import JSComponent

from tpfdash.cards.widgets import CSS
from tpfdash.errors import TPFError

__all__ = ["LARGEST", "MB", "Upload"]

MB = 2**20
#: Bytes of a file that may be sent. In base64 it grows by a third, and a server of Bokeh's takes
#: messages of 20 MB unless told otherwise.
LARGEST = 14 * MB


#: Browsers have words of their own on such a field, and no way to change them: it has the size of
#: the button that it is in, and is not seen.
_STYLE = """
label { display: inline-flex; align-items: center; position: relative; box-sizing: border-box; }
input { position: absolute; inset: 0; opacity: 0; cursor: pointer; font-size: 0; }
label:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 1px; }
"""


class Upload(JSComponent):
    """A button for one file to be sent.

    Parameters
    ----------
    words : str
        What the button says.
    read : callable
        Called with (name, contents in bytes) of each file, the same one again too.
    say : callable
        Called with what is wrong with the file, a TPFError's words, or "" where nothing is.
    accept : str
        The endings of file names that the browser offers.
    hint : str
        The field's tooltip.
    """

    words = param.String("Load a file …", doc="On the button.")
    accept = param.String("", doc="As in HTML.")
    hint = param.String("", doc="The field's tooltip.")
    largest = param.Integer(LARGEST, constant=True, doc="Bytes that are sent at most.")

    _esm = """
    export function render({ model }) {
      const field = document.createElement("input")
      field.type = "file"
      field.accept = model.accept
      field.title = model.hint
      field.setAttribute("aria-label", `${model.words} ${model.hint}`)
      field.addEventListener("change", () => {
        const file = field.files[0]
        if (!file) return
        const told = { name: file.name, size: file.size }
        const send = (contents) => {
          model.send_msg({ ...told, contents })
          field.value = ""  // or the same file, chosen once more, would be no news
        }
        if (file.size > model.largest) return send(null)
        const reader = new FileReader()
        reader.onload = () => send(reader.result.slice(reader.result.indexOf(",") + 1))
        reader.onerror = () => send(null)
        reader.readAsDataURL(file)
      })
      const button = document.createElement("label")
      button.className = "bk-btn"
      button.append(model.words, field)
      return button
    }
    """

    def __init__(self, read: Callable[[str, bytes], None], say: Callable[[str], None], **params):
        super().__init__(margin=0, stylesheets=[CSS, _STYLE], **params)
        self._read = read
        self._say = say

    def _handle_msg(self, msg) -> None:
        try:
            name, contents = _file(msg)
            self._read(name, contents)
        except TPFError as error:
            self._say(str(error))
        else:
            self._say("")


def _file(msg) -> tuple[str, bytes]:
    """(name, contents) of the file that a browser has sent."""
    try:
        name, size, contents = str(msg["name"]), int(msg["size"]), msg["contents"]
        if size > LARGEST or len(contents or "") > 4 * (LARGEST // 3 + 1):
            raise TPFError(
                f"{name} has {size / MB:.1f} MB: a file of up to {LARGEST // MB} MB can be loaded."
            )
        if contents is None:
            raise TPFError(f"{name} could not be read: it should be a file that can be opened.")
        return name, base64.b64decode(contents)
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, TPFError):
            raise
        raise TPFError("what was sent is no file: it should have a name and contents.") from None
