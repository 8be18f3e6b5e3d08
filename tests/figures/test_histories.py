"""Several histories on top of each other."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from autoencode_core.errors import InputError
from autoencode_core.figures.histories import histories_figure
from autoencode_core.record import RunRecord

Make = Callable[..., RunRecord]


def test_each_run_has_a_colour_a_dash_and_a_name_at_its_end(make: Make) -> None:
    record = make(2)
    names = [f"circle, λ = {weight}, seed 0" for weight in (0.1, 0.01, 0.001)]
    figure = histories_figure([record] * 3, names)
    upper = [trace for trace in figure.data if trace.yaxis == "y"]
    assert len({t.line.color for t in upper}) == len({t.line.dash for t in upper}) == 3
    ends = [note.text for note in figure.layout.annotations if "λ" in note.text]
    assert len(ends) == 6 and not any("circle" in text or "seed" in text for text in ends)  # shared by all
    np.testing.assert_allclose(upper[0].y, record.history["cost"], rtol=1e-6)


def test_both_scales_are_logarithmic_and_iteration_0_is_left_out_where_it_must(make: Make) -> None:
    figure = histories_figure([make(2)], ["a"], log_iterations=True)
    layout = figure.layout
    assert {layout.yaxis.type, layout.yaxis2.type, layout.xaxis.type, layout.xaxis2.type} == {"log"}
    assert figure.data[0].x[0] == 2
    assert histories_figure([make(2)], ["a"]).data[0].x[0] == 0


def test_a_diverged_run_and_one_without_history_are_drawn(make: Make) -> None:
    record = make(2)
    broken = {**record.history, "cost": [1.0, *[float("nan")] * 29], "test_error": [None] * 30}
    empty = {name: [] for name in record.history}
    figure = histories_figure([replace(record, history=h) for h in (broken, empty)], ["<b>", "b"])
    assert np.isfinite(figure.layout.yaxis.range).all()
    assert "&lt;b&gt;" in "".join(note.text for note in figure.layout.annotations)


def test_more_than_four_do_not_fit(make: Make) -> None:
    with pytest.raises(InputError, match="1 to 4"):
        histories_figure([make(2)] * 5, list("abcde"))
