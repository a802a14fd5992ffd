"""What is it? Asked of one event, and worked out once, whoever asks for the answer first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

import numpy as np
import xarray as xr
from astropy.table import Table

from tpfdash.diagnosis.diagnose import Diagnosis, diagnose
from tpfdash.diagnosis.windows import Window

__all__ = ["Once", "Question"]

_Answer = TypeVar("_Answer")


class Once(Generic[_Answer]):
    """Something that takes its time, worked out once, in any thread.

    Parameters
    ----------
    work : callable
        Works it out. Where it raises, the next one who asks has it called again.
    """

    def __init__(self, work: Callable[[], _Answer]):
        self._work = work
        self._lock = Lock()
        self._answers: list[_Answer] = []

    @property
    def answered(self) -> bool:
        """Whether `answer` has to wait for nothing."""
        return bool(self._answers)

    def answer(self) -> _Answer:
        """What came of it, waiting for whoever works it out already."""
        with self._lock:
            if not self._answers:
                self._answers = [self._work()]
        return self._answers[0]


class Question(Once[Diagnosis]):
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
        known = {} if stars is None else {"stars": stars}
        super().__init__(lambda: diagnose(tpf, windows, aperture, **known))
