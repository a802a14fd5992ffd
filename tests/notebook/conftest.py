"""A Jupyter server of our own, and browser pages that cannot reach any other machine."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import nbformat
import pytest

from tests.browser.conftest import browser_type_launch_args  # noqa: F401
from tests.browser.driving import PATIENCE
from tests.notebook.driving import Notebook

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: What Voila asks of the internet for its own page.
VOILAS_OWN = ("/@fortawesome/", "/mathjax/")


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


#: Front end -> where it shows a notebook.
FRONT_ENDS = {"lab": "lab/tree", "notebook": "notebooks"}


class Jupyter:
    """JupyterLab, Notebook 7 and Voila on a free port, with nothing of this user's settings."""

    def __init__(self, folder: Path):
        self.folder = folder / "notebooks"
        self.folder.mkdir()
        lab = folder / "jupyter_config_dir" / "lab" / "user-settings" / "@jupyterlab"
        (lab / "apputils-extension").mkdir(parents=True)
        (lab / "apputils-extension" / "notification.jupyterlab-settings").write_text(
            '{"fetchNews": "false", "checkForUpdates": false}'
        )
        with socket.socket() as free:
            free.bind(("localhost", 0))
            self.url = f"http://localhost:{free.getsockname()[1]}"
        settings = {
            "ServerApp.port": urlsplit(self.url).port,
            "ServerApp.port_retries": 0,
            "ServerApp.root_dir": self.folder,
            "ServerApp.allow_root": True,
            "ServerApp.open_browser": False,
            "IdentityProvider.token": "",
            "LabApp.expose_app_in_browser": True,
            "JupyterNotebookApp.expose_app_in_browser": True,
        }
        places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        environment = os.environ | {place: str(folder / place.lower()) for place in places}
        paths = [str(ROOT), os.environ.get("PYTHONPATH")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        self.log = folder / "jupyter.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterlab"]
                + [f"--{name}={value}" for name, value in settings.items()],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._names = map("notebook{}.ipynb".format, itertools.count(1))

    def wait(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + 4 * PATIENCE
        while True:
            try:
                urlopen(f"{self.url}/api", timeout=PATIENCE).close()
                return
            except (URLError, ConnectionError):
                running = self._process.poll() is None and time.monotonic() < deadline
                assert running, self.log.read_text()
                time.sleep(0.1)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)

    def write(self, *cells: str) -> str:
        """Put a notebook into the folder; returns its name."""
        name = next(self._names)
        made = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        )
        nbformat.write(made, self.folder / name)
        return name


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory):
    served = Jupyter(tmp_path_factory.mktemp("jupyter"))
    served.wait()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def offline(browser):
    """A function: opens a page on which no other machine can be reached, and none is asked."""
    context = browser.new_context(viewport={"width": 1500, "height": 2400})
    context.set_default_timeout(4 * PATIENCE * 1000)
    context.add_init_script(path=ROOT / "tests" / "browser" / "inpage.js")
    asked = []

    def guard(route):
        if urlsplit(route.request.url).hostname == "localhost":
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    context.route("**/*", guard)
    yield context.new_page
    context.close()
    assert not [url for url in asked if not any(own in url for own in VOILAS_OWN)]


@pytest.fixture(scope="module")
def open_notebook(jupyter, offline):
    """A function: name of a front end -> a new notebook in it."""

    def open_notebook(front_end: str) -> Notebook:
        name = jupyter.write("")
        return Notebook(offline(), f"{jupyter.url}/{FRONT_ENDS[front_end]}/{name}")

    return open_notebook
