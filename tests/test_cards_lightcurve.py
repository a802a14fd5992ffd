"""The card of the light curve: quality, the step through time, play, readout, panels."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import panel as pn
import pytest
from bokeh.models import Plot
from cardparts import UNTIMED, cells, mask, odd_tpf, part, parts, press, put_on_page, words

from tpfdash.cards.lightcurve import lightcurve_card
from tpfdash.cards.widgets import is_in_sight
from tpfdash.inspector import Inspector
from tpfdash.views.lightcurve import LightCurveView
from tpfdash.views.panels import PANELS, PanelView

LAST = 39
DEFAULT_BITS = 1130799  # K2


@pytest.fixture
def tpf():
    return odd_tpf()


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture
def card(inspector):
    return lightcurve_card(inspector, LightCurveView(inspector))


# -- quality and display ---------------------------------------------------------------------------


def test_the_quality_menu_and_the_param_follow_each_other(inspector, card):
    menu = part(card, "quality")
    assert list(menu.options.values()) == ["none", "default", "hard", "hardest", "custom"]
    assert menu.value == "default"
    menu.value = "hard"
    assert inspector.quality_bitmask == "hard"
    inspector.quality_bitmask = "none"
    assert menu.value == "none"


def test_bits_of_ones_own_are_custom(inspector, card):
    menu = part(card, "quality")
    for bits in (160, DEFAULT_BITS, 0):  # those that a word has too are the user's own all the same
        inspector.quality_bitmask = bits
        assert menu.value == "custom"
        assert inspector.quality_bitmask == bits
    menu.value = "default"
    assert inspector.quality_bitmask == "default"
    later = Inspector(inspector.tpf, quality_bitmask=160)
    assert part(lightcurve_card(later, LightCurveView(later)), "quality").value == "custom"


@pytest.mark.parametrize("word", ["none", "default", "hard", "hardest"])
def test_custom_keeps_the_bits_of_the_word_before(inspector, card, word):
    inspector.quality_bitmask = word
    good = inspector.good
    part(card, "quality").value = "custom"
    assert inspector.quality_bitmask == inspector.mission.quality_bitmasks[word]
    assert part(card, "quality").value == "custom"
    np.testing.assert_array_equal(inspector.good, good)


@pytest.mark.parametrize(
    ("tag", "param", "before"),
    [
        ("show-flagged", "show_flagged", True),
        ("normalized", "normalized", False),
        ("show-all", "show_all", False),
    ],
)
def test_switches_and_params_follow_each_other(inspector, card, tag, param, before):
    switch = part(card, tag)
    assert switch.value is getattr(inspector, param) is before
    switch.value = not before
    assert getattr(inspector, param) is not before
    setattr(inspector, param, before)
    assert switch.value is before


# -- the current cadence ---------------------------------------------------------------------------


def test_slider_and_field_follow_the_cadence_and_the_cadence_them(inspector, card):
    slider, field = part(card, "cadence"), part(card, "cadence-number")
    assert (slider.start, slider.end) == (0, LAST)

    def all_three():
        return slider.value, field.value, inspector.cadence

    assert all_three() == (0, 0, 0)
    slider.value = 9
    assert all_three() == (9, 9, 9)
    field.value = 31
    assert all_three() == (31, 31, 31)
    inspector.cadence = UNTIMED
    assert all_three() == (UNTIMED, UNTIMED, UNTIMED)


@pytest.mark.parametrize("before", [0, 20, LAST])
@pytest.mark.parametrize(
    ("typed", "taken"), [(LAST + 1, LAST), (10**6, LAST), (-1, 0), (-(10**6), 0), (None, "before")]
)
def test_the_field_takes_the_nearest_cadence_there_is(inspector, card, before, typed, taken):
    inspector.cadence = before
    field = part(card, "cadence-number")
    field.value = typed
    expected = before if taken == "before" else taken
    assert inspector.cadence == expected
    assert field.value == part(card, "cadence").value == expected


def test_a_file_of_one_cadence_has_its_slider(tpf):
    one = Inspector(tpf.isel(time=slice(0, 1)))
    card = lightcurve_card(one, LightCurveView(one))
    assert part(card, "cadence").value == 0
    part(card, "cadence-number").value = 5
    assert one.cadence == 0


def test_back_and_forward_go_through_the_kept_cadences(inspector, card):
    inspector.cadence = 4
    press(card, "forward")
    assert inspector.cadence == 5  # cosmic ray: kept by default
    press(card, "forward")
    assert inspector.cadence == 7  # 6 has a desaturation event
    press(card, "back")
    assert inspector.cadence == 5
    inspector.cadence = LAST
    press(card, "forward")
    assert inspector.cadence == LAST


# -- play ------------------------------------------------------------------------------------------


@pytest.fixture
def clocks(monkeypatch):
    """The periodic callbacks that were asked for, which nothing calls by itself."""
    made, make = [], type(pn.state).add_periodic_callback

    def add(self, *args, **keywords):
        made.append(make(self, *args, **keywords))
        return made[-1]

    monkeypatch.setattr(type(pn.state), "add_periodic_callback", add)
    return made


def test_play_steps_on_until_it_is_stopped(inspector, card, clocks):
    play = part(card, "play")
    inspector.cadence = 2
    assert (play.value, play.name, clocks) == (False, "▶ Play", [])
    play.value = True
    assert play.name == "⏸ Pause"
    (clock,) = clocks
    assert clock.running and 0 < clock.period <= 500
    seen = []
    for _ in range(4):
        clock.callback()
        seen.append(inspector.cadence)
    assert seen == [4, 5, 7, 8]  # 3 and 6 are flagged
    play.value = False
    assert play.name == "▶ Play"
    assert not clock.running
    play.value = True
    assert [one.running for one in clocks] == [False, True]


def test_play_goes_round_at_the_end(inspector, card, clocks):
    inspector.quality_bitmask = "none"
    part(card, "play").value = True
    (clock,) = clocks
    inspector.cadence = LAST - 1
    seen = []
    for _ in range(3):
        clock.callback()
        seen.append(inspector.cadence)
    assert seen == [LAST, 0, 1]


def test_play_goes_round_among_the_kept_cadences(tpf, clocks):
    tpf["quality"].values[[0, LAST]] = 1
    inspector = Inspector(tpf, cadence=LAST - 1)
    part(lightcurve_card(inspector, LightCurveView(inspector)), "play").value = True
    (clock,) = clocks
    clock.callback()
    assert inspector.cadence == 1


def test_play_with_one_kept_cadence_stays_on_it(tpf, clocks):
    tpf["quality"].values[:] = np.where(np.arange(LAST + 1) == 17, 0, 1)
    inspector = Inspector(tpf, cadence=0)
    part(lightcurve_card(inspector, LightCurveView(inspector)), "play").value = True
    (clock,) = clocks
    for _ in range(3):
        clock.callback()
        assert inspector.cadence == 17


def test_what_plays_keeps_no_inspector_alive(tpf, clocks):
    inspector = Inspector(tpf)
    card = lightcurve_card(inspector, LightCurveView(inspector))
    part(card, "play").value = True
    (clock,) = clocks
    gone = weakref.ref(inspector)
    del inspector, card
    gc.collect()
    assert gone() is None
    clock.callback()  # the page's clock may tick once more


# -- the readout -----------------------------------------------------------------------------------


def test_the_readout_follows_what_it_is_made_of(inspector, card, tpf):
    readout = part(card, "readout")

    def said():
        return cells(readout.object)

    def flux_by_hand(cadence):
        flux = tpf["flux"].values.astype(float)
        return flux[cadence][inspector.aperture].sum()

    def number():
        return float(said()["flux"].split()[0].replace(",", ""))

    assert said()["current"] == f"cadence {tpf['cadenceno'].values[0]} · index 0"
    inspector.cadence = 9
    assert said()["current"] == f"cadence {tpf['cadenceno'].values[9]} · index 9"
    assert number() == pytest.approx(flux_by_hand(9), rel=1e-5)
    inspector.aperture = np.eye(5, 6, dtype=bool)
    assert number() == pytest.approx(flux_by_hand(9), rel=1e-5)
    inspector.hovered = 4
    assert said()["at the mouse"] == f"cadence {tpf['cadenceno'].values[4]} · index 4"
    assert number() == pytest.approx(flux_by_hand(4), rel=1e-5)
    inspector.cadence = 10  # what the mouse is at goes before
    assert number() == pytest.approx(flux_by_hand(4), rel=1e-5)
    inspector.hovered = None
    assert number() == pytest.approx(flux_by_hand(10), rel=1e-5)
    part(card, "normalized").value = True
    kept = (tpf["quality"].values & DEFAULT_BITS) == 0
    every = np.array([flux_by_hand(cadence) for cadence in range(40)])
    median = np.median(every[kept & np.isfinite(every)])
    assert number() == pytest.approx(flux_by_hand(10) / median, rel=1e-5)


# -- panels ----------------------------------------------------------------------------------------

TAGS = {"Centroid": "centroid", "Pointing": "pointing", "Background": "background"}


def points(root, label):
    """The points in the panel that is spoken of so, in the order of its kinds."""
    (figure,) = (one for one in root.select({"type": Plot}) if spoken(one).startswith(label))
    sources = [
        one.data_source
        for one in figure.renderers
        if hasattr(one, "data_source") and one.level == "glyph"  # the marks at the edges are higher
    ]
    return [
        (source.data["t"], source.data["f"])
        for source in sources
        if {"t", "f"} <= source.data.keys()
    ]


def spoken(plot):
    return plot.html_attributes.get("aria-label", "")


def with_rolling_band(tpf):
    level = np.full((2, 40, 5), np.nan, np.float32)
    level[0] = np.arange(40)[:, np.newaxis] - np.arange(5)
    level[1, :, 2] = 7
    tpf = tpf.assign(rb_level=(("rb_duration", "time", "row"), level))
    tpf["rb_level"] = tpf["rb_level"].transpose("time", "row", "rb_duration")
    return tpf.assign_attrs(rb_durations=(3, 12))


def test_panels_are_those_that_the_file_has_the_data_for(tpf):
    def offered(tpf):
        inspector = Inspector(tpf)
        card = lightcurve_card(inspector, LightCurveView(inspector))
        return list(part(card, "panels").options)

    assert offered(tpf) == ["Centroid", "Pointing", "Background"]
    assert offered(with_rolling_band(tpf)) == [*TAGS, "Rolling band"]
    assert offered(tpf.drop_vars(["pos_corr1", "flux_bkg"])) == ["Centroid"]
    tpf["pos_corr1"].values[:] = 0
    tpf["flux_bkg"].values[:] = np.nan
    assert offered(tpf) == ["Centroid"]


def test_only_the_panels_unfolded_are_on_the_page(card):
    root = put_on_page(card)
    group = part(card, "panels")
    assert group.value == []

    def there():
        return [name for name, tag in TAGS.items() if parts(card, f"panel-{tag}")]

    def labels():
        return {spoken(plot).split(" against")[0] for plot in root.select({"type": Plot})}

    light_curve = labels()
    for chosen in (["Pointing"], ["Centroid", "Background"], list(TAGS), []):
        group.value = chosen
        assert there() == chosen
        units = {"Background": "e⁻/s"}
        panels = {f"{PANELS[name].label} ({units.get(name, 'pixel')})" for name in chosen}
        assert labels() == light_curve | panels


def test_the_values_in_the_panels_are_those_of_the_file(tpf):
    tpf = with_rolling_band(tpf)
    tpf["flux_bkg"].values[:] = np.random.default_rng(1).normal(100, 9, (40, 5, 6))
    inspector = Inspector(tpf)
    card = lightcurve_card(inspector, LightCurveView(inspector))
    part(card, "panels").value = [*TAGS, "Rolling band"]
    root = put_on_page(card)
    time = tpf["time"].values
    kept = tpf["quality"].values & DEFAULT_BITS == 0
    shown = kept & np.isfinite(time)
    for aperture in (inspector.aperture, mask((2, 2), (2, 3), (1, 0))):
        inspector.aperture = aperture
        flux = tpf["flux"].values.astype(float)[:, aperture]
        places = [(place * flux).sum(axis=1) / flux.sum(axis=1) for place in np.nonzero(aperture)]
        expected = {
            "Centroid": [place - np.nanmedian(place[kept]) for place in places],
            "Pointing": [tpf["pos_corr2"].values, tpf["pos_corr1"].values],
            "Background": [np.median(tpf["flux_bkg"].values[:, aperture], axis=1)],
            "Rolling band": [np.arange(40.0), np.full(40, 7.0)],
        }
        for name, series in expected.items():
            drawn = points(root, PANELS[name].label)
            assert len(drawn) == len(series), name
            for (t, f), values in zip(drawn, series, strict=True):
                np.testing.assert_array_equal(t, time[shown], err_msg=name)
                np.testing.assert_allclose(f, values[shown], rtol=1e-5, atol=1e-5, err_msg=name)


def test_the_panels_in_sight_are_those_unfolded(card, monkeypatch):
    made = {}

    class Recorded(PanelView):
        def __init__(self, inspector, name, light_curve):
            super().__init__(inspector, name, light_curve)
            assert name not in made
            made[name] = self

    monkeypatch.setattr("tpfdash.cards.lightcurve.PanelView", Recorded)
    group = part(card, "panels")
    for chosen in (["Pointing"], ["Centroid"], ["Centroid", "Pointing"], [], ["Pointing"]):
        group.value = chosen
        assert [name for name in group.options if name in made and made[name].live.shown] == chosen
    assert set(made) == {"Centroid", "Pointing"}


@pytest.fixture
def worked_out(monkeypatch):
    """The names of the panels whose values were worked out, one after the other."""
    done = []
    for name, panel in PANELS.items():

        def values(inspector, name=name, panel=panel):
            done.append(name)
            return panel.values(inspector)

        values.inputs = panel.values.inputs
        monkeypatch.setitem(PANELS, name, replace(panel, values=values))
    return done


def test_a_folded_panel_is_not_drawn_and_is_up_to_date_when_it_comes_back(
    inspector, card, worked_out
):
    root = put_on_page(card)
    group, label = part(card, "panels"), PANELS["Centroid"].label
    assert worked_out == []
    inspector.aperture = first = np.eye(5, 6, dtype=bool)
    assert worked_out == []
    group.value = ["Centroid"]
    assert set(worked_out) == {"Centroid"}
    before = points(root, label)[0][1]
    worked_out.clear()
    inspector.set_aperture("pipeline")
    assert worked_out == ["Centroid"]
    after = points(root, label)[0][1]
    assert not np.array_equal(before, after)
    worked_out.clear()
    group.value = []
    inspector.aperture = first
    inspector.quality_bitmask = "none"
    assert worked_out == []
    inspector.quality_bitmask = "default"
    group.value = ["Centroid"]
    np.testing.assert_array_equal(points(root, label)[0][1], before)


def test_a_panel_leaves_out_what_the_quality_choice_leaves_out(inspector, card, tpf):
    part(card, "panels").value = ["Pointing"]
    root = put_on_page(card)
    time, quality = tpf["time"].values, tpf["quality"].values
    for bits in (0, 128, 2**21 - 1):
        inspector.quality_bitmask = bits
        shown = np.isfinite(time) & (quality & bits == 0)
        for t, _ in points(root, PANELS["Pointing"].label):
            np.testing.assert_array_equal(t, time[shown])


def test_a_legend_names_each_kind_of_points(card, inspector):
    part(card, "panels").value = ["Pointing"]
    legends = [one.object for one in card.select(pn.pane.HTML) if "class='legend'" in one.object]
    assert all(word in legends[0] for word in ("kept", "flagged", "marked"))
    assert "row" in legends[1] and "column" in legends[1]


def test_others_are_compared_once_there_are_any(card, inspector):
    select = part(card, "compare")
    assert not is_in_sight(select)
    inspector.add_aperture("<wide>", "all")
    assert is_in_sight(select)
    select.value = "over each other"
    assert inspector.compare == "over each other"
    assert words(part(card, "curve-legend").object) == "keptflaggedmarked<wide>scaled to A"
    inspector.compare = "ratio"
    assert select.value == "ratio"
    assert words(part(card, "curve-legend").object) == "<wide>each over its median"
