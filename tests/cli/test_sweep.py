"""The command sweep, and studies in list, show and export."""

import csv
import json
import os
import signal
import threading
import time

import pytest

from autoencode_core.cli import main, sweep
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study_file import unpack_study

KNOBS = ["--dataset", "moons", "--particles", "50", "--iterations", "10", "--depth", "6"]
QUICK = ["sweep", *KNOBS, "--tikhonov", "0.1,1e-3", "--seeds", "2"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    assert main([*QUICK, "--name", "strip", "--out", str(folder), "--json"]) == 0
    return str(folder)


def test_sweep_prints_one_json_object_and_stores_a_study(tmp_path, capsys):
    files = ["--csv", str(tmp_path / "a.csv"), "--png", str(tmp_path / "a.png")]
    assert main([*QUICK, "--curvature", "--json", "--out", str(tmp_path / "runs"), *files]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [(run["tikhonov"], run["seed"]) for run in said["runs"]] == [
        (0.001, 0),
        (0.001, 1),
        (0.1, 0),
        (0.1, 1),
    ]
    assert all(run["convexity"] == 2 * run["tikhonov"] + run["curvature"] for run in said["runs"])
    store = RunStore(tmp_path / "runs")
    study = store.study(said["study"])
    assert study.outcomes[3].cost == said["runs"][3]["cost"] and study.spec.data_seed == 0
    assert study.outcomes[3].curvature == said["runs"][3]["curvature"]
    members = [store.record(run_id) for run_id in store.member_ids(said["study"])]
    assert [record.history["cost"][-1] for record in members] == [run["cost"] for run in said["runs"]]
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert [float(row["cost"]) for row in rows] == [run["cost"] for run in said["runs"]]
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert said["files"] == {"csv": str(tmp_path / "a.csv"), "png": str(tmp_path / "a.png")}
    assert store.list() == []


def test_sweep_speaks_to_people_too(home, capsys):
    assert main([*QUICK, "--out", home, "--own-data", "--seeds", "3,5"]) == 0
    out = capsys.readouterr().out
    assert "θ = 0 (PCA): J = " in out and out.count("\nλ = ") == 2 and "Stored as" in out
    study = RunStore(home).studies()[0].study
    assert study.seeds == (3, 5) and study.spec.data_seed is None


def test_runs_are_trained_on_and_those_that_have_not_converged_do_not_count(tmp_path, capsys):
    words = [*QUICK, "--dtype", "float64", "--order", "reversed", "--out", str(tmp_path)]
    assert main([*words, "--further", "0"]) == 0
    out = capsys.readouterr().out
    assert "θ = 0: J" in out and out.count("2 not converged") == 2 and "minimisers." in out
    assert main([*words, "--further", "9", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["spec"]["iterations"] == 100 and said["converged"] == 2
    assert [run["status"] for run in said["runs"]] == ["finished"] * 2 + ["converged"] * 2
    assert said["minimisers"]["0.001"] == 0 < said["minimisers"]["0.1"]
    assert [run["minimiser"] is None for run in said["runs"]] == [True, True, False, False]


def test_a_picture_without_a_browser_is_refused_before_anything_is_trained(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("choreographer.browsers.chromium.Chromium.find_browser", lambda **_: None)
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    assert main([*QUICK, "--png", str(tmp_path / "a.png"), "--out", str(tmp_path / "runs")]) == 2
    said = capsys.readouterr().err
    assert "plotly_get_chrome" in said and "--format html" in said and not (tmp_path / "runs").exists()


def test_a_continuation_goes_down_and_up(tmp_path, capsys):
    words = [*QUICK, "--continuation", "--tikhonov", "1e-3:0.1:3", "--out", str(tmp_path)]
    assert main([*words, "--png", str(tmp_path / "a.png")]) == 0
    assert capsys.readouterr().out.count("↓") == 3
    study = RunStore(tmp_path).studies()[0].study
    places = [(outcome.branch, outcome.tikhonov) for outcome in study.outcomes]
    down = [("down", weight) for weight in (0.1, 0.01, 0.001)]
    assert places == down + [("up", weight) for _, weight in down[::-1]]
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_list_and_show_know_studies(home, capsys):
    assert main(["list", "--out", home, "--json"]) == 0
    listed = [entry for entry in json.loads(capsys.readouterr().out) if entry.get("name") == "strip"]
    [entry] = listed
    assert (entry["kind"], entry["runs"]) == ("strip", 4) and "run_id" not in entry
    assert main(["list", "--out", home]) == 0
    assert entry["study_id"] in capsys.readouterr().out
    assert main(["show", "strip", "--out", home]) == 0
    out = capsys.readouterr().out
    assert entry["study_id"] in out and "λ = 0.001" in out and "dataset" in out
    assert main(["show", entry["study_id"], "--out", home, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said["minimisers"]) == {"0.001", "0.1"} and len(said["runs"]) == 4
    assert main(["show", f"{entry['study_id']}.002", "--out", home, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["spec"]["tikhonov"] == 0.1


@pytest.mark.parametrize("form", [None, "study", "csv", "html", "png"])
def test_a_study_is_exported(home, tmp_path, form, capsys):
    path = tmp_path / "out"
    words = ["export", "strip", "--out", home, "--file", str(path), "--json"]
    assert main([*words, *(["--format", form] if form else [])]) == 0
    content = path.read_bytes()
    assert json.loads(capsys.readouterr().out)["bytes"] == len(content)
    if form in (None, "study"):
        assert unpack_study(content)[0].name == "strip"
    if form == "csv":
        assert content.startswith(b"tikhonov,seed,") and len(content.splitlines()) == 5
    if form == "html":
        assert content.startswith(b"<!doctype html>") and b"<h1>strip</h1>" in content
        assert len(content) < 1_000_000
    if form == "png":
        assert content.startswith(b"\x89PNG")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_formats_belong_to_runs_or_to_studies(home, tmp_path, capsys):
    study_id = next(e.study_id for e in RunStore(home).studies() if e.name == "strip")
    for subject, form in (("strip", "gif"), (f"{study_id}.000", "study")):
        words = ["export", subject, "--out", home, "--format", form, "--file", str(tmp_path / "a")]
        assert main(words) == 2
        assert f"format = {form}" in capsys.readouterr().err
    assert main(["export", f"{study_id}.000", "--out", home, "--file", str(tmp_path / "a")]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--tikhonov", "much"], "error: tikhonov = much: allowed is numbers from 0"),
        (["--tikhonov", "1,2:3"], "error: tikhonov = 1,2:3"),
        (["--tikhonov", "0:1:5"], "FROM and TO above 0"),
        (["--tikhonov", "1:2:500"], "COUNT from 2 to 64"),
        (["--tikhonov", "-1"], "error: tikhonov = -1"),
        (["--tikhonov", "nan"], "error: tikhonov = nan"),
        (["--tikhonov", "1,1"], "each value once"),
        (["--seeds", "0"], "error: seeds = 0: allowed is 1 to 64 whole numbers"),
        (["--seeds", "-3"], "error: seeds = -3"),
        (["--further", "100"], "error: further = 100: allowed is a whole number from 0 to 99"),
        (["--further", "-1"], "error: further = -1"),
        (["--seeds", "some"], "error: seeds = some"),
        (["--seeds", "64", "--tikhonov", "1e-3:1:5"], "at most 256 runs, not 320"),
        (["--depth", "7"], "error: depth = 7"),
        (["--csv", "/nowhere/a.csv"], "error: file = /nowhere/a.csv"),
        (["--csv", "a.txt"], "error: csv = a.txt: allowed is a file whose name ends in .csv"),
        (["--png", "a.jpg"], "error: png = a.jpg: allowed is a file whose name ends in .png"),
        (["--tikhonov", "0.1", "--continuation"], "tikhonov = 0.1: allowed is at least 2 values"),
        (["--name", "a\nb"], "error: name"),
        (["--out", "/dev/null/x"], "error: runs folder"),
    ],
)
def test_wrong_input_is_one_line_and_trains_nothing(words, said, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("autoencode_core.training.study.make_study", lambda *a: pytest.fail("it was trained"))
    equals = [f"{words[0]}={words[1]}", *words[2:]]  # a value may begin with a dash
    assert main([*QUICK, "--out", str(tmp_path), *equals]) == 2
    err = capsys.readouterr().err
    assert said in err and "Traceback" not in err


@pytest.mark.parametrize("words", [["--tikhonov", "-1,1"], ["--seeds", "-1,2"], ["--tikhonov", "-1:1:3"]])
def test_a_value_may_begin_with_a_dash(words, tmp_path, capsys):
    assert main([*QUICK, "--out", str(tmp_path), *words]) == 2
    assert f"error: {words[0][2:]} = {words[1]}: allowed is" in capsys.readouterr().err


def test_a_study_that_diverged_everywhere_is_drawn(tmp_path, capsys):
    wild = ["--init-scale", "10", "--horizon", "100", "--method", "adam", "--learning-rate", "100"]
    picture = ["--activation", "relu", "--curvature", "--png", str(tmp_path / "a.png")]
    assert main([*QUICK, *wild, *picture, "--out", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "All 4 runs diverged." in out and "ν" not in out
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_stored_is_said_even_if_the_picture_fails(tmp_path, capsys, monkeypatch):
    def fail(study):
        raise RuntimeError("no picture")

    monkeypatch.setattr(sweep, "study_png", fail)
    assert main([*QUICK, "--png", str(tmp_path / "a.png"), "--out", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "Stored as" in said.out and "no picture" in said.err


def test_interrupt_keeps_the_study(tmp_path, capsys):
    usual = signal.getsignal(signal.SIGINT)

    def interrupt_once_training_listens():
        while signal.getsignal(signal.SIGINT) is usual:
            time.sleep(0.01)
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt_once_training_listens, daemon=True).start()
    endless = [*QUICK, "--iterations", "100000", "--tolerance", "0", "--method", "adam"]
    assert main([*endless, "--out", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {run["status"] for run in said["runs"]} == {"stopped"}
    assert RunStore(tmp_path).study(said["study"]).outcomes[0].iterations < 100_000
    assert signal.getsignal(signal.SIGINT) is usual


def test_interrupt_while_nu_is_computed_keeps_the_study_without_it(tmp_path, capsys, monkeypatch):
    def interrupted(*arguments, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep, "_curved", interrupted)
    table = tmp_path / "a.csv"
    assert main([*QUICK, "--curvature", "--json", "--out", str(tmp_path), "--csv", str(table)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(list(csv.DictReader(table.open()))) == 4
    assert RunStore(tmp_path).study(said["study"]).outcomes[0].curvature is None


def test_runs_that_left_their_ode_are_told_of(tmp_path, capsys):
    residual = ["--scheme", "euler", "--fidelity", "", "--horizon", "12", "--tikhonov", "0,1"]
    assert main([*QUICK, "--iterations", "40", *residual, "--out", str(tmp_path), "--name", "left"]) == 0
    out = capsys.readouterr().out
    assert "2 of 4 runs left their ODE, at λ = 0 (up to" in out
    assert next(line for line in out.splitlines() if line.startswith("λ = 0 ")).endswith("2 left their ODE")
    assert main(["show", "left", "--out", str(tmp_path)]) == 0
    assert "2 of 4 runs left their ODE" in capsys.readouterr().out
    assert main(["show", "left", "--out", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["verdicts"] == {"not": 2, "ode": 2}
    store = RunStore(tmp_path)
    members = [store.record(run_id) for run_id in store.member_ids(said["study"])]
    for run, record in zip(said["runs"], members, strict=True):
        assert run["ode_difference"] == record.summary["ode_difference"]
        assert run["verdict"] == ("not" if run["tikhonov"] == 0 else "ode")
