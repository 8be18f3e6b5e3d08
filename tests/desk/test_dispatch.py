"""What jobs and questions share, without Dask: a client that submits to nobody."""

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from autoencode_core.desk import dispatch as dispatch_module
from autoencode_core.desk.call import Call, GivenUp
from autoencode_core.desk.connection import ADDRESS, ServerClosed
from autoencode_core.desk.dispatch import Dispatch, sentence
from autoencode_core.errors import InputError
from autoencode_core.workers.files import FilesLacking
from autoencode_core.workers.reporting import ComputationFailed, request_stop


@dataclass(eq=False)
class Sum(Call):
    """A call whose result is a number; `patient` ones wait for it after a stop, as a job does."""

    patient: bool = False
    value: int | None = None
    error: Exception | None = None
    asked_to_stop: bool = False
    waited_for: str = ""
    begun: int = 0
    heard: int = 0

    @property
    def over(self):
        return self.value is not None or self.error is not None

    @property
    def stopping(self):
        return self.patient and self.asked_to_stop and not self.over

    def waits(self, message):
        self.waited_for = message

    def _came_further(self):
        return self.heard > 2

    def _begin(self):
        self.begun, self.heard = self.begun + 1, 0

    def _take(self, news):
        self.heard += news["step"]

    def stop(self):
        super().stop()
        self.asked_to_stop = True
        if not self.patient:
            self.fail(GivenUp())

    def fail(self, error):
        self.error = error


class Connection:
    """Hands out futures that the test settles, and notes what workers are asked."""

    closed, shared_files = False, True

    def __init__(self):
        self.submitted, self.asked, self.ready = [], [], threading.Event()
        self.ready.set()

    def listen(self, heard, closed):
        self.heard, self.close = heard, closed

    def client(self):
        assert self.ready.wait(5)
        return self

    def submit(self, function, *args, key, pure, **options):
        future = Future()
        self.submitted.append((key, options, future))
        assert not pure
        return future

    def workers(self):
        return tuple(SimpleNamespace(address=name, offers={"train": 1}) for name in ("tcp://w1", "tcp://w2"))

    def soon(self, address, function, *args):
        self.asked.append((address, function, *args))


@pytest.fixture
def connection():
    return Connection()


@pytest.fixture
def dispatch(connection):
    return Dispatch(connection, "sum", "a sum that was asked for", kept=3)


