"""From gains to a verdict: prices, probabilities, what the pointing explains."""

from dataclasses import replace

import numpy as np
import pytest

from tpfdash.diagnosis import settings
from tpfdash.diagnosis.evidence import Beside, Explanation, held_to
from tpfdash.diagnosis.footprints import Shapes
from tpfdash.diagnosis.verdict import VERDICTS, Pointed, judge

SHAPES = Shapes(
    values=np.eye(5)[:3],
    kinds=np.array(["box", "step", "box"]),
    begins=np.array([2, 2, 2]),
    ends=np.array([4, 5, 3]),
    misfit=np.zeros(3),
    single=np.array([False, False, True]),
    lone=np.array([False, False, True]),
    early=np.array([False, False, False]),
)
NOTHING = Pointed(0.0, 0.0, -np.inf)


def explained(cause, gain, shape=0, **changes):
    return Explanation(cause, "x", gain, 1, shape, 1.0, **({"plain": gain} | changes))


def judged(*found, bins=3, flanks=0.0, pointed=NOTHING, quiet=False):
    return judge(found, SHAPES, bins, Beside(flanks), pointed, quiet)


def test_probabilities_are_of_all_verdicts_and_add_up():
    made = judged(explained("on_target", 80.0), explained("neighbour", 60.0))
    assert set(made.probabilities) == set(VERDICTS)
    assert sum(made.probabilities.values()) == pytest.approx(1)
    assert made.verdict == "on_target"
    assert made.probabilities["on_target"] > made.probabilities["neighbour"]


@pytest.mark.parametrize("cause", [name for name in VERDICTS if name != "inconclusive"])
def test_each_cause_has_its_price(cause):
    price = 2 * settings.PRICES[cause]
    assert judged(explained(cause, price - 2)).verdict == "inconclusive"
    assert judged(explained(cause, price + 2)).verdict == cause


def test_the_better_of_two_footprints_stands_for_a_cause():
    weak, strong = explained("background", 50.0), explained("background", 90.0)
    assert judged(weak, strong).best["background"] is strong


def test_one_cadence_of_several_counts_less():
    ray, star = explained("cosmic_ray", 110.0, shape=2), explained("neighbour", 90.0)
    assert judged(ray, star, bins=1).verdict == "cosmic_ray"
    assert judged(ray, star, bins=8).verdict == "neighbour"


def test_a_step_that_the_flanks_explain_better_is_none():
    step = explained("sensitivity_dropout", 90.0, shape=1, plain=130.0)
    beaten = explained("sensitivity_dropout", 90.0, shape=1, plain=110.0)
    assert judged(step, flanks=120.0).verdict == "sensitivity_dropout"
    assert judged(beaten, flanks=120.0).verdict == "inconclusive"


def test_the_pointing_counts_where_nothing_else_is_left():
    star = explained("on_target", 90.0)
    weak, odd = explained("on_target", 9.0), Pointed(400.0, 3.0, 80.0)
    assert judged(weak, pointed=odd).verdict == "pointing"
    assert judged(star, pointed=odd).verdict == "on_target"
    far = Pointed(4000.0, 50.0, 900.0)
    assert judged(star, pointed=far).verdict == "pointing"


def test_nothing_is_inconclusive():
    made = judged(explained("on_target", 1.0))
    assert made.verdict == "inconclusive" and made.probabilities["inconclusive"] > 0.9


def test_what_is_found_in_a_quiet_window_lies_beside_it():
    star = explained("on_target", 900.0)
    assert judged(star).verdict == "on_target"
    assert judged(star, quiet=True).verdict == "inconclusive"
    odd = Pointed(4000.0, 50.0, 900.0)
    assert judged(star, pointed=odd, quiet=True).verdict == "inconclusive"


def test_a_star_and_the_instrument_that_explain_it_alike_are_not_told_apart():
    star, focus = explained("on_target", 400.0), explained("systematic", 404.0)
    assert judged(star, focus).verdict == "inconclusive"
    assert judged(explained("on_target", 500.0), focus).verdict == "on_target"
    ray, dropout = explained("neighbour", 410.0), explained("sensitivity_dropout", 414.0)
    assert judged(ray, dropout).verdict != "inconclusive"  # neither of them is the target


def test_a_cadence_that_only_the_usual_roll_explains_is_pointing():
    spike = {"gain": 0.0, "times_usual": 0.0, "score": -np.inf}
    star = explained("neighbour", 90.0, shape=2, plain=500.0)
    assert judged(star, pointed=Pointed(**spike, spike=3000.0)).verdict == "pointing"
    assert judged(star, pointed=Pointed(**spike, spike=1500.0)).verdict == "neighbour"
    # What goes on after the cadence does not explain it.
    longer = explained("neighbour", 90.0, shape=0, plain=500.0)
    assert judged(longer, pointed=Pointed(**spike, spike=1500.0)).verdict == "pointing"


def test_a_star_that_leaves_as_much_over_as_it_explains_is_one_of_several_things():
    image = np.zeros(50)
    half = explained("neighbour", 90.0, model=image, rest=85.0)
    most = explained("neighbour", 90.0, model=image, rest=50.0)
    assert judged(half).verdict == "inconclusive"
    assert judged(most).verdict == "neighbour"
    # The target's own image is known: what is left over there is the templates' error.
    assert judged(explained("on_target", 90.0, model=image, rest=85.0)).verdict == "on_target"


def test_a_decay_that_a_ray_beside_the_window_explains_better_is_none():
    early = replace(SHAPES, early=np.array([True, False, False]))
    decay = explained("neighbour", 90.0, plain=100.0)
    assert judge([decay], early, 5, Beside(0.0, 90.0), NOTHING, False).verdict == "neighbour"
    assert judge([decay], early, 5, Beside(0.0, 120.0), NOTHING, False).verdict == "inconclusive"


def test_what_lasts_is_held_to_what_it_is_without_lonely_cadences():
    found = [explained("neighbour", 90.0), explained("cosmic_ray", 90.0, shape=2)]
    mended = [explained("neighbour", 5.0), explained("cosmic_ray", 3.0)]
    box, ray = held_to(found, mended, SHAPES)
    assert box.gain == 5.0 / settings.LONELY_LEFT and ray.gain == 90.0
