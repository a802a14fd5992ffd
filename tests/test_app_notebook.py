"""Where a dashboard shows, as far as no browser is needed to see it."""

import json
import subprocess
import sys
from ast import literal_eval
from pathlib import Path

import nbformat
import panel as pn
import pytest
from astropy.io import fits
from bokeh.document import Document
from bokeh.models import ImportedStyleSheet
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from panel.models.comm_manager import CommManager

from tpfdash.app import notebook

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Kernels import what is being tested, installed or not."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


# A browser that asks for the page, as a browser would, and ends the process.
SCRIPT = """
import os, threading, urllib.request, webbrowser

def visit(url):
    page = urllib.request.urlopen(url, timeout=60).read().decode()
    print("TITLE", page.split("<title>")[1].split("</title>")[0], flush=True)
    os._exit(0)

class Fake:
    open = staticmethod(lambda url, **how: threading.Thread(target=visit, args=(url,)).start())

webbrowser.get = lambda *which: Fake
webbrowser.open = lambda url, *how, **more: Fake.open(url)

import tpfdash
dashboard = tpfdash.interact(tpfdash.simulate_tpf(n_cadences=40, shape=(5, 5)))
print("RETURNED", dashboard.aperture.shape, flush=True)
"""


def test_interact_opens_a_tab_where_nothing_would_display_it():
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "RETURNED (5, 5)" in done.stdout, done.stderr
    assert "TITLE tpfdash" in done.stdout, done.stderr


