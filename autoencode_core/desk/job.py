"""What the server knows of one job: a small state machine without Dask; and that of a training."""

import time
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import HISTORY, RunRecord, Status
from autoencode_core.store.run_file import unpack
from autoencode_core.store.run_store import RunStore
from autoencode_core.workers.training import ProbePicture, TrainingFailed

State = Literal["starting", "waiting", "running", "stopping", "done", "failed"]

_RATE_SECONDS = 2.0


@dataclass(frozen=True)
class JobStatus:
    """A job at one moment.

    Attributes:
        job_id: its id, fit for a link.
        spec: what is trained.
        state: starting (workers are being started), waiting (for a free worker), running, stopping,
            done (its run is stored, or it was stopped before it began) or failed.
        message: one sentence for a person, "" while all is well.
        history: HISTORY keys to equal-length lists, as far as it has come.
        run_id: id of the stored run, None before.
        outcome: status of the stored run, None before.
        rate: iterations per second lately, None when unknown.
        time_left: seconds to the last iteration at that rate, None when unknown.
        started: when the training began, seconds since 1970, None before.
        choosing: while λ is being chosen, trainings begun, of how many at most, and the share of the work
            that is done; else None.
    """

    job_id: str
    spec: RunSpec
    state: State
    message: str
    history: dict[str, list[float]]
    run_id: str | None = None
    outcome: Status | None = None
    rate: float | None = None
    time_left: float | None = None
    started: float | None = None
    choosing: tuple[int, int, float] | None = None


def empty_history() -> dict[str, list[float]]:
    """A history without rows."""
    return {key: [] for key in HISTORY}


@dataclass(eq=False)
class Job(ABC):
    """A job as it goes on, whatever it computes; its owner holds a lock around every call but `keep`.

    Attributes:
        job_id: its id, fit for a link.
        token: its name on the cluster, which no other server and no earlier job has.
        future: the Dask future, once submitted.
        started: when a worker began it, seconds since 1970, None before.
        worker: address of the worker it runs on, "" before it began.
        given_up: whether it was stopped before it was known to have begun.
        unstored: bytes of the file when the store refused it.
        picture: the newest snapshot of the particles.
        seen: the same as the worker sent it.
        choosing: as in JobStatus.
    """

    job_id: str
    token: str
    state: State = "starting"
    message: str = "Starting the workers."
    started: float | None = None
    future: Any = None
    worker: str = ""
    given_up: bool = False
    unstored: bytes | None = None
    picture: dict[str, Any] | None = None
    picture_asked: float = 0.0
    seen: ProbePicture | None = None
    choosing: tuple[int, int, float] | None = None
    _attempts: list[str] = field(default_factory=list)

    kind: ClassVar[str]
    """What it makes, in a word."""

    @abstractmethod
    def arguments(self) -> tuple[Any, ...]:
        """What a worker's function gets."""

    @abstractmethod
    def keep(self, store: RunStore, data: bytes) -> Callable[[], None]:
        """Store what a worker sent (no lock is held); gives what notes that down.

        Raises:
            InputError: the data are none of this job's, or cannot be stored.
        """

    @abstractmethod
    def status(self) -> Any:
        """What a page may know."""

    @abstractmethod
    def _begin(self) -> None:
        """A worker begins it, perhaps anew."""

    @abstractmethod
    def _take(self, rows: bytes) -> None:
        """Rows of progress have come."""

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed")

    @property
    def joinable(self) -> bool:
        """Whether asking for the same again means this job."""
        return self.state in ("starting", "waiting", "running")

    def submitted(self, future: Any) -> None:
        """It is on the cluster."""
        self.future = future
        if self.state == "starting":
            self.state, self.message = "waiting", "Waiting for a free worker."

    def told(
        self, attempt: str, worker: str, rows: bytes, choosing: tuple[int, int, float] | None = None
    ) -> bool:
        """Take in a progress event; whether it is the first of its attempt.

        A job whose worker died begins again elsewhere: its progress starts anew, and late words of
        the earlier attempt count no more.
        """
        if self.over or attempt in self._attempts[:-1]:
            return False
        first = attempt not in self._attempts
        if first:
            self._attempts.append(attempt)
            self.worker, self.started = worker, time.time()
            self._begin()
            if self.state != "stopping":
                self.state, self.message = "running", "Loading the data."
        self.choosing = choosing
        if (rows or choosing) and self.state == "running":
            self.message = ""
        if rows:
            self._take(rows)
        return first

    def pictured(self, picture: ProbePicture) -> None:
        """Take in a snapshot; one of a new attempt brings its probe batch along."""
        before = self.picture or {}
        self.seen = picture
        self.picture = {
            **before,
            **picture.arrays,
            "iteration": picture.iteration,
            "version": before.get("version", 0) + 1,
        }

    def stop(self) -> None:
        """Somebody wants it to stop."""
        self.given_up = self.given_up or not self.worker
        self.state, self.message = "stopping", "Stopping after this iteration."

    def ended(self, state: Literal["done", "failed"], message: str) -> None:
        """It is over; nothing was stored unless `keep` says so."""
        self.state, self.message = state, message


