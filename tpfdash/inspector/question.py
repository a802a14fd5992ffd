"""What takes a while: asked for, and worked out once, whoever asks for the answer first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

import numpy as np
import xarray as xr
from astropy.table import Table

from tpfdash.diagnosis.diagnose import Diagnosis, diagnose
from tpfdash.diagnosis.windows import Window

__all__ = ["Asked", "Question"]

_Answer = TypeVar("_Answer")


class Asked(Generic[_Answer]):
    """Something to be worked out.

    Parameters
    ----------
    work : callable
        -> the answer.
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
        """The answer, waiting for whoever works it out already; in any thread."""
        with self._lock:
            if not self._answers:
                self._answers.append(self._work())
        return self._answers[0]


class Question(Asked[Diagnosis]):
    """What is it? An event to be diagnosed.

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
