"""A Dask cluster of this machine's own processes, which go when the server goes.

Imports distributed (0.3 s), so it is imported when the first job starts.
"""

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from distributed import SubprocessCluster

from autoencode_core.workers.parent_process import PARENT

THREADS = 3
"""Threads of a worker: one trains, the others answer questions."""

_PROJECT = Path(__file__).parents[2]
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # A nanny would have the memory given back after every layer: digits then train at half the speed.
    "MALLOC_TRIM_THRESHOLD_": str(256 * 2**20),
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "DASK_LOGGING__DISTRIBUTED": "warning",
}


def start_cluster(workers: int, preload: tuple[str, ...] = ()) -> Any:
    """A scheduler and workers as processes of this machine, reachable from this machine only.

    A worker trains one job at a time (its one "train") and keeps two threads for questions.

    Args:
        workers: number of worker processes.
        preload: modules that a worker imports when it starts (their dask_setup is called).

    Raises:
        RuntimeError: the scheduler does not start, or this system has no SubprocessCluster (Windows).
    """
    watch, anywhere = "autoencode_core.workers.parent_process", "127.0.0.1:0"
    with _environment({**_ENVIRONMENT, PARENT: str(os.getpid())}):
        cluster: Any = SubprocessCluster(
            host="127.0.0.1",
            dashboard_address=anywhere,
            n_workers=workers,
            threads_per_worker=THREADS,
            scheduler_kwargs={"dashboard": False, "preload": [watch]},
            worker_kwargs={
                "dashboard": False,
                "dashboard_address": anywhere,
                "resources": {"train": 1},
                "preload_nanny": [watch],
                "preload": list(preload),
            },
            silence_logs=logging.WARNING,
        )
    # Read by now, and never removed by SubprocessCluster.
    Path(cluster.scheduler.scheduler_kwargs["scheduler_file"]).unlink(missing_ok=True)
    return cluster


def end_cluster(cluster: Any) -> None:
    """End the processes of a cluster, also when its scheduler no longer answers."""
    parts = (*cluster.workers.values(), cluster.scheduler)
    processes = [part.process for part in parts if getattr(part, "process", None)]
    with suppress(Exception):  # a scheduler that is lost cannot close in order
        cluster.close(timeout=1)
    for process in processes:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)  # a nanny takes its worker along


@contextmanager
def _environment(extra: dict[str, str]) -> Iterator[None]:
    """Environment of the processes that are started inside; they find this package from any folder."""
    path = os.pathsep.join(filter(None, (str(_PROJECT), os.environ.get("PYTHONPATH"))))
    extra = {**extra, "PYTHONPATH": path}
    before = {key: os.environ.get(key) for key in extra}
    os.environ.update(extra)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
