"""Checkpoints that workers take, and how a job goes on from one; the worker only pretends."""

from types import SimpleNamespace

import distributed
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.changes import Change
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import HISTORY
from autoencode_core.store.run_file import unpack
from autoencode_core.store.study import Plan
from autoencode_core.store.study_file import unpack_study
from autoencode_core.workers import training as module
from autoencode_core.workers.orders import Obedience, Orders
from autoencode_core.workers.reporting import reported, request_stop
from autoencode_core.workers.study import study_job
from autoencode_core.workers.training import (
    Checkpoints,
    TrainingReporter,
    give_orders,
    going_on,
    latest_checkpoint,
    train_job,
)

SPEC = RunSpec(dataset="moons", iterations=60, particles=60, seed=3, tolerance=0.0)


@pytest.fixture
def desk(monkeypatch):
    """What a worker talks to: it gives each start of a job the orders that are due, and keeps its events."""
    made = SimpleNamespace(address="tcp://w1", events=[], orders=[], heard=set())

    def log_event(topic, event):
        made.events.append(event)
        if event["attempt"] not in made.heard:
            made.heard.add(event["attempt"])
            give_orders(event["token"], made.orders.pop(0) if made.orders else Orders())

    made.log_event = log_event
    monkeypatch.setattr(distributed, "get_worker", lambda: made)
    return made


@pytest.fixture
def clock(monkeypatch):
    """Time that passes when it is told to."""
    now = SimpleNamespace(time=100.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now.time))
    return now


def progress(iteration, checkpoint=None, iterations=1000):
    fields = {key: float(iteration) for key in HISTORY} | {"iteration": iteration, "iterations": iterations}
    rows = np.repeat(np.arange(iteration + 1.0)[:, None], len(HISTORY), 1)
    calls = {"snapshot": lambda: SimpleNamespace(codes=rows, outputs=rows), "history": lambda: rows}
    return SimpleNamespace(**fields, **calls, regime=0, choosing=None, probe={}, checkpoint=checkpoint)


def rows_of(event):
    table = np.frombuffer(event["rows"]).reshape(-1, len(HISTORY))
    return table[:, HISTORY.index("iteration")].astype(int).tolist()


# ---- when


@given(st.lists(st.floats(0, 5), min_size=2, max_size=8))
def test_they_take_no_more_than_a_share_of_the_time(costs):
    with pytest.MonkeyPatch.context() as patch:
        now, spent = SimpleNamespace(time=0.0), 0.0
        patch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now.time))
        held = Checkpoints()
        assert not held.due and not held.affordable
        held.begin()

        def make(cost):
            now.time += cost
            return b"x"

        for number, cost in enumerate(costs):
            before = now.time
            while not held.due:
                now.time += 0.25
            assert now.time - before >= module.CHECKPOINT_SECONDS - 1e-9
            assert spent <= module.CHECKPOINT_SHARE * now.time + 1e-9
            held.take("a", number, lambda cost=cost: make(cost))
            spent += cost
            assert held.newest.iteration == number and (cost < 1e-6 or not held.affordable)


def test_one_that_would_be_too_large_leaves_the_one_before():
    held = Checkpoints()
    held.begin()
    held.take("a", 3, lambda: b"small")
    held.take("a", 9, lambda: b"")
    assert (held.newest.iteration, held.newest.data) == (3, b"small")


def test_the_newest_is_given_to_who_has_it_not(desk, clock):
    def compute(reporter):
        assert latest_checkpoint("a") is None
        reporter(progress(0, lambda: b"zero"))
        assert latest_checkpoint("a") is None, "it had just begun"
        clock.time += 5
        reporter(progress(7, lambda: b"seven"))
        reporter(progress(8, lambda: pytest.fail("it is not due")))
        found = latest_checkpoint("a")
        assert (found.attempt, found.iteration, found.data) == (reporter.attempt, 7, b"seven")
        assert latest_checkpoint("a", reporter.attempt, 6) == found == latest_checkpoint("a", "earlier", 99)
        assert latest_checkpoint("a", reporter.attempt, 7) is None
        # What it holds is known of before it is.
        assert rows_of(desk.events[-1])[-1] == 7
        clock.time += 5
        reporter(progress(9))  # it has none, as while λ is chosen
        assert latest_checkpoint("a") == found

    reported(TrainingReporter("a"), compute, "It")
    assert latest_checkpoint("a") is None


def test_a_pause_takes_one_at_its_start(desk, monkeypatch):
    monkeypatch.setattr("autoencode_core.workers.orders.BEAT_SECONDS", 0.01)
    desk.orders.append(Orders(1, paused=True))
    taken, beats = [], []

    def rested(reporter, now, rest=TrainingReporter._rest):
        rest(reporter, now)
        beats.append(len(taken))
        if len(beats) == 5:
            give_orders("a", Orders(2))

    monkeypatch.setattr(TrainingReporter, "_rest", rested)

    def compute(reporter):
        reporter(progress(4, lambda: taken.append(1) or b"here"))
        assert latest_checkpoint("a").iteration == 4

    reported(TrainingReporter("a"), compute, "It")
    assert beats == [1] * 5


# ---- going on


