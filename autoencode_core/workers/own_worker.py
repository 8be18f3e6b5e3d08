"""What a worker process of the server's own does beside its work: no HTTP, and memory given back at rest.

A preload of Dask: `--preload autoencode_core.workers.own_worker`.
"""

import ctypes
import gc
import threading
import time
from typing import Any

from autoencode_core.workers.answering import forget_runs
from autoencode_core.workers.parent_process import serve_no_http

_M_ARENA_MAX = -8
LOOK_SECONDS = 1.0
"""Time between two looks whether the worker rests."""
REST_SECONDS = 5.0
"""Memory is given back once the worker has had nothing to do for so long."""
FORGET_SECONDS = 300.0
"""The runs that it keeps for questions are let go of then."""


def dask_setup(worker: Any) -> None:
    """Called by Dask when the worker starts."""
    serve_no_http(worker)
    threading.Thread(target=_give_back_at_rest, args=(worker,), name="give-back", daemon=True).start()


def give_back_memory() -> bool:
    """Hand what was freed back to the system; whether anything was (only glibc can be asked to)."""
    gc.collect()
    try:
        return bool(ctypes.CDLL(None).malloc_trim(0))
    except (AttributeError, OSError, TypeError):  # another C library, another system
        return False


def few_arenas() -> bool:
    """Have all threads share two arenas of memory, from now on; whether they will (only glibc has any).

    A server draws each page in a thread of its own; one arena for each leaves all of them half empty.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2))
    except (AttributeError, OSError, TypeError):
        return False


def _give_back_at_rest(worker: Any) -> None:
    """Once after every time of work, as soon as that is over for a while."""
    rests_since, worked, keeps = time.monotonic(), True, False  # what the start has left counts too
    while True:
        time.sleep(LOOK_SECONDS)
        now = time.monotonic()
        if worker.state.executing_count:
            rests_since, worked, keeps = now, True, True
        elif worked and now - rests_since >= REST_SECONDS:
            worked = False
            give_back_memory()
        elif keeps and now - rests_since >= FORGET_SECONDS:
            keeps = False
            forget_runs()
            give_back_memory()
