"""A logarithmic axis: its ticks lie on it, are few, and say what they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.figures.log_axis import power_axis


@given(st.lists(st.floats(1e-12, 1e12), min_size=1, max_size=8))
def test_every_value_and_tick_is_on_the_axis(values):
    axis = power_axis(values, False)
    low, high = axis["range"]
    assert low <= np.log10(min(values)) and np.log10(max(values)) <= high
    assert 1 <= len(axis["tickvals"]) <= 9
    assert all(low - 1e-9 <= np.log10(tick) <= high + 1e-9 for tick in axis["tickvals"])
    assert len(set(axis["ticktext"])) == len(axis["ticktext"])


@pytest.mark.parametrize(
    "values, text",
    [
        ([1e-6, 1], ["10<sup>−6</sup>", "10<sup>−5</sup>", "10<sup>−4</sup>", "0.001", "0.01", "0.1", "1"]),
        ([1, 20], ["1", "2", "5", "10", "20"]),
        ([10, 2000], ["10", "100", "1,000"]),
        ([], ["0.1", "0.2", "0.5", "1"]),
    ],
)
def test_ticks_are_powers_of_ten_or_one_two_five(values, text):
    assert power_axis(values, False)["ticktext"] == text


def test_an_axis_reaches_at_least_as_far_as_it_is_told():
    low, high = power_axis([1e-12, 2e-12], False, least=1e-4)["range"]
    assert low < -12 and high > -4
    assert power_axis([1e-3, 1], False, least=1e-4)["range"] == power_axis([1e-3, 1], False)["range"]
    assert power_axis([], False, least=1e-4)["range"] == power_axis([], False)["range"]


def test_what_is_not_positive_has_no_place():
    assert power_axis([0, -1, np.nan, np.inf, 1, 100], False)["range"] == power_axis([1, 100], False)["range"]
