"""A strip over two real workers: the same study as on one, followed, stopped and not lost with a helper."""

import os
import signal
import time

import pytest

from autoencode_core.desk.jobs import Jobs
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study import Plan

SPEC = RunSpec(
    dataset="s_curve",
    field="single_layer",
    depth=8,
    horizon=4.0,
    particles=60,
    iterations=20,
    data_seed=0,
    dtype="float64",
)
PLAN = Plan(kind="strip", spec=SPEC, further=0, tikhonov=(0.01, 0.03, 0.1), seeds=(0, 1))
SECONDS = 120.0


def until(condition):
    """What `condition` gives once it is true."""
    end = time.monotonic() + SECONDS
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)
    return value


def end_of(jobs, job_id):
    return until(lambda: (s := jobs.study_status(job_id)).state in ("done", "failed") and s)


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
        made = Jobs(RunStore(tmp_path_factory.mktemp("runs")))
        made.heard = []
        made.connection.listen(made.heard.append, lambda: None)
        made.start()
        until(lambda: len(made.connection.workers()) == 2)
        yield made
        made.close()


def test_a_split_strip_is_the_strip(jobs):
    pytest.importorskip("torch")
    from autoencode_core.training.study import make_study

    job_id = jobs.study(PLAN)
    status = end_of(jobs, job_id)
    assert status.state == "done", status.message
    assert all(row["iteration"] >= 1 for row in status.latest) and status.share == 1.0
    assert len({event["worker"] for event in jobs.heard if job_id in event["token"]}) == 2
    found, (wanted, _) = jobs.store.study(status.study_id), make_study(PLAN)
    assert found.spec == wanted.spec and found.zero == pytest.approx(wanted.zero, rel=1e-9)
    for mine, theirs in zip(found.outcomes, wanted.outcomes, strict=True):
        assert (mine.tikhonov, mine.seed, mine.minimiser) == (theirs.tikhonov, theirs.seed, theirs.minimiser)
        assert mine.cost == pytest.approx(theirs.cost, rel=1e-6)


def test_a_stop_stops_all_parts_and_keeps_what_they_have(jobs):
    job_id = jobs.study(PLAN.model_copy(update={"spec": SPEC.but(iterations=10_000, tolerance=0.0)}))
    until(lambda: all(row is not None for row in jobs.study_status(job_id).latest))
    jobs.stop(job_id)
    status = end_of(jobs, job_id)
    assert status.state == "done" and len(jobs.store.study(status.study_id).outcomes) == 6
    assert {o.status for o in jobs.store.study(status.study_id).outcomes} == {"stopped"}


def test_a_helper_that_dies_loses_its_part_only(jobs):
    job_id = jobs.study(PLAN.model_copy(update={"spec": SPEC.but(iterations=1000, tolerance=0.0, seed=5)}))
    until(lambda: all(row is not None for row in jobs.study_status(job_id).latest))
    worker = jobs._dispatch.calls[job_id].worker
    (helper,) = {event["worker"] for event in jobs.heard if job_id in event["token"]} - {worker}
    os.kill(jobs.connection.client().run(os.getpid, workers=[helper])[helper], signal.SIGKILL)
    until(lambda: len(jobs.connection.workers()) == 1 or jobs.study_status(job_id).state == "done")
    jobs.stop(job_id) if jobs.study_status(job_id).state == "running" else None
    status = end_of(jobs, job_id)
    assert status.state == "done" and jobs.store.study(status.study_id).outcomes
