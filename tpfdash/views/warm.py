"""Getting ready, in the background, what takes seconds to import and to compile.

That is the kernel of the photometry and datashader. Until they are ready numpy does their work, and
gives the same numbers. What they do is in `tpfdash.stamp.sums` and `tpfdash.views.raster`.
"""

from __future__ import annotations

import logging
import os
import threading

from tpfdash.stamp.sums import compile_kernel
from tpfdash.views.raster import prepare_datashader

__all__ = ["warm_up"]

_log = logging.getLogger(__name__)
_lock = threading.Lock()
#: Process -> its thread: one that was forked has none of its parent's.
_threads: dict[int, threading.Thread] = {}


def warm_up() -> threading.Thread:
    """Start a thread that gets everything ready; once a process, however often it is called.

    Call it when a page has been sent: the first call imports datashader, which takes a second, and
    until it is done the thread takes a share of the interpreter's time.

    Returns
    -------
    Thread
        The one that was started, now or earlier. The process can end without it.
    """
    # Not in the thread: datashader tries dask.dataframe, which fails where pyarrow is missing,
    # and HoloViews, on seeing it half imported, would try it too and fail to draw.
    try:
        import datashader  # noqa: F401
    except ImportError:
        _log.debug("datashader cannot be imported: numpy does its work", exc_info=True)
    with _lock:
        thread = _threads.get(os.getpid())
        if thread is None:
            thread = threading.Thread(target=_prepare, name="tpfdash-warm-up", daemon=True)
            _threads[os.getpid()] = thread
            thread.start()
    return thread


def _prepare() -> None:
    for prepare in (compile_kernel, prepare_datashader):
        try:
            prepare()
        except Exception:
            _log.debug("%s failed: numpy goes on doing its work", prepare.__name__, exc_info=True)
