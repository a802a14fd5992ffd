"""The keywords of lightkurve's interact(), as they are meant there."""

import inspect
import warnings

import holoviews as hv
import numpy as np
import pytest

from tpfdash.app.interact import KEYWORDS, inspector_params, interact
from tpfdash.errors import TPFError
from tpfdash.inspector import CMAPS, Inspector
from tpfdash.io import lightcurve_bytes
from tpfdash.simulate import simulate_tpf

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def tpf():
    tpf = simulate_tpf("K2", n_cadences=200, shape=(6, 7), gaps=[(50, 55)], seed=4)
    tpf["quality"].values[[20, 21]] |= 32
    tpf["flux"].values[93] *= 3
    return tpf


@pytest.fixture
def theirs(tpf, tmp_path):
    """The same file in lightkurve, without its flagged cadences, as interact() shows it."""
    from tpfdash.io import write_tpf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lightkurve

        return lightkurve.read(write_tpf(tpf, tmp_path / "tpf.fits"))


def mapped(tpf, **keywords):
    return Inspector(tpf, **inspector_params(tpf, keywords))


def kept(inspector):
    return inspector.good & np.isfinite(inspector.time)


def test_every_keyword_of_theirs_is_known():
    import lightkurve
    from lightkurve.interact import show_interact_widget

    names = set(inspect.signature(lightkurve.KeplerTargetPixelFile.interact).parameters)
    names |= set(inspect.signature(show_interact_widget).parameters)
    assert names - {"self", "kwargs", "tpf", "lc", "scale"} == set(KEYWORDS)


def test_defaults_of_theirs_change_nothing(tpf):
    plain = Inspector(tpf)
    same = mapped(
        tpf,
        aperture_mask="default",
        exported_filename=None,
        transform_func=None,
        ylim_func=None,
        vmin=None,
        vmax=None,
    )
    for name in set(plain.param) - {"name", "lightcurve", "tpf"}:
        np.testing.assert_array_equal(getattr(same, name), getattr(plain, name), err_msg=name)


def test_aperture_masks(tpf):
    some = np.zeros((6, 7), dtype=bool)
    some[2, 3] = True
    pipeline = (tpf["aperture"].values & 2) != 0
    everything = np.ones((6, 7), dtype=bool)
    for value, expected in [
        (None, everything),
        ("all", everything),
        ("pipeline", pipeline),
        ("default", pipeline),
        ("empty", ~everything),
        (some, some),
        (some.astype(int), some),
        (tpf["aperture"].values, pipeline),
    ]:
        np.testing.assert_array_equal(mapped(tpf, aperture_mask=value).aperture, expected)
    tpf["aperture"].values[:] = 1
    fallback = mapped(tpf, aperture_mask="pipeline").aperture
    np.testing.assert_array_equal(fallback, mapped(tpf, aperture_mask="threshold").aperture)


def test_transform_is_applied_to_what_lightkurve_would_apply_it_to(tpf, theirs):
    def transform(lc):
        return lc.normalize().flatten(window_length=31).remove_outliers(sigma=4)

    inspector = mapped(tpf, transform_func=transform)
    expected = transform(theirs.to_lightcurve(aperture_mask=inspector.aperture))
    drawn = np.isfinite(inspector.flux)
    assert 0 < (kept(inspector) & ~drawn).sum() < 20  # it dropped outliers
    assert not drawn[93]
    cadences = tpf["cadenceno"].values[drawn]
    np.testing.assert_array_equal(cadences, expected.cadenceno)
    np.testing.assert_allclose(inspector.flux[drawn], expected.flux.value, rtol=1e-5)
    errors = inspector.lightcurve["flux_err"].values[drawn]
    np.testing.assert_allclose(errors, expected.flux_err.value, rtol=1e-4)
    assert inspector.flux_unit == ""
    assert inspector.describe(np.flatnonzero(drawn)[30])["flux_err"] == errors[30]
    assert inspector.lightcurve.attrs["transform"] == "transform"
    table = lightcurve_bytes(inspector.lightcurve, "ecsv").decode()
    assert "electron / s" not in table and "transform: transform" in table


def test_transform_goes_with_mask_and_quality(tpf):
    calls = []

    def transform(lc):
        calls.append(len(lc))
        return lc * 2

    inspector = mapped(tpf, transform_func=transform)
    plain = Inspector(tpf)
    told = []
    inspector.param.watch(told.append, "lightcurve")
    for change in (
        lambda one: one.set_aperture("all"),
        lambda one: setattr(one, "quality_bitmask", "none"),
        lambda one: setattr(one, "normalized", True),
    ):
        change(inspector)
        change(plain)
        expected = plain.flux[kept(plain)] * (1 if plain.normalized else 2)
        np.testing.assert_allclose(inspector.flux[kept(inspector)], expected, rtol=1e-12)
        assert np.isnan(inspector.flux[~kept(inspector)]).all()
    assert len(told) == 2
    assert len(calls) == 2  # once for each light curve asked for, however often that was
    inspector.transform = None
    np.testing.assert_array_equal(inspector.flux, plain.flux)
    assert len(told) == 3


def test_transform_that_fails_later_breaks_no_gesture(tpf):
    def transform(lc):
        if lc.meta["APERTURE_MASK"].sum() == 1:
            raise ValueError("one pixel will not do")
        return lc

    inspector = mapped(tpf, transform_func=transform)
    assert np.isfinite(inspector.flux).any()
    inspector.select(int(tpf["row"][0]), int(tpf["col"][0]))
    assert np.isnan(inspector.flux).all()
    assert "one pixel will not do" in inspector.lightcurve.attrs["trouble"]
    inspector.set_aperture("empty")
    assert "trouble" not in inspector.lightcurve.attrs
    inspector.set_aperture("all")
    assert np.isfinite(inspector.flux).any()


