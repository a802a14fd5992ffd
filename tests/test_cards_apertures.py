"""The drawer of apertures: listed, changed by their rows, and a better one proposed."""

import numpy as np
import pytest
from cardparts import part, press, words

from tpfdash.cards.aperture_list import ACTIONS
from tpfdash.cards.apertures import apertures_card, proposal_words
from tpfdash.diagnosis.aperture import aperture_numbers, best_aperture
from tpfdash.inspector import Inspector
from tpfdash.simulate import Star, simulate_tpf
from tpfdash.stamp.masks import grown, halo


@pytest.fixture(scope="module")
def tpf():
    return simulate_tpf(
        "Kepler",
        n_cadences=200,
        shape=(9, 9),
        stars=[Star(4.2, 4.1, magnitude=12.0)],
        columns=("flux", "flux_err"),
        seed=4,
    )


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture
def card(inspector):
    return apertures_card(inspector)[0]


@pytest.fixture
def listed(card):
    return part(card, "aperture-list")


def names(listed):
    return [row["name"] for row in listed.rows]


def test_the_background_is_listed_with_them(inspector, listed):
    assert names(listed) == ["A", "background"]
    assert listed.rows[0]["pixels"] == str(int(inspector.aperture.sum()))
    assert listed.rows[0]["chosen"] and "remove" not in listed.rows[0]["actions"]
    listed._handle_msg(["choose", 1, ""])
    assert inspector.editing == "background" and not listed.rows[0]["chosen"]
    inspector.set_background("rest")
    assert listed.rows[1]["pixels"] == str(int((~inspector.aperture).sum()))
    listed._handle_msg(["choose", 0, ""])
    assert inspector.editing == "aperture" and listed.rows[0]["chosen"]


def test_a_row_does_what_its_buttons_say(inspector, card, listed):
    core = inspector.aperture
    listed._handle_msg(["duplicate", 0, ""])
    listed._handle_msg(["grow", 1, ""])
    listed._handle_msg(["halo", 0, ""])
    assert names(listed) == ["A", "B", "A halo", "background"]
    np.testing.assert_array_equal(inspector.apertures["B"], grown(core))
    np.testing.assert_array_equal(inspector.apertures["A halo"], halo(core))
    listed._handle_msg(["shrink", 1, ""])
    listed._handle_msg(["rename", 1, " wide "])
    listed._handle_msg(["hide", 1, ""])
    assert listed.rows[1]["hidden"] and "show" in listed.rows[1]["actions"]
    listed._handle_msg(["show", 1, ""])
    assert "hide" in listed.rows[1]["actions"] and "hide" not in listed.rows[0]["actions"]
    listed._handle_msg(["choose", 1, ""])
    assert inspector.aperture_name == "wide" and listed.rows[1]["chosen"]
    listed._handle_msg(["remove", 0, ""])
    assert names(listed) == ["wide", "A halo", "background"]
    press(card, "add-aperture")
    assert inspector.aperture_name == "A" and len(inspector.apertures) == 3


def test_every_button_is_an_action(listed):
    listed._handle_msg(["duplicate", 0, ""])
    listed._handle_msg(["hide", 1, ""])
    used = {what for row in listed.rows for what in row["actions"]}
    assert used | {"hide"} == set(ACTIONS)


def test_messages_of_no_sense_do_nothing(inspector, listed):
    before = inspector.aperture_list
    for message in (
        ["choose", 9, ""],
        ["drop", 0, ""],
        ["rename", 0, 5],
        ["grow", "0", ""],
        ["remove", 1, ""],
        ["choose", 0],
        5,
    ):
        listed._handle_msg(message)
    assert inspector.aperture_list is before and inspector.editing == "aperture"


def test_a_better_one_is_proposed_with_its_numbers(tpf, inspector, card, listed):
    inspector.set_aperture("all")
    press(card, "propose-aperture")
    best, now = best_aperture(tpf), aperture_numbers(tpf, inspector.aperture)
    np.testing.assert_array_equal(inspector.apertures["best"], best.mask)
    assert inspector.aperture.all()  # what is edited stays
    said = words(part(card, "proposal").object)
    assert f"{100 * (best.snr / now.snr - 1):.1f} % more than A as it was (81 pixels)" in said
    assert f"FLFRCSAP {best.flfrcsap:.2f}" in said and "stands out of the stamp" in said
    inspector.choose_aperture("best")
    assert said == words(part(card, "proposal").object)
    press(card, "propose-aperture")  # in place of the one before
    assert names(listed) == ["A", "best", "background"]
    assert "the same pixels as best has" in part(card, "proposal").object
    inspector.grow_aperture()
    assert part(card, "proposal").object == ""  # it spoke of other pixels


def test_a_proposal_without_a_present_one_or_a_star(tpf, inspector, card, listed):
    best = best_aperture(tpf)
    assert "than" not in proposal_words(best, None, "A")
    inspector.set_aperture("empty")
    press(card, "propose-aperture")
    assert "best" in inspector.apertures
    flat = tpf.assign(flux=tpf["flux"] * 0 + 100)
    card = apertures_card(Inspector(flat))[0]
    press(card, "propose-aperture")
    assert "no star stands out" in part(card, "aperture-list").error
