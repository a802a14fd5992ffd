"""The first page of a server: its list, files of one's own, and what it looks like.

The server is one of this process, so that what goes wrong on it fails the test.
"""

import base64
import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.driving import PATIENCE
from tests.strangers import Command, open_site
from tests.test_server_nginx import NGINX, Nginx, snippet
from tests.test_server_serve import free
from tpfdash import simulate_tpf, write_tpf
from tpfdash.app.site import Site
from tpfdash.app.uploads import MB, Uploads

#: Drops a file on the page, as a mouse does that comes from outside: no browser lets a test do it.
DROP = """
([name, base64, over]) => {
  const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))
  const data = new DataTransfer()
  data.items.add(new File([bytes], name))
  const fire = (kind) => document.body.dispatchEvent(
    new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }))
  fire("dragenter")
  fire("dragover")
  if (!over) fire("drop")
}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("served")
    (root / "many").mkdir()
    for number, mission in enumerate(("Kepler", "K2", "TESS")):
        tpf = simulate_tpf(mission, n_cadences=60, shape=(4, 4))
        tpf.attrs["object"] = f"Star {number} <img src=x onerror=alert(1)>"
        path = write_tpf(tpf, root / f"{mission} 100%.fits")
        for copy in range(45):
            (root / "many" / f"{mission}-{copy:02}.fits").write_bytes(path.read_bytes())
    return root


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    tpf = simulate_tpf("TESS", n_cadences=500, shape=(9, 9))
    return write_tpf(tpf, tmp_path_factory.mktemp("own") / "own.fits").read_bytes()


@pytest.fixture(scope="module")
def port(root, tmp_path_factory):
    site = Site(root, uploads=Uploads(tmp_path_factory.mktemp("uploads"), largest=8 * MB))
    site.look()
    with open_site(site) as port:
        yield port


@pytest.fixture
def visit(window, faults):
    """A function that opens an address; whatever is wrong on its page fails the test."""
    pages = []

    def visit(port, path="/", context=window):
        page = context.new_page()
        faults.watch(page)
        page.on("dialog", lambda dialog: faults.found.append(f"said: {dialog.message}"))
        page.goto(f"http://localhost:{port}{path}")
        pages.append(page)
        return page

    yield visit
    for page in pages:
        page.close()


def drop(page, name, contents, over=False):
    page.evaluate(DROP, [name, base64.b64encode(contents).decode(), over])


def until(page, true, what):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"never came: {what}"
        page.wait_for_timeout(20)


def shows_a_dashboard(page):
    page.locator(".tpf-dashboard").wait_for()
    page.wait_for_function("() => tpfTest.ready('tpf-lightcurve', 1)")


def test_a_file_is_searched_for_and_opened(port, visit):
    page = visit(port)
    rows, said = page.locator(".tpf-shelf tbody tr"), page.locator(".tpf-shelf .said")
    until(page, lambda: said.inner_text() == "138 files", "the number of files")
    assert rows.count() == 100
    page.get_by_role("button", name=re.compile("Show more")).click()
    until(page, lambda: rows.count() == 138, "all of them")
    # By the keyboard alone: to the field, down to the rows, and in.
    page.keyboard.press("/")
    page.keyboard.type("tess 100%")
    until(page, lambda: rows.count() == 1, "the one that is meant")
    assert said.inner_text() == "1 of 138 files"
    cells = rows.first.locator("td").all_inner_texts()
    assert cells[0] == "Star 2 <img src=x onerror=alert(1)>" and cells[1] == "TESS"
    assert cells[4] == "60" and cells[5] == "4 × 4" and cells[7] == "TESS 100%.fits"
    assert page.locator("img[src=x]").count() == 0
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    shows_a_dashboard(page)
    assert "tpf=TESS%20100%25.fits" in page.url
    assert page.locator("img[src=x]").count() == 0
    # And back.
    page.get_by_role("link", name="All files").click()
    until(page, lambda: rows.count() == 100, "the list")
    page.get_by_role("button", name="Mission").click()
    until(page, lambda: "K2" in rows.first.inner_text(), "another order")
    head = page.locator(".tpf-shelf th.mission")
    assert head.get_attribute("aria-sort") == "ascending"
    page.get_by_role("searchbox").fill("no such file")
    page.get_by_text("No file has all of these words.").wait_for()


def test_a_file_of_ones_own_is_dropped_sent_and_shown(port, visit, contents, faults):
    page = visit(port)
    zone = page.locator(".tpf-dropzone section")
    zone.wait_for()
    drop(page, "my own.fits", contents, over=True)
    until(page, lambda: "over" in (zone.get_attribute("class") or ""), "a sign that it may be")
    # What is no such file is refused in words, and the next one is taken.
    drop(page, "notes.fits", b"no FITS at all" * 100)
    alert = page.locator(".tpf-dropzone [role=alert]")
    alert.wait_for()
    assert "notes.fits is not a FITS file" in alert.inner_text()
    (answer,) = faults.found  # which the console tells of
    assert "400 (Bad Request)" in answer
    faults.found.clear()
    drop(page, "large.fits", bytes(9 * MB))
    until(page, lambda: "large.fits has 9.0 MB" in alert.inner_text(), "a word on its size")
    # Slowly, so that there is something to be seen.
    seen = []
    page.expose_function("seen", lambda value, words: seen.append((value, words)))
    page.locator(".tpf-dropzone progress").evaluate(
        """(bar) => new MutationObserver(() => seen(bar.value, bar.previousSibling.textContent))
             .observe(bar, { attributes: true, attributeFilter: ["value"] })"""
    )
    drop(page, "my own.fits", contents)
    shows_a_dashboard(page)
    assert re.search(r"\?upload=[\w-]{43}", page.url)
    assert seen and seen[-1][0] == 1 and "my own.fits" in seen[0][1]
    # It goes on where it was when it is loaded again.
    page.reload()
    shows_a_dashboard(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_both_themes(port, visit, browser, scheme):
    """Contrast, names of controls, no scrolling sideways: by axe, and at three widths."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    )
    page = visit(port, context=context)
    page.locator(".tpf-shelf tbody tr").first.wait_for()
    page.wait_for_function(
        "dark => (getComputedStyle(document.body).backgroundColor < 'rgb(2') === dark",
        arg=scheme == "dark",
    )
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    wrong = [
        (one["id"], [node["target"] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert not wrong
    for width in (1920, 1440, 1280, 900, 400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    context.close()


def test_nothing_lies_over_the_list_where_the_window_is_small(port, visit, browser):
    context = browser.new_context(viewport={"width": 400, "height": 420})
    page = visit(port, context=context)
    page.locator(".tpf-shelf tbody tr").first.wait_for()
    page.locator(".tpf-dropzone section").wait_for()
    for width, height in ((400, 420), (900, 420), (1280, 300)):
        page.set_viewport_size({"width": width, "height": height})
        head, listed, zone = (
            page.locator(place).bounding_box()
            for place in (".tpf-landing h1", ".tpf-shelf section", ".tpf-dropzone section")
        )
        assert head["y"] + head["height"] <= listed["y"]
        below = zone["y"] >= listed["y"] + listed["height"]
        assert below or zone["x"] >= listed["x"] + listed["width"], (width, height)
    context.close()


def test_behind_nginx_below_a_path(root, contents, visit, tmp_path, request):
    """List, file and upload by a real browser; the server is a process of its own."""
    if NGINX is None:
        pytest.skip("there is no nginx on this machine")
    readme = (request.config.rootpath / "README.md").read_text()
    front = free()
    words = ["--root", str(root), "--allow-origin", f"localhost:{front}"]
    with Command(*words, prefix="/tpf") as server:
        with Nginx(tmp_path, *snippet(readme, server.port), front):
            page = visit(front, "/tpf/")
            page.get_by_role("searchbox").fill("kepler 100%")
            page.locator(".tpf-shelf a").first.wait_for()
            until(page, lambda: page.locator(".tpf-shelf tbody tr").count() == 1, "the file")
            page.locator(".tpf-shelf a").click()
            shows_a_dashboard(page)
            assert page.url.startswith(f"http://localhost:{front}/tpf/?tpf=Kepler")
            page.get_by_role("link", name="All files").click()
            page.locator(".tpf-dropzone section").wait_for()
            drop(page, "own.fits", contents)
            shows_a_dashboard(page)
            assert page.url.startswith(f"http://localhost:{front}/tpf/?upload=")
            page.close()
        log = server.stop()
    assert not [line for line in log if line["level"] == "error"]
