"""Threads: the library's where its products are large, compiled work on all of them."""

import threading

import pytest
import torch

from autoencode_core.training.threads import PARALLEL_FLOPS, most_threads, share_out, threads_for


def test_small_steps_run_on_one_thread_of_the_librarys():
    before = torch.get_num_threads()
    with threads_for(PARALLEL_FLOPS / 2):
        assert torch.get_num_threads() == 1 and most_threads() == before
        with threads_for(PARALLEL_FLOPS / 2):
            assert most_threads() == before
        assert torch.get_num_threads() == 1 and most_threads() == before
    assert torch.get_num_threads() == before == most_threads()
    with threads_for(2 * PARALLEL_FLOPS):
        assert torch.get_num_threads() == before


@pytest.mark.parametrize(("tasks", "threads"), [(7, 3), (2, 8), (1, 2), (0, 2), (5, 1)])
def test_every_task_is_done_once(tasks, threads):
    done, names = [0] * tasks, set()

    def work(first, last):
        names.add(threading.get_ident())
        for task in range(first, last):
            done[task] += 1

    share_out(work, tasks, threads)
    assert done == [1] * tasks and len(names) <= threads


def test_what_fails_in_another_thread_is_raised():
    def work(first, last):
        if first:
            raise ValueError("not here")

    with pytest.raises(ValueError, match="not here"):
        share_out(work, 4, 2)
