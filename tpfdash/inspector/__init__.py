"""The state of one inspection of one file, and all that follows from it. No display."""

from tpfdash.inspector.choices import CMAPS
from tpfdash.inspector.inspector import Inspector

__all__ = ["CMAPS", "Inspector"]
