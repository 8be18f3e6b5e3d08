"""What runs on a Dask worker: one training, its progress on the way out, and the wish to stop on the way in.

Nothing here imports torch before a function is called, so the server can import this module.
"""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import HISTORY, Array
from autoencode_core.store.run_file import pack

if TYPE_CHECKING:
    from autoencode_core.training.run import Progress

T = TypeVar("T")

TOPIC = "autoencode-progress"
"""Topic of the progress events {"job", "attempt", "worker", "rows", "choosing"}; rows is float64 bytes, (m,
HISTORY), for a study (m, 1 + HISTORY) with the place first; choosing is training.run.Choosing as a plain
tuple while λ is being chosen, else None."""
ROWS_SECONDS = 0.15
"""Time between two events."""
PICTURE_SECONDS = 0.25
"""Time between two snapshots of the probe particles."""
WATCHED_SECONDS = 3.0
"""Snapshots are taken as long as somebody asked for one within this time."""


class TrainingFailed(RuntimeError):
    """A training or another computation that broke off for another reason than bad input.

    Args:
        message: one sentence for a person.
        details: the traceback, for the log.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message, details)
        self.message, self.details = message, details


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


# What this process knows of its jobs. Only whole values are put in and taken out, so no lock is needed.
_stops: set[str] = set()
_watched: dict[str, float] = {}
_pictures: dict[str, ProbePicture] = {}
_probes: dict[str, Mapping[str, Array]] = {}


def train_job(spec_json: str, job_id: str) -> bytes:
    """Train a spec and return the run as the bytes of its file.

    Args:
        spec_json: RunSpec as JSON.
        job_id: id under which progress is told and a stop may be asked for.

    Raises:
        InputError: the spec, its data or its device cannot be used here.
        TrainingFailed: anything else went wrong.
    """

    def run(reporter: TrainingReporter) -> bytes:
        # Lazy, so that the server imports this module without torch.
        from autoencode_core.training.records import record_of
        from autoencode_core.training.selection import train

        return pack(record_of(train(RunSpec.model_validate_json(spec_json), reporter)))

    return reporting(job_id, run)


def reporting(
    job_id: str, run: Callable[["TrainingReporter"], bytes], reporter: "TrainingReporter | None" = None
) -> bytes:
    """Call `run` with a reporter; only InputError and TrainingFailed leave it."""
    reporter = reporter or TrainingReporter(job_id)

    def told() -> bytes:
        reporter.send()  # empty: says that the job has begun, and where
        data = run(reporter)
        reporter.send()
        return data

    try:
        return sheltered(told, "The training")
    finally:
        for kept in (_watched, _pictures, _probes):
            kept.pop(job_id, None)
        _stops.discard(job_id)


def sheltered(call: Callable[[], T], what: str) -> T:
    """What `call` gives; only InputError and TrainingFailed leave it.

    Exceptions of other libraries must not travel: unpickling one would import its library (torch) in
    the server.

    Args:
        call: what is done.
        what: what to call it in a sentence, such as "The training".
    """
    failure: Exception
    try:
        return call()
    except InputError as error:
        failure = InputError(error.field, error.value, error.allowed)
    except Exception as error:
        failure = TrainingFailed(_sentence(error, what), traceback.format_exc())
    raise failure


def _sentence(error: Exception, what: str) -> str:
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return "There was not enough memory: fewer particles, less depth or less width would help."
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{what} broke off: {type(error).__name__}{': ' if first else ''}{first[:200]}"


class TrainingReporter:
    """The on_progress of a job: collects rows and sends them in batches, keeps the newest snapshot at hand.

    A call costs microseconds unless a batch or a snapshot is due.

    Args:
        job_id: the job it speaks for.
    """

    def __init__(self, job_id: str) -> None:
        from distributed import get_worker  # lazy: start-up time

        self.job_id, self.attempt = job_id, token_hex(4)
        self._worker = get_worker()
        self._rows: list[tuple[float, ...]] = []
        self._sent = time.monotonic()
        self._begun, self._version = False, 0
        self._choosing: tuple[int | float, ...] | None = None
        self._pictured: dict[int, float] = {}

    def __call__(self, progress: "Progress") -> Literal["stop"] | None:
        """Take note of an iteration; "stop" when a stop was asked for."""
        self._choosing = progress.choosing and tuple(progress.choosing)
        if self._choosing is None:
            self.note(progress)
        now = time.monotonic()
        if not self._begun or now - self._sent >= ROWS_SECONDS:
            self._begun = True
            self.send()
        if self._choosing is None and self._picture_due(progress.regime, now):
            self._pictured[progress.regime] = now
            self.picture(progress)
        return "stop" if self.job_id in _stops else None

    def note(self, progress: "Progress") -> None:
        """Collect what is to be sent of an iteration."""
        self._rows.append(row_of(progress))

    def rows(self) -> list[tuple[float, ...]]:
        """What was collected since this was last asked."""
        rows, self._rows = self._rows, []
        return rows

    def send(self) -> None:
        """Send the rows collected so far, as one event."""
        rows = np.asarray(self.rows(), dtype=np.float64).tobytes()
        about = {"job": self.job_id, "attempt": self.attempt, "worker": self._worker.address}
        self._worker.log_event(TOPIC, {**about, "rows": rows, "choosing": self._choosing})
        self._sent = time.monotonic()

    def _picture_due(self, regime: int, now: float) -> bool:
        """Whether a regime has had no picture yet, or somebody watches and its last one is old."""
        if regime not in self._pictured:
            return True
        watched = now - _watched.get(self.job_id, -WATCHED_SECONDS) < WATCHED_SECONDS
        return watched and now - self._pictured[regime] >= PICTURE_SECONDS

    def picture(self, progress: "Progress") -> None:
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
        if self._version == 0:
            _probes[self.job_id] = dict(probe)
        self._version += 1
        _pictures[self.job_id] = ProbePicture(self._version, self.attempt, int(progress.iteration), arrays)


def row_of(progress: "Progress") -> tuple[float, ...]:
    """The row of the history that an iteration makes."""
    return tuple(getattr(progress, key) for key in HISTORY)


def latest_picture(job_id: str, attempt: str = "", version: int = 0) -> ProbePicture | None:
    """The newest snapshot of a job of this process, None when there is none newer.

    Asking keeps snapshots coming: a job that nobody looks at takes none.

    Args:
        job_id: the job.
        attempt: attempt of the newest snapshot that the caller has, "" when none.
        version: its version.
    """
    _watched[job_id] = time.monotonic()
    picture = _pictures.get(job_id)
    if picture is None or (picture.attempt == attempt and picture.version <= version):
        return None
    if picture.attempt == attempt:
        return picture
    whole = {**_probes.get(job_id, {}), **picture.arrays}
    return ProbePicture(picture.version, picture.attempt, picture.iteration, whole)


def request_stop(job_id: str) -> None:
    """Ask a job of this process to stop at its next iteration; a job that is not here takes no harm."""
    _stops.add(job_id)


def warm() -> None:
    """Import torch and what else takes long, and compile the kernel, ahead of the first job or question."""
    import autoencode_core.analysis
    import autoencode_core.training.records
    import autoencode_core.training.selection  # noqa: F401
    from autoencode_core.training.narrow import compile_kernel

    compile_kernel()
    import sklearn.datasets
    import sklearn.manifold
    import sklearn.neighbors  # noqa: F401


def dask_setup(worker: Any) -> None:
    """What a worker started with `--preload autoencode_core.workers.training` does: warm up."""
    # It would print a traceback for every job that fails; the server tells of those in a sentence.
    logging.getLogger("distributed.worker").setLevel(logging.CRITICAL)
    threading.Thread(target=warm, name="warm", daemon=True).start()
