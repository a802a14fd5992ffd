"""The command line and the page's address, without a browser."""

import subprocess
import sys

import panel as pn
import pytest
from astropy.io import fits

from tpfdash import TPFDashboard, TPFError, simulate_tpf, write_tpf
from tpfdash.__main__ import main
from tpfdash.app import page
from tpfdash.app.opening import open_named
from tpfdash.app.roots import open_sources, resolve
from tpfdash.app.visit import Visit


@pytest.mark.parametrize(
    "words, said",
    [
        (["no-such-file.fits"], "no-such-file.fits does not exist"),
        (["--root", "/no/such/folder"], "'/no/such/folder'"),
        (["--port", "70000"], "70000"),
        (["--port", "-1"], "-1"),
    ],
)
def test_bad_input_is_one_sentence_on_the_terminal(words, said, capsys):
    assert main([*words, "--no-show"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tpfdash: ") and said in err
    assert err.count("\n") == 1


def test_the_mission_of_a_file_that_does_not_say_it(tmp_path, capsys):
    path = write_tpf(simulate_tpf("TESS", n_cadences=9, shape=(3, 3)), tmp_path / "a.fits")
    with fits.open(path) as hdus:
        for hdu in hdus:
            for key in ("MISSION", "TELESCOP", "SECTOR"):
                hdu.header.remove(key, ignore_missing=True)
        hdus.writeto(tmp_path / "b.fits")
    assert main([str(tmp_path / "b.fits"), "--no-show"]) == 2
    assert "does not say its mission" in capsys.readouterr().err
    (tpf,) = open_sources([tmp_path / "b.fits"], "TESS").values()
    assert tpf.attrs["mission"] == "TESS"
    assert main([str(path), "--mission", "K2", "--no-show"]) == 2
    assert "says that it is of TESS" in capsys.readouterr().err


def test_a_file_that_is_none_is_named(tmp_path, capsys):
    path = tmp_path / "notes.fits"
    path.write_text("not a FITS file")
    assert main([str(path), "--no-show"]) == 2
    assert "notes.fits" in capsys.readouterr().err


def test_help_does_not_import_a_display():
    code = (
        "import sys, tpfdash.__main__ as m\n"
        "try: m.main(['--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit('panel' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "SOURCE" in done.stdout


def test_without_a_source_it_is_a_simulated_one_that_says_so():
    (tpf,) = open_sources([]).values()
    assert tpf.attrs["simulated"]
    assert "simulated" in tpf.attrs["object"].lower()


def test_two_files_of_one_name_can_both_be_chosen():
    (tpf,) = open_sources([]).values()
    assert list(open_sources([tpf, tpf])) == [
        "simulated by tpfdash",
        "simulated by tpfdash (2)",
    ]


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "served"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.fits").write_text("a")
    (folder / "deep" / "b.fits").write_text("b")
    (tmp_path / "secret.fits").write_text("s")
    (folder / "link.fits").symlink_to(tmp_path / "secret.fits")
    return folder


@pytest.mark.parametrize("name", ["a.fits", "deep/b.fits", "deep/../a.fits", "./a.fits"])
def test_an_address_may_name_the_files_of_the_folder_served(root, name):
    assert resolve(name, root).read_text() in "ab"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.fits",
        "/etc/passwd",
        "link.fits",
        "deep",
        "",
        "no.fits",
        "a.fits\0",
        "~",
        "x" * 5000,
    ],
)
def test_an_address_cannot_name_anything_else(root, name):
    with pytest.raises(TPFError, match="there is no file"):
        resolve(name, root)


def test_a_file_that_cannot_be_read_is_named_without_its_folder(root, monkeypatch):
    def refuse(path):
        raise TPFError(f"{path} cannot be read (Permission denied).")

    monkeypatch.setattr(page, "open_named", lambda name, root: open_named(name, root, refuse))
    monkeypatch.setattr(page, "said_in_address", lambda: {"tpf": "a.fits"})
    ((main,),) = page.make_page({}, root).main
    assert "a.fits cannot be read" in main.object
    assert str(root) not in main.object


def test_without_a_folder_nothing_can_be_named(root):
    with pytest.raises(TPFError, match="--root"):
        resolve("a.fits", None)


def test_a_page_that_cannot_be_built_says_so_in_words_and_the_log_says_why(monkeypatch, caplog):
    def broken(source, **params):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(page, "TPFDashboard", broken)
    made = page.make_page({"a": None})
    ((main,),) = made.main
    words = main.object
    assert "could not be built" in words
    assert "/secret/path" not in words
    assert "/secret/path" in caplog.text


def test_a_file_that_cannot_be_shown_is_told_beside_the_one_that_is(monkeypatch):
    (tpf,) = open_sources([]).values()
    message = pn.Column()
    dashboard = TPFDashboard(tpf)
    opened = {"good": tpf, "bad": tpf.drop_vars("flux")}
    chooser = page._chooser(Visit(dashboard, opened, "good"), opened, message)
    inspector = dashboard.inspector
    chooser.value = "bad"
    assert "flux" in message[0].object
    assert dashboard.inspector is inspector
    chooser.value = "good"
    assert len(message) == 0
