"""Pages that were opened and closed again: what is left of them on the server."""

import gc
import weakref

import holoviews as hv
import panel as pn
import panel_material_ui as pmui
import psutil
import pytest

from tests.wire import Wire, find, serving, until
from tpfdash import TPFDashboard
from tpfdash.app.page import make_page
from tpfdash.inspector import Inspector
from tpfdash.io import write_tpf
from tpfdash.simulate import simulate_tpf

#: A session ends so soon after its browser has gone.
SHORT = {"unused_session_lifetime_milliseconds": 1000, "check_unused_sessions_milliseconds": 50}


@pytest.fixture(scope="module")
def tpfs():
    return {
        name: simulate_tpf("K2", n_cadences=60, shape=(5, 5), seed=seed)
        for seed, name in enumerate("ab")
    }


@pytest.fixture(scope="module")
def root(tpfs, tmp_path_factory):
    root = tmp_path_factory.mktemp("served")
    write_tpf(tpfs["a"], root / "a.fits")
    return root


def just_look(wire):
    assert list(find(wire.pull(), "tpf-dashboard"))


def switch_files(wire):
    (chooser,) = find(wire.pull(), "tpf-file")
    for name in "ba":
        change = {"kind": "ModelChanged", "model": {"id": chooser["id"]}, "attr": "value"}
        assert wire.patch({**change, "new": name})["msgtype"] == "OK"


def collected():
    gc.collect()
    return True


def left():
    """What there is of what a page is made of."""
    gc.collect()
    kinds = (Inspector, TPFDashboard, hv.DynamicMap, pn.pane.HoloViews)
    return sum(isinstance(one, kinds) for one in gc.get_objects())


@pytest.mark.parametrize(
    "sessions, files, address, visit",
    [
        pytest.param(6, "a", "/", just_look, id="one file", marks=pytest.mark.slow),
        pytest.param(4, "ab", "/", switch_files, id="files switched"),
        pytest.param(3, "a", "/?tpf=a.fits", just_look, id="a file of the address"),
    ],
)
def test_nothing_is_left_of_pages_that_were_closed(tpfs, root, sessions, files, address, visit):
    documents, before = weakref.WeakSet(), left()

    def build():
        documents.add(pn.state.curdoc)
        return make_page({name: tpfs[name] for name in files}, root)

    with serving(build, **SHORT) as port:

        def come_and_go(times):
            for _ in range(times):
                with Wire(port, address) as wire:
                    visit(wire)
            # Panel keeps the document, an empty one, in which its server's clocks began to run.
            until(lambda: left() <= before and len(documents) <= 1, "the sessions' end", every=0.5)

        come_and_go(1)
        process = psutil.Process()
        descriptors, memory = process.num_fds(), process.memory_info().rss
        come_and_go(sessions)
        assert process.num_fds() <= descriptors
        # Python and its allocator settle in the first sessions; a page that stays has 5 MB or more.
        assert process.memory_info().rss - memory < 80e6


def test_a_page_goes_as_soon_as_its_browser_has_gone(tpfs):
    """It is loaded anew where its connection comes back: nothing waits for that."""
    before = left()
    long = {**SHORT, "unused_session_lifetime_milliseconds": 10**7}
    with serving(lambda: make_page(tpfs), **long) as port:
        with Wire(port) as wire:
            just_look(wire)
            assert left() > before
        until(lambda: left() <= before, "the session's end", every=0.5)


def test_a_dashboard_lets_go_in_whatever_it_is(tpfs):
    """Components of panel-material-ui do not clean up what is in them."""
    boards = weakref.WeakSet()

    def build():
        board = TPFDashboard(tpfs["a"], window=tpfs["a"]["time"].values[[20, 30]])
        boards.add(board)
        return pmui.Paper(pmui.Column(board))

    with serving(build, **SHORT) as port:
        with Wire(port) as wire:
            just_look(wire)
            assert boards
        until(lambda: collected() and not boards, "the session's end", every=0.5)
