"""Values to shades and back, fitted to what is to be seen, with numbers worked out by hand."""

import numpy as np
import pytest

from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.stamp.columns import available_columns, frame, sample_frames
from tpfdash.stamp.masks import pipeline_mask, sky_mask
from tpfdash.stamp.stretch import (
    SCALE_NAMES,
    SCALES,
    SKY_SHADE,
    Content,
    color_ticks,
    content,
    even_content,
    limited,
    percentile_levels,
    scale_for,
    shades,
    values_of,
)

SKY = Content(middle=10, grain=2, low=0, high=300)


def scale(name, ends):
    return scale_for(name, ends, SKY)


@pytest.mark.parametrize("name", SCALE_NAMES)
def test_the_ends_are_0_and_1_and_the_way_back_is_the_inverse(name):
    ends = (-20.0, 380.0)
    made = scale(name, ends)
    np.testing.assert_allclose(shades(np.array(ends), ends, made), [0, 1], atol=1e-7)
    np.testing.assert_allclose(shades(np.array([-500.0, 1e30]), ends, made), [0, 1], atol=1e-7)
    shade = np.linspace(0, 1, 41)
    values = values_of(shade, ends, made)
    assert (np.diff(values) > 0).all()
    np.testing.assert_allclose(shades(values, ends, made), shade, atol=1e-6)
    assert np.isnan(shades(np.array([np.nan]), ends, made)).all()


@pytest.mark.parametrize(
    ("name", "shade"),
    # auto: asinh((x - 10) / 2) from -2.312438 to 4.499934, and 2.712465 at x = 25
    [
        ("linear", 0.25),
        ("sqrt", 0.5),
        ("log", 0.799776),
        ("asinh", 0.549402),
        ("auto", 0.737614),
    ],
)
def test_a_quarter_of_the_range(name, shade):
    made = scale(name, (0, 100))
    assert shades(np.array([25.0]), (0, 100), made)[0] == pytest.approx(shade, abs=1e-5)
    assert values_of(np.array([shade]), (0, 100), made)[0] == pytest.approx(25, abs=1e-3)


@pytest.mark.parametrize("ends", [(1e6, 1e6 + 1e-9), (-1e30, 1e30), (1e300, 1.1e300), (9, 9.5)])
def test_the_fitted_scale_takes_any_ends(ends):
    made = scale("auto", ends)
    values = np.linspace(*ends, 9)
    found = shades(values, ends, made)
    assert np.isfinite(found).all() and found[0] == 0 and found[-1] == pytest.approx(1)
    assert (np.diff(found) >= 0).all()


def test_levels_of_percentiles_and_limits():
    values = np.arange(101.0)
    assert percentile_levels(values, (1, 95)) == (1, 95)
    assert percentile_levels(values[:0], (1, 95)) == (0, 1)
    assert limited((1, 95), None) == (1, 95)
    assert limited((1, 95), (None, 50.0)) == (1, 50)
    assert limited((1, 95), (7.0, None)) == (7, 95)
    low, high = limited((1, 95), (None, -3.0))
    assert high == -3 and low < high
    low, high = limited((1, 95), (200.0, None))
    assert low == 200 and low < high


@pytest.mark.parametrize("value", [0.0, 5.0, 1e30, -1e30, 3e-40])
def test_levels_of_one_value_are_apart(value):
    flat = np.full((9, 2, 2), value)
    for made in (content(flat), even_content(flat)):
        ends = made.low, made.high
        assert ends[0] < ends[1] and np.isfinite(1 / (ends[1] - ends[0]))
        assert np.isfinite(shades(flat[0], ends, scale_for("auto", ends, made))).all()
    low, high = percentile_levels(np.full(9, value), (1, 95))
    assert low < high and np.isfinite(1 / (high - low))


@pytest.mark.parametrize("shape", [(0, 2, 3), (4, 2, 3), (1, 1, 1)])
def test_what_has_no_value_has_ends_too(shape):
    frames = np.full(shape, np.nan)
    for made in (content(frames), even_content(frames)):
        assert made.low < made.high and made.grain > 0


# -- what the colours are fitted to ----------------------------------------------------------------


@pytest.fixture
def starlit():
    """64 frames of a sky at -5 with noise 4, and a star of 900 e-/s in its brightest pixel."""
    rng = np.random.default_rng(1)
    row, col = np.indices((11, 11))
    star = 900 * np.exp(-((row - 5) ** 2 + (col - 5) ** 2) / 2)
    return rng.normal(-5, 4, (64, 11, 11)) + star


def test_the_sky_has_its_shade_and_the_star_is_bright(starlit):
    made = content(starlit)
    ends = made.low, made.high
    shade = shades(starlit[7], ends, scale_for("auto", ends, made))
    sky = np.ones((11, 11), bool)
    sky[1:10, 1:10] = False
    assert np.median(shade[sky]) == pytest.approx(SKY_SHADE, abs=0.06)
    assert (shade[sky] == 0).mean() < 0.05  # noise does not go under
    assert (shade[4:7, 4:7] > 0.7).all()
    assert np.median(shade) < 0.3


def test_single_bad_pixels_and_frames_do_not_count(starlit):
    expected = content(starlit)
    bad = starlit.copy()
    bad[3] += 5e4  # an argabrightening
    bad[9, 2, 2] = 1e6  # a cosmic ray
    bad[:, 0, 0] = 1e5  # a stuck pixel
    bad[:, 10, 10] = np.nan
    bad[20, 1] = np.inf
    found = content(bad)
    assert found.middle == pytest.approx(expected.middle, abs=0.5)
    assert found.grain == pytest.approx(expected.grain, rel=0.2)
    assert found.high <= 8.5 * expected.high


