"""The contenders: how each is started, and how its figures and sliders are found in the page."""

import dataclasses
from collections.abc import Callable

from .harness import python

__all__ = ["CONTENDERS", "Contender"]


@dataclasses.dataclass(frozen=True)
class Contender:
    """One dashboard.

    `command(path, port)` gives the words that start its server. `finders` are JavaScript
    expressions, evaluated in `probe.js`, each a function: `pixels` and `lightcurve` of a Bokeh
    view, true for the view of that figure, and so `difference` where there is one; `cadence` and
    `stretch` give the element of a slider.
    """

    name: str
    command: Callable
    finders: dict


_HAS_STAMP = "view.model.renderers.some((r) => r.name === 'tpfimg')"

CONTENDERS = {
    "tpfdash": Contender(
        "tpfdash",
        lambda path, port: python("-m", "tpfdash", path, "--port", port, "--no-show"),
        {
            "pixels": "(view) => inside(view.el, 'tpf-pixels')",
            "lightcurve": "(view) => inside(view.el, 'tpf-lightcurve')",
            "difference": "(view) => inside(view.el, 'tpf-difference')",
            "cadence": "() => withClass('tpf-cadence')",
            "stretch": "() => withClass('tpf-stretch')",
        },
    ),
    "lightkurve": Contender(
        "lightkurve",
        lambda path, port: python("-m", "tests.benchmarks.lightkurve_app", path, "--port", port),
        {
            "pixels": f"(view) => {_HAS_STAMP}",
            "lightcurve": f"(view) => !({_HAS_STAMP})",
            "cadence": "() => viewOf((m) => m.title === 'Cadence Number').el",
            "stretch": "() => viewOf((m) => m.name === 'tpfstretch').el",
        },
    ),
    "floor": Contender(
        "floor",
        lambda path, port: python("-m", "tests.benchmarks.floor_app", path, "--port", port),
        {
            "pixels": "(view) => view.model.name === 'pixels'",
            "lightcurve": "(view) => view.model.name === 'lightcurve'",
        },
    ),
}
