"""What is the same for all pages is worked out once, and is what it was."""

import math
from pathlib import Path

import panel_material_ui as pmui
import pytest
from bokeh.core.has_props import HasProps
from bokeh.core.property.descriptors import PropertyDescriptor, UnsetValueError
from bokeh.document import Document
from bokeh.model import Model
from bokeh.models import Button, ColumnDataSource, LinearAxis
from bokeh.themes import Theme
from panel.custom import ReactiveESM

from tpfdash.server import once
from tpfdash.server.once import work_out_once

#: What is replaced, where.
REPLACED = (
    *((kind, name) for kind in (ReactiveESM, once.MaterialComponent) for name in once.FILES),
    (HasProps, "_overridden_defaults"),
    (HasProps, "themed_values"),
    (PropertyDescriptor, "has_unstable_default"),
    (PropertyDescriptor, "_get_default"),
)
UNSET = object()

#: Those of kinds and properties that Bokeh will not have for long are asked for too.
pytestmark = pytest.mark.filterwarnings("ignore::bokeh.util.warnings.BokehDeprecationWarning")


@pytest.fixture
def replaced(monkeypatch):
    """What Bokeh and Panel say by themselves, and then what they say replaced."""
    for where, name in REPLACED:  # put back as it was, whatever ran before
        monkeypatch.setattr(where, name, vars(where)[name], raising=False)
    before = {model: defaults_of(model) for model in models()}
    styles = {kind: kind._bundle_css for kind in (pmui.Page, pmui.Button, pmui.Select)}
    work_out_once.__wrapped__()
    return before, styles


def models():
    """Each kind of model that can be made of nothing."""
    for model in list(Model.model_class_reverse_map.values()):
        try:
            model()
        except (TypeError, ValueError, NotImplementedError):
            continue
        yield model


def defaults_of(model):
    """What a new model says of its properties: name -> value, UNSET where it has none."""
    made, found = model(), {}
    for name in model.properties():
        try:
            found[name] = getattr(made, name)
        except UnsetValueError:
            found[name] = UNSET
    return found


def alike(one, other):
    if isinstance(one, HasProps):  # another of the kind
        return type(one) is type(other)
    if isinstance(one, float) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return type(one) is type(other) and one == other


def test_it_is_what_it_was(replaced):
    defaults, styles = replaced
    assert len(defaults) > 400 and any(styles.values())
    for model, was in defaults.items():
        assert model._overridden_defaults() is model._overridden_defaults()
        for _ in range(2):  # worked out, and remembered
            now = defaults_of(model)
            assert now.keys() == was.keys()
            for name, value in was.items():
                assert alike(value, now[name]), (model, name)
    for kind, was in styles.items():
        assert kind._bundle_css == was


def test_models_share_nothing_that_can_be_changed(replaced):
    one, other = ColumnDataSource(), ColumnDataSource()
    one.data["x"] = [1]
    assert other.data == {} == ColumnDataSource().data
    one, other = LinearAxis(), LinearAxis()
    assert one.ticker is not other.ticker
    one.tags.append("mine")
    assert other.tags == []


def test_a_theme_is_followed_and_left(replaced):
    plain = LinearAxis().axis_label_text_color
    document, axis = Document(), LinearAxis()
    heard = []
    axis.on_change("axis_label_text_color", lambda name, old, new: heard.append((old, new)))
    document.add_root(axis)
    document.theme = Theme(json={"attrs": {"Axis": {"axis_label_text_color": "#123456"}}})
    assert axis.axis_label_text_color == "#123456"
    assert axis.properties_with_values(include_defaults=False)["axis_label_text_color"]
    assert LinearAxis().axis_label_text_color == plain
    document.theme = Theme(json={})
    assert axis.axis_label_text_color == plain
    assert heard == [(plain, "#123456"), ("#123456", plain)]


def test_a_value_that_is_set_comes_before_the_default(replaced):
    button = Button()
    assert button.label == Button().label != "Go"
    button.label = "Go"
    assert button.label == "Go" != Button().label


def test_the_disk_is_asked_once(replaced, monkeypatch):
    found = pmui.Page._bundle_css
    assert found
    monkeypatch.setattr(Path, "is_file", lambda path: pytest.fail("the disk was asked"))
    assert pmui.Page._bundle_css == found
