"""What follows from what: the cache's key, the params to watch, and that nothing read is unsaid."""

import inspect

import numpy as np
import param
import pytest

from tpfdash.cards import words
from tpfdash.inspector import Inspector, script
from tpfdash.inspector.derived import Derived, derived, follows, params_of
from tpfdash.simulate import simulate_tpf
from tpfdash.timeseries.corrections import Bin, Flatten
from tpfdash.views import panels


class Sheet(param.Parameterized):
    """A small sheet of cells that counts what is worked out."""

    a = param.Parameter(1)
    b = param.Parameter(2)
    c = param.Parameter(0)
    total = Derived()

    def __init__(self, **params):
        super().__init__(**params)
        self.worked = []

    @derived("a", "b")
    def sum(self):
        self.worked.append("sum")
        return self.a + self.b

    @derived("sum", "c")
    def _derive_total(self):
        self.worked.append("total")
        return self.sum + self.c

    @property
    @follows("total", "a")
    def words(self):
        return f"{self.total}"

    @follows("words")
    def say(self):
        return self.words

    @derived("a")
    def array(self):
        return np.arange(3)

    def unsaid(self):
        return 1


def test_a_value_is_worked_out_when_asked_for_and_again_only_for_other_inputs():
    sheet = Sheet()
    assert not sheet.worked
    assert sheet.total == 3 == sheet.total
    assert sheet.worked == ["sum", "total"]
    sheet.c = 5
    assert sheet.total == 8 and sheet.worked == ["sum", "total", "total"]
    sheet.param.update(a=2, b=1)  # the sum is the same: nothing beyond it is worked out again
    assert sheet.total == 8 and sheet.worked == ["sum", "total", "total", "sum"]


@pytest.mark.parametrize("one, other", [(1, True), (1, 1.0), ((1,), (True,)), ((1, 2), (1, 2, 3))])
def test_values_that_are_equal_but_not_the_same_are_told_apart(one, other):
    sheet = Sheet(a=one, b=(), c=0)
    seen = []
    for value in (one, one, other, one):
        sheet.a = value
        seen.append(sheet.array)
    assert seen[0] is seen[1]
    assert seen[1] is not seen[2] and seen[2] is not seen[3]


def test_arrays_are_the_same_only_if_they_are_one():
    array = np.zeros(2)
    sheet = Sheet(a=array)
    first = sheet.array
    sheet.param.trigger("a")
    assert sheet.array is first
    sheet.a = array.copy()
    assert sheet.array is not first
    with pytest.raises(ValueError):
        first[0] = 1


def test_a_derived_param_can_be_watched_and_not_set():
    sheet = Sheet()
    with pytest.raises(TypeError, match="total is read-only"):
        sheet.total = 4


def test_params_are_found_to_the_bottom():
    assert set(params_of(Sheet, "say")) == {"a", "b", "c"}
    assert params_of(Sheet, "c", "c") == ("c",)
    assert params_of(Sheet) == ()
    for name in ("unsaid", "nothing"):
        with pytest.raises(TypeError, match=name):
            params_of(Sheet, name)


# -- the Inspector's own -----------------------------------------------------------------------


class Traced(Inspector):
    """An Inspector that notes which params are read."""

    def __getattribute__(self, name):
        if name in type(self).param._names:
            object.__getattribute__(self, "__dict__").setdefault("_read", set()).add(name)
        return super().__getattribute__(name)


Traced.param._names = set(Inspector.param) - {"name", "tpf", "lightcurve"}


def declared():
    """Every name of an Inspector's that says what it follows, and every function that does."""
    found = {}
    for name in dir(Inspector):
        attribute = inspect.getattr_static(Inspector, name)
        attribute = attribute.fget if isinstance(attribute, property) else attribute
        if getattr(attribute, "inputs", None) is not None:
            found[name] = name
    functions = [
        getattr(words, name) for name in words.__all__ if hasattr(getattr(words, name), "inputs")
    ]
    functions += [*script.SCRIPTS.values(), *(panel.values for panel in panels.PANELS.values())]
    return found | {one.__name__: one for one in functions}


DECLARED = declared()


def halved(lightcurve):
    return lightcurve.assign(flux=lightcurve["flux"] / 2)


STATES = [
    {},
    {"normalized": True, "hovered": 4, "pointed": (501, 602), "quality_bitmask": 128},
    {"transform": halved, "window": (540.0, 540.2), "show_flagged": False},
    {"transform": halved, "normalized": True, "background": "sky"},
    {"flux_range": lambda lightcurve: (1.0, 2.0), "limits": (0, None), "column": "S/N"},
    {"aperture": "empty", "marked_flag": 128},
    {"corrections": [Flatten(), Bin(0.2)], "window": (540.0, 540.2), "normalized": True},
]


#: What is given to those values that are asked for something.
SOME = {
    "describe": (7,),
    "flux_errors": (slice(3, 9),),
    "is_outlier": (7,),
    "curve_of": (np.eye(5, dtype=bool),),
}


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_nothing_is_read_that_is_not_said(name):
    what = DECLARED[name]
    inputs = what.inputs if callable(what) else (what,)
    said = set(params_of(Inspector, *inputs))
    tpf = simulate_tpf("Kepler", n_cadences=40, shape=(5, 5))
    tpf["quality"].values[3] = 128
    rolling = np.ones((40, 5, 2), np.float32)
    tpf["rb_level"] = (("time", "row", "rb_duration"), rolling)
    for state in STATES:
        if what == "_wished_range" and "flux_range" not in state:
            continue  # asked for only where there is one
        inspector = Traced(tpf, **state)
        inspector.__dict__.pop("_worked_out", None)
        inspector._read.clear()
        if callable(what):
            what(inspector)
        else:
            value = getattr(inspector, what)
            if callable(value):
                value(*SOME.get(what, ()))
        assert inspector._read <= said, (state, inspector._read - said)
