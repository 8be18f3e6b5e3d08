"""What the server knows of one training that goes on."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from autoencode_core.desk.job_state import Job, State
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import HISTORY, RunRecord, Status
from autoencode_core.store.run_file import unpack
from autoencode_core.store.run_store import RunStore

_RATE_SECONDS = 2.0


@dataclass(frozen=True)
class JobStatus:
    """A job at one moment.

    Attributes:
        job_id: its id, fit for a link.
        spec: what is trained.
        state: that of a job (Job).
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
class TrainingJob(Job):
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
        """Those of workers.training.train_job."""
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

    def _clear(self) -> None:
        self.history = empty_history()

    def _add(self, rows: bytes) -> None:
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
            self.call_id,
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
