"""The triage in a browser: sorted, filtered, judged by keys, noted, saved, and all there again."""

import csv

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.triageparts import FILES, event, record, write_lines
from tpfdash.app.triage import triage_pages
from tpfdash.diagnosis.bulk.judged import Judged, judged_path
from tpfdash.diagnosis.bulk.results import Results

SIZES = [(1280, 800), (1440, 900), (1920, 1080)]


@pytest.fixture
def results(tmp_path):
    """The six rows of `FILES`, and forty more on the target with S/N 100 to 139."""
    many = [event(start=10.0 * n, end=10.0 * n + 1, snr=100.0 + n) for n in range(40)]
    return write_lines(tmp_path / "results.jsonl", [*FILES, record("many.fits", *many)])


@pytest.fixture
def triage(open_page, results):
    board = open_page(lambda: triage_pages(Results(results), who="Ada")["/"](), dashboards=0)
    shows(board)
    return board


def shows(board):
    board.page.locator(".tpf-triage-table tr.chosen").wait_for()
    board.until(board._is_there, "the page's word that it is there")


def rows(board):
    return board.page.locator(".tpf-triage-table tbody tr")


def in_hand(board):
    """The number of the row in hand, as the table marks it."""
    return int(board.page.locator(".tpf-triage-table tr.chosen").get_attribute("data-number"))


def comes(board, row):
    board.until(lambda: in_hand(board) == row, f"row {row} in hand")


def says(board, part, words):
    place = board.page.locator(f".tpf-{part}")
    board.until(lambda: words in place.evaluate("tpfTest.words"), f"{words!r} in {part}")


def choose(board, part, label):
    board.page.locator(f".tpf-{part} select").select_option(label=label)


def test_from_a_table_to_a_judged_one(triage, results):
    page, keys = triage.page, triage.page.keyboard
    says(triage, "triage-count", "45 events in 6 files · 1 with an error · 0 judged")

    # Sorted, turned over, walked.
    sort = page.locator(".tpf-triage-table th button").filter(has_text="S/N")
    sort.click()
    triage.until(lambda: rows(triage).first.get_attribute("data-number") == "45", "139 first")
    comes(triage, 45)
    keys.press("PageDown")
    comes(triage, 20)
    keys.press("PageUp")
    comes(triage, 45)
    keys.press("j")
    comes(triage, 44)
    keys.press("k")
    keys.press("ArrowDown")
    keys.press("ArrowUp")
    comes(triage, 45)

    # Filtered, and judged by keys: the next one of the table follows.
    choose(triage, "of-verdict", "neighbour")
    triage.until(lambda: rows(triage).count() == 1, "the neighbour alone")
    comes(triage, 1)
    says(triage, "hand-words", "Neighbour")
    keys.press("1")
    says(triage, "triage-count", "1 judged")
    page.locator(".tpf-of-all button").click()
    triage.until(lambda: rows(triage).count() == 20, "the page that it is on")
    page.locator(".tpf-snr-to input").fill("70")
    page.locator(".tpf-snr-to input").press("Enter")
    triage.until(lambda: rows(triage).count() == 4, "those of less than 70")
    rows(triage).first.locator("td.c-snr").click()  # anywhere in the row
    comes(triage, 2)
    for key, following in (("3", 0), ("1", 5), ("4", 1)):
        keys.press(key)
        comes(triage, following)
    keys.press("u")
    comes(triage, 5)
    keys.press("3")
    comes(triage, 1)

    # A note is typed, in which a key is no key; and one that is left is not kept.
    keys.press("n")
    keys.type("1 jump, 2 see")
    keys.press("Enter")
    triage.until(lambda: rows(triage).last.locator("input").input_value() != "", "the note")
    assert in_hand(triage) == 1
    keys.press("n")
    keys.type("gone")
    keys.press("Escape")
    keys.press("k")
    comes(triage, 5)
    keys.press("j")
    comes(triage, 1)
    assert page.locator(".tpf-note input").input_value() == "1 jump, 2 see"
    judged = Judged(judged_path(results))
    assert judged.of("a.fits", [(20.0, 20.5)])[0].note == "1 jump, 2 see"
    assert judged.of("a.fits", [(20.0, 20.5)])[0].who == "Ada"

    # Agreement, and those that disagree.
    page.get_by_role("button", name="Agreement", exact=True).click()
    says(triage, "agreed", "75 % agree")
    says(triage, "agreed", "of 4")
    page.locator(".tpf-snr-to input").fill("")
    page.locator(".tpf-snr-to input").press("Enter")
    page.get_by_role("button", name="Show those that disagree").click()
    triage.until(lambda: rows(triage).count() == 1, "the one that disagrees")
    assert page.locator(".tpf-of-word select").evaluate("(e) => e.selectedOptions[0].label") == (
        "disagree with verdict"
    )

    # Saved: those in the table alone, and all.
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="those in the table").click()
    saved = download(triage)
    assert [row["word"] for row in saved] == ["real"] and saved[0]["agrees"] == "no"
    page.get_by_role("button", name="all events").click()
    saved = download(triage)
    assert len(saved) == 46 and sum(row["word"] != "" for row in saved) == 4

    # Loaded again, all is there, and the page goes on where it was.
    triage.until(lambda: "said=disagree" in page.url and "event=2" in page.url, "the address")
    page.reload()
    shows(triage)
    says(triage, "triage-count", "4 judged")
    assert rows(triage).count() == 1 and in_hand(triage) == 1
    assert rows(triage).first.locator("input").input_value() == "1 jump, 2 see"
    page.locator(".tpf-of-all button").click()
    triage.until(lambda: rows(triage).count() == 20, "the page that it is on")
    words = [row.get_by_role("combobox").input_value() for row in rows(triage).all()[-5:]]
    assert words == ["artefact", "real", "artefact", "real", ""]  # by S/N, still

    # A field that was left with Enter, or a choice that was made, keeps no key to itself.
    choose(triage, "of-word", "real")
    triage.until(lambda: rows(triage).count() == 2, "two")
    keys.press("k")
    comes(triage, 0)
    keys.press("2")
    triage.until(lambda: rows(triage).count() == 1, "one that is real")


