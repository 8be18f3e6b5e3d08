"""Memory given back at rest, without Dask."""

import sys
import threading
import time
from types import SimpleNamespace

import psutil
import pytest

from autoencode_core.workers import own_worker


def test_memory_is_given_back_once_after_each_time_of_work(monkeypatch):
    monkeypatch.setattr(own_worker, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(own_worker, "REST_SECONDS", 0.05)
    given = []
    monkeypatch.setattr(own_worker, "give_back_memory", lambda: given.append(1))
    stopped, state = [], SimpleNamespace(executing_count=1)
    worker = SimpleNamespace(state=state, http_server=SimpleNamespace(stop=lambda: stopped.append(1)))
    before = set(threading.enumerate())
    own_worker.dask_setup(worker)
    assert stopped == [1] and all(thread.daemon for thread in set(threading.enumerate()) - before)
    for times in (1, 2):
        state.executing_count = 1
        time.sleep(0.2)
        assert len(given) == times - 1
        state.executing_count = 0
        end = time.monotonic() + 20
        while len(given) < times:
            assert time.monotonic() < end
            time.sleep(0.01)
    time.sleep(0.2)
    assert len(given) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be asked")
def test_what_was_freed_goes_back_to_the_system():
    rest = psutil.Process().memory_info
    kept = [b"x" * (50_000 + i) for i in range(2000)]  # small enough to lie on the heap, 100 MB in all
    last = b"x" * 50_000  # above them, so that they do not go by themselves
    del kept
    before = rest().rss
    assert own_worker.give_back_memory() and before - rest().rss > 50e6 and last
