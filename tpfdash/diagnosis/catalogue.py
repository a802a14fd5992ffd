"""Which known star it is on: each would need a depth of its own, and has a chance of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr
from astropy import units

from tpfdash.diagnosis import settings
from tpfdash.diagnosis.evidence import Whitened
from tpfdash.diagnosis.place import Place
from tpfdash.diagnosis.scene import Scene
from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.stamp.epoch import moved, observation_epoch
from tpfdash.stamp.geometry import corner
from tpfdash.stamp.pointing import usual_motion
from tpfdash.stamp.sky import to_detector

__all__ = ["NOT_LISTED", "RankedStars", "StarTable", "rank_stars"]

#: What a star that no table has is called.
NOT_LISTED = "a star not in the catalogue"
#: Columns that may hold a magnitude, the first one found counts.
_MAGNITUDES = (
    "magnitude",
    "mag",
    "tmag",
    "kpmag",
    "kepmag",
    "kp",
    "phot_rp_mean_mag",
    "phot_g_mean_mag",
    "gmag",
    "rpmag",
    "vmag",
    "rp",
    "g",
)
#: Magnitudes are taken for missing beyond this.
_FAINTEST = 60.0
_UNITS = {"ra": "deg", "dec": "deg", "pmra": "mas/yr", "pmdec": "mas/yr"}
_NAMES = ("name", "id", "source_id", "tic", "kic", "epic", "source")


@dataclass(frozen=True)
class StarTable:
    """Stars on a stamp.

    Parameters
    ----------
    names : tuple of str
    places : float64 array (star, 2)
        (row, col) counted from the stamp's first pixel; NaN where a position is missing.
    magnitudes : float64 array (star,)
        NaN where missing.
    shift : float64 array (2,)
        What an alignment to the stars has added to the places.
    by_wcs : bool
        Whether the places are known to be those by the file's WCS, without the stars' ride.
    """

    names: tuple[str, ...]
    places: np.ndarray
    magnitudes: np.ndarray
    shift: np.ndarray
    by_wcs: bool

    @classmethod
    def read(cls, table: Any, tpf: xr.Dataset) -> StarTable:
        """A table's stars.

        `ra` and `dec` are moved to the middle of the observation where the table says their
        `epoch` and proper motion (`pmra`, `pmdec`).

        Raises
        ------
        TPFError
            Where there is no position, no magnitude, or no WCS to place `ra` and `dec` with.
        """
        names = {str(name).lower(): name for name in getattr(table, "colnames", ())}
        if not names:
            raise TPFError(
                f"stars is a {type(table).__name__}: it should be an astropy Table with ra and "
                "dec, or row and col, and a magnitude."
            )
        listed = [names[each] for each in _MAGNITUDES if each in names]
        if not listed:
            raise TPFError(
                f"stars has the columns {', '.join(table.colnames)}: one of them should be a "
                f"magnitude ({', '.join(_MAGNITUDES[:4])} ...)."
            )
        if {"row", "col"} <= names.keys():
            places = np.stack([_column(table, names[each]) for each in ("row", "col")], axis=1)
        elif {"ra", "dec"} <= names.keys():
            placed = to_detector(tpf, *_observed(table, names, tpf))
            if placed is None:
                raise TPFError(
                    "stars has ra and dec, and this file has no WCS that can be used: it should "
                    "have row and col, in detector pixels."
                )
            places = placed
        else:
            raise TPFError(
                f"stars has the columns {', '.join(table.colnames)}: it should have ra and dec, or "
                "row and col."
            )
        name = next((names[each] for each in _NAMES if each in names), None)
        called = [f"star {n + 1}" for n in range(len(table))]
        if name is not None:
            called = [str(each) for each in table[name]]
        magnitudes = np.full(len(table), np.nan)
        for column in listed:  # the first that has any
            magnitudes = _column(table, column)
            magnitudes[~(np.abs(magnitudes) <= _FAINTEST)] = np.nan
            if np.isfinite(magnitudes).any():
                break
        shift = np.array(table.meta.get("shift", (0.0, 0.0)), dtype=np.float64)
        by_wcs = (
            not {"row", "col"} <= names.keys() or "shift" in table.meta
        )  # else somebody's own pixels
        return cls(_different(called), places - corner(tpf), magnitudes, shift, by_wcs)


def _observed(
    table: Any, names: Mapping[str, str], tpf: xr.Dataset
) -> tuple[np.ndarray, np.ndarray]:
    """ra and dec, deg, in the middle of the observation if the table says how they move."""
    ra, dec = (_column(table, names[each]) for each in ("ra", "dec"))
    epoch = names.get("epoch", names.get("ref_epoch"))
    if epoch is None or not {"pmra", "pmdec"} <= names.keys():
        return ra, dec
    pmra, pmdec = (_column(table, names[each]) for each in ("pmra", "pmdec"))
    return moved(ra, dec, pmra, pmdec, _column(table, epoch), observation_epoch(tpf))


def _different(names: Sequence[str]) -> tuple[str, ...]:
    """Names of which no two are the same: a number goes after those that are there already."""
    taken, made = {NOT_LISTED}, []
    for name in names:
        numbered = (name, *(f"{name} ({n})" for n in range(2, len(names) + 3)))
        made.append(next(each for each in numbered if each not in taken))
        taken.add(made[-1])
    return tuple(made)


def _column(table: Any, name: str) -> np.ndarray:
    """A column as float64 (star,): deg, mas/yr, NaN where masked."""
    values = table[name]
    try:
        made = values.astype(np.float64)
        made = made.filled(np.nan) if hasattr(made, "filled") else made
        made = np.array(getattr(made, "value", made), dtype=np.float64)
        if getattr(values, "unit", None) is not None and name.lower() in _UNITS:
            made = units.Quantity(made, values.unit).to_value(_UNITS[name.lower()])
    except NO_NUMBER:  # a unit that is no angle's is a TypeError too
        made = np.zeros((0, 0))
    if made.ndim != 1:
        raise TPFError(f"stars' column {name!r} should hold numbers, one a star.") from None
    return made


@dataclass(frozen=True)
class RankedStars:
    """The stars by how likely each is, and the chance of one that is not listed."""

    stars: tuple[Mapping[str, Any], ...] = ()
    probabilities: Mapping[str, float] = field(default_factory=dict)
    exclusion_radius: float = np.nan


def rank_stars(
    table: StarTable,
    image: Whitened,
    scene: Scene,
    place: Place | None,
    tpf: xr.Dataset,
    scale: float,
) -> RankedStars:
    """Rank stars by how well a change of each explains the event's image.

    A star's depth is the light that changes over its own, which follows from its magnitude and the
    target's; a dimming of more than all its light is impossible. Positions are shifted together so
    that the catalogue's target falls on the star that is there, in place of any shift that the
    table has.
    """
    ride = np.array(usual_motion(tpf))
    shift = ride if table.by_wcs else np.zeros(2)
    if scene.catalogue is not None and not scene.elsewhere:
        shift = scene.star - (scene.catalogue - ride) - table.shift
    places = table.places + shift
    known = np.isfinite(places[:, 0] + places[:, 1])
    gains = np.zeros(len(places))
    amplitudes = np.zeros(len(places))
    errors = np.full(len(places), np.nan)
    if known.any():
        templates = scene.prf.images(places[known])
        seen = templates.sum(axis=1) > 1e-3
        white = image(templates)
        norm = np.maximum((white**2).sum(axis=1), 1e-300)
        amplitude = white @ image.image / norm
        gains[known] = np.where(seen, amplitude**2 * norm, 0)
        amplitudes[known] = np.where(seen, amplitude, 0)
        errors[known] = np.where(seen, 1 / np.sqrt(norm), np.nan)
    fluxes = _fluxes(table, places, scene, tpf)
    depths = -amplitudes / fluxes
    with np.errstate(invalid="ignore"):
        least = depths - settings.DEPTH_SIGMA * errors / fluxes
    impossible = np.flatnonzero(np.nan_to_num(least, nan=0.0) > 1.0)
    score = gains / 2
    score[impossible] = -np.inf
    score[~known | (gains <= 0)] = -np.inf
    unlisted = _unlisted(image, scene) - settings.UNLISTED_PRICE
    every = np.append(score, unlisted)
    highest = every.max()
    weights = np.exp((every - highest) / settings.STAR_TEMPERATURE)
    weights /= weights.sum()
    names = (*table.names, NOT_LISTED)
    stars: list[dict[str, Any]] = [
        {
            "name": name,
            "row": float(places[n, 0] + corner(tpf)[0]),
            "col": float(places[n, 1] + corner(tpf)[1]),
            "magnitude": float(table.magnitudes[n]),
            "depth": float(depths[n]),
            "depth_err": float(errors[n] / fluxes[n]),
            "possible": bool(known[n] and not least[n] > 1),
            "distance": float(
                np.hypot(*(places[n] - (place.position if place is not None else scene.star)))
                * scale
            ),
            "probability": float(weights[n]),
        }
        for n, name in enumerate(table.names)
    ]
    stars.sort(key=lambda star: star["probability"], reverse=True)
    radius = np.nan
    if place is not None:
        widest = float(np.sqrt(np.linalg.eigvalsh(place.covariance)[-1]))
        radius = (3 * widest) * scale
    return RankedStars(
        tuple(stars),
        {name: float(weight) for name, weight in zip(names, weights, strict=True)},
        radius,
    )


def _fluxes(table: StarTable, places: np.ndarray, scene: Scene, tpf: xr.Dataset) -> np.ndarray:
    """e-/s of each star, by its magnitude and the light of the one at the target's place."""
    away = np.hypot(*(places - scene.star).T)
    flux = max(float(scene.fluxes[0]), 1e-6)
    own = np.where(np.isfinite(away) & np.isfinite(table.magnitudes), away, np.inf)
    if own.size and own.min() <= 1:
        # What shares the target's pixels shares its light.
        near = own <= 1
        light = 10 ** (-0.4 * table.magnitudes)
        return flux * light / light[near].sum()
    zero = tpf.attrs.get("magnitude", np.nan)
    return flux * 10 ** (-0.4 * (table.magnitudes - float(zero)))


def _unlisted(image: Whitened, scene: Scene) -> float:
    """Half the best gain of a star anywhere on the stamp."""
    pixels = scene.prf.pixels
    low, high = pixels.min(axis=0) - 1, pixels.max(axis=0) + 1
    axes = [np.arange(a, b + 0.01, settings.GRID) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    gains, _ = image.gains(scene.prf.images(grid))
    return float(gains.max()) / 2
