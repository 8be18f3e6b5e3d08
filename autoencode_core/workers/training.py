"""What runs on a Dask worker for a training: rows of its history and snapshots of its particles on the way.

Nothing here imports torch before a function is called, so the server can import this module.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

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

ROWS_SECONDS = 0.15
"""Time between two events."""
PICTURE_SECONDS = 0.25
"""Time between two snapshots of the probe particles."""
WATCHED_SECONDS = 3.0
"""Snapshots are taken as long as somebody asked for one within this time."""


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
    attempt: str
    iteration: int
    data: bytes = field(repr=False)


def latest_checkpoint(token: str, attempt: str = "", iteration: int = -1) -> Checkpoint | None:
    return None


def train_job(spec_json: str, token: str, files: Sequence[DataFile] = ()) -> bytes:
    """Train a spec and return the run as the bytes of its file.

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

        return pack(record_of(train(RunSpec.model_validate_json(spec_json), reporter)))

    with at_hand(files):
        return reported(TrainingReporter(token), compute, "The training")


class TrainingReporter(Reporter):
    """The on_progress of a job: collects rows and sends them in batches, keeps the newest snapshot at hand.

    A call costs microseconds unless a batch or a snapshot is due, or it is to pause. A stop ends the training
    after the iteration at hand.

    Args:
        token: of the job it speaks for.
    """

    heeds: ClassVar = True
    """Whether it follows orders: one run can be changed by hand, the runs of a study cannot."""

    def __init__(self, token: str) -> None:
        super().__init__(token, ROWS_SECONDS)
        self._rows: list[tuple[float, ...]] = []
        self._begun = False
        self._choosing: tuple[int | float, ...] | None = None
        self._probe: Mapping[str, Array] = {}
        self._picture: ProbePicture | None = None
        self._pictured: dict[int, float] = {}
        self._watched = -WATCHED_SECONDS
        self._obedience = Obedience()

    def __call__(self, progress: "Progress") -> Literal["stop", "idle"] | Change | None:
        """Take note of an iteration, and wait while there is a pause; what is wanted of the training then."""
        self._choosing = progress.choosing and tuple(progress.choosing)
        if self._choosing is None:
            self.note(progress)
        if not self._begun or self.wait <= 0:
            self._begun = True
            self.send()
        now = time.monotonic()
        if self._choosing is None and self._picture_due(progress.regime, now):
            self._pictured[progress.regime] = now
            self.take_picture(progress)
        return self._obeyed(progress) if self.heeds and self._choosing is None else self._stop()

    def _obeyed(self, progress: "Progress") -> Literal["stop", "idle"] | Change | None:
        """What is wanted of the training, after a pause if it is to pause."""
        if progress.iteration == 0:
            self._obedience.wait_for_first(lambda: self.stop_asked)
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
        self.send()

    def stop(self) -> None:
        """Somebody wants it to stop, also out of a pause (called from another thread)."""
        super().stop()
        self._obedience.wake()

    def ordered(self, orders: Orders) -> None:
        """Orders have come (called from another thread)."""
        self._obedience.hear(orders)

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
            "rows": float64 bytes, (m, HISTORY), for a study (m, 1 + HISTORY) with the place first;
            "choosing": training.run.Choosing as a plain tuple while λ is being chosen, else None;
            "changes": made by hand so far, each iteration, λ and step, the last two None where they stay;
            "done": how many wishes were done.
        """
        rows = np.asarray(self.rows(), dtype=np.float64).tobytes()
        changes = [(change.iteration, change.tikhonov, change.step) for change in self._obedience.changes]
        about = {"choosing": self._choosing, "changes": changes, "done": self._obedience.done}
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
