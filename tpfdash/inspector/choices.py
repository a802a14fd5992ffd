"""What a user can choose in one inspection: the params, and nothing that follows from them."""

from __future__ import annotations

from typing import Any

import param
import xarray as xr

from tpfdash.inspector.listed import Listed
from tpfdash.inspector.params import (
    Apertures,
    Choice,
    Corrections,
    Ephemerides,
    Events,
    FileName,
    Function,
    Interval,
    Intervals,
    Levels,
    Mask,
    Number,
    Percentiles,
    Periodogram,
    Periods,
    Pixel,
    Places,
    Quality,
    Recurrence,
    Remarks,
    SaidOf,
    Stars,
    Switch,
    Text,
    Whole,
)
from tpfdash.stamp.columns import COLUMNS
from tpfdash.stamp.masks import MODES
from tpfdash.stamp.stretch import LEVELS_FROM, SCALE_NAMES
from tpfdash.timeseries.events.found import CROSSING, KINDS, MARK

__all__ = ["CMAPS", "COMPARISONS", "EVENT_KINDS", "EVENT_ORDERS", "PICTURES", "Choices"]

#: "auto" is one for the column: see `Values.colors`.
CMAPS = ("auto", "viridis", "magma", "inferno", "cividis", "gray", "gray_r", "coolwarm")
GRID_TIMES, GRID_SCALES = ("all", "in sight", "window"), ("own", "same")
PICTURES = ("difference", "S/N", "expected", "out", "pixels")
COMPARISONS = ("none", "over each other", "stacked", "ratio", "difference")
EVENT_KINDS = ("all", *KINDS, CROSSING, MARK)
#: With a minus: from the highest down.
EVENT_ORDERS = tuple(
    f"{sign}{name}" for name in ("time", "depth", "snr", "verdict") for sign in ("", "-")
)


