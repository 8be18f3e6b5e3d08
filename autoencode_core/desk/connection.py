"""Connection: the Dask cluster of one server, started or found when it is first wanted.

distributed costs 0.3 s to import, so it is imported when the first call is made.
"""

import asyncio
import atexit
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Literal

from autoencode_core.desk import worker_facts
from autoencode_core.desk.worker_facts import WorkerFacts
from autoencode_core.errors import InputError
from autoencode_core.workers import warm_up
from autoencode_core.workers.reporting import TOPIC
from autoencode_core.workers.versions import versions

ADDRESS = "DASK_SCHEDULER_ADDRESS"
"""Environment variable with the address of a cluster; without it the workers are the server's own."""

_CONNECT_SECONDS = 3.0
_MEET_SECONDS, _LOOK_SECONDS = 5.0, 0.05
_ANSWER_SECONDS = 3.0
_REFUSED_SECONDS = 3.0
_MISSED = 3
"""So many times in a row a scheduler may leave a question unanswered before it counts as lost."""

log = logging.getLogger(__name__)


class ServerClosed(RuntimeError):
    """The connection was ended for good."""

    def __init__(self) -> None:
        super().__init__("The server was closed.")


class Connection:
    """The way to a cluster; one that was lost is started or looked for anew at the next wish.

    Only `client`, `meet_workers` and `close` may wait; all else answers at once, by what was heard last.

    Args:
        address: of a Dask scheduler, None for worker processes of the server's own.
        workers: number of own worker processes.
        warmed: whether own workers import what takes long when they start.

    Attributes:
        address: as given.
        cluster: the own processes (OwnCluster), None before and elsewhere.
        closed: whether it was ended for good.
    """

    def __init__(self, address: str | None, workers: int, warmed: bool) -> None:
        self.address, self.closed = address, False
        self.cluster: Any = None
        self._own, self._preload = workers, (warm_up.__name__,) if warmed else ()
        self._listeners: list[tuple[Callable[[Mapping[str, Any]], None], Callable[[], None]]] = []
        self._client: Any = None
        self._connecting = threading.Lock()
        self._refused: tuple[float, InputError] | None = None
        self._trouble = ""
        self._asked: Future[None] | None = None
        self._missed, self._since = 0, 0.0
        self._workers: tuple[WorkerFacts, ...] = ()
        self._told: dict[str, Mapping[str, str]] = {}
        self._scheduler_told: Mapping[str, str] | None = None

    def listen(self, heard: Callable[[Mapping[str, Any]], None], closed: Callable[[], None]) -> None:
        """Hear of what happens on the cluster, until the end.

        Args:
            heard: called with every event of progress (workers/reporting.py), those of other servers' calls
                among them, on the client's loop.
            closed: called when the connection is ended for good.
        """
        self._listeners.append((heard, closed))

    def start(self) -> None:
        """Start own workers, or look for the cluster, in the background: the first job need not wait then."""
        if not self._ready():
            threading.Thread(target=self._start_quietly, name="start-workers", daemon=True).start()

    def client(self) -> Any:
        """The Dask client, after starting or finding the cluster if need be, which the caller waits for.

        Raises:
            InputError: the cluster of DASK_SCHEDULER_ADDRESS does not answer within 3 s, or did not so a
                moment ago.
            ServerClosed: it was ended for good.
            RuntimeError: the workers do not start.
        """
        with self._connecting:
            if not self._ready():
                self._let_go()
                if self.closed:
                    raise ServerClosed
                self._connect()
            return self._client

    def look_after(self) -> None:
        """See that the cluster is there, without waiting for it; to be called every 2 s or so.

        Own workers that ended are started again. A scheduler that has ended, or has been silent for three
        questions of 3 s each, is let go: whoever waits for a result hears a CancelledError within 2 s, and
        the next `client` starts or looks for another one.
        """
        if not self._connecting.acquire(blocking=False):
            return  # somebody is connecting, or ending it
        try:
            if self._client is None:
                return
            if not self._ready() or self._missed >= _MISSED or (self.cluster and self.cluster.lost):
                log.warning("the scheduler of %s is lost", self.scheduler)
                self._trouble = self._lost()
                self._let_go()
                return
            if self.cluster is not None:
                self.cluster.renew([worker.name for worker in self._workers])
            if self._asked is None or self._asked.done():
                loop = self._client.loop.asyncio_loop
                self._asked = asyncio.run_coroutine_threadsafe(self._ask(self._client), loop)
        finally:
            self._connecting.release()

    def meet_workers(self, all_of_them: bool = False) -> None:
        """Wait until workers are known, though not long: right after a start they are not there yet.

        Args:
            all_of_them: whether it is to be asked anew who is there, and own ones that fell are to come back.
        """
        now, client = time.monotonic(), self._client
        if all_of_them and client is not None:
            with suppress(Exception):  # a scheduler that does not answer is look_after's to notice
                loop = client.loop.asyncio_loop
                asyncio.run_coroutine_threadsafe(self._ask(client), loop).result(_ANSWER_SECONDS)
        started = now < self._since + _MEET_SECONDS
        wanted = self._own if self.address is None and (all_of_them or started) else 1
        while len(self._workers) < wanted and time.monotonic() < now + _MEET_SECONDS:
            self.look_after()
            time.sleep(_LOOK_SECONDS)

    # ---- what is known, at once

    @property
    def state(self) -> Literal["idle", "starting", "ready", "lost"]:
        """Whether there is a cluster: none wanted yet, looked for or being started, there, not there."""
        if self._ready():
            return "ready"
        if self._trouble:
            return "lost"
        return "starting" if self._connecting.locked() else "idle"

    @property
    def scheduler(self) -> str:
        """What the cluster is called on screen."""
        return self.address or "own processes"

    def trouble(self) -> str:
        """A sentence about what is wrong with the cluster and what to do, "" while all is well."""
        if self._trouble or not self._ready():
            return self._trouble
        if self.address is None:
            return ""
        who = f"The scheduler at {self.address}"
        if sentence := worker_facts.unsuited(who, self._scheduler_told):
            return sentence
        if self._workers:
            return worker_facts.mismatch(self._workers)
        return f"The cluster at {self.address} has no workers: start some with “dask worker {self.address}”."

    def workers(self) -> tuple[WorkerFacts, ...]:
        """The workers of the cluster as `look_after` last heard of them."""
        return self._workers

    def resources(self, kind: str, device: str = "") -> dict[str, float] | None:
        """What a call takes of a worker's Dask resources, for Client.submit; None where none offers it.

        Args:
            kind: train (a training or study), answer, or heavy (a question that takes long).
            device: that a training asks for: "cuda" takes a "GPU" where a worker offers one.
        """
        if self.address is None:
            return worker_facts.taken(kind)
        return worker_facts.resources(self._workers, kind, device)

    def slots(self) -> int:
        """How many trainings run side by side, at least 1."""
        if self.address is None:
            return min(self._own, len(self._workers) or self._own)
        return max(1, worker_facts.slots(self._workers))

    @property
    def shared_files(self) -> bool:
        """Whether the workers surely see the server's files."""
        return self.address is None

    def soon(
        self,
        address: str,
        function: Callable[..., object],
        *args: Any,
        then: Callable[[Any], object] | None = None,
    ) -> "Future[None]":
        """Have a worker call a function beside its work, soon.

        Args:
            address: of the worker; one that is gone takes no harm.
            function: what it calls.
            args: with what.
            then: called with what comes back, on the client's loop.

        Returns:
            When all that was done; never when the cluster is gone.
        """
        client = self._client
        if client is None:  # the call will hear of it
            return Future()

        async def asked() -> None:
            call = client.run(function, *args, workers=[address], on_error="ignore")
            for answer in (await asyncio.wait_for(call, _ANSWER_SECONDS)).values():
                if then is not None:
                    then(answer)

        return asyncio.run_coroutine_threadsafe(asked(), client.loop.asyncio_loop)

    def close(self) -> None:
        """End the connection, and own workers, for good."""
        atexit.unregister(self.close)
        self.closed = True
        for _, closed in self._listeners:
            closed()
        with self._connecting:
            _end(*self._taken_off())

    # ---- connecting

    def _ready(self) -> bool:
        client = self._client
        return client is not None and client.status == "running"

    def _connect(self) -> None:
        if self._refused and time.monotonic() - self._refused[0] < _REFUSED_SECONDS:
            raise self._refused[1]  # those who waited for this need not try, one after the other, in vain
        from distributed import Client  # lazy: start-up time

        # It would print a traceback for every lost scheduler; look_after tells of those in a sentence.
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        # After the import, so that at the server's end this comes before distributed's own clean-up.
        atexit.unregister(self.close)
        atexit.register(self.close)
        try:
            address, security = self._start_own() if self.address is None else self._find(self.address)
            client = Client(address, security=security, timeout=_CONNECT_SECONDS, set_as_default=False)
        except Exception as error:
            self._let_go()
            self._trouble = "The worker processes do not start." if self.address is None else self._lost()
            if self.address is None:
                raise
            log.warning("no scheduler at %s: %s", self.address, error)
            allowed = "the address of a Dask scheduler that answers, such as tcp://host:8786"
            refusal = error if isinstance(error, InputError) else InputError(ADDRESS, self.address, allowed)
            self._refused = time.monotonic(), refusal
            raise refusal from None
        client.subscribe_topic(TOPIC, self._heard)
        self._client, self._refused, self._trouble = client, None, ""
        self._since = time.monotonic()

    def _start_own(self) -> tuple[str, Any]:
        from autoencode_core.desk.cluster import OwnCluster  # lazy: start-up time

        self.cluster = OwnCluster(self._own, self._preload)
        return self.cluster.address, self.cluster.security

    def _find(self, address: str) -> tuple[str, Any]:
        """Make sure that a scheduler answers, since a Client would wait far longer, and see its workers."""
        from autoencode_core.desk.scheduler_address import certificates, identity  # lazy: start-up time

        security = certificates(address)
        self._take(asyncio.run(identity(address, security, _CONNECT_SECONDS)))
        return address, security

    def _lost(self) -> str:
        if self.address is None:
            return "The worker processes were lost; they are started again for the next job or question."
        return f"No Dask scheduler answers at {self.address}: start it, or correct {ADDRESS}."

    def _taken_off(self) -> tuple[Any, Any]:
        """Client and own cluster, which this connection has no longer."""
        taken = self._client, self.cluster
        self._client = self.cluster = self._asked = None
        self._missed, self._workers, self._told, self._scheduler_told = 0, (), {}, None
        return taken

    def _let_go(self) -> None:
        """Part from a cluster; its end need not be waited for."""
        taken = self._taken_off()
        if any(taken):
            threading.Thread(target=_end, args=taken, name="end-workers", daemon=True).start()

    # ---- hearing

    async def _ask(self, client: Any) -> None:
        """Ask the scheduler who is there, and workers that are new for their versions."""
        try:
            identity = await asyncio.wait_for(client.scheduler.identity(n_workers=-1), _ANSWER_SECONDS)
        except Exception as error:
            log.warning("the scheduler of %s does not answer: %r", self.scheduler, error)
            if client is self._client:
                self._missed += 1
            return
        if client is not self._client:
            return
        self._missed = 0
        self._take(identity)
        new = [address for address in identity["workers"] if address not in self._told]
        if self._scheduler_told is None and self.address is not None:
            self._scheduler_told = await _told(client.run_on_scheduler(versions))
        if new and self.address is not None:
            told = await asyncio.wait_for(
                client.run(versions, workers=new, on_error="return"), _ANSWER_SECONDS
            )
            said = {address: answer if isinstance(answer, dict) else {} for address, answer in told.items()}
            self._told |= said
            self._take(identity)
        if (trouble := self.trouble()) and new:
            log.warning("%s", trouble)

    def _take(self, identity: Mapping[str, Any]) -> None:
        self._told = {
            address: self._told[address] for address in identity["workers"] if address in self._told
        }
        self._workers = worker_facts.facts_of(identity, self._told)

    def _heard(self, event: tuple[float, Mapping[str, Any]]) -> None:
        for heard, _ in self._listeners:
            heard(event[1])

    def _start_quietly(self) -> None:
        try:
            self.client()
        except InputError as error:
            log.warning("%s", error)
        except Exception:
            log.exception("the workers did not start")  # the first job will say so to a person


async def _told(answer: Any) -> Mapping[str, str]:
    """Versions that a process tells, {} where it lacks the function that tells them."""
    try:
        told: Mapping[str, str] = await asyncio.wait_for(answer, _ANSWER_SECONDS)
    except (OSError, TimeoutError):
        raise  # asked again next time
    except Exception:
        return {}
    return told


async def _cancel_all(client: Any) -> None:
    """Tell those who wait for results: once the loop has ended they would wait for ever."""
    for future in list(client.futures.values()):
        future.cancel(reason="the connection was ended")
    await asyncio.sleep(0.05)


def _end(client: Any, cluster: Any) -> None:
    """Close a client, whose waiting callers hear of it, and end own processes."""
    if client is not None:
        with suppress(Exception):  # its loop may be gone
            asyncio.run_coroutine_threadsafe(_cancel_all(client), client.loop.asyncio_loop).result(1)
        with suppress(Exception):  # what is gone already cannot be closed in order
            client.close(timeout=1)
    if cluster is not None:
        cluster.close()
