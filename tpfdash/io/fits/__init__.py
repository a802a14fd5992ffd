"""FITS as bytes, headers and tables; nothing here knows a target pixel file."""
