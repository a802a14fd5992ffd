"""Target pixel files as an engine of xarray: `xarray.open_dataset(path, engine="tpfdash")`.

xarray imports the engines of every installed package before it opens its first file, so nothing
that takes long is imported here. What opens a file is `tpfdash.io.open`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import xarray as xr
from xarray.backends import BackendEntrypoint

__all__ = ["TPFEngine"]

#: Names that only Kepler, K2 and TESS give their target pixel files.
_MISSION_NAMES = re.compile(
    r"((kplr|ktwo)\d{9}-.*_[ls]pd-targ|tess\d{13}-s\d{4}-.*_(fast-)?tp)\.fits(\.gz)?$"
)


class TPFEngine(BackendEntrypoint):
    """What xarray finds under the name "tpfdash".

    It gives what `open_tpf` gives, except that xarray puts an index on `time` (not so with
    `create_default_indexes=False`).
    """

    description = "Target pixel files of Kepler, K2 and TESS, and TESSCut cutouts"

    def open_dataset(
        self, filename_or_obj: Any, *, drop_variables: Any = None, mission: str | None = None
    ) -> xr.Dataset:
        """See `open_tpf`; `drop_variables` names variables to leave out."""
        from tpfdash.io.open import open_lazily  # slow to import

        return open_lazily(filename_or_obj, drop_variables=drop_variables, mission=mission)

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        """Whether the name is one that only a mission gives its target pixel files."""
        if not isinstance(filename_or_obj, str | os.PathLike):
            return False
        return bool(_MISSION_NAMES.match(Path(os.fsdecode(filename_or_obj)).name))
