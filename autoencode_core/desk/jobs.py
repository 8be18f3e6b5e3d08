"""Jobs: trainings and studies on Dask workers, started, watched, stopped and stored by the server."""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from secrets import token_hex
from typing import Any

from autoencode_core.desk.connection import ADDRESS, Connection
from autoencode_core.desk.job import Job, JobStatus, Training, sentence
from autoencode_core.desk.study_job import StudyJob, StudyStatus
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.disk_space import run_room, study_room
from autoencode_core.store.record import RunRecord
from autoencode_core.store.run_file import pack
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study import Plan
from autoencode_core.workers import training as worker
from autoencode_core.workers.study import study_job

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
    """

    def __init__(
        self,
        store: RunStore,
        address: str | None = None,
        workers: int | None = None,
        task: Callable[[str, str], bytes] = worker.train_job,
        study_task: Callable[[str, bytes, str], bytes] = study_job,
    ) -> None:
        self.store = store
        self.address = address or os.environ.get(ADDRESS) or None
        self.workers = workers or WORKERS
        self._tasks: dict[type[Job], Callable[..., bytes]] = {Training: task, StudyJob: study_task}
        warmed = task is worker.train_job
        self._connection = Connection(self.address, self.workers, warmed, self._heard, self.close)
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._counts: dict[str, int] = {}

    # ---- what pages call

    def start(self) -> None:
        """Start the workers in the background, so that the first job need not wait for them."""
        self._connection.start()

    def train(self, spec: RunSpec) -> str:
        """Train a spec and return the id of its job at once.

        A spec that is waiting or running already is not started again: its job's id is returned.

        Raises:
            InputError: the cluster of DASK_SCHEDULER_ADDRESS does not answer, or the run could not be stored
                or read again.
        """
        self.store.check_writable(run_room(spec))
        wish = spec.model_dump_json().encode()
        return self._begun(wish, lambda job_id, token: Training(job_id, token, spec=spec))

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
        self.store.check_writable(study_room(plan))
        first = pack(start) if start else b""
        wish = plan.model_dump_json().encode() + first
        return self._begun(wish, lambda job_id, token: StudyJob(job_id, token, plan=plan, start=first))

    def status(self, job_id: str) -> JobStatus:
        """What is known of a training now.

        Raises:
            InputError: there is no such training.
        """
        found: JobStatus = self._status(job_id, Training)
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
        with self._lock:
            job = self._job(job_id)
            now = time.monotonic()
            due = bool(job.worker) and not job.over and now - job.picture_asked >= _ASK_SECONDS
            if due:
                job.picture_asked = now
        if due:
            with suppress(Exception):  # a worker that does not answer now is asked again next time
                self._fetch_picture(job)
        with self._lock:
            return None if job.picture is None else dict(job.picture)

    def stop(self, job_id: str) -> None:
        """Stop a job: one that runs is stored as it is, one that waits is given up.

        Raises:
            InputError: there is no such job.
        """
        with self._lock:
            job = self._job(job_id)
            if job.over:
                return
            job.stop()
            future = job.future
        if not job.given_up:
            self.tell(job.worker, worker.request_stop, job.token)
        elif future is not None:
            future.cancel()

    def studies(self) -> list[StudyStatus]:
        """All studies, newest first; of the jobs that are over, the last 32."""
        with self._lock:
            return [job.status() for job in reversed(self._jobs.values()) if isinstance(job, StudyJob)]

    def list(self) -> list[JobStatus]:
        """All trainings, as `studies`."""
        with self._lock:
            return [job.status() for job in reversed(self._jobs.values()) if isinstance(job, Training)]

    def unstored(self, job_id: str) -> bytes | None:
        """The file of a job that was computed but could not be stored, None for all others.

        Raises:
            InputError: there is no such job.
        """
        with self._lock:
            return self._job(job_id).unstored

    def close(self) -> None:
        """Give up all jobs and end the own workers."""
        self._connection.closed = True
        with self._lock:
            for job in self._jobs.values():
                if not job.over:
                    job.ended("failed", "The server was closed.")
        self._connection.close()

    # ---- what other desks ask on the same workers (answers.py)

    def client(self) -> Any:
        """The Dask client, after starting or finding the cluster if need be, which the caller waits for.

        Raises:
            InputError: the cluster of DASK_SCHEDULER_ADDRESS does not answer.
            RuntimeError: these jobs are closed, or the workers do not start.
        """
        return self._connection.client()

    def tell(self, address: str, function: Callable[..., object], *args: Any) -> None:
        """Have a worker call a function beside its work, soon; a worker that is gone takes no harm."""
        self._connection.soon(address, function, *args)

    # ---- one job

    def _begun(self, wish: bytes, make: Callable[[str, str], Job]) -> str:
        """The id of a job that is begun now, or of one that waits or runs for the same.

        Args:
            wish: all that tells what is wanted; ids begin with a hash of it.
            make: makes the job from its id and token.
        """
        if self._connection.closed:
            raise RuntimeError("these jobs are closed")
        if self.address is not None:
            self._connection.client()
        digest = hashlib.sha256(wish).hexdigest()[:12]
        with self._lock:
            for job in self._jobs.values():
                if job.joinable and job.job_id.split("-")[0] == digest:
                    return job.job_id
            self._counts[digest] = count = self._counts.get(digest, 0) + 1
            job_id = digest if count == 1 else f"{digest}-{count}"
            job = self._jobs[job_id] = make(job_id, f"train-{job_id}-{token_hex(4)}")
        threading.Thread(target=self._follow, args=(job,), name=job.token, daemon=True).start()
        return job_id

    def _status(self, job_id: str, kind: type[Job]) -> Any:
        with self._lock:
            job = self._job(job_id)
            if not isinstance(job, kind):
                raise InputError("job", job_id, f"the id of a job that makes a {kind.kind}")
            return job.status()

    def _job(self, job_id: str) -> Job:
        try:
            return self._jobs[job_id]
        except KeyError:
            raise InputError("job", job_id, "the id of a job of this server") from None

    def _follow(self, job: Job) -> None:
        """A job from its submission to its end, in a thread of its own that only waits."""
        try:
            future = self._submit(job)
            if future is not None:
                self._store(job, future.result())
        except Exception as error:
            self._broke_off(job, error)
        finally:
            with self._lock:
                job.future = None  # lets the cluster forget the result
                over = [kept.job_id for kept in self._jobs.values() if kept.over]
                for job_id in over[:-KEPT]:
                    del self._jobs[job_id]

    def _submit(self, job: Job) -> Any:
        """The job's future, or None when it was given up meanwhile."""
        client = self._connection.client()
        resources = {"train": 1} if self._connection.one_by_one(client) else None
        with self._lock:
            if job.given_up:
                job.ended("done", "Stopped before it began.")
            if job.over:
                return None
        task, how = self._tasks[type(job)], {"key": job.token, "pure": False, "resources": resources}
        future = client.submit(task, *job.arguments(), **how)
        with self._lock:
            job.submitted(future)
        if job.given_up:
            future.cancel()
        return future

    def _fetch_picture(self, job: Job) -> None:
        """Take over the newest snapshot if there is a newer one, perhaps after this has come back."""

        def take(picture: worker.ProbePicture | None) -> None:
            if picture is not None:
                with self._lock:
                    job.pictured(picture)

        seen = (job.seen.attempt, job.seen.version) if job.seen else ("", 0)
        asked = self._connection.soon(job.worker, worker.latest_picture, job.token, *seen, then=take)
        asked.result(_PATIENCE_SECONDS)

    def _store(self, job: Job, data: bytes) -> None:
        try:
            note = job.keep(self.store, data)
        except Exception as error:
            log.exception("job %s could not be stored", job.job_id)
            with self._lock:
                job.unstored = data
                job.ended("failed", f"The {job.kind} could not be stored: {error}")
        else:
            with self._lock:
                note()

    def _broke_off(self, job: Job, error: Exception) -> None:
        with self._lock:
            if job.over:
                return
            if isinstance(error, CancelledError) and job.given_up:
                job.ended("done", "Stopped before it began.")
                return
            log.error("job %s failed: %s", job.job_id, getattr(error, "details", "") or repr(error))
            job.ended("failed", sentence(error))

    def _heard(self, event: tuple[float, dict[str, Any]]) -> None:
        """A progress event has come (called on the client's loop)."""
        told = event[1]
        with self._lock:
            job = next((job for job in self._jobs.values() if job.token == told["job"]), None)
            if job is None:
                return
            first = job.told(told["attempt"], told["worker"], told["rows"], told["choosing"])
            unwanted = job.over or (first and job.state == "stopping")
        if unwanted:
            self.tell(told["worker"], worker.request_stop, told["job"])
