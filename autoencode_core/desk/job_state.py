"""What the server knows of one job, whatever it computes: a small state machine without Dask."""

import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from autoencode_core.desk.call import Call, GivenUp
from autoencode_core.desk.dispatch import sentence
from autoencode_core.desk.turns import turn_words
from autoencode_core.spec import RunSpec
from autoencode_core.store.run_store import RunStore
from autoencode_core.workers.orders import Orders
from autoencode_core.workers.training import ProbePicture

State = Literal["starting", "waiting", "running", "stopping", "done", "failed"]


@dataclass(eq=False)
class Job(Call):
    """A call that trains, and whose result, the bytes of a file, is stored.

    Attributes:
        state: starting (workers are being started), waiting (for its turn, or for a free worker), running,
            stopping, done (its result is stored, or it was stopped before it began) or failed.
        message: one sentence for a person, "" while all is well.
        started: when a worker began it, seconds since 1970, None before.
        unstored: bytes of the file when the store refused it.
        picture: the newest snapshot of the particles.
        picture_asked: when it was asked for, on time.monotonic's clock.
        seen: the same as the worker sent it.
        choosing: as in JobStatus.
        checkpoint: what a worker needs to go on from where the training has come to, b"" before there is one.
        checkpointed: iteration of the checkpoint, -1 before there is one.
        attempt: which start of the job it was taken in.
        unwritten: whether the checkpoint is in no journal yet.
        stored_as: id under which its result is to be stored, "" before.
    """

    state: State = "starting"
    message: str = "Starting the workers."
    started: float | None = None
    unstored: bytes | None = None
    picture: dict[str, Any] | None = None
    picture_asked: float = 0.0
    seen: ProbePicture | None = None
    choosing: tuple[int, int, float] | None = None
    checkpoint: bytes = field(default=b"", repr=False)
    checkpointed: int = -1
    attempt: str = ""
    unwritten: bool = False
    stored_as: str = ""
    _lost_at: float = 0.0

    kind: ClassVar[Literal["run", "study"]]
    """What it makes."""

    @abstractmethod
    def arguments(self) -> tuple[Any, ...]:
        """What a worker's function gets."""

    @property
    @abstractmethod
    def trains(self) -> RunSpec:
        """The spec whose data and device its worker needs."""

    @property
    @abstractmethod
    def wish(self) -> str:
        """What is wanted, as JSON."""

    @abstractmethod
    def new_id(self, store: RunStore) -> str:
        """An id for its result."""

    @abstractmethod
    def kept(self, store: RunStore) -> bool:
        """Whether its result is stored already, under the id that was meant for it."""

    @abstractmethod
    def keep(self, store: RunStore, data: bytes) -> Callable[[], None]:
        """Store what a worker sent under that id (no lock is held); gives what notes that down.

        Raises:
            InputError: the data are none of this job's, or cannot be stored.
        """

    @abstractmethod
    def status(self, position: int | None = None, wait: float | None = None) -> Any:
        """What a page may know.

        Args:
            position: in the queue, 1 for the next one, None where it has left it.
            wait: seconds until it begins, None when unknown.
        """

    @abstractmethod
    def reached(self) -> float:
        """How far it has come, a number that grows."""

    @abstractmethod
    def time_left(self) -> float | None:
        """Seconds that it will still take, None when unknown."""

    @abstractmethod
    def _add(self, rows: bytes) -> None:
        """Rows of progress have come, from the beginning again where it began anew."""

    def _begins(self) -> None:
        """A worker begins, perhaps since another one died."""

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed")

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop: after this iteration, and what was trained by then is stored."""
        return self.state == "stopping"

    @property
    def joinable(self) -> bool:
        """Whether asking for the same again means this job."""
        return self.state in ("starting", "waiting", "running")

    @property
    def has_begun(self) -> bool:
        """Whether a worker has made something of it, which a stop is not to lose."""
        return super().has_begun or bool(self.checkpoint)

    def orders(self, beginning: bool = False) -> Orders | None:
        """What its worker is to know: the checkpoint, as soon as it begins."""
        return Orders(checkpoint=self.checkpoint) if beginning else None

    def checkpoint_taken(self, attempt: str, iteration: int, data: bytes) -> None:
        """A worker sent how far it has come."""
        if not self.over:
            self.attempt, self.checkpointed, self.checkpoint, self.unwritten = attempt, iteration, data, True

    def _came_further(self) -> bool:
        further, self._lost_at = self.reached() > self._lost_at, max(self._lost_at, self.reached())
        return further

    def waits(self, message: str) -> None:
        """It waits, for its turn or for workers; one that is to stop says that."""
        if self.state != "stopping":
            self.state, self.message = "waiting", message

    def submitted(self, future: Any) -> None:
        """It is on the cluster."""
        super().submitted(future)
        self.waits("Waiting for a free worker.")

    def _begin(self) -> None:
        self.started = self.started or time.time()
        self._begins()
        if self.state != "stopping":
            self.state, self.message = "running", "Loading the data."

    def _take(self, news: Mapping[str, Any]) -> None:
        self.choosing = news["choosing"]
        if (news["rows"] or self.choosing) and self.state == "running":
            self.message = ""
        if news["rows"]:
            self._add(news["rows"])

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
        super().stop()
        self.state, self.message = "stopping", "Stopping after this iteration."

    def refused(self, data: bytes, message: str) -> None:
        """It is over, but could not be stored."""
        self.unstored = data
        self.ended("failed", message)

    def fail(self, error: Exception) -> None:
        """It is over, because of an error or because it was stopped before it began."""
        if isinstance(error, GivenUp):
            self.ended("done", "Stopped before it began.")
        else:
            self.ended("failed", sentence(error))

    def ended(self, state: Literal["done", "failed"], message: str) -> None:
        """It is over; nothing was stored unless `keep` says so."""
        self.state, self.message, self.checkpoint = state, message, b""


def in_queue(message: str, position: int | None, wait: float | None) -> str:
    """What a person is told of a job, with its place in the queue where it has one."""
    return message if position is None else f"{message} {turn_words(position, wait)}"
