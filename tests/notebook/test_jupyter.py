"""The dashboard in real front ends, on pages that reach no other machine."""

import json

import numpy as np
import pytest

from tests.browser.driving import Board

SETUP = """
import numpy as np
import tpfdash
tpf = tpfdash.simulate_tpf("K2", n_cadences=600, shape=(7, 8), seed=1)
"""
SHAPE = (7, 8)

PLACES = "curve", "evidence"


def shown(page, dashboards=1) -> Board:
    """The board, once all figures are painted."""
    for figure in ("tpf-pixels", "tpf-lightcurve"):
        page.wait_for_function("([f, n]) => tpfTest.ready(f, n)", arg=[figure, dashboards])
    return Board(page, None)


def becomes(board, get, expected):
    board.becomes(lambda: np.asarray(get()), np.asarray(expected))


def box(*pixels):
    mask = np.zeros(SHAPE, dtype=bool)
    for pixel in pixels:
        mask[pixel] = True
    return mask


def at(board, row, col):
    """Axes' position of a pixel by its indices."""
    (left, _), (bottom, _) = board.ranges("pixels")
    return left + 0.5 + col, bottom + 0.5 + row


@pytest.fixture(scope="module")
def lab(open_notebook):
    """A notebook in JupyterLab whose second cell has shown a dashboard."""
    notebook = open_notebook("lab")
    notebook.run(SETUP)
    notebook.cell = notebook.show("dash = tpfdash.interact(tpf)\ndash")
    return notebook


def test_gestures_in_the_lab_and_their_results_in_the_next_cell(lab):
    board = shown(lab.page)
    board.click("pixels", *at(board, 3, 4))
    becomes(board, lambda: lab.ask("dash.aperture.tolist()"), box((3, 4)))
    start, end = at(board, 0.8, 1.7), at(board, 3.2, 4.3)
    board.repaints(lambda: board.drag("pixels", start, end), "pixels", "lightcurve")
    becomes(board, lambda: lab.ask("dash.aperture.tolist()"), box(np.s_[1:4, 2:5]))
    sums = lab.ask(
        "[float(np.nansum(dash.lightcurve.flux)), float(tpf.flux.values[:, 1:4, 2:5].sum())]"
    )
    assert sums[0] == pytest.approx(sums[1], rel=1e-5)

    t0, t1 = lab.ask("tpf.time.values[[100, 150]].tolist()")
    _, (low, high) = board.ranges("lightcurve")
    board.drag("lightcurve", (t0, (low + high) / 2), (t1, (low + high) / 2))
    board.until(lambda: lab.ask("dash.window") is not None, "a window")
    assert lab.ask("dash.window") == pytest.approx([t0, t1], abs=0.05)
    lab.page.wait_for_function("([f, n]) => tpfTest.ready(f, n)", arg=["tpf-difference", 1])


@pytest.mark.parametrize("width, stacked", [(1440, True), (2000, False)])
def test_plots_are_as_wide_as_their_places(lab, width, stacked):
    page, board = lab.page, shown(lab.page)
    page.set_viewport_size({"width": width, "height": 1000})

    def fit():
        curve, evidence = (board.part(f"place-{name}").bounding_box() for name in PLACES)
        frame = board.look("frame", "lightcurve")
        room = curve["x"] + curve["width"] - frame["left"] - frame["width"]
        return (evidence["y"] > curve["y"] + curve["height"]) == stacked and 0 < room < 60

    board.until(fit, f"a layout for {width} pixels")
    page.set_viewport_size({"width": 1500, "height": 2400})
    board.catches_up()


def test_pixels_are_added_without_a_key(lab):
    board = shown(lab.page)
    lab.run("dash.aperture = np.zeros(tpf.aperture.shape, dtype=bool)")
    board.choose("mode", "toggle")
    board.until(lambda: lab.ask("dash.inspector.mode") == "toggle", "the mode")
    for pixel in [(1, 1), (5, 6), (2, 2)]:
        board.click("pixels", *at(board, *pixel))
    becomes(board, lambda: lab.ask("dash.aperture.tolist()"), box((1, 1), (5, 6), (2, 2)))
    board.click("pixels", *at(board, 5, 6))
    becomes(board, lambda: lab.ask("dash.aperture.tolist()"), box((1, 1), (2, 2)))