class Choices(param.Parameterized):
    """The params of an `Inspector`; each refuses a bad value as it comes."""

    # An Inspector is never without one; None is the class's own.
    tpf: xr.Dataset = param.ClassSelector(  # type: ignore[assignment]
        class_=xr.Dataset, constant=True, doc="The file under inspection."
    )
    aperture = Mask(doc="Pixels whose sum is the light curve: bool (row, col).")
    background = Mask(
        doc="Pixels whose median is taken off each aperture pixel: bool (row, col); none: no pixel."
    )
    aperture_list = Apertures(
        (Listed("A", None),),
        doc="All apertures in a row: (name, mask, hidden) each; None for the mask of the one being "
        "edited, which is `aperture`. See `apertures`.",
    )
    compare = Choice(
        default="none",
        objects=list(COMPARISONS),
        doc="How the other apertures' light curves are drawn: none; over each other or stacked, "
        "each scaled to the median of the one being edited; their ratio to it, each over its "
        "median; or their difference from it, less its median.",
    )
    cadence = Whole(0, bounds=(0, None), doc="Index of the current cadence in the file.")
    quality_bitmask = Quality(
        "default",
        doc="Which quality flags leave a cadence out: none, default, hard, hardest, or the bits.",
    )
    window = Interval(None, doc="(t0, t1) of the event to look at, in the file's days, or None.")
    stacked = Intervals(
        (),
        doc="Further windows, (t0, t1) each, of the same event, which are measured with `window`; "
        "dropped as that becomes None.",
    )
    time_range = Interval(None, doc="(t0, t1) that the time axes show, or None: all.")
    column = Choice(
        default="flux",
        objects=list(COLUMNS),
        doc="What the postage stamp shows; residual: this cadence minus its pixels' local median.",
    )
    scale = Choice(
        default="auto",
        objects=list(SCALE_NAMES),
        doc="How values become colours; auto: so that the sky's noise and bright stars both show.",
    )
    stretch = Percentiles((1.0, 95.0), doc="Percentiles of the pixels at the ends of the colours.")
    levels_from = Choice(
        default="auto",
        objects=list(LEVELS_FROM),
        doc="What the ends of the colours are fitted to: auto (the observation's typical frame), "
        "this frame, or the percentiles of the stretch.",
    )
    limits = Levels(
        None,
        doc="(low, high) pixel values at the ends of the colours, in place of what `levels_from` "
        "gives, until that, the stretch or the column is another; None in either: as it gives it.",
    )
    cmap = Choice(
        default="auto",
        objects=list(CMAPS),
        doc="Colour map of the postage stamp; auto: viridis, or coolwarm where 0 is in the middle.",
    )
    picture = Choice(
        default="difference",
        objects=list(PICTURES),
        doc="What is shown of the event: the difference image (out of it minus in it), that over "
        "its error, what the verdict lets expect of it, the stars out of the event, or the light "
        "curves of the pixels that change most.",
    )
    check = Text("", doc="Name of the finding whose picture is shown; empty: the verdict's.")
    mode = Choice(default="replace", objects=list(MODES), doc="What a click or a box does.")
    editing = Choice(
        default="aperture",
        objects=["aperture", "background"],
        doc="Which mask the mouse edits on the postage stamp.",
    )
    normalized = Switch(False, doc="Divide the light curve by its median.")
    show_flagged = Switch(
        True, doc="Draw the cadences that the quality choice leaves out, apart from the others."
    )
    show_all = Switch(False, doc="Let the flux axis reach every point, single outliers included.")
    corrections = Corrections(
        (),
        doc="Applied to the light curve in this order: see `timeseries.corrections`; (): none. "
        "What is in the windows is left out of what they fit.",
    )
    show_raw = Switch(True, doc="Draw the raw light curve in grey below the corrected one.")
    transform = Function(
        None,
        doc="Applied to the kept cadences' light curve after the corrections: see "
        "`timeseries.transform`; or None.",
    )
    flux_range = Function(
        None, doc="Light curve -> (low, high) of the flux axis; None: it fits the data."
    )
    filename = FileName("", doc="What saved files are named after; empty: the source.")
    stars = Stars(
        None,
        doc="Catalogue stars on and around the stamp: an astropy Table of tpfdash.stamp.stars or "
        "with ra, dec and a magnitude, brightest first; None: none were asked for.",
    )
    variables = Places(None, doc="Known variable stars, likewise.")
    movers = Places(
        None, doc="Known solar-system objects at one cadence (`meta['cadence']`), likewise."
    )
    star = Whole(
        None, bounds=(0, None), allow_None=True, doc="Row in `stars` of the one chosen, or None."
    )
    show_stars = Switch(True, doc="Draw the catalogue stars on the stamp.")
    star_limit = Number(25.0, bounds=(0.0, 25.0), doc="Magnitude of the faintest stars drawn.")
    star_colors = Switch(False, doc="Colour the stars by BP - RP: blue is hot, red is cool.")
    events = Events(
        None, doc="Events of the light curve, as tpfdash.find_events gives them, or None; numbered."
    )
    grid_time = Choice(
        default="in sight",
        objects=list(GRID_TIMES),
        doc="What the pixels' own light curves show: all, what is in sight of the light curve, or "
        "the window with some time on both sides.",
    )
    grid_scale = Choice(
        default="own",
        objects=list(GRID_SCALES),
        doc="Whether each pixel's own light curve fills its cell, or all have the same scale.",
    )
    grid_corner = Pixel(
        None,
        doc="(row, col) of the first pixel whose own light curve is shown, where the stamp is "
        "larger than the grid; None: they lie around the file's aperture.",
    )
    ephemeris = Recurrence(
        None, doc="When something comes again: an Ephemeris (period, t0, duration), or None."
    )
    periodogram = Periodogram(
        None, doc="What tpfdash.box_periodogram or sine_periodogram gave of it, or None."
    )
    period_range = Periods(
        None, doc="(low, high) of the periods that the periodogram shows, days, or None: all."
    )
    phase_range = Interval(
        None,
        doc="(low, high) of the phases, in periods, that the folded light curve shows, or None: "
        "those about an event.",
    )
    phase_unit = Choice(
        default="hours",
        objects=["hours", "periods"],
        doc="What the folded light curve is drawn against: hours from mid-event, or periods.",
    )
    known = Ephemerides((), doc="Known ephemerides of the target, each an Ephemeris.")
    marks = Intervals((), doc="Windows, (t0, t1) each, that the user lists as events of their own.")
    remarks = Remarks(
        (), doc="The user's words on events, (t0, t1, word, note) each: real, artefact or unsure."
    )
    said = SaidOf(
        {}, doc="Window -> what its pixels say, in a line; until aperture or stars change."
    )
    ticked = Intervals(
        (), doc="Windows of the events that are ticked in their list, to be stacked."
    )
    event_kind = Choice(default="all", objects=list(EVENT_KINDS), doc="Which events are shown.")
    event_order = Choice(
        default="time",
        objects=list(EVENT_ORDERS),
        doc="What their list is sorted by: time, depth, snr, verdict; with a minus, highest first.",
    )
    notes = Text("", doc="The user's own words on this file; they go into the report.")
    pointed = Pixel(None, doc="(row, col) of the detector pixel pointed at, or None.")
    pointed_star = Whole(
        None,
        bounds=(0, None),
        allow_None=True,
        doc="Row in `stars` of the one pointed at, or None.",
    )
    hovered = Whole(None, bounds=(0, None), allow_None=True, doc="Index of the cadence pointed at.")
    marked_flag = Whole(0, bounds=(0, None), doc="Quality bit whose cadences are marked.")

    def change(self, **values: Any) -> None:
        """Set params as one change: who watches several of them is told once.

        `param.update` would do it too, but first work out the light curve, which takes long.
        """
        with param.parameterized.batch_call_watchers(self):
            for name, value in values.items():
                setattr(self, name, value)
