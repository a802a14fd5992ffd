"""What follows from a user's choices in one inspection: kept cadences, light curve, frame, levels.

Each value says beside its code what it is made of. Who makes the choices is `Inspector`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import param
import xarray as xr

from tpfdash import photometry
from tpfdash.diagnosis.diagnose import Diagnosis
from tpfdash.diagnosis.scene import usual_prf
from tpfdash.errors import TPFError
from tpfdash.inspector.correcting import Correcting
from tpfdash.inspector.derived import Derived, derived, follows
from tpfdash.inspector.question import Once, Question
from tpfdash.inspector.timeline import Timeline
from tpfdash.missions import Mission, get_mission
from tpfdash.stamp.blocks import long_median, median_level
from tpfdash.stamp.columns import (
    COLUMNS,
    available_columns,
    column_unit,
    frame,
    sample_frames,
)
from tpfdash.stamp.pointing import motion_at
from tpfdash.stamp.stars import aperture_shares
from tpfdash.stamp.stretch import (
    Content,
    Scale,
    content,
    even_content,
    limited,
    percentile_levels,
    scale_for,
)
from tpfdash.stamp.units import spelled

__all__ = ["Values"]


class Values(Correcting):
    """The choices made over one file, and all that is worked out of them.

    Parameters
    ----------
    tpf : Dataset
        As `open_tpf` gives it. Its flux is read into memory, unless it is chunked.
    """

    lightcurve = Derived(
        doc="The aperture's light curve, as aperture_photometry gives it, corrected by "
        "`corrections` (but for a `Bin`), then by `transform`."
    )
    diagnosis = Derived(
        doc="What the event in the windows is, as tpfdash.diagnose gives it; None without a window."
    )
    answer = param.Parameter(
        None, doc="The `diagnosis` where a page has it already; None until then. Set by the page."
    )

    def __init__(self, tpf: xr.Dataset):
        super().__init__(tpf=tpf)
        if tpf["flux"].chunks is None:
            tpf["flux"].load()
        self.mission: Mission = get_mission(tpf.attrs["mission"])
        self.timeline = Timeline(tpf["time"].values, tpf["quality"].values)
        self._sum = photometry.RunningSum(tpf)
        self._errors_read: tuple[int, np.ndarray] | None = None
        self.param.cadence.bounds = (0, tpf.sizes["time"] - 1)
        self.param.column.objects = available_columns(tpf)

    # -- time ----------------------------------------------------------------------------------

    @property
    def time(self) -> np.ndarray:
        """Time of each cadence in the file's days; NaN where it has none."""
        return self.timeline.time

    @property
    def quality(self) -> np.ndarray:
        """QUALITY of each cadence."""
        return self.timeline.quality

    @derived("quality_bitmask")
    def quality_bits(self) -> int:
        """The QUALITY bits that leave a cadence out."""
        return self.mission.bitmask(self.quality_bitmask)

    @derived("quality_bits")
    def good(self) -> np.ndarray:
        """bool (time,): the cadences that the quality choice keeps."""
        return ~self.timeline.flagged(self.quality_bits)

    @derived("good")
    def _stops(self) -> np.ndarray:
        """The cadences that `step` goes through."""
        return np.flatnonzero(self.good) if self.good.any() else np.arange(self.good.size)

    @derived("good", "show_flagged")
    def drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """(cadence, time) of the cadences on the light curve, in order of time."""
        return self.timeline.in_order(self.good | self.show_flagged)

    @derived("good", "show_flagged", "marked_flag")
    def times_by_kind(self) -> dict[str, np.ndarray]:
        """The times of the cadences that are drawn as "kept", "flagged" and "marked".

        float64 (time,), NaN at the other cadences; of length 0 for a kind that has none.
        """
        marked = self.timeline.flagged(self.marked_flag)
        kinds = {
            "kept": self.good & ~marked,
            "flagged": ~self.good & ~marked & self.show_flagged,
            "marked": marked,
        }
        return {
            name: np.where(which, self.time, np.nan) if which.any() else self.time[:0]
            for name, which in kinds.items()
        }

    @derived("aperture", "background")
    def overlap(self) -> int:
        """How many pixels are in the aperture and in the background too."""
        return int(np.count_nonzero(self.aperture & self.background))

    # -- the light curve -----------------------------------------------------------------------

    @derived("background")
    def _background_level(self) -> np.ndarray | None:
        return median_level(self.tpf, self.background) if self.background.any() else None

    @derived("aperture", "_background_level")
    def _sum_of_pixels(self) -> np.ndarray:
        self._sum.update(self.aperture)
        return self._sum.flux(self._background_level)

    @derived("aperture", "background")
    def _photometry(self) -> Once:
        return Once(self._photometry_of(self.aperture))

    def _photometry_of(self, mask: np.ndarray) -> Callable[[], xr.Dataset]:
        """What works out the light curve of a mask, in whatever thread."""
        tpf, background = self.tpf, self.background if self.background.any() else None

        def work() -> xr.Dataset:
            made = photometry.aperture_photometry(tpf, mask, background=background)
            for name in ("flux", "flux_err", "centroid_row", "centroid_col"):
                made[name].values.flags.writeable = False
            return made

        return work

    @derived("_photometry", "quality_bits")
    def raw_lightcurve(self) -> xr.Dataset:
        """The aperture's light curve as aperture_photometry gives it."""
        return self._photometry.answer().assign_attrs(quality_bitmask=self.quality_bits)

    @property
    @follows("_sum_of_pixels", "_changed")
    def _summed(self) -> np.ndarray:
        """The light curve, not normalised; the quick way where nothing is done to it."""
        return self._sum_of_pixels if self._changed is None else self._changed["flux"].values

    @derived("_summed", "good")
    def _median_flux(self) -> float:
        """Median over the kept cadences; NaN where it is 0 or nothing is kept."""
        kept = self._summed[self.good & np.isfinite(self._summed)]
        return long_median(kept) or np.nan

    @derived("_summed", "_median_flux")
    def _relative_flux(self) -> np.ndarray:
        return self._summed / self._median_flux

    @property
    @follows("normalized", "_summed", "_relative_flux")
    def flux(self) -> np.ndarray:
        """The light curve as it is drawn: float64 (time,), e-/s, or relative where normalised."""
        return self._relative_flux if self.normalized else self._summed

    @property
    @follows("normalized", "summed_unit")
    def flux_unit(self) -> str:
        """The unit of `flux` in words; "" where it has none."""
        return "" if self.normalized else self.summed_unit

    @property
    @follows("_changed")
    def summed_unit(self) -> str:
        if self._changed is not None:
            return spelled(self._changed["flux"].attrs.get("units", ""), "words")
        return column_unit(self.tpf, "flux")

    @derived("flux_range", "_changed", "raw_lightcurve")
    def _wished_range(self) -> tuple[float, float] | None:
        drawn = self.raw_lightcurve if self._changed is None else self._changed
        try:
            return self.flux_range(drawn)
        except TPFError:  # this aperture's light curve has no such range
            return None

    @follows("flux_range", "show_all", "_wished_range", "flux_scale")
    def flux_limits(self) -> tuple[float, float] | None:
        """The ends of the flux axis that `flux_range` asks for; None where they fit the data."""
        if self.flux_range is None or self.show_all or self._wished_range is None:
            return None
        return tuple(end / self.flux_scale for end in self._wished_range)

    def _flux_err(self, cadence: int) -> float:
        """The error of the light curve, not normalised; that of one cadence is soon read."""
        if self._changed is not None:
            return float(self._changed["flux_err"].values[cadence])
        if "flux_err" not in self.tpf:
            return np.nan
        if self._errors_read is None or self._errors_read[0] != cadence:
            frame = self.tpf.variables["flux_err"][cadence].values.astype(float)
            self._errors_read = cadence, frame
        errors = self._errors_read[1][self.aperture]
        errors = errors[np.isfinite(errors)]
        return float(np.sqrt(np.sum(errors**2))) or np.nan  # an error of 0 is none

    @follows("aperture", "background", "_changed", "flux_scale")
    def flux_errors(self, cadences: slice) -> np.ndarray:
        """The errors of `flux` at some cadences, on its scale; only those cadences are read.

        float64 (cadences,); NaN where there is none.
        """
        if self._changed is not None:
            errors = self._changed["flux_err"].values[cadences]
        else:
            background = self.background if self.background.any() else None
            errors = photometry.aperture_photometry(
                self.tpf.isel(time=cadences), self.aperture, background=background
            )["flux_err"].values
        return errors / self.flux_scale

    # -- the stamp -----------------------------------------------------------------------------

    @derived("column", "cadence")
    def _frame(self) -> np.ndarray:
        return frame(self.tpf, self.column, self.cadence)

    @follows("_frame")
    def frame(self) -> np.ndarray:
        """The stamp now: float64 (row, col) of the column and cadence chosen."""
        return self._frame

    @derived("column")
    def _sample_frames(self) -> np.ndarray:
        """Up to 64 frames of the column spread over the observation."""
        return sample_frames(self.tpf, self.column)

    @derived("_sample_frames")
    def _sample(self) -> np.ndarray:
        """Their pixel values, ascending."""
        values = self._sample_frames
        return np.sort(values[np.isfinite(values)])

    @derived("_sample_frames", "column")
    def _typical(self) -> Content:
        return self._content_of(self._sample_frames)

    @derived("_frame", "column")
    def _present(self) -> Content:
        return self._content_of(self._frame[None])

    def _content_of(self, frames: np.ndarray) -> Content:
        return (even_content if COLUMNS[self.column].even else content)(frames)

    @property
    @follows("levels_from", "_present", "_typical")
    def _content(self) -> Content:
        return self._present if self.levels_from == "this frame" else self._typical

    @follows("_content", "_sample", "levels_from", "stretch", "limits")
    def levels(self) -> tuple[float, float]:
        """Pixel values at the two ends of the colours, of the column being shown.

        But for "this frame" they are of up to 64 frames spread over the observation, so that the
        colours of two cadences can be compared.
        """
        if self.levels_from == "percentiles":
            ends = percentile_levels(self._sample, self.stretch)
        else:
            ends = self._content.low, self._content.high
        return limited(ends, self.limits)

    @follows("scale", "levels", "_content")
    def color_scale(self) -> Scale:
        """The scale between those ends."""
        return scale_for(self.scale, self.levels(), self._content)

    @property
    @follows("cmap", "column")
    def colors(self) -> str:
        """The name of the colour map that the stamp is drawn in: never "auto"."""
        if self.cmap != "auto":
            return self.cmap
        return "coolwarm" if COLUMNS[self.column].even else "viridis"

    # -- the sky -------------------------------------------------------------------------------

    @derived("cadence")
    def ride(self) -> tuple[float, float]:
        """How far stars stand from their places by the WCS at this cadence: (row, col), pixels."""
        return motion_at(self.tpf, self.cadence)

    @derived("stars")
    def star_shift(self) -> tuple[float, float]:
        """What the catalogue was moved by to fit the image: (row, col), pixels."""
        rows, cols = (0.0, 0.0) if self.stars is None else self.stars.meta.get("shift", (0.0, 0.0))
        return float(rows), float(cols)

    @derived("stars", "star_limit")
    def seen_stars(self) -> np.ndarray:
        """The rows of `stars` down to the magnitude limit: int array; empty where there are none.

        One whose magnitude nobody knows is seen at every limit.
        """
        if self.stars is None:
            return np.zeros(0, dtype=int)
        magnitudes = np.asarray(self.stars["magnitude"], dtype=np.float64)
        with np.errstate(invalid="ignore"):
            return np.flatnonzero(~(magnitudes > self.star_limit))

    @derived("stars", "aperture")
    def star_shares(self) -> np.ndarray:
        """The share of each star's light that falls into the aperture: float64 (star,), 0 to 1."""
        if self.stars is None or not len(self.stars):
            return np.zeros(0)
        return aperture_shares(self.tpf, self.stars, self.aperture, usual_prf(self.tpf))

    # -- the event -----------------------------------------------------------------------------

    @derived("window", "stacked")
    def windows(self) -> tuple[tuple[float, float], ...]:
        """The windows of the event, `window` first; () where that is None."""
        return () if self.window is None else (self.window, *self.stacked)

    @derived("windows", "aperture", "stars")
    def question(self) -> Question | None:
        """What the event in the windows is, to be asked in any thread; None without a window."""
        if not self.windows:
            return None
        stars = self.stars if self.stars is not None and len(self.stars) else None
        return Question(self.tpf, self.windows, self.aperture, stars)

    @property
    @follows("question")
    def _derive_diagnosis(self) -> Diagnosis | None:
        return self.question.answer() if self.question is not None else None