def test_a_bare_dashboard_opens_nothing():
    code = (
        "import webbrowser, tpfdash\n"
        "from tornado import tcpserver\n"
        "opened = []\n"
        "webbrowser.open = webbrowser.get = lambda *words, **how: opened.append(words)\n"
        "tcpserver.TCPServer.add_sockets = lambda *what: opened.append(what)\n"
        "tpfdash.TPFDashboard(tpfdash.simulate_tpf(n_cadences=40, shape=(5, 5)))\n"
        "print('OPENED', opened)\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout == "OPENED []\n", done.stderr


# -- the parts of Panel that have no public name, or no promise -----------------------------------


def test_panel_has_what_a_display_is_let_go_by():
    extension = pn.extension
    assert isinstance(extension._loaded, bool), "pn.extension no longer says that it was called"
    heard = []
    extension.add_delete_action(heard.append)
    try:
        extension._process_comm_msg({"event_type": "delete", "id": "p0"})
    finally:
        extension._delete_actions.remove(heard.append)
    assert heard == ["p0"], "pn.extension no longer tells of a deleted display by its id"
    comms = pn.state._comm_manager._comms
    comm = pn.state._comm_manager.get_server_comm()
    assert comms.pop(comm.id) is comm, "Panel's comm manager keeps its comms elsewhere"
    assert pn.Column()._comms == {}, "a view of Panel's keeps its comms elsewhere"
    assert {"comm_id", "client_comm_id"} <= CommManager.properties()


def test_panels_style_sheets_become_text():
    markdown = pn.pane.Markdown("words").get_root(Document())
    addressed = [sheet for sheet in markdown.stylesheets if isinstance(sheet, ImportedStyleSheet)]
    assert addressed, "Panel sends its style sheets as text by itself"
    notebook.patch_inline_stylesheets(markdown)
    assert not [sheet for sheet in markdown.stylesheets if isinstance(sheet, ImportedStyleSheet)]


RESULTS = """
import json
truth = blend.attrs["truth"]
json.dumps({
    "jumps": [float(jumps_tight), float(jumps_generous)],
    "amplitude": float(amplitude),
    "offset": [float(part) for part in diagnosis.offset],
    "depths": {name: float(depth) for name, depth in depths.items()},
    "simulated": [bool(tpf.attrs["simulated"]) for tpf in (young, blend)],
})
"""


def test_the_tutorial_runs_from_top_to_bottom_and_tells_both_stories(tmp_path):
    tutorial = nbformat.read(ROOT / "apps" / "notebook.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in tutorial.cells)
    tutorial.cells.append(nbformat.v4.new_code_cell(RESULTS))
    client = NotebookClient(tutorial, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    (result,) = tutorial.cells[-1].outputs
    found = json.loads(literal_eval(result["data"]["text/plain"]))
    # The jumps come from the mask: a larger one has hardly any, and the star keeps its spots.
    assert found["jumps"][0] > 10 * found["jumps"][1]
    assert found["amplitude"] == pytest.approx(0.03, rel=0.2)
    # The dip is the neighbour's, four columns away, and next to nothing in the target's core.
    assert found["offset"] == pytest.approx([0, 4], abs=0.5)
    depths = found["depths"]
    assert depths["neighbour"] > 0.1
    assert abs(depths["target's core"]) < depths["pipeline aperture"] / 2 < 0.001
    assert found["simulated"] == [True, True]
    assert fits.getdata(tmp_path / "blend_lightcurve.fits").size > 1000
    shown = [
        cell
        for cell in tutorial.cells
        if "application/vnd.holoviews_exec.v0+json" in str(cell.get("outputs"))
    ]
    assert len(shown) == 2, "two dashboards in the outputs"


class Kernel:
    """A Jupyter kernel that is asked to run cells as JupyterLab asks it, each by its id."""

    def __init__(self, folder):
        self.manager, self.client = start_new_kernel(kernel_name="python3", cwd=str(folder))

    def run(self, code: str, cell: str):
        """Run a cell's code; the value of its last expression, as JSON carries it, or None."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "stop_on_error": True,
            "user_expressions": {},
            "allow_stdin": False,
        }
        request = self.client.session.msg("execute_request", content, metadata={"cellId": cell})
        self.client.shell_channel.send(request)
        value = None
        while True:
            message = self.client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                continue
            content = message["content"]
            assert message["msg_type"] != "error", "\n".join(content["traceback"])
            if message["msg_type"] == "execute_result":
                value = content["data"]["text/plain"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return value

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


CENSUS = """
import gc, json
import bokeh.model, holoviews, panel, psutil
from tpfdash import Inspector, TPFDashboard

KINDS = {"inspectors": Inspector, "dashboards": TPFDashboard, "plots": holoviews.plotting.Plot,
         "models": bokeh.model.Model, "components": panel.viewable.Viewable}

def census():
    for _ in range(3):  # what a dead object held may be found dead only the next time
        gc.collect()
    things = gc.get_objects()
    count = {}
    for name, kind in KINDS.items():
        count[name] = sum(isinstance(thing, kind) for thing in things)
    count["watchers"] = sum(
        len(callbacks)
        for thing in things if isinstance(thing, Inspector)
        for kinds in thing.param.watchers.values() for callbacks in kinds.values()
    )
    count["comms"] = len(get_ipython().kernel.comm_manager.targets)
    count["megabytes"] = psutil.Process().memory_info().rss / 2**20
    return json.dumps(count)
"""


@pytest.mark.slow
def test_a_cell_that_is_run_again_and_again_leaks_nothing(tmp_path):
    kernel = Kernel(tmp_path)
    try:
        kernel.run("import tpfdash\ntpf = tpfdash.simulate_tpf('K2', n_cadences=600)", "setup")
        kernel.run(CENSUS, "census")
        counts = {}
        for turn in range(17):  # it settles in the first ones
            assert "tpfdash" in kernel.run("dash = tpfdash.interact(tpf)\ndash", "shown").lower()
            if turn in (7, 16):
                counts[turn] = json.loads(literal_eval(kernel.run("census()", "asked")))
    finally:
        kernel.stop()
    early, late = counts.values()
    assert late["inspectors"] == late["dashboards"] == 1
    growth = late.pop("megabytes") - early.pop("megabytes")
    assert growth < 6, f"{growth:.0f} MB more after 9 runs"
    # Panel's own bookkeeping has a model or two for each kind of widget.
    assert late.pop("models") <= early.pop("models") + 20
    assert late == early
