"""Studies as jobs on a real Dask cluster of this machine, with trainings that only pretend."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from autoencode_core.desk import jobs as jobs_module
from autoencode_core.desk.jobs import Jobs
from autoencode_core.desk.study_job import StudyJob
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import HISTORY
from autoencode_core.store.run_file import pack
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study import Plan

by_hand = pytest.importorskip("by_hand")  # this folder's, on the path by conftest.py
fake = pytest.importorskip("fake_training")
HERE = os.pathsep.join(map(str, Path(__file__).parents[:2]))


def plan(behaviour, number=0, iterations=300, **changes):
    spec = RunSpec(dataset="s_curve", seed=behaviour + number, iterations=iterations)
    return Plan(**{"kind": "strip", "spec": spec, "tikhonov": (0.01, 0.001), "seeds": (0, 1), **changes})


def until(condition, seconds=15.0):
    """What `condition` gives once it is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)
    return value


def end_of(jobs, job_id, seconds=15.0):
    return until(lambda: (s := jobs.study_status(job_id)).state in ("done", "failed") and s, seconds)


# ---- the state machine, without Dask


def rows(*places, iteration=0):
    table = [
        [place, *(iteration if key == "iteration" else place + 0.5 for key in HISTORY)] for place in places
    ]
    return np.array(table, dtype=np.float64).tobytes()


def heard(job, attempt, worker, rows):
    return job.hear(attempt, worker, {"rows": rows, "choosing": None})


@pytest.fixture
def job():
    return StudyJob("abc", "train-abc-1", plan=plan(0, iterations=100, further=0))


def test_the_way_of_a_study(job):
    status = job.status()
    assert (status.state, status.latest, status.share) == ("starting", [None] * 4, 0.0)
    job.submitted("future")
    assert heard(job, "first", "tcp://w1", b"") and job.status().state == "running" and job.status().started
    heard(job, "first", "tcp://w1", rows(0, 1, 2, 3))
    heard(job, "first", "tcp://w1", rows(0, 1, 2, 3, iteration=50))
    status = job.status()
    assert status.share == pytest.approx(0.5) and status.message == ""
    assert [row["cost"] for row in status.latest] == [0.5, 1.5, 2.5, 3.5]
    assert all(set(row) == set(HISTORY) and row["iteration"] == 50 for row in status.latest)
    assert isinstance(status.latest[0]["iteration"], int)
    job.stored("study-1")
    status = job.status()
    assert (status.state, status.study_id, status.share) == ("done", "study-1", 1.0)


def test_the_share_is_that_of_all_iterations_that_a_run_may_take():
    job = StudyJob("abc", "train-abc-1", plan=plan(0, iterations=100, further=3))
    heard(job, "first", "w", rows(0, 1, 2, 3, iteration=100))
    assert job.status().share == pytest.approx(0.25)


def test_the_run_that_it_began_with_is_let_go_at_its_end():
    job = StudyJob("abc", "train-abc-1", plan=plan(0), start=b"a run")
    heard(job, "first", "w", b"")
    assert job.arguments()[1] == b"a run"
    job.ended("failed", "The workers were lost.")
    assert job.start == b"" and job.over


def test_a_run_that_falls_silent_counts_whole(job):
    heard(job, "first", "w", rows(0, 1, 2, 3, iteration=20))
    heard(job, "first", "w", rows(0, 2, 3, iteration=40))
    assert job.status().share == pytest.approx((3 * 0.4 + 0.2) / 4), "the event may have been cut"
    heard(job, "first", "w", rows(0, 2, 3, iteration=60))
    assert job.status().share == pytest.approx((3 * 0.6 + 1) / 4)


def test_a_worker_that_died_begins_anew(job):
    heard(job, "first", "w1", rows(0, 1, iteration=20))
    assert heard(job, "second", "w2", rows(0))
    heard(job, "first", "w1", rows(3, iteration=99))  # late words of the dead
    status = job.status()
    assert [row and row["iteration"] for row in status.latest] == [0, 20, None, None]


def test_places_that_there_are_not_are_passed_over(job):
    heard(job, "first", "w", rows(-1, 4, 700, 2))
    assert [row is not None for row in job.status().latest] == [False, False, True, False]


def test_a_status_is_a_copy(job):
    heard(job, "first", "w", rows(0))
    status = job.status()
    status.latest[0]["cost"] = 7.0
    heard(job, "first", "w", rows(1))
    assert status.latest[1] is None and job.status().latest[0]["cost"] == 0.5


# ---- on workers


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study_jobs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", HERE)
        patch.setenv(fake.FOLDER, str(folder))
        patch.delenv(jobs_module.ADDRESS, raising=False)
        made = Jobs(RunStore(folder / "runs"), task=fake.fake_job, study_task=fake.fake_study)
        yield made
        made.close()


