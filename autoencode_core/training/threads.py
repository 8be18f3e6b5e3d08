"""Compiled work shared out to threads, as many as whoever began the training allows."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import torch

PARALLEL_FLOPS = 5e7
"""Flops of one layer product from which more than one thread pays: on two quiet cores a gradient gains a
factor 0.89 at 1e7, 1.17 at 3e7, 1.4 at 1e8, 1.6 at 1e9; beside a busy second core it only loses."""

_outside = threading.local()


@contextmanager
def threads_for(flops: float) -> Iterator[None]:
    """One thread of the library's unless the layer products are large; the old number comes back afterwards.

    Compiled work may still be shared out to `most_threads`.
    """
    before, around = torch.get_num_threads(), getattr(_outside, "threads", None)
    _outside.threads = around or before
    torch.set_num_threads(before if flops > PARALLEL_FLOPS else 1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        _outside.threads = around


def most_threads() -> int:
    """As many threads as torch has, outside of `threads_for`."""
    return getattr(_outside, "threads", None) or torch.get_num_threads()


def share_out(work: Callable[[int, int], object], tasks: int, threads: int) -> None:
    """Does tasks 0 to `tasks` - 1 by `work(first, last)`, an equal share of them in each thread.

    Args:
        work: does the tasks from `first` to before `last`, without Python's lock.
        tasks: how many there are.
        threads: how many threads at most, this one among them.
    """
    parts = max(1, min(threads, tasks))
    bounds = [i * tasks // parts for i in range(parts + 1)]
    others = [_pool(parts - 1).submit(work, bounds[i], bounds[i + 1]) for i in range(1, parts)]
    work(bounds[0], bounds[1])
    for other in others:
        other.result()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, f"compiled-{os.getpid()}", torch.set_flush_denormal, (True,))
