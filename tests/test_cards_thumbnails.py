"""The small pictures, drawn: where everything is, and what is not known is left out."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from tests.triageparts import event
from tpfdash.cards.thumbnails import curve_svg, image_svg
from tpfdash.diagnosis.bulk.pictures import curve_of, image_of

NASTY = "<script>alert(1)</script>'\"&"


def numbers(text, name):
    return [float(one) for one in re.findall(rf"{name}='(-?[\d.]+)'", text)]


def test_a_curve_is_drawn_where_it_is():
    curve = curve_of(event())
    drawn = curve_svg(curve, 200, 100, words="light curve", axes=False)
    x, y = (np.array(numbers(drawn, name)) for name in ("cx", "cy"))
    known = np.isfinite(curve.flux)
    assert x.size == known.sum() == 9
    np.testing.assert_allclose(x, 2 + 196 * (curve.time[known] - 9) / 2, atol=0.06)
    # The deepest is the lowest on the screen, and all is on the drawing.
    assert np.argmax(y) == np.argmin(curve.flux[known])
    assert y.min() >= 2 and y.max() <= 98
    (left,) = numbers(drawn.partition("'band'")[2].partition("/>")[0], "x")
    assert left == pytest.approx(2 + 196 * 0.4, abs=0.06)


def test_a_curve_with_axes_says_its_units_and_numbers():
    drawn = curve_svg(curve_of(event()), 460, 190, words="light curve", clock="BKJD")
    said = re.findall(r">([^<>]+)</text>", drawn)
    assert "flux: ppm" in said and "d BKJD" in said and "−800" in said and "10" in said
    deep = event()
    deep["curve"] = deep["curve"] | {"flux": [0, 0, -400_000, -390_000, 0], "windows": 5}
    said = re.findall(r">([^<>]+)</text>", curve_svg(curve_of(deep), 460, 190, words="x"))
    assert "flux: %" in said and "h from the middle" in said and "−40" in said


def test_an_image_is_drawn_with_its_marks():
    kept = image_of(event())
    drawn = image_svg(kept, event(), 90, words="difference image")
    (data,) = re.findall(r"base64,([\w+/=]+)'", drawn)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert pixels.shape == (3, 3, 4)
    bottom_up = pixels[::-1].astype(int)
    red, blue = bottom_up[..., 0], bottom_up[..., 2]
    assert np.unravel_index(np.argmin(blue + red), (3, 3)) == (1, 1)  # the darkest red
    assert red[1, 1] > blue[1, 1] and bottom_up[0, 2, 3] < 255  # what is missing is see-through
    # The target at row 191, column 671: the second pixel each way, at 45 from the left and bottom.
    (x, *_), (y, *_) = numbers(drawn, "cx"), numbers(drawn, "cy")
    assert (x, y) == (45.0, 45.0)
    assert "<polyline" in drawn and "M46.0 37.0l10 10" in drawn
    small = image_svg(kept, event(), 52, words="difference image", marks=False)
    assert "<circle" not in small and "<path" in small


@pytest.mark.parametrize(
    "more",
    [
        {"target": None, "position": None, "covariance": None},
        {"target": "a", "position": [1], "covariance": [[1]]},
        {"target": [NASTY, 1], "position": [None, 2], "covariance": "x"},
        {"covariance": [[1e9, 0], [0, 1e9]]},
    ],
)
def test_places_that_are_not_known_are_not_marked(more):
    drawn = image_svg(image_of(event()), event() | more, 90, words="x")
    assert "<polyline" not in drawn and "script" not in drawn
    assert ("<circle" in drawn) == ("target" not in more)


def test_a_flat_curve_is_drawn():
    flat = event()
    flat["curve"] = flat["curve"] | {"flux": [0, 0, 0, 0]}
    for axes in (True, False):
        assert "nan" not in curve_svg(curve_of(flat), 460, 190, words="x", axes=axes)
