"""The Inspector's contract: what it takes and refuses, its gestures, its history, its watchers."""

import contextlib
import copy
import pickle

import dask.array
import numpy as np
import param
import pytest
import xarray as xr
from astropy.table import Table
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from test_photometry import COL, ROW, make_tpf

from tpfdash import photometry
from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.inspector.inspector import FOLLOWING
from tpfdash.io import open_tpf, write_tpf
from tpfdash.photometry import aperture_photometry
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.columns import frame
from tpfdash.stamp.sky import target_position
from tpfdash.timeseries.corrections import Bin, Flatten

SHAPE = (4, 5)
FLAGS = [0, 0, 128, 32, 0, 0, 1 << 20, 0, 128, 0]  # of the last ten cadences


@pytest.fixture
def tpf():
    """60 cadences of 4x5, a pipeline aperture of 2x2; 128 is kept by default, 32 and 1<<20 not."""
    rng = np.random.default_rng(2)
    tpf = make_tpf(rng.normal(100, 5, (60, *SHAPE)), np.ones((60, *SHAPE)))
    tpf["quality"].values[-10:] = FLAGS
    tpf["aperture"].values[1:3, 2:4] = 3
    return tpf


@pytest.fixture
def inspector(tpf):
    return Inspector(tpf)


def mask(*pixels):
    """The pixels given as (row, col) counted from the stamp's corner."""
    out = np.zeros(SHAPE, dtype=bool)
    for pixel in pixels:
        out[pixel] = True
    return out


def state(inspector):
    return {name: getattr(inspector, name) for name in inspector.param if name != "lightcurve"}


def assert_state(inspector, before):
    for name, value in state(inspector).items():
        assert value is before[name] or value == before[name], name


# -- params ------------------------------------------------------------------------------------


def test_defaults(inspector, tpf):
    np.testing.assert_array_equal(inspector.aperture, tpf["aperture"].values == 3)
    assert not inspector.background.any()
    assert (inspector.cadence, inspector.window, inspector.column) == (0, None, "flux")
    tpf["aperture"].values[:] = 1  # no pipeline aperture: some pixel there is
    assert Inspector(tpf).aperture.any()


def test_the_first_cadence_is_one_that_is_kept_and_has_a_time(tpf):
    tpf["quality"].values[:3] = 32
    tpf["time"].values[3] = np.nan
    assert Inspector(tpf).cadence == 4
    assert Inspector(tpf, quality_bitmask="none").cadence == 0
    assert Inspector(tpf, cadence=2).cadence == 2


@pytest.mark.parametrize("name", ["aperture", "background"])
def test_masks_are_copied_in_read_only_out_and_silent_when_equal(inspector, name):
    told = []
    inspector.param.watch(told.append, name)
    source = mask((0, 0))
    setattr(inspector, name, source)
    held = getattr(inspector, name)
    source[:] = True
    np.testing.assert_array_equal(held, mask((0, 0)))
    with pytest.raises(ValueError):
        held[0, 0] = False
    setattr(inspector, name, mask((0, 0)))
    setattr(inspector, name, mask((0, 0)).tolist())
    inspector.param.update(**{name: mask((0, 0)).astype(float)})
    assert len(told) == 1 and getattr(inspector, name) is held


