"""Overview: how the server, its queue and its workers are, for the page Status and the health end point."""

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from autoencode_core.desk.limits import Limits

PACKAGES = ("streamlit", "torch", "numpy", "distributed")
"""Packages whose versions are told, beside those of Python and of this project."""


@dataclass(frozen=True)
class WorkerState:
    """A worker process as its scheduler knows it.

    Attributes:
        name: as the cluster calls it.
        address: where it listens.
        memory: bytes that it takes.
        cpu: percent of a core that it uses.
        trainings: how many jobs of this server it computes now.
        questions: how many questions of this server it answers now.
        seen: seconds since it was heard of last.
    """

    name: str
    address: str
    memory: int
    cpu: float
    trainings: int
    questions: int
    seen: float


@dataclass(frozen=True)
class Overview:
    """The server at one moment.

    Attributes:
        state: idle (no workers were wanted yet), starting, ready or lost.
        message: what is wrong, in a sentence, "" while all is well.
        scheduler: "own processes", or the address of the cluster.
        workers: the worker processes.
        trainings_running, trainings_waiting: jobs that have begun, and those in the queue.
        questions_running, questions_waiting: the same of questions.
        limits: how many there may be.
        versions: of Python, this project and its main packages.
        recovered: sentences about jobs of an earlier server, which had not ended.
    """

    state: Literal["idle", "starting", "ready", "lost"]
    message: str
    scheduler: str
    workers: tuple[WorkerState, ...]
    trainings_running: int
    trainings_waiting: int
    questions_running: int
    questions_waiting: int
    limits: Limits
    versions: dict[str, str]
    recovered: tuple[str, ...]


def versions() -> dict[str, str]:
    """Versions of Python and of PACKAGES, without importing them."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