def test_a_sky_that_wanders_stays_within_the_colours(starlit):
    drift = np.linspace(-80, 200, 64)[:, None, None]
    made = content(starlit + drift)
    ends = made.low, made.high
    shade = shades(starlit + drift, ends, scale_for("auto", ends, made))
    assert ((shade == 0) | (shade == 1)).mean() < 0.05


def test_values_that_go_both_ways_have_0_in_the_middle():
    frames = np.random.default_rng(2).normal(0, 3, (20, 9, 9))
    frames[4, 5, 5] = 500
    made = even_content(frames)
    ends = made.low, made.high
    assert ends[0] == -ends[1] and 30 <= ends[1] <= 60
    found = shades(np.array([0.0, 3, -3, 15]), ends, scale_for("auto", ends, made))
    assert found[0] == 0.5 and found[1] + found[2] == pytest.approx(1)
    assert found[3] - 0.5 > 3 * (found[1] - 0.5) > 0  # what stands out of the noise


STARS = [
    "kplr005562784-2011271113734_lpd-targ.fits.gz",
    "kplr006922244-2009166043257_lpd-targ.fits",
    "kplr011904151-2010009091648_lpd-targ.fits",
    "ktwo210994964-c04_lpd-targ.fits.gz",
    "ktwo211983544-c18_lpd-targ.fits",
    "tess-sip_tpf2.fits",
    "tess25155310-s01-first-cadences.fits.gz",
    "tess25155310-s01-first-cadences_no_target_position.fits.gz",
    "test-tpf-kplr-tabby-100-cadences.fits",
    "tic55525572_s5_tp.fits.gz",
]


@pytest.mark.parametrize("name", STARS)
def test_a_real_star_stands_out_of_its_sky(data_file, name):
    """As a file opens, at the first kept cadence.

    A fifth of the colours is a step that nobody overlooks (viridis goes from blue to green, say);
    and a star whose neighbourhood has its own colours has no more than a quarter of the stamp in
    the uppermost quarter of them. (In Sirius' FLUX the aperture is below the sky, as the smear was
    overcorrected, and the rest of the shared files have no pipeline aperture or no sky.)
    """
    from tpfdash.inspector import Inspector
    from tpfdash.views.pixels import PixelView

    inspector = Inspector(open_tpf(data_file(name)))
    shade = PixelView(inspector)._image()
    aperture = pipeline_mask(inspector.tpf)
    sky = sky_mask(inspector.tpf, aperture)
    assert np.nanmedian(shade[aperture]) - np.nanmedian(shade[sky]) >= 0.2
    assert np.mean(shade[np.isfinite(shade)] > 0.75) <= 0.25
    assert np.mean(shade[sky] <= 0) <= 0.1


def test_every_column_of_every_real_file_has_ends_and_ticks(data_file):
    folder = data_file("README.md").parent
    for path in sorted(folder.glob("*.fits*")):
        try:
            tpf = open_tpf(path)
        except TPFError:
            continue
        for column in available_columns(tpf):
            for frames in (sample_frames(tpf, column), frame(tpf, column, 0)[None]):
                made = content(frames)
                ends = made.low, made.high
                ticks = color_ticks(ends, scale_for("auto", ends, made))
                assert_ticks(ticks, ends, scale_for("auto", ends, made))


# -- the numbers on a bar --------------------------------------------------------------------------


def value_of(label):
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    number, _, power = label.replace("−", "-").replace(",", "").partition("×10")
    return float(number) * 10.0 ** int(power.translate(digits) or 0)


def assert_ticks(ticks, ends, made):
    shades_of, labels = [shade for shade, _ in ticks], [label for _, label in ticks]
    assert 1 <= len(ticks) <= 6
    assert len(set(labels)) == len(labels) and "-" not in "".join(labels)
    values = np.array([value_of(label) for label in labels])
    assert (np.diff(values) > 0).all()
    np.testing.assert_allclose(shades(values, ends, made), shades_of, atol=2e-3)
    for (shade, label), (there, text) in zip(ticks, ticks[1:], strict=False):
        assert 42 * (there - shade) > (len(label) + len(text)) / 2


@pytest.mark.parametrize(
    ("name", "ends", "labels"),
    [
        ("linear", (0, 1000), ["0", "200", "400", "600", "800", "1,000"]),
        ("linear", (-5, 6), ["−4", "−2", "0", "2", "4", "6"]),
        ("linear", (100.3, 145.2), ["110", "120", "130", "140"]),
        ("linear", (0, 0.003), ["0", "0.001", "0.002", "0.003"]),
        ("linear", (-3e9, 3e9), ["−2×10⁹", "0", "2×10⁹"]),
        ("sqrt", (0, 1000), ["0", "10", "100", "200", "500", "1,000"]),
        ("log", (0, 1000), ["0", "1", "10", "50", "100", "1,000"]),
        ("asinh", (0, 1000), ["0", "50", "100", "200", "500", "1,000"]),
        ("auto", (-20, 380), ["−20", "0", "5", "10", "20", "100"]),
    ],
)
def test_ticks_are_round_numbers_spread_over_the_bar(name, ends, labels):
    made = scale(name, ends)
    ticks = color_ticks(ends, made)
    assert_ticks(ticks, ends, made)
    assert [label for _, label in ticks] == labels


@pytest.mark.parametrize("name", SCALES)
def test_ticks_of_any_ends(name):
    rng = np.random.default_rng(5)
    for _ in range(300):
        low = rng.normal() * 10.0 ** rng.integers(-4, 9)
        ends = low, low + (abs(low) + 1e-3) * 10.0 ** rng.uniform(-3, 3)
        assert_ticks(color_ticks(ends, SCALES[name]), ends, SCALES[name])
