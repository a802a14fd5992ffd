"""What a server tells a browser is sent at once.

A message of Bokeh's goes out in three parts. Unless told otherwise, TCP holds the second back until
the first has been confirmed, for which the other side takes its time (Nagle's algorithm and delayed
acknowledgements): 40 ms of each click, where the click itself takes less than ten.
"""

from __future__ import annotations

import functools

from bokeh.server.views.ws import WSHandler

__all__ = ["send_at_once"]


def send_at_once() -> None:
    """Have the Bokeh servers of this process not hold back what they send to browsers.

    Bokeh has no setting for it, Tornado has one for each connection.
    """
    if not hasattr(WSHandler.open, "at_once"):
        WSHandler.open = _without_delay(WSHandler.open)


def _without_delay(open_connection):
    """`open` of Bokeh's handler, which Tornado calls once a browser has connected."""

    @functools.wraps(open_connection)
    def opened(self, *args, **kwargs):
        self.set_nodelay(True)
        return open_connection(self, *args, **kwargs)

    opened.at_once = True
    return opened
