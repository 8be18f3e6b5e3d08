"""The limit T/L -> 0 as pictures and words."""

import numpy as np
import pytest

from autoencode_core.figures.ode_limit.depth import PICTURES, depth_figure, depth_table, depth_words


def answer(**more):
    found = {
        "depths": np.array([10, 20, 40]),
        "steps": np.array([0.1, 0.05, 0.025]),
        "refined_cost": np.array([0.5, 0.51, 0.49]),
        "cost": np.array([0.5, 0.48, 0.47]),
        "data_term": np.array([0.3, 0.3, 0.3]),
        "penalty": np.array([0.2, 0.18, 0.17]),
        "test_error": np.array([0.4, 0.4, 0.4]),
        "moved": np.array([np.nan, 0.3, 0.1]),
        "output_change": np.array([np.nan, 0.02, 0.01]),
        "ode_difference": np.array([0.04, 0.02, 0.01]),
        "iterations": np.array([300, 100, 80]),
        "ended": ["finished", "finished", "converged"],
        "spread": 2.0,
        "order": 1,
        "rate": 1.0,
        "rate_error": 0.02,
        "moved_particles": 500,
    }
    return found | more


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("dark", [False, True])
def test_every_level_is_a_mark(name, dark):
    figure = depth_figure(answer(), name, dark=dark)
    columns = {
        "cost": ["refined_cost", "cost"],
        "outputs": ["ode_difference", "output_change"],
        "control": ["moved"],
    }
    for trace, column in zip(figure.data, columns[name], strict=True):
        values = answer()[column]
        assert np.allclose(trace.y, values[np.isfinite(values)])
    assert "L = 40" in figure.layout.xaxis.ticktext[-1]
    assert len({trace.marker.symbol for trace in figure.data}) == len(figure.data)


def test_words_of_a_discretised_ode():
    first, second, third = depth_words(answer())
    assert "from 0.5 to 0.51" in first and "hardly notices" in first
    assert "2% of the spread at L = 10" in second and "0.5% at L = 40" in second
    assert "(T/L)^1.00" in third and "in sight" in third and "not yet" not in third


def test_words_of_a_control_made_for_its_step():
    said = " ".join(depth_words(answer(refined_cost=np.array([0.5, 2.0, 1.0]), rate=0.4, rate_error=0.05)))
    assert "trained anew" in said and "not yet in sight" in said


def test_the_rate_is_held_against_the_order_of_the_scheme():
    assert "order 4" in depth_words(answer(order=4, rate=3.9))[2]
    assert "not like (T/L)^4" in depth_words(answer(order=4, rate=1.0))[2]


def test_words_where_there_is_little_to_say():
    assert "at rest" in depth_words(answer(ode_difference=np.full(3, 1e-15)))[0]
    short = {
        name: np.asarray(value)[:1] for name, value in answer().items() if np.ndim(value) and name != "ended"
    }
    assert "No level" in depth_words(answer(**short))[0]
    assert len(depth_words(answer(rate=np.nan))) == 2


def test_the_table_has_a_row_for_each_level():
    table = depth_table(answer())
    assert {len(column) for column in table.values()} == {3} and table["ended"][2] == "converged"
