"""Call: what the server knows of one call of a function on a worker, whatever it computes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autoencode_core.workers.orders import Orders

MOST_LOSSES = 3
"""How often a call that has come no further begins again when the workers were lost."""


class GivenUp(Exception):
    """Nobody wants what a call would give any more."""


@dataclass(eq=False)
class Call(ABC):
    """What the server knows of one call; `Dispatch.changed` is held around all that touches it.

    Attributes:
        call_id: its id, fit for a link.
        token: its name on the cluster, which no other server and no earlier call has.
        future: the Dask future, while it is on the cluster.
        worker: address of the worker it runs on, "" before it began.
        placed: address of the worker that it was meant for, "" where that was left to the cluster.
        given_up: whether it was stopped before it was known to have begun.
        size: about how many bytes its result takes here.
        owners: who asked for it, none where nobody is known.
        lane: calls of another one do not compete with it.
        turn: when it is to begin among others of its lane (turns.py).
        number: when it was asked for, counted up.
        not_before: when it may begin again, on time.monotonic's clock.
    """

    call_id: str
    token: str
    future: Any = None
    worker: str = ""
    placed: str = ""
    given_up: bool = False
    size: int = 0
    owners: set[str] = field(default_factory=set)
    lane: str = "train"
    turn: int = 0
    number: int = 0
    not_before: float = 0.0
    _submissions: int = 0
    _losses: int = 0
    _attempts: list[str] = field(default_factory=list)

    @property
    @abstractmethod
    def over(self) -> bool:
        """Whether nothing more will come."""

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop, but its result is waited for."""
        return False

    @abstractmethod
    def waits(self, message: str) -> None:
        """It waits, for its turn or for workers.

        Args:
            message: for what, in a sentence.
        """

    def new_key(self) -> str:
        """A key for the cluster, which no other submission has."""
        self._submissions += 1
        return self.token if self._submissions == 1 else f"{self.token}-{self._submissions}"

    def submitted(self, future: Any) -> None:
        """It is on the cluster."""
        self.future = future

    def lost(self, killed: bool) -> bool:
        """The workers were lost; whether it begins again.

        Args:
            killed: whether it has itself killed one worker after another, by its hunger for memory perhaps.
        """
        self.future, self.worker, self.placed = None, "", ""
        further = self._came_further()
        self._losses = 1 if further else self._losses + 1
        return further or (not killed and self._losses <= MOST_LOSSES)

    def _came_further(self) -> bool:
        """Whether it has come further since this was last asked."""
        return False

    def hear(self, attempt: str, worker: str, news: Mapping[str, Any]) -> bool:
        """Take in an event of progress; whether it is the first of its attempt.

        A call whose worker died begins again elsewhere: its progress starts anew, and late events of
        the earlier attempt count no more.

        Args:
            attempt: which start of the call the event belongs to.
            worker: address of its worker.
            news: what Reporter.news gave.
        """
        if self.over or attempt in self._attempts[:-1]:
            return False
        first = attempt not in self._attempts
        if first:
            self._attempts.append(attempt)
            self.worker = worker
            self._begin()
        self._take(news)
        return first

    @abstractmethod
    def _begin(self) -> None:
        """A worker begins it, perhaps anew."""

    @abstractmethod
    def _take(self, news: Mapping[str, Any]) -> None:
        """Progress has come."""

    def orders(self, beginning: bool = False) -> Orders | None:
        """What its worker is to know, None for nothing.

        Args:
            beginning: whether it has just begun there.
        """
        return None

    @property
    def has_begun(self) -> bool:
        """Whether a worker has made something of it, which a stop is not to lose."""
        return bool(self.worker)

    def stop(self) -> None:
        """Somebody wants it to stop."""
        self.given_up = self.given_up or not self.has_begun

    @abstractmethod
    def fail(self, error: Exception) -> None:
        """It is over, because of an error or because it was given up."""
