"""StudyProgress: how far several runs that train side by side, or one after the other, have come."""


class StudyProgress:
    """The share of the iterations done; a run that falls silent while others go on counts whole.

    Args:
        runs: how many there will be.
        iterations: of each, at most.
    """

    _SILENT = 2

    def __init__(self, runs: int, iterations: int) -> None:
        self._iterations, self._rounds = iterations, 0
        self._done: list[int | None] = [None] * runs
        self._heard = [0] * runs

    def reached(self, place: int, iteration: int) -> None:
        """A run has come to an iteration."""
        self._done[place], self._heard[place] = iteration, self._rounds

    def round_over(self) -> None:
        """By now every run that still trains has been heard of since the last round."""
        self._rounds += 1

    def share(self) -> float:
        """In [0, 1]."""
        return sum(map(self._of, self._done, self._heard)) / len(self._done)

    def _of(self, iteration: int | None, heard: int) -> float:
        if iteration is None:
            return 0.0
        # Two rounds: an event may be cut in the middle of the runs.
        return 1.0 if self._rounds - heard > self._SILENT else min(1.0, iteration / self._iterations)
