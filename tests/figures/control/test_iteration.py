"""One iteration of pmp as pictures and words."""

import numpy as np
import pytest

from autoencode_core.figures.control.iteration import (
    PHASES,
    formula,
    layers_table,
    maximise_figure,
    phase_words,
    trials_figure,
    trials_table,
)


def answer(**more):
    found = {
        "iteration": 12,
        "cost": 0.5,
        "data_term": 0.4,
        "gradient_norm": 0.25,
        "hamiltonian": np.array([-0.1, -0.2, -0.1]),
        "tau": np.array([1.0, 0.5]),
        "trial_cost": np.array([0.9, 0.45]),
        "bound": np.array([0.48, 0.49]),
        "move": np.array([0.2, 0.1]),
        "trial_hamiltonian": np.array([[0.3, 0.1, 0.2], [0.0, -0.1, 0.05]]),
        "augmented": np.array([[0.2, 0.0, 0.1], [-0.05, -0.15, 0.02]]),
        "trial_move": np.array([[0.3, 0.2, 0.1], [0.15, 0.1, 0.05]]),
        "accepted": True,
        "inner_steps": 1,
        "next_tau": 0.65,
    }
    return found | more


def test_every_phase_has_a_name_a_formula_and_the_real_numbers():
    for phase in range(len(PHASES)):
        by_euler, by_points = formula(phase, "euler", 1), formula(phase, "rk4", 1)
        assert formula(phase, "euler", 2) == by_points
        assert (r"\kappa" in by_points) is (phase in (1, 2)) and r"\kappa" not in by_euler
    words = [phase_words(answer(), phase, 0.001) for phase in range(4)]
    assert "iteration 12" in words[0] and "J = 0.5" in words[0] and "λ‖θ‖² = 0.1" in words[0]
    assert "‖∇J‖ = 0.25" in words[1]
    assert "τ = 0.5" in words[2] and "layer 3, by 0.12" in words[2] and "moves by 0.1" in words[2]
    assert "by one proximal step." in words[2]
    assert "by 3 proximal steps." in phase_words(answer(inner_steps=3), 2, 0.001)
    assert "1, 0.5." in words[3] and "1 halved, then one accepted" in words[3]
    assert "from 0.5 to 0.45 (−10.00%)" in words[3] and "τ = 0.65" in words[3]


def test_a_step_that_is_never_accepted_ends_the_training():
    said = phase_words(answer(accepted=False, trial_cost=np.array([0.9, 0.6])), 3, 0.001)
    assert "None lowers J enough" in said and "ends here" in said


@pytest.mark.parametrize("dark", [False, True])
def test_the_last_trial_is_drawn_layer_by_layer(dark):
    figure = maximise_figure(answer(), "hamiltonian", dark=dark)
    before, after = figure.data
    assert np.allclose(before.y, answer()["hamiltonian"]) and np.allclose(after.y, answer()["augmented"][-1])
    assert before.marker.symbol != after.marker.symbol and list(before.x) == [1, 2, 3]
    (bars,) = maximise_figure(answer(), "move", dark=dark).data
    assert np.allclose(bars.y, answer()["trial_move"][-1])


@pytest.mark.parametrize("accepted", [True, False])
def test_every_trial_is_a_mark_and_only_the_accepted_one_is_round(accepted):
    figure = trials_figure(answer(accepted=accepted))
    marks, reach = figure.data
    assert np.allclose(marks.x, [1.0, 0.5]) and np.allclose(marks.y, [0.9, 0.45])
    assert list(marks.marker.symbol) == ["x", "circle" if accepted else "x"]
    assert np.allclose(reach.y, answer()["bound"])
    assert figure.layout.shapes[0].y0 == 0.5


def test_a_trial_that_is_no_number_leaves_a_picture():
    figure = trials_figure(answer(trial_cost=np.array([np.inf, 0.45])))
    assert all(np.isfinite(end) for end in figure.layout.yaxis.range or (0, 1))
    assert trials_figure(answer(trial_cost=np.array([1e9, 0.45]))).layout.yaxis.type == "log"


def test_tables_are_the_figures():
    layers, trials = layers_table(answer()), trials_table(answer())
    assert layers["layer"] == [1, 2, 3] and layers["trial_move"] == [0.15, 0.1, 0.05]
    assert trials["accepted"] == [False, True] and trials["trial_cost"] == [0.9, 0.45]
