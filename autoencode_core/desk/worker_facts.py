"""What a server knows of its cluster's workers: who they are, what they offer, whether they suit."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from autoencode_core.workers.versions import CODE, PROJECT, versions

_TAKEN: Mapping[str, tuple[str, ...]] = {
    "train": ("train",),
    "answer": ("answer",),
    "heavy": ("answer", "heavy"),
}
"""What is wanted of a worker for a training or study, a question, a question that takes long."""


@dataclass(frozen=True)
class WorkerFacts:
    """A worker as its scheduler last knew it.

    Attributes:
        address: where it listens.
        name: what it is called.
        memory: bytes that its process takes.
        cpu: percent of a core that it uses.
        threads: calls that it runs side by side.
        seen: seconds since it was last heard of.
        offers: Dask resources, by name how many.
        versions: as workers.versions, None before it has told, {} where it lacks this project.
    """

    address: str
    name: str
    memory: int
    cpu: float
    threads: int
    seen: float
    offers: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] | None = None


def facts_of(identity: Mapping[str, Any], told: Mapping[str, Mapping[str, str]]) -> tuple[WorkerFacts, ...]:
    """The workers of a cluster.

    Args:
        identity: what a scheduler says of itself.
        told: versions by address, of those that have told them.
    """
    now = time.time()

    def one(address: str, worker: Mapping[str, Any]) -> WorkerFacts:
        metrics = worker["metrics"]
        return WorkerFacts(
            address,
            str(worker["name"]),
            int(metrics.get("memory", 0)),
            float(metrics.get("cpu", 0.0)),
            int(worker["nthreads"]),
            max(0.0, now - float(worker["last_seen"])),
            dict(worker["resources"]),
            told.get(address),
        )

    return tuple(one(address, worker) for address, worker in identity["workers"].items())


def taken(kind: str) -> dict[str, float]:
    """What a call takes of a worker that offers all (desk.cluster.RESOURCES)."""
    return dict.fromkeys(_TAKEN[kind], 1.0)


def resources(workers: Collection[WorkerFacts], kind: str, device: str = "") -> dict[str, float] | None:
    """What a call takes of its worker's resources, None for nothing.

    Args:
        workers: of the cluster.
        kind: train, answer or heavy.
        device: that a training asks for: "cuda" takes a "GPU" where a worker offers one.

    Returns:
        Only what one and the same worker offers, since a call that takes anything else would wait for ever.
    """
    wanted = [*_TAKEN[kind], *(["GPU"] if device == "cuda" else [])]
    best: list[str] = []
    for worker in workers:
        offered = [name for name in wanted if worker.offers.get(name, 0) >= 1]
        best = max(best, offered, key=lambda names: ("GPU" in names, len(names)))
    return dict.fromkeys(best, 1.0) or None


def slots(workers: Collection[WorkerFacts]) -> int:
    """How many trainings run side by side: by "train" if a worker offers it, by "GPU", or by threads."""
    for name in ("train", "GPU"):
        if offered := sum(int(worker.offers.get(name, 0)) for worker in workers):
            return offered
    return sum(worker.threads for worker in workers)


def mismatch(workers: Collection[WorkerFacts]) -> str:
    """A sentence about the first worker that does not suit this server, "" where all do."""
    said = (unsuited(f"Worker {each.name} at {each.address}", each.versions) for each in workers)
    return next(filter(None, said), "")


def unsuited(who: str, told: Mapping[str, str] | None) -> str:
    """A sentence about a process that does not suit this server, "" where it does.

    Args:
        who: the process, as a sentence begins.
        told: its versions, None before it has told them, {} where it lacks this project.
    """
    if told is None:
        return ""
    if not told:
        return f"{who} lacks this project: install it there, as on this machine, and start it again."
    own = versions()
    for name, wanted in own.items():
        found = told.get(name, "")
        if found == wanted:
            continue
        if name == CODE:
            return f"{who} has other code of {PROJECT} {own[PROJECT]}: update it and start it again."
        return f"{who} has {name} {found or 'not at all'}, this server {wanted}: install the same there."
    return ""
