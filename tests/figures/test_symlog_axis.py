"""The axis that shows both signs."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autoencode_core.figures.symlog_axis import SymlogAxis


@given(st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=20))
def test_the_signed_axis_keeps_order_and_sign(values: list[float]) -> None:
    scale = SymlogAxis(values)
    placed = scale.place(np.sort(values))
    assert (np.diff(placed) >= 0).all()
    assert (np.sign(placed) == np.sign(np.sort(values))).all()
    low, high = scale.settings(False)["range"]
    assert (placed >= low).all() and (placed <= high).all() and low < 0 < high
