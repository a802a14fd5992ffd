"""The controls, without a browser; and the parts of Panel that carry what it has no word for."""

import inspect

import panel as pn
import param
import pytest
from bokeh.document import Document

from tpfdash import TPFDashboard, simulate_tpf
from tpfdash.app import notebook
from tpfdash.app.notebook import inline_stylesheets
from tpfdash.cards import widgets
from tpfdash.inspector import Inspector
from tpfdash.inspector.derived import follows


@pytest.fixture(scope="module")
def dashboard():
    return TPFDashboard(simulate_tpf("Kepler", n_cadences=60, shape=(5, 6)))


def tooltip(control) -> str:
    return getattr(control, "html_attributes", {}).get("title", "")


def test_every_control_says_what_it_does(dashboard):
    controls = dashboard.__panel__().select(pn.widgets.Widget)
    assert len(controls) > 25
    assert not [one for one in controls if not tooltip(one)]


@pytest.mark.parametrize("kind", ["IntSlider", "Checkbox", "Toggle", "Select", "Button"])
def test_a_title_reaches_the_page_with_the_control(kind):
    control = widgets.control(getattr(pn.widgets, kind), "it", "What it does.")
    assert isinstance(control, getattr(pn.widgets, kind)) and control.css_classes == ["tpf-it"]
    assert control.get_root(Document()).html_attributes == {"title": "What it does."}


class Settings(param.Parameterized):
    ticked = param.Boolean(True, doc="Whether it is ticked.")
    mode = param.Selector(objects=["a", "b"], doc="What it does.")


def test_a_widget_has_its_params_doc_as_tooltip_and_follows_it():
    settings = Settings()
    box = widgets.widget(pn.widgets.Checkbox, settings.param.ticked, "ticked", label="tick")
    group = widgets.choice(settings.param.mode, "mode")
    assert box.label == "tick" and box.css_classes == ["tpf-ticked"]
    assert tooltip(box) == "Whether it is ticked." and tooltip(group) == "What it does."
    settings.ticked, group.value = False, "b"
    assert not box.value and settings.mode == "b"


def test_a_button_calls():
    called = []
    inspector = Inspector(simulate_tpf("K2", n_cadences=9, shape=(3, 3)))
    button = widgets.button(inspector, "Go", "go", lambda: called.append(1), "It goes.")
    button.clicks += 1
    assert called == [1] and button.css_classes == ["tpf-go"] and tooltip(button) == "It goes."


# -- the parts of Panel that have no public name --------------------------------------------------


def test_panel_passes_a_sliders_values_through_the_method_that_is_replaced():
    kind = pn.widgets.IntSlider
    for name, arguments in {
        "_change_event": ["self", "doc"],
        "_change_coroutine": ["self", "doc", "event_id"],
    }.items():
        found = list(inspect.signature(getattr(kind, name)).parameters)
        assert found == arguments, f"Syncable.{name} of Panel takes {found} by now"
    for name in ("_priority_changes", "_busy__ignore"):
        assert isinstance(getattr(kind, name), list), f"Syncable.{name} of Panel is gone"
    assert "value" not in kind._priority_changes, "Panel itself does not wait for sliders by now"


@pytest.mark.parametrize("kind", [widgets.IntSlider, widgets.RangeSlider])
def test_of_the_values_that_come_while_the_page_paints_the_last_one_counts(kind, monkeypatch):
    """As Panel's server would call: the value is put by, and the slider told to look."""
    values = (3, 5, 8) if kind is widgets.IntSlider else ((3, 4), (3, 5), (3, 8))
    slider, seen, later = kind(start=0, end=9, step=1), [], []
    slider.param.watch(lambda event: seen.append(event.new), "value")
    document = Document()
    slider.get_root(document)
    monkeypatch.setattr(Document, "session_context", property(lambda self: True))
    monkeypatch.setattr(
        Document, "add_timeout_callback", lambda self, call, ms: later.append((call, ms))
    )
    for value in values:
        slider._events["value"] = value
        slider._change_event(document)
    assert seen == [values[0]]
    assert len(later) == 2 and all(0 < ms <= 20 for _, ms in later)
    slider._free = 0.0
    slider._change_event(document)
    assert seen == [values[0], values[2]]


def changes(pane) -> list[str]:
    """Which properties are sent from a notebook when the pane's text changes."""
    document, sent = Document(), []
    model = pane.get_root(document)
    inline_stylesheets(pane, model)
    document.add_root(model)
    document.on_change(lambda event: sent.append(event.attr))
    pane.object = "<b>two</b>"
    return sent


def test_html_sends_its_text_alone(monkeypatch):
    monkeypatch.setattr(notebook, "_kernel", lambda: "a kernel")
    pane = widgets.html("<b>one</b>")
    assert changes(pane) == ["text"], "Panel calls HTML._update(ref, model) no more"
    plain = pn.pane.HTML("<b>one</b>", stylesheets=[widgets.CSS])
    assert "stylesheets" in changes(plain), "Words has become needless"


def test_a_picture_keeps_its_text_up():
    inspector = Inspector(simulate_tpf("TESS", n_cadences=9, shape=(3, 3)))
    text = follows("cadence")(lambda one: f"cadence {one.cadence}")
    place = widgets.described(inspector, pn.Spacer(), text)
    model = place.get_root(Document())
    assert model.html_attributes == {"role": "figure", "aria-label": "cadence 0"}
    inspector.cadence = 5
    assert model.html_attributes["aria-label"] == "cadence 5"