NOT_MASKS = [
    np.zeros((5, 4), bool),
    np.zeros(20, bool),
    np.full(SHAPE, 2),
    np.full(SHAPE, np.nan),
    np.full(SHAPE, "x"),
    "pipelin",
    None,
    True,
]
BAD = {
    "aperture": NOT_MASKS,
    "aperture_list": [
        5,
        "A",
        None,
        (),  # none is edited
        [("A", None, False), ("B", None, False)],
        [("A", None, True)],
        [("A", None, False), ("A", np.zeros(SHAPE, bool), False)],
        [("A", None, False), (" ", np.zeros(SHAPE, bool), False)],
        [("A", None, False), (5, np.zeros(SHAPE, bool), False)],
        [("A", None, False), ("x" * 41, np.zeros(SHAPE, bool), False)],
        [("A", None, False), ("B", np.zeros((2, 2), bool), False)],
        [("A", None, False), ("B", np.zeros(SHAPE, bool), "no")],
        [("A", None), ("B", np.zeros(SHAPE, bool))],
        [("A", None, False), *((str(n), np.zeros(SHAPE, bool), False) for n in range(12))],
    ],
    "compare": ["both", None, 1],
    "background": NOT_MASKS,
    "cadence": [-1, 60, 1.5, np.nan, "3", None, True],
    "quality_bitmask": ["harder", -1, 1.5, True, [1]],
    "window": [(1, np.nan), (np.inf, 2), (1,), (1, 2, 3), 5.0, "12", ("a", "b")],
    "stacked": [None, 5.0, "12", (1, 2), [(1, np.nan)], [(1, 2, 3)], [("a", "b")], [(1, 2), 3]],
    "time_range": [(1, np.nan), 5.0, "12"],
    "column": ["FLUX", "background", None, 1, np.zeros(3)],  # this file has no FLUX_BKG
    "scale": ["logarithmic", None, 1],
    "levels_from": ["Auto", None, (1, 95)],
    "cmap": ["no such map", None],
    "picture": ["residual", None, 1],
    "mode": ["xor", None],
    "editing": ["both", None],
    "limits": [5.0, "12", (1, 2, 3), (np.nan, 5), (7, 7), (9, 3), ("a", None)],
    "corrections": [
        *(None, 3, "flatten", Flatten, ["flatten"], [{"correction": "Whiten"}]),
        *([{"correction": ["Flatten"]}], [{"correction": "Flatten", "window_length": 0}]),
        *([{"correction": "Flatten", "window_length": 10**400}],),
        *([Flatten(1.0), Flatten(2.0)], [Bin(0.5), Flatten()]),
    ],
    "show_raw": ["yes", 1, None],
    "transform": ["normalize", 3],
    "flux_range": ["all", (0, 1)],
    "filename": ["out/star.fits", "..\\star", "a\0b", None, 5],
    "stretch": [(-1, 50), (50, 101), (np.nan, 50), None, "19", (1, 2, 3)],
    "normalized": ["yes", 1, None],
    "show_flagged": ["yes", 2, None],
    "show_all": ["yes", 2, None],
    "grid_time": ["some", None, 1],
    "grid_scale": ["one", None, 1],
    "grid_corner": [3, "12", (0, 0), (1.5, 2), (1, 2, 3)],
    "notes": [None, 5, "a" * 10_001],
    "check": [None, 5],
    "hovered": [-1, 1.5, "3"],
    "pointed": [3, "12", (0, 0), (1.5, 2), (1, 2, 3)],
    "marked_flag": [-1, 1.5, "4", None],
    "stars": [5, "gaia", Table({"stars": [1]})],
    "variables": [5, Table({"variables": [1]})],
    "movers": [5, Table({"movers": [1]})],
    "star": [-1, 1.5, "3"],
    "events": [5, "events", [(1.0, 2.0)]],
    "ephemeris": [5, "3.5", (3.5, 131.2), {"period": 3.5}, {"period": -1.0, "t0": 0.0}],
    "periodogram": [5, "box", np.ones(3)],
    "period_range": [(0.0, 1.0), (-1.0, 2.0), (1.0, np.nan), (2.0, 2.0), 5.0, "12"],
    "phase_range": [(0.1, np.nan), 5.0, "12"],
    "phase_unit": ["days", None, 1],
    "known": [5, "Kepler-8 b", [5], None],
    "marks": [None, 5.0, "12", (1, 2), [(1, np.nan)]],
    "remarks": [None, 5, "real", [(1, 2, "fake", "")], [(1, np.nan, "real", "")], [(1, 2, "", 3)]],
    "said": [None, 5, {(1.0, 2.0): "real"}],
    "ticked": [None, 5.0, "12", (1, 2), [(1, np.nan)]],
    "event_kind": ["flare", None, 1],
    "event_order": ["rank", "--time", None],
    "pointed_star": [-1, 1.5, "3"],
    "show_stars": ["yes", 1, None],
    "star_limit": [np.nan, 99, 10**400, "bright", None, True],
    "star_colors": ["yes", 1, None],
}


@pytest.mark.parametrize("name", BAD)
def test_a_number_too_large_for_a_float_is_refused_or_taken(inspector, name):
    for huge in (10**400, (10**400, 1), [(10**400, 1)]):
        with contextlib.suppress(TPFError):  # and raises nothing else
            setattr(inspector, name, huge)


@pytest.mark.parametrize(("name", "value"), [(n, v) for n in BAD for v in BAD[n]])
def test_a_bad_value_raises_and_changes_nothing(tpf, inspector, name, value):
    before, told = state(inspector), []
    inspector.param.watch(told.append, list(before))
    with pytest.raises(TPFError, match=name.split("_")[0]):
        setattr(inspector, name, value)
    assert_state(inspector, before)
    assert not told
    if value is not None or name not in ("aperture", "background"):  # where None is "default"
        with pytest.raises(TPFError):
            Inspector(tpf, **{name: value})


def test_every_param_is_put_to_that_test():
    assert set(BAD) == set(Inspector.param) - {"name", "tpf", *FOLLOWING}


def test_what_is_no_file_or_param_raises(tpf):
    with pytest.raises(TPFError, match="apertur'"):
        Inspector(tpf, apertur="all")
    for bad in (None, "file.fits", tpf["flux"], xr.Dataset(), tpf.drop_vars("quality")):
        with pytest.raises(TPFError, match="should"):
            Inspector(bad)
    with pytest.raises(TPFError, match="should"):
        Inspector(tpf.isel(time=slice(0, 0)))
    tpf.attrs["mission"] = "Gaia"
    with pytest.raises(TPFError, match="Gaia"):
        Inspector(tpf)


def test_intervals_are_put_in_order(inspector):
    inspector.window = [5, 3]
    assert inspector.window == (3.0, 5.0)
    inspector.window = None
    inspector.stretch = np.array([99.0, 2.0])
    assert inspector.stretch == (2.0, 99.0)


def test_stacked_windows_are_pairs_put_in_order(inspector):
    inspector.stacked = [[5, 3], np.array([7.0, 8.0])]
    assert inspector.stacked == ((3.0, 5.0), (7.0, 8.0))
    inspector.stacked = []
    assert inspector.stacked == ()


def test_no_quality_bitmask_means_none(tpf, inspector):
    inspector.quality_bitmask = None
    assert inspector.quality_bitmask == "none" and inspector.good.all()
    assert Inspector(tpf, quality_bitmask=None).quality_bitmask == "none"


