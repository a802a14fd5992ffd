"""The script in a page's HTML that says when its server cannot be reached, and loads it again.

It is not among what Panel sends over the connection: where that cannot be opened at all, as behind
a proxy that the server does not know, it is all that is there to say so.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["PAGE_TEMPLATE"]

_SCRIPT = (Path(__file__).parent / "connection.js").read_text()

#: Panel's own page, and the script.
PAGE_TEMPLATE = (
    "{% extends base %}{% block postamble %}{{ super() }}"
    "<script>{% raw %}\n" + _SCRIPT + "{% endraw %}</script>{% endblock %}"
)
