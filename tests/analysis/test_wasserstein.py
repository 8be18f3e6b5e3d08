import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from autoencode_core.analysis.wasserstein import wasserstein
from autoencode_core.errors import InputError


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 40), m=st.integers(1, 60), seed=st.integers(0, 10**6))
def test_on_the_line_it_is_scipys(n, m, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((n, 1)).round(1), rng.exponential(size=(m, 1))
    assert wasserstein(x, y) == pytest.approx(wasserstein_distance(x[:, 0], y[:, 0]), abs=1e-12)


def test_sliced_distance_of_a_shift_is_its_mean_length_on_a_line():
    x = np.random.default_rng(0).standard_normal((300, 2))
    shift = np.array([3.0, 4.0])
    # The mean of |cos| over all directions of the plane is 2/π.
    assert wasserstein(x, x + shift, 4000) == pytest.approx(5 * 2 / np.pi, rel=0.03)
    assert wasserstein(x, x[::-1]) == pytest.approx(0, abs=1e-12)
    assert wasserstein(x, x + shift) == pytest.approx(wasserstein(x + shift, x))


def test_bad_samples():
    good = np.zeros((3, 2))
    for bad in (np.zeros((3, 1)), np.full((3, 2), np.nan), np.zeros((0, 2))):
        with pytest.raises(InputError) as raised:
            wasserstein(good, bad)
        assert raised.value.field in "xy"
