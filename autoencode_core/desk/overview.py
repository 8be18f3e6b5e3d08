"""Overview: how the server, its queue and its workers are, for the page Status and the health end point."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from autoencode_core.desk.connection import Connection
from autoencode_core.desk.dispatch import Dispatch
from autoencode_core.desk.limits import Limits
from autoencode_core.workers.versions import installed, versions


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


def overview(
    connection: Connection,
    jobs: Dispatch[Any],
    questions: Dispatch[Any] | None,
    limits: Limits,
    recovered: Sequence[str],
) -> Overview:
    """How a server is, as far as it is known at once.

    Args:
        connection: to its workers.
        jobs: those of its jobs.
        questions: those of its questions, None where there are none.
        limits: how many there may be.
        recovered: as in Overview.
    """
    training, answering = (desk.under_way() if desk is not None else [] for desk in (jobs, questions))
    jobs_at, questions_at = (Counter(call.worker for call in calls) for calls in (training, answering))
    workers = [
        WorkerState(
            worker.name,
            worker.address,
            worker.memory,
            worker.cpu,
            jobs_at[worker.address],
            questions_at[worker.address],
            worker.seen,
        )
        for worker in connection.workers()
    ]
    return Overview(
        connection.state,
        connection.trouble(),
        connection.scheduler,
        tuple(workers),
        len(training),
        jobs.waiting(),
        len(answering),
        questions.waiting() if questions is not None else 0,
        limits,
        {**versions(), "streamlit": installed("streamlit")},
        tuple(recovered),
    )
