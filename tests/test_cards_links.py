"""A widget and a param that are kept the same, both ways."""

import panel as pn
import pytest
from cardparts import odd_tpf

from tpfdash.cards.links import link
from tpfdash.inspector import Inspector
from tpfdash.views.faults import faults_of


@pytest.fixture
def inspector():
    return Inspector(odd_tpf(), cadence=7)


def test_a_widget_and_a_param_are_the_same_from_the_start_and_both_ways(inspector):
    field = pn.widgets.IntInput(value=99)
    link(field, inspector, "cadence")
    assert (field.value, inspector.cadence) == (7, 7)
    inspector.cadence = 9
    assert field.value == 9
    field.value = 11
    assert inspector.cadence == 11


def test_what_is_shown_and_what_is_chosen_can_be_other_than_the_param(inspector):
    field = pn.widgets.IntInput()
    link(
        field,
        inspector,
        "cadence",
        shown=lambda cadence: cadence + 1,
        chosen=lambda number: number - 1,
    )
    assert field.value == 8
    field.value = 5
    assert (field.value, inspector.cadence) == (5, 4)
    inspector.cadence = 20
    assert (field.value, inspector.cadence) == (21, 20)


def test_what_cannot_be_had_goes_from_the_widget(inspector):
    field = pn.widgets.IntInput()
    link(field, inspector, "cadence", chosen=lambda number: min(number, 10))
    told = []
    inspector.param.watch(told.append, "cadence")
    field.value = 30
    assert (field.value, inspector.cadence) == (10, 10)
    field.value = 31  # the param stays as it is, so nobody but the link itself can put it right
    assert (field.value, inspector.cadence) == (10, 10)
    assert [event.new for event in told] == [10]


def test_two_widgets_of_one_param_agree(inspector):
    fields = [pn.widgets.IntInput() for _ in range(2)]
    for field in fields:
        link(field, inspector, "cadence", chosen=lambda number: max(number, 0))
    fields[0].value = 3
    assert [field.value for field in fields] == [3, 3]
    fields[1].value = -5
    assert [field.value for field in fields] == [0, 0]


def test_what_the_param_refuses_is_an_error_and_changes_nothing(inspector):
    field = pn.widgets.IntInput()
    link(field, inspector, "cadence")
    field.value = 40
    assert "cadence is 40: it should be" in faults_of(inspector).words
    assert inspector.cadence == field.value == 7


def test_a_link_out_of_sight_waits(inspector):
    field = pn.widgets.IntInput()
    live = link(field, inspector, "cadence")
    live.shown = False
    inspector.cadence = 9
    assert field.value == 7
    live.shown = True
    assert field.value == 9
