"""What the server knows of one job: a small state machine without Dask, and its picture for pages."""

import time
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from autoencode_core.record import HISTORY, RunRecord, Status
from autoencode_core.runs.worker import Picture
from autoencode_core.spec import RunSpec

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


def empty_history() -> dict[str, list[float]]:
    """A history without rows."""
    return {key: [] for key in HISTORY}


@dataclass(eq=False)
class Job:
    """A job as it goes on; its owner holds a lock around every call.

    Attributes:
        job_id, spec: as in JobStatus.
        token: its name on the cluster, which no other server and no earlier job has.
        future: the Dask future, once submitted.
        worker: address of the worker it runs on, "" before it began.
        given_up: whether it was stopped before it was known to have begun.
        unstored: bytes of the run file when the store refused it.
    """

    job_id: str
    spec: RunSpec
    token: str
    state: State = "starting"
    message: str = "Starting the workers."
    history: dict[str, list[float]] = field(default_factory=empty_history)
    run_id: str | None = None
    outcome: Status | None = None
    started: float | None = None
    future: Any = None
    worker: str = ""
    given_up: bool = False
    unstored: bytes | None = None
    picture: dict[str, Any] | None = None
    picture_asked: float = 0.0
    seen: Picture | None = None
    _attempts: list[str] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed")

    @property
    def joinable(self) -> bool:
        """Whether asking for the same spec again means this job."""
        return self.state in ("starting", "waiting", "running")

    def submitted(self, future: Any) -> None:
        """It is on the cluster."""
        self.future = future
        if self.state == "starting":
            self.state, self.message = "waiting", "Waiting for a free worker."

    def told(self, attempt: str, worker: str, rows: bytes) -> bool:
        """Take in a progress event; whether it is the first of its attempt.

        A job whose worker died begins again elsewhere: its history starts anew, and late words of
        the earlier attempt count no more.
        """
        if self.over or attempt in self._attempts[:-1]:
            return False
        first = attempt not in self._attempts
        if first:
            self._attempts.append(attempt)
            self.worker, self.history, self.started = worker, empty_history(), time.time()
            if self.state != "stopping":
                self.state, self.message = "running", "Loading the data."
        if rows and self.state == "running":
            self.message = ""
        columns = np.frombuffer(rows, dtype=np.float64).reshape(-1, len(HISTORY)).T.tolist()
        for key, column in zip(HISTORY, columns, strict=True):
            self.history[key].extend(map(int, column) if key == "iteration" else column)
        return first

    def pictured(self, picture: Picture) -> None:
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

    def stored(self, run_id: str, record: RunRecord) -> None:
        """Its run is in the store."""
        self.state, self.message = "done", record.message
        self.run_id, self.outcome = run_id, record.status
        self.history = {key: list(column) for key, column in record.history.items()}

    def ended(self, state: Literal["done", "failed"], message: str) -> None:
        """It is over without a stored run."""
        self.state, self.message = state, message

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
        )


def rate_of(history: Mapping[str, list[float]]) -> float | None:
    """Iterations per second over the last 2 seconds of a history, None when it is too short."""
    iterations, seconds = history["iteration"], history["seconds"]
    if len(seconds) < 2:
        return None
    first = min(bisect_left(seconds, seconds[-1] - _RATE_SECONDS), len(seconds) - 2)
    passed = seconds[-1] - seconds[first]
    return (iterations[-1] - iterations[first]) / passed if passed > 0 else None
