"""The drawing of depths against pixels: each where its numbers put it."""

from xml.etree import ElementTree

import numpy as np
import pytest

from tpfdash.cards.aperture_depths import depths_html
from tpfdash.diagnosis.depths import ApertureDepth

DEPTHS = {
    "A": ApertureDepth(4, 10.0, 1.0, 1000.0),
    "<b>": ApertureDepth(12, 30.0, 2.0, 2000.0),
    "halo": ApertureDepth(8, -5.0, 5.0, 1000.0),
}


def test_points_lie_by_pixels_and_depth():
    figure = ElementTree.fromstring(depths_html(DEPTHS))
    circles = [(float(one.get("cx")), float(one.get("cy"))) for one in figure.iter("circle")]
    (ax, ay), (bx, by), (cx, cy) = circles
    assert ax < cx < bx and cx - ax == pytest.approx(bx - cx, abs=0.2)
    assert by < ay < cy  # 15,000, 10,000 and -5,000 ppm
    assert (ay - by) / (cy - ay) == pytest.approx(5 / 15, abs=0.02)
    bars = [one.get("d") for one in figure.iter("path")]
    top, foot = (float(end) for end in bars[2].split(" ")[1].split("V"))
    assert foot - top == pytest.approx((cy - ay) * 10 / 15, abs=0.3)
    assert [one.text for one in figure.iter("text")] == ["A", "<b>", "halo"]
    assert "−10,000 to 16,000 ppm" in figure.find("figcaption").text
    assert "A: 10,000 ± 1,000 ppm in 4 pixels" in figure.find("svg").get("aria-label")


def test_one_alone_or_none_is_not_drawn():
    assert depths_html({}) == "" == depths_html({"A": DEPTHS["A"]})
    unknown = ApertureDepth(5, np.nan, np.nan, np.nan)
    assert depths_html({"A": DEPTHS["A"], "B": unknown}) == ""


def test_equal_ones_are_drawn_in_the_middle():
    same = ElementTree.fromstring(depths_html({"A": DEPTHS["A"], "B": DEPTHS["A"]}))
    assert len({one.get("cx") for one in same.iter("circle")}) == 1
