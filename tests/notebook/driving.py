"""A notebook open in a real front end: cells are run, and what they print is read.

What is in an output cell is driven by `tests.browser.driving.Board`, as on any other page.
"""

from __future__ import annotations

import json
from ast import literal_eval

__all__ = ["Notebook"]

# `jupyterapp` is the front end's own application, JupyterLab or Notebook 7.
_READY = """() => {
  const panel = window.jupyterapp?.shell.currentWidget
  return panel?.content?.widgets?.length > 0 &&
    panel.sessionContext?.session?.kernel?.status === "idle"
}"""

_RUN = """async ([index, code]) => {
  const app = window.jupyterapp, notebook = app.shell.currentWidget.content
  if (index === null) {
    notebook.activeCellIndex = notebook.widgets.length - 1
    await app.commands.execute("notebook:insert-cell-below")
    index = notebook.activeCellIndex
  }
  if (code !== null) notebook.widgets[index].model.sharedModel.setSource(code)
  notebook.deselectAll()
  notebook.activeCellIndex = index
  await app.commands.execute("notebook:run-cell")
  return [index, notebook.widgets[index].model.outputs.toJSON()]
}"""


class Notebook:
    """A notebook in the browser.

    Parameters
    ----------
    page : playwright Page
    url : str
        Where the front end shows it; it should have one empty cell.
    """

    def __init__(self, page, url: str):
        self.page = page
        page.goto(url)
        page.wait_for_function(_READY)

    def show(self, code: str) -> int:
        """Run code in a new cell at the end; returns the cell's number."""
        return self._run([None, code])[0]

    def again(self, cell: int) -> None:
        """Run a cell once more."""
        self._run([cell, None])

    def run(self, code: str) -> None:
        """Run code in the first cell, so that nothing moves on the page."""
        self._run([0, code])

    def ask(self, expression: str):
        """The value of an expression in the kernel, as JSON carries it."""
        # As the cell's result: printed words get lost while a gesture is worked on, since
        # pyviz_comms then holds back all of the kernel's standard output.
        (result,) = self._run([0, f"import json; json.dumps({expression})"])[1]
        return json.loads(literal_eval(result["data"]["text/plain"]))

    def _run(self, arguments):
        index, outputs = self.page.evaluate(_RUN, arguments)
        for output in outputs:
            assert output["output_type"] != "error", "\n".join(output["traceback"])
            if output["output_type"] == "stream" and output["name"] == "stderr":
                raise AssertionError("".join(output["text"]))
        return index, outputs
