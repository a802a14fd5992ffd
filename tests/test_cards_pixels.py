"""The card of the postage stamp: its buttons, its menus, its readout."""

import numpy as np
import panel as pn
import pytest
from bokeh.models import LayoutDOM
from cardparts import UNTIMED, cells, mask, odd_tpf, part, parts, press, put_on_page, words

from tpfdash.cards.pixels import marks_html, pixel_card, stamp_text
from tpfdash.inspector import CMAPS, Inspector
from tpfdash.stamp.columns import COLUMNS
from tpfdash.stamp.masks import sky_mask, threshold_mask
from tpfdash.stamp.residual import local_median
from tpfdash.stamp.stretch import LEVELS_FROM, SCALE_NAMES
from tpfdash.views.pixels import PixelView


@pytest.fixture
def tpf():
    return odd_tpf()


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


@pytest.fixture
def card(inspector):
    return pixel_card(inspector, PixelView(inspector))


def labels(card):
    """The names on the buttons that are there, but for undo and redo."""
    return [
        one.name
        for one in card.select(pn.widgets.Button)
        if not {"tpf-undo", "tpf-redo"} & set(one.css_classes)
    ]


# -- masks -----------------------------------------------------------------------------------------


def test_the_buttons_are_those_of_the_mask_that_is_edited(inspector, card):
    apertures = ["Pipeline", "Threshold", "All", "Clear"]
    assert labels(card) == apertures
    inspector.editing = "background"
    assert labels(card) == ["Sky", "Rest", "None"]
    inspector.editing = "aperture"
    assert labels(card) == apertures


def test_a_card_made_while_the_background_is_edited_has_its_buttons(tpf):
    inspector = Inspector(tpf, editing="background")
    assert labels(pixel_card(inspector, PixelView(inspector))) == ["Sky", "Rest", "None"]


@pytest.mark.parametrize(
    ("mission", "bits", "there"),
    [("TESS", 4, True), ("TESS", 16, False), ("K2", 4, False)],
)
def test_only_a_file_that_marks_a_background_has_a_button_for_it(mission, bits, there):
    tpf = odd_tpf(mission)
    tpf["aperture"].values[:] &= ~4
    tpf["aperture"].values[0, :3] |= bits  # in Kepler's files 4 is the flux-weighted centroid
    inspector = Inspector(tpf, editing="background")
    card = pixel_card(inspector, PixelView(inspector))
    assert bool(parts(card, "mission")) is there
    if there:
        press(card, "mission")
        np.testing.assert_array_equal(inspector.background, mask((0, 0), (0, 1), (0, 2)))


@pytest.mark.parametrize("before", [mask((0, 0)), np.ones((5, 6), bool)])
def test_buttons_of_the_aperture(inspector, card, tpf, before):
    wanted = {
        "pipeline": tpf["aperture"].values & 2 == 2,
        "threshold": threshold_mask(tpf),
        "all": np.ones((5, 6), bool),
        "clear": mask(),
    }
    for tag, expected in wanted.items():
        inspector.aperture = before
        press(card, tag)
        np.testing.assert_array_equal(inspector.aperture, expected, err_msg=tag)
        assert not inspector.background.any()


def test_buttons_of_the_background(inspector, card, tpf):
    inspector.editing = "background"
    inspector.aperture = aperture = mask((2, 2), (2, 3))
    wanted = {"sky": sky_mask(tpf, aperture), "rest": ~aperture, "clear": mask()}
    for tag, expected in wanted.items():
        inspector.background = mask((0, 0))
        press(card, tag)
        np.testing.assert_array_equal(inspector.background, expected, err_msg=tag)
        np.testing.assert_array_equal(inspector.aperture, aperture)


def test_undo_and_redo_are_there_where_there_is_something_to_do(inspector, card):
    undo, redo = part(card, "undo"), part(card, "redo")

    def enabled():
        return not undo.disabled, not redo.disabled

    first = inspector.aperture
    assert enabled() == (False, False)
    press(card, "all")
    assert enabled() == (True, False)
    inspector.background = second = mask((0, 0))
    assert enabled() == (True, False)
    press(card, "undo")
    assert enabled() == (True, True) and not inspector.background.any()
    press(card, "undo")
    assert enabled() == (False, True)
    np.testing.assert_array_equal(inspector.aperture, first)
    press(card, "redo")
    press(card, "redo")
    assert enabled() == (True, False)
    assert inspector.aperture.all()
    np.testing.assert_array_equal(inspector.background, second)
    inspector.undo()
    inspector.select(*(int(inspector.tpf[name][0]) for name in ("row", "col")))
    assert enabled() == (True, False)  # what was taken back is forgotten


