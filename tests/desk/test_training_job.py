"""The state machine of a training, without Dask."""

import math

import numpy as np
import pytest

from autoencode_core.changes import MOST_CHANGES, Change
from autoencode_core.desk.training_job import TrainingJob, empty_history, rate_of
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import HISTORY
from autoencode_core.workers.training import ProbePicture

SPEC = RunSpec(dataset="s_curve", iterations=100)


def rows(*iterations, rate=10.0, cost=1.0):
    table = [
        [i if k == "iteration" else i / rate if k == "seconds" else cost for k in HISTORY] for i in iterations
    ]
    return np.array(table, dtype=np.float64).tobytes()


def heard(job, attempt, worker, rows, choosing=None, changes=(), done=0):
    news = {"rows": rows, "choosing": choosing, "changes": changes, "done": done}
    return job.hear(attempt, worker, news)


@pytest.fixture
def job():
    return TrainingJob("abc", "train-abc-1", spec=SPEC)


def test_the_way_of_a_job(job, make_record):
    assert job.status().state == "starting" and job.joinable
    job.submitted("future")
    assert job.status().state == "waiting" and job.status().started is None
    assert heard(job, "first", "tcp://w1", b"")
    assert job.status().state == "running" and job.status().started and job.worker == "tcp://w1"
    assert job.status().message == "Loading the data."
    assert not heard(job, "first", "tcp://w1", rows(0, 1, 2))
    assert not heard(job, "first", "tcp://w1", rows(3))
    status = job.status()
    assert status.message == ""
    assert status.history["iteration"] == [0, 1, 2, 3] and status.history["seconds"] == [0, 0.1, 0.2, 0.3]
    assert all(isinstance(i, int) for i in status.history["iteration"])
    assert status.rate == pytest.approx(10) and status.time_left == pytest.approx(9.7)
    record = make_record(SPEC, status="converged")
    job.stored("run-1", record)
    status = job.status()
    assert (status.state, status.run_id, status.outcome) == ("done", "run-1", "converged")
    assert status.history == record.history and status.rate is None and job.over and not job.joinable


def test_while_the_weight_is_chosen_there_is_no_history(job):
    heard(job, "first", "w", b"")
    heard(job, "first", "w", b"", (20, 40, 0.25))
    status = job.status()
    assert status.choosing == (20, 40, 0.25) and status.message == "" and status.history["iteration"] == []
    heard(job, "first", "w", rows(0))
    assert job.status().choosing is None and job.status().history["iteration"] == [0]


def test_a_status_is_a_copy(job):
    heard(job, "first", "w", rows(0))
    status = job.status()
    heard(job, "first", "w", rows(1))
    assert status.history["iteration"] == [0]
    status.history["cost"].clear()
    assert job.status().history["cost"] == [1.0, 1.0]


def test_history_begins_anew_when_a_worker_died(job):
    heard(job, "first", "w1", rows(0, 1, 2))
    assert heard(job, "second", "w2", rows(0))
    assert not heard(job, "first", "w1", rows(3, 4))  # late words of the dead
    assert job.status().history["iteration"] == [0] and job.worker == "w2"


def test_stopping_stays_stopping_until_it_is_over(job):
    heard(job, "first", "w1", rows(0))
    job.stop()
    assert job.status().state == "stopping" and not job.joinable and not job.over
    assert heard(job, "second", "w2", b"") and job.status().state == "stopping" and not job.given_up
    job.ended("done", "Stopped before it began.")
    assert not heard(job, "second", "w2", rows(1)) and job.status().history["iteration"] == [0]


def test_nan_comes_through(job):
    heard(job, "first", "w", rows(0, cost=math.nan))
    assert math.isnan(job.status().history["cost"][0])


def test_pictures_keep_the_probe_and_count_on(job):
    codes, inputs = np.zeros((2, 1)), np.ones((2, 3))
    job.pictured(ProbePicture(1, "first", 0, {"codes": codes, "inputs": inputs}))
    job.pictured(ProbePicture(5, "first", 40, {"codes": codes + 1}))
    assert job.picture["version"] == 2 and job.picture["iteration"] == 40
    assert job.picture["inputs"] is inputs and job.picture["codes"][0, 0] == 1
    job.pictured(ProbePicture(1, "second", 0, {"codes": codes, "inputs": inputs}))
    assert job.picture["version"] == 3 and job.picture["iteration"] == 0


def test_rate_is_that_of_the_last_two_seconds():
    history = empty_history()
    assert rate_of(history) is None
    history["iteration"], history["seconds"] = [0], [0.0]
    assert rate_of(history) is None
    history["iteration"] = list(range(103))
    history["seconds"] = [i / 100 for i in range(101)] + [11.0, 21.0]  # it slowed down
    assert rate_of(history) == pytest.approx(0.1)
    history["seconds"] = [0.0] * 103
    assert rate_of(history) is None


def test_what_is_wanted_of_a_training_and_what_was_done(job):
    heard(job, "first", "w", rows(0, 1, 2))
    job.pause(True)
    job.change(0.5, None)
    job.change(None, 2.0)
    status = job.status()
    assert status.paused and (status.tikhonov, status.step) == (0.5, 2.0)
    assert status.changes == () and status.spec == SPEC and not job.joinable
    heard(job, "first", "w", rows(3), changes=[(2, 0.5, 2.0)], done=2)
    status = job.status()
    assert status.changes == (Change(iteration=2, tikhonov=0.5, step=2.0),) and status.spec.weight == 0.5
    assert (status.tikhonov, status.step) == (0.5, 2.0)
    job.iterate()
    job.pause(False)
    assert not job.status().paused and job.orders().iterations == 1 and job.orders().number == 5


def test_after_a_worker_died_the_changes_are_made_again_where_they_were_made(job):
    heard(job, "first", "w1", rows(*range(9)), changes=[(4, 0.5, None), (6, 0.1, None)], done=2)
    job.change(0.2, None)  # not done before the worker dies
    heard(job, "second", "w2", b"")
    orders = job.orders()
    assert (orders.reached, orders.done, len(orders.wishes)) == (8, 2, 1)
    assert orders.log == (Change(iteration=4, tikhonov=0.5), Change(iteration=6, tikhonov=0.1))
    heard(job, "second", "w2", rows(*range(6)), changes=[(4, 0.5, None)], done=2)
    heard(job, "third", "w3", b"")  # died again, before it had come there
    assert job.orders().log == orders.log and job.orders().reached == 8


@pytest.mark.parametrize(
    ("asked", "field"), [((-1.0, None), "tikhonov"), ((None, 0.0), "learning_rate"), ((2e3, 1.0), "tikhonov")]
)
def test_a_change_out_of_bounds_is_refused_and_changes_nothing(job, asked, field):
    with pytest.raises(InputError) as refused:
        job.change(*asked)
    assert refused.value.field == field and "auto" not in refused.value.allowed
    assert job.joinable and job.orders().number == 0


def test_changes_are_bounded_and_none_comes_while_the_weight_is_chosen(job):
    for _ in range(MOST_CHANGES):
        job.change(0.1, None)
    with pytest.raises(InputError, match="at most"):
        job.change(0.1, None)
    choosing = TrainingJob("abc", "train-abc-1", spec=SPEC.but(tikhonov="auto"))
    with pytest.raises(InputError, match="choose"):
        choosing.change(0.1, None)
