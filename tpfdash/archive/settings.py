"""Where the archives and the cache are: the environment's word, read whenever it is asked for.

| variable | says |
|---|---|
| `TPFDASH_MAST` | base URL of the archive: names, searches, files and TESSCut all go there |
| `TPFDASH_GAIA_TAP` | TAP services with Gaia's stars, separated by commas, in the order to ask in |
| `TPFDASH_EXOPLANET_TAP` | the TAP service with known ephemerides: the NASA Exoplanet Archive's |
| `TPFDASH_CACHE` | the folder that fetched files are kept in |
| `TPFDASH_CACHE_SIZE` | how much of fetched files is kept there, as 20G; unset: all |
| `TPFDASH_OFFLINE` | "1": no network is asked for anything |

Proxies are the standard variables' affair (`HTTPS_PROXY`, `NO_PROXY` ...).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from tpfdash.errors import TPFError

__all__ = [
    "cache_bytes",
    "cache_folder",
    "exoplanet_tap_url",
    "gaia_tap_urls",
    "mast_url",
    "offline",
    "size_of",
]

_MAST = "https://mast.stsci.edu"
_EXOPLANETS = "https://exoplanetarchive.ipac.caltech.edu/TAP"
_SIZES = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_GAIA = (
    "https://gea.esac.esa.int/tap-server/tap",
    "https://dc.g-vo.org/tap",
    "https://tapvizier.cds.unistra.fr/TAPVizieR/tap",
)


def mast_url() -> str:
    """Base URL of the archive, without a slash at its end.

    Raises
    ------
    TPFError
        Where `TPFDASH_MAST` is no URL of the web.
    """
    return _url("TPFDASH_MAST", _setting("TPFDASH_MAST") or _MAST)


def gaia_tap_urls() -> tuple[str, ...]:
    """The TAP services to ask for Gaia's stars, in the order to ask them in.

    Raises
    ------
    TPFError
        Where one that `TPFDASH_GAIA_TAP` names is no URL of the web.
    """
    named = [url.strip() for url in _setting("TPFDASH_GAIA_TAP").split(",") if url.strip()]
    return tuple(_url("TPFDASH_GAIA_TAP", url) for url in named or _GAIA)


def exoplanet_tap_url() -> str:
    """The TAP service to ask for known ephemerides, without a slash at its end.

    Raises
    ------
    TPFError
        Where `TPFDASH_EXOPLANET_TAP` is no URL of the web.
    """
    return _url("TPFDASH_EXOPLANET_TAP", _setting("TPFDASH_EXOPLANET_TAP") or _EXOPLANETS)


def cache_folder() -> Path:
    """The folder that fetched files are kept in: lightkurve's own, unless `TPFDASH_CACHE` is set.

    It need not exist yet. lightkurve (`lightkurve.config.get_cache_dir`) takes
    `$XDG_CACHE_HOME/lightkurve` where that exists, else `~/.lightkurve/cache`.
    """
    named = _setting("TPFDASH_CACHE")
    if named:
        return Path(named).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    if shared and (Path(shared) / "lightkurve").is_dir():
        return Path(shared) / "lightkurve"
    return Path.home() / ".lightkurve" / "cache"


def cache_bytes() -> int | None:
    """How many bytes of fetched files are kept; None: all.

    Raises
    ------
    TPFError
        Where `TPFDASH_CACHE_SIZE` is no size.
    """
    said = _setting("TPFDASH_CACHE_SIZE")
    return size_of(said, "TPFDASH_CACHE_SIZE") if said else None


def size_of(text: str, name: str) -> int:
    """Bytes, of "500M", "1.5 GB", "0" ...

    Raises
    ------
    TPFError
        Where it is no size; `name` is what the user knows it by.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*", text, re.I | re.ASCII)
    if found is None:
        raise TPFError(f"{name} is {text!r}: it should be a size, as 500M or 4G.")
    return int(float(found[1]) * _SIZES[found[2].upper()])


def offline() -> bool:
    """Whether `TPFDASH_OFFLINE` says that no network is to be asked for anything."""
    return _setting("TPFDASH_OFFLINE").lower() not in ("", "0", "no", "false", "off")


def _setting(name: str) -> str:
    return os.environ.get(name, "").strip()


def _url(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise TPFError(
            f"{name} is {text!r}: it should be the URL of a server, as https://mast.stsci.edu is."
        )
    return text.rstrip("/")
