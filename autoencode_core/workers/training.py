"""What runs on a Dask worker for a training: rows of its history and snapshots of its particles on the way.

Nothing here imports torch before a function is called, so the server can import this module.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

import numpy as np

from autoencode_core.changes import Change
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import HISTORY, Array
from autoencode_core.store.run_file import pack
from autoencode_core.workers.files import DataFile, at_hand
from autoencode_core.workers.orders import Obedience, Orders
from autoencode_core.workers.reporting import Reporter, at_work, reported

if TYPE_CHECKING:
    from autoencode_core.training.run import Progress

log = logging.getLogger(__name__)

ROWS_SECONDS = 0.15
"""Time between two events."""
PICTURE_SECONDS = 0.25
"""Time between two snapshots of the probe particles."""
WATCHED_SECONDS = 3.0
"""Snapshots are taken as long as somebody asked for one within this time."""
CHECKPOINT_SECONDS, CHECKPOINT_SHARE = 3.0, 0.05
"""Time between two checkpoints, more where they would take more than that share of it."""


@dataclass(frozen=True)
class ProbePicture:
    """The probe particles at one moment.

    Attributes:
        version: counted up from 1 in each attempt.
        attempt: which start of the job it belongs to.
        iteration: iteration of the moment.
        arrays: codes (n, k), outputs (n, d), and inputs, targets, hue, labels for who has none yet.
    """

    version: int
    attempt: str
    iteration: int
    arrays: Mapping[str, Array] = field(repr=False)


@dataclass(frozen=True)
class Checkpoint:
    """What a training holds at one moment; another worker goes on from it (Orders.checkpoint).

    Attributes:
        attempt: which start of the job it belongs to.
        iteration: of that moment; of a study a number that grows.
        data: its bytes.
    """

    attempt: str
    iteration: int
    data: bytes = field(repr=False)


def train_job(spec_json: str, token: str, files: Sequence[DataFile] = ()) -> bytes:
    """Train a spec and return the run as the bytes of its file; it goes on from where an earlier start was.

    Args:
        spec_json: RunSpec as JSON.
        token: name under which progress is sent and a stop may be asked for.
        files: of the server, which its data are read from.

    Raises:
        FilesLacking: a file is not known here yet.
        InputError: the spec, its data or its device cannot be used here.
        ComputationFailed: anything else went wrong.
    """

    def compute(reporter: TrainingReporter) -> bytes:
        # Lazy, so that the server imports this module without torch.
        from autoencode_core.training.records import record_of
        from autoencode_core.training.selection import train

        spec = RunSpec.model_validate_json(spec_json)
        run = going_on(lambda resume: train(spec, reporter, resume=resume), reporter.first_checkpoint())
        return pack(record_of(run))

    with at_hand(files):
        return reported(TrainingReporter(token), compute, "The training")


T = TypeVar("T")


def going_on(train: Callable[[bytes], T], checkpoint: bytes) -> T:
    """What a training gives that goes on from a checkpoint, or begins anew where that cannot be used.

    Args:
        train: called with the bytes to resume from, b"" for none.
        checkpoint: from anywhere.
    """
    from autoencode_core.training.checkpoint import CheckpointRefused  # lazy: it imports torch

    if checkpoint:
        try:
            return train(checkpoint)
        except CheckpointRefused as error:
            log.warning("It begins anew: %s", error)
    return train(b"")


class Checkpoints:
    """The newest checkpoint of a training, and when another one may be taken.

    Attributes:
        newest: the newest one, None before there is one.
    """

    def __init__(self) -> None:
        self.newest: Checkpoint | None = None
        self._due = self._affordable = math.inf

    def begin(self) -> None:
        """The training begins."""
        self._affordable = time.monotonic()
        self._due = self._affordable + CHECKPOINT_SECONDS

    @property
    def due(self) -> bool:
        """Whether the newest one is old."""
        return time.monotonic() >= self._due

    @property
    def affordable(self) -> bool:
        """Whether another one would not take too much of the time."""
        return time.monotonic() >= self._affordable

    def take(self, attempt: str, iteration: int, make: Callable[[], bytes]) -> None:
        """Take one, unless it would be too large."""
        began = time.monotonic()
        data = make()
        now = time.monotonic()
        self._affordable = now + (now - began) / CHECKPOINT_SHARE
        self._due = max(now + CHECKPOINT_SECONDS, self._affordable)
        if data:
            self.newest = Checkpoint(attempt, iteration, data)


class TrainingReporter(Reporter):
    """The on_progress of a job: sends rows in batches, keeps the newest snapshot and checkpoint at hand.

    A call costs microseconds unless one of them is due, or it is to pause. A stop ends the training after the
    iteration at hand.

    Args:
        token: of the job it speaks for.
    """

    heeds: ClassVar = True
    """Whether it follows orders: one run can be changed by hand, the runs of a study cannot."""

    def __init__(self, token: str) -> None:
        super().__init__(token, ROWS_SECONDS)
        self._rows: list[tuple[float, ...]] = []
        self._begun, self._told = False, False
        self._resumed: int | None = None
        self._choosing: tuple[int | float, ...] | None = None
        self._probe: Mapping[str, Array] = {}
        self._picture: ProbePicture | None = None
        self._pictured: dict[int, float] = {}
        self._watched = -WATCHED_SECONDS
        self._checkpoints = Checkpoints()
        self._obedience = Obedience()

    def __call__(self, progress: "Progress") -> Literal["stop", "idle"] | Change | None:
        """Take note of an iteration, and wait while there is a pause; what is wanted of the training then."""
        self._choosing = progress.choosing and tuple(progress.choosing)
        if self._choosing is None:
            self._note(progress)
        if not self._begun or self.wait <= 0:
            self._begun = True
            self.send()
        now = time.monotonic()
        if self._choosing is None and self._picture_due(progress.regime, now):
            self._pictured[progress.regime] = now
            self.take_picture(progress)
        if self._checkpoints.due:
            self._take_checkpoint(progress)
        return self._obeyed(progress) if self.heeds and self._choosing is None else self._stop()

    def _obeyed(self, progress: "Progress") -> Literal["stop", "idle"] | Change | None:
        """What is wanted of the training, after a pause if it is to pause."""
        if progress.iteration >= progress.iterations:
            return self._stop()
        self._obedience.wait(progress.iteration, lambda: self.stop_asked, lambda: self._rest(progress))
        if self.stop_asked or self._obedience.idle:
            return self._stop() or "idle"
        return self._obedience.change(progress.iteration)

    def _stop(self) -> Literal["stop"] | None:
        return "stop" if self.stop_asked else None

    def _rest(self, progress: "Progress") -> None:
        """Say that the training pauses, and where the particles are."""
        if self._picture is None or self._picture.iteration != progress.iteration:
            self.take_picture(progress)
        newest = self._checkpoints.newest
        if self._checkpoints.affordable and (newest is None or newest.iteration < progress.iteration):
            self._take_checkpoint(progress)
        self.send()

    def _take_checkpoint(self, progress: "Progress") -> None:
        if progress.checkpoint is not None:
            self.send()  # what it holds is to be known of before it is
            self._checkpoints.take(self.attempt, self.moment(progress), progress.checkpoint)

    def moment(self, progress: "Progress") -> int:
        """When a checkpoint is taken, a number that grows."""
        return progress.iteration

    def first_checkpoint(self) -> bytes:
        """The checkpoint to go on from, which comes with the first orders; b"" to begin anew."""
        return self._obedience.wait_for_first(lambda: self.stop_asked)

    def stop(self) -> None:
        """Somebody wants it to stop, also out of a pause (called from another thread)."""
        super().stop()
        self._obedience.wake()

    def ordered(self, orders: Orders) -> None:
        """Orders have come (called from another thread)."""
        self._obedience.hear(orders)

    def _note(self, progress: "Progress") -> None:
        """Collect what is to be sent of an iteration, and with the first one of what was before."""
        if not self._told:
            self._told, self._resumed = True, progress.iteration
            self._obedience.begin_at(progress.iteration)
            self._checkpoints.begin()
            if progress.iteration:
                self.note_before(progress)
        self.note(progress)

    def note_before(self, progress: "Progress") -> None:
        """Collect what is to be sent of all iterations before the first one of this start."""
        self._rows = [tuple(row) for row in progress.history()[:-1].tolist()]

    def note(self, progress: "Progress") -> None:
        """Collect what is to be sent of an iteration."""
        self._rows.append(row_of(progress))

    def rows(self) -> list[tuple[float, ...]]:
        """What was collected since this was last asked."""
        rows, self._rows = self._rows, []
        return rows

    def news(self) -> dict[str, Any]:
        """What a batch says.

        Returns:
            "rows": float64 bytes, (m, HISTORY), for a study (m, 1 + HISTORY) with the place first. Where a
            start goes on from a checkpoint, the first ones are those from iteration 0 to there;
            "resumed": with the first rows of a start the iteration that it began with, else None;
            "choosing": training.run.Choosing as a plain tuple while λ is being chosen, else None;
            "changes": made by hand so far, each iteration, λ and step, the last two None where they stay;
            "done": how many wishes were done.
        """
        rows = np.asarray(self.rows(), dtype=np.float64).tobytes()
        changes = [(change.iteration, change.tikhonov, change.step) for change in self._obedience.changes]
        about = {"choosing": self._choosing, "changes": changes, "done": self._obedience.done}
        about["resumed"], self._resumed = self._resumed, None
        return {"rows": rows, **about}

    def end(self) -> None:
        """The job has ended: send the last rows."""
        self.send()
        super().end()

    def _picture_due(self, regime: int, now: float) -> bool:
        """Whether a regime has had no picture yet, or somebody watches and its last one is old."""
        if regime not in self._pictured:
            return True
        watched = now - self._watched < WATCHED_SECONDS
        return watched and now - self._pictured[regime] >= PICTURE_SECONDS

    def take_picture(self, progress: "Progress") -> None:
        """Take a snapshot of the probe particles."""
        snapshot = progress.snapshot()
        self.publish(progress, {"codes": snapshot.codes, "outputs": snapshot.outputs}, progress.probe)

    def publish(self, progress: "Progress", arrays: Mapping[str, Array], probe: Mapping[str, Array]) -> None:
        """Lay a new picture ready for whoever asks.

        Args:
            progress: the iteration that it belongs to.
            arrays: what has moved.
            probe: what stays as it is, taken when this is the first picture.
        """
        if self._picture is None:
            self._probe = dict(probe)
        version = self._picture.version + 1 if self._picture else 1
        self._picture = ProbePicture(version, self.attempt, int(progress.iteration), arrays)

    def checkpoint(self, attempt: str, iteration: int) -> Checkpoint | None:
        """As latest_checkpoint; called from another thread."""
        newest = self._checkpoints.newest
        known = newest is None or (newest.attempt == attempt and newest.iteration <= iteration)
        return None if known else newest

    def picture(self, attempt: str, version: int) -> ProbePicture | None:
        """As latest_picture; called from another thread."""
        self._watched = time.monotonic()
        picture = self._picture
        if picture is None or (self.attempt == attempt and picture.version <= version):
            return None
        if self.attempt == attempt:
            return picture
        whole = {**self._probe, **picture.arrays}
        return ProbePicture(picture.version, self.attempt, picture.iteration, whole)


def row_of(progress: "Progress") -> tuple[float, ...]:
    """The row of the history that an iteration makes."""
    return tuple(getattr(progress, key) for key in HISTORY)


def give_orders(token: str, orders: Orders) -> None:
    """Tell a training of this process what is wanted of it; one that is not here takes no harm."""
    for reporter in at_work(token):
        if isinstance(reporter, TrainingReporter):
            reporter.ordered(orders)


def latest_checkpoint(token: str, attempt: str = "", iteration: int = -1) -> Checkpoint | None:
    """The newest checkpoint of a job of this process, None when there is none newer.

    Args:
        token: of the job.
        attempt: attempt of the newest checkpoint that the caller has, "" when none.
        iteration: its iteration.
    """
    reporters = [reporter for reporter in at_work(token) if isinstance(reporter, TrainingReporter)]
    return reporters[-1].checkpoint(attempt, iteration) if reporters else None


def latest_picture(token: str, attempt: str = "", version: int = 0) -> ProbePicture | None:
    """The newest snapshot of a job of this process, None when there is none newer.

    Asking keeps snapshots coming: a job that nobody looks at takes none.

    Args:
        token: of the job.
        attempt: attempt of the newest snapshot that the caller has, "" when none.
        version: its version.
    """
    reporters = [reporter for reporter in at_work(token) if isinstance(reporter, TrainingReporter)]
    return reporters[-1].picture(attempt, version) if reporters else None
