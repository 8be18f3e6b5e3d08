"""A server of our own: a dashboard on a free port, gone with all its children at the end."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

PATIENCE = 30.0
"""Seconds that a page or the server may take before a test gives up."""


@dataclass(frozen=True)
class Server:
    """A running dashboard: its address, its process, the folder of its runs, its log."""

    url: str
    process: subprocess.Popen[bytes]
    runs: Path
    log: Path

    def last_words(self, lines: int = 40) -> str:
        """The end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@contextmanager
def serve(app: Path, folder: Path) -> Iterator[Server]:
    """A dashboard on a free port, gone with all its children at the end.

    Args:
        app: the script to run, in its own folder.
        folder: where its runs and its log go.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    runs, log = folder / "runs", folder / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", app.name]
    command += ["--server.port", str(port), "--server.headless", "true"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=app.parent,
            env={**os.environ, "AUTOENCODE_RUNS": str(runs)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", process, runs, log)
    try:
        _wait_until_healthy(server)
        yield server
    finally:
        _end(process)


def _wait_until_healthy(server: Server) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The server did not come up. Its log:\n{server.last_words()}", pytrace=False)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the whole process group: politely first, so that the server can see its workers out."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
