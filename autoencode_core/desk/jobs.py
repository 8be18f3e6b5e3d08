"""Jobs: trainings and studies on Dask workers, started, watched, stopped and stored by the server."""

import hashlib
import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from autoencode_core.desk.connection import ADDRESS, Connection, ServerClosed
from autoencode_core.desk.dispatch import Dispatch
from autoencode_core.desk.job_state import Job
from autoencode_core.desk.study_job import StudyJob, StudyStatus
from autoencode_core.desk.training_job import JobStatus, TrainingJob
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.disk_space import run_size, study_size
from autoencode_core.store.record import RunRecord
from autoencode_core.store.run_file import pack
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study import Plan
from autoencode_core.workers.study import study_job
from autoencode_core.workers.training import ProbePicture, latest_picture, train_job

WORKERS = 2
"""Worker processes of this machine by default: one run each."""
KEPT = 32
"""Most jobs kept after their end."""

_ASK_SECONDS = 0.15
_PATIENCE_SECONDS = 0.25

log = logging.getLogger(__name__)


class Jobs:
    """The jobs of one server; every method may be called from any thread.

    Nothing is started before the first job (or `start`). A job that ends is stored at once,
    whether anybody is looking or not.

    Args:
        store: where runs go.
        address: address of a Dask scheduler; by default that of DASK_SCHEDULER_ADDRESS, and
            without one the server's own worker processes.
        workers: number of own worker processes, 2 by default.
        task: what a worker runs for a training, (spec as JSON, token) -> bytes of a run file.
        study_task: what it runs for a study, (plan as JSON, bytes of the run it begins with, token) -> bytes
            of a study file.

    Attributes:
        store: as given.
        connection: to the workers, which answer questions too (answers.py).
    """

    def __init__(
        self,
        store: RunStore,
        address: str | None = None,
        workers: int | None = None,
        task: Callable[[str, str], bytes] = train_job,
        study_task: Callable[[str, bytes, str], bytes] = study_job,
    ) -> None:
        self.store = store
        self._tasks: dict[type[Job], Callable[..., bytes]] = {TrainingJob: task, StudyJob: study_task}
        address = address or os.environ.get(ADDRESS) or None
        self.connection = Connection(address, workers or WORKERS, warmed=task is train_job)
        known = "the id of a job of this server"
        self._dispatch: Dispatch[Job] = Dispatch(self.connection, "job", known, KEPT)
        self._counts: dict[str, int] = {}

    # ---- what pages call

    def start(self) -> None:
        """Start the workers in the background, so that the first job need not wait for them."""
        self.connection.start()

    def train(self, spec: RunSpec) -> str:
        """Train a spec and return the id of its job at once.

        A spec that is waiting or running already is not started again: its job's id is returned.

        Raises:
            InputError: the cluster of DASK_SCHEDULER_ADDRESS does not answer, or the run could not be stored
                or read again.
        """
        self.store.check_writable(run_size(spec))
        wish = spec.model_dump_json().encode()
        return self._begin(wish, lambda job_id, token: TrainingJob(job_id, token, spec=spec))

    def study(self, plan: Plan, start: RunRecord | None = None) -> str:
        """Compute a study and return the id of its job at once.

        A study that is waiting or running already is not started again: its job's id is returned.

        Args:
            plan: what is trained.
            start: a run that a continuation begins with.

        Raises:
            InputError: the cluster of DASK_SCHEDULER_ADDRESS does not answer, the run's parts do not fit, or
                the study could not be stored or read again.
        """
        self.store.check_writable(study_size(plan))
        first = pack(start) if start else b""
        wish = plan.model_dump_json().encode() + first
        return self._begin(wish, lambda job_id, token: StudyJob(job_id, token, plan=plan, start=first))

    def status(self, job_id: str) -> JobStatus:
        """What is known of a training now.

        Raises:
            InputError: there is no such training.
        """
        found: JobStatus = self._status(job_id, TrainingJob)
        return found

    def study_status(self, job_id: str) -> StudyStatus:
        """What is known of a study now.

        Raises:
            InputError: there is no such study.
        """
        found: StudyStatus = self._status(job_id, StudyJob)
        return found

    def snapshot(self, job_id: str) -> dict[str, Any] | None:
        """The probe particles as they were a moment ago; the workers take snapshots only while somebody asks.

        Returns:
            Arrays inputs, targets, hue, labels, codes (n, k) and outputs (n, d), with their iteration
            and a version that grows with every new snapshot; None when there is none yet. Of a study codes
            (r, n, k) and outputs (r, n, d) of the r regimes (r,) of Plan.shown that have begun, with their
            iterations (r,).

        Raises:
            InputError: there is no such job.
        """
        with self._dispatch.changed:
            job = self._dispatch.find(job_id)
            now = time.monotonic()
            due = bool(job.worker) and not job.over and now - job.picture_asked >= _ASK_SECONDS
            if due:
                job.picture_asked = now
        if due:
            with suppress(Exception):  # a worker that does not answer now is asked again next time
                self._fetch_picture(job)
        with self._dispatch.changed:
            return None if job.picture is None else dict(job.picture)

    def stop(self, job_id: str) -> None:
        """Stop a job: one that runs is stored as it is, one that waits is given up.

        Raises:
            InputError: there is no such job.
        """
        self._dispatch.stop(job_id)

    def pause(self, job_id: str) -> None:
        """Have a training pause after the iteration under way; it is stopped after half an hour.

        Raises:
            InputError: there is no such training.
        """
        self._order(job_id, lambda job: job.pause(True))

    def resume(self, job_id: str) -> None:
        """Have a training that pauses go on; raises as `pause`."""
        self._order(job_id, lambda job: job.pause(False))

    def step(self, job_id: str) -> None:
        """Have a training take one iteration, and pause; raises as `pause`."""
        self._order(job_id, TrainingJob.iterate)

    def change(self, job_id: str, *, tikhonov: float | None = None, step: float | None = None) -> None:
        """Have a training go on with another λ or step from the next iteration on; its spec will say so.

        Raises:
            InputError: there is no such training, a value is out of bounds, λ is still being chosen, or there
                were too many changes.
        """
        self._order(job_id, lambda job: job.change(tikhonov, step))

    def studies(self) -> list[StudyStatus]:
        """All studies, newest first; of the jobs that are over, the last 32."""
        found: list[StudyStatus] = self._statuses(StudyJob)
        return found

    def list(self) -> list[JobStatus]:
        """All trainings, as `studies`."""
        found: list[JobStatus] = self._statuses(TrainingJob)
        return found

    def unstored(self, job_id: str) -> bytes | None:
        """The file of a job that was computed but could not be stored, None for all others.

        Raises:
            InputError: there is no such job.
        """
        with self._dispatch.changed:
            return self._dispatch.find(job_id).unstored

    def close(self) -> None:
        """Give up all jobs and questions and end the own workers."""
        self.connection.close()

    # ---- one job

    def _begin(self, wish: bytes, make: Callable[[str, str], Job]) -> str:
        """The id of a job that is begun now, or of one that waits or runs for the same.

        Args:
            wish: all that tells what is wanted; ids begin with a hash of it.
            make: makes the job from its id and token.
        """
        if self.connection.closed:
            raise ServerClosed
        if self.connection.address is not None:
            self.connection.client()  # one that does not answer is told at once
        digest = hashlib.sha256(wish).hexdigest()[:12]
        with self._dispatch.changed:
            for job in self._dispatch.calls.values():
                if job.joinable and job.call_id.split("-")[0] == digest:
                    return job.call_id
            self._counts[digest] = count = self._counts.get(digest, 0) + 1
            job_id = digest if count == 1 else f"{digest}-{count}"
            job = make(job_id, self._dispatch.new_token(f"train-{job_id}"))
            self._dispatch.begin(job, self._compute)
        return job_id

    def _compute(self, job: Job) -> Callable[[], None]:
        """Have a worker compute a job, taking its "train", and store the result; gives what notes it down."""
        resources = {"train": 1} if self.connection.one_by_one() else None
        task = self._tasks[type(job)]
        data = self._dispatch.result(job, task, *job.arguments(), resources=resources)
        try:
            return job.keep(self.store, data)
        except Exception as error:
            log.exception("job %s could not be stored", job.call_id)
            message = f"The {job.kind} could not be stored: {error}"
            return lambda: job.refused(data, message)

    def _order(self, job_id: str, wish: Callable[[TrainingJob], object]) -> None:
        def wished(job: Job) -> None:
            if not isinstance(job, TrainingJob):
                raise InputError("job", job_id, f"the id of a job that makes a {TrainingJob.kind}")
            wish(job)

        self._dispatch.order(job_id, wished)

    def _status(self, job_id: str, kind: type[Job]) -> Any:
        with self._dispatch.changed:
            job = self._dispatch.find(job_id)
            if not isinstance(job, kind):
                raise InputError("job", job_id, f"the id of a job that makes a {kind.kind}")
            return job.status()

    def _statuses(self, kind: type[Job]) -> Any:
        with self._dispatch.changed:
            jobs = reversed(self._dispatch.calls.values())
            return [job.status() for job in jobs if isinstance(job, kind)]

    def _fetch_picture(self, job: Job) -> None:
        """Take over the newest snapshot if there is a newer one, perhaps after this has come back."""

        def take(picture: ProbePicture | None) -> None:
            if picture is not None:
                with self._dispatch.changed:
                    job.pictured(picture)

        seen = (job.seen.attempt, job.seen.version) if job.seen else ("", 0)
        asked = self.connection.soon(job.worker, latest_picture, job.token, *seen, then=take)
        asked.result(_PATIENCE_SECONDS)
