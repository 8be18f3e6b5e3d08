"""Dispatch: calls of functions on Dask workers: submitted, followed, heard of, stopped, kept for a while."""

import logging
import math
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Generic, TypeVar

from autoencode_core.desk.connection import Connection, ServerClosed
from autoencode_core.errors import InputError
from autoencode_core.workers.orders import Orders
from autoencode_core.workers.reporting import ComputationFailed, request_stop
from autoencode_core.workers.training import give_orders

log = logging.getLogger(__name__)


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
        given_up: whether it was stopped before it was known to have begun.
        size: about how many bytes its result takes here.
    """

    call_id: str
    token: str
    future: Any = None
    worker: str = ""
    given_up: bool = False
    size: int = 0
    _attempts: list[str] = field(default_factory=list)

    @property
    @abstractmethod
    def over(self) -> bool:
        """Whether nothing more will come."""

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop, but its result is waited for."""
        return False

    def submitted(self, future: Any) -> None:
        """It is on the cluster."""
        self.future = future

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

    def orders(self) -> Orders | None:
        """What its worker is to know as soon as it begins, None for nothing."""
        return None

    def stop(self) -> None:
        """Somebody wants it to stop."""
        self.given_up = self.given_up or not self.worker

    @abstractmethod
    def fail(self, error: Exception) -> None:
        """It is over, because of an error or because it was given up."""


C = TypeVar("C", bound=Call)
T = TypeVar("T")


