"""The data model: what the Dataset of a target pixel file holds, and the check that one does.

Whatever takes such a Dataset from outside checks it here, once, with `check_tpf`. Where Datasets
come from is `tpfdash.io` and `tpfdash.simulate`.

Over `time`, `row` and `col`: `flux` and, where there are any, the other cubes. Over `time`:
`quality`, `cadenceno`, and the coordinate `time` itself, which may be NaN, even throughout, and
has no index. Over (`row`, `col`): the bits of `aperture`. `row` and `col` are consecutive detector
pixels.

A variable's attrs say its `units`; without them a flux is in e-/s. Three variables are always
there, for all code to rely on, and where the file has no values for them that is said, so that
nobody is told what nobody measured:

- `quality` is 0 where QUALITY has no value; `quality_known` (bool, over time), which is there only
  where some cadence has none, is False at those cadences.
- `cadenceno` counts from 0, and `aperture` has bit 1 in each pixel that is ever finite.
- `attrs["not_in_file"]`, a tuple, names those of the three that the file has no value of at all.

What is of one place says which: the pixels of the WCS in `attrs["wcs"]` count from the detector
pixel `attrs["wcs_corner"]`, so that both stay as they are when the Dataset is cut (see
`tpfdash.stamp.sky`), and so do the stars of a simulation from `attrs["truth"]["corner"]`.
"""

from __future__ import annotations

import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.missions import get_mission
from tpfdash.stamp.geometry import corner

__all__ = ["check_tpf"]

_CUBE = ("time", "row", "col")
_REAL, _WHOLE, _TRUTH = "iuf", "iu", "b"
_NUMBERS = {_REAL: "real numbers", _WHOLE: "whole numbers", _TRUTH: "True and False"}

#: Variables that every Dataset has -> their dims, and the kinds of their dtypes.
_NEEDED = {
    "flux": (_CUBE, _REAL),
    "aperture": (("row", "col"), _WHOLE),
    "quality": (("time",), _WHOLE),
    "cadenceno": (("time",), _WHOLE),
    "time": (("time",), _REAL),
    "row": (("row",), _WHOLE),
    "col": (("col",), _WHOLE),
}
#: The same for those that a file may lack.
_OPTIONAL = {
    "flux_err": (_CUBE, _REAL),
    "flux_bkg": (_CUBE, _REAL),
    "flux_bkg_err": (_CUBE, _REAL),
    "cosmic_rays": (_CUBE, _REAL),
    "raw_cnts": (_CUBE, _WHOLE),
    "rb_level": (("time", "row", "rb_duration"), _REAL),
    "pos_corr1": (("time",), _REAL),
    "pos_corr2": (("time",), _REAL),
    "timecorr": (("time",), _REAL),
    "quality_known": (("time",), _TRUTH),
}


def check_tpf(tpf: xr.Dataset) -> None:
    """Nothing, if this is the Dataset of a target pixel file; no pixel is read.

    Parameters
    ----------
    tpf : Dataset
        As `open_tpf` gives it; variables that the data model does not know may be anything.

    Raises
    ------
    TPFError
        If it is no Dataset; if a variable is missing, is over other dims or in another order, or
        holds no such numbers; if it has no pixels; if `row` and `col` are not consecutive detector
        pixels; if attrs["mission"] is not Kepler, K2 or TESS.
    """
    if not isinstance(tpf, xr.Dataset):
        raise TPFError(
            f"a {type(tpf).__name__} is no target pixel file: it should be a Dataset, as open_tpf "
            "gives it."
        )
    for name, (dims, kinds) in (_NEEDED | _OPTIONAL).items():
        if name not in tpf.variables:
            if name in _OPTIONAL:
                continue
            raise TPFError(f"The Dataset has no {name}: it should have one over {_words(dims)}.")
        variable = tpf.variables[name]
        if variable.dims != dims:
            raise TPFError(
                f"The Dataset's {name} should be over {_words(dims)}, not over "
                f"{_words(variable.dims) or 'nothing'}."
            )
        if variable.dtype.kind not in kinds:
            raise TPFError(
                f"The Dataset's {name} should hold {_NUMBERS[kinds]}, not {variable.dtype}."
            )
    if 0 in tpf["flux"].shape:
        raise TPFError(
            f"The Dataset holds no pixels: its flux is {tpf['flux'].shape}, and should have at "
            "least one cadence, row and column."
        )
    corner(tpf)
    if "mission" not in tpf.attrs:
        raise TPFError("The Dataset has no attrs['mission']: it should be Kepler, K2 or TESS.")
    get_mission(tpf.attrs["mission"])


def _words(dims: tuple) -> str:
    return ", ".join(map(str, dims))
