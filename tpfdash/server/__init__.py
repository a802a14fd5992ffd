"""The server that `tpfdash` starts: where it listens, and what it tells nobody."""
