"""Catalogue stars on the detector: where each stands, how bright it is expected, its image.

What a table of stars holds is `tpfdash.stamp.catalogue`; where it comes from `tpfdash.archive`.
How well the expected image fits the seen one is `tpfdash.diagnosis.align`.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from astropy.table import Table

from tpfdash.errors import NO_NUMBER, TPFError
from tpfdash.missions import get_mission
from tpfdash.stamp.catalogue import COLUMNS, add_note, standard_stars
from tpfdash.stamp.epoch import moved, observation_epoch
from tpfdash.stamp.geometry import corner, extent
from tpfdash.stamp.masks import as_mask
from tpfdash.stamp.pointing import usual_motion
from tpfdash.stamp.prf import PRF
from tpfdash.stamp.sky import separation, sky_state, target_on_sky, to_detector

__all__ = ["aperture_shares", "expected_image", "place_stars", "shifted", "tess_magnitude"]

#: Pixels times stars that are worked on at a time: 32 MB of images.
_BLOCK = 2**22


def place_stars(tpf: xr.Dataset, stars: Table, *, margin: float | None = None) -> Table:
    """Stars where they stand on the detector in the middle of the observation.

    Parameters
    ----------
    tpf : Dataset
    stars : Table
        Of `tpfdash.stamp.catalogue.standard_stars`, or what that takes.
    margin : float, optional
        Leave out stars so many pixels off the stamp's edge, and those without a place. Default:
        keep all.

    Returns
    -------
    Table
        The same columns, and, float64, NaN where not known:

        - `row`, `col`: detector pixels by the file's WCS, proper motion included, as
          `target_position` has the target; `tpfdash.stamp.pointing.motion_at` is to be added for
          where it stands at a cadence;
        - `magnitude`: in the mission's band, `meta["magnitude_band"]`: Tmag of the catalogue or by
          `tess_magnitude`; Kp of the catalogue or else G, which is within some 0.1 mag of it;
        - `flux`: expected of it, e-/s all over the PRF;
        - `distance`: from the target's catalogue position, arcsec.

        `meta["shift"]`, (0, 0), is what `shifted` has added to `row` and `col`. Brightest first.
        The table can be given to `tpfdash.diagnose(..., stars=)`.

    Raises
    ------
    TPFError
        If the file's sky coordinates are not usable, in the words of `sky_state`, or `stars` is
        no table of stars.
    """
    state = sky_state(tpf)
    if not state.usable:
        raise TPFError(f"{state.words[:-1]}, so that no catalogue star can be placed on it.")
    made = stars.copy() if set(COLUMNS) <= set(getattr(stars, "colnames", ())) else None
    made = standard_stars(stars) if made is None else made
    epoch = observation_epoch(tpf)
    if not np.isfinite(epoch):
        add_note(made, "The file has no times: stars are where the catalogue has them.")
    motion = made["pmra"], made["pmdec"]
    ra, dec = moved(made["ra"], made["dec"], *motion, made["epoch"], epoch)
    placed = to_detector(tpf, ra, dec)
    assert placed is not None  # sky_state says so
    made["row"], made["col"] = placed.T
    band = get_mission(tpf.attrs["mission"])
    made["magnitude"] = _magnitudes(made, band.magnitude_band)
    made["flux"] = 10 ** (-0.4 * (made["magnitude"] - band.zero_point))
    target = target_on_sky(tpf)
    made["distance"] = np.nan if target is None else separation(*target, ra, dec)
    made.meta |= {
        "magnitude_band": band.magnitude_band,
        "observed": epoch,
        "shift": (0.0, 0.0),
    }
    if margin is not None:
        made = made[_near(tpf, placed, margin)]
    return made[np.argsort(np.nan_to_num(made["magnitude"], nan=np.inf), kind="stable")]


def _near(tpf: xr.Dataset, placed: np.ndarray, margin: float) -> np.ndarray:
    left, bottom, right, top = extent(tpf)
    row, col = placed.T
    with np.errstate(invalid="ignore"):
        rows = (row >= bottom - margin) & (row <= top + margin)
        return rows & (col >= left - margin) & (col <= right + margin)


def _magnitudes(stars: Table, band: str) -> np.ndarray:
    """Magnitudes in the mission's band, by the best that the catalogue has of each star."""
    g = np.asarray(stars["g"], dtype=np.float64)
    own, by_gaia = (
        ("tmag", tess_magnitude(g, np.asarray(stars["bp_rp"]))) if band == "Tmag" else ("kpmag", g)
    )
    made = np.full(len(stars), np.nan)
    for values in (stars[own], by_gaia, stars["magnitude"], stars["tmag"], stars["kpmag"]):
        made = np.where(np.isfinite(made), made, values)
    return made


