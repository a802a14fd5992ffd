"""What is it? Asked of one event, and worked out once, whoever asks for the answer first."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np
import xarray as xr
from astropy.table import Table

from tpfdash.diagnosis.diagnose import Diagnosis, diagnose
from tpfdash.diagnosis.windows import Window

__all__ = ["Question"]


class Question:
    """An event to be diagnosed.

    Parameters
    ----------
    tpf : Dataset
    windows : sequence of (t0, t1)
    aperture : bool array (row, col)
    stars : astropy Table, optional
        As `tpfdash.diagnose` takes them.
    """

    def __init__(
        self,
        tpf: xr.Dataset,
        windows: Sequence[Window],
        aperture: np.ndarray,
        stars: Table | None = None,
    ):
        self._asked = tpf, windows, aperture
        self._known = {} if stars is None else {"stars": stars}
        self._lock = Lock()
        self._answer: Diagnosis | None = None

    @property
    def answered(self) -> bool:
        """Whether `answer` has to wait for nothing."""
        return self._answer is not None

    def answer(self) -> Diagnosis:
        """The diagnosis, waiting for whoever works it out already; in any thread."""
        with self._lock:
            if self._answer is None:
                self._answer = diagnose(*self._asked, **self._known)
        return self._answer
