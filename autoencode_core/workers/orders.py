"""What a person wants of a training on its way: pause, single iterations, another λ or step."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from autoencode_core.changes import Change

IDLE_SECONDS = 1800.0
"""A pause in which nothing is asked for ends so long after it began: the run is stored as far as it came."""
BEAT_SECONDS = 1.0
"""A training that pauses says so that often."""
FIRST_SECONDS = 10.0
"""A training waits before it begins, but not longer, to hear what was wanted, and where to go on from."""

Wish = tuple[float | None, float | None]
"""λ and step from the next iteration on, None for what stays."""


@dataclass(frozen=True)
class Orders:
    """All that is wanted of a training; a later one, by its number, takes the place of an earlier one.

    Attributes:
        number: how many there have been.
        paused: whether it is to pause.
        iterations: how many single ones were asked for while it paused.
        wishes: changes asked for, in their order.
        done: how many of them an earlier start of the job, whose worker died, had done.
        log: the changes that it had made, which are made again.
        reached: the iteration that it had come to: until then there is no pause, and wishes wait.
        checkpoint: from which it goes on, b"" where it begins anew; only the first orders bring one.
    """

    number: int = 0
    paused: bool = False
    iterations: int = 0
    wishes: tuple[Wish, ...] = ()
    done: int = 0
    log: tuple[Change, ...] = ()
    reached: int = 0
    checkpoint: bytes = field(default=b"", repr=False)


class Obedience:
    """How far a training on this worker has followed its orders.

    Attributes:
        changes: made so far.
        done: how many wishes were done, in this start of the job or an earlier one.
        idle: whether a pause has lasted too long.
    """

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.done, self.idle = 0, False
        self._orders: Orders | None = None
        self._single = 0
        self._heard = threading.Condition()

    def hear(self, orders: Orders) -> None:
        """Take in orders (called from another thread); late ones count no more."""
        with self._heard:
            if self._orders is None:
                self.done, self._single = orders.done, orders.iterations
            if self._orders is None or orders.number > self._orders.number:
                self._orders = orders
            self._heard.notify_all()

    def wake(self) -> None:
        """Have a pause look whether it is to end (called from another thread)."""
        with self._heard:
            self._heard.notify_all()

    def wait_for_first(self, stopped: Callable[[], bool]) -> bytes:
        """Wait until orders were heard, but not long; the checkpoint that they bring, b"" for none."""
        with self._heard:
            self._heard.wait_for(lambda: self._orders is not None or stopped(), FIRST_SECONDS)
            first = self._orders or Orders()
            if self._orders is not None:
                self._orders = replace(first, checkpoint=b"")
        return first.checkpoint

    def begin_at(self, iteration: int) -> None:
        """The training begins at an iteration: what was changed before it has been changed."""
        with self._heard:
            log = (self._orders or Orders()).log
        self.changes = [change for change in log if change.iteration < iteration]

    def wait(self, iteration: int, stopped: Callable[[], bool], beat: Callable[[], None]) -> None:
        """Wait, without working, as long as the training is to pause.

        Args:
            iteration: that it has come to.
            stopped: whether it is to stop.
            beat: called when the pause begins, at orders, and every second.
        """
        began, number = time.monotonic(), -1
        while True:
            with self._heard:
                orders = self._orders or Orders()
                if orders.number != number:
                    began, number = time.monotonic(), orders.number
                self.idle = time.monotonic() - began >= IDLE_SECONDS
                if self._goes_on(orders, iteration) or self.idle or stopped():
                    return
            beat()
            with self._heard:
                if (self._orders or Orders()).number == number and not stopped():
                    self._heard.wait(BEAT_SECONDS)

    def _goes_on(self, orders: Orders, iteration: int) -> bool:
        if not orders.paused:
            self._single = orders.iterations  # those that were not done have no meaning any more
            return True
        if iteration < orders.reached:
            return True
        single = orders.iterations > self._single
        self._single += single
        return single

    def change(self, iteration: int) -> Change | None:
        """The change that is to be made after an iteration, None for none."""
        change = Change(iteration=iteration)
        with self._heard:
            orders = self._orders or Orders()
            for logged in orders.log:
                if logged.iteration == iteration:
                    change = change.then(logged)
            if iteration >= orders.reached:
                for tikhonov, step in orders.wishes[self.done :]:
                    change = change.then(Change(iteration=iteration, tikhonov=tikhonov, step=step))
                self.done = max(self.done, len(orders.wishes))
        if change.empty:
            return None
        self.changes.append(change)
        return change
