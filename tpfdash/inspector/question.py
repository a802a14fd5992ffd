"""What takes long to work out: asked for in any thread, and worked out once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import numpy as np
import xarray as xr
from astropy.table import Table

from tpfdash.diagnosis.diagnose import diagnose
from tpfdash.diagnosis.windows import Window

__all__ = ["Once", "Question"]


class Once:
    """Something to be worked out once, by whoever asks for it first.

    Parameters
    ----------
    work : callable
        -> the answer. Where it raises, the next one who asks has it called again.
    """

    def __init__(self, work: Callable[[], Any]):
        self._work = work
        self._lock = Lock()
        self._answers: list[Any] = []

    @property
    def answered(self) -> bool:
        """Whether `answer` has to wait for nothing."""
        return bool(self._answers)

    def answer(self) -> Any:
        """The answer, waiting for whoever works it out already; in any thread."""
        with self._lock:
            if not self._answers:
                self._answers = [self._work()]
        return self._answers[0]


class Question(Once):
    """What is it? Asked of one event, and answered by a Diagnosis.

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
        known = {} if stars is None else {"stars": stars}
        super().__init__(lambda: diagnose(tpf, windows, aperture, **known))
