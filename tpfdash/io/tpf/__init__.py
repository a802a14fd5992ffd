"""Target pixel files in the missions' own FITS layouts: read and written."""
