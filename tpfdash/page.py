"""The web page around a dashboard: header, theme switch, a chooser between files, errors in words.

A page is made anew for each browser that opens it. What a browser may name in the address is
decided here; what a dashboard shows is `tpfdash.dashboard`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import unquote

import panel as pn
import panel_material_ui as pmui
import xarray as xr

from tpfdash.dashboard import TPFDashboard
from tpfdash.errors import TPFError
from tpfdash.io import open_tpf
from tpfdash.simulate import simulate_example

_log = logging.getLogger(__name__)

__all__ = ["error_page", "make_page", "open_sources", "resolve"]


def open_sources(sources: Sequence) -> dict[str, xr.Dataset]:
    """Open each source, and the simulated example where there is none.

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
    for tpf in [open_tpf(source) for source in sources] or [simulate_example()]:
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


def make_page(opened: dict[str, xr.Dataset], root: str | Path | None = None) -> pmui.Page:
    """The page for one browser, over files that are open already or the one that its address names.

    Parameters
    ----------
    opened : dict of str to Dataset
        As `open_sources` gives it.
    root : path, optional
        The folder whose files `?tpf=NAME` may name.
    """
    header: list = []
    message = pn.Column(sizing_mode="stretch_width", margin=0)
    try:
        named = _named_in_address()
        if named is not None:
            opened = {named: open_tpf(resolve(named, root))}
        dashboard = TPFDashboard(next(iter(opened.values())))
        if len(opened) > 1:
            header = [_chooser(dashboard, opened, message)]
    except TPFError as error:
        return error_page(error)
    except Exception:  # whatever it is, a traceback with the server's paths is not for a browser
        _log.exception("a page could not be built")
        return error_page(TPFError("this page could not be built: the server's log says why."))
    main = pn.Column(message, dashboard, margin=(4, 8), sizing_mode="stretch_width")
    return _page(main, header)


def error_page(error: TPFError) -> pmui.Page:
    """A page that says in words what is wrong."""
    return _page(_alert(error), [])


def _page(main, header: list) -> pmui.Page:
    return pmui.Page(
        title="tpfdash",
        header=header,
        main=[main],
        theme_config={"palette": {"primary": {"main": "#234a75"}}},
    )


def _alert(error: TPFError) -> pn.pane.Alert:
    return pn.pane.Alert(escape(str(error)), alert_type="danger", css_classes=["tpf-error"])


def _named_in_address() -> str | None:
    values = pn.state.session_args.get("tpf") if pn.state.session_args else None
    return unquote(values[0].decode("utf-8", "replace")) if values else None


def _chooser(
    dashboard: TPFDashboard, opened: dict[str, xr.Dataset], message: pn.Column
) -> pn.widgets.Select:
    """A menu of the open files; where one cannot be shown, `message` says why."""
    chooser = pn.widgets.Select(
        options=list(opened), width=380, css_classes=["tpf-file"], margin=(5, 10)
    )

    def choose(event):
        try:
            dashboard.open(opened[event.new])
        except TPFError as error:
            message.objects = [_alert(error)]
        else:
            message.clear()

    chooser.param.watch(choose, "value")
    return chooser