def test_a_card_made_later_knows_what_can_be_undone(inspector):
    inspector.set_aperture("all")
    inspector.set_aperture("empty")
    inspector.undo()
    card = pixel_card(inspector, PixelView(inspector))
    assert not part(card, "undo").disabled and not part(card, "redo").disabled


# -- menus -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "param", "options", "chosen", "other"),
    [
        ("mode", "mode", ["replace", "add", "remove", "toggle"], "add", "remove"),
        ("editing", "editing", ["aperture", "background"], "background", "aperture"),
        ("scale", "scale", list(SCALE_NAMES), "asinh", "linear"),
        ("levels-from", "levels_from", list(LEVELS_FROM), "this frame", "auto"),
        ("cmap", "cmap", list(CMAPS), "magma", "gray"),
        (
            "column",
            "column",
            ["flux", "background", "raw counts", "error", "residual", "S/N"],
            "error",
            "flux",
        ),
    ],
)
def test_menus_and_params_follow_each_other(inspector, card, tag, param, options, chosen, other):
    menu = part(card, tag)
    assert list(menu.options) == options
    assert menu.value == getattr(inspector, param)
    menu.value = chosen
    assert getattr(inspector, param) == chosen
    setattr(inspector, param, other)
    assert menu.value == other


def test_a_column_that_the_file_has_not_is_not_offered(tpf):
    def offered(tpf):
        inspector = Inspector(tpf)
        return list(part(pixel_card(inspector, PixelView(inspector)), "column").options)

    assert offered(tpf.drop_vars("flux_err")) == ["flux", "background", "raw counts", "residual"]
    tpf["flux_bkg"].values[:] = 0
    assert offered(tpf) == ["flux", "raw counts", "error", "residual", "S/N"]
    assert set(offered(odd_tpf("Kepler", cosmic_rays=3.0))) == set(COLUMNS)


def test_the_stretch_and_its_slider_follow_each_other(inspector, card):
    slider, menu = part(card, "stretch"), part(card, "levels-from")
    assert slider.value == inspector.stretch == (1, 95)
    assert (slider.start, slider.end) == (0, 100) and menu.value == "auto"
    inspector.limits = (10, 20)
    slider.value = (5, 80)
    assert inspector.stretch == (5, 80)
    assert inspector.limits is None and menu.value == inspector.levels_from == "percentiles"
    menu.value = "auto"
    assert inspector.levels_from == "auto" and slider.value == inspector.stretch == (5, 80)
    inspector.stretch = (0, 50)
    assert slider.value == (0, 50)


# -- the readout -----------------------------------------------------------------------------------


def by_hand(tpf, column, cadence, row, col):
    """The value of a column in one pixel, counted from the corner, in plain numpy."""

    def value(name):
        return float(tpf[name].values[cadence, row, col])

    return {
        "flux": lambda: value("flux"),
        "background": lambda: value("flux_bkg"),
        "raw counts": lambda: value("raw_cnts") - tpf.attrs["raw_counts_offset"],
        "error": lambda: value("flux_err"),
        "cosmic rays": lambda: value("cosmic_rays"),
        "as seen": lambda: value("flux") + value("flux_bkg") + value("cosmic_rays"),
        "S/N": lambda: value("flux") / value("flux_err"),
        "residual": lambda: value("flux") - local_median(tpf, cadence)[row, col],
    }[column]()


def test_the_readout_of_a_pixel_in_every_column():
    tpf = odd_tpf("Kepler", cosmic_rays=3.0)
    cadence, row, col = np.argwhere(tpf["cosmic_rays"].values > 0)[0].tolist()
    pixel = int(tpf["row"][row]), int(tpf["col"][col])
    inspector = Inspector(tpf, cadence=cadence)
    card = pixel_card(inspector, PixelView(inspector))
    readout, menu = part(card, "pixel-readout"), part(card, "column")
    inspector.pointed = pixel
    assert set(menu.options) == set(COLUMNS)
    for column in menu.options:
        menu.value = column
        label = COLUMNS[column].label
        said = cells(readout.object)
        assert list(said) == ["row", "column", label]
        assert (said["row"], said["column"]) == tuple(map(str, pixel))
        number, _, unit = said[label].partition(" ")
        expected = by_hand(tpf, column, cadence, row, col)
        assert float(number.replace(",", "")) == pytest.approx(expected, rel=1e-4), column
        assert unit == {"raw counts": "counts", "S/N": ""}.get(column, "e⁻/s")