def test_a_study_is_followed_and_stored(jobs):
    wanted = plan(fake.LONG, iterations=150)
    job_id = jobs.study(wanted)
    assert jobs.study(wanted) == job_id and jobs.study_status(job_id).plan == wanted
    with pytest.raises(InputError, match="makes a run"):
        jobs.status(job_id)
    until(lambda: all(jobs.study_status(job_id).latest))
    assert [row["cost"] for row in jobs.study_status(job_id).latest] == [0.0, 1.0, 2.0, 3.0]
    shares = []
    while (status := jobs.study_status(job_id)).state == "running":
        shares.append(status.share)
        time.sleep(0.05)
    assert shares == sorted(shares) and 0 < shares[1] < 1 and len(set(shares)) > 3
    status = end_of(jobs, job_id)
    assert (status.state, status.message, status.share) == ("done", "", 1.0)
    study = jobs.store.study(status.study_id)
    assert [o.tikhonov for o in study.outcomes] == [0.001, 0.001, 0.01, 0.01] and study.spec == wanted.spec
    assert jobs.store.list() == [] and jobs.list() == []
    assert [s.job_id for s in jobs.studies()] == [job_id]
    again = jobs.study(wanted)
    assert again != job_id and end_of(jobs, again).study_id not in (None, status.study_id)


def test_its_particles_are_seen_side_by_side(jobs):
    wanted = plan(fake.LONG, 1, iterations=300, tikhonov=tuple(range(20)), seeds=(0, 1))
    job_id = jobs.study(wanted)
    picture = until(lambda: (p := jobs.snapshot(job_id)) and len(p["regimes"]) == 8 and p)
    assert list(picture["regimes"]) == wanted.shown()
    assert picture["outputs"].shape == (8, 4, 3) and picture["codes"].shape == (8, 4, 2)
    assert picture["inputs"].shape == (4, 3)
    assert np.array_equal(picture["iterations"], picture["codes"][:, 0, 0])
    later = until(lambda: (p := jobs.snapshot(job_id))["version"] > picture["version"] + 2 and p)
    assert (later["iterations"] > picture["iterations"]).any() and later["outputs"].dtype == np.float32
    jobs.stop(job_id)
    end_of(jobs, job_id)


def test_pictures_are_taken_only_while_watched(jobs):
    job_id = jobs.study(plan(fake.LONG, 2, iterations=1000))
    until(lambda: any(jobs.study_status(job_id).latest))
    time.sleep(0.6)
    asleep = jobs.snapshot(job_id)
    assert list(asleep["iterations"]) == [0, 0], "they were taken though nobody looked"
    until(lambda: jobs.snapshot(job_id)["iterations"].min() > 0)
    jobs.stop(job_id)
    end_of(jobs, job_id)


def test_a_stopped_study_is_stored(jobs):
    job_id = jobs.study(plan(fake.LONG, 3, iterations=5000))
    until(lambda: all(jobs.study_status(job_id).latest))
    began = time.monotonic()
    jobs.stop(job_id)
    assert jobs.study_status(job_id).state in ("stopping", "done")
    status = end_of(jobs, job_id)
    assert status.study_id and "kept" in status.message and time.monotonic() - began < 3
    assert len(jobs.store.study(status.study_id).outcomes) == 4


def test_studies_and_trainings_share_the_workers(jobs):
    busy = [jobs.study(plan(fake.LONG, n, iterations=1500)) for n in (4, 5)]
    for job_id in busy:
        until(lambda j=job_id: jobs.study_status(j).state == "running")
    training = jobs.train(RunSpec(dataset="s_curve", seed=fake.QUICK, iterations=20))
    waiting = jobs.study(plan(fake.LONG, 6))
    until(lambda: jobs.study_status(waiting).state == "waiting")
    assert jobs.status(training).state == "waiting"
    jobs.stop(waiting)
    given_up = end_of(jobs, waiting)
    assert (given_up.state, given_up.study_id) == ("done", None)
    assert given_up.message == "Stopped before it began." and fake.begun(plan(fake.LONG, 6).spec) == 0
    for job_id in busy:
        jobs.stop(job_id)
    assert until(lambda: jobs.status(training).outcome) == "finished"
    assert [s.job_id for s in jobs.list()] == [training]


def test_a_killed_worker_s_study_begins_anew(jobs):
    wanted = plan(fake.DIES_ONCE, iterations=40)
    status = end_of(jobs, jobs.study(wanted), 30)
    assert status.study_id and fake.begun(wanted.spec) == 2


def test_failures_are_told_in_a_sentence(jobs):
    status = end_of(jobs, jobs.study(plan(fake.BAD_INPUT)))
    assert (status.state, status.message) == ("failed", "device = cuda: allowed is cpu")
    job_id = jobs.study(plan(fake.SPOILT, iterations=5))
    status = end_of(jobs, job_id)
    assert status.state == "failed" and status.message.startswith("The study could not be stored")
    assert jobs.unstored(job_id) == b"no study at all"


def test_a_continuation_may_begin_with_a_run(jobs, make_record):
    wanted = plan(fake.QUICK, 7, iterations=10, kind="continuation", seeds=(0,))
    first = make_record(RunSpec(dataset="s_curve", seed=77, iterations=5))
    ids = [jobs.study(wanted), jobs.study(wanted, first)]
    assert ids[0] != ids[1]
    found = [jobs.store.study(end_of(jobs, job_id).study_id).variance for job_id in ids]
    assert found == [0.0, 77.0]


def test_a_run_to_begin_with_that_does_not_fit_is_refused(jobs, make_record):
    record = make_record(status="nonsense")
    with pytest.raises(InputError, match="status"):
        jobs.study(plan(fake.QUICK, 8), record)
    assert pack(make_record())
