"""Jobs: trainings and studies on Dask workers, started, watched, stopped and stored by the server."""

import hashlib
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from autoencode_core.desk.connection import ADDRESS, Connection, ServerClosed
from autoencode_core.desk.dispatch import Dispatch
from autoencode_core.desk.housekeeping import Housekeeping
from autoencode_core.desk.job_state import Job
from autoencode_core.desk.limits import Limits
from autoencode_core.desk.overview import Overview, overview
from autoencode_core.desk.safekeeping import Safekeeping
from autoencode_core.desk.study_job import StudyJob, StudyStatus
from autoencode_core.desk.training_job import JobStatus, TrainingJob
from autoencode_core.desk.turns import expected
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.disk_space import run_size, study_size
from autoencode_core.store.record import RunRecord
from autoencode_core.store.run_file import pack
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study import Plan
from autoencode_core.workers.study import study_job
from autoencode_core.workers.study_split import Helpers
from autoencode_core.workers.training import ProbePicture, latest_picture, train_job

WORKERS = 2
"""Worker processes of this machine by default: one run each."""
KEPT = 32
"""Most jobs kept after their end."""

LANE = "train"
"""What trainings and studies compete for."""

_CHECKPOINT_SECONDS = 1.0
_LOOK_SECONDS = 2.0
_ADOPT_SECONDS = 30.0
_REMEMBERED = 20
_ASK_SECONDS = 0.15
_PATIENCE_SECONDS = 0.25

log = logging.getLogger(__name__)


