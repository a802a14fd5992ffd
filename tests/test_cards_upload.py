"""Files that a browser sends: read, or refused in words."""

import base64

import pytest

from tpfdash import TPFError
from tpfdash.cards.upload import LARGEST, Upload


@pytest.fixture
def upload():
    read, said = [], []
    upload = Upload(lambda *file: read.append(file), said.append)
    upload.read, upload.said = read, said
    return upload


def sent(contents, name="a.npy"):
    text = base64.b64encode(contents).decode()
    return {"name": name, "size": len(contents), "contents": text}


def test_a_file_is_read(upload):
    upload._handle_msg(sent(b"\0abc"))
    assert upload.read == [("a.npy", b"\0abc")]
    assert upload.said == [""]


def test_a_file_of_the_largest_size_fits_a_message_of_bokehs_server():
    from bokeh.server.tornado import DEFAULT_WEBSOCKET_MAX_MESSAGE_SIZE_BYTES as most

    assert LARGEST * 4 / 3 + 10_000 < most


@pytest.mark.parametrize(
    "message, word",
    [
        ({"name": "big.fits", "size": LARGEST + 1, "contents": None}, "big.fits"),
        ({"name": "big.fits", "size": 1, "contents": "A" * (LARGEST * 4 // 3 + 9)}, "14 MB"),
        ({"name": "gone.fits", "size": 1, "contents": None}, "gone.fits"),
        ({"name": "odd.fits", "size": 1, "contents": "A"}, "no file"),
        ({"name": "odd.fits", "size": 1, "contents": 7}, "no file"),
        ({"name": "odd.fits", "size": [], "contents": ""}, "no file"),
        ({}, "no file"),
        (None, "no file"),
        ("text", "no file"),
    ],
)
def test_what_is_no_file_is_refused_in_words(upload, message, word):
    upload._handle_msg(message)
    assert not upload.read
    (words,) = upload.said
    assert word in words


def test_what_is_wrong_with_the_file_is_told(upload):
    def read(name, contents):
        raise TPFError(f"{name} is bad.")

    upload._read = read
    upload._handle_msg(sent(b"x"))
    assert upload.said == ["a.npy is bad."]
