"""Each address gets the page that it asks for, and nothing outside of what is served."""

import json
import os
from urllib.parse import quote

import pytest
from astropy.io import fits

from tests.strangers import get, open_site, words_of
from tests.wire import Wire, find, until
from tpfdash import simulate_tpf, write_tpf
from tpfdash.app.site import Site

SCRIPT = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    root = outside / "served"
    (root / "deeper").mkdir(parents=True)
    tpf = simulate_tpf("K2", n_cadences=60, shape=(4, 4))
    for path in (
        root / "good.fits",
        root / "deeper" / "100% sure.fits",
        root / "deeper" / "50%25.fits",
        root / "deeper" / "50%.fits",
        outside / "secret.fits",
    ):
        write_tpf(tpf, path)
    with fits.open(root / "good.fits") as hdus:
        hdus[0].header["OBJECT"] = SCRIPT
        hdus.writeto(root / "script.fits")
    (root / "link.fits").symlink_to(outside / "secret.fits")
    (root / "cut.fits").write_bytes((root / "good.fits").read_bytes()[:20000])
    return root


@pytest.fixture(scope="module")
def site(root):
    return Site(root)


@pytest.fixture(scope="module")
def port(site):
    with open_site(site) as port:
        yield port


def shown(wire):
    """The models of a page's dashboard, and the whole document as text."""
    document = wire.pull()
    return list(find(document, "tpf-dashboard")), json.dumps(document)


def test_an_address_without_a_name_gets_the_list(port, site):
    with Wire(port) as wire:
        (shelf,) = find(wire.pull(), "tpf-shelf")
        assert not list(find(wire.pull(), "tpf-dropzone"))  # uploads are not enabled here
        text = json.dumps(wire.pull())
        until(lambda: "deeper/100% sure.fits" in json.dumps(wire.pull()), "the list")
    assert shelf and "secret.fits" not in text


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("good.fits", "good.fits"),
        ("deeper/100%25%20sure.fits", "deeper/100% sure.fits"),
        ("deeper%2F50%2525.fits", "deeper/50%25.fits"),
        ("deeper/50%25.fits", "deeper/50%.fits"),
        ("deeper/../good.fits", "deeper/../good.fits"),
    ],
)
def test_a_name_opens_that_file_and_no_other(port, caplog, address, name):
    caplog.set_level("INFO", "tpfdash")
    with Wire(port, f"/?tpf={address}") as wire:
        dashboards, _ = shown(wire)
        assert dashboards
    told = [record.told for record in caplog.records if hasattr(record, "told")]
    assert {"file": name} == {
        key: told_["file"] for told_ in told for key in told_ if key == "file"
    }


@pytest.mark.parametrize(
    "address",
    [
        "../secret.fits",
        "..%2fsecret.fits",
        "..%252fsecret.fits",
        "%252e%252e%252fsecret.fits",
        "OUTSIDE/secret.fits",
        "%2Fetc%2Fpasswd",
        "link.fits",
        "file:///etc/passwd",
        "file:OUTSIDE/secret.fits",
        "http://localhost:PORT/ready",
        "simplecache::file:///etc/passwd",
        "zip://a.fits::/etc/passwd",
        "s3://bucket/a.fits",
        "mast:TESS/product/x.fits",
        "tesscut:65,28,19,10",
        "a%00b.fits",
        "x" * 1500,
        "x" * 5000,
        SCRIPT,
        "",
        "missing.fits",
    ],
)
def test_anything_else_is_refused_in_words(port, root, address):
    address = address.replace("OUTSIDE", str(root.parent)).replace("PORT", str(port))
    address = quote(address, safe="/:%,")
    with Wire(port, f"/?tpf={address}") as wire:
        said = words_of(wire)
        assert "there is no file" in said or "too long" in said
        assert len(said) < 600 and "<img" not in said
        assert "Traceback" not in wire.page + "".join(wire.received)


def test_a_file_that_is_no_good_says_so_without_its_folder(port, root):
    with Wire(port, "/?tpf=cut.fits") as wire:
        said = words_of(wire)
        assert "cut.fits is truncated" in said and str(root) not in "".join(wire.received)


@pytest.mark.parametrize("query", ["file=mast:a.fits", "file=../secret.fits", "file=link.fits"])
def test_without_the_archive_its_names_open_nothing(port, query):
    with Wire(port, f"/?{query}") as wire:
        assert list(find(wire.pull(), "tpf-shelf"))


