"""A session holds all choices of an inspection, and is restored whole or not at all."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_app_truth import changes
from test_inspector import BAD, assert_state, state
from test_io_sessions import JSON

from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.inspector import FOLLOWING, LOOKED_UP
from tpfdash.inspector.params import Function, Mask
from tpfdash.inspector.session import choices_of, restore, restore_all, session_of
from tpfdash.io.sessions import read_session, session_bytes
from tpfdash.simulate import simulate_tpf


@pytest.fixture(scope="module")
def tpf():
    """60 cadences of 4 x 5 pixels, as `changes` wants them."""
    tpf = simulate_tpf("K2", n_cadences=60, shape=(4, 5), gaps=[(40, 42)], seed=3)
    tpf["quality"].values[[5, 6, 20]] = 1, 128, 32
    return tpf


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture(scope="module")
def wanted(tpf):
    """Param -> values that it can be set to."""
    return changes(tpf)


@pytest.fixture
def changed(tpf, wanted):
    """An Inspector all of whose choices are others than at the start."""
    inspector = Inspector(tpf)
    for name in choices_of():
        setattr(inspector, name, wanted[name][0])
    inspector.limits = wanted["limits"][0]  # which the stretch has taken back
    return inspector


def told_of(inspector):
    """What those who watch an Inspector will have been told: lists of names."""
    told = []
    inspector.param.watch(
        lambda *events: told.append({event.name for event in events}), list(choices_of())
    )
    return told


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in choices_of())


def test_all_that_can_be_written_is_in_it_and_nothing_else():
    left_out = set(Inspector.param) - set(choices_of())
    assert left_out == {
        *("name", "tpf", *FOLLOWING, *LOOKED_UP, "pointed", "hovered", "pointed_star"),
        *(name for name in Inspector.param if isinstance(Inspector.param[name], Function)),
    }


def test_a_session_is_plain_data_that_a_reader_understands(changed):
    session = session_of(changed)
    assert json.loads(json.dumps(session, allow_nan=False)) == session
    row, col = int(changed.tpf["row"][0]), int(changed.tpf["col"][0])
    assert session["choices"]["aperture"] == [[row, row, col, col]]
    assert session["choices"]["background"] == [
        [row + 1, row + 1, col + 2, col + 2],
        [row + 3, row + 3, col + 3, col + 3],
    ]
    assert session["choices"]["window"] == list(changed.window)
    assert session["choices"]["cadence"] == changed.cadence
    assert session["file"]["corner"] == [row, col]
    assert session["file"]["shape"] == [4, 5] and session["file"]["cadences"] == 60


def test_every_choice_is_restored(tpf, inspector, changed):
    before = session_of(inspector)
    assert not any(
        np.array_equal(getattr(inspector, name), getattr(changed, name)) for name in choices_of()
    )
    session = read_session(session_bytes(session_of(changed)))
    assert restore(inspector, session) == ()
    assert same(inspector, changed)
    assert session_of(inspector) == session
    restore(inspector, before)
    assert same(inspector, Inspector(tpf))


@pytest.mark.parametrize("name", choices_of())
def test_each_choice_is_restored_by_itself(tpf, inspector, wanted, name):
    for value in wanted[name]:
        other = Inspector(tpf, **{name: value})
        restore(inspector, session_of(other))
        assert same(inspector, other)


def test_those_who_watch_are_told_of_one_change(tpf, inspector, changed):
    told = told_of(inspector)
    changed.limits = None
    restore(inspector, session_of(changed))
    assert len(told) == 1 and told[0] == set(choices_of()) - {"limits"}
    restore(inspector, session_of(changed))
    assert len(told) == 1


def test_the_masks_are_undone_together(tpf, inspector, changed):
    restore(inspector, session_of(changed))
    inspector.undo()
    assert np.array_equal(inspector.aperture, Inspector(tpf).aperture)
    assert not inspector.background.any()
    assert not inspector.can_undo


def test_what_it_does_not_name_stays(inspector, changed):
    session = session_of(inspector)
    session["choices"] = {"cmap": "magma"}
    cadence = changed.cadence
    restore(changed, session)
    assert changed.cmap == "magma" and changed.cadence == cadence


def test_functions_stay(tpf, inspector):
    session = session_of(inspector)
    transformed = Inspector(tpf, transform=changes(tpf)["transform"][0])
    restore(transformed, session)
    assert transformed.transform is changes(tpf)["transform"][0]


def test_choices_that_are_not_known_are_said_and_left_alone(inspector):
    session = session_of(inspector)
    session["choices"] |= {"smell": 3, "cadence": 7, "transform": "rm", "tpf": 1, "pointed": [1, 2]}
    assert restore(inspector, session) == ("smell", "transform", "tpf", "pointed")
    assert inspector.cadence == 7 and inspector.transform is None


def test_without_a_file_it_is_of_this_one(inspector):
    session = session_of(inspector)
    del session["file"]
    session["choices"] = {"cadence": 9}
    restore(inspector, session)
    assert inspector.cadence == 9


def refused(inspector, session, match):
    before, told = state(inspector), told_of(inspector)
    with pytest.raises(TPFError, match=match) as caught:
        restore(inspector, session)
    assert_state(inspector, before)
    assert not told and not inspector.can_undo
    assert len(str(caught.value)) < 600


OTHERS = {
    "mission": dict(mission="Kepler"),
    "stamp": dict(shape=(5, 4)),
    "first detector pixel": dict(corner=(7, 8)),
    "cadences": dict(n_cadences=61),
}


@pytest.mark.parametrize("words", OTHERS)
def test_a_session_of_another_file_is_refused(inspector, words):
    kind = dict(mission="K2", shape=(4, 5), n_cadences=60) | OTHERS[words]
    other = Inspector(simulate_tpf(kind.pop("mission"), **kind))
    refused(inspector, session_of(other), words)


@pytest.mark.parametrize("key, value", [("id", "EPIC 1"), ("cadenceno", [5, 64])])
def test_so_is_one_of_another_target_or_time(inspector, key, value):
    session = session_of(inspector)
    session["file"][key] = value
    refused(inspector, session, "another file")


@pytest.mark.parametrize("file", [3, "a.fits", [1], True])
def test_a_file_of_another_type_is_refused(inspector, file):
    refused(inspector, session_of(inspector) | {"file": file}, "file")


PLAIN = (type(None), bool, int, float, str, list, tuple)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name in choices_of()
        if not isinstance(Inspector.param[name], Mask)
        for value in BAD[name]
        if isinstance(value, PLAIN)
    ],
)
def test_one_bad_value_and_nothing_is_restored(inspector, changed, name, value):
    if name == "column" and value == "background":  # which this file has
        return
    session = session_of(changed)
    session["choices"][name] = value
    refused(inspector, session, name.split("_")[0])


MASKS = [
    None,
    "all",
    3,
    {},
    [3],
    [[1, 2, 3]],
    [[1, 2, 3, 4, 5]],
    [["1", 2, 3, 4]],
    [[1.5, 2, 3, 4]],
    [[True, 2, 3, 4]],
    [[10**400, 10**400, 3, 4]],
    [[0, 0, 0, 0]],
    [[-1] * 4] * 10_000,
]


@pytest.mark.parametrize("value", MASKS, ids=range(len(MASKS)))
@pytest.mark.parametrize("name", ["aperture", "background"])
def test_a_mask_off_the_stamp_or_of_another_kind_is_refused(inspector, name, value):
    session = session_of(inspector)
    session["choices"][name] = value
    refused(inspector, session, name)


def test_a_rectangle_the_wrong_way_round_or_half_off_the_stamp_is_refused(inspector):
    session = session_of(inspector)
    row, col = session["file"]["corner"]
    for ends in ([row + 1, row, col, col], [row, row, col + 1, col], [row, row + 4, col, col]):
        session["choices"]["aperture"] = [ends]
        refused(inspector, session, "within")


NAMES = st.sampled_from([*choices_of(), "pointed", "transform", "lightcurve", "tpf", "name", ""])


@settings(deadline=None, max_examples=100)
@given(choices=st.dictionaries(NAMES, JSON | st.sampled_from([10**400, [10**400, 1], [[], {}]])))
def test_whatever_the_choices_all_or_nothing_is_restored(tpf, choices):
    inspector = Inspector(tpf)
    session = session_of(inspector) | {"choices": choices}
    before = copy.deepcopy(session_of(inspector))
    try:
        restore(inspector, session)
    except TPFError as error:
        assert len(str(error)) < 600
        assert session_of(inspector) == before
    else:
        session_bytes(session_of(inspector))


def test_rectangles_make_up_any_mask(tpf):
    rng = np.random.default_rng(1)
    for _ in range(50):
        mask = rng.random((4, 5)) < rng.random()
        inspector, other = Inspector(tpf, aperture=mask), Inspector(tpf, aperture="empty")
        restore(other, session_of(inspector))
        assert np.array_equal(other.aperture, mask)


# -- several files ---------------------------------------------------------------------------------


@pytest.fixture
def two(tpf):
    """Inspectors of two files."""
    return [Inspector(tpf), Inspector(tpf.assign_attrs(campaign=17, source="b.fits"))]


def test_a_session_of_several_gives_each_its_own_whichever_is_in_view(two):
    two[0].cadence, two[1].cadence = 11, 12
    two[1].set_aperture("all")
    session = read_session(session_bytes(session_of(two[0], two[1:])))
    assert [one["file"]["interval"] for one in (session, *session["others"])] == ["C16", "C17"]
    again = [Inspector(each.tpf) for each in two]
    assert restore_all(again[::-1], session) == ()
    assert all(same(*pair) for pair in zip(two, again, strict=True))
    again[1].undo()
    assert not again[1].aperture.all()
    assert "others" not in session_of(two[0])


def test_files_that_are_not_open_are_named(two):
    session = session_of(two[0], two[1:])
    session["choices"]["smell"] = 1
    assert restore_all(two[1:], session) == ("simulated by tpfdash (not open here)",)
    assert restore_all(two[:1], session) == ("smell", "b.fits (not open here)")
    assert restore(two[0], session) == ("smell",)


def test_of_several_all_are_restored_or_none(two):
    session = session_of(two[0], two[1:])
    session["choices"]["cadence"] = 9
    session["others"][0]["choices"]["cadence"] = 10_000
    before = [session_of(each) for each in two]
    with pytest.raises(TPFError, match="cadence is 10000"):
        restore_all(two, session)
    for others, words in ((5, "others are '5'"), ([3], "is no session"), ([{}], "is no session")):
        with pytest.raises(TPFError, match=words):
            restore_all(two, session | {"others": others})
    elsewhere = Inspector(simulate_tpf("Kepler", n_cadences=60, shape=(4, 5)))
    with pytest.raises(TPFError, match="of another file.*its mission is 'K2'"):
        restore_all([elsewhere], session)
    assert [session_of(each) for each in two] == before
