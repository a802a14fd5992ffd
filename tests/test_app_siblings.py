"""A page with several files of a target: the drawer, who is gone to, what is searched, sessions."""

import panel as pn
import pytest
from segmentparts import quarter

from tpfdash.app import page as page_module
from tpfdash.app.dashboard import TPFDashboard
from tpfdash.app.siblings import Siblings
from tpfdash.app.visit import Visit
from tpfdash.simulate import simulate_tpf


@pytest.fixture(scope="module")
def files():
    made = {f"q{n}.fits": quarter(n, 90 * (n - 6), n=200, depth=0) for n in (6, 7)}
    return made | {"other.fits": simulate_tpf("TESS", n_cadences=50, shape=(4, 4))}


class Page:
    """The parts of a page, without a server."""

    def __init__(self, files, search=None):
        self.files = dict(files)
        self.dashboard = TPFDashboard(next(iter(self.files.values())))
        self.visit = Visit(self.dashboard, self.files, next(iter(self.files)))
        self.chooser = page_module._chooser(self.visit, self.files, pn.Column())
        self.siblings = Siblings(self.visit, self.chooser, search)
        self.visit.on_arrival(self.siblings.arrive)

    @property
    def drawers(self):
        return self.dashboard._drawer._names.options

    def open(self, title):
        self.dashboard._drawer.opened = title
        return self.siblings._cards[-1]


@pytest.fixture
def shown(files):
    return Page(files)


def test_the_drawer_is_there_where_there_is_another_file_of_the_target(shown):
    assert shown.drawers[:2] == ["Events", "Quarters"]
    shown.chooser.value = "other.fits"
    assert "Sectors" not in shown.drawers and "Quarters" not in shown.drawers
    shown.chooser.value = "q7.fits"
    assert "Quarters" in shown.drawers


def test_a_click_shows_the_file_and_the_cadence_and_the_drawer_stays(shown):
    card = shown.open("Quarters")
    shown.dashboard.inspector.select(505, 605)
    shown.dashboard.inspector.time_range = (540.0, 541.0)
    card.view._click(card.segments["Q7"].time[120], 1.0, False)
    assert shown.visit.name == shown.chooser.value == "q7.fits"
    inspector = shown.dashboard.inspector
    assert inspector.tpf.attrs["quarter"] == 7 and inspector.cadence == 120
    assert shown.dashboard._drawer.opened == "Quarters" and shown.siblings._cards == [card]
    assert card.segments["Q7"] is inspector and card.list.chosen == 1
    assert card.segments["Q6"].aperture.sum() == 1  # as it was left
    card.list._handle_msg(["choose", 0])
    assert shown.visit.name == "q6.fits" and shown.dashboard.aperture.sum() == 1
    assert shown.dashboard.inspector.time_range == (540.0, 541.0)
    card.view._click(card.segments["Q6"].time[150], 1.0, False)
    low, high = shown.dashboard.inspector.time_range
    assert low <= shown.dashboard.inspector.time[150] <= high
    shown.dashboard.inspector.undo()
    assert card.segments["Q6"].aperture.sum() > 1


def test_masks_and_events_are_there_when_a_file_is_gone_to(shown):
    card = shown.open("Quarters")
    shown.dashboard.inspector.select(505, 605)
    card.propose()
    card.find_events()
    shown.chooser.value = "q7.fits"
    assert shown.dashboard.aperture.sum() == 1 and shown.dashboard.inspector.events is not None
    shown.dashboard.inspector.undo()
    assert shown.dashboard.aperture.sum() > 1


def test_any_drawer_stays_open(shown):
    shown.dashboard._drawer.opened = "Flags"
    shown.chooser.value = "q7.fits"
    assert shown.dashboard._drawer.opened == "Flags"
    shown.dashboard._drawer.opened = "Quarters"
    shown.chooser.value = "other.fits"
    assert shown.dashboard._drawer.opened is None


def test_others_are_looked_for_but_not_those_that_are_open(files):
    asked = []
    one = {"q6.fits": files["q6.fits"].assign_attrs(simulated=False)}
    shown = Page(one, lambda *words: asked.append(words))
    card = shown.open("Quarters")
    card.card.select(pn.widgets.Button)
    shown.siblings._look()
    ((words, without),) = asked
    assert words == "KIC 1" and without == {"q6.fits", "kplr000000001-q6_lpd-targ.fits"}
    shown.files["mast:q7"] = files["q7.fits"]  # what was found is fetched
    shown.visit.go_to("mast:q7")
    assert list(card.segments) == ["Q6", "Q7"] and shown.dashboard._drawer.opened == "Quarters"


def test_what_was_made_up_is_in_no_archive(files):
    shown = Page({"q6.fits": files["q6.fits"]}, print)
    assert "Quarters" not in shown.drawers
    placed = files["q6.fits"].assign_attrs(simulated=False, id="")
    shown = Page({"q6.fits": placed}, print)
    assert shown.siblings._wanted() == "290.000000 +44.500000"


def test_a_session_holds_the_choices_of_all_and_gives_each_its_own(shown, files):
    shown.dashboard.inspector.set_aperture("all")
    shown.chooser.value = "q7.fits"
    shown.dashboard.inspector.cadence = 77
    session = shown.dashboard.session()
    assert [one["file"]["source"][-16:] for one in (session, *session["others"])] == [
        "q7_lpd-targ.fits",
        "q6_lpd-targ.fits",
    ]
    again = Page(files)  # where the first one is in view
    assert again.dashboard.restore(session) == ()
    assert again.dashboard.aperture.all() and again.dashboard.cadence == 0
    again.chooser.value = "q7.fits"
    assert again.dashboard.cadence == 77
    alone = TPFDashboard(files["q6.fits"])
    left = alone.restore(session)
    assert alone.aperture.all() and left == ("kplr000000001-q7_lpd-targ.fits (not open here)",)
