"""Sessions as files: whole or not at all, and nothing that is none is read as one."""

import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tpfdash.errors import TPFError
from tpfdash.io.sessions import (
    LARGEST_SESSION,
    SESSION_FORMAT,
    SESSION_VERSION,
    read_session,
    session_bytes,
    write_session,
)

HEAD = {"format": SESSION_FORMAT, "version": SESSION_VERSION}
SESSION = HEAD | {"file": {"id": "KIC 1"}, "choices": {"cadence": 3, "aperture": [[1, 2, 3, 4]]}}


def test_what_is_written_is_read(tmp_path):
    path = write_session(tmp_path / "a.json", SESSION)
    assert read_session(path) == read_session(str(path)) == SESSION
    assert read_session(path.read_bytes()) == read_session(io.BytesIO(path.read_bytes())) == SESSION
    with open(path, "rb") as file:
        assert read_session(file) == SESSION
    lines = path.read_text().splitlines()
    assert '    "aperture": [[1, 2, 3, 4]]' in lines  # to be read, and compared line by line


def test_a_session_without_choices_is_one(tmp_path):
    session = HEAD | {"choices": {}}
    assert read_session(write_session(tmp_path / "a.json", session)) == session


def test_a_file_is_replaced_only_where_that_is_said(tmp_path):
    path = write_session(tmp_path / "a.json", SESSION)
    with pytest.raises(TPFError, match="exists already"):
        write_session(path, HEAD | {"choices": {}})
    assert read_session(path) == SESSION
    write_session(path, HEAD | {"choices": {}}, overwrite=True)
    assert read_session(path)["choices"] == {}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"x", object()])
def test_what_json_has_no_word_for_is_not_written(tmp_path, value):
    with pytest.raises(TPFError, match="cannot be written"):
        write_session(tmp_path / "a.json", HEAD | {"choices": {"cadence": value}})
    assert not list(tmp_path.iterdir())


BAD = {
    "nothing": b"",
    "no JSON": b"cadence=3",
    "not UTF-8": b'{"format": "\xff"}',
    "cut": session_bytes(SESSION)[:-5],
    "a number": b"3",
    "a list": b"[]",
    "null": b"null",
    "another format": b'{"format": "tpfdash aperture", "version": 1, "choices": {}}',
    "no version": b'{"format": "tpfdash session", "choices": {}}',
    "no choices": b'{"format": "tpfdash session", "version": 1}',
    "a list of choices": b'{"format": "tpfdash session", "version": 1, "choices": []}',
    "a number that is none": session_bytes(SESSION).replace(b" 3,", b" NaN,"),
    "deep": b"[" * 100_000,
    "a long number": b"9" * 10_000,
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_what_is_no_session_is_refused(data):
    with pytest.raises(TPFError, match="session"):
        read_session(data)


@pytest.mark.parametrize("version", [0, 2, "1", None, True, 1.5, [1], "x" * 10_000])
def test_another_version_is_refused_and_named(version):
    with pytest.raises(TPFError, match="version") as caught:
        read_session(json.dumps(SESSION | {"version": version}).encode())
    assert len(str(caught.value)) < 200


def test_what_is_too_large_is_not_read(tmp_path):
    class Endless:
        name = "endless"
        read_so_far = 0

        def read(self, size):
            self.read_so_far += size
            return b" " * size

    endless = Endless()
    (tmp_path / "large.json").write_bytes(b" " * (LARGEST_SESSION + 1))
    for source in (tmp_path / "large.json", b" " * (LARGEST_SESSION + 1), endless):
        with pytest.raises(TPFError, match="too large"):
            read_session(source)
    assert endless.read_so_far < 2 * LARGEST_SESSION


def test_what_is_no_source_is_refused(tmp_path):
    for source in (3, None, [], io.StringIO("{}")):
        with pytest.raises(TPFError):
            read_session(source)
    for path in (tmp_path, tmp_path / "missing.json", "a\0b", "/dev/zero"):
        with pytest.raises(TPFError):
            read_session(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.binary() | st.text().map(str.encode) | JSON.map(lambda one: json.dumps(one).encode()))
@example(b"\xef\xbb\xbf{}")
def test_whatever_is_read_is_a_session_or_an_error_in_words(data):
    with pytest.raises(TPFError):
        read_session(data)
