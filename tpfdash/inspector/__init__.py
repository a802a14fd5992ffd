"""The state of one inspection of one file, and all that follows from it. No display."""

from tpfdash.inspector.inspector import CMAPS, MODES, SCALES, Inspector

__all__ = ["CMAPS", "MODES", "SCALES", "Inspector"]
