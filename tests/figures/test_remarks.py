"""What is said of unusual runs."""

from collections.abc import Callable

import numpy as np

from autoencode_core.figures.remarks import remarks
from autoencode_core.record import RunRecord

Make = Callable[..., RunRecord]


def test_an_ordinary_run_needs_no_words(make: Make) -> None:
    assert remarks(make(3)) == []


def test_each_oddity_has_its_sentence(make: Make, change: Callable[..., RunRecord]) -> None:
    assert "only one particle" in remarks(make(2, k=1, n=1))[0]
    assert "as wide as the data" in remarks(make(2, k=2))[0]
    assert "one component" in remarks(make(1, k=1))[0]
    same = make(2, k=1)
    assert "the same point" in remarks(change(same, inputs=np.full((40, 2), 0.5)))[0]
    states = same.probe["flow_states"].copy()
    states[5:, ::4] = np.nan
    assert remarks(change(same, flow_states=states))[0].startswith("10 of 40 particles")
    assert remarks(change(same, inputs=np.full((40, 2), np.nan)))
