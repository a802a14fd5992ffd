"""The card of the stars: looked up from a server of our own, listed, aligned; nobody serves it."""

import numpy as np
import pytest
from cardparts import part, press, words
from test_app_truth import stars_on
from test_archive_stars import IDS, gaia, stamp, tic
from test_diagnosis_align import field

from tests.tap_server import star_server
from tpfdash.archive import sessions
from tpfdash.cards.sky import pointed_html, rows_of, sky_card, sky_html, star_html
from tpfdash.cards.widgets import is_in_sight
from tpfdash.inspector import Inspector
from tpfdash.io import open_tpf
from tpfdash.simulate import simulate_tpf


@pytest.fixture
def inspector():
    return Inspector(stamp())


@pytest.fixture
def server(monkeypatch, inspector):
    monkeypatch.setattr(sessions, "TIMEOUTS", (1.0, 0.7))
    monkeypatch.setattr(sessions, "PAUSE", 0.01)
    with star_server() as server:
        server.tables["gaiadr3.gaia_source"] = source = gaia(inspector.tpf)
        server.tic = tic(inspector.tpf, source)
        monkeypatch.setenv("TPFDASH_GAIA_TAP", f"{server.url}/tap")
        monkeypatch.setenv("TPFDASH_MAST", server.url)
        monkeypatch.setenv("TPFDASH_SKYBOT", server.url)
        monkeypatch.setenv("TPFDASH_VIZIER_TAP", f"{server.url}/tap")
        yield server


@pytest.fixture
def card(inspector):
    return sky_card(inspector, ("gaia", "tic"))[0]


def said(card, tag):
    return words(part(card, tag).object)


def test_stars_are_found_listed_and_drawn(server, inspector, card):
    press(card, "find-stars")
    stars = inspector.stars
    assert [str(one) for one in stars["source_id"]] == [str(one) for one in IDS[: len(stars)]]
    rows = part(card, "star-list").rows
    assert [row["name"] for row in rows] == [f"Gaia DR3 {one}" for one in IDS[: len(stars)]]
    assert "as a rule to 0.2 pixel" in said(card, "sky-words")
    assert f"{len(stars)} stars of" in said(card, "sky-words") and "no proper motion" in said(
        card, "sky-words"
    )


def test_who_does_not_answer_is_said_and_asked_again(server, inspector, card):
    server.faults |= {"/tap/sync": "error", "/api/v0/invoke": "error"}
    press(card, "find-stars")
    listed = part(card, "star-list")
    assert listed.error and not listed.stage and inspector.stars is None
    server.faults.clear()
    press(card, "find-stars")
    assert not listed.error and len(inspector.stars)


def test_variables_that_are_not_to_be_had_are_said(server, inspector, card):
    press(card, "find-variables")
    assert part(card, "star-list").error and inspector.variables is None


def test_ids_are_exact_and_links_lead_on(server, inspector, card):
    press(card, "find-stars")
    part(card, "star-list")._handle_msg(["choose", 1.0])
    assert inspector.star == 1 and str(IDS[1]) in star_html(inspector)
    assert all(site in star_html(inspector) for site in ("SIMBAD", "VizieR", "Gaia", "ExoFOP"))
    part(card, "star-list")._handle_msg(["choose", 1])
    assert inspector.star is None and not star_html(inspector)


@pytest.mark.parametrize("message", [["choose", 999], ["drop", 1], ["choose", "1"], 5, ["choose"]])
def test_messages_of_no_sense_do_nothing(server, inspector, card, message):
    press(card, "find-stars")
    part(card, "star-list")._handle_msg(message)
    assert inspector.star is None


def test_one_shift_aligns_them_and_is_taken_back():
    tpf, table = field(offset=(0.6, -0.35), motion=np.zeros((40, 2)))
    inspector = Inspector(tpf, stars=table)
    card, _ = sky_card(inspector, ())
    placed = np.array(inspector.stars["row"])
    assert not is_in_sight(part(card, "unalign"))
    press(card, "align")
    np.testing.assert_allclose(inspector.stars["row"], placed + 0.6, atol=0.04)
    assert "Moved by +0.6" in said(card, "sky-words") and is_in_sight(part(card, "unalign"))
    press(card, "unalign")
    np.testing.assert_allclose(inspector.stars["row"], placed)


def test_stars_that_are_not_seen_are_not_aligned():
    tpf, table = field()
    noise = np.random.default_rng(1).normal(0, 5, tpf["flux"].shape[1:])
    inspector = Inspector(tpf.assign(flux=tpf["flux"] * 0 + noise), stars=table)
    card, _ = sky_card(inspector, ())
    before = inspector.stars
    press(card, "align")
    assert "not what is seen" in part(card, "star-list").error and inspector.stars is before


def test_the_share_in_the_aperture_is_listed():
    tpf = simulate_tpf("K2", n_cadences=60, shape=(4, 5), seed=3)
    inspector = Inspector(tpf, stars=stars_on(tpf), aperture="all")
    rows = rows_of(inspector)
    assert [row["number"] for row in rows] == [0, 1, 2]
    shares = [float(row["share"].split("%")[0]) for row in rows]
    assert all(50 < share <= 100 for share in shares)
    inspector.set_aperture("empty")
    assert rows_of(inspector)[0]["share"] == "0%, 0% of it"
    inspector.star_limit = 13.0
    assert len(rows_of(inspector)) == 1


def test_what_a_catalogue_says_is_escaped():
    tpf = simulate_tpf("K2", n_cadences=60, shape=(4, 5), seed=3)
    inspector = Inspector(tpf, stars=stars_on(tpf), star=1)
    inspector.pointed_star = 1
    for html in (star_html(inspector), pointed_html(inspector)):
        assert "b &lt;i&gt;" in html and "<i>" not in html


def test_a_file_whose_sky_is_not_usable_says_so_and_asks_nobody(data_file):
    name = "tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits"
    inspector = Inspector(open_tpf(data_file(name)))
    card, lives = sky_card(inspector, ("gaia",))
    assert "not usable" in words(sky_html(inspector)) and not lives
    assert not any("tpf-find-stars" in one.css_classes for one in card.select())


def test_where_nobody_may_be_asked_there_is_no_button(inspector):
    card, _ = sky_card(inspector, ())
    assert not any("tpf-find-stars" in getattr(one, "css_classes", []) for one in card.select())


def test_the_slider_of_magnitudes_reaches_each_limit_there_may_be(server, inspector, card):
    slider = part(card, "star-limit")
    assert (slider.start, slider.end) == inspector.param.star_limit.bounds
    for limit in (slider.start, slider.end, 14.5):
        inspector.star_limit = limit
        assert slider.value == limit
