"""lightkurve's `interact()` as a plain Bokeh server: `python -m ... FILE --port P`.

`show_interact_widget` can only show itself in a notebook, so the function that it would hand to the
notebook is caught and served instead. What is measured is lightkurve's own code, unchanged.
"""

import argparse

import lightkurve
import lightkurve.interact
from bokeh.application import Application
from bokeh.application.handlers.function import FunctionHandler
from bokeh.server.server import Server


def interact_function(path):
    """The function of a Bokeh document that draws lightkurve's `interact()` for the file."""
    caught = []
    lightkurve.interact.output_notebook = lambda **_: None
    lightkurve.interact.show = lambda function, **_: caught.append(function)
    lightkurve.read(path).interact(notebook_url="localhost:8888")
    return caught[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    application = Application(FunctionHandler(interact_function(arguments.path)))
    server = Server({"/": application}, port=arguments.port, address="127.0.0.1")
    server.start()
    server.io_loop.start()


if __name__ == "__main__":
    main()
