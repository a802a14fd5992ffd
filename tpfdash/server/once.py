"""What Panel and Bokeh work out anew for each page, though it is the same for all: once.

Together that is a tenth of the time that a page takes its server. There is no public way to have
it kept, so functions of theirs are replaced, here alone, by ones that remember their answers; of
kinds of components and of models, that is, of which neither changes while a server runs.
"""

from __future__ import annotations

from functools import cache

from bokeh.core.has_props import HasProps
from panel.custom import ReactiveESM
from panel.util import classproperty
from panel_material_ui.base import MaterialComponent

__all__ = ["work_out_once"]


@cache
def work_out_once() -> None:
    """Have this process remember it. All calls but the first do nothing."""
    # Where the style sheets of a component are: for each page the disk is asked for those of all.
    for kind in (ReactiveESM, MaterialComponent):
        kind._bundle_css = classproperty(cache(vars(kind)["_bundle_css"].f))
    # The defaults of a model that differ from its parents', asked for with each value of a page.
    defaults = cache(vars(HasProps)["_overridden_defaults"].__func__)
    HasProps._overridden_defaults = classmethod(defaults)
