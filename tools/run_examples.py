"""Runs the notebooks of examples/ and keeps their small outputs: `python tools/run_examples.py [NAME ..]`."""

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "examples"
MOST = 40_000
"""Characters of HTML that an output may have: players are larger, and show themselves when a cell is run."""
SECONDS = 300


def executed(path: Path, folder: Path) -> Any:
    """A notebook after all its cells have run.

    Args:
        path: the notebook.
        folder: where it runs.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell went wrong.
    """
    notebook = nbformat.read(path, 4)
    client = NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": str(folder)}})
    client.execute()
    return notebook


def kept(notebook: Any) -> Any:
    """The notebook with outputs that a file may keep: no player, no bar, no word of the machine."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        outputs = [out for out in cell.outputs if out.get("name") != "stderr"]
        for out in outputs:
            data = out.get("data", {})
            if len(data.get("text/html", "")) > MOST:
                del data["text/html"]
            data.pop("application/vnd.jupyter.widget-view+json", None)
        cell.outputs = [out for out in outputs if out.get("data", True)]
    notebook.metadata.pop("widgets", None)
    return notebook


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(path.stem for path in FOLDER.glob("*.ipynb")):
        nbformat.write(kept(executed(FOLDER / f"{name}.ipynb", FOLDER)), FOLDER / f"{name}.ipynb")
