"""A Dask cluster of this machine's own processes, which go when the server goes.

Imports distributed (0.3 s), so it is imported when the first job starts.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed.security import Security
from distributed.system import MEMORY_LIMIT

from autoencode_core.workers import own_worker, parent_process

THREADS = 3
"""Threads of a worker: one trains, the others answer questions."""
RESOURCES = {"train": 1, "answer": 2, "heavy": 1}
"""What a worker has for calls of each kind (Connection.resources)."""
SILENT_SECONDS = 40
"""A worker that has been silent for so long, and up to twice as long, loses its calls to another one."""
REST_SECONDS = 5.0
"""Time after its start before a process that has ended is started again: one that ends at once is no rush."""
MISSING_SECONDS = 60.0
"""Processes whose worker is not among those of the scheduler for so long are ended, and started again."""

_ANYWHERE = "127.0.0.1:0"
_START_SECONDS = 30.0
_PROJECT = Path(__file__).parents[2]
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # A nanny would have the memory given back after every layer: digits then train at half the speed.
    "MALLOC_TRIM_THRESHOLD_": str(256 * 2**20),
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "DASK_LOGGING__DISTRIBUTED": "warning",
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": f"{SILENT_SECONDS}s",
    "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": "[]",
    "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
}


class OwnCluster:
    """A scheduler and workers as processes of this machine, open to this server alone.

    They listen on loopback only and take whoever has the one key, made for them and never written where it
    stays: whoever reaches a Dask port otherwise runs code. They serve no HTTP.

    Args:
        workers: number of worker processes.
        preload: modules that a worker imports when it starts (their dask_setup is called).

    Attributes:
        address: of the scheduler.
        security: what a client needs to be let in.
        scheduler: the scheduler's process.
        workers: the workers by name, each the process of its nanny.

    Raises:
        RuntimeError: the scheduler does not start, or this system has no process groups (Windows).
    """

    def __init__(self, workers: int, preload: tuple[str, ...] = ()) -> None:
        if os.name != "posix":
            raise RuntimeError("own worker processes need Linux or macOS")
        self.security = Security.temporary()
        self.workers: dict[str, _Worker] = {}
        self._wanted, self._begun = workers, 0
        self._options = {
            "host": "127.0.0.1",
            "protocol": "tls",
            "nthreads": THREADS,
            "memory_limit": MEMORY_LIMIT // workers,
            "resources": RESOURCES,
            "dashboard": False,
            "dashboard_address": _ANYWHERE,
            "preload_nanny": [parent_process.__name__],
            "preload": [own_worker.__name__, *preload],
        }
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "scheduler.json")
            self.scheduler = self._start_scheduler(file)
            try:
                self.address = _address_in(file, self.scheduler)
            except RuntimeError:
                _end([self.scheduler])
                raise
        for _ in range(workers):
            self._start_worker()

    @property
    def lost(self) -> bool:
        """Whether the scheduler has ended."""
        return self.scheduler.poll() is not None

    def renew(self, known: Collection[str]) -> None:
        """Start workers again that have ended, or that the scheduler has missed for long.

        Args:
            known: names of the workers that the scheduler knows now.
        """
        now = time.monotonic()
        for name, worker in list(self.workers.items()):
            if name in known:
                worker.seen = now
            if now - worker.seen >= MISSING_SECONDS:
                _end([worker.process])
            # One that ends at once, each time, is not to take the whole processor.
            if worker.process.poll() is not None and now - worker.started >= REST_SECONDS:
                del self.workers[name]
                self._start_worker()

    def close(self) -> None:
        """End all processes, at once: they hold nothing that is to be kept."""
        _end([*(worker.process for worker in self.workers.values()), self.scheduler])

    def _start_scheduler(self, file: Path) -> "subprocess.Popen[bytes]":
        options = {
            "host": "127.0.0.1",
            "port": 0,
            "protocol": "tls",
            "dashboard": False,
            "dashboard_address": _ANYWHERE,
            "preload": [parent_process.__name__],
            "scheduler_file": str(file),
        }
        return self._start("distributed.Scheduler", options)

    def _start_worker(self) -> None:
        name = f"own-{self._begun}"  # never the name of one that the scheduler may still know
        self._begun += 1
        process = self._start("distributed.Nanny", {**self._options, "name": name}, self.address)
        now = time.monotonic()
        self.workers[name] = _Worker(process, now, now)

    def _start(self, kind: str, options: Mapping[str, Any], *where: str) -> "subprocess.Popen[bytes]":
        spec = json.dumps({"cls": kind, "opts": options})
        command = [sys.executable, "-m", "dask", "spec", *where, "--spec", spec]
        environment = {**os.environ, **_ENVIRONMENT, **_keys(self.security), **_path()}
        environment[parent_process.PARENT] = str(os.getpid())
        # A process group of its own: Ctrl-C in the server's terminal is the server's to handle.
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, process_group=0)


@dataclass
class _Worker:
    """The process of a nanny, when it was started, and when its worker was last known to the scheduler."""

    process: "subprocess.Popen[bytes]"
    started: float
    seen: float


def _keys(security: Security) -> dict[str, str]:
    """Environment that lets a process in: only its own user can read that, and it goes with the process."""
    prefix = "DASK_DISTRIBUTED__COMM__"
    keys = {f"{prefix}REQUIRE_ENCRYPTION": "True"}
    for role in ("scheduler", "worker", "client"):
        config = security.get_tls_config_for_role(role)
        keys[f"{prefix}TLS__CA_FILE"] = config["ca_file"]
        keys |= {f"{prefix}TLS__{role.upper()}__{part.upper()}": config[part] for part in ("key", "cert")}
    return keys


def _path() -> dict[str, str]:
    """Environment by which a process finds this package from any folder."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(_PROJECT), os.environ.get("PYTHONPATH"))))}


def _address_in(file: Path, process: "subprocess.Popen[bytes]") -> str:
    """The address that a scheduler writes into its file once it listens."""
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError, ValueError):  # not there, or half written
            return str(json.loads(file.read_text())["address"])
        time.sleep(0.01)
    code = process.poll()
    raise RuntimeError(f"the scheduler {'did not start in time' if code is None else f'ended with {code}'}")


def _end(processes: Collection["subprocess.Popen[bytes]"]) -> None:
    """End processes, and with them whatever they have started."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # a nanny's worker is of its group
        process.wait()