def test_numbers_are_kept_as_pythons_own(inspector):
    """So that a session can be written as JSON."""
    inspector.cadence, inspector.quality_bitmask = np.int64(7), np.uint32(3)
    assert type(inspector.cadence) is type(inspector.quality_bitmask) is int


# -- gestures ----------------------------------------------------------------------------------


def test_click_and_shift_click(inspector):
    inspector.select(ROW + 3, COL + 4)
    np.testing.assert_array_equal(inspector.aperture, mask((3, 4)))
    inspector.toggle(ROW, COL)
    np.testing.assert_array_equal(inspector.aperture, mask((3, 4), (0, 0)))
    inspector.toggle(ROW + 3, COL + 4)
    inspector.toggle(ROW, COL)  # the last one
    assert not inspector.aperture.any() and np.isnan(inspector.flux).all()
    inspector.toggle(ROW, COL)
    np.testing.assert_array_equal(inspector.aperture, mask((0, 0)))


def test_boxes(inspector):
    whole = np.ones(SHAPE, dtype=bool)
    inspector.select_box(ROW + 2, ROW + 1, COL + 4, COL + 3)
    box = mask((1, 3), (1, 4), (2, 3), (2, 4))
    np.testing.assert_array_equal(inspector.aperture, box)
    inspector.select_box(ROW - 9, ROW, COL, COL + 99, mode="add")
    np.testing.assert_array_equal(inspector.aperture, box | mask((0, slice(None))))
    inspector.select_box(ROW, ROW + 1, COL, COL + 3, mode="remove")
    np.testing.assert_array_equal(inspector.aperture, mask((0, 4), (1, 4), (2, 3), (2, 4)))
    inspector.select_box(-1e9, 1e9, -1e9, 1e9)
    np.testing.assert_array_equal(inspector.aperture, whole)


@pytest.mark.parametrize("mode", ["replace", "add", "remove"])
def test_what_lies_off_the_stamp_changes_nothing(inspector, mode):
    before = inspector.aperture
    inspector.select_box(ROW - 9, ROW - 1, COL, COL + 4, mode)
    inspector.toggle(ROW + 4, COL)
    inspector.select(ROW, COL - 1)
    assert inspector.aperture is before and not inspector.can_undo


@pytest.mark.parametrize(
    "gesture",
    [
        lambda i: i.select("a", COL),
        lambda i: i.toggle(ROW, None),
        lambda i: i.select_box(ROW, ROW, COL, np.nan),
        lambda i: i.select_box(ROW, ROW, COL, COL, mode="toggle"),
        lambda i: i.set_aperture("none"),
        lambda i: i.step(1.5),
        lambda i: i.step("x"),
        lambda i: i.seek("noon"),
        lambda i: i.seek(None),
        lambda i: i.seek_flag("desat"),
    ],
)
def test_bad_gestures_raise_and_change_nothing(inspector, gesture):
    before = state(inspector)
    with pytest.raises(TPFError):
        gesture(inspector)
    assert_state(inspector, before)


def test_named_apertures(inspector, tpf):
    for name, expected in {
        "all": np.ones(SHAPE, bool),
        "empty": np.zeros(SHAPE, bool),
        "pipeline": tpf["aperture"].values == 3,
    }.items():
        inspector.set_aperture(name)
        np.testing.assert_array_equal(inspector.aperture, expected)
    inspector.editing = "background"
    inspector.set_mask("rest")
    np.testing.assert_array_equal(inspector.background, ~expected)
    inspector.toggle(ROW, COL)
    assert inspector.background.sum() == 15
    np.testing.assert_array_equal(inspector.aperture, expected)


def test_the_background_is_never_the_star_by_a_button(inspector, tpf):
    star = inspector.aperture
    inspector.editing = "background"
    for name in ("sky", "rest"):
        inspector.set_mask(name)
        assert inspector.background.any() and not (inspector.background & star).any()
        assert inspector.overlap == 0
    for name in ("threshold", "pipeline", "all"):
        with pytest.raises(TPFError, match=f"{name}.*no background"):
            inspector.set_mask(name)
    with pytest.raises(TPFError, match="marks no pixel as background"):
        inspector.set_background("mission")
    inspector.toggle(*np.add((ROW, COL), np.argwhere(star)[0]))
    assert inspector.overlap == 1
    inspector.set_mask("empty")
    assert not inspector.background.any()


def test_the_missions_own_background_pixels():
    tpf = simulate_tpf("TESS", n_cadences=30)
    inspector = Inspector(tpf, background="mission")
    np.testing.assert_array_equal(inspector.background, (tpf["aperture"].values & 4) == 4)
    assert inspector.background.sum() == 32
    level = np.median(tpf["flux"].values[3][inspector.background])
    expected = tpf["flux"].values[3][inspector.aperture].sum(dtype=float)
    expected -= level * inspector.aperture.sum()
    assert inspector.flux[3] == pytest.approx(expected, rel=1e-6)


def test_the_sky_is_faint():
    tpf = simulate_tpf("Kepler", n_cadences=60, shape=(9, 9))
    inspector = Inspector(tpf, background="sky")
    image = tpf["flux"].values.mean(axis=0)
    outside = ~inspector.aperture
    assert inspector.background.sum() >= 20
    assert image[inspector.background].max() <= np.median(image[outside])