def test_a_cell_sets_the_aperture_and_the_plots_follow(lab):
    board = shown(lab.page)
    lab.run("dash.inspector.select_box(*tpf.row.values[[0, 0]], *tpf.col.values[[0, 0]])")
    board.repaints(
        lambda: lab.run("dash.aperture = tpf['aperture'].values >= 0"), "pixels", "lightcurve"
    )
    board.until(lambda: "56 pixels" in board.title(), "words about 56 pixels")
    board.repaints(lambda: lab.run("dash.cadence = 77"), "pixels", "lightcurve")


def test_arrow_keys_under_the_mouse(lab):
    board = shown(lab.page)
    lab.run("dash.inspector.mode = 'replace'; dash.cadence = 100")
    # A click takes the focus from the cell that was run, as a user's would.
    board.click("pixels", *at(board, 4, 4))
    becomes(board, lambda: lab.ask("dash.aperture.tolist()"), box((4, 4)))
    board.click("pixels", *at(board, 4, 4))
    lab.page.keyboard.press("ArrowRight")
    board.until(lambda: lab.ask("dash.cadence") > 100, "a step by the key")
    cells = lab.page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex")
    board.click("pixels", *at(board, 4, 4))
    lab.page.keyboard.press("Shift+ArrowLeft")
    board.until(lambda: lab.ask("dash.cadence") < 100, "ten steps back")
    assert cells == 0, "the notebook has not taken the key"


def test_a_cell_that_is_run_again_shows_a_new_dashboard_and_lets_the_old_one_go(lab):
    shown(lab.page)
    lab.run("import gc, weakref; old = weakref.ref(dash.inspector)")
    for _ in range(3):
        lab.again(lab.cell)
        board = shown(lab.page)
    board.click("pixels", *at(board, 6, 7))
    becomes(board, lambda: lab.ask("dash.aperture.tolist()"), box((6, 7)))
    board.until(lambda: lab.ask("(gc.collect(), old() is None)[1]"), "the old one is collected")


def test_two_dashboards_do_not_disturb_each_other(open_notebook):
    lab = open_notebook("lab")
    lab.run(SETUP)
    lab.show("dash = tpfdash.TPFDashboard(tpf, aperture=tpf['aperture'].values >= 0)\ndash")
    first = shown(lab.page)
    lab.show("other = tpfdash.TPFDashboard(tpf, aperture='all')\nother")
    shown(lab.page, 2)
    second = Board(lab.page, None, nth=1)
    # Stepped once, so that no picture of it is still on its way when it is looked at.
    first.repaints(lambda: lab.run("dash.cadence += 1"), "pixels", "lightcurve")
    before = first.picture("pixels"), first.picture("lightcurve"), first.ranges()
    second.repaints(lambda: second.click("pixels", *at(second, 2, 2)), "pixels", "lightcurve")
    becomes(second, lambda: lab.ask("other.aperture.tolist()"), box((2, 2)))
    assert lab.ask("dash.aperture.sum().item()") == 56
    assert (first.picture("pixels"), first.picture("lightcurve"), first.ranges()) == before


def test_notebook_7(open_notebook):
    notebook = open_notebook("notebook")
    notebook.run(SETUP)
    notebook.show("dash = tpfdash.TPFDashboard(tpf)\ndash")
    board = shown(notebook.page)
    board.repaints(lambda: board.click("pixels", *at(board, 1, 6)), "pixels", "lightcurve")
    becomes(board, lambda: notebook.ask("dash.aperture.tolist()"), box((1, 6)))


def test_voila_where_only_widgets_are_known(jupyter, offline):
    name = jupyter.write(
        SETUP,
        "import json, pathlib\n"
        "dash = tpfdash.interact(tpf)\n"
        "def tell(event):\n"
        "    state = {'aperture': dash.aperture.tolist(), 'cadence': dash.cadence}\n"
        "    pathlib.Path('voila.part').write_text(json.dumps(state))\n"
        "    pathlib.Path('voila.part').rename('voila.json')\n"
        "dash.param.watch(tell, ['aperture', 'cadence'])\n"
        "dash",
    )
    told = jupyter.folder / "voila.json"

    def state():
        return json.loads(told.read_text()) if told.exists() else {}

    page = offline()
    page.goto(f"{jupyter.url}/voila/render/{name}")
    board = shown(page)
    board.repaints(lambda: board.click("pixels", *at(board, 5, 2)), "pixels", "lightcurve")
    becomes(board, lambda: state().get("aperture", []), box((5, 2)))
    before = state()["cadence"]
    board.press("forward")
    board.until(lambda: state()["cadence"] == before + 1, "a step by the button")
    board.hover("pixels", *at(board, 5, 2))
    page.keyboard.press("ArrowRight")
    board.until(lambda: state()["cadence"] == before + 2, "a step by the key")
