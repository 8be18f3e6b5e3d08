"""How a study on a worker says how far it is: of its progress only the newest of each run.

Nothing here imports torch, so the server can import this module.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from autoencode_core.store.record import Array
from autoencode_core.store.study import Plan
from autoencode_core.store.study_parts import places_of
from autoencode_core.workers.training import TrainingReporter, row_of

if TYPE_CHECKING:
    from autoencode_core.training.run import Progress

PARTICLES = 200
"""Most particles of a live picture; there are several of them side by side."""


class StudyReporter(TrainingReporter):
    """The on_progress of a study: the newest row of each run, and pictures of a few of them together.

    Args:
        token: of the job it speaks for.
        plan: whose `shown` runs are pictured.
    """

    heeds: ClassVar = False

    def __init__(self, token: str, plan: Plan) -> None:
        super().__init__(token)
        self._places: Sequence[int] = range(len(plan.settings()))
        self._newest: dict[int, tuple[float, ...]] = {}
        self._shown = frozenset(plan.shown())
        self._shots: dict[int, tuple[Array, Array, int]] = {}

    def at(self, places: Sequence[int]) -> "StudyReporter":
        """This reporter from now on for a part of the study, whose runs have these places in the whole."""
        self._places = places
        return self

    def moment(self, progress: "Progress") -> int:
        """How many checkpoints there were before."""
        newest = self.checkpoint("", -1)
        return 0 if newest is None else newest.iteration + 1

    def note_before(self, progress: "Progress") -> None:
        """Of iterations before nothing is sent."""

    def note(self, progress: "Progress") -> None:
        """Remember the row in the place of the run's earlier one."""
        place = self._places[progress.regime]
        self._newest[place] = (float(place), *row_of(progress))

    def rows(self) -> list[tuple[float, ...]]:
        """The newest row of each run that has come further since this was last asked."""
        rows, self._newest = list(self._newest.values()), {}
        return rows

    def take_picture(self, progress: "Progress") -> None:
        """Take a snapshot of one of the runs that are shown."""
        place = self._places[progress.regime]
        if place not in self._shown:
            return
        snapshot = progress.snapshot()
        shot = snapshot.codes[:PARTICLES], snapshot.outputs[:PARTICLES], int(progress.iteration)
        self._shots[place] = shot
        regimes = sorted(self._shots)
        codes, outputs, iterations = zip(*(self._shots[regime] for regime in regimes), strict=True)
        arrays = {
            "regimes": np.array(regimes),
            "codes": np.stack(codes),
            "outputs": np.stack(outputs),
            "iterations": np.array(iterations),
        }
        self.publish(progress, arrays, {key: part[:PARTICLES] for key, part in progress.probe.items()})


class StudyPartReporter(StudyReporter):
    """The on_progress of a part of a study that a helper computes: it speaks for the job.

    Args:
        token: of the job.
        plan: of the whole study.
        part: of the part.
        place: of the part among all.
        attempt: of the job.
    """

    def __init__(self, token: str, plan: Plan, part: Plan, place: int, attempt: str) -> None:
        super().__init__(token, plan)
        self.attempt, self.place = attempt, place
        self.at(places_of(part, plan))

    def _take_checkpoint(self, progress: "Progress") -> None:
        """None is taken: a part that is lost is computed again."""