class Edits(RuleBasedStateMachine):
    """Any row of gestures, against lists of masks; the light curve always that of the masks."""

    def __init__(self):
        super().__init__()
        rng = np.random.default_rng(4)
        flux = rng.normal(100, 5, (6, *SHAPE))
        flux[2], flux[3], flux[:, 1, 1], flux[4, 2:] = np.nan, 0, np.nan, np.nan
        self.inspector = Inspector(make_tpf(flux), aperture=np.zeros(SHAPE, bool))
        self.done = [(np.zeros(SHAPE, bool), np.zeros(SHAPE, bool))]
        self.undone = []

    def edited(self, change):
        aperture, background = (m.copy() for m in self.done[-1])
        now = aperture if self.inspector.editing == "aperture" else background
        before = now.copy()
        change(now)
        if not np.array_equal(before, now):
            self.done.append((aperture, background))
            self.undone = []

    @rule(row=st.integers(-1, 4), col=st.integers(-1, 5))
    def toggle(self, row, col):
        def change(now):
            if 0 <= row < 4 and 0 <= col < 5:
                now[row, col] ^= True

        self.inspector.toggle(ROW + row, COL + col)
        self.edited(change)

    @rule(
        box=st.tuples(*[st.integers(0, 3)] * 2, *[st.integers(0, 4)] * 2),
        mode=st.sampled_from(["replace", "add", "remove"]),
    )
    def select_box(self, box, mode):
        rows = slice(min(box[:2]), max(box[:2]) + 1)
        cols = slice(min(box[2:]), max(box[2:]) + 1)

        def change(now):
            if mode == "replace":
                now[:] = False
            now[rows, cols] = mode != "remove"

        self.inspector.select_box(ROW + box[0], ROW + box[1], COL + box[2], COL + box[3], mode)
        self.edited(change)

    @rule(new=hnp.arrays(bool, SHAPE))
    def set_mask(self, new):
        self.inspector.set_mask(new)
        self.edited(lambda now: np.copyto(now, new))

    @rule(name=st.sampled_from(["aperture", "background"]))
    def edit(self, name):
        self.inspector.editing = name

    @rule(times=st.integers(1, 3))
    def undo(self, times):
        for _ in range(times):
            self.inspector.undo()
            if len(self.done) > 1:
                self.undone.append(self.done.pop())

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self):
        self.inspector.redo()
        self.done.append(self.undone.pop())

    @precondition(lambda self: not self.undone)
    @rule()
    def redo_nothing(self):
        self.inspector.redo()

    @rule(value=st.booleans())
    def normalize(self, value):
        self.inspector.normalized = value

    @invariant()
    def agrees(self):
        inspector, (aperture, background) = self.inspector, self.done[-1]
        np.testing.assert_array_equal(inspector.aperture, aperture)
        np.testing.assert_array_equal(inspector.background, background)
        assert inspector.can_undo == (len(self.done) > 1)
        assert inspector.can_redo == bool(self.undone)
        flux = aperture_photometry(inspector.tpf, aperture, background=background)["flux"].values
        np.testing.assert_allclose(inspector.lightcurve["flux"], flux, rtol=1e-12)
        if inspector.normalized:
            finite = flux[np.isfinite(flux)]
            middle = np.median(finite) if finite.size else np.nan
            if abs(middle) < 1e-6:  # the background was the aperture: rounding errors over 0
                return
            flux = flux / middle
        np.testing.assert_allclose(inspector.flux, flux, rtol=1e-9, atol=1e-9)


Edits.TestCase.settings = settings(max_examples=12, stateful_step_count=120, deadline=None)
TestEdits = pytest.mark.slow(Edits.TestCase)


# -- time --------------------------------------------------------------------------------------


def test_steps_go_through_the_kept_cadences(inspector):
    kept = [*range(53), 54, 55, 57, 58, 59]  # 53 and 56 are flagged
    inspector.cadence = 0
    seen = [0]
    while inspector.cadence < 59:
        inspector.step(1)
        seen.append(inspector.cadence)
    assert seen == kept
    inspector.step(5)
    assert inspector.cadence == 59
    while inspector.cadence:
        inspector.step(-1)
        seen.append(inspector.cadence)
    assert seen == kept + kept[-2::-1]
    inspector.step(54)
    assert inspector.cadence == kept[54]
    inspector.step(-1000)
    assert inspector.cadence == 0


@pytest.mark.parametrize(("n", "arrival"), [(1, 54), (2, 55), (-1, 52), (-2, 51), (0, 53)])
def test_steps_from_a_flagged_cadence(inspector, n, arrival):
    inspector.cadence = 53
    inspector.step(n)
    assert inspector.cadence == arrival


@pytest.mark.parametrize(("flagged", "n"), [(slice(50, None), 1), (slice(10), -1)])
def test_a_step_never_goes_the_other_way(tpf, flagged, n):
    tpf["quality"].values[:] = 0
    tpf["quality"].values[flagged] = 32
    inspector = Inspector(tpf, cadence=55 if n > 0 else 5)
    inspector.step(n)
    assert inspector.cadence == (55 if n > 0 else 5)
    inspector.step(-n)
    assert inspector.cadence == (49 if n > 0 else 10)


def test_steps_where_no_cadence_is_kept_and_where_one_has_no_time(tpf):
    tpf["quality"].values[:] = 32
    tpf["time"].values[1] = np.nan
    inspector = Inspector(tpf, cadence=0)
    inspector.step(1)
    assert inspector.cadence == 1
    assert np.isfinite(inspector.frame()).all()
    inspector.step(2)
    assert inspector.cadence == 3


