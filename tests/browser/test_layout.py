"""Where things are on the page, at every width: nothing lies over anything else, nothing is cut."""

import pytest

from tpfdash.app.page import make_page

SIZES = [(1280, 800), (1440, 900), (1920, 1080), (1024, 768), (900, 700), (390, 844)]
#: Where all that answers should be in sight without scrolling, with the drawer closed.
ONE_SCREEN = [size for size in SIZES if size[0] >= 1024]


@pytest.fixture(scope="module")
def laid_out(visit, tpf):
    board = visit(lambda: make_page({"short": tpf, "again": tpf}))
    yield board
    board.page.close()


def resize(board, size):
    board.page.set_viewport_size({"width": size[0], "height": size[1]})
    board.catches_up()


def misplaced(board):
    board.catches_up()
    return board.page.evaluate("tpfTest.misplaced()")


def scrolling(board):
    """What scrolls, but for the drawer, what is in it, and the card of the evidence."""
    board.catches_up()
    inside = ("tpf-drawer", ".tpf-evidence (")
    found = board.page.evaluate("tpfTest.scrolling()")
    return [one for one in found if not any(place in one for place in inside)]


def unfold(board, tag):
    """Press every button of a group that is not pressed yet."""
    buttons = board.part(tag, "button")
    for number in range(buttons.count()):
        if buttons.nth(number).get_attribute("aria-pressed") != "true" and "bk-active" not in (
            buttons.nth(number).get_attribute("class")
        ):
            buttons.nth(number).click()
            board.catches_up()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_is_misplaced(laid_out, size):
    resize(laid_out, size)
    assert not misplaced(laid_out)


def test_the_slider_is_in_the_middle_of_its_row(laid_out):
    resize(laid_out, SIZES[0])
    button, bar = (
        laid_out.part(*name).first.bounding_box()
        for name in (("play", "button"), ("cadence", ".noUi-target"))
    )
    middles = [box["y"] + box["height"] / 2 for box in (button, bar)]
    assert abs(middles[0] - middles[1]) <= 1.5


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_without_a_window_there_is_no_picture_nor_its_legend(laid_out, size):
    resize(laid_out, size)
    laid_out.in_session(laid_out.inspector.clear_windows)
    laid_out.catches_up()
    for part in ("picture", "picture-legend", "clear-window"):
        assert not laid_out.part(part).is_visible(), part


@pytest.mark.parametrize("size", ONE_SCREEN, ids=str)
def test_all_that_answers_is_in_sight_without_scrolling(laid_out, size):
    board = laid_out
    resize(board, size)
    low, high = board.inspector.timeline.span
    window = (low + 0.4 * (high - low), low + 0.45 * (high - low))
    board.in_session(lambda: setattr(board.inspector, "window", window))
    board.until(lambda: board.part("evidence", ".bk-Figure").count() > 0, "the picture")
    assert not misplaced(board)
    for place in ("stamp", "curve", "evidence"):
        box = board.part(f"place-{place}").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= size[1] + 1, place
        assert box["x"] + box["width"] <= size[0], place
    assert not scrolling(board)


def test_a_picture_that_is_made_on_a_narrow_page_fits_into_its_card(fresh):
    """It was not there when the page was told how wide it is."""
    resize(fresh, (1024, 768))
    low, high = fresh.inspector.timeline.span
    window = (low + 0.4 * (high - low), low + 0.45 * (high - low))
    fresh.in_session(lambda: setattr(fresh.inspector, "window", window))
    fresh.until(lambda: fresh.part("evidence", ".bk-Figure").count() > 0, "the picture")

    def fits():
        card, picture = (fresh.part(name).bounding_box() for name in ("evidence", "difference"))
        return picture["y"] + picture["height"] <= card["y"] + card["height"]

    fresh.until(fits, "a picture within its card")


@pytest.mark.parametrize("size", [*SIZES[:2], *SIZES[3::2]], ids=str)
def test_with_everything_open_nothing_is_misplaced_and_only_the_drawer_scrolls(laid_out, size):
    board = laid_out
    resize(board, size)
    unfold(board, "panels")
    names = board.part("panels", "button").count()
    board.until(lambda: board.part("panel-list", ".bk-Figure").count() == names > 1, "every panel")
    titles = board.part("tabs", "button").all_inner_texts()
    for title in titles:
        board.tab(title)
        assert not misplaced(board), title
        if size >= (1280, 800):  # below, the page itself scrolls
            assert_drawer_alone_scrolls(board, size, title)
    board.tab(titles[-1], open=False)
    if size >= (1280, 800):
        assert not scrolling(board)


@pytest.mark.parametrize("size", [(1024, 768), (390, 844)], ids=str)
def test_a_drawer_that_is_opened_below_the_windows_edge_is_scrolled_to(fresh, size):
    board = fresh
    resize(board, size)
    for title in ("Events", "Target"):
        board.page.mouse.move(size[0] - 40, size[1] / 2)
        board.page.mouse.wheel(0, -5000)
        tabs = board.part("tabs")
        board.until(lambda tabs=tabs: tabs.bounding_box()["y"] > 0.8 * size[1], "the page's top")
        board.tab(title)
        board.until(lambda: _in_sight(board.part("drawer").bounding_box(), size[1]), title)


def _in_sight(box, height):
    return box["height"] > 40 and box["y"] >= 0 and box["y"] + box["height"] <= height + 1


def assert_drawer_alone_scrolls(board, size, title):
    assert not scrolling(board), title
    drawer = board.part("place-drawer").bounding_box()
    assert drawer["y"] + drawer["height"] <= size[1], title
    assert board.part("drawer").bounding_box()["height"] >= 60, title
    for name in ("lightcurve", "panel-centroid", "panel-pointing"):
        assert board.look("frame", name)["height"] >= 24, (title, name)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_with_the_drawer_closed_the_plots_have_all_the_height(laid_out, size):
    board = laid_out
    resize(board, size)
    unfold(board, "panels")
    for title in board.part("tabs", "button").all_inner_texts():
        board.tab(title, open=False)
    low = board.part("place-drawer").bounding_box()
    names = board.part("tabs").bounding_box()
    assert low["height"] < names["height"] + 32  # nothing but its names
    if size in ONE_SCREEN:
        assert low["height"] < 60  # in one row
        assert low["y"] + low["height"] >= size[1] - 12
    assert board.look("frame", "lightcurve")["height"] >= 60


def test_a_figure_that_has_no_layout_yet_is_waited_for(fresh):
    """While a script is fetched for what is new beside it; Bokeh would stop with an error."""
    fresh.page.evaluate(
        """() => {
          const [view] = [...Bokeh.index.query((one) => one.frame != null && one.layout != null)]
          const layout = view.layout
          view.layout = undefined
          view.measure_layout()
          view._after_layout()
          view.layout = layout
        }"""
    )
    resize(fresh, (1200, 800))
    fresh.catches_up()
