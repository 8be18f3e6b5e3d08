"""The compiled loops in double precision: their tanh beside the library's."""

import math

import numba
import numpy as np

from autoencode_core.flow import double_precision


@numba.njit
def tanh_of(x, y):
    for i in range(x.size):
        y[i] = double_precision.tanh(x[i])


def test_tanh_is_right_to_the_last_digits_everywhere():
    sizes = np.concatenate([10.0 ** np.linspace(-300, 2, 2000), np.linspace(0.001, 25, 20_000)])
    x = np.concatenate([sizes, -sizes, [0.0]])
    y = np.empty_like(x)
    tanh_of(x, y)
    right = np.array([math.tanh(value) for value in x])
    off = np.abs(y - right) / np.where(right == 0, 1, np.abs(right))
    assert off.max() < 1e-15 and np.array_equal(y[: sizes.size], -y[sizes.size : -1])


def test_what_is_no_number_stays_so():
    x = np.array([np.nan, np.inf, -np.inf])
    y = np.empty_like(x)
    tanh_of(x, y)
    assert np.isnan(y[0]) and list(y[1:]) == [1.0, -1.0]
