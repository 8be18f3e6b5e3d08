"""Whose turn it is among calls that wait: fair between visitors, and how long it may take."""

import heapq
from collections.abc import Collection, Sequence
from statistics import median


class Turns:
    """Numbers of turns: calls begin in their order, and in the same turn the one that was asked for earlier.

    A visitor's n-th call comes n - 1 turns after the first one, so behind the first ones of everybody, but
    whoever comes later begins at the turn that is reached, so that nobody waits for ever.

    Source:
        P. Goyal, H. Vin, H. Cheng, "Start-time fair queuing", SIGCOMM 1996, with calls of one size.
    """

    def __init__(self) -> None:
        self._reached = 0
        self._next: dict[str, int] = {}

    def take(self, owners: Collection[str]) -> int:
        """The turn of a call that is asked for now.

        Args:
            owners: who asks; none where nobody is known, who is taken for somebody new.
        """
        turn = min((max(self._reached, self._next.get(owner, 0)) for owner in owners), default=self._reached)
        self._next.update(dict.fromkeys(owners, turn + 1))
        return turn

    def begun(self, turn: int) -> None:
        """A call of that turn begins."""
        if turn > self._reached:
            self._reached = turn
            self._next = {owner: later for owner, later in self._next.items() if later > turn}


def waits(count: int, left: Sequence[float], places: int, typical: float) -> list[float]:
    """Seconds until each of so many waiting calls begins, the next one first.

    Args:
        count: how many wait.
        left: seconds that each running call will still take.
        places: how many run side by side, at least 1.
        typical: seconds that a call takes.
    """
    free = [*left, *(0.0 for _ in range(places - len(left)))]
    heapq.heapify(free)
    found = []
    for _ in range(count):
        found.append(heapq.heappop(free))
        heapq.heappush(free, found[-1] + typical)
    return found


def expected(
    count: int, left: Sequence[float | None], places: int, took: Collection[float]
) -> Sequence[float | None]:
    """Seconds until each of so many waiting calls begins, the next one first; None while nothing is known.

    Args:
        count: how many wait.
        left: seconds that each running call will still take, None where that is unknown.
        places: how many run side by side, at least 1.
        took: seconds that each of the last calls took.
    """
    known = [each for each in left if each is not None]
    if not took and not known:
        return [None] * count
    usual = median(took or known)
    return waits(count, [usual if each is None else each for each in left], places, usual)


def turn_words(position: int, seconds: float | None) -> str:
    """Where a call stands in the queue, in a sentence.

    Args:
        position: 1 for the next one.
        seconds: until it begins, None when unknown.
    """
    place = "It is the next one" if position == 1 else f"It is number {position} in the queue"
    return f"{place}{'' if seconds is None else f' and begins in {_about(seconds)}'}."


def _about(seconds: float) -> str:
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"about {round(seconds, -1):.0f} seconds"
    return f"about {seconds / 60:.0f} minutes"
