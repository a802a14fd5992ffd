"""Several apertures: one is edited, the others are kept; undone, copied and compared."""

import copy
import pickle

import numpy as np
import pytest

from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.photometry import aperture_photometry
from tpfdash.simulate import simulate_tpf
from tpfdash.stamp.masks import grown, halo, shrunk


@pytest.fixture(scope="module")
def tpf():
    made = simulate_tpf("Kepler", n_cadences=80, shape=(7, 7), columns=("flux", "flux_err"), seed=2)
    made["quality"].values[[4, 9]] = 128, 32
    return made


@pytest.fixture
def inspector(tpf):
    mask = np.zeros((7, 7), dtype=bool)
    mask[2:5, 2:5] = True
    return Inspector(tpf, aperture=mask)


def names(inspector):
    return list(inspector.apertures)


def test_one_at_first_and_a_copy_of_it_is_added(inspector):
    assert names(inspector) == ["A"] and inspector.aperture_name == "A"
    before = inspector.aperture
    assert inspector.add_aperture() == "B"
    inspector.toggle(int(inspector.tpf["row"][0]), int(inspector.tpf["col"][0]))
    np.testing.assert_array_equal(inspector.apertures["B"], before)
    np.testing.assert_array_equal(inspector.apertures["A"], inspector.aperture)
    assert inspector.aperture[0, 0]
    with pytest.raises(TypeError):
        inspector.apertures["C"] = before
    assert inspector.add_aperture("all of it", "all") == "all of it"
    assert inspector.apertures["all of it"].all()


def test_what_is_chosen_is_what_every_number_follows(inspector):
    inspector.add_aperture("large", grown(inspector.aperture))
    core, told = inspector.aperture, []
    inspector.param.watch(lambda *events: told.append(len(events)), ["aperture", "aperture_list"])
    inspector.editing = "background"
    inspector.choose_aperture("large")
    assert told == [2] and inspector.editing == "aperture" and names(inspector) == ["A", "large"]
    expected = aperture_photometry(inspector.tpf, grown(core))["flux"].values
    np.testing.assert_array_equal(inspector.flux, expected)
    np.testing.assert_array_equal(inspector.apertures["A"], core)
    inspector.choose_aperture("large")  # it is so already
    assert told == [2]


def test_grown_shrunk_and_halo_of_any(inspector):
    core = inspector.aperture
    inspector.add_aperture("B")
    inspector.grow_aperture("B")
    inspector.shrink_aperture()
    assert inspector.add_halo("B") == "B halo"
    for name, mask in {"A": shrunk(core), "B": grown(core), "B halo": halo(grown(core))}.items():
        np.testing.assert_array_equal(inspector.apertures[name], mask)
    with pytest.raises(TPFError, match="the mask"):
        inspector.shrink_aperture()
    assert inspector.add_halo("B") == "B halo 2"


def test_removed_renamed_hidden(inspector):
    with pytest.raises(TPFError, match="only aperture"):
        inspector.remove_aperture("A")
    inspector.add_aperture("B", "all")
    inspector.add_aperture("C", "threshold")
    inspector.rename_aperture("A", "core")
    with pytest.raises(TPFError, match="twice"):
        inspector.rename_aperture("B", "core")
    with pytest.raises(TPFError, match="'core' is being edited"):
        inspector.hide_aperture("core")
    inspector.hide_aperture("B")
    assert [one.hidden for one in inspector.aperture_list] == [False, True, False]
    inspector.remove_aperture("core")  # its neighbour is edited, and so is seen
    assert names(inspector) == ["B", "C"] and inspector.aperture_name == "B"
    assert inspector.aperture.all() and not inspector.aperture_list[0].hidden
    inspector.hide_aperture("C")
    inspector.show_aperture("C")
    assert not inspector.aperture_list[1].hidden
    for gesture in ("choose", "remove", "hide", "show", "grow", "shrink"):
        with pytest.raises(TPFError, match="no aperture 'X'"):
            getattr(inspector, f"{gesture}_aperture")("X")


def test_apertures_are_set_as_a_mapping(inspector):
    core, everything = inspector.aperture, np.ones((7, 7), dtype=bool)
    inspector.apertures = {"all": everything, "A": core}
    assert inspector.aperture_name == "A" and inspector.aperture is core
    inspector.apertures = {"x": everything, "y": core}
    assert inspector.aperture_name == "x" and inspector.aperture.all()
    before = inspector.aperture_list
    for bad in ({}, [core], {"x": core[1:]}, {"x": core, "y": 5}, {"x": core, "": core}, None):
        with pytest.raises(TPFError, match="aperture"):
            inspector.apertures = bad
        assert inspector.aperture_list is before and inspector.aperture.all()


