"""The axis of λ."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.figures.panels import WeightAxis


@given(st.lists(st.floats(1e-8, 1e3), min_size=1, max_size=9, unique=True), st.booleans())
def test_the_axis_keeps_every_weight_apart_and_inside(weights: list[float], zero: bool) -> None:
    axis = WeightAxis(tuple(sorted([0.0, *weights] if zero else weights)))
    edges = axis.edges()
    for weight, (low, high) in zip(axis.weights, pairwise(edges), strict=True):
        for seed in range(4):
            assert low - 1e-9 <= np.log10(axis.place(weight, seed, 4)) <= high + 1e-9
    assert len(axis.runs()) == 1 + (zero and len(axis.weights) > 1)


@given(st.lists(st.floats(1e-6, 1e2), min_size=1, max_size=20, unique=True), st.booleans())
def test_named_weights_stand_apart(weights: list[float], small: bool) -> None:
    axis = WeightAxis(tuple(sorted(weights)))
    settings = axis.settings(False, small)
    logs, (low, high), most = np.log10(settings["tickvals"]), settings["range"], 4 if small else 7
    assert 1 <= len(logs) <= most
    powers = all(abs(log - round(log)) < 1e-6 for log in logs)
    assert len(logs) < 2 or powers or np.diff(logs).min() > 0.95 * (high - low) / most
