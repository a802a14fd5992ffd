"""Dashboards in an app of one's own: panel serve apps/embed.py [--args FILE FILE].

Two of them, side by side where there is room, in a template of one's own that fetches nothing from
elsewhere, and a pane that reacts to what is done on either. Without files, two simulated targets
are shown.
"""

import sys

import numpy as np
import pandas as pd
import panel as pn

import tpfdash

WATCHED = ["aperture", "cadence", "window", "lightcurve"]


TEMPLATE = """
{% extends base %}
{% block postamble %}
<style>
  body { margin: 16px; font-family: sans-serif; }
  .two { display: flex; flex-wrap: wrap; gap: 16px; }
  .two > * { flex: 1 1 1180px; min-width: 0; }
</style>
{% endblock %}
{% block contents %}
<h1>Two targets</h1>
{{ embed(roots.news) }}
<div class="two">
  <div>{{ embed(roots.left) }}</div>
  <div>{{ embed(roots.right) }}</div>
</div>
{% endblock %}
"""


def make_app(left, right):
    """The app over two sources of `tpfdash.open_tpf`: a template, and its two dashboards."""
    dashboards = {
        "left": tpfdash.TPFDashboard(left),
        "right": tpfdash.TPFDashboard(right, cmap="magma"),
    }
    app = pn.Template(TEMPLATE)
    app.add_panel("news", news(dashboards))
    for name, dashboard in dashboards.items():
        app.add_panel(name, dashboard)
    return app, list(dashboards.values())


def news(dashboards):
    """A pane with what was last told of each of the dashboards' params."""
    last = {
        name: {watched: in_words(watched, getattr(dashboard, watched)) for watched in WATCHED}
        for name, dashboard in dashboards.items()
    }
    pane = pn.pane.DataFrame(css_classes=["news"], sizing_mode="stretch_width")

    def listen(name, dashboard):
        def hear(*events):
            for event in events:
                last[name][event.name] = in_words(event.name, event.new)
            show()

        dashboard.param.watch(hear, WATCHED)

    def show():
        pane.object = pd.DataFrame(last).T

    for name, dashboard in dashboards.items():
        listen(name, dashboard)
    show()
    return pane


def in_words(name, value):
    """A param's value, short enough for a table."""
    if name == "aperture":
        return f"{value.sum()} pixels"
    if name == "window":
        return "{:.2f} to {:.2f}".format(*value) if value else "none"
    if name == "lightcurve":
        flux = value["flux"]
        return f"median {np.nanmedian(flux):,.0f} {flux.attrs['units']}"
    return str(value)


if pn.state.served:
    pn.extension()
    sources = sys.argv[1:3]
    if len(sources) < 2:
        sources = [tpfdash.simulate_tpf(mission) for mission in ("K2", "TESS")]
    make_app(*sources)[0].servable(title="Two targets")
