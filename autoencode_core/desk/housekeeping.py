"""Housekeeping: what a server does every few seconds, whether anybody looks or not."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass
class _Duty:
    seconds: float
    do: Callable[[], object]
    due: float = 0.0
    failed: bool = False


class Housekeeping:
    """Duties, done one after the other in one thread; one that fails is told in the log, and done again."""

    def __init__(self) -> None:
        self._duties: list[_Duty] = []
        self._lock, self._over = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None

    def every(self, seconds: float, do: Callable[[], object]) -> None:
        """Have something done, the first time when the thread starts.

        Args:
            seconds: time from its end to its next beginning.
            do: what is done.
        """
        self._duties.append(_Duty(seconds, do))

    def start(self) -> None:
        """Start the thread, where it does not run yet."""
        with self._lock:
            if self._thread is None and not self._over.is_set():
                self._thread = threading.Thread(target=self._keep, name="housekeeping", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the thread after the duty at hand."""
        self._over.set()

    def _keep(self) -> None:
        while not self._over.is_set():
            for duty in list(self._duties):
                if time.monotonic() >= duty.due and not self._over.is_set():
                    self._do(duty)
            least = min((duty.due for duty in self._duties), default=time.monotonic() + 1)
            self._over.wait(max(0.05, least - time.monotonic()))

    def _do(self, duty: _Duty) -> None:
        try:
            duty.do()
            duty.failed = False
        except Exception:
            if not duty.failed:
                log.exception("a duty of the server failed")
            duty.failed = True
        duty.due = time.monotonic() + duty.seconds