def test_the_quality_choice_is_made_and_unmade_live(inspector, tpf):
    inspector.cadence = 52
    for choice, arrival in [("none", 53), ("default", 54), (32, 53), ("hardest", 54), (0, 53)]:
        inspector.cadence, inspector.quality_bitmask = 52, choice
        inspector.step(1)
        left_out = {"none": [], 32: [53], 0: [], "default": [53, 56]}.get(choice, [52, 53, 56, 58])
        assert np.flatnonzero(~inspector.good).tolist() == left_out
        assert inspector.cadence == arrival or choice in (32,)
        assert inspector.flux.size == 60
    inspector.quality_bitmask = 2**32 - 1
    assert np.flatnonzero(~inspector.good).tolist() == [52, 53, 56, 58]
    tpf["quality"].values[0] = -(2**31)  # the sign bit is bit 31
    assert Inspector(tpf, quality_bitmask=2**31).good.sum() == 59
    assert Inspector(tpf).flag_counts() == [
        (32, "desaturation event", 1),
        (128, "cosmic ray in optimal aperture", 2),
        (1 << 20, "thruster firing", 1),
        (1 << 31, "bit 2147483648", 1),
    ]


def test_seek_goes_to_the_nearest_drawn_cadence(inspector, tpf):
    time = tpf["time"].values
    for wanted, arrival in [(-9e9, 0), (9e9, 59), (time[20] + 0.004, 20), (time[53] + 0.001, 53)]:
        inspector.seek(wanted)
        assert inspector.cadence == arrival
    inspector.seek(np.nan)
    assert inspector.cadence == 53
    inspector.show_flagged = False
    inspector.seek(time[53] + 0.001)
    assert inspector.cadence == 54
    inspector.quality_bitmask = "none"
    inspector.seek(time[53] + 0.001)
    assert inspector.cadence == 53


def test_seek_passes_over_times_that_are_nan_or_out_of_order(tpf):
    time = tpf["time"].values
    time[[5, 40]] = time[[40, 5]]
    wanted = time[10]
    time[10] = np.nan
    inspector = Inspector(tpf)
    inspector.seek(wanted + 0.001)
    assert inspector.cadence == 11
    inspector.seek(time[40])
    assert inspector.cadence == 40
    time[:] = np.nan
    inspector = Inspector(tpf)
    inspector.seek(100.0)
    assert inspector.cadence == 0 and inspector.nearest(100.0) is None


def test_the_time_axis_goes_along_with_a_step_and_with_no_seek(tpf):
    inspector = Inspector(tpf, quality_bitmask="none")
    last = inspector.tpf.sizes["time"] - 1
    while not np.isfinite(inspector.time[last]):
        last -= 1
    first = inspector.cadence
    stretch = tuple(inspector.time[[first, first + 4]])
    inspector.time_range = stretch
    inspector.seek(inspector.time[last])
    assert inspector.cadence == last and inspector.time_range == stretch
    inspector.cadence = first
    inspector.step(1)
    assert inspector.time_range == stretch
    inspector.step(last)
    assert inspector.cadence == last
    low, high = inspector.time_range
    assert low <= inspector.time[last] <= high
    np.testing.assert_allclose(high - low, stretch[1] - stretch[0])
    inspector.time_range = None
    inspector.step(-9)
    assert inspector.time_range is None


def test_errors_of_some_cadences_are_those_of_the_light_curve(tpf):
    inspector = Inspector(tpf)
    inspector.set_background("rest")
    part = slice(2, 11)
    for normalized in (False, True):
        inspector.normalized = normalized
        median = np.nanmedian(inspector.lightcurve["flux"].values[inspector.good])
        expected = inspector.lightcurve["flux_err"].values[part] / (median if normalized else 1)
        np.testing.assert_allclose(inspector.flux_errors(part), expected, rtol=1e-12)
    assert np.isfinite(inspector.flux_errors(part)).any()
    without = Inspector(tpf.drop_vars("flux_err"))
    assert np.isnan(without.flux_errors(part)).all()


def test_seek_flag_goes_round(inspector):
    seen = []
    for _ in range(3):
        inspector.seek_flag(128)
        seen.append(inspector.cadence)
    assert seen == [52, 58, 52]
    inspector.seek_flag(2)  # none
    assert inspector.cadence == 52


# -- the light curve and its watchers ----------------------------------------------------------


def test_lightcurve_is_aperture_photometrys_and_read_only(inspector, tpf):
    inspector.background = mask((0, slice(None)))
    inspector.quality_bitmask = "hard"
    expected = aperture_photometry(tpf, inspector.aperture, background=inspector.background)
    lightcurve = inspector.lightcurve
    xr.testing.assert_equal(lightcurve, expected)
    assert lightcurve.attrs.pop("quality_bitmask") == 1664431
    assert set(lightcurve.attrs) == set(expected.attrs)
    with pytest.raises(TypeError, match="read-only"):
        inspector.lightcurve = expected
    for values in (inspector.flux, lightcurve["flux"].values, inspector.good):
        with pytest.raises(ValueError):
            values[0] = 5
    assert tpf["quality"].values.flags.writeable


