"""Whose turn it is, and how long it may take."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.desk.turns import Turns, expected, turn_words, waits


def served(asked, begun_before=()):
    """The order in which (owner, …) are served that all were asked for before any began."""
    turns = Turns()
    line = [(turns.take([owner] if owner else []), number, owner) for number, owner in enumerate(asked)]
    return [owner for _, _, owner in sorted(line)]


def test_a_second_one_waits_behind_everybody_s_first():
    assert served("aaabbc") == list("abcaba")
    assert served(["", "a", "", "a"]) == ["", "a", "", "a"]  # nobody is somebody new each time


@given(st.lists(st.sampled_from("abcde"), max_size=40))
def test_after_each_round_nobody_is_ahead_by_more_than_one(asked):
    had, left = Counter(), Counter(asked)
    for owner in served(asked):
        had[owner] += 1
        assert all(had[owner] <= had[other] + 1 for other in left if had[other] < left[other])
    assert had == left


def test_who_comes_late_begins_at_the_turn_that_is_reached():
    turns = Turns()
    mine = [turns.take("a") for _ in range(5)]
    turns.begun(mine[2])
    late = turns.take("b")
    assert mine[2] <= late < mine[4]  # before the last ones, but not as if it had waited all the while
    assert [turns.take("b"), turns.take("b")] == [late + 1, late + 2]


def test_who_was_served_long_ago_is_somebody_new():
    turns = Turns()
    for _ in range(4):
        turns.take("a")
    for turn in range(4):
        turns.begun(turn)
    turns.begun(9)
    assert turns.take("a") == turns.take("b") == 9 and set(turns._next) == {"a", "b"}


def test_waits_are_those_of_places_that_get_free_one_after_the_other():
    assert waits(4, [5.0, 2.0], 2, 10.0) == [2.0, 5.0, 12.0, 15.0]
    assert waits(3, [], 2, 10.0) == [0.0, 0.0, 10.0]
    assert waits(0, [1.0], 1, 1.0) == []


@pytest.mark.parametrize(
    ("position", "seconds", "words"),
    [
        (1, None, "It is the next one."),
        (1, 3.0, "It is the next one and begins in a few seconds."),
        (4, 42.0, "It is number 4 in the queue and begins in about 40 seconds."),
        (12, 400.0, "It is number 12 in the queue and begins in about 7 minutes."),
    ],
)
def test_the_place_in_words(position, seconds, words):
    assert turn_words(position, seconds) == words


def test_what_is_expected_rests_on_what_is_known():
    assert expected(2, [None, None], 2, []) == [None, None]
    assert expected(1, [4.0, None], 2, []) == [4.0]  # the other one is taken for as long
    assert expected(3, [4.0, 1.0], 2, [10.0, 30.0, 10.0]) == [1.0, 4.0, 11.0]
