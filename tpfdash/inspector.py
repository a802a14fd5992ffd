"""The Inspector: all that the user has chosen in one inspection of one file, and no display.

Everything a gesture does is a method here, so that it can be scripted and tested without a
browser; the views only listen to the params.
"""

from __future__ import annotations

import operator

import numpy as np
import param
import xarray as xr
from astropy.time import Time

from tpfdash import photometry
from tpfdash.aperture import as_mask, default_mask, named_mask, rectangle
from tpfdash.difference import Difference, difference_image
from tpfdash.errors import TPFError
from tpfdash.frames import COLUMNS, available_columns, frame, sample_frames
from tpfdash.missions import Mission, get_mission

__all__ = ["MODES", "SCALES", "Inspector"]

MODES = ("replace", "add", "remove", "toggle")
SCALES = ("log", "linear", "sqrt", "asinh")
CMAPS = ("viridis", "magma", "inferno", "cividis", "gray", "gray_r", "coolwarm")


class Mask(param.Parameter):
    """A boolean (row, col) array: copied in, read-only out, silent when it did not change."""

    def __set__(self, obj, value):
        if obj is not None:
            value = as_mask(value, obj.tpf["aperture"].shape, self.name)
            if np.array_equal(value, self.__get__(obj, type(obj))):
                return
        super().__set__(obj, value)


class Derived(param.Parameter):
    """A read-only value worked out of the others when it is asked for.

    The owner has a method `_derive_NAME`, which keeps what it worked out as long as it holds.
    """

    def __get__(self, obj, objtype=None):
        return self if obj is None else getattr(obj, f"_derive_{self.name}")()

    def __set__(self, obj, value):
        if value is not self.__get__(obj, type(obj)):
            raise TypeError(f"{self.name} is read-only: it follows from the other params.")
        super().__set__(obj, value)


class Choice(param.Selector):
    """A Selector whose error is a TPFError that lists the choices."""

    def _validate(self, value):
        if value not in list(self.objects):
            words = ", ".join(repr(word) for word in self.objects)
            raise TPFError(f"{self.name} is {value!r}: it should be one of {words}.")


class Whole(param.Integer):
    """An Integer whose error is a TPFError that says which numbers there are."""

    def _validate(self, value):
        if value is None and self.allow_None:
            return
        low, high = self.bounds
        try:
            inside = operator.index(value) >= low and (high is None or value <= high)
        except TypeError:
            inside = False
        if not inside or isinstance(value, bool):
            last = "" if high is None else f" to {high}"
            raise TPFError(f"{self.name} is {value!r}: it should be a whole number, {low}{last}.")


class Interval(param.Parameter):
    """(low, high), put in order, or None."""

    def __set__(self, obj, value):
        super().__set__(obj, None if value is None else self._ordered(value))

    def _ordered(self, value) -> tuple[float, float]:
        try:
            low, high = sorted(float(end) for end in value)
        except (TypeError, ValueError):
            low = high = np.nan
        if not np.isfinite([low, high]).all():
            raise TPFError(f"{self.name} is {value!r}: it should be two finite numbers, or None.")
        return low, high


class Percentiles(Interval):
    """(low, high) with 0 <= low < high <= 100."""

    def _ordered(self, value) -> tuple[float, float]:
        low, high = super()._ordered(value)
        if not 0 <= low < high <= 100:
            raise TPFError(f"{self.name} is {value!r}: it should be two different percentiles.")
        return low, high


