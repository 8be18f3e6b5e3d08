"""Calls at work on this Dask worker: how they say how far they have come, and how they hear of a stop.

Nothing here imports torch, so the server can import this module.
"""

import math
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from secrets import token_hex
from typing import Any, TypeVar

from autoencode_core.errors import InputError

TOPIC = "autoencode-progress"
"""Topic of all events of progress: dicts of "token", "attempt", "worker", and what Reporter.news gives."""


class ComputationFailed(RuntimeError):
    """A computation that broke off for another reason than bad input.

    Args:
        message: one sentence for a person.
        details: the traceback, for the log.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message, details)
        self.message, self.details = message, details


class Reporter(ABC):
    """Sends events of one call on this worker, and knows whether a stop was asked for.

    Args:
        token: the call's name on the cluster, which no other call has.
        seconds: time between two events.

    Attributes:
        token: as given.
        attempt: tells this start of the call from others; a call whose worker died starts again elsewhere.
        worker: the Dask worker.
        stop_asked: whether somebody wants it to stop.
        over: whether the call has ended.
    """

    def __init__(self, token: str, seconds: float) -> None:
        from distributed import get_worker  # lazy: start-up time

        self.token, self.attempt = token, token_hex(4)
        self.worker: Any = get_worker()
        self.stop_asked = self.over = False
        self._seconds, self._sent = seconds, -math.inf

    @abstractmethod
    def news(self) -> dict[str, Any]:
        """What an event says beside who sends it; plain values and bytes."""

    @property
    def wait(self) -> float:
        """Seconds until the next event is due, 0 or less when it is."""
        return self._sent + self._seconds - time.monotonic()

    def send(self) -> None:
        """Send an event now."""
        self._sent = time.monotonic()
        about = {"token": self.token, "attempt": self.attempt, "worker": self.worker.address}
        self.worker.log_event(TOPIC, {**about, **self.news()})

    def stop(self) -> None:
        """Somebody wants it to stop (called from another thread)."""
        self.stop_asked = True

    def end(self) -> None:
        """The call has ended."""
        self.over = True


R = TypeVar("R", bound=Reporter)
T = TypeVar("T")

_lock = threading.Lock()
_at_work: list[Reporter] = []


def reported(reporter: R, compute: Callable[[R], T], what: str) -> T:
    """What `compute` gives when it is called with a reporter, which can be asked to stop meanwhile.

    Exceptions of other libraries must not travel: unpickling one would import its library (torch) in
    the server.

    Args:
        reporter: of this call.
        compute: what is done.
        what: what to call it in a sentence, such as "The training".

    Raises:
        InputError: what was asked for cannot be used here.
        ComputationFailed: anything else went wrong.
    """
    failure: Exception
    with _lock:
        _at_work.append(reporter)
    try:
        reporter.send()  # says that it has begun, and where
        return compute(reporter)
    except InputError as error:
        failure = InputError(error.field, error.value, error.allowed)
    except Exception as error:
        failure = ComputationFailed(_sentence(error, what), traceback.format_exc())
    finally:
        with _lock:
            _at_work.remove(reporter)
        reporter.end()
    raise failure


def _sentence(error: Exception, what: str) -> str:
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return "There was not enough memory: fewer particles, less depth or less width would help."
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{what} broke off: {type(error).__name__}{': ' if first else ''}{first[:200]}"


def at_work(token: str) -> list[Reporter]:
    """The reporters of a call, oldest first: one for each attempt in this process, mostly one or none."""
    with _lock:
        return [reporter for reporter in _at_work if reporter.token == token]


def request_stop(token: str) -> None:
    """Ask a call of this process to stop; one that is not here takes no harm."""
    for reporter in at_work(token):
        reporter.stop()
