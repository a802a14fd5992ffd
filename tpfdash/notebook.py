"""What a notebook needs before a dashboard can show in it.

Panel's extension is loaded here, for the user, when a display starts in an IPython kernel; what is
displayed is `tpfdash.dashboard`'s.
"""

from __future__ import annotations

import panel as pn

__all__ = ["kernel", "load"]


def kernel():
    """The IPython kernel that this code runs in; None outside a notebook."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return getattr(get_ipython(), "kernel", None)


def load() -> None:
    if kernel() is not None:
        pn.extension(inline=True)
