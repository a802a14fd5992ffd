"""Files, URLs, uploads and objects -> one Dataset, and results back out.

Nothing here knows of an Inspector or of a display.
"""

from tpfdash.io.sources import open_tpf

__all__ = ["open_tpf"]
