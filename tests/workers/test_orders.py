"""How a training follows what is wanted of it, without a worker."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.changes import Change
from autoencode_core.workers import orders as module
from autoencode_core.workers.orders import Obedience, Orders


def never():
    return False


def waits(obedience, iteration=5, seconds=0.2):
    """Whether a training is held at an iteration; it is let go by the end."""
    over = threading.Event()
    gone = threading.Thread(target=lambda: obedience.wait(iteration, over.is_set, lambda: None))
    gone.start()
    gone.join(seconds)
    held = gone.is_alive()
    over.set()
    obedience.wake()
    gone.join(5)
    assert not gone.is_alive()
    return held


def test_a_pause_holds_until_it_is_resumed_and_single_iterations_pass():
    obedience = Obedience()
    assert not waits(obedience)
    obedience.hear(Orders())
    obedience.hear(Orders(1, paused=True))
    assert waits(obedience)
    obedience.hear(Orders(3, paused=True, iterations=2))
    assert not waits(obedience) and not waits(obedience) and waits(obedience)
    obedience.hear(Orders(2))  # an earlier order that comes late
    assert waits(obedience)
    obedience.hear(Orders(4, iterations=5))
    assert not waits(obedience)
    obedience.hear(Orders(5, paused=True, iterations=5))  # those that were not done count no more
    assert waits(obedience)


def test_a_training_that_pauses_does_not_work_and_says_that_it_is_there(monkeypatch):
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.05)
    obedience, beats, over = Obedience(), [], threading.Event()
    obedience.hear(Orders(1, paused=True))
    thread = threading.Thread(target=obedience.wait, args=(3, over.is_set, lambda: beats.append(1)))
    began = time.process_time()
    thread.start()
    time.sleep(0.5)
    over.set()
    obedience.wake()
    thread.join(5)
    assert 3 <= len(beats) <= 12 and time.process_time() - began < 0.2


def test_a_pause_that_nobody_ends_ends(monkeypatch):
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.2)
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.05)
    obedience = Obedience()
    obedience.hear(Orders(1, paused=True))
    obedience.wait(3, never, lambda: None)
    assert obedience.idle


weights = st.none() | st.floats(0, 10)
steps = st.none() | st.floats(0.01, 10)


@given(st.lists(st.tuples(weights, steps), max_size=6), st.integers(0, 6))
def test_wishes_of_one_iteration_are_one_change_and_each_is_done_once(wishes, first):
    obedience = Obedience()
    obedience.hear(Orders())
    obedience.hear(Orders(1, wishes=tuple(wishes[:first])))
    made = [obedience.change(3), obedience.change(4)]
    obedience.hear(Orders(2, wishes=tuple(wishes)))
    made += [obedience.change(5), obedience.change(6)]
    assert made[1] is None and made[3] is None and obedience.done == len(wishes)

    def last(part, place):
        known = [wish[place] for wish in part if wish[place] is not None]
        return known[-1] if known else None

    for change, part, iteration in ((made[0], wishes[:first], 3), (made[2], wishes[first:], 5)):
        wanted = last(part, 0), last(part, 1)
        if wanted == (None, None):
            assert change is None
        else:
            assert change == Change(iteration=iteration, tikhonov=wanted[0], step=wanted[1])


@pytest.mark.parametrize("reached", [0, 9])
def test_a_new_start_makes_the_logged_changes_again_and_then_the_wishes(reached):
    log = (Change(iteration=4, tikhonov=0.5), Change(iteration=7, step=0.1))
    obedience = Obedience()
    wishes = ((0.5, None), (None, 0.1), (0.2, None))
    obedience.hear(Orders(5, True, 3, wishes, 2, log, reached))
    made = [obedience.change(j) for j in range(12)]
    if reached:
        assert not waits(obedience, 8) and waits(obedience, 9)
        assert [c for c in made if c] == [*log, Change(iteration=9, tikhonov=0.2)]
    else:
        assert made[0] == Change(iteration=0, tikhonov=0.2)
