"""What a process that does nothing but answer files sets for itself.

Several of them share the machine. Linear algebra in several threads takes turns with the others'.
And the C library gives a large array's memory back to the system as soon as it is let go, which
has to clear it again for the next one: for all processes together that is what takes longest.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

from threadpoolctl import threadpool_limits

__all__ = ["be_one_of_many"]

#: Of the GNU C library's mallopt(3): what is set, and the bytes that it is set to. Arrays up to the
#: second come from memory that the process has; up to the first of that is kept, and so much more
#: asked for at a time.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_SETTINGS = {_M_TRIM_THRESHOLD: 2**28, _M_MMAP_THRESHOLD: 2**25, _M_TOP_PAD: 2**26}


def be_one_of_many() -> None:
    """Have this process use one processor, and keep the memory that it has asked for."""
    threadpool_limits(1)
    with suppress(AttributeError, OSError, TypeError):  # other systems have another one
        library = ctypes.CDLL(None)
        for setting, size in _SETTINGS.items():
            library.mallopt(setting, size)
