"""Several histories on top of each other."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from autoencode_core.errors import InputError
from autoencode_core.figures.regimes.compare import histories_figure, histories_table
from autoencode_core.store.record import RunRecord

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


def test_a_short_name_stands_beside_its_value_and_long_ones_stay_apart(make: Make) -> None:
    def ends(*names: str) -> list[str]:
        figure = histories_figure([make(2)] * len(names), names)
        return [note.text for note in figure.layout.annotations if ": " in note.text or ":<br>" in note.text]

    assert re.fullmatch(r"━━ λ = 0.1: [\d.]+", ends("circle, λ = 0.1", "circle, λ = 0.01")[0])

    low, high = ("An S-curve unrolled by twenty layers, λ " + word for word in ("low", "high"))
    for names in ((low, high), (low, high, "Something else that has a very long name too")):
        shown = [text.split(":")[0][3:] for text in ends(*names)]
        assert "low" in shown[0] and "high" in shown[1] and max(map(len, shown)) <= 22


def test_long_names_leave_the_curves_most_of_a_page(make: Make) -> None:
    names = ["one name that is very long indeed", "another name that is just as long"]
    for given in (names, ["a", "b"]):
        margin = histories_figure([make(2)] * 2, given).layout.margin
        assert margin.l + margin.r < (235 if given is names else 160)


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


def test_pca_stands_beside_the_test_error(make: Make) -> None:
    figure = histories_figure([make(2)] * 2, ["a", "b"])
    levels = [note.text for note in figure.layout.annotations if note.text.startswith("PCA, test")]
    assert len(levels) == 1 and len(figure.layout.shapes) == 1


def test_the_table_has_every_row_of_every_run(make: Make) -> None:
    record = make(2)
    table = histories_table([record, record], ["a", "b"])
    rows = len(record.history["iteration"])
    assert table["run"] == ["a"] * rows + ["b"] * rows
    assert table["cost"] == [*record.history["cost"]] * 2 and len({len(c) for c in table.values()}) == 1


def test_more_than_four_do_not_fit(make: Make) -> None:
    with pytest.raises(InputError, match="1 to 4"):
        histories_figure([make(2)] * 5, list("abcde"))
