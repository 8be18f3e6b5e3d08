"""A worker at rest gives memory back, and later lets go of the runs that it keeps."""

import sys
from types import SimpleNamespace

import psutil
import pytest

from autoencode_core.workers import answering, own_worker


class Over(Exception):
    pass


@pytest.fixture
def rests(monkeypatch):
    """What a worker does in so many looks, one a second, from how much it has to do at each."""

    def done(work):
        said, clock, worker = [], [0.0], SimpleNamespace(state=SimpleNamespace(executing_count=0))
        looks = iter(work)

        def sleep(seconds):
            clock[0] += seconds
            try:
                worker.state.executing_count = next(looks)
            except StopIteration:
                raise Over from None

        monkeypatch.setattr(own_worker.time, "sleep", sleep)
        monkeypatch.setattr(own_worker.time, "monotonic", lambda: clock[0])
        monkeypatch.setattr(own_worker, "give_back_memory", lambda: said.append(("back", clock[0])))
        monkeypatch.setattr(own_worker, "forget_runs", lambda: said.append(("forget", clock[0])))
        with pytest.raises(Over):
            own_worker._give_back_at_rest(worker)
        return said

    return done


def test_memory_is_given_back_once_after_work(rests):
    assert rests([1, 1, *[0] * 60]) == [("back", 2 + own_worker.REST_SECONDS)]
    assert [what for what, _ in rests([*[0] * 20, 1, *[0] * 20])] == ["back", "back"]
    assert rests([1] * 50) == []


def test_runs_are_let_go_of_when_nothing_is_asked_for_long(rests):
    said = rests([1, *[0] * (int(own_worker.FORGET_SECONDS) + 5)])
    assert [what for what, _ in said] == ["back", "forget", "back"]
    assert said[1][1] == 1 + own_worker.FORGET_SECONDS


def test_a_run_that_was_let_go_of_must_be_sent_again(make_record):
    question = SimpleNamespace(wants="run")
    request = answering.AnswerRequest("token", question, "digest", {})
    assert answering._known(request, [make_record()]) is not None
    assert answering._known(request, ()) is not None
    answering.forget_runs()
    assert answering._known(request, ()) is None


def test_the_c_library_is_asked_and_may_refuse(monkeypatch):
    assert own_worker.give_back_memory() in (True, False)
    monkeypatch.setattr(own_worker.ctypes, "CDLL", lambda _: SimpleNamespace())
    assert not own_worker.few_arenas() and not own_worker.give_back_memory()


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be asked")
def test_what_was_freed_goes_back_to_the_system():
    rest = psutil.Process().memory_info
    kept = [b"x" * (50_000 + i) for i in range(2000)]  # small enough to lie on the heap, 100 MB in all
    last = b"x" * 50_000  # above them, so that they do not go by themselves
    del kept
    before = rest().rss
    assert own_worker.give_back_memory() and before - rest().rss > 50e6 and last
