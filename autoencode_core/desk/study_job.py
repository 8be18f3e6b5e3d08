"""What the server knows of one study that is being computed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from autoencode_core.desk.job import Job, State
from autoencode_core.desk.study_progress import StudyProgress
from autoencode_core.store.record import HISTORY
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study import Plan


@dataclass(frozen=True)
class StudyStatus:
    """A study at one moment.

    Attributes:
        job_id: its id, fit for a link.
        plan: what is trained.
        state: that of a job (JobStatus).
        message: one sentence for a person, "" while all is well.
        latest: the newest row of each place of Plan.settings by HISTORY keys, None where none has come.
        share: share of the iterations done, in [0, 1]; a run that ended early counts whole.
        study_id: id of the stored study, None before.
        started: when it began, seconds since 1970, None before.
    """

    job_id: str
    plan: Plan
    state: State
    message: str
    latest: list[dict[str, float] | None] = field(repr=False)
    share: float = 0.0
    study_id: str | None = None
    started: float | None = None


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
        self._begin()

    def arguments(self) -> tuple[str, bytes, str]:
        """Those of study_worker.study_job."""
        return self.plan.model_dump_json(), self.start, self.token

    def keep(self, store: RunStore, data: bytes) -> Callable[[], None]:
        """Store the study."""
        study_id = store.save_study_bytes(data)
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

    def _begin(self) -> None:
        runs = len(self.plan.settings())
        self.latest = [None] * runs
        self._headway = StudyProgress(runs, self.plan.trained().iterations)

    def _take(self, rows: bytes) -> None:
        for place, *values in np.frombuffer(rows, dtype=np.float64).reshape(-1, 1 + len(HISTORY)).tolist():
            if 0 <= place < len(self.latest):
                row = dict(zip(HISTORY, values, strict=True))
                iteration = int(row["iteration"])
                self.latest[int(place)] = {**row, "iteration": iteration}
                self._headway.tell(int(place), iteration)
        self._headway.beat()

    def status(self) -> StudyStatus:
        """What a page may know."""
        latest: list[Any] = [None if row is None else dict(row) for row in self.latest]
        share = self._headway.share() if self.study_id is None else 1.0
        about = (self.job_id, self.plan, self.state, self.message)
        return StudyStatus(*about, latest, share, self.study_id, self.started)
