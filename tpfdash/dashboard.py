"""TPFDashboard: the views and widgets of one Inspector as one Panel component.

What a gesture does is the Inspector's; what a plot looks like is `tpfdash.views`; here they are
put on a page, with a widget for each param that has one.
"""

from __future__ import annotations

import io
from pathlib import Path

import holoviews as hv
import panel as pn
import param
import xarray as xr
from bokeh.core.validation import silence
from bokeh.core.validation.warnings import FIXED_SIZING_MODE
from bokeh.models import Tooltip

from tpfdash.errors import TPFError
from tpfdash.inspector import Inspector
from tpfdash.io import aperture_bytes, lightcurve_bytes, open_tpf, read_aperture
from tpfdash.views.difference import DifferenceView, difference_text
from tpfdash.views.keys import ArrowKeys
from tpfdash.views.lightcurve import LightCurveView
from tpfdash.views.panels import PanelView, available_panels
from tpfdash.views.pixels import PixelView
from tpfdash.views.quality import QualityView
from tpfdash.views.words import cadence_html, heading_html, target_html

__all__ = ["TPFDashboard", "interact"]

CSS = (Path(__file__).parent / "views" / "style.css").read_text()
LEFT = 470


class Mirrored(param.Parameter):
    """A param of the dashboard that is its Inspector's param of the same name."""

    def __get__(self, obj, objtype=None):
        return self if obj is None else getattr(obj.inspector, self.name)

    def __set__(self, obj, value):
        if obj is None or self.name in obj._echoing:
            super().__set__(obj, value)
        else:
            setattr(obj.inspector, self.name, value)


