"""What is said of unusual runs."""

from collections.abc import Callable

import numpy as np

from autoencode_core.figures.run.cautions import cautions
from autoencode_core.store.record import RunRecord

Make = Callable[..., RunRecord]


def test_an_ordinary_run_needs_no_words(make: Make) -> None:
    assert cautions(make(3)) == []


def test_each_oddity_has_its_sentence(make: Make, change: Callable[..., RunRecord]) -> None:
    assert "only one particle" in cautions(make(2, k=1, n=1))[0]
    assert "as wide as the data" in cautions(make(2, k=2))[0]
    assert "one component" in cautions(make(1, k=1))[0]
    same = make(2, k=1)
    assert "the same point" in cautions(change(same, inputs=np.full((40, 2), 0.5)))[0]
    states = same.probe["flow_states"].copy()
    states[5:, ::4] = np.nan
    assert cautions(change(same, flow_states=states))[0].startswith("10 of 40 particles")
    assert cautions(change(same, inputs=np.full((40, 2), np.nan)))