def test_the_background_mask_is_one_of_the_masks(inspector):
    core, everything = inspector.aperture, np.ones((7, 7), dtype=bool)
    assert list(inspector.masks) == ["A", "background"]
    assert inspector.masks["background"] is inspector.background
    inspector.masks = {"A": everything, "B": core, "background": ~core}
    assert names(inspector) == ["A", "B"] and inspector.aperture.all()
    np.testing.assert_array_equal(inspector.background, ~core)
    inspector.undo()
    np.testing.assert_array_equal(inspector.aperture, core)
    assert not inspector.background.any() and not inspector.can_undo
    inspector.redo()
    inspector.masks = {"C": core}
    assert names(inspector) == ["C"] and inspector.background.any()
    inspector.choose_aperture("background")
    assert inspector.editing == "background" and inspector.aperture_name == "C"
    inspector.choose_aperture("C")
    assert inspector.editing == "aperture"
    before = inspector.masks
    for bad in ({"background": core}, {"A": core, "background": core[1:]}, 5):
        with pytest.raises(TPFError):
            inspector.masks = bad
        assert inspector.masks == before
    with pytest.raises(TPFError, match="another name"):
        inspector.rename_aperture("C", "background")


def test_undo_knows_all_of_it(inspector):
    states = [dict(inspector.apertures)]
    for gesture in (
        inspector.add_aperture,
        lambda: inspector.grow_aperture("B"),
        lambda: inspector.choose_aperture("B"),
        lambda: inspector.rename_aperture("A", "old"),
        lambda: inspector.remove_aperture("B"),
    ):
        gesture()
        states.append(dict(inspector.apertures))
    for state in states[-2::-1]:
        inspector.undo()
        assert names(inspector) == list(state)
        assert all(np.array_equal(inspector.apertures[name], mask) for name, mask in state.items())
    assert not inspector.can_undo
    for _ in states:
        inspector.redo()
    assert names(inspector) == ["old"] and not inspector.can_redo


def test_copies_hold_all_of_it(inspector):
    inspector.add_aperture("B", "all")
    inspector.choose_aperture("B")
    for twin in (copy.copy(inspector), pickle.loads(pickle.dumps(inspector))):
        assert twin.aperture_list == inspector.aperture_list and twin.aperture.all()
        twin.undo()
        assert twin.aperture_name == "A" and inspector.aperture_name == "B"


@pytest.mark.parametrize("background", [None, "rest"])
@pytest.mark.parametrize("transform", [None, lambda lightcurve: lightcurve.isel(time=slice(None))])
def test_the_others_light_curves(inspector, background, transform):
    """Against photometry of each; the median is that of the kept cadences."""
    if background:
        inspector.set_background(background)
    inspector.transform = transform
    inspector.add_aperture("B", grown(inspector.aperture))
    inspector.add_aperture("hidden", "all")
    inspector.add_aperture("D", "threshold")
    inspector.hide_aperture("hidden")
    curves = inspector.other_curves
    assert [(curve.place, curve.name) for curve in curves] == [(1, "B"), (3, "D")]
    for curve in curves:
        off = inspector.background if background else None
        flux = aperture_photometry(inspector.tpf, inspector.apertures[curve.name], background=off)[
            "flux"
        ].values
        kept = inspector.good & np.isfinite(inspector.time)
        seen = kept if transform else slice(None)
        np.testing.assert_allclose(curve.flux[seen], flux[seen], rtol=1e-12)
        assert curve.median == pytest.approx(np.nanmedian(flux[inspector.good]), rel=1e-12)


def test_a_click_works_out_no_other_light_curve_again(inspector, monkeypatch):
    inspector.add_aperture("B", grown(inspector.aperture))
    curves = inspector.other_curves
    worked = []
    monkeypatch.setattr(type(inspector), "_flux_of", lambda self, mask: worked.append(mask))
    inspector.toggle(int(inspector.tpf["row"][0]), int(inspector.tpf["col"][0]))
    inspector.rename_aperture("B", "large")
    assert inspector.other_curves[0].flux is curves[0].flux and not worked
    own, median = inspector.curve_of(inspector.aperture)
    assert own is inspector.flux and median == pytest.approx(np.nanmedian(own[inspector.good]))


def test_no_more_light_curves_are_kept_than_there_may_be_apertures(inspector):
    rng = np.random.default_rng(1)
    for _ in range(40):
        inspector.curve_of(rng.random((7, 7)) > 0.5)
    assert len(inspector._known_curves) <= 24
