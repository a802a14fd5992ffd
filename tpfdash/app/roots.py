"""Which files a page is made over: those of the command line, and those an address may name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.simulate import simulate_example

__all__ = ["LONGEST_NAME", "Roots", "labelled", "open_sources", "resolve", "without_folders"]

#: Letters of a name that is looked for; what is longer is no file's.
LONGEST_NAME = 1000
#: Letters of a name that a message repeats.
_REPEATED = 200

#: None, a folder, or several.
Roots = str | Path | Sequence[str | Path] | None


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
        name = Path(str(tpf.attrs.get("source") or tpf.attrs.get("object"))).name
        opened[_numbered(name, opened)] = tpf
    return opened


def labelled(roots: Roots) -> dict[str, Path]:
    """The folders that are served, by what the names of their files begin with.

    Of one folder that is "": its files are named by their paths in it. Of several it is the
    folder's own name, so that each file has a name of its own; names that occur twice are numbered.

    Raises
    ------
    TPFError
        Where one of them is no folder.
    """
    if roots is None:
        return {}
    folders = [roots] if isinstance(roots, str | Path) else list(roots)
    for folder in folders:
        if not Path(folder).is_dir():
            raise TPFError(f"--root is {str(folder)!r}: it should be a folder that exists.")
    bases = list(dict.fromkeys(Path(folder).resolve() for folder in folders))
    if len(bases) == 1:
        return {"": bases[0]}
    named: dict[str, Path] = {}
    for base in bases:
        named[_numbered(base.name or "root", named)] = base
    return named


def _numbered(name: str, taken) -> str:
    """The name, with a number where it is taken."""
    label, count = name, 1
    while label in taken:
        count += 1
        label = f"{name} ({count})"
    return label


def resolve(name: str, roots: Roots) -> Path:
    """The file that an address may mean by `name`: one under a root, and nothing else.

    Parameters
    ----------
    name : str
        A path in the folder; of several folders, below the name of the folder (`labelled`).
    roots : path, sequence of paths, or None

    Raises
    ------
    TPFError
        Where nothing is served by name, where the name leads out of its root, by `..`, an absolute
        path or a link, and where there is no such file. The message does not tell what lies
        outside.
    """
    if not roots:
        raise TPFError("no folder is served by name here: start tpfdash with --root FOLDER.")
    for label, base in labelled(roots).items() if len(name) <= LONGEST_NAME else ():
        if label and not name.startswith(f"{label}/"):
            continue
        inner = name[len(label) + 1 :] if label else name
        try:
            path = (base / inner).resolve()
            if path.is_relative_to(base) and path.is_file():
                return path
        except (OSError, ValueError):
            pass  # no name of a file at all
    said = repr(name) if len(name) <= _REPEATED else f"{name[:_REPEATED]!r}..."
    raise TPFError(f"there is no file {said} in the folder that is served here.")


def without_folders(error: TPFError, *paths: str | Path) -> TPFError:
    """The error as a browser may read it: of these paths, the files' names alone."""
    words = str(error)
    for path in paths:
        words = words.replace(str(path), Path(path).name)
    return TPFError(words)
