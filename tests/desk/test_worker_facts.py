"""What workers offer and whether they suit, without Dask."""

import time

import pytest

from autoencode_core.desk.worker_facts import WorkerFacts, facts_of, mismatch, resources, slots
from autoencode_core.workers.versions import CODE, versions


def worker(versions=None, threads=2, **offers):
    return WorkerFacts("tcp://w:1", "w", 0, 0.0, threads, 0.0, offers, versions)


def test_facts_of_what_a_scheduler_says():
    metrics = {"memory": 10**8, "cpu": 12.5}
    said = {
        "name": 3,
        "metrics": metrics,
        "nthreads": 4,
        "last_seen": time.time() - 2,
        "resources": {"GPU": 1.0},
    }
    young = {**said, "metrics": {}, "resources": {}, "last_seen": time.time() + 9}
    first, second = facts_of(
        {"workers": {"tcp://a:1": said, "tcp://b:1": young}}, {"tcp://a:1": {"dask": "1"}}
    )
    assert (first.name, first.memory, first.cpu, first.threads) == ("3", 10**8, 12.5, 4)
    assert 1.5 < first.seen < 10 and first.offers == {"GPU": 1.0} and first.versions == {"dask": "1"}
    assert (second.memory, second.seen, second.versions) == (0, 0.0, None)


@pytest.mark.parametrize(
    ("workers", "kind", "device", "taken"),
    [
        ([], "train", "", None),
        ([worker()], "train", "cuda", None),
        ([worker(train=1)], "train", "", {"train": 1}),
        ([worker(train=1), worker(GPU=2)], "train", "cuda", {"GPU": 1}),
        ([worker(train=1), worker(train=1, GPU=1)], "train", "cuda", {"train": 1, "GPU": 1}),
        ([worker(GPU=1)], "train", "", None),
        ([worker(train=1)], "heavy", "", None),
        ([worker(answer=2), worker(answer=2, heavy=1)], "heavy", "", {"answer": 1, "heavy": 1}),
        ([worker(answer=0)], "answer", "", None),
    ],
)
def test_a_call_takes_what_one_worker_offers(workers, kind, device, taken):
    assert resources(workers, kind, device) == taken


def test_trainings_side_by_side():
    assert slots([]) == 0 and slots([worker(), worker(threads=3)]) == 5
    assert slots([worker(train=2, GPU=1), worker()]) == 2 and slots([worker(GPU=1), worker(GPU=3)]) == 4


def test_a_worker_that_does_not_suit_is_named():
    own = versions()
    assert mismatch([worker(), worker(own)]) == ""
    assert "lacks this project" in mismatch([worker(own), worker({})])
    assert "has torch 1.0, this server" in mismatch([worker({**own, "torch": "1.0"})])
    assert "has numpy not at all" in mismatch([worker({name: own[name] for name in own if name != "numpy"})])
    assert "other code of autoencode" in mismatch([worker({**own, CODE: "0"})])
