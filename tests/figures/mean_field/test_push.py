"""Samples moved beside a histogram moved, as pictures and in words."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from autoencode_core.figures.mean_field.push import push_figure, push_words
from autoencode_core.store.record import RunRecord


def pushed(**changes: Any) -> dict[str, Any]:
    """An answer of push on a flow of four layers."""
    table = np.array([0.4, 0.1, 0.02])[:, None] * np.array([1, 1, 0.5, 0.4, 1, 1.0])
    found = {"cells": np.array([8, 32, 128]), "occupied": np.array([8, 30, 99]), "total_variation": table}
    return {**found, "times": np.array([0, 1, 2, 2, 3, 4.0]), "particles": 100, **changes}


def test_total_variation_falls_with_the_cells_at_four_moments(make: Callable[..., RunRecord]) -> None:
    record = make(2, k=1, depth=4)
    times = record.spec.horizon / 4 * np.array([0, 1, 2, 2, 3, 4.0])
    figure = push_figure(pushed(times=times), record)
    assert len(figure.data) == 4 and len({trace.marker.symbol for trace in figure.data}) > 2
    np.testing.assert_allclose(figure.data[1].y, [0.2, 0.05, 0.01])
    table = pushed()["total_variation"]
    table[:, 3] = table[:, 2]
    same = push_figure(pushed(total_variation=table, times=times), record)
    assert [re.sub(r".*, |<.*", "", t.hovertemplate.split("<br>")[0]) for t in same.data] == [
        "t = 0",
        "T/2",
        "T",
    ]


def test_the_words_say_whether_histogram_and_samples_become_one() -> None:
    assert "the histogram moves as the samples do" in push_words(pushed())
    assert "99 cells with mass for 100 particles" in push_words(pushed())
    assert "not yet become one" in push_words(pushed(total_variation=np.full((3, 6), 0.3)))
    assert "at most 0.0%" in push_words(pushed(total_variation=np.zeros((3, 6))))
