"""Visitors of the app without a browser: they speak Streamlit's websocket protocol, on loopback only.

A visitor does what Streamlit's page does: it sends what is clicked, runs fragments again when they ask for
it, names the messages that it has kept, and says that a player's first frame stands.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
"""Seconds after which an answer counts as none."""
_FIRST_FRAME_SECONDS = 0.3
_KEPT_RUNS = 2
_FULL, _FRAGMENT = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY


@dataclass
class Server:
    """A dashboard of our own on a free port of this machine.

    Attributes:
        port: where it listens.
        process: the server itself.
        runs: folder of its runs.
        log: what it writes.
    """

    port: int
    process: "subprocess.Popen[bytes]"
    runs: Path
    log: Path

    def stored(self) -> int:
        """How many runs lie in its folder."""
        return len(list(self.runs.glob("[0-9]*/run.json"))) if self.runs.is_dir() else 0

    def tracebacks(self) -> int:
        """How many tracebacks its log has."""
        return self.log.read_text(errors="replace").count("Traceback (most recent call last)")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def start(folder: Path, port: int, **extra: str) -> Server:
    """Starts a dashboard and waits until it answers.

    Args:
        folder: its runs and its log go there; the log is continued.
        port: where it listens.
        extra: more of its environment.

    Raises:
        RuntimeError: it does not come up.
    """
    runs, log = folder / "runs", folder / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    env = {**os.environ, "AUTOENCODE_RUNS": str(runs), **extra}
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*command, "--server.port", str(port)],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server, end = Server(port, process, runs, log), time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
            return server
        time.sleep(0.1)
    stop(server)
    raise RuntimeError(f"the server did not come up; its log is {log}")


def stop(server: Server) -> None:
    """Ends a dashboard and all that it has started."""
    server.process.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


@contextmanager
def served(folder: Path, **extra: str) -> Iterator[Server]:
    """A dashboard that is gone at the end.

    Args:
        folder: as for `start`.
        extra: more of its environment.
    """
    # A benchmark that is ended from outside leaves nothing behind.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    server = start(folder, free_port(), **extra)
    try:
        yield server
    finally:
        stop(server)
        signal.signal(signal.SIGTERM, before)


@dataclass
class Visitor:
    """One tab of a browser, without the browser.

    Attributes:
        socket: to the server.
        widgets: what can be touched on the page, by key, without one by label: the message and its fragment.
        pages: hashes of the pages by their path.
        query: the link's query.
        errors: what went wrong, in words.
        told: what the page says in boxes.
    """

    socket: ClientConnection
    port: int
    widgets: dict[str, tuple[Any, str]] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    query: str = ""
    errors: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    _before: dict[str, tuple[Any, str]] = field(default_factory=dict)
    _states: dict[str, WidgetState] = field(default_factory=dict)
    _kept: dict[str, tuple[int, ForwardMsg]] = field(default_factory=dict)
    _timers: dict[str, tuple[float, "asyncio.Task[None]"]] = field(default_factory=dict)
    _begun: dict[str, bool] = field(default_factory=dict)
    _finished: "asyncio.Future[None] | None" = None
    _fragment_wanted: bool = False
    _page: str = ""
    _run: int = 0
    _stood: set[tuple[str, str]] = field(default_factory=set)
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    # ---- what a person does; each gives the seconds until the page has answered

    async def open(self, path: str = "", query: str = "") -> float:
        """Opens a page by its path, as the menu does, or with a query as a link does."""
        self._cancel_timers()
        self._states.clear()
        self._page, self.query = self.pages.get(path, ""), query
        return await self._answered(self._rerun(), fragment=False)

    async def click(self, name: str) -> float:
        """Clicks a button."""
        return await self.touch(name, trigger_value=True)

    async def touch(self, name: str, **value: Any) -> float:
        """Turns a widget.

        Args:
            name: its key, or the label of one without.
            value: a field of Streamlit's WidgetState.

        Raises:
            KeyError: there is no such widget on the page.
        """
        element, fragment = self.widgets.get(name) or self._before[name]
        state = WidgetState(id=element.id)
        for kind, given in value.items():
            part = getattr(state, kind)
            if hasattr(part, "data"):
                part.data.extend(given)
            else:
                setattr(state, kind, given)
        message = self._rerun(fragment, state)
        if "trigger_value" not in value:
            self._states[element.id] = state
        return await self._answered(message, fragment=bool(fragment))

    def linked(self, name: str) -> str:
        """What the link says under a name, "" for nothing."""
        return parse_qs(self.query).get(name, [""])[-1]

    # ---- the protocol

    def _rerun(self, fragment: str = "", *changed: WidgetState, auto: bool = False) -> BackMsg:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash = self.query, self._page
        state.fragment_id, state.is_auto_rerun = fragment, auto
        state.widget_states.widgets.extend({**self._states, **{each.id: each for each in changed}}.values())
        state.cached_message_hashes.extend(self._kept)
        state.context_info.timezone, state.context_info.locale = "UTC", "en-US"
        state.context_info.url = f"http://127.0.0.1:{self.port}/"
        state.context_info.color_scheme = "light"
        return message

    async def _answered(self, message: BackMsg, fragment: bool) -> float:
        self._begun.clear()
        self._finished, self._fragment_wanted = asyncio.get_running_loop().create_future(), fragment
        sent = time.monotonic()
        await self.socket.send(message.SerializeToString())
        await asyncio.wait_for(self._finished, PATIENCE)
        return time.monotonic() - sent

    async def listen(self) -> None:
        """Takes in what the server sends, until the connection ends."""
        with suppress(ConnectionClosed):
            async for data in self.socket:
                message = ForwardMsg()
                message.ParseFromString(data if isinstance(data, bytes) else data.encode())
                self._take(message)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._new_run(message)
        elif kind == "delta":
            if message.metadata.cacheable:
                self._kept[message.hash] = self._run, message
            self._element(message.delta)
        elif kind == "ref_hash" and message.ref_hash in self._kept:
            kept = self._kept[message.ref_hash][1]
            self._kept[message.ref_hash] = self._run, kept
            self._element(kept.delta)
        elif kind == "navigation":
            self.pages = {
                "" if page.is_default else page.url_pathname: page.page_script_hash
                for page in message.navigation.app_pages
            }
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            self._repeat(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._stop_timer(fragment)
        elif kind == "script_finished":
            self._ended(message)

    def _new_run(self, message: ForwardMsg) -> None:
        fragments = list(message.metadata.run.fragment_ids)
        self._begun[message.metadata.run.script_run_id] = bool(fragments)
        if not fragments:
            self._run += 1
            self._cancel_timers()
            self._before, self.widgets = self.widgets, {}
            self.told.clear()
            self._page = message.new_session.page_script_hash or self._page
            old = [name for name, (run, _) in self._kept.items() if self._run - run > _KEPT_RUNS]
            for name in old:
                del self._kept[name]

    def _ended(self, message: ForwardMsg) -> None:
        wanted = _FRAGMENT if self._fragment_wanted else _FULL
        ours = message.metadata.run.script_run_id in self._begun
        if message.script_finished in (wanted, _FULL) and ours and self._finished:
            if not self._finished.done():
                self._finished.set_result(None)
        elif message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self.errors.append("the script does not compile")

    def _element(self, delta: Any) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        kind = delta.new_element.WhichOneof("type")
        element = getattr(delta.new_element, kind) if kind else None
        if kind == "exception" or (kind == "alert" and "not your doing" in element.body):
            self.errors.append(str(getattr(element, "message", "") or element.body)[:200])
        elif kind == "alert":
            self.told.append(element.body)
        identity = getattr(element, "id", "")
        if identity:
            key = identity.split("-", 2)[-1]
            name = key if key != "None" else getattr(element, "label", "")
            self.widgets[name] = element, delta.fragment_id
        if kind == "bidi_component" and element.bytes:
            self._look_at(element, delta.fragment_id)

    def _look_at(self, element: Any, fragment: str) -> None:
        """A player tells when its first frame stands, if its scene asks for that."""
        length = int.from_bytes(element.bytes[:4], "little")
        scene = json.loads(element.bytes[4 : 4 + length])
        about = element.id, str(scene.get("id"))
        if scene.get("tell") and about not in self._stood:
            self._stood.add(about)
            value = json.dumps({"drawn": {"id": scene["id"], "stands": True}})
            self._soon(self._say(fragment, WidgetState(id=element.id, json_value=value)))

    async def _say(self, fragment: str, state: WidgetState) -> None:
        await asyncio.sleep(_FIRST_FRAME_SECONDS)
        await self.socket.send(self._rerun(fragment, state).SerializeToString())

    def _repeat(self, fragment: str, seconds: float) -> None:
        if self._timers.get(fragment, (0.0, None))[0] == seconds:
            return
        self._stop_timer(fragment)

        async def again() -> None:
            while True:
                await asyncio.sleep(seconds)
                await self.socket.send(self._rerun(fragment, auto=True).SerializeToString())

        self._timers[fragment] = seconds, self._soon(again())

    def _soon(self, work: Any) -> "asyncio.Task[None]":
        async def quietly() -> None:
            with suppress(ConnectionClosed):
                await work

        task = asyncio.create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _stop_timer(self, fragment: str) -> None:
        _, task = self._timers.pop(fragment, (0.0, None))
        if task is not None:
            task.cancel()

    def _cancel_timers(self) -> None:
        for fragment in list(self._timers):
            self._stop_timer(fragment)

    def leave(self) -> None:
        """Nothing more is sent."""
        for task in list(self._tasks):
            task.cancel()


@asynccontextmanager
async def visitor(port: int) -> AsyncIterator[Visitor]:
    """A visitor who has come, but not opened a page yet, and who leaves at the end.

    Args:
        port: of the dashboard on this machine.
    """
    streamlit: Sequence[Subprotocol] = [Subprotocol("streamlit")]
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    async with connect(
        address, subprotocols=streamlit, max_size=None, open_timeout=PATIENCE, ping_timeout=None
    ) as opened:
        here = Visitor(opened, port)
        listening = asyncio.create_task(here.listen())
        try:
            yield here
        finally:
            here.leave()
            listening.cancel()
