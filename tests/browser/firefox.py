"""A headless Firefox of the system, driven by WebDriver BiDi; Playwright drives only a patched one."""

import asyncio
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

PREFERENCES = {
    "remote.active-protocols": 1,  # WebDriver BiDi
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
    "toolkit.telemetry.enabled": False,
}


def find_firefox() -> str | None:
    """The path of a Firefox, None without one."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Tab:
    """One tab of a Firefox."""

    def __init__(self, loop: asyncio.AbstractEventLoop, socket: WebSocketClientConnection) -> None:
        self.loop, self.socket, self.number = loop, socket, 0
        self.errors: list[str] = []
        self.send("session.new", capabilities={})
        self.context = self.send("browsingContext.getTree")["contexts"][0]["context"]
        self.send("session.subscribe", events=["log.entryAdded"])

    def send(self, method: str, **params: Any) -> Any:
        """Sends a command and waits for its result; what the console says meanwhile is kept."""
        self.number += 1
        return self.loop.run_until_complete(self._send(self.number, method, params))

    async def _send(self, number: int, method: str, params: Any) -> Any:
        await self.socket.write_message(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            text = await asyncio.wait_for(self.socket.read_message(), 60)
            said = json.loads(text or "{}")
            if said.get("method") == "log.entryAdded" and said["params"]["level"] == "error":
                self.errors.append(str(said["params"]["text"]))
            if said.get("id") == number:
                if said["type"] == "error":
                    raise RuntimeError(f"{method}: {said['message']}")
                return said["result"]

    def open(self, url: str, width: int, height: int) -> None:
        """Opens an address in a window of a size; errors of the page before it no longer count."""
        self.send("browsingContext.navigate", context=self.context, url="about:blank", wait="complete")
        self.ask("1")  # what is still said of the page that was left comes before the answer
        self.errors.clear()
        viewport = {"width": width, "height": height}
        self.send("browsingContext.setViewport", context=self.context, viewport=viewport)
        self.send("browsingContext.navigate", context=self.context, url=url, wait="interactive")

    def ask(self, expression: str) -> Any:
        """The value of an expression in the page, as JSON has it."""
        found = self.send(
            "script.evaluate",
            expression=f"JSON.stringify({expression})",
            target={"context": self.context},
            awaitPromise=True,
        )
        if found["type"] != "success":
            raise RuntimeError(found["exceptionDetails"]["text"])
        return json.loads(found["result"].get("value", "null"))

    def wait(self, expression: str, seconds: float) -> bool:
        """Whether an expression becomes true in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.ask(expression):
                return True
            time.sleep(0.2)
        return False


@contextmanager
def firefox(path: str, folder: Path) -> Iterator[Tab]:
    """A Firefox with a profile of its own, gone at the end.

    Args:
        path: of the program.
        folder: where its profile goes.
    """
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (folder / "user.js").write_text("\n".join(lines))
    command = [path, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    loop = asyncio.new_event_loop()
    try:
        assert process.stderr is not None
        address = next(
            (line.split()[-1] for line in process.stderr if "WebDriver BiDi listening on" in line), ""
        )
        socket = loop.run_until_complete(_connected(f"{address}/session"))
        yield Tab(loop, socket)
    finally:
        process.terminate()
        process.wait(10)
        loop.close()


async def _connected(address: str) -> WebSocketClientConnection:
    return await websocket_connect(address, max_message_size=50_000_000)
