"""A server is ready once it can build pages, and says why where it is not."""

import json
import shutil

import tpfdash.server.ready
from tests.strangers import get, open_site
from tests.wire import until
from tpfdash.app.site import Site
from tpfdash.server.ready import Readiness


def test_it_is_ready_once_a_page_could_be_built():
    readiness = Readiness()
    assert "starting" in readiness.wrong
    readiness.prepare()
    assert readiness.wrong == "" and readiness.begun


def test_one_that_cannot_build_pages_is_not(monkeypatch, caplog):
    def fail(*args, **options):
        raise RuntimeError("no")

    monkeypatch.setattr(tpfdash.server.ready, "make_page", fail)
    readiness = Readiness()
    readiness.prepare()
    assert "cannot build pages" in readiness.wrong and "no" in caplog.text


def test_nor_one_whose_folder_is_gone(tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    with open_site(Site(root)) as port:
        until(lambda: get(port, "/ready")[0] == 200, "readiness")
        shutil.rmtree(root)
        status, said = get(port, "/ready")
        assert status == 503 and "cannot be read" in json.loads(said)["because"]
        assert str(tmp_path) not in said
