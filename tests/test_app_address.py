"""A state as an address and back, to the last digit; whatever else an address holds is no crash."""

from urllib.parse import parse_qsl, quote

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from test_app_truth import changes

from tpfdash.app.address import FILE, NAMES, decode, encode, session_in
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.session import choices_of, restore, written_choices
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.geometry import rectangles


@pytest.fixture(scope="module")
def tpf():
    """60 cadences of 4 x 5 pixels, as `changes` wants them."""
    return simulate_tpf("K2", n_cadences=60, shape=(4, 5), gaps=[(40, 42)], seed=3)


@pytest.fixture(scope="module")
def usual(tpf):
    return written_choices(Inspector(tpf))


def read(query):
    """The parts of a query, as a server takes it apart."""
    return dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))


def test_an_address_names_each_choice_once_and_the_file():
    assert FILE not in choices_of()
    assert {"tpf"}.isdisjoint(NAMES)
    assert len(set(NAMES)) == len(NAMES)


def test_a_file_as_it_opens_has_nothing_to_say(usual):
    assert encode(usual, usual) == ""
    assert encode(usual, usual, "a b&c.fits") == "file=a%20b%26c.fits"


def test_it_can_be_read_by_a_person(tpf, usual):
    row, col = (int(tpf[axis][0]) for axis in ("row", "col"))
    inspector = Inspector(tpf, cadence=24, window=(3263.25, 3263.5), cmap="gray_r", normalized=True)
    inspector.select_box(row, row + 1, col, col + 2)
    inspector.select_box(row + 3, row + 3, col, col, "add")
    assert encode(written_choices(inspector), usual, "star.fits") == (
        f"file=star.fits&aperture={row}..{row + 1}:{col}..{col + 2},{row + 3}:{col}&cadence=24"
        "&window=3263.25,3263.5&cmap=gray_r&normalized=true"
    )
    inspector.set_aperture("empty")
    assert "aperture=none" in encode(written_choices(inspector), usual)


def test_the_users_words_are_not_in_the_address(tpf, usual):
    assert "notes" in choices_of() and "notes" not in NAMES
    inspector = Inspector(tpf, notes="not for every eye")
    assert encode(written_choices(inspector), usual) == ""


@pytest.mark.parametrize("name", NAMES[1:])
def test_every_choice_comes_back(tpf, usual, name):
    for value in changes(tpf)[name]:
        choices = written_choices(Inspector(tpf, **{name: value}))
        query = encode(choices, usual)
        again = Inspector(tpf)
        restore(again, session_in(read(query)) or {"format": "tpfdash session"} | session({}))
        assert written_choices(again) == choices


def session(choices):
    return {"version": 1, "choices": choices}


def test_an_address_without_choices_is_no_session():
    assert session_in({"file": "a.fits", "board": "3", "tpf": "b.fits"}) is None


def test_what_belongs_to_others_is_passed_over():
    assert decode({"tpf": "a", "board": "[", "cadence": "3", "aperture ": "x"}) == {"cadence": 3}


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = SCALARS | st.recursive(
    st.lists(SCALARS), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(VALUES)
@example("true")
@example("3")
@example("1e5")
@example(",")
@example("")
@example([""])
@example([1.0, "1.0"])
@example("a+b &=#%2C")
def test_any_plain_value_comes_back(value):
    got = decode(read(encode({"filename": value}, {})))["filename"]
    assert got == value and type(got) is type(value)


@given(
    hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)),
    st.integers(-(2**31) + 1, 2**31 - 60),
    st.integers(-(2**31) + 1, 2**31 - 60),
)
def test_any_mask_comes_back_in_few_words(mask, row, col):
    ends = [[a + row, b + row, c + col, d + col] for a, b, c, d in rectangles(mask)]
    query = encode({"aperture": ends}, {})
    got = np.zeros_like(mask)
    for row0, row1, col0, col1 in decode(read(query))["aperture"]:
        got[row0 - row : row1 - row + 1, col0 - col : col1 - col + 1] = True
    assert np.array_equal(got, mask)
    assert len(query) < 140 + mask.size / 6 * 1.05 + 40


def test_a_mask_of_a_large_stamp_fits_into_an_address():
    """As servers and proxies take it, 8 kB, with two masks that could not be worse."""
    rng = np.random.default_rng(1)
    choices = {}
    for name in ("aperture", "background"):
        tpf = simulate_tpf("TESS", n_cadences=2, shape=(100, 100))
        choices[name] = written_choices(Inspector(tpf, aperture=rng.random((100, 100)) < 0.5))[
            "aperture"
        ]
    assert len(encode(choices, {})) < 4000


BAD = {
    "aperture": ["", "x", "1", "1:2:3", "1..:2", "1:2,", "a:b", "1:2;3:4", "~", "~1:2:3x3:AAAA"]
    + ["~1:2:99999x99999:AA", "~1:2:3x3:A", "~1:2:3x3:é", "[[1,1,2,2]]", "1" * 5000 + ":2"]
    + ["~1:2:0x0:A", "pipeline", "null", "١:٢"],
    "window": ["[", "{", '"', "[" * 5000, "[1,", '{"a":1'],
    "cadence": ['"3', "[3"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name in BAD for text in BAD[name]])
def test_what_cannot_be_read_is_said(name, text):
    with pytest.raises(TPFError, match=name) as caught:
        decode({name: text})
    assert len(str(caught.value)) < 300


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30) | st.from_regex(r"[~\d.:,x]+")))
def test_whatever_an_address_says_it_is_a_state_or_an_error_in_words(tpf, said):
    inspector = Inspector(tpf)
    try:
        wanted = session_in(said)
        if wanted is not None:
            restore(inspector, wanted)
    except TPFError as error:
        assert len(str(error)) < 600


def test_quoting_is_that_of_an_address():
    query = encode({"filename": "a b/ü&c=#?.fits"}, {})
    assert query == "filename=" + quote("a b/ü&c=#?.fits", safe="")