@pytest.fixture
def counted(monkeypatch):
    """How often photometry was done, as a list that grows."""
    calls = []

    def counting(*args, **kwargs):
        calls.append(args)
        return aperture_photometry(*args, **kwargs)

    monkeypatch.setattr(photometry, "aperture_photometry", counting)
    return calls


def test_lightcurve_is_worked_out_when_asked_for_and_once(inspector, counted):
    inspector.select(ROW, COL)
    inspector.toggle(ROW + 1, COL)
    inspector.undo()
    inspector.redo()
    inspector.step(1)
    assert not counted
    first = inspector.lightcurve
    assert inspector.lightcurve is first and len(counted) == 1
    inspector.quality_bitmask = "none"
    assert inspector.lightcurve.attrs["quality_bitmask"] == 0
    assert first.attrs["quality_bitmask"] == 1130799 and len(counted) == 1


def test_watchers_are_told_once_a_change_and_only_of_a_change(inspector):
    told = []
    inspector.param.watch(lambda event: told.append(event.new), "lightcurve")

    def news(action):
        told.clear()
        action()
        assert len(told) <= 1
        if told:
            assert told[0] is inspector.lightcurve
            np.testing.assert_array_equal(told[0].attrs["aperture"], inspector.aperture)
        return bool(told)

    assert news(lambda: inspector.toggle(ROW, COL))
    assert news(lambda: inspector.param.update(aperture=mask((1, 1)), background=mask((2, 2))))
    assert news(inspector.undo)  # both masks at once
    assert news(inspector.redo)
    assert not news(inspector.redo)
    assert not news(lambda: inspector.select(ROW + 1, COL + 1))
    assert not news(lambda: inspector.step(1))
    assert not news(lambda: setattr(inspector, "normalized", True))
    assert news(lambda: setattr(inspector, "quality_bitmask", "none"))
    assert not news(lambda: setattr(inspector, "quality_bitmask", 0))  # the same by another name


def test_watchers_of_any_param_find_everything_up_to_date(inspector):
    """Also in a batch, where the watchers of `cadence` are told before those of `aperture`."""
    seen = []
    inspector.param.watch(
        lambda event: seen.append((inspector.flux[0], inspector.good.sum(), inspector.can_undo)),
        "cadence",
    )
    inspector.flux, inspector.good  # noqa: B018
    inspector.param.update(cadence=5, aperture=mask((0, 0)), quality_bitmask="none")
    assert seen == [(pytest.approx(inspector.tpf["flux"].values[0, 0, 0]), 60, True)]


def test_silenced_changes_are_not_lost(inspector):
    inspector.flux, inspector.lightcurve  # noqa: B018
    with param.parameterized.discard_events(inspector):
        inspector.aperture = mask((0, 0))
    expected = inspector.tpf["flux"].values[:, 0, 0]
    np.testing.assert_allclose(inspector.flux, expected)
    np.testing.assert_allclose(inspector.lightcurve["flux"], expected)


def test_a_batch_of_edits_is_one_change(inspector):
    before = inspector.aperture
    with param.parameterized.batch_call_watchers(inspector):
        inspector.toggle(ROW, COL)
        inspector.toggle(ROW, COL + 1)
    inspector.undo()
    np.testing.assert_array_equal(inspector.aperture, before)
    assert not inspector.can_undo


def test_describe_agrees_with_the_lightcurve(inspector, tpf):
    tpf["flux"].values[7] = np.nan
    for cadence in (0, 53):
        said = inspector.describe(cadence)
        for name in ("flux", "flux_err"):
            assert said[name] == pytest.approx(float(inspector.lightcurve[name][cadence]))
    assert said["flags"] == ["desaturation event"] and said["cadenceno"] == 1053
    assert said["date"].startswith("2009-04-12T")  # BKJD 101.06


# -- the stamp ---------------------------------------------------------------------------------


def test_levels_are_percentiles_of_the_observation(inspector, tpf):
    unflagged = tpf["flux"].values[tpf["quality"].values == 0]
    inspector.stretch = (10, 90)
    assert inspector.levels() == pytest.approx(np.percentile(unflagged, (10, 90)), abs=0.2)
    inspector.column = "S/N"
    assert inspector.levels() == pytest.approx(np.percentile(unflagged, (10, 90)), abs=0.2)
    np.testing.assert_array_equal(inspector.frame(), frame(tpf, "S/N", inspector.cadence))


def test_levels_fit_the_observation_or_this_frame(inspector, tpf):
    assert inspector.levels_from == inspector.scale == "auto"
    inspector.cadence = 3
    levels = inspector.levels()
    inspector.cadence = 4
    assert inspector.levels() == levels  # so that two cadences can be compared
    tpf["flux"].values[9] *= 40
    inspector.levels_from = "this frame"
    inspector.cadence = 9
    low, high = inspector.levels()
    assert low < np.median(inspector.frame()) < np.max(inspector.frame()) <= high
    inspector.cadence = 3
    assert inspector.levels()[1] < high / 10


def test_whoever_sets_the_stretch_sees_it(tpf, inspector):
    auto = inspector.levels()
    inspector.limits = (1, 2)
    inspector.stretch = (1, 95)  # though it is no other
    assert inspector.levels_from == "percentiles"
    inspector.stretch = (5, 90)
    assert inspector.limits is None and inspector.levels() != auto
    inspector.levels_from = "auto"
    assert inspector.levels() == auto and inspector.stretch == (5, 90)
    assert Inspector(tpf, stretch=(1, 95)).levels_from == "percentiles"
    assert Inspector(tpf, stretch=(5, 90), levels_from="auto").levels() == auto
    with param.parameterized.batch_call_watchers(inspector):
        inspector.stretch, inspector.levels_from = (1, 95), "this frame"
    assert inspector.levels_from == "this frame"
    inspector.limits = (1, 2)
    inspector.levels_from = "percentiles"
    assert inspector.limits is None