def test_ylim_func_sees_the_transformed_light_curve(tpf, theirs):
    def ylim(lc):
        return np.nanmin(lc.flux), 2 * lc.flux.max()  # Quantities, as users write it

    inspector = mapped(tpf, ylim_func=ylim, transform_func=lambda lc: lc.normalize())
    expected = theirs.to_lightcurve(aperture_mask=inspector.aperture).normalize().flux.value
    np.testing.assert_allclose(
        inspector.flux_limits(), (np.nanmin(expected), 2 * np.nanmax(expected)), rtol=1e-5
    )
    inspector.show_all = True
    assert inspector.flux_limits() is None
    fixed = mapped(tpf, ylim_func=lambda lc: (0, 1e6))
    assert fixed.flux_limits() == (0, 1e6)
    median = np.median(fixed.flux[kept(fixed)])
    fixed.normalized = True
    np.testing.assert_allclose(fixed.flux_limits(), (0, 1e6 / median))


def test_scale(tpf):
    assert mapped(tpf).scale == "auto"
    for name in ("log", "linear"):  # theirs
        assert mapped(tpf, scale=name).scale == name


def test_levels(tpf):
    plain = Inspector(tpf)
    low, high = plain.levels()
    assert mapped(tpf, vmin=10, vmax=900.0).levels() == (10, 900)
    assert mapped(tpf, vmin=10).levels() == (10, high)
    assert mapped(tpf, vmax=1e6).levels() == (low, 1e6)
    both = mapped(tpf, vmax=low - 5).levels()
    assert both[1] == low - 5 and both[0] < both[1]
    inspector = mapped(tpf, vmin=10, vmax=900, stretch=(5, 50))
    assert inspector.levels() == (10, 900)
    inspector.stretch = (1, 95)  # the slider takes over
    assert inspector.limits is None and inspector.levels_from == "percentiles"
    assert inspector.levels() == Inspector(tpf, stretch=(1, 95)).levels() != (low, high)
    inspector.limits = (None, 7e5)
    inspector.levels_from = "auto"  # and so does the menu
    assert inspector.levels() == (low, high) and inspector.limits is None
    inspector.limits = (None, 7e5)
    inspector.column = "error"  # other values, other levels
    assert inspector.limits is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Viridis256", "viridis"), ("Greys256", "gray"), ("Greys", "gray_r"), ("magma", "magma")],
)
def test_colour_maps(tpf, name, expected):
    assert mapped(tpf, cmap=name).cmap == expected


def test_grey_names_mean_what_bokeh_and_matplotlib_mean():
    import matplotlib
    from bokeh.palettes import all_palettes

    from tpfdash.app.interact import _CMAPS
    from tpfdash.views.pixels import palette

    for name, ours in _CMAPS.items():
        assert ours in CMAPS
        if name.endswith("256"):
            first, last = (all_palettes[name[:-3]][256][end] for end in (0, -1))
        else:
            theirs = matplotlib.colormaps[name]
            first, last = (matplotlib.colors.to_hex(theirs(end)) for end in (0.0, 1.0))
        assert brightness(palette(ours)[0]) == pytest.approx(brightness(first), abs=8), name
        assert brightness(palette(ours)[-1]) == pytest.approx(brightness(last), abs=8), name


def brightness(color):
    return np.mean([int(color[i : i + 2], 16) for i in (1, 3, 5)])


def test_exported_filename(tpf):
    assert mapped(tpf, exported_filename="star.fits").filename == "star.fits"


BAD = {
    "aperture_mask": ["pipelin", np.ones((2, 2), bool), 3],
    "transform_func": ["normalize", lambda lc: None, lambda lc: 1 / 0, lambda lc: lc.bin(0.5)],
    "ylim_func": [(0, 1), lambda lc: 5, lambda lc: (1, 1), lambda lc: lc.nothing],
    "vmin": ["low", np.nan],
    "vmax": ["high", np.inf],
    "scale": ["logarithmic"],
    "cmap": ["plasma", "Turbo256", 3],
    "exported_filename": ["out/star.fits", "", 3],
    "max_cadences": [10],
    "notebook_url": ["localhost:8888"],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n in BAD for v in BAD[n]])
def test_a_bad_value_fails_in_the_call(tpf, name, value):
    word = "aperture" if name == "aperture_mask" else name
    with pytest.raises(TPFError, match=word):
        interact(tpf, **{name: value})


def test_contradictions_and_unknown_keywords(tpf):
    with pytest.raises(TPFError, match="vmin is 5 and vmax 3"):
        interact(tpf, vmin=5, vmax=3)
    with pytest.raises(TPFError, match="aperture_mask and aperture mean the same"):
        interact(tpf, aperture="all", aperture_mask="all")
    with pytest.raises(TPFError, match="'lc'"):
        interact(tpf, lc=None)


def test_folding_is_refused_in_words(tpf):
    with pytest.raises(TPFError, match="neither bin nor fold"):
        interact(tpf, transform_func=lambda lc: lc.fold(1.0))


def test_everything_together(tpf, monkeypatch):
    monkeypatch.setattr("tpfdash.app.interact.open_tab", lambda dashboard: None)
    dashboard = interact(
        tpf,
        aperture_mask="all",
        transform_func=lambda lc: lc.remove_nans().normalize(),
        ylim_func=lambda lc: (0.5, 1.5),
        vmin=0,
        vmax=3000,
        scale="linear",
        cmap="Greys256",
        exported_filename="mine.fits",
    )
    assert dashboard.aperture.all()
    figure = hv.renderer("bokeh").get_plot(dashboard.light_curve.plot).state
    assert (figure.y_range.start, figure.y_range.end) == (0.5, 1.5)
