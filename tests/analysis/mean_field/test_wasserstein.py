from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import wasserstein_distance

from autoencode_core.analysis.mean_field.wasserstein import (
    DIRECTIONS,
    MOST_ASSIGNED,
    Reference,
    exact_wasserstein,
)
from autoencode_core.errors import InputError


def sliced_wasserstein(x, y, directions=DIRECTIONS):
    """Sliced W_1 between two samples."""
    return Reference(y, directions).distance(x)


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 40), m=st.integers(1, 60), seed=st.integers(0, 10**6))
def test_on_the_line_it_is_scipys(n, m, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((n, 1)).round(1), rng.exponential(size=(m, 1))
    assert sliced_wasserstein(x, y) == pytest.approx(wasserstein_distance(x[:, 0], y[:, 0]), abs=1e-12)


def test_sliced_distance_of_a_shift_is_its_mean_length_on_a_line():
    x = np.random.default_rng(0).standard_normal((300, 2))
    shift = np.array([3.0, 4.0])
    # The mean of |cos| over all directions of the plane is 2/π.
    assert sliced_wasserstein(x, x + shift, 4000) == pytest.approx(5 * 2 / np.pi, rel=0.03)
    assert sliced_wasserstein(x, x[::-1]) == pytest.approx(0, abs=1e-12)
    assert sliced_wasserstein(x, x + shift) == pytest.approx(sliced_wasserstein(x + shift, x))


@pytest.mark.parametrize("width", [1, 2, 3])
def test_exact_distance_is_the_best_of_all_assignments(width):
    rng = np.random.default_rng(width)
    for _ in range(5):
        x, y = rng.standard_normal((6, width)), rng.exponential(size=(6, width))
        every = [np.linalg.norm(x - y[list(order)], axis=1).mean() for order in permutations(range(6))]
        assert exact_wasserstein(x, y) == pytest.approx(min(every))
        assert sliced_wasserstein(x, y) <= exact_wasserstein(x, y) + 1e-12
    assert exact_wasserstein(x, x + 2.0) == pytest.approx(2 * np.sqrt(width))


def test_no_transport_plan_is_better_than_the_assignment():
    """Against the linear programme over all transport plans."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((7, 2)), rng.standard_normal((7, 2))
    apart = np.linalg.norm(x[:, None] - y, axis=2)
    rows, columns = np.kron(np.eye(7), np.ones((1, 7))), np.kron(np.ones((1, 7)), np.eye(7))
    plan = linprog(apart.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.full(14, 1 / 7))
    assert exact_wasserstein(x, y) == pytest.approx(plan.fun)


def test_in_ten_dimensions_exact_and_sliced_go_apart():
    """Both between samples of one law: the sliced one says nothing of the slower rate."""
    rng = np.random.default_rng(0)
    sizes, width = (32, 128, 512), 10
    pairs = [(rng.uniform(size=(n, width)), rng.uniform(size=(n, width))) for n in sizes]
    exact, sliced = (
        np.polyfit(np.log(sizes), np.log([distance(*pair) for pair in pairs]), 1)[0]
        for distance in (exact_wasserstein, sliced_wasserstein)
    )
    assert exact == pytest.approx(-1 / width, abs=0.05) and sliced == pytest.approx(-0.5, abs=0.1)


def test_bad_samples():
    good = np.zeros((3, 2))
    for bad in (np.zeros((3, 1)), np.full((3, 2), np.nan), np.zeros((0, 2))):
        for distance in (sliced_wasserstein, exact_wasserstein):
            with pytest.raises(InputError) as raised:
                distance(good, bad)
            assert raised.value.field in "xy"
    for one, other in ((np.zeros((3, 2)), np.zeros((4, 2))), (np.zeros((MOST_ASSIGNED + 1, 2)),) * 2):
        with pytest.raises(InputError, match="one size"):
            exact_wasserstein(one, other)
