"""What runs on a Dask worker for a study: all its runs, and of its progress only the newest of each.

Nothing here imports torch before a function is called, so the server can import this module.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from autoencode_core.export.study import study_bytes
from autoencode_core.store.record import Array
from autoencode_core.store.run_file import unpack
from autoencode_core.store.study import Plan
from autoencode_core.workers.files import DataFile, at_hand
from autoencode_core.workers.reporting import reported
from autoencode_core.workers.training import TrainingReporter, going_on, row_of

if TYPE_CHECKING:
    from autoencode_core.training.run import Progress

PARTICLES = 200
"""Most particles of a live picture; there are several of them side by side."""


def study_job(plan_json: str, start: bytes, token: str, files: Sequence[DataFile] = ()) -> bytes:
    """Compute a study and return it as the bytes of its file; it goes on from where an earlier start was.

    Args:
        plan_json: Plan as JSON.
        start: the run that a continuation begins with, as the bytes of its file, b"" for none.
        token: name under which progress is sent and a stop may be asked for.
        files: of the server, which its data are read from.

    Raises:
        FilesLacking: a file is not known here yet.
        InputError: the plan, its data or its device cannot be used here.
        ComputationFailed: anything else went wrong.
    """
    with at_hand(files):
        return _reported(Plan.model_validate_json(plan_json), start, token)


def _reported(plan: Plan, start: bytes, token: str) -> bytes:
    def compute(reporter: StudyReporter) -> bytes:
        # Lazy, so that the server imports this module without torch.
        from autoencode_core.training.records import run_of
        from autoencode_core.training.study import make_study

        first = run_of(unpack(start, "start")) if start else None
        made = going_on(lambda resume: make_study(plan, reporter, first, resume), reporter.first_checkpoint())
        return study_bytes(*made)

    return reported(StudyReporter(token, plan), compute, "The training")


class StudyReporter(TrainingReporter):
    """The on_progress of a study: the newest row of each run, and pictures of a few of them together.

    Args:
        token: of the job it speaks for.
        plan: whose `shown` runs are pictured.
    """

    heeds: ClassVar = False

    def __init__(self, token: str, plan: Plan) -> None:
        super().__init__(token)
        self._newest: dict[int, tuple[float, ...]] = {}
        self._shown = frozenset(plan.shown())
        self._shots: dict[int, tuple[Array, Array, int]] = {}

    def moment(self, progress: "Progress") -> int:
        """How many checkpoints there were before."""
        newest = self.checkpoint("", -1)
        return 0 if newest is None else newest.iteration + 1

    def note_before(self, progress: "Progress") -> None:
        """Of iterations before nothing is sent."""

    def note(self, progress: "Progress") -> None:
        """Remember the row in the place of the run's earlier one."""
        self._newest[progress.regime] = (float(progress.regime), *row_of(progress))

    def rows(self) -> list[tuple[float, ...]]:
        """The newest row of each run that has come further since this was last asked."""
        rows, self._newest = list(self._newest.values()), {}
        return rows

    def take_picture(self, progress: "Progress") -> None:
        """Take a snapshot of one of the runs that are shown."""
        if progress.regime not in self._shown:
            return
        snapshot = progress.snapshot()
        shot = snapshot.codes[:PARTICLES], snapshot.outputs[:PARTICLES], int(progress.iteration)
        self._shots[progress.regime] = shot
        regimes = sorted(self._shots)
        codes, outputs, iterations = zip(*(self._shots[regime] for regime in regimes), strict=True)
        arrays = {
            "regimes": np.array(regimes),
            "codes": np.stack(codes),
            "outputs": np.stack(outputs),
            "iterations": np.array(iterations),
        }
        self.publish(progress, arrays, {key: part[:PARTICLES] for key, part in progress.probe.items()})