def tess_magnitude(g: np.ndarray, bp_rp: np.ndarray) -> np.ndarray:
    """Tmag by Gaia's G and BP - RP: Stassun et al. 2019, AJ 158, 138, equations 1 and 2.

    Parameters
    ----------
    g, bp_rp : float arrays (n,)

    Returns
    -------
    float64 array (n,)
        Without a colour, or one beyond -0.2 to 3.5, G - 0.430. NaN where `g` is.
    """
    g, color = np.asarray(g, dtype=np.float64), np.asarray(bp_rp, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        known = (color > -0.2) & (color < 3.5)
    color = np.where(known, color, 0.0)
    bluer = np.polyval([-0.00522555, 0.0891337, -0.633923, 0.0324473], color)
    return g + np.where(known, bluer, -0.430)


def shifted(stars: Table, shift: tuple[float, float]) -> Table:
    """Placed stars as they are with this shift, whatever shift they had before.

    Parameters
    ----------
    stars : Table
        Of `place_stars`; it is left as it is.
    shift : (row, col)
        Pixels, as `tpfdash.diagnosis.align.align` finds them. (0, 0) takes a shift back.

    Returns
    -------
    Table
        With other `row` and `col`, and `meta["shift"]`.

    Raises
    ------
    TPFError
        If the shift is no pair of finite numbers.
    """
    try:
        new = np.array(shift, dtype=np.float64)
    except NO_NUMBER:
        new = np.zeros(0)
    if new.shape != (2,) or not np.isfinite(new).all():
        raise TPFError(f"A shift of {shift!r} is none: it should be (rows, columns) in pixels.")
    made = stars.copy()
    row, col = (new - made.meta.get("shift", (0.0, 0.0))).tolist()
    made["row"] += row
    made["col"] += col
    made.meta["shift"] = tuple(new.tolist())
    return made


def expected_image(
    tpf: xr.Dataset,
    stars: Table,
    prf: PRF,
    *,
    ride: tuple[float, float] | None = None,
    width: float = 1.0,
) -> np.ndarray:
    """What the catalogue lets expect of the stamp: all its stars by their expected fluxes.

    Parameters
    ----------
    stars : Table
        Of `place_stars`; those without a place or a magnitude add nothing.
    prf : PRF
    ride : (row, col), optional
        How far the stars stand from `row` and `col`: `motion_at` a cadence. Default: what is usual.
    width : float
        How many times as wide as usual the PRF is.

    Returns
    -------
    float64 array (row, col), e-/s; no sky in it
    """
    shape = tpf.sizes["row"], tpf.sizes["col"]
    made = np.zeros(shape)
    flux, places = _lights(tpf, stars, ride)
    known = np.flatnonzero(np.isfinite(flux) & np.isfinite(places).all(axis=1) & (flux > 0))
    step = max(1, _BLOCK // made.size)
    for begin in range(0, known.size, step):
        some = known[begin : begin + step]
        row, col = places[some].T
        made += prf.images(shape, row, col, width) @ flux[some]
    return made


def aperture_shares(
    tpf: xr.Dataset,
    stars: Table,
    aperture: np.ndarray,
    prf: PRF,
    *,
    ride: tuple[float, float] | None = None,
) -> np.ndarray:
    """The share of each star's light that falls into an aperture.

    Parameters
    ----------
    stars : Table
        Of `place_stars`.
    aperture : bool array (row, col)
    prf, ride
        As for `expected_image`.

    Returns
    -------
    float64 array (star,)
        0 to 1; NaN where a star has no place. Times `flux` it is what the star adds, in e-/s.

    Raises
    ------
    TPFError
        If `aperture` is no mask of this stamp.
    """
    shape = tpf.sizes["row"], tpf.sizes["col"]
    mask = as_mask(aperture, shape)
    _, places = _lights(tpf, stars, ride)
    made = np.full(len(stars), np.nan)
    known = np.flatnonzero(np.isfinite(places).all(axis=1))
    step = max(1, _BLOCK // mask.size)
    for begin in range(0, known.size, step):
        some = known[begin : begin + step]
        row, col = places[some].T
        made[some] = prf.images(shape, row, col)[mask].sum(axis=0)
    return made


def _lights(
    tpf: xr.Dataset, stars: Table, ride: tuple[float, float] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Fluxes, and places (star, 2) counted from the stamp's first pixel."""
    if not {"row", "col", "flux"} <= set(getattr(stars, "colnames", ())):
        raise TPFError("stars should be a table that place_stars gives: it has no places.")
    places = np.stack([np.asarray(stars[axis], np.float64) for axis in ("row", "col")], axis=1)
    offset = np.subtract(usual_motion(tpf) if ride is None else ride, corner(tpf))
    return np.asarray(stars["flux"], np.float64), places + offset
