"""A real training and a real study on a real worker, end to end: the same as here, no torch in the server."""

import subprocess
import sys

import numpy as np
import pytest

from autoencode_core.spec import RunSpec
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study import Plan

SPEC = RunSpec(dataset="moons", iterations=12, particles=60, seed=3)

SERVER = """
import sys, time
from autoencode_core.desk.jobs import Jobs
from autoencode_core.store.run_store import RunStore
from autoencode_core.spec import RunSpec
if __name__ == "__main__":
    jobs = Jobs(RunStore(sys.argv[1]), workers=1)
    job = jobs.train(RunSpec.model_validate_json(sys.argv[2]))
    end = time.monotonic() + 60
    chosen = False
    while (status := jobs.status(job)).state not in ("done", "failed") and time.monotonic() < end:
        chosen = chosen or status.choosing is not None
        time.sleep(0.02)
    known = {"torch", "sklearn", "pandas"} & set(sys.modules)
    print(status.state, status.outcome, status.run_id, known, chosen)
    jobs.close()
"""


def trained(spec, folder, chosen):
    """Has a server of its own train a spec; gives the id of the run."""
    done = subprocess.run(
        [sys.executable, "-c", SERVER, str(folder), spec.model_dump_json()],
        capture_output=True,
        text=True,
        timeout=90,
    )
    state, outcome, run_id, modules, choosing = done.stdout.split()
    assert (state, outcome, modules, choosing) == ("done", "finished", "set()", str(chosen)), done.stderr
    return run_id


def test_a_job_chooses_the_weight_and_tells_of_it(tmp_path):
    run_id = trained(SPEC.but(tikhonov="auto", iterations=40, tolerance=0.0), tmp_path, chosen=True)
    record = RunStore(tmp_path).record(run_id)
    assert record.spec.tikhonov == record.choice.tikhonov and record.choice.rows == 60
    assert record.history["iteration"] == list(range(41))
    assert "chosen by 10-fold cross-validation of 60 rows" in record.message


def test_job_gives_the_run_that_training_gives(tmp_path):
    torch = pytest.importorskip("torch")
    from autoencode_core.training.selection import train

    run_id = trained(SPEC, tmp_path, chosen=False)
    here, store = train(SPEC), RunStore(tmp_path)
    record, loaded = store.record(run_id), store.load(run_id)
    assert np.array_equal(record.weights["control"], here.model.control.flatten().numpy())
    assert torch.equal(loaded.model.control.flatten(), here.model.control.flatten())
    for key in ("iteration", "cost", "test_error", "step"):
        assert record.history[key] == here.history[key]
    x = record.probe["inputs"]
    assert torch.equal(loaded.model.reconstruct(x), here.model.reconstruct(x))
    again = store.save(loaded)
    assert store.record(again).history == record.history


PLAN = Plan(kind="continuation", spec=SPEC, tikhonov=(1e-3, 1e-2), seeds=(0, 1))

STUDY_SERVER = """
import sys, time
from autoencode_core.desk.jobs import Jobs
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study import Plan
if __name__ == "__main__":
    jobs = Jobs(RunStore(sys.argv[1]), workers=1)
    job = jobs.study(Plan.model_validate_json(sys.argv[2]))
    end = time.monotonic() + 60
    while (status := jobs.study_status(job)).state not in ("done", "failed") and time.monotonic() < end:
        time.sleep(0.05)
    told, heavy = sum(map(bool, status.latest)), {"torch", "sklearn", "pandas"} & set(sys.modules)
    print(status.state, status.share, told, status.study_id, heavy)
    print(status.message, file=sys.stderr)
    jobs.close()
"""


def test_a_study_gives_the_runs_that_it_gives_here(tmp_path):
    pytest.importorskip("torch")
    from autoencode_core.training.study import make_study

    done = subprocess.run(
        [sys.executable, "-c", STUDY_SERVER, str(tmp_path), PLAN.model_dump_json()],
        capture_output=True,
        text=True,
        timeout=90,
    )
    state, share, told, study_id, modules = done.stdout.split()
    assert (state, share, told, modules) == ("done", "1.0", "4", "set()"), done.stderr
    (here, runs), store = make_study(PLAN), RunStore(tmp_path)
    assert store.study(study_id).outcomes == here.outcomes
    assert [outcome.branch for outcome in here.outcomes] == ["down", "down", "up", "up"]
    for run_id, run in zip(store.member_ids(study_id), runs, strict=True):
        record = store.record(run_id)
        assert np.array_equal(record.weights["control"], run.model.control.flatten().numpy())
        assert record.history["cost"] == run.history["cost"] and len(record.probe["inputs"]) <= 300


CHANGED_SERVER = """
import sys, time
from autoencode_core.desk.jobs import Jobs
from autoencode_core.store.run_store import RunStore
from autoencode_core.spec import RunSpec
if __name__ == "__main__":
    jobs = Jobs(RunStore(sys.argv[1]), workers=1)
    job, end = jobs.train(RunSpec.model_validate_json(sys.argv[2])), time.monotonic() + 240
    def wait(condition):
        while not condition(jobs.status(job)) and time.monotonic() < end:
            time.sleep(0.01)
    jobs.pause(job)
    wait(lambda status: status.history["iteration"])
    for _ in range(3):
        jobs.step(job)
    wait(lambda status: len(status.history["iteration"]) == 4)
    jobs.change(job, tikhonov=0.02)
    jobs.step(job)
    wait(lambda status: len(status.history["iteration"]) == 5)
    wait(lambda _: jobs.snapshot(job))
    picture = jobs.snapshot(job)["iteration"]
    jobs.change(job, tikhonov=1e-4, step=0.3)
    jobs.resume(job)
    wait(lambda status: status.state in ("done", "failed"))
    status = jobs.status(job)
    print(status.state, status.outcome, status.run_id, len(status.changes), 0 <= picture <= 4)
    print(status.message, file=sys.stderr)
    jobs.close()
"""


@pytest.mark.parametrize("method", ["pmp", "lbfgs"])
def test_a_run_changed_by_hand_on_a_worker_is_made_again_from_its_file(tmp_path, method):
    torch = pytest.importorskip("torch")
    from autoencode_core.training.selection import train

    spec = SPEC.but(method=method, iterations=20, tolerance=0.0)
    done = subprocess.run(
        [sys.executable, "-c", CHANGED_SERVER, str(tmp_path), spec.model_dump_json()],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.stdout, done.stderr
    state, outcome, run_id, changes, pictured = done.stdout.split()
    assert (state, outcome, changes, pictured) == ("done", "finished", "2", "True"), done.stderr
    store = RunStore(tmp_path)
    record = store.record(run_id)
    assert [(c.iteration, c.tikhonov, c.step) for c in record.spec.changes] == [
        (3, 0.02, None),
        (4, 1e-4, 0.3),
    ]
    again = train(record.spec)
    assert again.history["cost"] == record.history["cost"]
    assert torch.equal(again.model.control.flatten(), store.load(run_id).model.control.flatten())
    assert train(spec).history["cost"][-1] != record.history["cost"][-1]
