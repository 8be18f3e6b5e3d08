"""Reporters of calls on a worker that only pretends."""

import asyncio
import pickle
import threading
import time
from types import SimpleNamespace

import distributed
import numpy as np
import pytest

from autoencode_core.errors import InputError
from autoencode_core.store.record import HISTORY
from autoencode_core.workers import orders, reporting
from autoencode_core.workers.answering import AnswerReporter, Cancelled
from autoencode_core.workers.reporting import ComputationFailed, at_work, reported, request_stop
from autoencode_core.workers.training import TrainingReporter, latest_picture


@pytest.fixture
def worker(monkeypatch):
    """Its events are (topic, event); it has a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    made = SimpleNamespace(address="tcp://w1", events=[], loop=SimpleNamespace(asyncio_loop=loop))
    made.log_event = lambda topic, event: made.events.append((topic, event))
    monkeypatch.setattr(distributed, "get_worker", lambda: made)
    yield made
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(autouse=True)
def no_desk(monkeypatch):
    """Nobody gives orders here."""
    monkeypatch.setattr(orders, "FIRST_SECONDS", 0.0)


def progress(iteration, regime=0, checkpoint=None):
    fields = {key: float(iteration) for key in HISTORY} | {"iteration": iteration, "iterations": 1000}
    snapshot = SimpleNamespace(codes=np.full((2, 1), iteration), outputs=np.zeros((2, 3)))
    rows = np.repeat(np.arange(iteration + 1.0)[:, None], len(HISTORY), 1)
    probe, calls = {"inputs": np.ones((2, 3))}, {"snapshot": lambda: snapshot, "history": lambda: rows}
    about = {"regime": regime, "choosing": None, "probe": probe, "checkpoint": checkpoint}
    return SimpleNamespace(**fields, **about, **calls)


def rows(worker):
    """The iterations of each event."""
    tables = [np.frombuffer(event["rows"]).reshape(-1, len(HISTORY)) for _, event in worker.events]
    return [table[:, HISTORY.index("iteration")].tolist() for table in tables]


@pytest.mark.parametrize("make", [TrainingReporter, AnswerReporter])
def test_who_sends_is_in_every_event_and_a_start_of_its_own(worker, make):
    first, second = make("train-1"), make("train-1")
    for reporter in (first, second):
        assert reported(reporter, lambda reporter: 7, "It") == 7 and reporter.over
    assert {topic for topic, _ in worker.events} == {reporting.TOPIC}
    about = {(event["token"], event["attempt"], event["worker"]) for _, event in worker.events}
    assert about == {("train-1", each.attempt, "tcp://w1") for each in (first, second)} and len(about) == 2


def test_rows_come_in_batches_and_none_is_lost(worker):
    def compute(reporter):
        for iteration in range(5):
            assert reporter(progress(iteration)) is None
        return b""

    reported(TrainingReporter("a"), compute, "It")
    assert rows(worker) == [[], [0], [1, 2, 3, 4]]


def test_rows_are_sent_also_of_what_breaks_off(worker):
    def compute(reporter):
        reporter(progress(0))
        reporter(progress(1))
        raise ValueError

    with pytest.raises(ComputationFailed):
        reported(TrainingReporter("a"), compute, "It")
    assert rows(worker) == [[], [0], [1]]


def test_of_a_question_only_the_latest_words_are_sent(worker):
    def compute(reporter):
        for step in range(50):
            reporter(step / 50, f"step {step}")
        time.sleep(0.15)  # a long silence: the last words come all the same
        reporter(2.0, "x" * 500)
        return {}

    reported(AnswerReporter("a"), compute, "It")
    said = [(event["share"], event["words"]) for _, event in worker.events]
    assert said == [(None, ""), (0.98, "step 49")]
    time.sleep(0.15)
    assert len(worker.events) == 2, "words were sent after the end"


def test_a_stop_is_one_for_all_kinds_and_reaches_its_call_alone(worker):
    training, other, question = TrainingReporter("a"), TrainingReporter("b"), AnswerReporter("c")

    def compute(_):
        for token in ("a", "c", "nobody"):
            request_stop(token)
        return training(progress(0)), other(progress(0)), question

    nested = lambda _: reported(other, lambda _: reported(question, compute, "It"), "It")  # noqa: E731
    said = reported(training, nested, "It")
    assert said[:2] == ("stop", None) and at_work("a") == []
    with pytest.raises(Cancelled):
        question(0.5, "")


def test_a_stop_reaches_every_attempt_in_the_process_and_no_later_one(worker):
    first, second = TrainingReporter("a"), TrainingReporter("a")

    def compute(_):
        assert at_work("a") == [first, second]
        request_stop("a")

    reported(first, lambda _: reported(second, compute, "It"), "It")
    assert first.stop_asked and second.stop_asked
    request_stop("a")  # it is over
    third = TrainingReporter("a")
    assert reported(third, lambda reporter: reporter(progress(0)), "It") is None


def test_only_own_exceptions_leave_a_call(worker):
    class Foreign(InputError):
        def __reduce__(self):
            raise TypeError("cannot be pickled")

    def bad_input(_):
        raise Foreign("device", "cuda", "cpu")

    def breaks(_):
        raise RuntimeError("line one\nline two")

    def memory(_):
        raise RuntimeError("CUDA out of memory")

    with pytest.raises(InputError, match="device = cuda") as raised:
        reported(AnswerReporter("a"), bad_input, "It")
    assert type(pickle.loads(pickle.dumps(raised.value))) is InputError and raised.value.__context__ is None
    with pytest.raises(ComputationFailed) as raised:
        reported(AnswerReporter("a"), breaks, "The computation")
    error = pickle.loads(pickle.dumps(raised.value))
    assert error.message == "The computation broke off: RuntimeError: line one"
    assert "Traceback" in error.details and raised.value.__context__ is None
    with pytest.raises(ComputationFailed, match="not enough memory"):
        reported(AnswerReporter("a"), memory, "It")
    assert at_work("a") == []


def test_pictures_are_of_the_latest_attempt_and_bring_the_probe_once(worker):
    def compute(reporter):
        assert latest_picture("a") is None
        reporter(progress(3))
        first = latest_picture("a")
        assert set(first.arrays) == {"codes", "outputs", "inputs"} and (first.version, first.iteration) == (
            1,
            3,
        )
        assert first.attempt == reporter.attempt and latest_picture("a", first.attempt, 1) is None
        time.sleep(0.26)
        reporter(progress(4))
        later = latest_picture("a", first.attempt, 1)
        assert set(later.arrays) == {"codes", "outputs"} and (later.version, later.iteration) == (2, 4)
        assert set(latest_picture("a", "earlier", 9).arrays) == {"codes", "outputs", "inputs"}

    reported(TrainingReporter("a"), compute, "It")
    assert latest_picture("a") is None
