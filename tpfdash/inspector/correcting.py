"""What follows from the corrections of the light curve: which is drawn, and what a page waits for.

How they are applied is `tpfdash.inspector.corrected`; what they are applied to, `Values`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import param
import xarray as xr

from tpfdash.inspector.choices import Choices
from tpfdash.inspector.corrected import (
    Curve,
    Windows,
    binned,
    can_protect,
    each_cadence,
    scatters,
)
from tpfdash.inspector.derived import derived, follows
from tpfdash.inspector.question import Once
from tpfdash.timeseries.corrections import Correction

__all__ = ["Correcting"]


class Correcting(Choices):
    """The part of `Values` that has to do with corrections."""

    corrected = param.Parameter(
        None, doc="The corrected light curve that a page had worked out last. Set by the page."
    )
    scatter = param.Parameter(
        None,
        doc="Scatter of 6-hour means (raw, corrected), in ppm, where a page has it. Set by the "
        "page.",
    )
    #: Whether a page has corrections that take long worked out, and draws the raw light curve until
    #: then.
    deferred = False
    _curve: Curve | None = None

    # What `Values` has.
    mission: Any
    good: Any
    quality_bits: Any
    windows: Any
    lightcurve: Any
    raw_lightcurve: Any
    _photometry: Any
    _sum_of_pixels: Any
    _median_flux: Any

    @derived("corrections")
    def _each_cadence(self) -> tuple[Correction, ...]:
        return each_cadence(self.corrections)

    @derived("corrections", "windows")
    def _protected(self) -> Windows:
        return self.windows if can_protect(self.corrections) else ()

    @derived("_photometry", "quality_bits", "good", "_each_cadence", "_protected", "transform")
    def curve(self) -> Curve:
        """The `lightcurve`, to be asked for in any thread."""
        self._curve = Curve(
            self._photometry,
            self.quality_bits,
            self.good,
            self._each_cadence,
            self._protected,
            self.transform,
            self._curve,
        )
        return self._curve

    @property
    @follows("curve")
    def _derive_lightcurve(self) -> xr.Dataset:
        return self.curve.answer()

    @derived("curve")
    def correction(self) -> Curve | None:
        """The same where it takes so long to correct that a page should not wait for it."""
        return self.curve if self.curve.takes_long(self.mission) else None

    @property
    @follows("correction", "corrected")
    def waiting(self) -> bool:
        """Whether a page has the corrected light curve worked out still."""
        wanted = self.correction if self.deferred else None
        if wanted is None:
            return False
        return not wanted.answered or self.corrected is not wanted.answer()

    @property
    @follows("curve", "waiting", "corrections", "transform")
    def _changed(self) -> xr.Dataset | None:
        """The light curve that is drawn, where anything is done to the sum over the aperture.

        While a page waits for the one to be drawn, that for other windows, or none.
        """
        if not self.corrections and self.transform is None:
            return None
        return self.curve.instead if self.waiting else self.curve.answer()

    @property
    @follows("_each_cadence", "_changed")
    def is_corrected(self) -> bool:
        """Whether what is drawn is a corrected light curve."""
        return bool(self._each_cadence) and self._changed is not None

    @property
    @follows("_changed")
    def trouble(self) -> str:
        """Why the light curve could not be corrected, or changed by the user's function; or ""."""
        return "" if self._changed is None else self._changed.attrs.get("trouble", "")

    @follows("_changed")
    def is_outlier(self, cadence: int) -> bool:
        """Whether a cadence was left out of the light curve that is drawn, as an outlier."""
        changed = self._changed
        return changed is not None and "outlier" in changed and bool(changed["outlier"][cadence])

    @derived("corrections", "curve", "good")
    def binned_lightcurve(self) -> xr.Dataset | None:
        """The `lightcurve` over the bins of a `Bin` among the corrections; None without one."""
        last = self.corrections[-1:]
        if each_cadence(last) == last:  # and the light curve itself is not asked for
            return None
        return binned(self.lightcurve, last[0], self.good)

    @derived("curve", "_each_cadence", "_photometry", "good")
    def scattering(self) -> Once | None:
        """How much the raw and the corrected light curve scatter; None where nothing is corrected.

        To be asked in any thread; see `tpfdash.inspector.corrected.scatters`.
        """
        if not self._each_cadence:
            return None
        raw, curve, good = self._photometry, self.curve, self.good
        return Once(lambda: scatters(raw.answer(), curve.answer(), good))

    @property
    @follows("normalized", "_median_flux")
    def flux_scale(self) -> float:
        """What the light curve is divided by to be drawn."""
        return self._median_flux if self.normalized else 1.0

    @derived("_sum_of_pixels", "normalized", "flux_scale")
    def raw_flux(self) -> np.ndarray:
        """The sum over the aperture, on the scale of `flux`: float64 (time,)."""
        return self._sum_of_pixels / self.flux_scale if self.normalized else self._sum_of_pixels

    @derived("is_corrected", "show_raw", "good")
    def raw_times(self) -> np.ndarray:
        """The times of the cadences whose raw flux is drawn below the corrected one: those kept.

        float64 (time,), NaN at the other cadences; of length 0 where it is not drawn.
        """
        if not (self.is_corrected and self.show_raw):
            return np.zeros(0)
        return np.where(self.good, self.tpf["time"].values, np.nan)
