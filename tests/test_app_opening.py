"""A file is opened in a thread, and its page filled once the file and a browser are there."""

import threading
from types import SimpleNamespace

import pytest

from tests.wire import until
from tpfdash import TPFError
from tpfdash.app.opening import Named, open_named


class Loop:
    """A document whose callbacks are called when the test says so."""

    def __init__(self, connections=None):
        self.session_context = None
        if connections is not None:
            session = SimpleNamespace(connection_count=connections)
            self.session_context = SimpleNamespace(session=session)
        self.due = []

    def add_timeout_callback(self, act, ms):
        self.due.append(act)

    def go_round(self):
        due, self.due = self.due, []
        for act in due:
            act()


def test_it_waits_for_the_file_and_for_a_browser():
    go_on, done, loop = threading.Event(), [], Loop(0)
    named = Named("a.fits", lambda: go_on.wait(30) and "the file")
    named.start(loop, lambda: done.append(1))
    for _ in range(3):
        loop.go_round()
    assert not done and not named.came
    loop.session_context.session.connection_count = 1
    loop.go_round()
    assert not done and named.came  # the file is not there yet
    go_on.set()

    def there():
        loop.go_round()
        return bool(done)

    until(there, "the file")
    assert named.result() == ({"a.fits": "the file"}, "a.fits") and not loop.due


def test_a_session_that_is_being_made_has_no_browser_yet():
    loop, done = Loop(0), []
    loop.session_context.session = None
    Named("a.fits", lambda: "the file").start(loop, lambda: done.append(1))
    loop.go_round()
    assert not done and loop.due


def test_what_is_wrong_is_raised_where_the_page_is_filled():
    def fail():
        raise TPFError("it is no good.")

    named, done, loop = Named("a.fits", fail, in_address=False), [], Loop(1)
    named.start(loop, lambda: done.append(1))

    def there():
        loop.go_round()
        return bool(done)

    until(there, "its end")
    with pytest.raises(TPFError, match="no good"):
        named.result()


def test_nobody_waits_for_what_is_fetched():
    go_on, loop = threading.Event(), Loop(1)
    for _ in range(10):
        Named("mast:a", lambda: go_on.wait(30), fetched=True).start(loop, lambda: None)
    done = []
    try:
        Named("a.fits", lambda: done.append(1)).start(loop, lambda: None)
        until(lambda: done, "the file")
    finally:
        go_on.set()


def test_a_name_is_opened_by_whoever_keeps_files(tmp_path):
    (tmp_path / "a.fits").write_text("x")
    assert open_named("a.fits", tmp_path, lambda path: path.name) == "a.fits"
    with pytest.raises(TPFError, match="a.fits is not a FITS file") as told:
        open_named("a.fits", tmp_path)
    assert str(tmp_path) not in str(told.value)
