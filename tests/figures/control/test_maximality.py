"""What is said of the Hamiltonian and the residuals, and their way along a training."""

import numpy as np
import pytest
from figures.principle import about, nearby, path, residuals

from autoencode_core.figures.control.maximality import (
    anywhere_words,
    hamiltonian_words,
    largest_drift,
    nearby_words,
    path_figure,
    path_table,
    path_words,
)


def test_the_drift_is_that_within_intervals_of_constant_width_only():
    assert largest_drift(about()) == pytest.approx(0.03 / 3.03)
    assert "constant to 0.99%" in hamiltonian_words(about())
    assert "1 of 5 have more than one layer" in hamiltonian_words(about())


def test_a_hamiltonian_that_varies_is_said_to():
    answer = about([1, 2, 3, -3, 4, 5])
    assert largest_drift(answer) == pytest.approx(2)
    assert "not constant" in hamiltonian_words(answer) and "200%" in hamiltonian_words(answer)


def test_where_h_is_small_beside_the_cost_per_time_that_is_its_size():
    """J/T = 2; H varies by 300% of itself and by 0.2% of that."""
    answer = about([0.1, 0.2, 0.002, -0.002, 0.1, 0.3], cost=12.0)
    assert largest_drift(answer) == pytest.approx(0.002)
    assert "constant to 0.2%" in hamiltonian_words(answer)


@pytest.mark.parametrize(("spread", "constant"), [(0.04, True), (0.07, False)])
def test_a_twentieth_is_the_most_that_counts_as_constant(spread, constant):
    """In the decoder's interval of two layers; the one before holds."""
    jumps = {"jumps": np.array([2, 4])}
    answer = about([1.0, 1.0, 2.0, 2.0, 1.0 - spread, 1.0]) | jumps
    assert largest_drift(answer) == pytest.approx(spread)
    assert ("H is constant" in hamiltonian_words(answer)) is constant


@pytest.mark.parametrize(("share", "maximal"), [(0.009, True), (0.012, False)])
def test_a_hundredth_of_j_is_the_most_that_counts_as_maximal(share, maximal):
    values = [2.0 * share, 0, 0, 0, 0, 0]
    assert ("θ is maximal nearby" in nearby_words(nearby(values, cost=2.0))) is maximal
    assert ("no other θ gives much more" in anywhere_words(residuals(values, cost=2.0))) is maximal


def test_a_width_that_changes_at_every_layer_leaves_no_interval():
    answer = about() | {"jumps": np.arange(1, 6)}
    assert np.isnan(largest_drift(answer)) and "no interval" in hamiltonian_words(answer)


def test_a_control_of_zeros_has_no_drift():
    answer = about(1e-9 * np.arange(6))
    assert largest_drift(answer) < 1e-8 and "all but 0" in hamiltonian_words(answer)


@pytest.mark.parametrize(
    "answer, words",
    [
        (nearby(), "δ Σ R = 0.036, 1.8% of J"),
        (nearby(), "not maximal, not even nearby"),
        (nearby(), "ρ = 0.12"),
        (nearby(np.full(6, 1e-4)), "maximal nearby"),
        (nearby(np.zeros(6)), "0% of J"),
        (nearby(np.full(6, 1e-9)), "<0.01% of J"),
        (nearby(np.ones(6), cost=1e-17), "nothing left"),
        (nearby() | {"radius": 0.0}, "The control is 0"),
    ],
)
def test_the_residuals_nearby_in_words(answer, words):
    assert words in nearby_words(answer)


@pytest.mark.parametrize(
    "answer, words",
    [
        (residuals(), "beside J = 2"),
        (residuals(), "|θ| up to 350 against 1 here"),
        (residuals(), "a sharp cut"),
        (residuals() | {"maximal_norm": np.full(6, 3.0)}, "another stationary branch"),
        (residuals(np.zeros(6)), "δ Σ R = 0: no other θ"),
        (residuals([np.inf, 0, 0, 0, 0, 0]), "R is infinite"),
    ],
)
def test_the_residuals_over_all_controls_in_words(answer, words):
    assert words in anywhere_words(answer)


