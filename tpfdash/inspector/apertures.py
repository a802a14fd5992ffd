"""Several apertures of one inspection: one is edited, the others are kept beside it.

The one being edited is the Inspector's `aperture`, which all else follows from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import param
from numpy.typing import ArrayLike

from tpfdash import photometry
from tpfdash.errors import TPFError
from tpfdash.inspector.derived import derived, follows
from tpfdash.inspector.listed import BACKGROUND, MOST, Listed, place_of, unused_name
from tpfdash.inspector.values import Values
from tpfdash.stamp.blocks import long_median
from tpfdash.stamp.masks import as_mask, grown, halo, named_aperture, shrunk
from tpfdash.timeseries.transform import transformed

__all__ = ["OtherCurve", "SeveralApertures"]


@dataclass(frozen=True, eq=False)
class OtherCurve:
    """The light curve of an aperture that is not the one being edited.

    Parameters
    ----------
    place : int
        Where the aperture is in the row of all.
    name : str
        Of the aperture.
    flux : float64 array (time,)
        As the Inspector's own, not normalised.
    median : float
        Over the kept cadences; NaN where it is 0, or nothing is kept.
    """

    place: int
    name: str
    flux: np.ndarray
    median: float


class SeveralApertures(Values):
    """What is known of all apertures, and the gestures that change them."""

    @property
    def aperture_name(self) -> str:
        """The name of the aperture being edited."""
        return next(one.name for one in self.aperture_list if one.mask is None)

    @derived("aperture_list", "aperture")
    def _apertures(self) -> Mapping[str, np.ndarray]:
        return MappingProxyType(
            {
                one.name: self.aperture if one.mask is None else one.mask
                for one in self.aperture_list
            }
        )

    @property
    @follows("_apertures")
    def apertures(self) -> Mapping[str, np.ndarray]:
        """Name -> bool mask (row, col) of each aperture, the one being edited among them.

        It can be set to another mapping: the one of the name that is edited now is so still, or
        else the first.
        """
        return self._apertures

    @apertures.setter
    def apertures(self, masks: Mapping[str, ArrayLike]) -> None:
        if not isinstance(masks, Mapping) or not masks:
            raise TPFError(
                f"apertures is {masks!r}: it should be masks by their names, one at least."
            )
        names = list(masks)
        edited = self.aperture_name if self.aperture_name in names else names[0]
        hidden = {one.name for one in self.aperture_list if one.hidden} - {edited}
        mask = as_mask(masks[edited], self.aperture.shape, f"{edited!r} aperture")
        listed = [(name, None if name == edited else masks[name], name in hidden) for name in names]
        self.change(aperture_list=listed, aperture=mask)

    @property
    @follows("_apertures", "background")
    def masks(self) -> Mapping[str, np.ndarray]:
        """The `apertures`, and as the last one the mask of the background, "background".

        It can be set to another mapping; without "background" that mask stays as it is.
        """
        return MappingProxyType({**self._apertures, BACKGROUND: self.background})

    @masks.setter
    def masks(self, masks: Mapping[str, ArrayLike]) -> None:
        if not isinstance(masks, Mapping) or BACKGROUND not in masks:
            self.apertures = masks
            return
        background = as_mask(masks[BACKGROUND], self.background.shape, "background")
        with param.parameterized.batch_call_watchers(self):
            self.apertures = {name: mask for name, mask in masks.items() if name != BACKGROUND}
            self.background = background

    # -- gestures ------------------------------------------------------------------------------

    def add_aperture(self, name: str | None = None, mask: str | ArrayLike | None = None) -> str:
        """Keep a further aperture, beside the one being edited; its name.

        Parameters
        ----------
        name : str, optional
            Default: the first letter that is free.
        mask : str or bool array (row, col), optional
            As `set_aperture` takes it. Default: that of the one being edited.
        """
        if isinstance(mask, str):
            mask = named_aperture(self.tpf, mask)
        mask = self.aperture if mask is None else as_mask(mask, self.aperture.shape)
        name = unused_name(self.aperture_list) if name is None else name
        self.aperture_list = (*self.aperture_list, Listed(name, mask))
        return self.aperture_list[-1].name

    def choose_aperture(self, name: str) -> None:
        """Edit the aperture of this name, which all then follows from; the one before is kept.

        "background": edit the background mask; the aperture is the same as before.
        """
        if name == BACKGROUND:
            self.editing = "background"
            return
        place = place_of(self.aperture_list, name)
        chosen = self.aperture_list[place].mask
        listed = [
            replace(one, mask=self.aperture) if one.mask is None else one
            for one in self.aperture_list
        ]
        listed[place] = Listed(name, None)
        mask = self.aperture if chosen is None else chosen
        self.change(aperture_list=listed, aperture=mask, editing="aperture")

    def rename_aperture(self, name: str, new: str) -> None:
        """Call an aperture by another name."""
        self._relist(name, lambda one: replace(one, name=new))

    def remove_aperture(self, name: str) -> None:
        """Keep an aperture no longer; where it is being edited, its neighbour is from then on.

        Raises
        ------
        TPFError
            Where it is the only one, and where there is none of this name.
        """
        place = place_of(self.aperture_list, name)
        if len(self.aperture_list) == 1:
            raise TPFError(f"{name!r} is the only aperture: there should be another to be left.")
        listed = [one for one in self.aperture_list if one.name != name]
        mask = self.aperture
        if self.aperture_list[place].mask is None:
            at = min(place, len(listed) - 1)
            mask = listed[at].mask
            listed[at] = Listed(listed[at].name, None)
        self.change(aperture_list=listed, aperture=mask)

    def hide_aperture(self, name: str) -> None:
        """Draw an aperture nowhere; not the one being edited, which is always drawn."""
        if name == self.aperture_name:
            raise TPFError(f"{name!r} is being edited: it should be another that is hidden.")
        self._relist(name, lambda one: replace(one, hidden=True))

    def show_aperture(self, name: str) -> None:
        """Draw an aperture that was hidden."""
        self._relist(name, lambda one: replace(one, hidden=False))

    def grow_aperture(self, name: str | None = None, n: int = 1) -> None:
        """Add the pixels up to `n` steps from an aperture; default: the one being edited."""
        self._remake(name, lambda mask: grown(mask, n))

    def shrink_aperture(self, name: str | None = None, n: int = 1) -> None:
        """Take the outer `n` pixels off an aperture; default: the one being edited."""
        self._remake(name, lambda mask: shrunk(mask, n))

    def add_halo(self, name: str | None = None, n: int = 1) -> str:
        """Keep the ring of `n` pixels about an aperture as one of its own; its name."""
        name = self.aperture_name if name is None else name
        mask = self.apertures[self.aperture_list[place_of(self.aperture_list, name)].name]
        return self.add_aperture(
            unused_name(self.aperture_list, f"{name[:30]} halo"), halo(mask, n)
        )

    def _relist(self, name: str, change: Callable[[Listed], Listed]) -> None:
        place = place_of(self.aperture_list, name)
        listed = list(self.aperture_list)
        listed[place] = change(listed[place])
        self.aperture_list = listed

    def _remake(self, name: str | None, make: Callable[[np.ndarray], np.ndarray]) -> None:
        if name is None or name == self.aperture_name:
            self.aperture = make(self.aperture)
        else:
            self._relist(name, lambda one: replace(one, mask=make(self.apertures[one.name])))

    # -- the light curves of the others --------------------------------------------------------

    @derived()
    def _other_sum(self) -> photometry.RunningSum:
        return photometry.RunningSum(self.tpf)

    @property
    @follows("_each_cadence")
    def compares_raw(self) -> bool:
        """Whether apertures are compared as they were summed: corrections are for one alone."""
        return bool(self._each_cadence)

    @derived("_sum_of_pixels", "good")
    def _raw_median(self) -> float:
        return self._median_of(self._sum_of_pixels)

    def _median_of(self, flux: np.ndarray) -> float:
        return long_median(flux[self.good & np.isfinite(flux)]) or np.nan

    @derived("_background_level", "transform", "good", "quality_bits", "compares_raw")
    def _known_curves(self) -> dict[bytes, tuple[np.ndarray, float]]:
        """Mask, as bytes -> (flux, median); filled as they are asked for."""
        return {}

    @derived("aperture_list", "_known_curves")
    def other_curves(self) -> tuple[OtherCurve, ...]:
        """The light curves of the visible apertures that are not being edited, in their order.

        Each is worked out once a mask, however the one being edited changes.
        """
        return tuple(
            OtherCurve(place, one.name, *self.curve_of(one.mask))
            for place, one in enumerate(self.aperture_list)
            if one.mask is not None and not one.hidden
        )

    @follows(
        "_summed", "_median_flux", "_sum_of_pixels", "_raw_median", "aperture", "_known_curves"
    )
    def curve_of(self, mask: np.ndarray) -> tuple[np.ndarray, float]:
        """The light curve of any mask, as that of the aperture, and its median; kept for a while.

        float64 (time,), not normalised; the median is that over the kept cadences, NaN where it
        is 0 or nothing is kept.
        """
        if mask is self.aperture:
            if self.compares_raw:
                return self._sum_of_pixels, self._raw_median
            return self._summed, self._median_flux
        known, key = self._known_curves, mask.tobytes()
        if key not in known:
            if len(known) >= 2 * MOST:
                del known[next(iter(known))]  # the oldest
            flux = self._flux_of(mask)
            flux.flags.writeable = False
            known[key] = flux, self._median_of(flux)
        return known[key]

    def _flux_of(self, mask: np.ndarray) -> np.ndarray:
        if self.transform is not None and not self.compares_raw:
            summed = self._photometry_of(mask)().assign_attrs(quality_bitmask=self.quality_bits)
            return transformed(summed, self.good, self.transform)["flux"].values
        self._other_sum.update(mask)
        return self._other_sum.flux(self._background_level)
