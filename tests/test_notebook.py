"""Where a dashboard shows, as far as no browser is needed to see it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

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
        "webbrowser.open = webbrowser.get = None\n"
        "tpfdash.TPFDashboard(tpfdash.simulate_tpf(n_cadences=40, shape=(5, 5)))\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