def test_a_script_in_a_header_is_text(port):
    with Wire(port, "/?tpf=script.fits") as wire:
        dashboards, text = shown(wire)
        assert dashboards and "onerror=alert" in text
        # Panel escapes the HTML of a pane, so that a tag of ours has one &, and a text's two.
        assert "&amp;lt;img src=x" in text and "&lt;img src=x" not in text
    with Wire(port) as wire:
        until(lambda: "script.fits" in json.dumps(wire.pull()), "the list")
    assert SCRIPT not in wire.page


def test_sessions_share_a_file_and_nothing_else(port, site, root):
    before = site.library.nbytes
    with Wire(port, "/?tpf=good.fits") as one, Wire(port, "/?tpf=good.fits") as other:
        (first,), (second,) = (list(find(wire.pull(), "tpf-cadence")) for wire in (one, other))
        change = {"kind": "ModelChanged", "model": {"id": first["id"]}, "attr": "value", "new": 7}
        assert one.patch(change)["msgtype"] == "OK"

        def cadence(wire):
            return next(iter(find(wire.pull(), "tpf-cadence")))["attributes"]["value"]

        assert cadence(one) == 7 and cadence(other) == second["attributes"]["value"] == 0
    assert site.library.nbytes >= before


def test_a_file_that_is_replaced_is_the_new_one_for_who_comes_then(port, root):
    write_tpf(simulate_tpf("TESS", n_cadences=30, shape=(3, 3)), root / "other.fits")
    with Wire(port, "/?tpf=other.fits") as before:
        assert "TESS" in shown(before)[1]
        tpf = simulate_tpf("Kepler", n_cadences=30, shape=(3, 3))
        os.replace(write_tpf(tpf, root.parent / "new.fits"), root / "other.fits")
        with Wire(port, "/?tpf=other.fits") as after:
            assert "Kepler target" in shown(after)[1]
        assert "Kepler target" not in shown(before)[1]


def test_a_file_that_is_cut_short_or_deleted_is_told_and_the_page_lives_on(port, root):
    path = write_tpf(simulate_tpf("K2", n_cadences=40, shape=(3, 3)), root / "short.fits")
    with Wire(port, "/?tpf=short.fits") as wire:
        assert shown(wire)[0]
        os.truncate(path, 12000)
        assert wire.ask("SERVER-INFO-REQ")["msgtype"] == "SERVER-INFO-REPLY"
    with Wire(port, "/?tpf=short.fits") as wire:
        assert "truncated" in words_of(wire)
    path.unlink()
    with Wire(port, "/?tpf=short.fits") as wire:
        assert "there is no file" in words_of(wire)


def test_pages_are_counted_and_no_more_are_open_than_may_be(root, caplog):
    site = Site(root, most_sessions=2)
    with open_site(site) as port:
        with Wire(port) as one, Wire(port) as other:
            assert site.sessions == 2
            with Wire(port) as third:
                assert "takes no more" in words_of(third)
            assert list(find(one.pull(), "tpf-shelf")) and list(find(other.pull(), "tpf-shelf"))
        until(lambda: site.sessions == 0, "the end of the sessions")
        with Wire(port) as one:
            assert list(find(one.pull(), "tpf-shelf"))
    assert any(getattr(record, "told", {}).get("event") == "refused" for record in caplog.records)


def test_who_only_asks_and_is_no_browser_gets_no_dashboard(port, caplog):
    caplog.set_level("INFO", "tpfdash")
    status, _ = get(port, "/?tpf=good.fits")
    assert status == 200

    def events():
        return [getattr(record, "told", {}).get("event") for record in caplog.records]

    until(lambda: "session ends" in events(), "the end of the session")
    assert "built" not in events()


def test_without_roots_nothing_can_be_named(root):
    with open_site(Site()) as port, Wire(port, "/?tpf=good.fits") as wire:
        assert "--root" in words_of(wire)


def test_several_folders(root, tmp_path):
    write_tpf(simulate_tpf("TESS", n_cadences=30, shape=(3, 3)), tmp_path / "good.fits")
    with open_site(Site([root, tmp_path])) as port:
        for name, mission in ((f"{tmp_path.name}/good.fits", "TESS"), ("served/good.fits", "K2")):
            with Wire(port, f"/?tpf={name}") as wire:
                assert mission in shown(wire)[1]
        with Wire(port, "/?tpf=good.fits") as wire:
            assert "there is no file" in words_of(wire)
