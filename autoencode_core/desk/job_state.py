"""What the server knows of one job, whatever it computes: a small state machine without Dask."""

import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from autoencode_core.desk.dispatch import Call, GivenUp, sentence
from autoencode_core.store.run_store import RunStore
from autoencode_core.workers.training import ProbePicture

State = Literal["starting", "waiting", "running", "stopping", "done", "failed"]


@dataclass(eq=False)
class Job(Call):
    """A call that trains, and whose result, the bytes of a file, is stored.

    Attributes:
        state: starting (workers are being started), waiting (for a free worker), running, stopping,
            done (its result is stored, or it was stopped before it began) or failed.
        message: one sentence for a person, "" while all is well.
        started: when a worker began it, seconds since 1970, None before.
        unstored: bytes of the file when the store refused it.
        picture: the newest snapshot of the particles.
        picture_asked: when it was asked for, on time.monotonic's clock.
        seen: the same as the worker sent it.
        choosing: as in JobStatus.
    """

    state: State = "starting"
    message: str = "Starting the workers."
    started: float | None = None
    unstored: bytes | None = None
    picture: dict[str, Any] | None = None
    picture_asked: float = 0.0
    seen: ProbePicture | None = None
    choosing: tuple[int, int, float] | None = None

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
    def _clear(self) -> None:
        """Its progress starts anew."""

    @abstractmethod
    def _add(self, rows: bytes) -> None:
        """Rows of progress have come."""

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

    def submitted(self, future: Any) -> None:
        """It is on the cluster."""
        super().submitted(future)
        if self.state == "starting":
            self.state, self.message = "waiting", "Waiting for a free worker."

    def _begin(self) -> None:
        self.started = time.time()
        self._clear()
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
        self.state, self.message = state, message