def test_the_heat_map_has_a_column_for_each_moment_and_gaps_where_there_is_no_logarithm():
    table = np.array([[1000.0, 100.0, 10.0], [np.inf, 0.0, 1.0], [10.0, 1.0, 0.1]])
    heat, near, far, norm = path_figure(path(table)).data
    np.testing.assert_allclose(heat.z[:, 0], [2, 1, 0])
    np.testing.assert_allclose(heat.z[0, 1], 0)
    assert np.isnan(heat.z[1, 1]) and len(heat.x) == 4 and len(heat.y) == 4
    assert near.y[0] == 111 and far.y[0] == 1110 and np.isnan(far.y[1])
    assert np.isfinite(near.y).all() and np.isfinite(norm.y).all()


def test_residuals_that_are_nothing_beside_j_keep_the_foot_of_the_scale():
    """J is 1 at the end and T = 3: R of 1e-3/3 adds up to a thousandth of it."""
    small, large = (path_figure(path(size * np.array([[1.0, 2.0, 1.0]] * 2))) for size in (1e-12, 1.0))
    assert small.data[0].zmax == pytest.approx(np.log10(1e-3 / 3))
    assert small.data[0].zmin == -13  # R nearby is a tenth here
    assert large.data[0].zmax == pytest.approx(np.log10(0.2))


def test_early_moments_have_room_and_their_numbers_stand_below():
    answer = path(np.ones((6, 2))) | {"iterations": np.array([0, 1, 2, 30, 900, 1000])}
    figure = path_figure(answer)
    axis = figure.layout.xaxis2
    assert list(axis.ticktext) == ["1,000", "30", "2", "0"]
    np.testing.assert_allclose(figure.data[1].x, np.log1p(answer["iterations"]))
    assert figure.data[0].text[0][5].startswith("iteration 1,000<br>R = 0.1")
    np.testing.assert_allclose(axis.tickvals, np.log1p([1000, 30, 2, 0]))
    assert axis.range[0] <= 0 and axis.range[1] >= np.log1p(1000)


def test_a_path_on_which_h_has_no_upper_bound_is_drawn_and_said():
    answer = path(np.full((3, 2), np.inf))
    assert np.isnan(path_figure(answer, dark=True).data[2].y).all()
    assert "At 3 of these 3 moments H has no upper bound" in path_words(answer)


def test_a_path_of_a_field_without_units_and_one_without_a_finite_control():
    answer = path(np.ones((3, 2)))
    answer |= {"residual": np.full((3, 2), np.nan), "total": np.full(3, np.nan)}
    assert np.isnan(path_figure(answer).data[2].y).all() and "nearby went from 0.2 to 0.2" in path_words(
        answer
    )
    answer |= {"local_residual": np.full((3, 2), np.nan), "local_total": np.full(3, np.nan)}
    assert np.isnan(path_figure(answer).data[0].z).all() and "none of these moments" in path_words(answer)


def test_the_way_along_the_training_in_words():
    assert "went from 11 to 0.11" in path_words(path([[100.0, 10.0], [1.0, 0.1]]))
    assert "At 1 of these 2 moments" in path_words(path([[np.inf, 1.0], [1.0, 0.1]]))


def test_the_table_has_a_row_for_each_layer_at_each_moment():
    table = path_table(path([[100.0, 10.0], [1.0, 0.1]]))
    assert {len(column) for column in table.values()} == {4}
    assert table["iteration"].tolist() == [0, 0, 10, 10] and table["t"].tolist() == [0, 1, 0, 1]
    assert table["local_maximality_residual"].tolist() == [10, 1, 0.1, 0.01]
    assert table["maximality_residual"].tolist() == [100, 10, 1, 0.1]
