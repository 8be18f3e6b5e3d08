"""The notebooks of examples/ run as they are, soon, and keep little output."""

import os
import time
from pathlib import Path

import nbformat
import pytest
from run_examples import FOLDER, MOST, executed, kept

ROOT = Path(__file__).parents[2]
NAMES = ("first_steps", "regimes", "own_data", "mean_field")


@pytest.fixture(autouse=True)
def _core_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel finds the core wherever it runs."""
    found = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, found)))
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the kernel chooses the one that draws into cells


def test_these_and_no_others_are_there():
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs(name, tmp_path):
    began = time.process_time()
    notebook = executed(FOLDER / f"{name}.ipynb", tmp_path)
    assert time.process_time() - began < 25
    shown = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    assert any("<iframe" in out.get("data", {}).get("text/html", "") for out in shown)
    assert any("image/png" in out.get("data", {}) for out in shown)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_notebook_keeps_is_small_and_whole(name):
    path = FOLDER / f"{name}.ipynb"
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    assert path.stat().st_size < 300_000
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert kept(nbformat.read(path, 4)) == notebook
    assert all(len(out.get("data", {}).get("text/html", "")) <= MOST for cell in code for out in cell.outputs)
