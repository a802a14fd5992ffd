"""What Panel and Bokeh work out anew for each page, though it is the same for all: once.

Together that is a third of the time that a page takes its server. There is no public way to have
it kept, so functions of theirs are replaced, here alone, by ones that remember their answers; of
kinds of components and of models, that is, of which neither changes while a server runs.
"""

from __future__ import annotations

from functools import cache

from bokeh.core.has_props import HasProps
from bokeh.core.property.descriptors import PropertyDescriptor
from panel.custom import ReactiveESM
from panel.util import classproperty
from panel_material_ui.base import MaterialComponent

__all__ = ["FILES", "work_out_once"]

#: By these names a component knows where its files are.
FILES = ("_bundle_path", "_bundle_css")
#: Kinds of values that nobody can change: one may serve all models.
_FIXED = frozenset((bool, float, int, str, type(None)))


@cache
def work_out_once() -> None:
    """Have this process remember it. All calls but the first do nothing."""
    # Where the files of a component are: for each page the disk is asked for those of all.
    for kind in (ReactiveESM, MaterialComponent):
        for name in FILES:
            setattr(kind, name, classproperty(cache(vars(kind)[name].f)))
    # The defaults of a model that differ from its parents', asked for with each value of a page.
    defaults = cache(vars(HasProps)["_overridden_defaults"].__func__)
    HasProps._overridden_defaults = classmethod(defaults)
    # What a theme says of a model: where it says nothing, that is found out by a failure.
    HasProps.themed_values = _themed_values
    # The default of a property, which is copied and checked each time; and whether it is made anew.
    PropertyDescriptor.has_unstable_default = _by_kind(PropertyDescriptor.has_unstable_default)
    PropertyDescriptor._get_default = _by_kind_where_fixed(PropertyDescriptor._get_default)


def _themed_values(model: HasProps) -> dict | None:
    return vars(model).get("__themed_values__")


def _by_kind(ask):
    """A question about a property, asked once of each kind of models: all of it answer the same."""
    known: dict[tuple[type, str], bool] = {}

    def answer(descriptor: PropertyDescriptor, model: HasProps) -> bool:
        key = type(model), descriptor.name
        if key not in known:
            known[key] = ask(descriptor, model)
        return known[key]

    return answer


def _by_kind_where_fixed(get_default):
    """Bokeh's way to a default, remembered where one value may serve all models of a kind."""
    known: dict[tuple[type, str], bool | float | int | str | None] = {}

    def get(descriptor: PropertyDescriptor, model: HasProps):
        themed = _themed_values(model)
        if themed is not None and descriptor.name in themed:
            return get_default(descriptor, model)
        key = type(model), descriptor.name
        if key not in known:
            value = get_default(descriptor, model)
            if type(value) not in _FIXED or descriptor.has_unstable_default(model):
                return value
            known[key] = value
        return known[key]

    return get
