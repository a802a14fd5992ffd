"""The log of a server: one line of JSON for each record, whoever writes it, whatever is in it."""

import json
import logging

import pytest

from tests.strangers import open_site
from tests.wire import Wire, find
from tpfdash import TPFError, simulate_tpf, write_tpf
from tpfdash.app.site import Site
from tpfdash.inspector import Inspector
from tpfdash.server.logs import JSONLines
from tpfdash.views.faults import faults_of, tell


class Lines(logging.Handler):
    """What would be written."""

    def __init__(self):
        super().__init__()
        self.setFormatter(JSONLines())
        self.lines = []

    def emit(self, record):
        line = self.format(record)
        assert "\n" not in line
        self.lines.append(json.loads(line))


@pytest.fixture
def log():
    lines, logger = Lines(), logging.getLogger("tpfdash")
    level = logger.level
    logger.addHandler(lines)
    logger.setLevel(logging.INFO)
    yield lines.lines
    logger.removeHandler(lines)
    logger.setLevel(level)


def test_a_line_says_when_what_and_what_else_is_known(log):
    told = {"event": "opened", "file": "a\nb.fits", "seconds": 1.5, "words": None}
    logging.getLogger("tpfdash.x").info("opened %s", "a\nb", extra={"told": told})
    (line,) = log
    assert line["message"] == "opened a\nb" and line["logger"] == "tpfdash.x"
    assert line["level"] == "info" and line["time"].endswith("+00:00")
    assert {key: line[key] for key in told} == told
    assert "session" not in line and "traceback" not in line


def test_what_is_long_is_cut(log):
    logging.getLogger("tpfdash.x").info("x" * 10**6, extra={"told": {"file": "y" * 10**6}})
    assert len(json.dumps(log[0])) < 3000


def test_an_error_has_the_number_that_the_user_sees(log):
    inspector = Inspector(simulate_tpf("K2", n_cadences=20, shape=(3, 3)))
    try:
        raise RuntimeError("a secret of the server")
    except RuntimeError as error:
        tell(inspector, error)
    (line,) = log
    assert f"(error {line['error']})" in faults_of(inspector).words
    assert line["event"] == "error" and line["level"] == "error"
    assert "secret" in line["traceback"] and "secret" not in faults_of(inspector).words
    tell(inspector, TPFError("it is no good."))
    assert log[1]["level"] == "warning"


def test_it_says_whose_session_it_was_and_not_how_to_get_into_it(log, tmp_path):
    write_tpf(simulate_tpf("K2", n_cadences=30, shape=(3, 3)), tmp_path / "a.fits")
    with open_site(Site(tmp_path)) as port, Wire(port, "/?tpf=a.fits") as wire:
        assert list(find(wire.pull(), "tpf-dashboard"))
        built = [line for line in log if line.get("event") == "built"]
        (line,) = built
        assert line["file"] == "a.fits" and line["seconds"] > 0
        assert line["remote"] in ("127.0.0.1", "::1") and len(line["session"]) == 12
        assert line["session"] not in wire.page + "".join(wire.received)
        begun = next(one for one in log if one.get("event") == "session begins")
        assert begun["session"] == line["session"]
