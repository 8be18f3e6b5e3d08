from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.flow.widths import active_counts, kept_order


@given(
    width=st.integers(1, 100),
    share=st.floats(0, 1),
    half=st.integers(2, 40),
    profile=st.sampled_from(["linear", "geometric", "step"]),
)
def test_profiles_narrow_to_the_bottleneck_and_mirror(width, share, half, profile):
    bottleneck = max(1, round(share * width))
    counts = active_counts(width, bottleneck, 2 * half, profile)
    assert len(counts) == 2 * half
    assert counts[0] == width and counts[half - 1] == bottleneck
    assert all(a >= b for a, b in pairwise(counts[:half]))
    assert counts == counts[::-1]


def test_step_keeps_the_width_until_the_last_encoder_layer():
    assert active_counts(5, 2, 8, "step") == (5, 5, 5, 2, 2, 5, 5, 5)


def test_linear_and_geometric_by_hand():
    assert active_counts(9, 1, 10, "linear") == (9, 7, 5, 3, 1, 1, 3, 5, 7, 9)
    assert active_counts(16, 1, 10, "geometric") == (16, 8, 4, 2, 1, 1, 2, 4, 8, 16)


@pytest.mark.parametrize(
    ("order", "expected"),
    [("natural", [0, 1, 2]), ("reversed", [2, 1, 0]), ("variance", [1, 2, 0]), ((1, 0, 2), [1, 0, 2])],
)
def test_orders(order, expected):
    spread = np.array([[0.1, 3.0, 1.0], [-0.1, -3.0, -1.0]])
    assert kept_order(order, spread).tolist() == expected
