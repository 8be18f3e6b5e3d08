"""The race of the methods: who is ahead by which clock, where each ends, and one that diverges."""

import numpy as np
import pytest

from autoencode_core.figures.control.methods import CLOCKS, ending, race_figure, race_table, race_words

NAN = np.nan


def race(lbfgs="converged", **changed):
    answer = {
        "methods": ["pmp", "adam", "lbfgs"],
        "cost": [[4.0, 2.0, 1.0], [4.0, 3.0, 2.0], [4.0, 0.5, NAN]],
        "gradient_norm": [[1.0, 0.1, 0.01], [1.0, 1.0, 1.0], [1.0, 1e-7, NAN]],
        "evaluations": [[1.0, 3.0, 5.0], [1.0, 2.0, 3.0], [1.0, 9.0, NAN]],
        "seconds": [[0.01, 0.5, 1.0], [0.01, 0.02, 0.03], [0.01, 0.2, NAN]],
        "ended": ["finished", "finished", lbfgs],
        "metric": "field",
        "note": "",
    }
    return {
        k: np.array(v) if isinstance(v, list) and isinstance(v[0], list) else v
        for k, v in (answer | changed).items()
    }


@pytest.mark.parametrize("clock", list(CLOCKS))
@pytest.mark.parametrize("log", [False, True])
def test_each_method_has_a_line_and_a_large_mark_at_its_end(clock, log):
    figure = race_figure(race(), clock, log=log, dark=log)
    ends = [trace for trace in figure.data if trace.marker.size == 13]
    assert [trace.y[0] for trace in ends] == [1, 2, 0.5]
    assert len({trace.marker.symbol for trace in ends}) == 3
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert len({trace.line.dash for trace in lines}) == 3
    if log and clock == "iteration":
        assert min(trace.x.min() for trace in lines) == 1  # iteration 0 has no logarithm
    high = figure.layout.xaxis.range[1]
    assert (10**high if log else high) > max(trace.x.max() for trace in lines)


def test_the_words_say_who_is_ahead_by_each_clock():
    said = race_words(race())
    assert "**lbfgs ends lowest**, at J = 0.5; pmp at 1 and adam at 2." in said
    assert "the same 3 gradients pmp is ahead (J = 2)" in said or "adam is ahead (J = 2)" in said
    assert "the same 30 ms adam is ahead (J = 2)" in said


def test_methods_that_end_alike_are_not_ranked():
    same = np.array([[4.0, 2.0, 1.0], [4.0, 3.0, 1.001], [4.0, 1.0, NAN]])
    assert "about the same J, 1:" in race_words(race(cost=same))


def test_a_method_that_diverged_is_no_winner():
    answer = race("diverged")
    assert "pmp ends lowest" in race_words(answer)
    assert ending(answer, "lbfgs").startswith("diverged")
    none = np.full((3, 3), NAN)
    assert "diverged" in race_words(race(cost=none, ended=["diverged"] * 3))
    lost = race(cost=none, evaluations=none, seconds=none, ended=["diverged"] * 3)
    assert ending(lost, "pmp") == "diverged at its start"
    assert len(race_figure(lost, "seconds", log=True).data) == 0


def test_how_a_method_ended_in_words():
    assert (
        ending(race(), "lbfgs")
        == "converged: its gradient is all but 0, after 1 iteration, 9 gradients and 0.2 s"
    )


def test_the_table_holds_what_was_computed_and_no_more():
    table = race_table(race())
    assert {len(column) for column in table.values()} == {8}
    assert table["method"].count("lbfgs") == 2 and np.isfinite(table["cost"]).all()
