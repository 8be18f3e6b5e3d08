"""What a run will take on disk is known, and refused where it could not be read again, before training."""

import errno
import os
import shutil

import pytest

import autoencode_core as ac
from autoencode_core.desk.jobs import Jobs
from autoencode_core.errors import InputError
from autoencode_core.export.study import study_bytes
from autoencode_core.store import folder, run_members
from autoencode_core.store import run_file as files
from autoencode_core.store.disk_space import run_size, study_size
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study import Plan
from autoencode_core.training.study import make_study

SMALL = {"particles": 60, "iterations": 3, "depth": 6}
HUGE = {"dataset": "mnist", "field": "two_layer", "expansion": 16, "depth": 20}


@pytest.mark.parametrize(
    "knobs",
    [
        {"dataset": "moons"},
        {"dataset": "trefoil", "dtype": "float64", "scheme": "euler", "fidelity": None},
        {"dataset": "moons", "task": "classify", "bottleneck": 1, "substeps": 64},
        {"dataset": "digits", "depth": 4, "iterations": 1},
    ],
)
def test_no_run_takes_more_than_was_told(own, knobs, tmp_path):
    spec = ac.RunSpec(**{**SMALL, **knobs})
    store = RunStore(tmp_path)
    run_id = store.save(ac.train(spec))
    taken = sum(os.path.getsize(path) for path in (tmp_path / run_id).iterdir())
    assert taken <= run_size(spec) < 64 * taken


def test_a_control_makes_up_the_file_where_it_is_large():
    knobs = {"depth": 40, "bottleneck": 784, "particles": 100, "iterations": 10, "fidelity": None}
    spec = ac.RunSpec(dataset="mnist", field="single_layer", **knobs)
    control = 40 * (784**2 + 784) * 4
    assert control < run_size(spec) < 1.2 * control


def test_a_run_that_could_not_be_read_is_refused_and_says_what_helps():
    with pytest.raises(
        InputError, match=r"run = a file of about [\d,]+ MB: allowed is at most 200 MB.*layers"
    ):
        run_size(ac.RunSpec(**HUGE))


def test_a_study_takes_what_its_runs_take():
    spec = ac.RunSpec(dataset="moons", **SMALL, method="adam")
    plan = Plan(kind="strip", spec=spec, tikhonov=(0.1, 0.2), seeds=(0, 1))
    data = study_bytes(*make_study(plan))
    assert len(data) <= study_size(plan) == 4 * run_size(spec)
    large = ac.RunSpec(dataset="mnist", depth=8, particles=100, method="adam")
    many = Plan(kind="strip", spec=large, tikhonov=(0.1, 0.2, 0.3, 0.4), seeds=tuple(range(64)))
    assert run_size(large) > 5_000_000
    with pytest.raises(InputError, match="study = 256 runs of about"):
        study_size(many)


@pytest.mark.parametrize(
    ("heads", "label"), [(["x", "y"], "a" * 10_001), ([f"{'[' * 600}{j}" for j in range(20)], "a")]
)
def test_names_that_could_not_be_read_are_refused(heads, label, tmp_path):
    rows = [",".join([str(value)] * len(heads)) for value in (1, 2, 4)]
    labelled = zip(["class", label, "b", "b"], [",".join(heads), *rows], strict=True)
    table = tmp_path / "mine.csv"
    table.write_text("".join(f"{row},{name}\n" for name, row in labelled))
    with pytest.raises(InputError):
        run_size(ac.RunSpec(dataset=str(table)))


def test_a_very_long_head_is_read_back(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text(f"{'x' * 10_001},y\n1,2\n2,1\n3,5\n")
    assert 0 < run_size(ac.RunSpec(dataset=str(table))) < 10_000_000


def test_the_disk_must_have_the_room(tmp_path, monkeypatch):
    store = RunStore(tmp_path / "runs")
    store.check_writable(1000)
    assert not list(store.root.iterdir())
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=5_000_000))
    store.check_writable(3_000_000)
    with pytest.raises(InputError, match="6 MB free on its disk, not 5 MB"):
        store.check_writable(5_000_000)


def test_the_folder_is_tried(tmp_path, monkeypatch):
    def full(path, data):
        path.write_bytes(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folder, "write_to_disk", full)
    with pytest.raises(InputError, match="No space left"):
        RunStore(tmp_path).check_writable()
    assert not list(tmp_path.iterdir())


def test_a_job_that_could_not_be_stored_is_not_begun(tmp_path):
    jobs = Jobs(RunStore(tmp_path / "runs"))
    with pytest.raises(InputError, match="at most 200 MB"):
        jobs.train(ac.RunSpec(**HUGE))
    plan = Plan(kind="strip", spec=ac.RunSpec(**HUGE), tikhonov=(0.1,), seeds=(0,))
    with pytest.raises(InputError, match="at most 200 MB"):
        jobs.study(plan)
    assert jobs.list() == jobs.studies() == []


def test_nothing_is_written_that_would_not_be_read(tmp_path, monkeypatch, make_record):
    record = make_record()
    monkeypatch.setattr(files, "MOST_BYTES", 1000)
    with pytest.raises(InputError, match="MB, unpacked: allowed is at most"):
        files.pack(record)
    monkeypatch.setitem(run_members.LIMITS, "weights.safetensors", 100)
    with pytest.raises(InputError, match=r"weights\.safetensors"):
        RunStore(tmp_path).save(record)
    assert not list(tmp_path.iterdir())
