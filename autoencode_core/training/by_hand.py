"""What whoever watches a training may answer: stop, or another λ or step; one run alone can be changed."""

from collections.abc import Sequence

from autoencode_core.changes import MOST_CHANGES, Change, written
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec

STOPS = {
    "stop": "Stopped by hand after {} iterations.",
    "idle": "Stopped after {} iterations: it was paused, and nobody resumed it.",
}
"""Words of OnProgress that end a regime, and what is said of it then."""
_ALONE = "none where several runs are trained: RunSpec.unchanged() has the last λ and no change by hand"


def check_unchanged(spec: RunSpec) -> None:
    """Refuses a spec with changes by hand where it stands for several runs.

    Raises:
        InputError: it has some.
    """
    if spec.changes:
        raise InputError("changes", written(spec.changes), _ALONE)


def word_alone(answer: str | Change | None) -> str | None:
    """What was answered to an iteration of one of several runs, which cannot be changed by hand.

    Raises:
        InputError: it was a change.
    """
    if isinstance(answer, Change):
        raise InputError("changes", written([answer]), _ALONE)
    return answer


class ChangeLog:
    """The changes of one training: those that its spec brings, until the first one by hand, and those.

    Args:
        script: changes of the spec.

    Attributes:
        made: so far.
        by_hand: whether one was by hand.
    """

    def __init__(self, script: Sequence[Change]) -> None:
        self.made: list[Change] = []
        self.by_hand = False
        self._script = {change.iteration: change for change in script}

    def after(self, iteration: int, by_hand: Change | None) -> Change | None:
        """What is changed after an iteration, None for nothing.

        Args:
            iteration: that ended.
            by_hand: what was answered to it.

        Raises:
            InputError: that is no change of this iteration, or there were too many.
        """
        # What is changed by hand is no longer what the spec foresaw.
        change = None if self.by_hand else self._script.get(iteration)
        if by_hand is not None:
            if by_hand.empty or by_hand.iteration != iteration:
                wanted = f"a change of λ or of the step after {iteration}"
                raise InputError("changes", written([by_hand]), wanted)
            change = by_hand if change is None else change.then(by_hand)
            self.by_hand = True
        if change is not None:
            if len(self.made) >= MOST_CHANGES:
                raise InputError("changes", written([change]), f"at most {MOST_CHANGES} of them")
            self.made.append(change)
        return change