def test_colours_of_values_that_go_both_ways(inspector):
    assert (inspector.cmap, inspector.colors) == ("auto", "viridis")
    inspector.column = "residual"
    low, high = inspector.levels()
    assert inspector.colors == "coolwarm" and low == -high
    inspector.cmap = "gray"
    assert inspector.colors == "gray"


def test_the_pixel_pointed_at_moves_within_the_stamp(tpf, inspector):
    inspector.aperture = mask((1, 1), (1, 2), (1, 3))
    inspector.point(0, 1)
    assert inspector.pointed == (ROW + 1, COL + 3)
    inspector.point(-1, 0)
    assert inspector.pointed == (ROW, COL + 3)
    inspector.point(-5, 99)
    assert inspector.pointed == (ROW, COL + SHAPE[1] - 1)
    assert {type(number) for number in inspector.pointed} == {int}
    inspector.pointed = None
    inspector.aperture = mask()
    inspector.point(0, 0)  # this file has no WCS: the middle
    assert inspector.pointed == (ROW + round((SHAPE[0] - 1) / 2), COL + round((SHAPE[1] - 1) / 2))
    for bad in (0.5, "1", None):
        with pytest.raises(TPFError, match="whole number"):
            inspector.point(bad, 0)


def test_without_an_aperture_the_pixel_pointed_at_begins_at_the_target():
    tpf = simulate_tpf("TESS", n_cadences=9, shape=(7, 9), corner=(ROW, COL), seed=1)
    inspector = Inspector(tpf, aperture="empty")
    row, col = target_position(tpf)
    inspector.point(0, 0)
    assert inspector.pointed == (round(row), round(col))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 1), (8, 1), (1, 6)])
@pytest.mark.parametrize("value", [np.nan, 0.0, 7.0])
@pytest.mark.parametrize("n", [1, 9])
def test_stamps_without_contrast(shape, value, n):
    inspector = Inspector(make_tpf(np.full((n, *shape), value)))
    low, high = inspector.levels()
    assert low < high
    inspector.normalized = True
    inspector.select(ROW + shape[0] - 1, COL + shape[1] - 1)
    assert inspector.aperture.sum() == 1
    np.testing.assert_array_equal(inspector.flux, np.full(n, 1.0 if value == 7 else np.nan))
    inspector.toggle(ROW + shape[0] - 1, COL + shape[1] - 1)
    assert np.isnan(inspector.flux).all() and np.isnan(inspector.lightcurve["flux"]).all()
    inspector.step(1)
    inspector.seek(1e6)
    assert inspector.cadence == n - 1
    inspector.window = (-1e9, 1e9)
    assert inspector.diagnosis.verdict == "inconclusive"


# -- windows -----------------------------------------------------------------------------------


def test_windows_are_added_and_cleared(inspector):
    assert inspector.windows == () and inspector.diagnosis is None
    told = []
    inspector.param.watch(lambda *events: told.append(inspector.windows), ["window", "stacked"])
    inspector.add_window(101, 100.8)
    inspector.add_window(100.2, 100.4)
    inspector.add_window(100.2, 100.4)  # again
    assert inspector.window == (100.2, 100.4) and inspector.stacked == ((100.8, 101.0),)
    assert inspector.windows == ((100.2, 100.4), (100.8, 101.0))
    assert told == [((100.8, 101.0),), inspector.windows]  # each a single change
    inspector.add_window(100.8, 101)  # one of those that are stacked
    assert inspector.windows == ((100.8, 101.0), (100.2, 100.4))
    inspector.clear_windows()
    assert (inspector.window, inspector.stacked, inspector.windows) == (None, (), ())


@pytest.mark.parametrize("bad", [(np.nan, 1), ("a", 2), (None, 1)])
def test_a_bad_window_is_not_added(inspector, bad):
    inspector.add_window(100.2, 100.4)
    with pytest.raises(TPFError, match="window"):
        inspector.add_window(*bad)
    assert inspector.windows == ((100.2, 100.4),)


def test_stacked_windows_go_with_the_window(inspector):
    """Else they would come back with the next event's."""
    inspector.add_window(100.2, 100.4)
    inspector.add_window(100.8, 101)
    inspector.window = 100.6, 100.7
    assert inspector.stacked == ((100.2, 100.4),)
    inspector.window = None
    assert inspector.stacked == ()


def test_copies_keep_the_windows(inspector):
    inspector.add_window(100.2, 100.4)
    inspector.add_window(100.8, 101)
    for twin in (copy.copy(inspector), copy.deepcopy(inspector)):
        assert twin.windows == inspector.windows
    assert pickle.loads(pickle.dumps(inspector)).windows == inspector.windows


# -- files -------------------------------------------------------------------------------------


