"""The command train, and what is done with its runs: list, show, export; in this process."""

import json
import math
import os
import signal
import threading
import time
from pathlib import Path

import pytest
from problems import FIELDS, SCHEMES

from autoencode_core.cli import main
from autoencode_core.data.reading import Reading
from autoencode_core.figures.film import writers
from autoencode_core.figures.film.screen import Screen
from autoencode_core.store.run_file import unpack
from autoencode_core.store.run_store import RunStore

QUICK = ["train", "--dataset", "moons", "--particles", "50", "--iterations", "10", "--depth", "6"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    assert main([*QUICK, "--name", "first", "--out", str(folder), "--json"]) == 0
    return str(folder)


def test_train_prints_one_json_object(tmp_path, capsys):
    assert main([*QUICK, "--json", "--out", str(tmp_path)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["status"] == "finished" and said["iterations_per_second"] > 0
    assert RunStore(tmp_path).record(said["run"]).summary["test_error"] == said["summary"]["test_error"]


def test_train_speaks_to_people_too(tmp_path, capsys):
    assert main([*QUICK, "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "% unexplained; PCA alike: " in out and "mean squared distance (data units²) train" in out


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("field", FIELDS)
def test_every_field_and_scheme_trains_and_is_stored(own, field, scheme, tmp_path, capsys):
    activation = dict(zip(FIELDS, ("tanh", "softplus", "arctan"), strict=False)).get(field, "sin")
    flags = ["--field", field, "--scheme", scheme, "--activation", activation, "--substeps", "2"]
    words = [*QUICK, *flags, "--fidelity", "off", "--iterations", "3", "--out", str(tmp_path), "--json"]
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    record = RunStore(tmp_path).record(said["run"])
    spec = record.spec
    assert (spec.field, spec.scheme, spec.substeps, spec.fidelity) == (field, scheme, 2, None)
    assert record.substeps == 2 and said["summary"]["ode_difference"] >= 0
    assert len(record.probe["flow_states"]) == 13
    assert main(["show", said["run"], "--out", str(tmp_path)]) == 0
    assert scheme in capsys.readouterr().out


def test_changes_by_hand_are_a_flag_and_make_the_same_run_again(tmp_path, capsys):
    changes = "3:tikhonov=0.05 6:step=0.5,tikhonov=1e-05"
    runs = []
    for _ in range(2):
        assert main([*QUICK, "--changes", changes, "--out", str(tmp_path), "--json"]) == 0
        runs.append(json.loads(capsys.readouterr().out)["run"])
    first, second = (RunStore(tmp_path).record(run) for run in runs)
    assert first.history["cost"] == second.history["cost"] and first.spec.weight == 1e-5
    assert main(["show", runs[0], "--out", str(tmp_path)]) == 0
    assert "3:tikhonov=0.05 6:tikhonov=1e-05,step=0.5" in capsys.readouterr().out
    path = tmp_path / "history.csv"
    words = ["export", runs[0], "--format", "history", "--file", str(path), "--out", str(tmp_path)]
    assert main(words) == 0
    rows = [line.split(",") for line in path.read_text().splitlines()]
    assert rows[0][-1] == "tikhonov" and [float(row[-1]) for row in rows[5:9]] == [5e-2] * 3 + [1e-5]
    assert main([*QUICK, "--changes", "3:weight=1", "--out", str(tmp_path)]) == 2


def test_list_and_show(home, capsys):
    assert main(["list", "--out", home, "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)[0]
    assert entry["name"] == "first" and entry["spec"]["dataset"] == "moons"
    assert main(["show", "first", "--out", home]) == 0
    assert "tikhonov       λ" in capsys.readouterr().out
    assert main(["show", entry["run_id"], "--out", home, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["history"]["cost"]) == 11


@pytest.mark.parametrize("kind", ["run", "html", "csv", "history", "gif", "png"])
def test_export(home, tmp_path, kind, monkeypatch):
    monkeypatch.setattr(writers, "FRAMES", 4)
    path = tmp_path / "out"
    assert main(["export", "first", "--out", home, "--format", kind, "--file", str(path)]) == 0
    content = path.read_bytes()
    if kind == "run":
        assert unpack(content).name == "first"
    if kind == "html":
        assert b'<div class="player">' in content and len(content) < 1_000_000
    if kind == "csv":
        assert content.splitlines()[0] == b"particle,t,u1,u2,active"
        assert len(content.splitlines()) == 1 + 50 * 7
    if kind == "history":
        assert len(content.splitlines()) == 1 + 11
    if kind in ("gif", "png"):
        assert kind.upper().encode() in content[:4]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "--depth", "7"], "error: depth = 7: allowed is an even number"),
        (["train", "--tikhonov", "-1"], "error: tikhonov = -1: allowed is a number from 0"),
        (["train", "--substeps", "0"], "error: substeps = 0: allowed is a whole number from 1 to 64"),
        (["train", "--substeps", "65"], "error: substeps = 65: allowed is a whole number from 1 to 64"),
        (["train", "--scheme", "heun"], "error: scheme = heun: allowed is euler, midpoint, rk4"),
        (["train", "--field", "cubic"], "error: field = cubic: allowed is single_layer, two_layer"),
        (["train", "--activation", "gelu"], "error: activation = gelu: allowed is tanh, softplus"),
        (["train", "--fidelity", "-1"], "error: fidelity = -1: allowed is a number from 0 to 1"),
        (["train", "--dataset", "gone.csv"], "gone.csv"),
        (["train", "--dataset", "sun"], "error: dataset = sun"),
        (["show", "../../etc/passwd"], "error: run ="),
        (["export", "20200101-000000-moons-k1-aaaa"], "error: run ="),
    ],
)
def test_wrong_input_is_one_line(words, said, tmp_path, capsys):
    assert main([*words, "--out", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert said in err and "Traceback" not in err


def test_a_csv_file_trains(tmp_path, capsys):
    path = tmp_path / "mine.csv"
    rows = "\n".join(f"{i / 20},{(i / 20) ** 2},{i % 2}" for i in range(40))
    path.write_text(f"height,width,label\n{rows}\n")
    words = ["--dataset", str(path), "--tikhonov", "0.1", "--iterations", "5", "--out", str(tmp_path)]
    assert main(["train", *words, "--json"]) == 0
    record = RunStore(tmp_path).record(json.loads(capsys.readouterr().out)["run"])
    assert record.columns == ("height", "width") and record.spec.particles == 32


def test_the_weight_of_a_table_is_chosen_by_the_data(tmp_path, capsys):
    path = tmp_path / "mine.csv"
    path.write_text("a,b,c\n" + "\n".join(f"{i / 20},{(i / 20) ** 2},{i % 3}" for i in range(40)) + "\n")
    words = ["--dataset", str(path), "--bottleneck", "1", "--iterations", "2", "--out", str(tmp_path)]
    assert main(["train", *words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["choice"]["weights"][0] == 1.0 and told["tikhonov"] in told["choice"]["weights"]
    assert main(["train", *words, "--tikhonov", "auto"]) == 0
    said = capsys.readouterr().out
    assert f"λ = {told['tikhonov']:g}, chosen by 10-fold cross-validation of 32 rows" in said
    assert main(["show", told["run"], "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.count("held-out error") == len(told["choice"]["weights"]) and said.count("(chosen)") == 1
    assert main(["show", told["run"], "--out", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["choice"] == told["choice"]
    assert main(["train", *words, "--tikhonov", "0.1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["choice"] is None


def test_a_bad_weight_is_named(tmp_path, capsys):
    assert main(["train", "--tikhonov", "automatic", "--out", str(tmp_path)]) == 2
    assert "tikhonov = automatic: allowed is a number from 0 to 1000, or auto" in capsys.readouterr().err


def test_an_id_comes_before_a_name(home, tmp_path, capsys):
    assert main([*QUICK, "--out", str(tmp_path), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["run"]
    assert main([*QUICK, "--seed", "5", "--out", str(tmp_path), "--name", first, "--json"]) == 0
    capsys.readouterr()
    assert main(["show", first, "--out", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["spec"]["seed"] == 0
    assert main(["show", "", "--out", str(tmp_path)]) == 2


@pytest.mark.parametrize("words", [["--name", "a\nb"], ["--out", "/dev/null/x"]])
def test_nothing_is_trained_that_could_not_be_stored(words, tmp_path, monkeypatch):
    monkeypatch.setattr("autoencode_core.training.selection.train", lambda *a: pytest.fail("it was trained"))
    assert main([*QUICK, "--out", str(tmp_path), *words]) == 2


def test_a_failed_export_leaves_nothing(home, tmp_path):
    (tmp_path / "folder").mkdir()
    assert main(["export", "first", "--out", home, "--file", str(tmp_path / "folder")]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_how_an_export_looks(home, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(writers, "png", lambda record, screen, *_: asked.append(screen) or b"picture")
    flags = ["--dark", "--unrolled", "--at", "0.5", "--yaw", "90", "--pitch", "-45"]
    words = ["export", "first", "--out", home, "--format", "png", "--file", str(tmp_path / "a.png"), *flags]
    assert main(words) == 0 and (tmp_path / "a.png").read_bytes() == b"picture"
    turned = {"yaw": math.pi / 2, "pitch": -math.pi / 4}
    assert asked == [Screen(dark=True, unrolled=True, at=0.5, **turned)]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--format", "png", "--pitch", "91"], "pitch = 91.0: allowed is degrees from -90 to 90"),
        (["--format", "png", "--yaw", "nan"], "yaw = nan"),
        (["--format", "png", "--at", "1e9"], "at = 1000000000.0: allowed is a flow time from 0 to"),
        (["--format", "mp4"], "ffmpeg must be installed"),
    ],
)
def test_an_export_that_cannot_be_says_why(home, tmp_path, capsys, monkeypatch, flags, said):
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert main(["export", "first", "--out", home, "--file", str(tmp_path / "a"), *flags]) == 2
    assert said in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_an_interrupted_export_leaves_nothing(home, tmp_path, monkeypatch):
    def interrupted(record, screen, report, around):
        report(0.5, "half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(writers, "gif", interrupted)
    assert (
        main(["export", "first", "--out", home, "--format", "gif", "--file", str(tmp_path / "a.gif")]) == 130
    )
    assert not list(tmp_path.iterdir())


def test_debug_shows_the_traceback(tmp_path):
    with pytest.raises(ValueError, match="depth"):
        main(["train", "--depth", "7", "--debug", "--out", str(tmp_path)])


def test_interrupt_keeps_the_run(tmp_path, capsys):
    usual = signal.getsignal(signal.SIGINT)

    def interrupt_once_training_listens():
        while signal.getsignal(signal.SIGINT) is usual:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt_once_training_listens, daemon=True).start()
    endless = ["train", "--iterations", "100000", "--tolerance", "0", "--method", "adam"]
    assert main([*endless, "--out", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["status"] == "stopped" and said["summary"]["iterations"] < 100_000
    assert RunStore(tmp_path).record(said["run"]).status == "stopped"
    assert signal.getsignal(signal.SIGINT) is usual


# ---- tables

CASES = Path(__file__).parents[1] / "data" / "cases"


def test_a_table_is_read_as_the_flags_say_and_what_was_understood_is_said(tmp_path, capsys):
    flags = ["--label", "none", "--drop", "b", "--missing", "median", "--header", "yes", "--decimal", ","]
    flags += ["--separator", ";", "--thousands", "none", "--colour", "a"]
    flags += ["--iterations", "3", "--tikhonov", "0.1"]
    file = str(CASES / "semicolon_decimal_comma.csv")
    assert main(["train", "--dataset", file, *flags, "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "12 rows and 2 columns of numbers: a and c." in said
    assert "separator semicolon, decimal comma" in said and "“b” (as asked)" in said
    assert main(["train", "--dataset", file, *flags, "--out", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["understood"][0] == "12 rows and 2 columns of numbers: a and c."
    spec = RunStore(tmp_path).record(told["run"]).spec
    asked = {"label": "none", "drop": ("b",), "missing": "median", "header": "yes", "decimal": ","}
    asked |= {"separator": ";", "thousands": "none", "colour": "a"}
    assert spec.reading.changed() == asked
    assert main(["show", told["run"], "--out", str(tmp_path)]) == 0
    assert "left out b" in capsys.readouterr().out


def test_a_sweep_reads_a_table_alike(tmp_path, capsys):
    file = str(CASES / "pandas_index.csv")
    few = ["--tikhonov", "0.1,0.01", "--seeds", "1", "--iterations", "3", "--drop", "c"]
    assert main(["sweep", "--dataset", file, *few, "--out", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "row names" in " ".join(told["understood"]) and told["spec"]["reading"]["drop"] == ["c"]


@pytest.mark.parametrize(
    ("case", "flags", "said"),
    [
        ("thousands_dot_semicolon", [], "thousands = 1.890"),
        ("thousands_dot_semicolon", ["--decimal", ";"], "decimal = ;: allowed is auto, ., ,"),
        ("unclosed_quote_label_last", [], "row 8"),
        ("big_int", [], "2^53"),
        ("semicolon", ["--drop", "heigth"], "drop = heigth: allowed is a column of the file: a, b and c"),
        ("semicolon", ["--sheet", "One"], "sheet = One"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_in_a_line(tmp_path, capsys, case, flags, said):
    file = str(CASES / f"{case}.csv")
    assert main(["train", "--dataset", file, *flags, "--out", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1


def test_every_flag_of_reading_is_in_the_help(capsys):
    for command in ("train", "sweep"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        said = capsys.readouterr().out
        assert all(f"--{name} VALUE" in said for name in Reading.model_fields)
