"""Safekeeping: jobs and how far they have come, out of the reach of what may happen to workers and server."""

from collections.abc import Callable
from functools import partial

from autoencode_core.desk.dispatch import Dispatch
from autoencode_core.desk.job_state import Job
from autoencode_core.desk.journal import Entry, Journal
from autoencode_core.desk.study_job import StudyJob
from autoencode_core.desk.training_job import TrainingJob
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_store import RunStore
from autoencode_core.store.study import Plan
from autoencode_core.workers.training import Checkpoint, latest_checkpoint


class Safekeeping:
    """The checkpoints of a server's jobs, and its journal.

    Args:
        dispatch: of the jobs.
        store: where their results go; the journal lies there.
    """

    def __init__(self, dispatch: Dispatch[Job], store: RunStore) -> None:
        self._dispatch, self._store, self._journal = dispatch, store, Journal(store.root)

    def note(self, job: Job) -> None:
        """Note a job down, or what has changed of it."""
        start = job.start if isinstance(job, StudyJob) else b""
        about = (job.call_id, job.kind, job.wish, frozenset(job.owners), job.stored_as, start)
        self._journal.enter(Entry(*about))

    def over(self, job: Job) -> None:
        """A job is over; one that could not be stored is left to the next server."""
        if job.unstored is None:
            self._journal.leave(job.call_id)

    def collect(self) -> None:
        """Write down the checkpoints that have come, and ask workers for newer ones.

        Those that have gone are not asked: their scheduler would go on calling them for half a minute.
        """
        here = {worker.address for worker in self._dispatch.connection.workers()}
        for job in self._dispatch.under_way():
            if job.unwritten:
                job.unwritten = False
                self._journal.keep(job.call_id, job.checkpoint)
            if job.worker in here and not job.over:
                seen, come = (job.attempt, job.checkpointed), partial(self._come, job)
                self._dispatch.connection.soon(job.worker, latest_checkpoint, job.token, *seen, then=come)

    def left(self, new_token: Callable[[str], str]) -> tuple[list[Job], list[str]]:
        """The jobs of servers that have gone.

        Args:
            new_token: makes a token that begins with a name.

        Returns:
            Those that are still to be computed, and a sentence about each of them and of the others.
        """
        entries, told = self._journal.take_over()
        jobs = []
        for entry in entries:
            try:
                job = _job_of(entry, new_token(f"train-{entry.job_id}"))
            except ValueError:  # pydantic's errors are such
                self._journal.leave(entry.job_id)
                told.append(f"A job of an earlier server, {entry.job_id}, cannot be understood.")
                continue
            name = f"The {'training' if entry.kind == 'run' else 'study'} {entry.job_id}"
            if job.kept(self._store):
                self._journal.leave(entry.job_id)
                told.append(f"{name} had been stored as {entry.stored} when its server ended.")
            else:
                where = "from its last checkpoint" if entry.checkpoint else "from the beginning"
                told.append(f"{name} had not ended when its server did; it goes on {where}.")
                jobs.append(job)
        return jobs, told

    def close(self) -> None:
        """Leave what is not over to the next server."""
        self._journal.close()

    def _come(self, job: Job, checkpoint: Checkpoint | None) -> None:
        if checkpoint is not None:
            with self._dispatch.changed:
                job.checkpoint_taken(checkpoint.attempt, checkpoint.iteration, checkpoint.data)


def _job_of(entry: Entry, token: str) -> Job:
    """A job as its journal has it.

    Raises:
        ValueError: what is wanted cannot be understood.
    """
    job: Job
    if entry.kind == "run":
        job = TrainingJob(entry.job_id, token, spec=RunSpec.model_validate_json(entry.wish))
    else:
        job = StudyJob(entry.job_id, token, plan=Plan.model_validate_json(entry.wish), start=entry.start)
    job.owners, job.stored_as, job.checkpoint = set(entry.owners), entry.stored, entry.checkpoint
    return job