@dataclass(eq=False)
class Training(Job):
    """The job that trains one run.

    Attributes:
        spec, history, run_id, outcome: as in JobStatus.
    """

    spec: RunSpec = field(kw_only=True)
    history: dict[str, list[float]] = field(default_factory=empty_history)
    run_id: str | None = None
    outcome: Status | None = None

    kind = "run"

    def arguments(self) -> tuple[str, str]:
        """Those of worker.train_job."""
        return self.spec.model_dump_json(), self.token

    def keep(self, store: RunStore, data: bytes) -> Callable[[], None]:
        """Store the run."""
        record = unpack(data, "result")
        run_id = store.save(record)
        return lambda: self.stored(run_id, record)

    def stored(self, run_id: str, record: RunRecord) -> None:
        """Its run is in the store."""
        self.run_id, self.outcome = run_id, record.status
        self.history = {key: list(column) for key, column in record.history.items()}
        self.ended("done", record.message)

    def _begin(self) -> None:
        self.history = empty_history()

    def _take(self, rows: bytes) -> None:
        columns = np.frombuffer(rows, dtype=np.float64).reshape(-1, len(HISTORY)).T.tolist()
        for key, column in zip(HISTORY, columns, strict=True):
            self.history[key].extend(map(int, column) if key == "iteration" else column)

    def status(self) -> JobStatus:
        """What a page may know."""
        rate = rate_of(self.history) if self.state in ("running", "stopping") else None
        left = None
        if rate:
            left = (self.spec.iterations - self.history["iteration"][-1]) / rate
        return JobStatus(
            self.job_id,
            self.spec,
            self.state,
            self.message,
            {key: list(column) for key, column in self.history.items()},
            self.run_id,
            self.outcome,
            rate,
            left,
            self.started,
            self.choosing,
        )


def rate_of(history: Mapping[str, list[float]]) -> float | None:
    """Iterations per second over the last 2 seconds of a history, None when it is too short."""
    iterations, seconds = history["iteration"], history["seconds"]
    if len(seconds) < 2:
        return None
    first = min(bisect_left(seconds, seconds[-1] - _RATE_SECONDS), len(seconds) - 2)
    passed = seconds[-1] - seconds[first]
    return (iterations[-1] - iterations[first]) / passed if passed > 0 else None


def sentence(error: Exception) -> str:
    """What a person is told of what ended a job or a question."""
    if isinstance(error, InputError | TrainingFailed):
        return str(getattr(error, "message", error))
    if isinstance(error, CancelledError):
        return "The workers were lost."
    if type(error).__name__ == "KilledWorker":
        return "The worker process died several times, perhaps for lack of memory."
    return f"The workers could not do it: {type(error).__name__}: {error}".splitlines()[0]
