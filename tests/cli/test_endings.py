"""How commands end: by signals, by pipes that close, by bad folders, by a run that never began."""

import json
import os
import signal
import subprocess
import sys

import pytest

from autoencode_core.cli import main
from autoencode_core.errors import InputError
from autoencode_core.store.run_file import unpack
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study_file import unpack_study
from autoencode_core.training import selection

QUICK = ["train", "--dataset", "moons", "--particles", "50", "--iterations", "3", "--depth", "6"]
ENDLESS = ["train", "--iterations", "100000", "--tolerance", "0", "--method", "adam"]
PROGRAM = [sys.executable, "-m", "autoencode_core"]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    assert main([*QUICK, "--name", "λ", "--out", str(folder), "--json"]) == 0
    return str(folder)


@pytest.mark.parametrize("names", [("SIGTERM",), ("SIGHUP", "SIGHUP", "SIGTERM"), ("SIGTERM", "SIGINT")])
def test_a_training_that_is_ended_keeps_its_run(names, tmp_path, capsys, monkeypatch):
    numbers = [getattr(signal, name) for name in names]
    before, usual = [signal.getsignal(number) for number in numbers], selection.train

    def train(spec, on_progress):
        def signalled(progress):
            if progress.iteration == 3:
                for number in numbers:
                    signal.raise_signal(number)
            return on_progress(progress)

        return usual(spec, signalled)

    monkeypatch.setattr(selection, "train", train)
    assert main([*ENDLESS, "--out", str(tmp_path), "--json"]) == 0
    run = RunStore(tmp_path).record(json.loads(capsys.readouterr().out)["run"])
    assert (run.status, run.summary["iterations"]) == ("stopped", 3)
    assert [signal.getsignal(number) for number in numbers] == before


def test_a_signal_while_the_run_is_stored_loses_nothing(tmp_path, capsys, monkeypatch):
    save = RunStore.save

    def interrupted(store, record):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.raise_signal(number)
        return save(store, record)

    monkeypatch.setattr(RunStore, "save", interrupted)
    assert main([*QUICK, "--out", str(tmp_path), "--json"]) == 0
    assert RunStore(tmp_path).record(json.loads(capsys.readouterr().out)["run"]).status == "finished"


def test_what_nohup_ignores_stays_ignored(tmp_path, monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        usual = RunStore.save

        def save(store, record):
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            return usual(store, record)

        monkeypatch.setattr(RunStore, "save", save)
        assert main([*QUICK, "--out", str(tmp_path), "--json"]) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_hang_up_on_the_way_is_a_sentence(home, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(RunStore, "record", lambda *_: signal.raise_signal(signal.SIGTERM))
    words = ["export", "λ", "--out", home, "--file", str(tmp_path / "a")]
    assert main(words) == 128 + signal.SIGTERM
    assert capsys.readouterr().err == "error: interrupted\n" and not list(tmp_path.iterdir())


LOADING = """
import runpy, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "pydantic":  # one of the first that are loaded
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Finder())
runpy.run_module("autoencode_core", run_name="__main__")
"""


def test_ctrl_c_while_the_program_loads_is_a_sentence():
    done = subprocess.run([sys.executable, "-c", LOADING, "list"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "error: interrupted\n")


def test_a_closed_pipe_is_silent(home):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*PROGRAM, "list", "--out", home], stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_ascii_output_tells_the_id(tmp_path):
    surroundings = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    words = [*PROGRAM, *QUICK, "--out", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, env=surroundings, check=True)
    [run] = RunStore(tmp_path).list()
    assert f"Stored as {run.run_id} in".encode() in done.stdout and b"\\u2207J" in done.stdout


@pytest.mark.parametrize("command", [["list"], ["show", "x"], ["export", "x"]])
def test_a_folder_to_read_from_must_be_there(command, tmp_path, capsys):
    for folder in ("", str(tmp_path / "gone")):
        assert main([*command, "--out", folder]) == 2
        assert f"error: out = {folder}: allowed is a folder that is there" in capsys.readouterr().err


def test_a_folder_to_write_to_has_a_name(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("autoencode_core.training.selection.train", lambda *a: pytest.fail("it was trained"))
    assert main([*QUICK, "--out", ""]) == 2
    assert "error: out = : allowed is the name of a folder" in capsys.readouterr().err


def test_the_usual_folder_need_not_be_there(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for usual in ("", "gone"):
        monkeypatch.setenv("AUTOENCODE_RUNS", usual)
        assert main(["list"]) == 0 and "gallery-" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_a_run_that_diverged_at_once_fails(tmp_path, capsys):
    wild = ["--activation", "relu", "--init-scale", "10", "--horizon", "100"]
    assert main([*QUICK, *wild, "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "Diverged at iteration 0" in said and "first step" not in said and "initial scale" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["train", "--dataset", "mnist", "--field", "two_layer", "--expansion", "16"],
            "run = a file of about",
        ),
        (
            ["sweep", "--dataset", "mnist", "--depth", "8", "--method", "adam", "--seeds", "32"],
            "study = 224 runs of about",
        ),
    ],
)
def test_what_could_not_be_read_is_not_trained(words, said, tmp_path, capsys, monkeypatch):
    for module in ("selection.train", "study.make_study"):
        monkeypatch.setattr(f"autoencode_core.training.{module}", lambda *a: pytest.fail("it was trained"))
    assert main([*words, "--out", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_an_export_goes_where_it_is_asked_to(home, tmp_path, capsysbinary, monkeypatch):
    asked = ["export", "λ", "--out", home, "--format", "history", "--file"]
    assert main([*asked, "-"]) == 0
    assert capsysbinary.readouterr().out.startswith(b"iteration,cost")
    assert main([*asked, "-", "--json"]) == 2
    (tmp_path / "link").symlink_to("aim")
    monkeypatch.setattr(RunStore, "record", lambda *_: pytest.fail("it was made"))
    for name in ("link", ""):
        assert main([*asked, str(tmp_path / name) if name else ""]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


SWEEP = ["sweep", *QUICK[1:], "--tikhonov", "0.1", "--seeds", "1", "--further", "0"]


@pytest.mark.parametrize(
    ("words", "method", "read"),
    [(QUICK, "save", unpack), (SWEEP, "save_study_bytes", unpack_study)],
    ids=["run", "study"],
)
def test_a_store_that_fails_at_last_loses_nothing(words, method, read, tmp_path, capsys, monkeypatch):
    def full(*_):
        raise InputError("runs folder", "runs", "a folder that can be written (No space left on device)")

    monkeypatch.setattr(RunStore, method, full)
    monkeypatch.chdir(tmp_path)
    assert main([*words, "--name", "mine", "--out", "runs"]) == 2
    [path] = tmp_path.glob("rescued-*")
    assert f"Nothing is lost: {path} can be imported" in capsys.readouterr().err
    found = read(path.read_bytes())
    assert (found if words is QUICK else found[0]).name == "mine"