class Jobs:
    """The jobs of one server; every method may be called from any thread.

    Nothing is started before the first job (or `start`). A job that ends is stored at once,
    whether anybody is looking or not. As many train as there is room for; the others wait for their turn, a
    visitor's second one behind everybody's first. One whose workers are lost goes on from its last
    checkpoint, and one whose server has gone is taken up by the next one (`recover`).

    Args:
        store: where runs go.
        address: address of a Dask scheduler; by default that of DASK_SCHEDULER_ADDRESS, and
            without one the server's own worker processes.
        workers: number of own worker processes, 2 by default.
        task: what a worker runs for a training, (spec as JSON, token) -> bytes of a run file.
        study_task: what it runs for a study, (plan as JSON, bytes of the run it begins with, token) -> bytes
            of a study file.
        limits: how many jobs may wait or run; by default those of the environment.

    Attributes:
        store: as given.
        limits: as given.
        connection: to the workers, which answer questions too (answers.py).
        housekeeping: what is done every few seconds.
        recovered: sentences about jobs of an earlier server, which had not ended.
        questions: the questions that its workers answer beside the jobs, where there are any (answers.py).

    Raises:
        InputError: the environment sets a limit that is none.
    """

    def __init__(
        self,
        store: RunStore,
        address: str | None = None,
        workers: int | None = None,
        task: Callable[[str, str], bytes] = train_job,
        study_task: Callable[[str, bytes, str], bytes] = study_job,
        limits: Limits | None = None,
    ) -> None:
        self.store, self.limits = store, limits or Limits.of_environment()
        self.recovered: list[str] = []
        self.questions: Dispatch[Any] | None = None
        self._tasks: dict[type[Job], Callable[..., bytes]] = {TrainingJob: task, StudyJob: study_task}
        address = address or os.environ.get(ADDRESS) or None
        self.connection = Connection(address, workers or WORKERS, warmed=task is train_job)
        known = "the id of a job of this server"
        self._dispatch: Dispatch[Job] = Dispatch(
            self.connection,
            "job",
            known,
            KEPT,
            places=lambda lane: self.connection.slots(),
            on_end=lambda job: self._safe.over(job),
        )
        self._safe = Safekeeping(self._dispatch, store)
        self._beginning, self._counts = threading.Lock(), dict[str, int]()
        self._took = deque[float](maxlen=_REMEMBERED)
        self.housekeeping = Housekeeping()
        self.housekeeping.every(_LOOK_SECONDS, self.connection.look_after)
        self.housekeeping.every(_CHECKPOINT_SECONDS, self._safe.collect)
        self.housekeeping.every(_CHECKPOINT_SECONDS, self._dispatch.admit)
        self.housekeeping.every(_ADOPT_SECONDS, self.recover)

    # ---- what pages call

    def start(self) -> None:
        """Start the workers in the background, so that the first job need not wait for them."""
        self.connection.start()
        self.housekeeping.start()

    def recover(self) -> None:
        """Take up the jobs of servers on this store that have gone; `recovered` tells of them."""
        left, told = self._safe.left(self._dispatch.new_token)
        self.recovered += told
        for job in left:
            with self._dispatch.changed:
                self._dispatch.begin(job, self._compute)
        if left:
            self.housekeeping.start()

    def train(self, spec: RunSpec, owner: str = "") -> str:
        """Train a spec and return the id of its job at once.

        A spec that is waiting or running already is not started again: its job's id is returned.

        Args:
            spec: what is trained.
            owner: who asks, "" where nobody is known.

        Raises:
            InputError: the cluster of DASK_SCHEDULER_ADDRESS does not answer, the run could not be stored or
                read again, or there are as many jobs under way as may be.
        """
        self.store.check_writable(run_size(spec))
        wish = spec.model_dump_json().encode()
        return self._begin(wish, lambda job_id, token: TrainingJob(job_id, token, spec=spec), owner)

    def study(self, plan: Plan, start: RunRecord | None = None, owner: str = "") -> str:
        """Compute a study and return the id of its job at once.

        A study that is waiting or running already is not started again: its job's id is returned.

        Args:
            plan: what is trained.
            start: a run that a continuation begins with.
            owner: who asks, "" where nobody is known.

        Raises:
            InputError: as in `train`, or the run's parts do not fit.
        """
        self.store.check_writable(study_size(plan))
        first = pack(start) if start else b""
        wish = plan.model_dump_json().encode() + first
        return self._begin(wish, lambda job_id, token: StudyJob(job_id, token, plan=plan, start=first), owner)

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

    def stop(self, job_id: str, owner: str | None = None) -> None:
        """Stop a job: one that runs is stored as it is, one that waits is given up.

        Args:
            job_id: its id.
            owner: who wants it, None where that does not matter.

        Raises:
            InputError: there is no such job, or others asked for it, alone or too.
        """
        with self._dispatch.changed:
            _check_owner(self._dispatch.find(job_id), owner)
        self._dispatch.stop(job_id)

    def pause(self, job_id: str, owner: str | None = None) -> None:
        """Have a training pause after the iteration under way; it is stopped after half an hour.

        Raises:
            InputError: there is no such training, or as in `stop`.
        """
        self._order(job_id, owner, lambda job: job.pause(True))

    def resume(self, job_id: str, owner: str | None = None) -> None:
        """Have a training that pauses go on; raises as `pause`."""
        self._order(job_id, owner, lambda job: job.pause(False))

    def step(self, job_id: str, owner: str | None = None) -> None:
        """Have a training take one iteration, and pause; raises as `pause`."""
        self._order(job_id, owner, TrainingJob.iterate)

    def change(
        self,
        job_id: str,
        owner: str | None = None,
        *,
        tikhonov: float | None = None,
        step: float | None = None,
    ) -> None:
        """Have a training go on with another λ or step from the next iteration on; its spec will say so.

        Raises:
            InputError: there is no such training, a value is out of bounds, λ is still being chosen, or there
                were too many changes; and as in `stop`.
        """
        self._order(job_id, owner, lambda job: job.change(tikhonov, step))

    def studies(self) -> list[StudyStatus]:
        """All studies, newest first; of the jobs that are over, the last 32."""
        found: list[StudyStatus] = self._statuses(StudyJob)
        return found

    def list(self) -> list[JobStatus]:
        """All trainings, as `studies`; of the history of each only the last row."""
        found: list[JobStatus] = self._statuses(TrainingJob, whole=False)
        return found

    def unstored(self, job_id: str) -> bytes | None:
        """The file of a job that was computed but could not be stored, None for all others.

        Raises:
            InputError: there is no such job.
        """
        with self._dispatch.changed:
            return self._dispatch.find(job_id).unstored

    def overview(self) -> Overview:
        """How the server, its queue and its workers are; waits for nothing."""
        return overview(self.connection, self._dispatch, self.questions, self.limits, self.recovered)

    def close(self) -> None:
        """Give up all jobs and questions and end the own workers; the next server takes the jobs up."""
        self.housekeeping.close()
        self.connection.close()
        self._safe.close()

    # ---- one job

    def _begin(self, wish: bytes, make: Callable[[str, str], Job], owner: str) -> str:
        """The id of a job that is begun now, or of one that waits or runs for the same.

        Args:
            wish: all that tells what is wanted; ids begin with a hash of it.
            make: makes the job from its id and token.
            owner: who asks, "" where nobody is known.
        """
        if self.connection.closed:
            raise ServerClosed
        if self.connection.address is not None:
            self.connection.client()  # one that does not answer is told at once
        self.housekeeping.start()
        digest = hashlib.sha256(wish).hexdigest()[:12]
        with self._beginning:  # which lets pages look at jobs while the disk is waited for
            with self._dispatch.changed:
                known = list(self._dispatch.calls.values())
                job = next((each for each in known if each.joinable and _digest_of(each) == digest), None)
                begins = job is None
                if job is None:
                    going = [each for each in known if not each.over]
                    self.limits.check("training", sum(owner in each.owners for each in going), len(going))
                    job_id = self._new_id(digest)
                    job = make(job_id, self._dispatch.new_token(f"train-{job_id}"))
                    job.owners = {owner} if owner else set()
                else:
                    self._dispatch.join(job, owner)
            self._safe.note(job)
            if begins:
                self._dispatch.begin(job, self._compute)
        return job.call_id

    def _new_id(self, digest: str) -> str:
        """An id for a job of a wish that had none yet."""
        while True:
            self._counts[digest] = count = self._counts.get(digest, 0) + 1
            job_id = digest if count == 1 else f"{digest}-{count}"
            if job_id not in self._dispatch.calls:
                return job_id

    def _compute(self, job: Job) -> Callable[[], None]:
        """Have a worker compute a job, taking its "train", and store the result; gives what notes it down."""
        task = self._tasks[type(job)]
        self.connection.client()  # what a call takes is known when there are workers
        self.connection.meet_workers(all_of_them=True)
        resources = self.connection.resources(LANE, job.trains.device)
        options: dict[str, Any] = {"named": [job.trains.dataset], "resources": resources}
        options |= self._dispatch.place(job, resources)
        if task is study_job and (helpers := self._helpers(job, resources)):
            options["helpers"] = helpers
        data = self._dispatch.result(job, task, *job.arguments(), **options)
        if job.started is not None:
            self._took.append(time.time() - job.started)
        try:
            job.stored_as = job.stored_as or job.new_id(self.store)
            self._safe.note(job)  # so that no other server stores it once more
            return job.keep(self.store, data)
        except Exception as error:
            log.exception("job %s could not be stored", job.call_id)
            message = f"The {job.kind} could not be stored: {error}"
            return lambda: job.refused(data, message)

    def _helpers(self, job: Job, takes: dict[str, float] | None) -> Helpers | None:
        """The workers that a study may be spread over: those with nothing to train, unless somebody waits.

        Args:
            job: that begins now.
            takes: what it takes of a worker.
        """
        others = [call for call in self._dispatch.under_way() if call is not job]
        busy, unplaced = {call.worker for call in others}, sum(not call.worker for call in others)
        free = [
            worker.address
            for worker in self.connection.workers()
            if worker.address not in busy and all(worker.offers.get(name, 0) >= 1 for name in takes or ())
        ]
        free = free[: max(0, len(free) - unplaced)]
        if len(free) < 2 or self._dispatch.queue(LANE):
            return None
        return Helpers(tuple(free), takes)

    # ---- what pages are told

    def _places(self) -> dict[Job, tuple[int, float | None]]:
        """Where each job that waits stands in the queue, and seconds until it begins."""
        line = self._dispatch.queue(LANE)
        left = [other.time_left() for other in self._dispatch.under_way()] if line else []
        begin = expected(len(line), left, max(1, self.connection.slots()), self._took)
        return {job: (place, wait) for place, (job, wait) in enumerate(zip(line, begin, strict=True), 1)}

    def _order(self, job_id: str, owner: str | None, wish: Callable[[TrainingJob], object]) -> None:
        def wished(job: Job) -> None:
            _check_owner(job, owner)
            if not isinstance(job, TrainingJob):
                raise InputError("job", job_id, f"the id of a job that makes a {TrainingJob.kind}")
            wish(job)

        self._dispatch.order(job_id, wished)

    def _status(self, job_id: str, kind: type[Job]) -> Any:
        with self._dispatch.changed:
            job = self._dispatch.find(job_id)
            if not isinstance(job, kind):
                raise InputError("job", job_id, f"the id of a job that makes a {kind.kind}")
            return job.status(*self._places().get(job, (None, None)))

    def _statuses(self, kind: type[Job], **options: Any) -> Any:
        with self._dispatch.changed:
            places = self._places()
            jobs = [job for job in reversed(self._dispatch.calls.values()) if isinstance(job, kind)]
            return [job.status(*places.get(job, (None, None)), **options) for job in jobs]

    def _fetch_picture(self, job: Job) -> None:
        """Take over the newest snapshot if there is a newer one, perhaps after this has come back."""

        def take(picture: ProbePicture | None) -> None:
            if picture is not None:
                with self._dispatch.changed:
                    job.pictured(picture)

        seen = (job.seen.attempt, job.seen.version) if job.seen else ("", 0)
        asked = self.connection.soon(job.worker, latest_picture, job.token, *seen, then=take)
        asked.result(_PATIENCE_SECONDS)


def _digest_of(job: Job) -> str:
    return job.call_id.split("-")[0]


def _check_owner(job: Job, owner: str | None) -> None:
    """Refuse what only who asked for a job, and nobody else, may want of it."""
    if owner is None or not job.owners or job.owners == {owner}:
        return
    allowed = "one that nobody else asked for too" if owner in job.owners else "one that you asked for"
    raise InputError("training", job.call_id, allowed)