def until(condition, seconds=5.0):
    """What `condition` gives once it is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.001)
    return value


def begin(dispatch, call_id="one", *, size=0, **fields):
    """A call that is submitted once and noted down."""
    call = Sum(call_id, dispatch.new_token("sum"), size=size, **fields)

    def compute(call):
        value = dispatch.result(call, sum, (1, 2))
        return lambda: setattr(call, "value", value)

    dispatch.begin(call, compute)
    return call


def submitted(connection, count=1):
    until(lambda: len(connection.submitted) == count)
    return connection.submitted[-1][2]


def event(call, attempt="first", worker="tcp://w1", step=1):
    return {"token": call.token, "attempt": attempt, "worker": worker, "step": step}


def end(dispatch, call):
    with dispatch.changed:
        assert dispatch.changed.wait_for(lambda: call.over and call.future is None, 5)
    return call


def test_a_call_is_followed_to_its_end(dispatch, connection):
    call = begin(dispatch)
    future = submitted(connection)
    until(lambda: call.future is future)
    assert connection.submitted[0][0] == call.token and dispatch.find("one") is call
    future.set_result(3)
    assert end(dispatch, call).value == 3 and connection.asked == []


def test_a_call_that_is_sent_again_gets_a_key_of_its_own(dispatch, connection):
    call = Sum("one", dispatch.new_token("sum"))

    def compute(call):
        first = dispatch.result(call, sum, (1, 2))
        second = dispatch.result(call, sum, (3, 4), workers=["tcp://w1"])
        return lambda: setattr(call, "value", first + second)

    dispatch.begin(call, compute)
    submitted(connection).set_result(3)
    submitted(connection, 2).set_result(7)
    assert end(dispatch, call).value == 10
    (first, none, _), (second, where, _) = connection.submitted
    assert first != second and (none, where) == ({}, {"workers": ["tcp://w1"]})


@pytest.mark.parametrize("patient", [True, False])
def test_what_is_stopped_before_the_workers_are_there_is_not_submitted(dispatch, connection, patient):
    connection.ready.clear()
    call = begin(dispatch, patient=patient)
    dispatch.stop("one")
    connection.ready.set()
    assert isinstance(end(dispatch, call).error, GivenUp)
    assert connection.submitted == [] and connection.asked == []


@pytest.mark.parametrize("patient", [True, False])
def test_what_is_stopped_while_it_waits_is_taken_off_the_cluster(dispatch, connection, patient, caplog):
    call = begin(dispatch, patient=patient)
    future = submitted(connection)
    until(lambda: call.future)
    dispatch.stop("one")
    assert isinstance(end(dispatch, call).error, GivenUp)
    assert future.cancelled() and connection.asked == [] and caplog.text == ""


def test_a_stop_between_submission_and_its_note_gives_up_too(dispatch, connection, monkeypatch):
    submit = connection.submit
    call = Sum("one", dispatch.new_token("sum"), patient=True)

    def and_stop(*args, **options):
        future = submit(*args, **options)
        dispatch.stop("one")
        return future

    monkeypatch.setattr(connection, "submit", and_stop)
    dispatch.begin(call, lambda call: dispatch.result(call, sum, ()))
    assert isinstance(end(dispatch, call).error, GivenUp) and connection.submitted[0][2].cancelled()


def test_one_that_runs_is_asked_to_stop_and_its_result_is_waited_for(dispatch, connection):
    call = begin(dispatch, patient=True)
    future = submitted(connection)
    connection.heard(event(call))
    dispatch.stop("one")
    assert connection.asked == [("tcp://w1", request_stop, call.token)] and call.stopping
    future.set_result(2)
    assert end(dispatch, call).value == 2 and not future.cancelled()


def test_one_that_nobody_waits_for_is_over_at_once_and_its_worker_asked(dispatch, connection):
    call = begin(dispatch)
    future = submitted(connection)
    until(lambda: call.future)
    connection.heard(event(call))
    dispatch.stop("one")
    assert isinstance(call.error, GivenUp) and future.cancelled()
    assert connection.asked == [("tcp://w1", request_stop, call.token)]
    dispatch.stop("one")  # once more does no harm
    assert len(connection.asked) == 1 and end(dispatch, call).value is None


def test_an_attempt_starts_progress_anew_and_late_words_of_an_earlier_one_count_no_more(dispatch, connection):
    call = begin(dispatch)
    for step in (1, 1, 1):
        connection.heard(event(call, step=step))
    assert (call.worker, call.begun, call.heard) == ("tcp://w1", 1, 3)
    connection.heard(event(call, "second", "tcp://w2"))
    connection.heard(event(call, "first", "tcp://w1", 50))
    assert (call.worker, call.begun, call.heard) == ("tcp://w2", 2, 1) and connection.asked == []
    connection.heard(event(call, "third", "tcp://w2"))  # the same worker, but from the beginning
    assert (call.begun, call.heard) == (3, 1)


def test_a_new_attempt_of_what_is_stopping_is_asked_to_stop_as_well(dispatch, connection):
    call = begin(dispatch, patient=True)
    connection.heard(event(call))
    dispatch.stop("one")
    connection.heard(event(call, step=2))
    connection.heard(event(call, "second", "tcp://w2"))
    assert [address for address, *_ in connection.asked] == ["tcp://w1", "tcp://w2"]


def test_words_of_a_call_that_is_over_or_forgotten_stop_it(dispatch, connection):
    call = begin(dispatch)
    dispatch.stop("one")
    connection.heard(event(call))  # it began before it was taken off the cluster
    end(dispatch, call)
    del dispatch.calls["one"]
    connection.heard(event(call, worker="tcp://w2"))
    assert [address for address, *_ in connection.asked] == ["tcp://w1", "tcp://w2"] and call.heard == 0


def test_words_of_another_server_s_call_are_passed_over(dispatch, connection):
    other = Dispatch(Connection(), "sum", "", kept=3)
    connection.heard(event(begin(other)))
    assert connection.asked == []


@pytest.mark.parametrize(
    ("error", "logged"),
    [(InputError("x", 1, "2"), ""), (ComputationFailed("No.", "the traceback"), "the traceback")],
)
def test_what_breaks_off_is_noted_and_logged(dispatch, connection, caplog, error, logged):
    call = begin(dispatch)
    submitted(connection).set_exception(error)
    assert end(dispatch, call).error is error
    assert (logged in caplog.text) if logged else caplog.text == ""


def test_a_file_goes_along_once_to_a_worker_that_lacks_it(dispatch, connection, tmp_path):
    connection.shared_files = False
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n")
    call = Sum("one", dispatch.new_token("sum"))
    named = [str(tmp_path / "mine.csv"), "s_curve"]

    def compute(call):
        value = dispatch.result(call, sum, (1, 2), named=named, resources={"train": 1})
        return lambda: setattr(call, "value", value)

    dispatch.begin(call, compute)
    submitted(connection).set_exception(FilesLacking("tcp://w2"))
    submitted(connection, 2).set_result(3)
    assert end(dispatch, call).value == 3
    (_, first, _), (_, second, _) = connection.submitted
    assert [file.contents for file in first["files"]] == [()] and "workers" not in first
    assert [file.contents for file in second["files"]] == [(b"a,b\n1,2\n",)]
    assert second["workers"] == ["tcp://w2"] and second["resources"] == {"train": 1}


def test_calls_that_are_over_are_forgotten_first_begun_first(dispatch, connection):
    waiting = begin(dispatch, "waiting")
    submitted(connection)
    for number in range(5):
        call = begin(dispatch, str(number))
        submitted(connection, number + 2).set_result(number)
        end(dispatch, call)
        dispatch.find("waiting")
        assert dispatch.find(str(max(0, number - 2)))
    assert list(dispatch.calls) == ["waiting", "2", "3", "4"] and not waiting.over
    with pytest.raises(InputError, match="sum = 0: allowed is a sum that was asked for"):
        dispatch.find("0")


def test_by_use_those_looked_up_lately_are_kept(connection):
    dispatch = Dispatch(connection, "sum", "", kept=3, by_use=True)
    for number in range(4):
        call = begin(dispatch, str(number))
        submitted(connection, number + 1).set_result(number)
        end(dispatch, call)
        dispatch.find("0")
    assert list(dispatch.calls) == ["2", "3", "0"]


def test_no_more_bytes_are_kept_than_allowed_but_the_latest_always(connection):
    dispatch = Dispatch(connection, "sum", "", kept=9, most_bytes=10)
    kept = []
    for number, size in enumerate((4, 6, 3, 50)):
        call = begin(dispatch, str(number), size=size)
        submitted(connection, number + 1).set_result(number)
        end(dispatch, call)
        kept.append(list(dispatch.calls))
    assert kept == [["0"], ["0", "1"], ["1", "2"], ["3"]]


def test_the_end_is_noted_and_the_rest_forgotten_in_one(connection):
    dispatch = Dispatch(connection, "sum", "", kept=1)
    first, second = begin(dispatch, "first"), begin(dispatch, "second")
    until(lambda: len(connection.submitted) == 2)
    for _, _, future in connection.submitted:
        future.set_result(1)
    with dispatch.changed:
        while not (first.over and second.over):
            assert sum(call.over for call in dispatch.calls.values()) <= 1
            dispatch.changed.wait(5)
        assert len(dispatch.calls) == 1


def test_closing_ends_what_goes_on_and_wakes_who_waits(dispatch, connection):
    done, going = begin(dispatch, "done"), begin(dispatch, "going")
    until(lambda: len(connection.submitted) == 2)
    futures = {key: future for key, _, future in connection.submitted}
    futures[done.token].set_result(1)
    end(dispatch, done)
    closer = threading.Timer(0.05, connection.close)
    closer.start()
    with dispatch.changed:
        assert dispatch.changed.wait_for(lambda: going.over, 5)
    assert isinstance(going.error, ServerClosed) and (done.value, done.error) == (1, None)
    futures[going.token].set_result(2)  # too late
    assert end(dispatch, going).value is None
    assert sentence(going.error) == "The server was closed."


# ---- the queue


@pytest.fixture
def narrow(connection):
    """Room for one call of each lane."""
    return Dispatch(connection, "sum", "", kept=30, places=lambda lane: 1)


def test_calls_wait_for_their_turn_and_a_visitor_s_second_one_behind_everybody_s_first(narrow, connection):
    asked = [begin(narrow, f"{owner}{n}", owners={owner}) for owner in "ab" for n in (1, 2)]
    future = submitted(connection)
    assert [call.call_id for call in narrow.queue("train")] == ["b1", "a2", "b2"] and narrow.waiting() == 3
    assert [call.waited_for for call in asked] == [""] + 3 * ["Waiting for its turn."]
    assert narrow.under_way() == [asked[0]]
    for number in range(1, 4):
        future.set_result(number)
        future = submitted(connection, number + 1)
    assert [key.split("-")[0] for key, *_ in connection.submitted] == ["sum"] * 4
    order = [key for key, *_ in connection.submitted]
    assert order == [asked[0].token, asked[2].token, asked[1].token, asked[3].token]
    future.set_result(4)
    assert end(narrow, asked[3]).value == 4 and narrow.under_way() == [] == narrow.queue("train")


def test_lanes_do_not_wait_for_each_other(narrow, connection):
    begin(narrow, "one")
    other = begin(narrow, "two", lane="heavy")
    submitted(connection, 2)
    assert other.waited_for == "" and narrow.queue("heavy") == []


def test_one_that_waits_for_its_turn_is_given_up_at_once_and_leaves_the_queue(narrow, connection):
    begin(narrow, "one")
    submitted(connection)
    waiting = begin(narrow, "two", patient=True)
    narrow.stop("two")
    assert isinstance(waiting.error, GivenUp) and narrow.queue("train") == [] and connection.asked == []
    connection.submitted[0][2].set_result(1)
    end(narrow, narrow.find("one"))
    assert len(connection.submitted) == 1


def test_room_that_comes_later_is_taken_when_the_server_looks(connection):
    rooms = [0]
    dispatch = Dispatch(connection, "sum", "", kept=3, places=lambda lane: rooms[0])
    call = begin(dispatch)
    dispatch.admit()
    assert connection.submitted == [] and dispatch.queue("train") == [call]
    rooms[0] = 1
    dispatch.admit()
    submitted(connection).set_result(5)
    assert end(dispatch, call).value == 5


# ---- workers that are lost


class KilledWorker(Exception):
    pass


def test_what_lost_its_workers_begins_again_before_those_that_came_later(narrow, connection):
    call, later = begin(narrow, "one"), begin(narrow, "two")
    submitted(connection).cancel()
    future = submitted(connection, 2)
    assert [key for key, *_ in connection.submitted] == [call.token, f"{call.token}-2"]
    assert call.waited_for.startswith("The workers were lost") and narrow.queue("train") == [later]
    future.set_result(3)
    assert end(narrow, call).value == 3


def test_what_comes_no_further_is_not_begun_for_ever(dispatch, connection):
    call = begin(dispatch)
    for number in range(1, 5):
        submitted(connection, number).cancel()
    assert end(dispatch, call).error is not None and len(connection.submitted) == 4


def test_what_comes_further_each_time_may_go_on(dispatch, connection):
    call = begin(dispatch)
    for number in range(1, 9):
        future = submitted(connection, number)
        until(lambda f=future: call.future is f)
        connection.heard(event(call, f"start {number}", step=3))
        future.set_exception(KilledWorker())
    submitted(connection, 9).set_result(1)
    assert end(dispatch, call).value == 1


def test_what_kills_its_workers_without_coming_further_is_over(dispatch, connection):
    call = begin(dispatch)
    submitted(connection).set_exception(KilledWorker())
    assert "died several times" in sentence(end(dispatch, call).error)


def test_a_cluster_that_is_away_is_waited_for(dispatch, connection, monkeypatch):
    away = InputError(ADDRESS, "tcp://host:1", "the address of one that answers")
    client = connection.client

    def gone():
        raise away

    monkeypatch.setattr(connection, "client", gone)
    call = begin(dispatch)
    until(lambda: "no workers at present" in call.waited_for)
    dispatch.admit()
    assert dispatch.queue("train") == [call] and connection.submitted == []  # not before some seconds
    monkeypatch.setattr(connection, "client", client)
    call.not_before = 0.0
    dispatch.admit()
    submitted(connection).set_result(2)
    assert end(dispatch, call).value == 2


def test_each_end_is_told_but_not_that_of_the_server(connection):
    told = []
    dispatch = Dispatch(connection, "sum", "", kept=9, places=lambda lane: 1, on_end=told.append)
    first, second, third = (begin(dispatch, name) for name in ("one", "two", "three"))
    dispatch.stop("two")
    submitted(connection).set_exception(ValueError("no"))
    end(dispatch, first)
    assert told == [second, first]
    connection.closed = True
    dispatch._closed()
    until(lambda: third.over)
    time.sleep(0.05)
    assert told == [second, first]


def test_a_call_is_meant_for_a_worker_with_room(dispatch, connection):
    calls = [begin(dispatch, str(number)) for number in range(5)]
    submitted(connection, 5)
    first, second, third, fourth, fifth = calls
    assert dispatch.place(first, {"train": 1}) == {"workers": ["tcp://w1"], "allow_other_workers": True}
    assert dispatch.place(second, {"train": 1})["workers"] == ["tcp://w2"]
    assert dispatch.place(third, None, "tcp://w2", room=2)["workers"] == ["tcp://w2"]
    assert dispatch.place(fourth, None, "tcp://w2", room=2)["workers"] == ["tcp://w1"]  # it has two
    assert dispatch.place(fifth, {"GPU": 1}) == {}  # nobody offers that: the cluster is to decide


def test_a_call_whose_worker_has_gone_and_that_is_left_lying_begins_again(dispatch, connection, monkeypatch):
    monkeypatch.setattr(dispatch_module, "_STRANDED_SECONDS", 0.02)
    call, other = begin(dispatch, "one"), begin(dispatch, "two")
    submitted(connection, 2)
    connection.heard(event(call, worker="tcp://w9"))
    connection.heard(event(other, worker="tcp://w1"))
    submitted(connection, 3).set_result(5)
    assert end(dispatch, call).value == 5 and connection.submitted[2][0] == f"{call.token}-2"
    assert not other.over and len(connection.submitted) == 3
