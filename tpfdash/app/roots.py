"""Which files a page is made over: those of the command line, and those an address may name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.simulate import simulate_example

__all__ = ["open_sources", "resolve", "without_folders"]


def open_sources(sources: Sequence, mission: str | None = None) -> dict[str, xr.Dataset]:
    """Open each source, and the simulated example where there is none.

    Parameters
    ----------
    sources : sequence
        Of what `open_tpf` takes.
    mission : str, optional
        Of those that do not say it themselves.

    Returns
    -------
    dict of str to Dataset
        By the name that a chooser shows; names that occur twice are numbered.

    Raises
    ------
    TPFError
        At the first source that cannot be opened.
    """
    opened: dict[str, xr.Dataset] = {}
    for tpf in [open_tpf(one, mission=mission) for one in sources] or [simulate_example()]:
        name = label = Path(str(tpf.attrs.get("source") or tpf.attrs.get("object"))).name
        count = 1
        while label in opened:
            count += 1
            label = f"{name} ({count})"
        opened[label] = tpf
    return opened


def resolve(name: str, root: str | Path | None) -> Path:
    """The file that an address may mean by `name`: one under `root`, and nothing else.

    Raises
    ------
    TPFError
        Where nothing is served by name, where the name leads out of `root`, by `..`, an absolute
        path or a link, and where there is no such file. The message does not tell what lies
        outside.
    """
    if root is None:
        raise TPFError("no folder is served by name here: start tpfdash with --root FOLDER.")
    base = Path(root).resolve()
    try:
        path = (base / name).resolve()
        inside = path.is_relative_to(base) and path.is_file()
    except (OSError, ValueError):
        inside = False
    if not inside:
        raise TPFError(f"there is no file {name!r} in the folder that is served here.")
    return path


def without_folders(error: TPFError, *paths: str | Path) -> TPFError:
    """The error as a browser may read it: of these paths, the files' names alone."""
    words = str(error)
    for path in paths:
        words = words.replace(str(path), Path(path).name)
    return TPFError(words)
