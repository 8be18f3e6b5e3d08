"""Dispatch: calls of functions on Dask workers: queued, followed, heard of, stopped, kept for a while."""

import logging
import math
import threading
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from secrets import token_hex
from typing import Any, Generic, TypeVar

from autoencode_core.desk.call import Call, GivenUp
from autoencode_core.desk.connection import ADDRESS, Connection, ServerClosed
from autoencode_core.desk.turns import Turns
from autoencode_core.errors import InputError
from autoencode_core.workers.files import FilesLacking, files_of, with_contents
from autoencode_core.workers.reporting import ComputationFailed, request_stop
from autoencode_core.workers.training import give_orders

LOSSES = ("KilledWorker", "CommClosedError", "ClosedClientError", "FutureLostError")
"""Errors of distributed that say that the workers were lost, beside what is cancelled and OSError; by name,
since distributed takes its time to import."""
AWAY_SECONDS = 5.0
"""Time after which workers that were not to be had are looked for again."""

_STRANDED_SECONDS = 5.0

log = logging.getLogger(__name__)

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
        places: how many calls of a lane may be on their way at once; must not wait for anything.
        on_end: called with each call that is over, with the lock held; not where the server was closed.

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
        places: Callable[[str], float] = lambda lane: math.inf,
        on_end: Callable[[C], None] = lambda call: None,
    ) -> None:
        self.connection, self.kept = connection, kept
        self.changed = threading.Condition()
        self.calls: OrderedDict[str, C] = OrderedDict()
        self._what, self._allowed, self._most_bytes, self._by_use = what, allowed, most_bytes, by_use
        self._places, self._on_end, self._count = places, on_end, 0
        self._turns = defaultdict[str, Turns](Turns)
        self._waiting: dict[C, Callable[[C], Callable[[], None]]] = {}
        self._under_way: dict[C, Callable[[C], Callable[[], None]]] = {}
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
        """Follow a call to its end, in a thread of its own that only waits, as soon as it is its turn.

        Args:
            call: it takes the place of an earlier one of its id.
            compute: has workers compute it, by `result`, and gives what notes down that it is over; that is
                called with the lock held, unless the call is over by then. It is called again where the
                workers were lost.
        """
        with self.changed:
            self.calls[call.call_id] = call
            self._used(call.call_id)
            self._count += 1
            call.number, call.turn = self._count, self._turns[call.lane].take(call.owners)
            self._waiting[call] = compute
            self.admit()
            if call in self._waiting:
                call.waits("Waiting for its turn.")

    def join(self, call: C, owner: str) -> None:
        """Somebody else asks for the same; it is to begin when it is the turn of the first of them."""
        with self.changed:
            if owner and owner not in call.owners:
                call.owners.add(owner)
                call.turn = min(call.turn, self._turns[call.lane].take([owner]))

    def admit(self) -> None:
        """Begin the calls whose turn it is; to be called whenever there may be room."""
        with self.changed:
            for lane in {call.lane for call in self._waiting}:
                room = self._places(lane) - sum(call.lane == lane for call in self._under_way)
                for call in self._line(lane):
                    if room < 1:
                        break
                    if call.not_before <= time.monotonic():
                        room -= 1
                        self._turns[lane].begun(call.turn)
                        compute = self._under_way[call] = self._waiting.pop(call)
                        args = call, compute
                        threading.Thread(target=self._follow, args=args, name=call.token, daemon=True).start()

    def queue(self, lane: str) -> list[C]:
        """Calls of a lane that wait for their turn, the next one first."""
        with self.changed:
            return self._line(lane)

    def waiting(self) -> int:
        """How many calls wait for their turn, in all lanes."""
        return len(self._waiting)

    def under_way(self) -> list[C]:
        """Calls whose turn has come and that are not over."""
        with self.changed:
            return list(self._under_way)

    def _line(self, lane: str) -> list[C]:
        line = [call for call in self._waiting if call.lane == lane]
        return sorted(line, key=lambda call: (call.turn, call.number))

    def result(
        self, call: C, function: Callable[..., T], *args: Any, named: Iterable[object] = (), **options: Any
    ) -> T:
        """What a function gives on a worker; the caller waits for it.

        Args:
            call: the call that it is a part of, or all.
            function: what a worker calls.
            args: with what.
            named: data sets and whatever else may name a data file of this server, which goes along, as
                "files", to workers that may not see it.
            options: more of its arguments, and of those of Dask's Client.submit.

        Raises:
            GivenUp: the call was stopped before it was known to have begun.
            InputError: the cluster of DASK_SCHEDULER_ADDRESS does not answer.
            Exception: whatever the function raised, or Dask for it.
        """
        client = self.connection.client()
        files = () if self.connection.shared_files else files_of(named)
        if not files:
            return self._submitted(client, call, function, *args, **options)
        try:
            return self._submitted(client, call, function, *args, files=files, **options)
        except FilesLacking as lacking:  # the same worker gets them, so that it has them from now on
            place = {"workers": [lacking.worker], "allow_other_workers": True}
            whole = with_contents(files)
            return self._submitted(client, call, function, *args, files=whole, **options | place)

    def _submitted(self, client: Any, call: C, function: Callable[..., T], *args: Any, **options: Any) -> T:
        """As `result`."""
        with self.changed:
            self._check_wanted(call)
            key = call.new_key()
        future: Any = client.submit(function, *args, key=key, pure=False, **options)
        try:
            with self.changed:
                self._check_wanted(call)
                call.submitted(future)
            result: T = self._waited_for(call, future)
        except GivenUp:
            _cancel(future)
            raise
        except CancelledError:
            if call.given_up:
                raise GivenUp from None
            raise
        return result

    def _waited_for(self, call: C, future: Any) -> Any:
        """What a future gives; one whose worker has gone, and that the cluster leaves lying, is cancelled.

        Dask looks for another worker when the one that a call is meant for falls, but not where no worker is
        left at that moment.
        """
        missed = 0
        while True:
            try:
                return future.result(timeout=_STRANDED_SECONDS)
            except TimeoutError:
                if future.done():  # it is the call's own error
                    raise
                here = {worker.address for worker in self.connection.workers()}
                meant = call.worker or call.placed
                missed = missed + 1 if here and meant and meant not in here else 0
                if missed > 2:
                    _cancel(future)
                    raise CancelledError from None

    def place(
        self, call: C, takes: Mapping[str, float] | None, preferred: str = "", room: int = 1
    ) -> dict[str, Any]:
        """Which worker a call is meant for, as options of `result`: a cluster does not look who has room.

        Args:
            call: whose turn it is.
            takes: Dask resources that it needs.
            preferred: address of the worker that is best, where it has room.
            room: how many calls of the lane a worker computes at once.
        """
        with self.changed:
            others = [each for each in self._under_way if each is not call and each.lane == call.lane]
            there = Counter(each.worker or each.placed for each in others)
            able = [
                worker.address
                for worker in self.connection.workers()
                if all(worker.offers.get(name, 0) >= 1 for name in takes or ())
            ]
            least = min(able, key=lambda address: there[address], default="")
            call.placed = preferred if preferred and there[preferred] < room else least
            return {"workers": [call.placed], "allow_other_workers": True} if call.placed else {}

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
            if unwanted and call in self._waiting:
                del self._waiting[call]
                if not call.over:
                    call.fail(GivenUp())
                self._ended(call)
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
                del self._under_way[call]
                if not call.over and self._begins_again(call, error):
                    self._waiting[call] = compute
                else:
                    self._failed(call, error)
        else:
            with self.changed:
                del self._under_way[call]
                if not call.over:
                    end()
                self._ended(call)
        self.admit()

    def _begins_again(self, call: C, error: Exception) -> bool:
        """Whether a call is not over, though the workers were lost or are not to be had."""
        if self.connection.closed or call.given_up:
            return False
        if isinstance(error, InputError) and error.field == ADDRESS:
            call.not_before = time.monotonic() + AWAY_SECONDS
            call.waits(f"There are no workers at present ({error}). It begins as soon as there are.")
            return True
        kind = type(error).__name__
        if not isinstance(error, CancelledError | OSError) and kind not in LOSSES:
            return False
        log.warning("%s: the workers were lost (%s)", call.token, kind)
        again = call.lost(killed=kind == "KilledWorker")
        if again:
            call.waits("The workers were lost. It goes on where it was as soon as there are others.")
        return again

    def _failed(self, call: C, error: Exception) -> None:
        if not call.over:
            if not isinstance(error, GivenUp | InputError):  # the doing of who called
                details = getattr(error, "details", "") or repr(error)
                log.error("%s failed: %s", call.token, details)
            call.fail(error)
        self._ended(call)

    def _ended(self, call: C) -> None:
        call.future = None  # lets the cluster forget the result
        if self.calls.get(call.call_id) is call:
            self._used(call.call_id)
        if not self.connection.closed:
            self._on_end(call)
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
            orders = call.orders(beginning=True) if first and call is not None else None
        if unwanted:
            self.connection.soon(worker, request_stop, token)
        if orders is not None:
            self.connection.soon(worker, give_orders, token, orders)

    def _closed(self) -> None:
        with self.changed:
            for call in self.calls.values():
                if not call.over:
                    call.fail(ServerClosed())
            self._waiting.clear()
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
        return "The workers were lost several times."
    if type(error).__name__ == "KilledWorker":
        return "The worker process died several times, perhaps for lack of memory."
    return f"The workers could not do it: {type(error).__name__}: {error}".splitlines()[0]
