"""Sessions with time-outs and patience."""

import time

import pytest
import requests

from tpfdash.archive import sessions


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(sessions, "TIMEOUTS", (1.0, 0.3))
    monkeypatch.setattr(sessions, "PAUSE", 0.01)


def answering(archive, *answers):
    """A path that answers so, one after the other, the last one for ever."""
    left = list(answers)

    def answer(method, query, body):
        return left.pop(0) if len(left) > 1 else left[0]

    archive.routes["/it"] = answer
    return f"{archive.url}/it"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("code", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again(archive, quick, method, code):
    url = answering(archive, (code, "text/plain", b""), (200, "text/plain", b"here"))
    with sessions.http_session() as session:
        assert session.request(method, url).text == "here"


def test_the_last_answer_of_a_busy_server_is_given(archive, quick):
    url = answering(archive, (503, "text/plain", b"busy"))
    with sessions.http_session() as session:
        response = session.get(url)
    assert (response.status_code, response.text) == (503, "busy")
    assert len(archive.requests) == 1 + sessions.RETRIES


def test_another_error_is_not_asked_for_again(archive, quick):
    url = answering(archive, (500, "text/plain", b""))
    with sessions.http_session() as session:
        assert session.get(url).status_code == 500
    assert len(archive.requests) == 1


def test_a_request_has_a_time_out_and_may_have_its_own(archive, quick):
    def slow(method, query, body):
        archive.sleep(float(query["s"]))
        return 200, "text/plain", b"here"

    archive.routes["/slow"] = slow
    with sessions.http_session() as session:
        start = time.monotonic()
        with pytest.raises(requests.Timeout):
            session.get(f"{archive.url}/slow?s=20")
        assert time.monotonic() - start < 10
        assert session.get(f"{archive.url}/slow?s=0.6", timeout=20).text == "here"


def test_what_the_pause_raises_ends_the_waiting(archive, quick):
    url = answering(archive, (503, "text/plain", b""))

    def enough(seconds):
        raise LookupError

    with sessions.http_session(enough) as session, pytest.raises(LookupError):
        session.get(url)
    assert len(archive.requests) == 1


def test_an_answer_is_the_same_packed_or_not(archive, quick, monkeypatch):
    """Headers and all; what is streamed is left to whoever reads it."""
    import gzip

    def packed(handler, *answer):
        handler.send_response(200)
        body = gzip.compress(b"here" * 1000)
        for key, value in (("Content-Encoding", "gzip"), ("Content-Length", str(len(body)))):
            handler.send_header(key, value)
        handler.end_headers()
        handler.wfile.write(body)

    archive.routes["/packed"] = lambda *asked: ()
    monkeypatch.setattr("tests.archive_server._Handler._send", packed)
    with sessions.http_session() as session:
        for stream in (False, True):
            response = session.get(f"{archive.url}/packed", stream=stream)
            assert response.content == b"here" * 1000
            assert response.headers["Content-Encoding"] == "gzip"