class Dispatch(Generic[C]):
    """Calls of one kind; every method may be called from any thread.

    Args:
        connection: to the workers.
        what: what a call is called where its id is not known, such as "job".
        allowed: which ids are known, for a person.
        kept: most calls that are kept after their end.
        most_bytes: most bytes that their results may have together (the latest is kept whatever its size).
        by_use: whether those that were not looked up for longest are forgotten first, or those begun first.

    Attributes:
        changed: lock around everything known of the calls; those who wait on it hear of every end.
        calls: by id, in the order in which they are forgotten.
    """

    def __init__(
        self,
        connection: Connection,
        what: str,
        allowed: str,
        kept: int,
        most_bytes: float = math.inf,
        by_use: bool = False,
    ) -> None:
        self.connection, self.kept = connection, kept
        self.changed = threading.Condition()
        self.calls: OrderedDict[str, C] = OrderedDict()
        self._what, self._allowed, self._most_bytes, self._by_use = what, allowed, most_bytes, by_use
        self._mark = token_hex(4)  # tells own calls from those of other servers on the same cluster
        connection.listen(self._heard, self._closed)

    def new_token(self, name: str) -> str:
        """A token for a call, which begins with a name."""
        return f"{name}-{self._mark}-{token_hex(4)}"

    def find(self, call_id: str) -> C:
        """A call by its id (the lock is held).

        Raises:
            InputError: there is no such call, or it is no longer kept.
        """
        if call_id not in self.calls:
            raise InputError(self._what, call_id, self._allowed)
        self._used(call_id)
        return self.calls[call_id]

    def begin(self, call: C, compute: Callable[[C], Callable[[], None]]) -> None:
        """Follow a call to its end, in a thread of its own that only waits.

        Args:
            call: it takes the place of an earlier one of its id.
            compute: has workers compute it, by `result`, and gives what notes down that it is over; that is
                called with the lock held, unless the call is over by then.
        """
        with self.changed:
            self.calls[call.call_id] = call
            self._used(call.call_id)
        threading.Thread(target=self._follow, args=(call, compute), name=call.token, daemon=True).start()

    def result(self, call: C, function: Callable[..., T], *args: Any, **options: Any) -> T:
        """What a function gives on a worker; the caller waits for it.

        Args:
            call: the call that it is a part of, or all.
            function: what a worker calls.
            args: with what.
            options: more of its arguments, and of those of Dask's Client.submit.

        Raises:
            GivenUp: the call was stopped before it was known to have begun.
            InputError: the cluster of DASK_SCHEDULER_ADDRESS does not answer.
            Exception: whatever the function raised, or Dask for it.
        """
        client = self.connection.client()
        with self.changed:
            self._check_wanted(call)
            key = call.token if call.future is None else f"{call.token}-again"
        future: Any = client.submit(function, *args, key=key, pure=False, **options)
        try:
            with self.changed:
                self._check_wanted(call)
                call.submitted(future)
            result: T = future.result()
        except GivenUp:
            _cancel(future)
            raise
        except CancelledError:
            if call.given_up:
                raise GivenUp from None
            raise
        return result

    def stop(self, call_id: str) -> None:
        """Stop a call: one that waits is taken off the cluster, the worker of one that runs is asked to.

        Raises:
            InputError: there is no such call, or it is no longer kept.
        """
        with self.changed:
            call = self.find(call_id)
            if call.over:
                return
            future, worker = call.future, call.worker
            call.stop()
            unwanted = call.over or call.given_up
            self.changed.notify_all()
        if unwanted and future is not None:
            _cancel(future)
        if worker:
            self.connection.soon(worker, request_stop, call.token)

    def order(self, call_id: str, wish: Callable[[C], object]) -> None:
        """Have a call want something else of its worker.

        Args:
            call_id: its id.
            wish: called with the call, with the lock held; an error that it raises changes nothing.

        Raises:
            InputError: there is no such call, or it is no longer kept.
        """
        with self.changed:
            call = self.find(call_id)
            if call.over:
                return
            wish(call)
            orders, worker = call.orders(), call.worker
            self.changed.notify_all()
        if worker and orders is not None:
            self.connection.soon(worker, give_orders, call.token, orders)

    # ---- one call

    def _check_wanted(self, call: C) -> None:
        if call.over or call.given_up:
            raise GivenUp

    def _follow(self, call: C, compute: Callable[[C], Callable[[], None]]) -> None:
        try:
            end = compute(call)
        except Exception as error:
            with self.changed:
                if not call.over:
                    if not isinstance(error, GivenUp | InputError):  # the doing of who called
                        details = getattr(error, "details", "") or repr(error)
                        log.error("%s failed: %s", call.token, details)
                    call.fail(error)
                self._ended(call)
        else:
            with self.changed:
                if not call.over:
                    end()
                self._ended(call)

    def _ended(self, call: C) -> None:
        call.future = None  # lets the cluster forget the result
        if self.calls.get(call.call_id) is call:
            self._used(call.call_id)
        self._trim()
        self.changed.notify_all()

    def _heard(self, event: Mapping[str, Any]) -> None:
        """An event of progress has come, perhaps of another server's call (called on the client's loop)."""
        token, worker = event["token"], event["worker"]
        if f"-{self._mark}-" not in token:
            return
        with self.changed:
            call = next((call for call in self.calls.values() if call.token == token), None)
            first = call is not None and call.hear(event["attempt"], worker, event)
            unwanted = call is None or call.over or (first and call.stopping)
            orders = call.orders() if first and call is not None else None
        if unwanted:
            self.connection.soon(worker, request_stop, token)
        if orders is not None:
            self.connection.soon(worker, give_orders, token, orders)

    def _closed(self) -> None:
        with self.changed:
            for call in self.calls.values():
                if not call.over:
                    call.fail(ServerClosed())
            self.changed.notify_all()

    # ---- what is kept

    def _used(self, call_id: str) -> None:
        if self._by_use:
            self.calls.move_to_end(call_id)

    def _trim(self) -> None:
        """Forget the first of the calls that are over, but never the latest one."""
        over = [call for call in self.calls.values() if call.over]
        total = sum(call.size for call in over)
        for place, call in enumerate(over[:-1]):
            if len(over) - place <= self.kept and total <= self._most_bytes:
                break
            total -= call.size
            del self.calls[call.call_id]


def _cancel(future: Any) -> None:
    with suppress(Exception):  # a cluster that is gone has forgotten it already
        future.cancel()


def sentence(error: Exception) -> str:
    """What a person is told of what ended a call."""
    if isinstance(error, InputError | ComputationFailed | ServerClosed):
        return str(getattr(error, "message", error))
    if isinstance(error, CancelledError):
        return "The workers were lost."
    if type(error).__name__ == "KilledWorker":
        return "The worker process died several times, perhaps for lack of memory."
    return f"The workers could not do it: {type(error).__name__}: {error}".splitlines()[0]
