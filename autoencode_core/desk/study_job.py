"""What the server knows of one study that is being computed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from autoencode_core.desk.job_state import Job, State, in_queue
from autoencode_core.desk.study_progress import StudyProgress
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import HISTORY
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study import Plan


@dataclass(frozen=True)
class StudyStatus:
    """A study at one moment.

    Attributes:
        job_id: its id, fit for a link.
        plan: what is trained.
        state: that of a job (Job).
        message: one sentence for a person, "" while all is well.
        latest: the newest row of each place of Plan.settings by HISTORY keys, None where none has come.
        share: share of the iterations done, in [0, 1]; a run that ended early counts whole.
        study_id: id of the stored study, None before.
        started: when it began, seconds since 1970, None before.
        owners, position, wait: as in JobStatus.
    """

    job_id: str
    plan: Plan
    state: State
    message: str
    latest: list[dict[str, float] | None] = field(repr=False)
    share: float = 0.0
    study_id: str | None = None
    started: float | None = None
    owners: frozenset[str] = frozenset()
    position: int | None = None
    wait: float | None = None


@dataclass(eq=False)
class StudyJob(Job):
    """The job that computes one study.

    Attributes:
        plan: what is trained.
        start: file of a run that a continuation begins with, b"" for none.
        latest, study_id: as in StudyStatus.
    """

    plan: Plan = field(kw_only=True)
    start: bytes = b""
    latest: list[dict[str, float] | None] = field(default_factory=list)
    study_id: str | None = None

    kind = "study"

    def __post_init__(self) -> None:
        runs = len(self.plan.settings())
        self.latest = [None] * runs
        self._progress = StudyProgress(runs, self.plan.trained().iterations)

    def arguments(self) -> tuple[str, bytes, str]:
        """Those of workers.study.study_job."""
        return self.wish, self.start, self.token

    @property
    def trains(self) -> RunSpec:
        """The spec whose data and device its worker needs."""
        return self.plan.spec

    @property
    def wish(self) -> str:
        """Its plan as JSON."""
        return self.plan.model_dump_json()

    def new_id(self, store: RunStore) -> str:
        """An id for the study."""
        return store.new_study_id(self.plan.spec, self.plan.kind)

    def kept(self, store: RunStore) -> bool:
        """Whether the study is stored."""
        return store.has_study(self.stored_as)

    def keep(self, store: RunStore, data: bytes) -> Callable[[], None]:
        """Store the study."""
        study_id = store.save_study_bytes(data, self.stored_as)
        return lambda: self.stored(study_id)

    def stored(self, study_id: str) -> None:
        """It is in the store."""
        stopped = self.state == "stopping"
        self.study_id = study_id
        self.ended("done", "Stopped; what was trained by then is kept." if stopped else "")

    def ended(self, state: Literal["done", "failed"], message: str) -> None:
        """It is over, and what was needed to ask is let go."""
        super().ended(state, message)
        self.start = b""

    def _add(self, rows: bytes) -> None:
        for place, *values in np.frombuffer(rows, dtype=np.float64).reshape(-1, 1 + len(HISTORY)).tolist():
            if 0 <= place < len(self.latest):
                row = dict(zip(HISTORY, values, strict=True))
                iteration = int(row["iteration"])
                self.latest[int(place)] = {**row, "iteration": iteration}
                self._progress.reached(int(place), iteration)
        self._progress.round_over()

    def reached(self) -> float:
        """The share of the iterations done."""
        return self._progress.share()

    def time_left(self) -> float | None:
        """Seconds at the pace that it had so far, None when unknown."""
        share = self.reached()
        passed = time.time() - (self.started or time.time())
        return passed * (1 - share) / share if share > 0 and passed > 0 else None

    def status(self, position: int | None = None, wait: float | None = None) -> StudyStatus:
        """What a page may know."""
        latest: list[Any] = [None if row is None else dict(row) for row in self.latest]
        share = self.reached() if self.study_id is None else 1.0
        about = (self.call_id, self.plan, self.state, in_queue(self.message, position, wait))
        queue = (frozenset(self.owners), position, wait)
        return StudyStatus(*about, latest, share, self.study_id, self.started, *queue)