def test_the_readout_follows_the_mouse_and_the_cadence(inspector, card, tpf):
    readout = part(card, "pixel-readout")
    assert cells(readout.object) == {"row": "–", "column": "–", "Flux": "–"}
    corner = int(tpf["row"][0]), int(tpf["col"][0])
    for cadence, (row, col) in [(4, (2, 3)), (4, (1, 0)), (9, (1, 0)), (UNTIMED, (0, 5))]:
        inspector.cadence = cadence
        inspector.pointed = (corner[0] + row, corner[1] + col)
        said = cells(readout.object)
        assert (said["row"], said["column"]) == (str(corner[0] + row), str(corner[1] + col))
        number = float(said["Flux"].removesuffix(" e⁻/s").replace(",", ""))
        expected = float(tpf["flux"].values[cadence, row, col])
        assert number == pytest.approx(expected, rel=1e-4)
    inspector.pointed = None
    assert cells(readout.object) == {"row": "–", "column": "–", "Flux": "–"}
    inspector.column = "background"
    assert cells(readout.object) == {"row": "–", "column": "–", "Background": "–"}


@pytest.mark.parametrize(("cadence", "pixel"), [(4, (4, 5)), (30, (2, 2))])
def test_a_pixel_without_a_value_has_none_and_no_unit(inspector, card, tpf, cadence, pixel):
    inspector.cadence = cadence
    inspector.pointed = (int(tpf["row"][pixel[0]]), int(tpf["col"][pixel[1]]))
    assert cells(part(card, "pixel-readout").object)["Flux"] == "not available"


def test_raw_counts_of_minus_one_are_no_value(inspector, card, tpf):
    tpf["raw_cnts"].values[7, 0, 0] = -1
    inspector.param.update(cadence=7, column="raw counts")
    inspector.pointed = (int(tpf["row"][0]), int(tpf["col"][0]))
    assert cells(part(card, "pixel-readout").object)["Raw counts"] == "not available"


# -- what the user is told -------------------------------------------------------------------------


def test_every_button_says_what_it_does(inspector, card):
    for editing in ("aperture", "background"):
        inspector.editing = editing
        tips = [one.html_attributes["title"] for one in card.select(pn.widgets.Button)]
        assert all(tips) and len(set(tips)) == len(tips)


def test_the_legend_has_what_is_on_the_stamp_and_no_more(inspector, card, tpf):
    legend = part(card, "marks")
    assert words(legend.object) == "aperturepipeline’s aperturetarget (catalogue)"
    inspector.background = mask((0, 0))
    assert "background" in words(legend.object)
    inspector.aperture = mask()
    assert words(legend.object).startswith("background")
    dashes = [line.partition("/>")[0] for line in legend.object.split("<path")[1:]]
    assert len(set(dashes)) == 3  # told apart by more than the colour
    bare = tpf.copy()
    bare["aperture"] = bare["aperture"] & ~2
    bare.attrs = bare.attrs | {"ra": np.nan}
    assert words(marks_html(Inspector(bare, aperture="empty"))) == ""


def test_a_picture_says_what_it_shows(inspector, card, tpf):
    root = put_on_page(card)
    (figure,) = (
        one
        for one in root.references()
        if isinstance(one, LayoutDOM) and "role" in one.html_attributes
    )
    assert figure.html_attributes["role"] == "figure"

    def said():
        return figure.html_attributes["aria-label"]

    inspector.cadence = 4
    values = np.where(np.isfinite(tpf["flux"].values[4]), tpf["flux"].values[4], -1)
    row, col = np.unravel_index(values.argmax(), values.shape)
    assert f"cadence {int(tpf['cadenceno'][4])}" in said()
    assert f"Highest in row {int(tpf['row'][row])}, column {int(tpf['col'][col])}: " in said()
    assert "5 rows by 6 columns: flux" in said() and "The background is empty" in said()
    inspector.aperture = mask((1, 2), (3, 2))
    rows, first = tpf["row"].values, int(tpf["col"][2])
    assert (
        f"The aperture has 2 pixels, in rows {rows[1]} to {rows[3]} and columns {first} to {first}."
        in said()
    )
    inspector.cadence = 30
    assert "No pixel has a value" in said() and said() == stamp_text(inspector)


def test_other_apertures_are_named_in_legend_and_text(inspector):
    assert "beside it" not in stamp_text(inspector)
    inspector.add_aperture("<wide>", "all")
    assert "aperture A" in words(marks_html(inspector))
    assert words(marks_html(inspector)).endswith("<wide>")
    assert "It is A; beside it there are <wide>." in stamp_text(inspector)
    inspector.hide_aperture("<wide>")
    assert "<wide>" not in words(marks_html(inspector))
