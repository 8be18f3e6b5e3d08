"""Connection: the Dask cluster of one server, started or found when it is first wanted.

distributed costs 0.3 s to import, so it is imported when the first call is made.
"""

import asyncio
import atexit
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from autoencode_core.errors import InputError
from autoencode_core.workers import warm_up
from autoencode_core.workers.reporting import TOPIC

ADDRESS = "DASK_SCHEDULER_ADDRESS"
"""Environment variable with the address of a cluster; without it the workers are the server's own."""

_CONNECT_SECONDS = 3
_ANSWER_SECONDS = 3.0

log = logging.getLogger(__name__)


class ServerClosed(RuntimeError):
    """The connection was ended for good."""

    def __init__(self) -> None:
        super().__init__("The server was closed.")


class Connection:
    """The way to a cluster; one that was lost is started or looked for anew at the next wish.

    Args:
        address: of a Dask scheduler, None for worker processes of the server's own.
        workers: number of own worker processes.
        warmed: whether own workers import what takes long when they start.

    Attributes:
        cluster: the own processes, None before and elsewhere.
        closed: whether it was ended for good.
    """

    def __init__(self, address: str | None, workers: int, warmed: bool) -> None:
        self.address, self.workers, self.closed = address, workers, False
        self.cluster: Any = None
        self._preload = (warm_up.__name__,) if warmed else ()
        self._listeners: list[tuple[Callable[[Mapping[str, Any]], None], Callable[[], None]]] = []
        self._client: Any = None
        self._connecting = threading.Lock()

    def listen(self, heard: Callable[[Mapping[str, Any]], None], closed: Callable[[], None]) -> None:
        """Hear of what happens on the cluster, until the end.

        Args:
            heard: called with every event of progress (workers/reporting.py), those of other servers' calls
                among them, on the client's loop.
            closed: called when the connection is ended for good.
        """
        self._listeners.append((heard, closed))

    def start(self) -> None:
        """Start own workers in the background, so that the first job need not wait for them."""
        if self.address is None and not self._ready():
            threading.Thread(target=self._start_quietly, name="start-workers", daemon=True).start()

    def client(self) -> Any:
        """The Dask client, after starting or finding the cluster if need be, which the caller waits for.

        Raises:
            InputError: the cluster of DASK_SCHEDULER_ADDRESS does not answer.
            ServerClosed: it was ended for good.
            RuntimeError: the workers do not start.
        """
        with self._connecting:
            if not self._ready():
                self._disconnect()
                if self.closed:
                    raise ServerClosed
                self._connect()
            return self._client

    def slots(self) -> int:
        return self.workers

    def resources(self, kind: str) -> dict[str, float] | None:
        return {"train": 1} if kind == "train" and self.one_by_one() else None

    def look_after(self) -> None:
        pass

    def state(self) -> tuple[Any, str]:
        return "ready", ""

    def workers_now(self) -> tuple[Any, ...]:
        return ()

    def one_by_one(self) -> bool:
        """Whether workers train one job at a time, as the server's own do; raises as `client`."""
        if self.address is None:
            return True
        workers = self.client().scheduler_info()["workers"].values()
        return any("train" in worker["resources"] for worker in workers)

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
            self._disconnect()

    def _ready(self) -> bool:
        return self._client is not None and self._client.status == "running"

    def _connect(self) -> None:
        from distributed import Client  # lazy: start-up time

        # After the import, so that at the server's end this comes before distributed's own clean-up.
        atexit.unregister(self.close)
        atexit.register(self.close)
        if self.address is None:
            from autoencode_core.desk.cluster import start_cluster  # lazy: start-up time

            self.cluster = start_cluster(self.workers, self._preload)
        try:
            client = Client(self.cluster or self.address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, RuntimeError) as error:
            self._disconnect()
            if self.address is None:
                raise
            log.warning("no scheduler at %s: %s", self.address, error)
            allowed = "the address of a Dask scheduler that answers, such as tcp://host:8786"
            raise InputError(ADDRESS, self.address, allowed) from None
        client.subscribe_topic(TOPIC, self._heard)
        self._client = client

    def _disconnect(self) -> None:
        client, cluster, self._client, self.cluster = self._client, self.cluster, None, None
        if client is not None:
            with suppress(Exception):  # what is gone already cannot be closed in order
                client.close(timeout=1)
        if cluster is not None:
            from autoencode_core.desk.cluster import end_cluster  # lazy: start-up time

            end_cluster(cluster)

    def _heard(self, event: tuple[float, Mapping[str, Any]]) -> None:
        for heard, _ in self._listeners:
            heard(event[1])

    def _start_quietly(self) -> None:
        try:
            self.client()
        except Exception:
            log.exception("the workers did not start")  # the first job will say so to a person
