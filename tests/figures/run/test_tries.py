"""My tries: the marks of a visit's trainings."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from autoencode_core.figures.run.tries import (
    SQUARE,
    UNEXPLAINED,
    Try,
    alike,
    tries_figure,
    tries_table,
    tries_words,
    try_of,
)
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord

TRIES = (
    Try(1, 1e-3, 0.02, 30.0, 0.05, "converged", False, "k = 1"),
    Try(2, 1e-2, 0.1, 10.0, 0.2, "finished", False, "k = 1"),
    Try(3, 1e-4, 0.01, 90.0, 0.02, "converged", True, "k = 1"),
    Try(4, 1e-5, None, 500.0, 9.0, "diverged", False, "k = 1"),
)


def places(figure, name: str) -> list[int]:
    return [i for trace in figure.data if trace.name == name for i in trace.customdata]


@pytest.mark.parametrize("what", [UNEXPLAINED, SQUARE])
def test_every_sound_try_has_one_mark_and_those_that_are_none_another(what):
    figure = tries_figure(TRIES, what, 0.5 if what == UNEXPLAINED else None)
    assert places(figure, "converged") == [0, 2]
    assert places(figure, "not converged") == [1]
    assert places(figure, "left its ODE") == [2]
    (trace,) = [trace for trace in figure.data if trace.name == "converged"]
    np.testing.assert_allclose(trace.x, [1e-3, 1e-4])
    np.testing.assert_allclose(trace.y, [getattr(TRIES[i], what) for i in (0, 2)])
    assert trace.marker.symbol != next(t for t in figure.data if t.name == "not converged").marker.symbol


def test_words_and_table_follow_the_tries():
    words = tries_words(TRIES)
    assert (
        "4 tries" in words and "λ = 0.0001" in words and "1 % unexplained" in words and "1 diverged" in words
    )
    table = tries_table(TRIES)
    assert {len(column) for column in table.values()} == {4}
    assert table["ending"] == ["converged", "not converged", "converged, left its ODE", "diverged"]


def test_one_that_diverged_is_no_empty_picture_with_an_error():
    assert not tries_figure(TRIES[3:], SQUARE).data
    assert "none with a known error" in tries_words(TRIES[3:])


def test_the_size_of_the_control_is_that_of_the_penalty(make: Callable[..., RunRecord]):
    record = make(2, k=1)
    theta = np.arange(12.0)
    record = replace(record, weights={**record.weights, "control": theta})
    found = try_of(record, 1, "")
    assert found.square == pytest.approx(3.0 / 12 * (theta**2).sum())
    assert found.unexplained is None and found.cost == record.history["cost"][-1]


def test_only_what_may_be_compared_is_drawn_together():
    spec = RunSpec(dataset="circle")
    assert alike(spec, spec.but(tikhonov=0.1, seed=3, depth=20, method="adam"))
    assert not alike(spec, RunSpec(dataset="moons")) and not alike(
        RunSpec(dataset="s_curve", bottleneck=1), RunSpec(dataset="s_curve", bottleneck=2)
    )
