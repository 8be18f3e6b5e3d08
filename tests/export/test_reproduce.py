"""What makes a run or a study again: command line, script and notebook give the same J."""

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

import autoencode_core as ac
from autoencode_core.cli import main
from autoencode_core.errors import InputError
from autoencode_core.export.reproduce import COMMAND, recipe
from autoencode_core.store.study import Plan
from autoencode_core.training.records import record_of
from autoencode_core.training.study import make_study

ROOT = Path(__file__).parents[2]
SMALL = {"dataset": "moons", "bottleneck": 1, "depth": 4, "particles": 40, "iterations": 6}
STRIP = {"kind": "strip", "further": 0, "tikhonov": [0.1, 0.01], "seeds": [3]}


def said(*command: str, folder: Path) -> str:
    """What a program prints."""
    home = {**os.environ, "PYTHONPATH": str(ROOT), "AUTOENCODE_RUNS": str(folder / "runs")}
    done = subprocess.run(command, cwd=folder, env=home, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def last_cost(text: str) -> float:
    """The last J that was printed."""
    return float(re.findall(r"J = ([-\d.e]+)", text)[-1])


def run_again(line: str, capsys: pytest.CaptureFixture[str], folder: Path) -> ac.Run:
    """The run that a command line stores, called in this process."""
    assert line.startswith(f"{COMMAND} train ")
    assert main([*shlex.split(line)[3:], "--json", "--out", str(folder)]) == 0
    return ac.RunStore(folder).load(json.loads(capsys.readouterr().out.splitlines()[-1])["run"])


def executed(text: str) -> dict[str, object]:
    """The names of a script after it has run."""
    names: dict[str, object] = {}
    exec(compile(text, "script", "exec"), names)
    return names


@pytest.fixture(scope="module")
def trained():
    return ac.train(ac.RunSpec(**SMALL))


def test_script_notebook_and_command_line_give_the_same_cost(trained, tmp_path, capsys):
    again, cost = recipe(record_of(trained)), trained.history["cost"][-1]
    (tmp_path / "again.py").write_text(again.script)
    assert last_cost(said(sys.executable, "again.py", folder=tmp_path)) == cost
    assert run_again(again.command_line, capsys, tmp_path).history["cost"][-1] == cost
    notebook = nbformat.reads(again.notebook.decode(), 4)
    nbformat.validate(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert executed("\n".join(code))["run"].history["cost"] == trained.history["cost"]
    assert f"J = {cost!r}" in again.script


@pytest.mark.parametrize("method", ["adam", "pmp", "lbfgs"])
def test_a_run_that_was_stopped_is_stopped_again(method):
    asked = ac.RunSpec(**{**SMALL, "iterations": 30}, method=method)
    run = ac.train(asked, lambda now: "stop" if now.iteration == 4 else None)
    again = executed(recipe(record_of(run)).script)["run"]
    assert again.history["cost"] == run.history["cost"] and len(run.history["cost"]) == 5


def test_changes_by_hand_are_made_again(tmp_path, capsys):
    spec = ac.RunSpec(**SMALL, changes="2:tikhonov=0.1 4:step=0.5")
    run = ac.train(spec)
    again = recipe(record_of(run))
    assert executed(again.script)["run"].history["cost"] == run.history["cost"]
    assert run_again(again.command_line, capsys, tmp_path).spec == spec


def test_what_the_data_chose_is_written_as_a_number():
    run = ac.train(ac.RunSpec(**{**SMALL, "iterations": 2, "particles": 20}, tikhonov="auto"))
    again = recipe(record_of(run))
    assert f"tikhonov={run.spec.tikhonov!r}" in again.script and "chose" in again.script
    assert executed(again.script)["run"].history["cost"] == run.history["cost"]


def test_a_table_is_named_and_must_lie_beside(tmp_path, monkeypatch, capsys):
    table = tmp_path / "0123456789ab-my table.csv"
    table.write_text("a;b;c\n" + "".join(f"{i / 7:.3f};{i % 5};{(i * i) % 11}\n" for i in range(40)))
    knobs = {"bottleneck": 2, "depth": 4, "iterations": 3, "tikhonov": 0.01, "reading": {"drop": "c"}}
    spec = ac.RunSpec(dataset=str(table), **knobs)
    run = ac.train(spec)
    again = recipe(record_of(run))
    assert "needs the file my table.csv" in again.script and str(tmp_path) not in again.script
    table.rename(tmp_path / "my table.csv")
    monkeypatch.chdir(tmp_path)
    assert executed(again.script)["run"].history["cost"] == run.history["cost"]
    assert run_again(again.command_line, capsys, tmp_path / "runs").history["cost"] == run.history["cost"]


def test_what_began_from_another_run_says_so(trained):
    record = record_of(trained)
    with pytest.raises(InputError, match="continuation"):
        recipe(replace(record, summary={**record.summary, "warm_start": 0.1}))


def test_a_name_is_only_a_name(trained):
    record = record_of(trained).renamed('"""; raise SystemExit  # \\')
    assert executed(recipe(record).script)["run"].history["cost"] == trained.history["cost"]


@pytest.mark.parametrize("kind", ["strip", "continuation"])
def test_a_study_is_made_again(kind, tmp_path, capsys):
    plan = Plan.model_validate({**STRIP, "kind": kind, "spec": ac.RunSpec(**SMALL)})
    study, runs = make_study(plan)
    again, costs = recipe(study), [run.history["cost"][-1] for run in runs]
    made = executed(again.script)["runs"]
    assert [run.history["cost"][-1] for run in made] == costs
    assert main([*shlex.split(again.command_line)[3:], "--json", "--out", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [row["cost"] for row in told["runs"]] == costs
    store = ac.RunStore(tmp_path)
    assert store.study(told["study"]).starts == study.starts == (() if kind == "strip" else (3,))


def test_a_fresh_notebook_is_an_empty_one(trained):
    cells = json.loads(recipe(record_of(trained)).notebook)["cells"]
    assert all(cell["outputs"] == [] for cell in cells if cell["cell_type"] == "code")
    assert cells[0]["cell_type"] == "markdown" and "bibtex" in "".join(cells[-1]["source"])