def test_flux_is_read_once_and_only_flux(tmp_path):
    path = tmp_path / "file.fits"
    truth = simulate_tpf("TESS", n_cadences=40, shape=(5, 5))
    write_tpf(truth, path)
    tpf = open_tpf(path)
    inspector = Inspector(tpf, aperture="all")
    assert (
        tpf["flux"].variable._in_memory and tpf["flux"].values.transpose(1, 2, 0).flags.c_contiguous
    )
    assert not tpf["flux_err"].variable._in_memory
    np.testing.assert_allclose(inspector.flux, truth["flux"].sum(("row", "col"), dtype=float))


def test_a_chunked_file_stays_on_disk(tpf):
    chunked = tpf.chunk({"time": 16})
    inspector = Inspector(chunked)
    inspector.toggle(ROW, COL)
    inspector.window = tpf["time"].values[[20, 30]]
    eager = Inspector(tpf, aperture=inspector.aperture, window=inspector.window)
    np.testing.assert_allclose(inspector.flux, eager.flux, rtol=1e-12)
    lazy, at_once = inspector.diagnosis, eager.diagnosis
    np.testing.assert_allclose(lazy.difference.snr, at_once.difference.snr)
    np.testing.assert_array_equal(inspector.frame(), eager.frame())
    assert inspector.levels() == eager.levels()
    assert isinstance(inspector.tpf["flux"].data, dask.array.Array)


@pytest.mark.realdata
@pytest.mark.parametrize(
    "name",
    [
        "kadenza_tpf-template.fits.gz",
        "kbackground_test.fits.gz",
        "ktwo221312395-c91_lpd-targ.fits.gz",
        "tess-s0001-4-3_107.27_-70.0_5x5_astrocut.fits",
        "tess2018349182459-s0006-0000000322899250-0126-s_tp.fits",
    ],
)
def test_odd_real_files(data_file, name):
    inspector = Inspector(open_tpf(data_file(name)))
    assert inspector.aperture.any()
    assert np.isfinite(inspector.flux[inspector.cadence])
    inspector.set_aperture("all")
    expected = np.nansum(inspector.tpf["flux"].values.astype(float), axis=(1, 2))
    finite = np.isfinite(inspector.flux)
    np.testing.assert_allclose(inspector.flux[finite], expected[finite], rtol=1e-9)
    np.testing.assert_array_equal(finite, expected != 0)
    for column in inspector.param.column.objects:
        inspector.column = column
        low, high = inspector.levels()
        assert np.isfinite([low, high]).all() and low < high


# -- copies ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_copies_are_alike_and_know_nothing_of_each_other(tpf, again):
    inspector = Inspector(tpf, cadence=7, stretch=(5, 90), limits=(0, 99), normalized=True)
    inspector.param.watch(lambda event: None, "cadence")  # no copy of this
    inspector.toggle(ROW, COL)
    inspector.select(ROW + 1, COL)
    inspector.undo()
    twin = again(inspector)
    for name in set(inspector.param) - {"name", "tpf", "lightcurve"}:
        np.testing.assert_array_equal(getattr(twin, name), getattr(inspector, name), name)
    np.testing.assert_array_equal(twin.flux, inspector.flux)
    assert twin.can_undo and twin.can_redo
    twin.redo()
    twin.cadence = 9
    assert twin.aperture.sum() == 1 and inspector.aperture.sum() == 5
    assert inspector.cadence == 7 and inspector.can_redo
    assert (twin.tpf is tpf) == (again is copy.copy)


def test_zoom_and_pan_end_with_the_file(inspector):
    first, last = inspector.timeline.span
    inspector.zoom(2)
    inspector.pan(0.5)
    assert inspector.time_range is None
    inspector.cadence = 20
    time = inspector.time[20]
    inspector.zoom(0.5)
    low, high = inspector.time_range
    np.testing.assert_allclose(high - low, (last - first) / 2)
    np.testing.assert_allclose((time - low) / (high - low), (time - first) / (last - first))
    inspector.pan(0.1)
    np.testing.assert_allclose(
        inspector.time_range, (low + (high - low) / 10, high * 1.1 - low / 10)
    )
    inspector.pan(-9)
    np.testing.assert_allclose(inspector.time_range, (first, first + (last - first) / 2))
    for _ in range(30):
        inspector.zoom(0.5)
    assert 3 < np.ptp(inspector.time_range) / np.diff(inspector.time)[0] < 8
    for _ in range(30):
        inspector.zoom(2)
    assert inspector.time_range is None


def test_a_film_goes_through_what_it_is_told_to(inspector):
    """From the present cadence on, over those that are kept; round again, or to its end."""
    time, kept = inspector.time, np.flatnonzero(inspector.good)

    def played(n, *wanted):
        return [inspector.cadence for _ in range(n) if inspector.play_on(*wanted)]

    inspector.cadence = int(kept[-3])
    assert played(4) == [kept[-2], kept[-1], kept[0], kept[1]]
    inspector.cadence = int(kept[-3])
    assert played(4, "all", False) == [kept[-2], kept[-1]]
    inspector.window = time[10] - 1e-6, time[12] + 1e-6
    inspector.cadence = 30  # beyond it: from its start
    assert played(5, "window") == [10, 11, 12, 10, 11]
    assert played(9, "window", False) == [12]
    inspector.time_range = time[20] - 1e-6, time[21] + 1e-6
    assert played(3, "in sight") == [20, 21, 20]
    inspector.window = time[7] - 1e-6, time[7] + 1e-6
    inspector.cadence = 7
    assert not inspector.play_on("window")
    with pytest.raises(TPFError, match="in sight"):
        inspector.play_on("everything")