class Inspector(param.Parameterized):
    """The state of one inspection.

    Parameters
    ----------
    tpf : Dataset
        As `open_tpf` gives it. Its flux is read into memory, unless it is chunked.
    **params
        Any of the params below.

    Raises
    ------
    TPFError
        On any value that a param cannot take; the state is then as it was before.
    """

    tpf = param.ClassSelector(class_=xr.Dataset, constant=True, doc="The file under inspection.")
    aperture = Mask(doc="Pixels whose sum is the light curve: bool (row, col).")
    background = Mask(
        doc="Pixels whose median is taken off each aperture pixel: bool (row, col); none: no pixel."
    )
    cadence = Whole(0, bounds=(0, None), doc="Index of the current cadence in the file.")
    quality_bitmask = param.Parameter(
        "default",
        doc="Which quality flags leave a cadence out: none, default, hard, hardest, or the bits.",
    )
    window = Interval(None, doc="(t0, t1) of the event to look at, in the file's days, or None.")
    time_range = Interval(None, doc="(t0, t1) that the time axes show, or None: all.")
    column = Choice(default="flux", objects=list(COLUMNS), doc="What the postage stamp shows.")
    scale = Choice(default="log", objects=list(SCALES), doc="How values become colours.")
    stretch = Percentiles((1.0, 95.0), doc="Percentiles of the pixels at the ends of the colours.")
    cmap = Choice(default="viridis", objects=list(CMAPS), doc="Colour map of the postage stamp.")
    mode = Choice(default="replace", objects=list(MODES), doc="What a click or a box does.")
    editing = Choice(
        default="aperture",
        objects=["aperture", "background"],
        doc="Which mask the mouse edits on the postage stamp.",
    )
    normalized = param.Boolean(False, doc="Divide the light curve by its median.")
    show_flagged = param.Boolean(
        True, doc="Draw the cadences that the quality choice leaves out, apart from the others."
    )
    show_all = param.Boolean(
        False, doc="Let the flux axis reach every point, single outliers included."
    )
    hovered = Whole(None, bounds=(0, None), allow_None=True, doc="Index of the cadence pointed at.")
    marked_flag = Whole(0, bounds=(0, None), doc="Quality bit whose cadences are marked.")
    lightcurve = Derived(doc="The aperture's light curve, as aperture_photometry gives it.")

    def __init__(self, tpf: xr.Dataset, **params):
        unknown = [name for name in params if name not in self.param or name == "lightcurve"]
        if unknown:
            raise TPFError(f"an Inspector has no param {unknown[0]!r} that can be set.")
        if not isinstance(tpf, xr.Dataset):
            raise TPFError(f"an Inspector takes a Dataset, as open_tpf gives it, not {type(tpf)}.")
        super().__init__(tpf=tpf)
        if tpf["flux"].chunks is None:
            tpf["flux"].load()
        self.mission: Mission = get_mission(tpf.attrs["mission"])
        self._sum = photometry.RunningSum(tpf)
        self._cache: dict[str, object] = {}
        self._history: list[tuple[np.ndarray, np.ndarray]] = []
        self._at = -1
        self.param.cadence.bounds = (0, tpf.sizes["time"] - 1)
        self.param.column.objects = available_columns(tpf)
        masks = {name: params.pop(name, None) for name in ("aperture", "background")}
        with param.parameterized.discard_events(self):
            self._put("background", "empty" if masks["background"] is None else masks["background"])
            self._put(
                "aperture", default_mask(tpf) if masks["aperture"] is None else masks["aperture"]
            )
        self._remember()
        self.param.watch(self._masks_changed, ["aperture", "background"])
        self.param.watch(self._quality_changed, ["quality_bitmask"])
        if "cadence" not in params:
            params["cadence"] = self._first_good(params.get("quality_bitmask", "default"))
        try:
            self.param.update(**params)
        except TPFError:
            raise
        except ValueError as error:
            raise TPFError(str(error)) from None

    def __repr__(self) -> str:
        return f"<Inspector of {self.tpf.attrs.get('object') or self.tpf.attrs.get('source')}>"

    # -- masks ---------------------------------------------------------------------------------

    def select(self, row: int, col: int) -> None:
        """Make the mask being edited that one detector pixel."""
        self.select_box(row, row, col, col, "replace")

    def toggle(self, row: int, col: int) -> None:
        """Add a detector pixel to the mask being edited, or take it off if it was in."""
        self._edit(self._mask ^ rectangle(self.tpf, row, row, col, col))

    def select_box(self, row0, row1, col0, col1, mode: str = "replace") -> None:
        """Change the mask being edited by a rectangle of detector pixels, both ends included.

        Parameters
        ----------
        row0, row1, col0, col1 : int
            What lies outside the stamp is cut off; a rectangle wholly outside changes nothing.
        mode : {"replace", "add", "remove"}
        """
        box = rectangle(self.tpf, row0, row1, col0, col1)
        if not box.any():
            return
        ways = {"replace": box, "add": self._mask | box, "remove": self._mask & ~box}
        if mode not in ways:
            raise TPFError(f"a box cannot {mode!r}: the mode should be one of {', '.join(ways)}.")
        self._edit(ways[mode])

    def set_aperture(self, aperture) -> None:
        """Set the aperture: "pipeline", "threshold", "all", "empty", or a bool array (row, col)."""
        self._put("aperture", aperture)

    def set_mask(self, mask) -> None:
        """As `set_aperture`, for the mask that is being edited."""
        self._put(self.editing, mask)

    @property
    def _mask(self) -> np.ndarray:
        return getattr(self, self.editing)

    def _edit(self, mask: np.ndarray) -> None:
        setattr(self, self.editing, mask)

    def _put(self, name: str, mask) -> None:
        setattr(self, name, named_mask(self.tpf, mask) if isinstance(mask, str) else mask)

    # -- undo ----------------------------------------------------------------------------------

    @property
    def can_undo(self) -> bool:
        """Whether there is a change of a mask to take back."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a change of a mask that was taken back."""
        return self._at < len(self._history) - 1

    def undo(self) -> None:
        """Take back the last change of the aperture or the background; nothing without one."""
        self._go(self._at - 1)

    def redo(self) -> None:
        """Do again what `undo` took back; nothing without one."""
        self._go(self._at + 1)

    def _go(self, at: int) -> None:
        if 0 <= at < len(self._history):
            self._at = at  # first, so that the watcher finds the masks in the history already
            aperture, background = self._history[at]
            self.param.update(aperture=aperture, background=background)

    def _remember(self) -> None:
        now = (self.aperture, self.background)
        if self._at >= 0 and all(map(np.array_equal, now, self._history[self._at])):
            return
        del self._history[self._at + 1 :]
        self._history.append(now)
        self._at += 1

    # -- time ----------------------------------------------------------------------------------

    def step(self, n: int) -> None:
        """Go `n` cadences on (back, if negative) among those that the quality choice keeps.

        Stops at the first and the last of them. Where it keeps none, every cadence counts.
        """
        n = operator.index(n)
        kept = np.flatnonzero(self.good)
        if not kept.size:
            kept = np.arange(self.tpf.sizes["time"])
        side = "left" if n >= 0 else "right"
        here = np.searchsorted(kept, self.cadence, side=side)
        if n > 0 and (here == kept.size or kept[here] != self.cadence):
            here -= 1  # standing between two kept cadences, the first step reaches the next
        elif n <= 0:
            here -= here > 0 and kept[here - 1] == self.cadence
        self.cadence = int(kept[np.clip(here + n, 0, kept.size - 1)])

    def seek(self, time: float) -> None:
        """Go to the cadence nearest in time, among those that are drawn.

        Cadences that the quality choice leaves out count where they are shown.
        """
        cadence = self.nearest(time)
        if cadence is not None:
            self.cadence = cadence

    def nearest(self, time: float) -> int | None:
        """Index of the drawn cadence nearest to `time`; None where none has a time."""
        drawn, times = self._drawn
        if not drawn.size or not np.isfinite(time):
            return None
        after = int(np.searchsorted(times, time))
        around = np.arange(max(after - 1, 0), min(after + 1, drawn.size))
        return int(drawn[around[np.argmin(np.abs(times[around] - time))]])

    def seek_flag(self, bit: int) -> None:
        """Go to the next cadence (round again from the first) whose QUALITY has `bit` set."""
        hits = np.flatnonzero(self.tpf["quality"].values & bit)
        if hits.size:
            after = hits[hits > self.cadence]
            self.cadence = int(after[0] if after.size else hits[0])

    @property
    def _drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """(cadence, time) of the cadences on the light curve, in order of time."""

        def work():
            time = self.time
            drawn = np.isfinite(time) if self.show_flagged else np.isfinite(time) & self.good
            index = np.flatnonzero(drawn)
            index = index[np.argsort(time[index], kind="stable")]
            return index, time[index]

        return self._cached(f"drawn {self.show_flagged}", work)

    def _first_good(self, quality) -> int:
        good = (self.quality & self.mission.bitmask(quality)) == 0
        kept = np.flatnonzero(good & np.isfinite(self.time))
        return int(kept[0]) if kept.size else 0

    # -- what follows from the state ------------------------------------------------------------

    @property
    def time(self) -> np.ndarray:
        """Time of each cadence in the file's days; NaN where it has none."""
        return self.tpf["time"].values

    @property
    def quality(self) -> np.ndarray:
        """QUALITY of each cadence."""
        return self.tpf["quality"].values

    @property
    def good(self) -> np.ndarray:
        """bool (time,): the cadences that the quality choice keeps."""
        return self._cached(
            "good", lambda: (self.quality & self.mission.bitmask(self.quality_bitmask)) == 0
        )

    @property
    def flux(self) -> np.ndarray:
        """The light curve as it is drawn: float64 (time,), e-/s, or relative where normalised."""

        flux = self._cached("flux", self._summed)
        if not self.normalized:
            return flux
        return self._cached("flux normalized", lambda: flux / self._median_flux)

    def _summed(self) -> np.ndarray:
        self._sum.update(self.aperture)
        return self._sum.flux(self._background_level)

    @property
    def _median_flux(self) -> float:
        """Median over the kept cadences; NaN where it is 0 or nothing is kept."""

        def work():
            flux = self._cached("flux", self._summed)
            kept = flux[self.good & np.isfinite(flux)]
            return float(np.median(kept)) or np.nan if kept.size else np.nan

        return self._cached("flux median", work)

    @property
    def _background_level(self) -> np.ndarray | None:
        if not self.background.any():
            return None
        return self._cached(
            "background", lambda: photometry.median_level(self.tpf, self.background)
        )

    def _derive_lightcurve(self) -> xr.Dataset:
        def work():
            lightcurve = photometry.aperture_photometry(
                self.tpf,
                self.aperture,
                background=self.background if self.background.any() else None,
            )
            lightcurve.attrs["quality_bitmask"] = self.mission.bitmask(self.quality_bitmask)
            return lightcurve

        return self._cached("lightcurve", work)

    def levels(self) -> tuple[float, float]:
        """Pixel values at the two ends of the stretch, of the column being shown.

        Percentiles of up to 64 frames spread over the observation, so that the colours of two
        cadences can be compared.
        """

        def sorted_values():
            values = sample_frames(self.tpf, self.column)
            return np.sort(values[np.isfinite(values)])

        values = self._cached(f"values {self.column}", sorted_values)
        if not values.size:
            return 0.0, 1.0
        low, high = (values[round((values.size - 1) * end / 100)] for end in self.stretch)
        if high <= low:
            high = values[-1] if values[-1] > low else low + 1
        return float(low), float(high)

    def frame(self) -> np.ndarray:
        """The stamp now: float64 (row, col) of the column and cadence chosen."""
        return frame(self.tpf, self.column, self.cadence)

    def difference(self) -> Difference | None:
        """The difference image of the window, of the kept cadences; None where no window is set.

        Raises
        ------
        TPFError
            Where the window, or the time beside it, holds no such cadence.
        """
        if self.window is None:
            return None
        return difference_image(self.tpf, self.window, self.good)

    def describe(self, cadence: int) -> dict[str, object]:
        """What is known of one cadence, for a reader.

        Returns
        -------
        dict
            `cadence` (index), `cadenceno`, `time` (days; NaN where it has none), `date` (ISO,
            TDB, barycentric; "" where it has no time), `flux` as drawn, `flux_err` (on the same
            scale; NaN where not available), `quality`, `flags` (their names).
        """
        time = float(self.time[cadence])
        quality = int(self.quality[cadence])
        flux = float(self.flux[cadence])
        error = np.nan
        if "flux_err" in self.tpf and self.aperture.any():
            errors = self.tpf["flux_err"].variable[cadence].values[self.aperture].astype(float)
            errors = errors[np.isfinite(errors)]
            error = float(np.sqrt(np.sum(errors**2))) if errors.size else np.nan
            if self.normalized:
                error /= self._median_flux
        return {
            "cadence": int(cadence),
            "cadenceno": int(self.tpf["cadenceno"].values[cadence]),
            "time": time,
            "date": self._date(time),
            "flux": flux,
            "flux_err": error,
            "quality": quality,
            "flags": self.mission.flag_names(quality),
        }

    def _date(self, time: float) -> str:
        if not np.isfinite(time):
            return ""
        reference = self.tpf.attrs.get("time_reference", self.mission.time_reference)
        return Time(reference, time, format="jd", scale="tdb").isot[:19]

    def flag_counts(self) -> list[tuple[int, str, int]]:
        """(bit, name, number of cadences) of each quality flag that occurs in the file."""
        bits = [1 << n for n in range(31)]
        counts = [(bit, int(np.count_nonzero(self.quality & bit))) for bit in bits]
        return [(bit, self.mission.flag_names(bit)[0], count) for bit, count in counts if count]

    # -- keeping up ------------------------------------------------------------------------------

    def _cached(self, name: str, work):
        if name not in self._cache:
            self._cache[name] = work()
        return self._cache[name]

    def _forget(self, *prefixes: str) -> None:
        for name in [name for name in self._cache if name.startswith(prefixes)]:
            del self._cache[name]

    def _masks_changed(self, *events) -> None:
        self._remember()
        if any(event.name == "background" for event in events):
            self._forget("background")
        self._forget("flux", "lightcurve")
        self._announce()

    def _quality_changed(self, event) -> None:
        try:
            self.mission.bitmask(event.new)
        except TPFError:
            with param.parameterized.discard_events(self):
                self.quality_bitmask = event.old
            raise
        self._forget("good", "drawn", "flux ", "lightcurve")
        self._announce()

    def _announce(self) -> None:
        """Tell those who watch the light curve; it is not worked out where nobody does."""
        if self.param.watchers.get("lightcurve", {}).get("value"):
            self.param.trigger("lightcurve")
