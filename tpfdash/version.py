"""The version of tpfdash, read by the packaging and written into every exported file."""

__version__ = "0.1.0"
