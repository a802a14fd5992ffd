"""The page around a dashboard: names in the address, the chooser, the theme, the command line."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import panel as pn
import pytest

import tpfdash.app.page
from tests.browser.driving import PATIENCE, Board, Session
from tpfdash.app.page import make_page
from tpfdash.app.roots import open_sources
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf, write_tpf
from tpfdash.simulate import simulate_tpf
from tpfdash.views.faults import tell

KEPT = "#4285d0"


@pytest.fixture(scope="module")
def root(tmp_path_factory, tpf):
    """A folder to be served, with a file, and a secret beside it."""
    outside = tmp_path_factory.mktemp("outside")
    root = outside / "served"
    (root / "deeper").mkdir(parents=True)
    write_tpf(tpf, root / "good.fits")
    write_tpf(tpf, root / "deeper" / "good too.fits")
    write_tpf(tpf, outside / "secret.fits")
    (root / "link.fits").symlink_to(outside / "secret.fits")
    (root / "text.fits").write_text("no FITS file at all")
    (root / "cut.fits").write_bytes((root / "good.fits").read_bytes()[:20000])
    return root


@pytest.mark.parametrize("name", ["good.fits", "deeper/good too.fits", "deeper/../good.fits"])
def test_a_file_is_opened_by_its_name_in_the_address(open_page, tpf, root, name):
    board = open_page(lambda: make_page({"short": tpf}, root), tpf=name)
    np.testing.assert_array_equal(board.inspector.tpf["flux"], tpf["flux"])
    assert Path(board.inspector.tpf.attrs["source"]).name == Path(name).name


@pytest.mark.parametrize(
    "name",
    [
        "..%2fsecret.fits",
        "OUTSIDE/secret.fits",
        "",
        "cut.fits",
        "<img src=x onerror=alert(1)>",
    ],
)
def test_a_bad_name_in_the_address_is_told_in_words(open_page, tpf, root, name):
    name = name.replace("OUTSIDE", str(root.parent))
    board = open_page(lambda: make_page({"short": tpf}, root), dashboards=0, tpf=name)
    alert = board.page.locator(".tpf-error")
    alert.wait_for()
    said = alert.evaluate("tpfTest.words")
    assert "Traceback" not in said and len(said) > 20
    inside = name in ("text.fits", "cut.fits")
    assert ("there is no file" in said) != inside
    assert str(root) not in said.replace(name, "")
    assert board.page.locator(".tpf-dashboard").count() == 0
    assert not board.session.dashboards


def test_without_a_root_no_file_is_named_in_the_address(open_page, tpf):
    board = open_page(lambda: make_page({"short": tpf}), dashboards=0, tpf="good.fits")
    board.page.locator(".tpf-error").wait_for()
    assert "--root" in board.page.locator(".tpf-error").evaluate("tpfTest.words")


def test_two_files_are_chosen_between(open_page, tpf):
    other = simulate_tpf("TESS", n_cadences=300, shape=(5, 6), seed=2)
    board = open_page(lambda: make_page({"one": tpf, "other": other}))
    chooser = board.page.locator(".tpf-file select")
    assert chooser.locator("option").all_inner_texts() == ["one", "other"]
    assert "K2" in board.words("heading")
    board.unfold("colors")
    board.select("cmap", "magma")
    board.becomes(lambda: board.inspector.cmap, "magma")
    board.click("pixels", float(tpf["col"][1]), float(tpf["row"][1]))
    board.until(lambda: board.inspector.aperture.sum() == 1, "one pixel")

    def shows(opened, name):
        board.until(lambda: board.inspector.tpf.attrs["mission"] == name, f"the {name} file")
        board.until(lambda: name in board.words("heading"), "its name")
        board.until(lambda: f"{name} target · tpfdash" in board.page.title(), "the tab's name")
        rows, cols = opened["row"].values, opened["col"].values
        x, y = [cols[0] - 0.5, cols[-1] + 0.5], [rows[0] - 0.5, rows[-1] + 0.5]
        board.until(
            lambda: (
                board.page.evaluate("tpfTest.ready('tpf-lightcurve', 1)")
                and board.page.evaluate("tpfTest.ready('tpf-pixels', 1)")
                and board.ranges("pixels") == (x, y)
            ),
            "its stamp",
        )
        board.until(lambda: board.dots(KEPT) > 50, "its light curve")
        return float(cols[2]), float(rows[3])

    chooser.select_option("other")
    x, y = shows(other, "TESS")
    assert board.inspector.cmap == "magma"  # the user's taste outlives the file
    board.repaints(lambda: board.click("pixels", x, y), "pixels", "lightcurve")
    board.until(lambda: np.argwhere(board.inspector.aperture).tolist() == [[3, 2]], "one pixel")
    board.click("lightcurve", float(other["time"][200]), np.mean(board.ranges()[1]))
    board.becomes(lambda: board.inspector.cadence, 200)
    board.page.keyboard.press("ArrowRight")
    board.becomes(lambda: board.inspector.cadence, 201)

    chooser.select_option("one")
    x, y = shows(tpf, "K2")
    board.repaints(lambda: board.click("pixels", x, y), "pixels", "lightcurve")
    board.until(lambda: np.argwhere(board.inspector.aperture).tolist() == [[3, 2]], "one pixel")
    board.page.keyboard.press("ArrowRight")
    board.becomes(lambda: board.inspector.cadence, 1)


def test_the_dark_theme(open_page, tpf, browser, window):
    board = open_page(lambda: make_page({"short": tpf}))
    light = {figure: board.picture(figure) for figure in ("pixels", "lightcurve")}
    toggle = board.page.get_by_role("button", name="Toggle theme")

    def ground():
        return board.page.evaluate("getComputedStyle(document.body).backgroundColor")

    before = ground()
    toggle.click()
    board.until(lambda: ground() != before, "a dark page")
    board.until(lambda: board.picture("lightcurve") != light["lightcurve"], "a dark light curve")
    board.until(lambda: board.inspector is not None and board.look("colors", "lightcurve") > 3)
    x, y = float(tpf["col"][5]), float(tpf["row"][5])
    board.repaints(lambda: board.click("pixels", x, y), "pixels", "lightcurve")
    board.until(lambda: board.inspector.aperture.sum() == 1, "one pixel")
    toggle.click()
    board.until(lambda: ground() == before, "a light page")
    board.press("pipeline")
    board.press("undo")
    board.press("undo")
    board.until(lambda: board.picture("pixels") == light["pixels"], "the stamp of before")


def test_two_dashboards_on_one_page_do_not_disturb_each_other(open_page, tpf, mask):
    one = open_page(
        lambda: pn.Column(*(tpfdash.app.page.TPFDashboard(tpf) for _ in range(2))), dashboards=2
    )
    two = Board(one.page, one.session, 1)
    assert one.inspector is not two.inspector
    x, y = float(tpf["col"][5]), float(tpf["row"][4])
    start, ranges = two.inspector.aperture, two.ranges()
    one.repaints(lambda: one.click("pixels", x, y), "pixels", "lightcurve")
    one.masks_become(mask((4, 5)))
    before = one.ranges()
    one.wheel("lightcurve", float(tpf["time"][100]), np.mean(before[1]), -400)
    one.until(lambda: one.ranges()[0] != before[0], "a zoom")
    one.until(lambda: one.inspector.time_range == tuple(one.ranges()[0]), "it in Python")
    one.in_session(lambda: None)
    one.settles()
    zoomed = one.ranges()
    two.repaints(lambda: two.press("all"), "pixels", "lightcurve")
    two.until(lambda: two.inspector.aperture.all(), "all pixels")
    one.masks_become(mask((4, 5)))
    assert two.ranges()[0] == ranges[0] and two.inspector.time_range is None
    assert one.ranges() == zoomed
    two.press("undo")
    two.masks_become(start)
    one.masks_become(mask((4, 5)))

    # Keys go to the one that the mouse was last over.
    for board, other in ((one, two), (two, one), (one, two)):
        before = board.inspector.cadence, other.inspector.cadence
        board.hover("pixels", x, y)
        for _ in range(2):
            board.page.keyboard.press("ArrowRight")
        board.becomes(lambda b=board: b.inspector.cadence, before[0] + 2)
        assert other.inspector.cadence == before[1]


@pytest.fixture
def command(tmp_path):
    """A function: run `tpfdash` with some words in an empty folder, and give its address."""
    started = []
    folder = tmp_path / "started here"
    folder.mkdir()

    def start(*words):
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "tpfdash", *words, "--no-show", "--port", str(port)],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(Path(tpfdash.__file__).parents[1])},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        deadline = time.monotonic() + 4 * PATIENCE
        while time.monotonic() < deadline and started[0].poll() is None:
            try:
                socket.create_connection(("localhost", port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return f"http://localhost:{port}/"
        raise AssertionError(started[0].stderr.read())

    yield start
    for process in started:
        process.terminate()
        said = process.communicate(timeout=PATIENCE)[1]
        assert "Traceback" not in said
    assert not list(folder.rglob("*"))


def test_the_command_opens_a_file(command, root, window, faults):
    address = command(str(root / "good.fits"))
    page = window.new_page()
    faults.watch(page)
    page.goto(address)
    board = Board(page, Session(None))
    board.shows()
    tpf = open_tpf(root / "good.fits")
    x, y = float(tpf["col"][5]), float(tpf["row"][4])
    board.repaints(lambda: board.click("pixels", x, y), "pixels", "lightcurve")
    board.until(lambda: "1 pixel " in board.title(), "words about one pixel")
    page.close()


def test_without_a_file_it_says_that_the_data_are_simulated(open_page):
    board = open_page(lambda: make_page(open_sources([])))
    assert "simulated data" in board.words("heading")
    board.tab("Target")
    board.until(lambda: "no telescope has seen" in board.words("target"), "the same of the target")


def test_what_goes_wrong_at_a_click_is_told_until_it_is_dismissed(fresh, tpf, faults, monkeypatch):
    board, alert = fresh, fresh.page.locator(".tpf-fault")
    row, col = int(tpf["row"][2]), int(tpf["col"][2])

    def broken(*arguments):
        raise RuntimeError("/secret/path")

    with monkeypatch.context() as patch:
        patch.setattr(board.inspector, "select_box", broken)
        board.click("pixels", col, row)
        alert.wait_for()
        said = alert.evaluate("tpfTest.words")
    number = re.search(r"\(error (\w+)\)", said).group(1)
    assert "secret" not in said
    assert len(faults.found) == 1 and number in faults.found[0]
    assert "/secret/path" in faults.found[0]  # in the log it is
    faults.found.clear()
    board.click("pixels", col, row)  # and the page goes on
    one = np.zeros_like(board.inspector.aperture)
    one[2, 2] = True
    board.masks_become(one)
    board.part("dismiss", "button").click()
    alert.wait_for(state="hidden")


def test_what_goes_wrong_is_in_sight_where_the_page_is_scrolled(fresh):
    fresh.page.set_viewport_size({"width": 1024, "height": 500})
    fresh.page.locator(".tpf-tabs").scroll_into_view_if_needed()
    heading = fresh.page.locator(".tpf-heading")
    fresh.until(lambda: heading.bounding_box()["y"] < 0, "the top of the page is out of sight")
    fresh.press("all")  # waits until the page is at rest
    tell(fresh.inspector, TPFError("the file has changed."))
    alert = fresh.page.locator(".tpf-fault .error")
    alert.wait_for()
    assert heading.bounding_box()["y"] < 0
    assert 0 < alert.bounding_box()["y"] < 100


def test_what_goes_wrong_in_a_control_is_told(fresh, faults, monkeypatch):
    board, alert = fresh, fresh.page.locator(".tpf-fault")

    def broken(*arguments):
        raise TPFError("the file has changed since it was opened.")

    with monkeypatch.context() as patch:
        patch.setattr(type(board.inspector), "set_aperture", broken)
        board.press("all")
        alert.wait_for()
    assert "the file has changed since it was opened (error" in alert.evaluate("tpfTest.words")
    assert not faults.found  # bad input is no error of the server's
    board.press("all")
    board.masks_become(np.ones_like(board.inspector.aperture))