class TPFDashboard(pn.viewable.Viewer):
    """A dashboard over one target pixel file.

    Parameters
    ----------
    source
        Anything that `open_tpf` takes.
    **params
        Params of the `Inspector`: aperture, cadence, quality_bitmask, scale, cmap ...

    Attributes
    ----------
    inspector : Inspector
        All the state. `aperture`, `cadence`, `window` and `lightcurve` are params of the dashboard
        too, that can be set (but for `lightcurve`), watched and linked.

    Raises
    ------
    TPFError
        Where the source or a param is no good.
    """

    aperture = Mirrored(doc=Inspector.param.aperture.doc)
    cadence = Mirrored(doc=Inspector.param.cadence.doc)
    window = Mirrored(doc=Inspector.param.window.doc)
    lightcurve = Mirrored(doc=Inspector.param.lightcurve.doc)

    def __init__(self, source, **params):
        tpf = source if isinstance(source, xr.Dataset) else open_tpf(source)
        self._echoing: set[str] = set()
        self.inspector = Inspector(open_tpf(tpf), **params)
        super().__init__()
        self.inspector.param.watch(self._echo, ["aperture", "cadence", "window"])
        self.inspector.param.watch(
            self._echo_lightcurve, ["aperture", "background", "quality_bitmask"]
        )
        if hv.Store.current_backend != "bokeh":
            hv.extension("bokeh", logo=False)
        # A stamp's frame has its size, the figure around it has not: that is meant.
        silence(FIXED_SIZING_MODE)
        self._page = self._layout()

    def _echo(self, *events) -> None:
        for event in events:
            self._echoing.add(event.name)
            try:
                setattr(self, event.name, event.new)
            finally:
                self._echoing.discard(event.name)

    def _echo_lightcurve(self, *events) -> None:
        if self.param.watchers.get("lightcurve", {}).get("value"):
            self._echoing.add("lightcurve")
            try:
                self.lightcurve = self.inspector.lightcurve
            finally:
                self._echoing.discard("lightcurve")

    def __panel__(self):
        return self._page

    # -- the page ---------------------------------------------------------------------------------

    def _layout(self) -> pn.Column:
        inspector = self.inspector
        self.pixels = PixelView(inspector)
        self.lightcurve_view = LightCurveView(inspector)
        self._message = _html("", visible=False, css_classes=["tpf-message"])
        heading = _html(heading_html(inspector), css_classes=["tpf-heading"])
        top = pn.FlexBox(
            self._pixel_card(),
            self._lightcurve_card(),
            flex_wrap="nowrap",
            gap="12px",
            sizing_mode="stretch_width",
            align_items="stretch",
        )
        return pn.Column(
            heading,
            self._message,
            top,
            self._tabs(),
            ArrowKeys(inspector.step),
            css_classes=["tpf-dashboard"],
            stylesheets=[CSS],
            sizing_mode="stretch_width",
            min_width=900,
            styles={"gap": "10px"},
        )

    def _pixel_card(self) -> pn.Column:
        p, inspector = self.inspector.param, self.inspector
        buttons = [
            self._button("Undo", "undo", inspector.undo, "Take back the last change of a mask."),
            self._button("Redo", "redo", inspector.redo, "Do again what undo took back."),
        ]
        inspector.param.watch(
            lambda *e: self._enable(buttons), ["aperture", "background"], precedence=1
        )
        self._enable(buttons)
        masks = [
            self._button(label, name, lambda name=name: inspector.set_mask(name), doc)
            for label, name, doc in (
                ("Pipeline", "pipeline", "The mission pipeline's optimal aperture."),
                ("Threshold", "threshold", "Pixels 3 σ above the stamp, connected to the target."),
                ("All", "all", "Every pixel."),
                ("Clear", "empty", "No pixel."),
            )
        ]
        return pn.Column(
            pn.Row(
                _choice(p.mode, "mode"),
                pn.Spacer(width=4),
                *buttons,
                margin=0,
                styles={"gap": "4px"},
            ),
            pn.Row(
                _choice(p.editing, "editing"),
                pn.Spacer(width=4),
                *masks,
                margin=0,
                styles={"gap": "4px"},
            ),
            pn.Row(
                pn.HSpacer(),
                pn.pane.HoloViews(
                    self.pixels.plot, linked_axes=False, css_classes=["tpf-pixels"], margin=0
                ),
                pn.HSpacer(),
                min_height=400,
                margin=(4, 0),
            ),
            _widget(
                pn.widgets.RangeSlider,
                p.stretch,
                "stretch",
                name="Stretch (percentiles of the pixels)",
                start=0,
                end=100,
                step=0.1,
                format="0.0",
                sizing_mode="stretch_width",
            ),
            pn.Row(
                _widget(pn.widgets.Select, p.column, "column", name="Column", width=150),
                _widget(pn.widgets.Select, p.scale, "scale", name="Scale", width=105),
                _widget(pn.widgets.Select, p.cmap, "cmap", name="Colours", width=115),
                margin=0,
                styles={"gap": "10px"},
            ),
            width=LEFT,
            css_classes=["card"],
            stylesheets=[CSS],
            styles={"padding": "12px", "gap": "6px", "flex": "none"},
        )

    def _lightcurve_card(self) -> pn.Column:
        p, inspector = self.inspector.param, self.inspector
        self._readout = _html(cadence_html(inspector), css_classes=["tpf-readout"], height=36)
        inspector.param.watch(
            self._read_out,
            ["cadence", "hovered", "aperture", "background", "normalized"],
            precedence=1,
        )
        self._panels = pn.Column(sizing_mode="stretch_width", margin=0)
        self._panel_views: dict[str, PanelView] = {}
        choose = pn.widgets.CheckButtonGroup(
            options=available_panels(inspector),
            button_style="outline",
            css_classes=["tpf-panels"],
            stylesheets=[CSS],
            margin=0,
            description=_tip("Further panels on the same time axis."),
        )
        choose.param.watch(lambda event: self._show_panels(event.new), "value")
        return pn.Column(
            pn.Row(
                self._quality_select(),
                _widget(pn.widgets.Checkbox, p.show_flagged, "show-flagged", name="show flagged"),
                _widget(pn.widgets.Checkbox, p.normalized, "normalized", name="normalise"),
                _widget(pn.widgets.Checkbox, p.show_all, "show-all", name="all points"),
                pn.HSpacer(),
                choose,
                margin=0,
                align="center",
                sizing_mode="stretch_width",
                styles={"gap": "12px"},
            ),
            pn.pane.HoloViews(
                self.lightcurve_view.plot,
                linked_axes=False,
                css_classes=["tpf-lightcurve"],
                sizing_mode="stretch_width",
                margin=0,
            ),
            self._readout,
            self._transport(),
            self._panels,
            sizing_mode="stretch_width",
            css_classes=["card"],
            stylesheets=[CSS],
            styles={"padding": "12px", "gap": "6px", "min-width": "0"},
        )

    def _transport(self) -> pn.Row:
        p, inspector = self.inspector.param, self.inspector
        play = pn.widgets.Toggle(
            name="▶ Play", width=76, css_classes=["tpf-play"], stylesheets=[CSS], margin=0
        )
        play.param.watch(self._play, "value")
        self._player = None
        number = _widget(pn.widgets.IntInput, p.cadence, "cadence-number", name="", width=96)
        slider = _widget(pn.widgets.IntSlider, p.cadence, "cadence", name="", show_value=False)
        slider.sizing_mode = "stretch_width"
        slider.min_width = 120
        return pn.Row(
            self._button("◀", "back", lambda: inspector.step(-1), "One cadence back (←)."),
            self._button("▶", "forward", lambda: inspector.step(1), "One cadence on (→)."),
            play,
            slider,
            number,
            margin=0,
            sizing_mode="stretch_width",
            align="center",
            styles={"gap": "8px", "align-items": "center"},
        )

    def _tabs(self) -> pn.Tabs:
        self._difference = pn.Column(sizing_mode="stretch_width", margin=0, min_height=60)
        self._difference_view = DifferenceView(self.inspector)
        self._show_difference()
        self.inspector.param.watch(
            self._show_difference, ["window", "quality_bitmask"], precedence=1
        )
        tabs = pn.Tabs(
            ("Difference image", self._difference),
            ("Quality flags", self._quality_tab()),
            ("Target", _html(target_html(self.inspector), css_classes=["tpf-target"])),
            ("Save and load", self._save_tab()),
            css_classes=["card", "tpf-tabs"],
            margin=0,
            styles={"padding": "0 12px 12px 12px"},
            stylesheets=[CSS],
            sizing_mode="stretch_width",
            dynamic=True,
        )
        self.inspector.param.watch(lambda event: setattr(tabs, "active", 0), "window")
        return tabs

    def _quality_select(self):
        inspector = self.inspector
        words = [*inspector.mission.quality_bitmasks]
        select = pn.widgets.Select(
            name="",
            options=[*words, "custom"],
            width=110,
            css_classes=["tpf-quality"],
            stylesheets=[CSS],
            margin=0,
            description=inspector.param.quality_bitmask.doc,
        )

        def follow(*events):
            bitmask = inspector.quality_bitmask
            select.value = bitmask if bitmask in words else "custom"

        def choose(event):
            if event.new != "custom":
                inspector.quality_bitmask = event.new
            elif inspector.quality_bitmask in words:
                inspector.quality_bitmask = inspector.mission.bitmask(inspector.quality_bitmask)

        follow()
        inspector.param.watch(follow, "quality_bitmask")
        select.param.watch(choose, "value")
        return pn.Row(
            _html("<div class='label'>Quality</div>"), select, margin=0, styles={"gap": "6px"}
        )

    def _quality_tab(self) -> pn.Row:
        inspector = self.inspector
        self.quality = QualityView(inspector)
        flags = {f"{name} ({bit})": bit for bit, name, _ in inspector.flag_counts()}
        ticks = pn.widgets.CheckBoxGroup(
            options=flags, css_classes=["tpf-flags"], stylesheets=[CSS], margin=0
        )

        def follow(*events):
            bits = inspector.mission.bitmask(inspector.quality_bitmask)
            ticks.value = [bit for bit in flags.values() if bit & bits]

        def choose(event):
            now = inspector.mission.bitmask(inspector.quality_bitmask)
            # Bits that do not occur in this file stay as they are.
            bits = now & ~sum(flags.values()) | sum(event.new)
            if bits != now:
                inspector.quality_bitmask = bits

        follow()
        inspector.param.watch(follow, "quality_bitmask")
        ticks.param.watch(choose, "value")
        return pn.Row(
            pn.Column(
                _html("<div class='section'>Flags in this file</div>"),
                _html(
                    "<div class='note'>Pick a row to mark its cadences on the light curve and go "
                    "to the next of them.</div>"
                ),
                pn.pane.HoloViews(self.quality.plot, css_classes=["tpf-flag-table"], margin=0),
                margin=0,
            ),
            pn.Spacer(width=30),
            pn.Column(
                _html("<div class='section'>Leave out cadences with</div>"),
                ticks,
                margin=0,
            ),
            margin=(10, 0),
        )

    def _save_tab(self) -> pn.Row:
        inspector = self.inspector

        def download(name, kind, formats, make):
            choice = pn.widgets.RadioButtonGroup(
                options=formats,
                button_style="outline",
                css_classes=[f"tpf-{kind}-format"],
                stylesheets=[CSS],
                margin=0,
            )
            button = pn.widgets.FileDownload(
                callback=lambda: io.BytesIO(make(choice.value)),
                filename=self._filename(kind, formats[0]),
                label=f"Save {name}",
                button_type="primary",
                css_classes=[f"tpf-save-{kind}"],
                stylesheets=[CSS],
                margin=0,
                width=150,
            )
            choice.param.watch(
                lambda event: setattr(button, "filename", self._filename(kind, event.new)), "value"
            )
            return pn.Row(choice, button, margin=0, styles={"gap": "10px"})

        load = pn.widgets.FileInput(
            accept=".fits,.gz,.json,.npy", css_classes=["tpf-load-aperture"], margin=0
        )
        load.param.watch(self._load_aperture, "value")
        return pn.Row(
            pn.Column(
                _html("<div class='section'>Light curve</div>"),
                download(
                    "light curve",
                    "lightcurve",
                    ["fits", "ecsv", "csv"],
                    lambda form: lightcurve_bytes(inspector.lightcurve, form),
                ),
                _html("<div class='section'>Aperture</div>"),
                download(
                    "aperture",
                    "aperture",
                    ["fits", "json", "npy"],
                    lambda form: aperture_bytes(inspector.tpf, inspector.aperture, form),
                ),
                margin=0,
                styles={"gap": "8px"},
            ),
            pn.Spacer(width=40),
            pn.Column(
                _html("<div class='section'>Load an aperture</div>"),
                load,
                _html(
                    "<div class='note'>A FITS, JSON or npy file saved here, or a target pixel file "
                    "of the same detector.</div>"
                ),
                margin=0,
                styles={"gap": "8px"},
            ),
            margin=(10, 0),
        )

    # -- what the widgets do ----------------------------------------------------------------------

    def _button(self, label: str, name: str, act, doc: str) -> pn.widgets.Button:
        button = pn.widgets.Button(
            name=label,
            description=_tip(doc),
            css_classes=[f"tpf-{name}"],
            stylesheets=[CSS],
            margin=0,
        )
        button.on_click(lambda event: act())
        return button

    def _enable(self, buttons) -> None:
        undo, redo = buttons
        undo.disabled, redo.disabled = not self.inspector.can_undo, not self.inspector.can_redo

    def _read_out(self, *events) -> None:
        self._readout.object = cadence_html(self.inspector)

    def _show_panels(self, names: list[str]) -> None:
        for name, view in self._panel_views.items():
            view.shown = name in names
        for name in names:
            if name not in self._panel_views:
                self._panel_views[name] = PanelView(self.inspector, name)
            self._panel_views[name].draw()
        self._panels.objects = [
            pn.pane.HoloViews(
                self._panel_views[name].plot,
                linked_axes=False,
                sizing_mode="stretch_width",
                css_classes=[f"tpf-panel-{name.split()[0].lower()}"],
                margin=0,
            )
            for name in names
        ]

    def _show_difference(self, *events) -> None:
        try:
            found = self.inspector.difference()
        except TPFError as error:
            self._difference.objects = [_html(f"<div class='note'>{error}</div>")]
            return
        if found is None:
            text = "Drag over the light curve to set a window: the difference image shows here."
            self._difference.objects = [_html(f"<div class='note'>{text}</div>")]
            return
        clear = self._button(
            "Clear window", "clear-window", lambda: setattr(self, "window", None), "No window."
        )
        self._difference.objects = [
            pn.Row(_html(f"<div class='note'>{difference_text(found)}</div>"), pn.HSpacer(), clear),
            pn.pane.HoloViews(
                self._difference_view.layout(found),
                linked_axes=False,
                css_classes=["tpf-difference"],
                margin=0,
            ),
        ]

    def _play(self, event) -> None:
        if event.new:
            self._player = pn.state.add_periodic_callback(self._next, period=100)
        elif self._player is not None:
            self._player.stop()

    def _next(self) -> None:
        before = self.inspector.cadence
        self.inspector.step(1)
        if self.inspector.cadence == before:
            self.inspector.step(-self.inspector.tpf.sizes["time"])

    def _load_aperture(self, event) -> None:
        if not event.new:
            return
        try:
            self.aperture = read_aperture(event.new, self.inspector.tpf)
        except TPFError as error:
            self.tell(str(error))
        else:
            self.tell("")

    def tell(self, message: str) -> None:
        """Show an error in words over the plots; "" takes it away."""
        self._message.param.update(
            object=f"<div class='error' role='alert'>{message}</div>", visible=bool(message)
        )

    def _filename(self, kind: str, suffix: str) -> str:
        source = str(self.inspector.tpf.attrs.get("source") or "tpf")
        stem = Path(source).name.split(".fits")[0].replace(" ", "_")
        return f"{stem}_{kind}.{suffix}"


def interact(source, **params) -> TPFDashboard:
    """The dashboard over `source`, to be displayed at the end of a notebook's cell."""
    return TPFDashboard(source, **params)


def _html(text: str, **params) -> pn.pane.HTML:
    return pn.pane.HTML(text, **({"stylesheets": [CSS], "margin": 0} | params))


def _widget(kind, parameter, css_name: str, **params):
    """A widget of a param, with the param's doc as its tooltip and a CSS class of its own."""
    defaults = {"margin": 0}
    if "description" in kind.param:  # sliders have none
        text_only = isinstance(kind.param.description, param.String)
        defaults["description"] = parameter.doc if text_only else _tip(parameter.doc)
    return kind.from_param(
        parameter, css_classes=[f"tpf-{css_name}"], stylesheets=[CSS], **(defaults | params)
    )


def _tip(text: str) -> Tooltip:
    return Tooltip(content=text, position="bottom")


def _choice(parameter, css_name: str):
    return _widget(
        pn.widgets.RadioButtonGroup, parameter, css_name, name="", button_style="outline"
    )
