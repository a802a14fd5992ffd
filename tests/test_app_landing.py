"""The first page of a server: what is on it, and the archive's files by their addresses."""

import json

import pytest

import tpfdash
from tests.strangers import open_site, words_of
from tests.wire import Wire, find, until
from tpfdash import simulate_tpf, write_tpf
from tpfdash.app.site import Site


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "served"
    root.mkdir()
    write_tpf(simulate_tpf("K2", n_cadences=1234, shape=(3, 4)), root / "a.fits")
    return root


def ask(wire, *message):
    """Send what the list's field sends, and give the rows that come."""
    (shelf,) = find(wire.pull(), "tpf-shelf")
    values = {"type": "map", "entries": [["model", {"id": shelf["id"]}], ["data", list(message)]]}
    data = {"type": "event", "name": "data_event", "values": values}
    answer = wire.patch({"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": data})
    assert answer["msgtype"] == "OK"
    return rows(wire)


def rows(wire):
    (shelf,) = find(wire.pull(), "tpf-shelf")
    return shelf["attributes"]["data"]["attributes"].get("rows", [])


def test_a_row_says_what_the_headers_say(root):
    with open_site(Site(root)) as port, Wire(port) as wire:
        until(lambda: rows(wire), "the list")
        (row,) = rows(wire)
        row = dict(row["entries"]) if "entries" in row else row
        size = (root / "a.fits").stat().st_size / 1e6
        assert row["name"] == "a.fits" and row["mission"] == "K2" and row["cadence"] == "long"
        assert row["cadences"] == "1,234" and row["stamp"] == "3 × 4"
        assert row["size"] == f"{size:.1f} MB"
        assert not list(find(wire.pull(), "tpf-search"))  # the archive is not searched here


@pytest.mark.parametrize(
    "message",
    [
        [],
        ["a", 1],
        [1, 1, ""],
        ["a", "1", ""],
        ["a", 1, "__class__"],
        ["a", 1, None],
        ["a" * 10**6, 10**9, "-size"],
        ["\0", -5, "name"],
        [{"a": 1}, [], {}],
    ],
)
def test_messages_of_no_sense_do_nothing(root, message):
    with open_site(Site(root)) as port, Wire(port) as wire:
        ask(wire, *message)
        until(lambda: ask(wire, "", 1, ""), "the list")
        assert ask(wire, "zzz", 100, "") == []


def test_the_archive_is_searched_where_that_is_enabled_and_its_files_open(root, stocked):
    uri = tpfdash.search("KIC 3248033", quarter=4)[0].uri
    with open_site(Site(root, archive=True)) as port:
        with Wire(port) as wire:
            assert list(find(wire.pull(), "tpf-search")) and list(find(wire.pull(), "tpf-hits"))
            assert list(find(wire.pull(), "tpf-shelf"))
        with Wire(port, f"/?file={uri}") as wire:
            document = wire.pull()
            assert list(find(document, "tpf-dashboard")), words_of(wire)
            assert uri.rpartition("/")[2].partition(".fits")[0] in json.dumps(document)
        with Wire(port, "/?file=mast:Kepler/url/no/such/file.fits") as wire:
            said = words_of(wire)
            assert said and "Traceback" not in said
