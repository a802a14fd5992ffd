"""The other apertures on the stamp and on the light curve, against numpy."""

import numpy as np
import pytest

from tpfdash.inspector import Inspector
from tpfdash.inspector.listed import MOST
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.masks import grown
from tpfdash.views.apertures import (
    OTHER_KINDS,
    OTHER_LOOKS,
    compared_kinds,
    compared_label,
    compared_note,
    compared_series,
    other_points,
    other_segments,
)
from tpfdash.views.lightcurve import CURVE_KINDS, LightCurveView, curve_series
from tpfdash.views.raster import LEVELS, fit_range
from tpfdash.views.stamp import segments
from tpfdash.views.timeplot import MOST_POINTS


@pytest.fixture(scope="module")
def tpf():
    made = simulate_tpf("Kepler", n_cadences=200, shape=(7, 7), columns=("flux",), seed=2)
    made["quality"].values[[4, 9]] = 32
    return made


@pytest.fixture
def inspector(tpf):
    mask = np.zeros((7, 7), dtype=bool)
    mask[2:5, 2:5] = True
    made = Inspector(tpf, aperture=mask)
    made.add_aperture("B", grown(mask))
    made.add_aperture("C", "all")
    made.add_aperture("hidden", "all")
    made.hide_aperture("hidden")
    return made


def luminance(color):
    level = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_no_two_look_the_same_and_all_stand_out():
    assert len({(look.color, look.dash) for look in OTHER_LOOKS}) == MOST == len(OTHER_KINDS)
    for kind, look in zip(OTHER_KINDS, OTHER_LOOKS, strict=True):
        on_page = luminance(kind.color)
        assert 1.05 / (on_page + 0.05) > 3 and (on_page + 0.05) / (luminance("#1e1e1e") + 0.05) > 3
        assert (luminance(look.color) + 0.05) / (luminance("#11141c") + 0.05) > 5
    # The codes of a raster are 8 bits.
    assert (MOST + len(CURVE_KINDS)) * (LEVELS + 1) < 256


def test_outlines_are_those_of_the_others_in_sight(inspector):
    drawn = other_segments(inspector)
    parts = [segments(inspector.tpf, inspector.apertures[name]) for name in ("B", "C")]
    for axis in ("x0", "y0", "x1", "y1"):
        assert drawn[axis] == parts[0][axis] + parts[1][axis]
    counts = [len(part["x0"]) for part in parts]
    assert drawn["color"] == [OTHER_LOOKS[1].color] * counts[0] + [OTHER_LOOKS[2].color] * counts[1]
    inspector.choose_aperture("B")
    assert OTHER_LOOKS[0].color in other_segments(inspector)["color"]


def test_none_is_none(inspector):
    assert not any(x.size for x, _ in compared_series(inspector))
    assert not compared_kinds(inspector)
    assert compared_label(inspector, "flux") == "flux"


def drawn(inspector):
    """{name: y at the kept cadences}."""
    series = compared_series(inspector)
    assert len(series) == MOST
    places = {one.name: place for place, one in enumerate(inspector.aperture_list)}
    out = {}
    for name, place in places.items():
        x, y = series[place]
        if x.size:
            np.testing.assert_array_equal(np.isfinite(x), inspector.good & np.isfinite(x))
            out[name] = y[inspector.good]
    return out


@pytest.mark.parametrize("normalized", [False, True])
def test_over_each_other_and_measured_against(inspector, normalized):
    inspector.normalized = normalized
    flux = {c.name: c.flux[inspector.good] for c in inspector.other_curves}
    own = inspector.curve_of(inspector.aperture)[0][inspector.good]
    medians = {name: np.median(values) for name, values in flux.items()}
    scale = 1 if normalized else np.median(own)
    inspector.compare = "over each other"
    for name, y in drawn(inspector).items():
        np.testing.assert_allclose(y, flux[name] / medians[name] * scale)
    assert curve_series(inspector)[0][0].size  # and the one that is edited
    inspector.compare = "ratio"
    for name, y in drawn(inspector).items():
        np.testing.assert_allclose(y, flux[name] / medians[name] / (own / np.median(own)))
    assert not any(x.size for x, _ in curve_series(inspector))
    inspector.compare = "difference"
    for name, y in drawn(inspector).items():
        away = flux[name] - own
        if normalized:
            away = flux[name] / medians[name] - own / np.median(own)
        np.testing.assert_allclose(y, away - np.median(away), atol=1e-9)
    assert set(drawn(inspector)) == {"B", "C"}


def test_stacked_ones_do_not_overlap(inspector):
    inspector.compare = "stacked"
    lowest = fit_range(inspector.time, inspector.flux)[0]
    for _, y in drawn(inspector).items():
        low, high = fit_range(y, y)
        assert high < lowest
        lowest = low


def test_labels_and_legend_say_what_is_drawn(inspector):
    inspector.compare = "ratio"
    assert compared_label(inspector, "flux") == "ratio to A"
    assert [kind.name for kind in compared_kinds(inspector)] == ["B", "C"]
    inspector.compare = "stacked"
    assert compared_label(inspector, "flux") == "flux"
    assert compared_note(inspector) == "scaled to A, moved down"
    inspector.compare = "difference"
    assert compared_label(inspector, "flux") == "minus A (e⁻/s)"
    for name in ("B", "C"):
        inspector.hide_aperture(name)
    assert compared_label(inspector, "flux") == "flux"  # nothing is beside it
    inspector.compare = "ratio"
    assert curve_series(inspector)[0][0].size


def test_an_empty_aperture_compares_with_nothing(inspector):
    inspector.set_aperture("empty")
    for how in ("over each other", "stacked", "ratio", "difference"):
        inspector.compare = how
        assert all(np.isnan(y).all() for y in drawn(inspector).values())


def test_points_of_all_are_one_source(inspector):
    inspector.compare = "over each other"
    view = LightCurveView(inspector)
    columns = other_points(view._picture()["points"][len(CURVE_KINDS) :], view.kinds_under)
    colors = {f"#{color:08x}" for color in columns["color"].tolist()}
    assert colors == {f"{OTHER_KINDS[place].color}ff" for place in (1, 2)}
    assert columns["t"].size == columns["f"].size == 2 * int(inspector.good.sum())


def test_all_kinds_have_a_code_of_their_own(inspector):
    view = LightCurveView(inspector)
    assert (len(view.kinds) + len(view.kinds_under)) * (LEVELS + 1) <= 256  # a byte each


def test_long_ones_are_cells_of_the_raster(inspector):
    tpf = simulate_tpf("TESS", n_cadences=MOST_POINTS + 50, shape=(3, 3), columns=("flux",), seed=1)
    several = Inspector(tpf, aperture=np.eye(3, dtype=bool), compare="stacked")
    several.add_aperture("B", "all")
    picture = LightCurveView(several)._picture()
    kinds = set(((picture["codes"][picture["codes"] > 0] - 1) // (LEVELS + 1)).tolist())
    assert kinds == {2, MOST + 1}  # B at its place, and the kept cadences above all others
    assert not any(x.size for x, _ in picture["points"])