def download(board):
    with board.page.expect_download() as coming:
        board.page.locator(".tpf-save-judged button, .tpf-save-judged a").first.click()
    return list(csv.DictReader(coming.value.path().read_text().splitlines()))


def test_pictures_mouse_and_another_tab(triage, open_page, results):
    """What is said in one tab comes into the other, and so do results when they are asked for."""
    page = triage.page
    cards = page.locator(".tpf-gallery button")
    triage.until(lambda: cards.count() == 25, "a picture for each row")
    cards.nth(1).click()
    comes(triage, 1)
    page.get_by_role("button", name="2 Elsewhere").click()
    comes(triage, 2)
    assert "elsewhere" in cards.nth(1).inner_text()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")

    with open(results, "a"):
        write_lines(results, [record("late.fits", event(snr=7.0))], mode="a")
    again = page.locator(".tpf-read-again button")
    triage.until(lambda: "there is more" in again.inner_text(), "that there is more")
    again.click()
    says(triage, "triage-count", "46 events")
    comes(triage, 2)
    Judged(judged_path(results)).say("a.fits", (9.8, 10.2), word="unsure", who="Bo")
    triage.until(lambda: "unsure" in cards.first.inner_text(), "what Bo said")


def test_it_can_be_used_at_every_width_and_in_both_themes(triage):
    """Nothing lies over anything else, nothing is cut, and who cannot see it is told."""
    page = triage.page
    page.keyboard.press("1")
    comes(triage, 1)
    for size in SIZES:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for drawer in ("Agreement", "Save", "Pictures"):
            page.get_by_role("button", name=drawer, exact=True).click()
            triage.catches_up()
            assert not page.evaluate("tpfTest.misplaced()"), (size, drawer)
        # The page itself does not scroll.
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_function(
            """dark => [...(window.Bokeh?.documents?.[0]?.all_models ?? [])].some(
                (one) => one.class_name === "Page" && one.data.dark_theme === dark)""",
            arg=scheme == "dark",
        )
        triage.catches_up()
        # Names come a moment after what is new on the page.
        triage.until(lambda: not serious(page), "nothing serious")


def serious(page):
    """What an audit finds that keeps somebody from using the page."""
    found = Axe().run(page).response["violations"]
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    return [(one["id"], [node["target"] for node in one["nodes"]][:4]) for one in grave]
