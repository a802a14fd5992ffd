"""Letting go of a page whose session has ended: nothing of it may stay on the server.

Panel cleans up from the root of the page downwards. But Bokeh has emptied the page's models by
then, and a component of panel-material-ui looks up there which children it has: it finds none, and
HoloViews keeps their plots, streams and documents for good.
"""

from __future__ import annotations

import panel as pn
import panel_material_ui as pmui
from panel.util import edit_readonly

__all__ = ["Column", "Page"]


class Column(pn.Column):
    """A column that lets go of what is in it itself, whatever it is in."""

    # Panel has no public word for either: `_get_model` makes the models for one page, and
    # `_cleanup` forgets them; to do so twice does no harm.
    def _get_model(self, doc, root=None, parent=None, comm=None):
        model = super()._get_model(doc, root, parent, comm)
        if doc.session_context is not None:
            doc.on_session_destroyed(lambda context: self._cleanup(root or model))
        return model


class Page(pmui.Page):
    """A page that the server does not keep: it follows whether the server is busy, till it ends."""

    def _cleanup(self, root=None):
        super()._cleanup(root)
        with edit_readonly(self):
            # A link to itself in place of the one to `pn.state`, which would keep it: param keeps
            # a link's watcher where a mere value takes the link's place.
            self.busy = self.param.loading
