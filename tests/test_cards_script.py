"""The part of the page that shows the light curve as Python."""

import numpy as np
import panel as pn
import pytest
from cardparts import mask, odd_tpf, part

from tpfdash.cards.script import script_part
from tpfdash.inspector import Inspector
from tpfdash.inspector.script import SCRIPTS, lightkurve_script, tpfdash_script
from tpfdash.io import open_tpf, write_tpf


@pytest.fixture
def inspector():
    return Inspector(odd_tpf())


@pytest.fixture
def made(inspector):
    """The part and what is live in it, out of sight."""
    parts, live = script_part(inspector)
    return pn.Column(*parts), live


def text(column):
    return part(column, "script").value


def test_the_text_is_of_the_state(inspector, made):
    column, live = made
    live.shown = True
    assert text(column) == tpfdash_script(inspector)
    for name, value in {
        "aperture": mask((0, 0), (3, 4)),
        "background": mask((4, 0)),
        "quality_bitmask": 160,
        "normalized": True,
        "transform": lambda lightcurve: lightcurve,
    }.items():
        before = text(column)
        setattr(inspector, name, value)
        assert text(column) == tpfdash_script(inspector) != before, name
    inspector.undo()
    assert text(column) == tpfdash_script(inspector)


def test_the_package_can_be_switched(inspector, made):
    column, live = made
    live.shown = True
    choice = part(column, "script-package")
    assert list(choice.options) == ["tpfdash", "lightkurve"] and choice.value == "tpfdash"
    choice.value = "lightkurve"
    assert text(column) == lightkurve_script(inspector)
    inspector.set_aperture("all")
    assert text(column) == lightkurve_script(inspector)
    choice.value = "tpfdash"
    assert text(column) == tpfdash_script(inspector)
    assert lightkurve_script(inspector) != tpfdash_script(inspector)


@pytest.fixture
def written(monkeypatch):
    """The packages for which a script was written, one after the other."""
    done = []
    for name, script in SCRIPTS.items():

        def write(inspector, name=name, script=script):
            done.append(name)
            return script(inspector)

        write.inputs = script.inputs
        monkeypatch.setitem(SCRIPTS, name, write)
    return done


def test_out_of_sight_nothing_is_written(inspector, written):
    parts, live = script_part(inspector)
    column = pn.Column(*parts)
    inspector.set_aperture("all")
    inspector.normalized = True
    assert written == [] and text(column) == ""
    live.shown = True
    assert written == ["tpfdash"] and text(column) == tpfdash_script(inspector)
    live.shown = False
    inspector.set_aperture("empty")
    inspector.quality_bitmask = 3
    assert written == ["tpfdash"]
    live.shown = True
    assert written == ["tpfdash"] * 2 and text(column) == tpfdash_script(inspector)
    live.shown = False
    live.shown = True
    inspector.cadence = 9  # not in the script
    inspector.hovered = 3
    assert written == ["tpfdash"] * 2


def test_the_text_has_room_and_runs(tmp_path, monkeypatch):
    path = write_tpf(odd_tpf(), tmp_path / "odd.fits")
    inspector = Inspector(open_tpf(path), normalized=True)
    inspector.aperture = np.eye(5, 6, dtype=bool)
    parts, live = script_part(inspector)
    live.shown = True
    area = part(pn.Column(*parts), "script")
    assert len(area.value) < area.max_length
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(area.value, "script", "exec"), names)
    np.testing.assert_allclose(names["flux"], inspector.flux, rtol=1e-12)
