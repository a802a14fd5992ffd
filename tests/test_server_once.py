"""What is the same for all pages is worked out once, and is what it was."""

from pathlib import Path

import panel_material_ui as pmui
import pytest
from bokeh.core.has_props import HasProps
from bokeh.model import Model
from panel.custom import ReactiveESM

from tpfdash.server import once
from tpfdash.server.once import work_out_once


@pytest.fixture
def replaced(monkeypatch):
    """What Bokeh and Panel say by themselves, and then what they say replaced."""
    kinds = ReactiveESM, once.MaterialComponent
    for kind in kinds:  # put back as it was, whatever ran before
        monkeypatch.setattr(kind, "_bundle_css", vars(kind)["_bundle_css"], raising=False)
    monkeypatch.setattr(HasProps, "_overridden_defaults", vars(HasProps)["_overridden_defaults"])
    models = list(Model.model_class_reverse_map.values())
    before = {model: model._overridden_defaults() for model in models}
    styles = {kind: kind._bundle_css for kind in (pmui.Page, pmui.Button, pmui.Select)}
    work_out_once.__wrapped__()
    return before, styles


def test_it_is_what_it_was(replaced):
    defaults, styles = replaced
    assert len(defaults) > 400 and any(styles.values())
    for model, was in defaults.items():
        assert model._overridden_defaults() == was
        assert model._overridden_defaults() is model._overridden_defaults()
    for kind, was in styles.items():
        assert kind._bundle_css == was


def test_the_disk_is_asked_once(replaced, monkeypatch):
    found = pmui.Page._bundle_css
    assert found
    monkeypatch.setattr(Path, "is_file", lambda path: pytest.fail("the disk was asked"))
    assert pmui.Page._bundle_css == found
