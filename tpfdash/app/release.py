"""Letting go of a page whose session has ended: nothing of it may stay on the server.

Panel cleans up from the root of the page downwards. But Bokeh has emptied the page's models by
then, and a component of panel-material-ui looks up there which children it has: it finds none, and
HoloViews keeps their plots, streams and documents for good.
"""

from __future__ import annotations

import panel as pn

__all__ = ["Column"]


class Column(pn.Column):
    """A column that lets go of what is in it itself, whatever it is in."""

    # Panel has no public word for either: `_get_model` makes the models for one page, and
    # `_cleanup` forgets them; to do so twice does no harm.
    def _get_model(self, doc, root=None, parent=None, comm=None):
        model = super()._get_model(doc, root, parent, comm)
        if doc.session_context is not None:
            doc.on_session_destroyed(lambda context: self._cleanup(root or model))
        return model
