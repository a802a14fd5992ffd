"""The least that any Bokeh server can do for a click: `python -m ... FILE --port P`.

Two figures of the usual size. A tap sends the server's answer at once: one rectangle for the mask
and a light curve of a hundred points that was computed beforehand. What a dashboard takes beyond
this is its own; what this takes is the browser's, Bokeh's and the wire's.
"""

import argparse

import numpy as np
from astropy.io import fits
from bokeh.application import Application
from bokeh.application.handlers.function import FunctionHandler
from bokeh.events import Tap
from bokeh.layouts import row
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure
from bokeh.server.server import Server

POINTS = 100


def floor_function(path):
    """The function of a Bokeh document with a stamp, on the detector's axes, and a light curve."""
    with fits.open(path) as hdus:
        header = hdus[1].header
        stamp = np.nan_to_num(np.array(hdus[1].data[0]["FLUX"]))
        number = hdus[1].columns.names.index("FLUX") + 1
        left, bottom = (header[f"{axis}CRV{number}P"] - 0.5 for axis in (1, 2))
    curves = np.random.default_rng(0).standard_normal((8, POINTS))

    def create(document):
        mask = ColumnDataSource({"x": [left + 0.5], "y": [bottom + 0.5]})
        curve = ColumnDataSource({"x": np.arange(POINTS), "y": curves[0].copy()})
        pixels = figure(
            name="pixels",
            width=370,
            height=340,
            tools="tap",
            x_range=(left, left + stamp.shape[1]),
            y_range=(bottom, bottom + stamp.shape[0]),
        )
        pixels.image([stamp], x=left, y=bottom, dw=stamp.shape[1], dh=stamp.shape[0])
        pixels.rect("x", "y", 1, 1, source=mask, fill_alpha=0.3, line_color="white")
        lightcurve = figure(name="lightcurve", width=800, height=340, y_range=(-4, 4), tools="")
        lightcurve.line("x", "y", source=curve)
        taps = []

        def tapped(event):
            taps.append(event)
            document.hold()
            mask.data = {"x": [round(event.x)], "y": [round(event.y)]}
            curve.patch({"y": [(slice(POINTS), curves[len(taps) % len(curves)])]})
            document.unhold()

        pixels.on_event(Tap, tapped)
        document.add_root(row(pixels, lightcurve))

    return create


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    application = Application(FunctionHandler(floor_function(arguments.path)))
    server = Server({"/": application}, port=arguments.port, address="127.0.0.1")
    server.start()
    server.io_loop.start()


if __name__ == "__main__":
    main()