def test_the_first_orders_bring_it_before_anything_is_trained(desk):
    desk.orders.append(Orders(4, done=1, checkpoint=b"bytes"))

    def compute(reporter):
        assert reporter.first_checkpoint() == b"bytes"
        assert reporter.first_checkpoint() == b"", "it is let go of"
        assert reporter._obedience.done == 1

    reported(TrainingReporter("a"), compute, "It")


def test_who_was_stopped_or_hears_nothing_does_not_wait(desk, monkeypatch):
    obedience = Obedience()
    assert obedience.wait_for_first(lambda: True) == b""
    monkeypatch.setattr("autoencode_core.workers.orders.FIRST_SECONDS", 0.01)
    assert obedience.wait_for_first(lambda: False) == b""


def test_one_that_is_refused_is_left_and_it_begins_anew():
    from autoencode_core.training.checkpoint import CheckpointRefused

    given_to = []

    def train(resume):
        given_to.append(resume)
        if resume:
            raise CheckpointRefused("checkpoint", "damaged", "one")
        return 7

    assert going_on(train, b"damaged") == 7 and given_to == [b"damaged", b""]


def test_what_was_before_is_sent_once_with_where_it_goes_on(desk):
    def compute(reporter):
        reporter(progress(6))
        reporter(progress(7))

    reported(TrainingReporter("a"), compute, "It")
    begun, first, last = desk.events
    assert (rows_of(begun), begun["resumed"]) == ([], None)
    assert (rows_of(first), first["resumed"]) == (list(range(7)), 6)
    assert (rows_of(last), last["resumed"]) == ([7], None)


@given(st.integers(0, 9))
def test_logged_changes_before_it_count_and_the_others_are_made_again(iteration):
    log = tuple(Change(iteration=j, step=1.0 + j) for j in (2, 5, 8))
    obedience = Obedience()
    obedience.hear(Orders(3, wishes=((None, 3.0), (0.5, None)), done=1, log=log, reached=9))
    obedience.begin_at(iteration)
    assert obedience.changes == [change for change in log if change.iteration < iteration]
    for j in range(iteration, 10):
        obedience.change(j)
    assert obedience.changes[:3] == list(log)
    assert obedience.changes[3:] == [Change(iteration=9, tikhonov=0.5)] and obedience.done == 2


# ---- real ones


def cut(job, given, desk, monkeypatch):
    """A checkpoint of a job that is stopped soon after."""
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(module, "CHECKPOINT_SHARE", 1e9)
    found, call = [], TrainingReporter.__call__

    def told(self, progress):
        said = call(self, progress)
        if latest_checkpoint("cut") and progress.iteration == 20:
            found.append(latest_checkpoint("cut"))
            request_stop("cut")
        return said

    with monkeypatch.context() as patch:
        patch.setattr(TrainingReporter, "__call__", told)
        job(*given, "cut")
    assert {event["token"] for event in desk.events} == {"cut"}
    desk.events.clear()
    return found[0]


@pytest.mark.parametrize("method", ["lbfgs", "adam"])
def test_a_training_that_was_cut_gives_the_run_of_an_undisturbed_one(desk, monkeypatch, method):
    from autoencode_core.training.selection import train

    spec = SPEC.but(method=method)
    held = cut(train_job, (spec.model_dump_json(),), desk, monkeypatch)
    assert held.iteration == 20
    log = (Change(iteration=10, step=0.5), Change(iteration=30, step=0.4))
    desk.orders.append(Orders(2, checkpoint=held.data, log=log, reached=40, wishes=((None, 0.4),), done=1))
    record = unpack(train_job(spec.model_dump_json(), "again"))
    firsts = [event for event in desk.events if event["resumed"] is not None]
    assert [event["resumed"] for event in firsts] == [20] and rows_of(firsts[0])[:21] == list(range(21))
    assert [row for event in desk.events for row in rows_of(event)] == list(range(61))
    # The change of iteration 10 was said to be in it, though it is not; that of 30 is made again.
    assert [change[0] for change in desk.events[-1]["changes"]] == [10, 30]
    here = train(spec, lambda now: log[1] if now.iteration == 30 else None)
    assert np.array_equal(record.weights["control"], here.model.control.flatten().numpy())
    assert record.history["cost"] == here.history["cost"]


def test_a_study_that_was_cut_gives_the_study_of_an_undisturbed_one(desk, monkeypatch):
    plan = Plan(
        kind="continuation", spec=SPEC.but(iterations=30), tikhonov=(1e-3, 1e-2), seeds=(0, 1), further=0
    )
    whole = study_job(plan.model_dump_json(), b"", "whole")
    desk.events.clear()
    held = cut(study_job, (plan.model_dump_json(), b""), desk, monkeypatch)
    assert held.iteration > 10, "it counts up"
    desk.orders.append(Orders(checkpoint=held.data))
    study, records = unpack_study(study_job(plan.model_dump_json(), b"", "again"))
    other, others = unpack_study(whole)
    assert study.outcomes == other.outcomes
    for one, two in zip(records, others, strict=True):
        assert np.array_equal(one.weights["control"], two.weights["control"])
        assert one.history["cost"] == two.history["cost"]
