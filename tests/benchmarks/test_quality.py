import numpy as np
import pytest
import quality
import torch

import autoencode_core as ac


@pytest.mark.parametrize("hidden_layers", [1, 2])
@pytest.mark.parametrize("parameters", [120, 744, 50_000])
def test_the_mlp_has_as_many_parameters_as_it_may(hidden_layers, parameters):
    mlp = quality.Mlp(3, 2, hidden_layers, parameters)
    h = mlp.layers[0].out_features
    size = sum(weights.numel() for weights in mlp.parameters())
    assert size == quality._mlp_size(3, 2, hidden_layers, h) <= parameters
    assert quality._mlp_size(3, 2, hidden_layers, h + 1) > parameters


def test_the_mlp_can_learn_what_pca_cannot():
    x = np.random.default_rng(0).uniform(-1, 1, (200, 1))
    parabola = np.column_stack([x, x**2])
    torch.manual_seed(0)
    with torch.enable_grad():
        learnt = quality.train_mlp(parabola, quality.Mlp(2, 1, 1, 300), 0, 0.02, 1.0)
    assert quality.error(learnt, parabola) < 0.3 * quality.pca_error("raw", parabola, parabola, parabola, 1)


def test_fresh_points_extend_the_test_points_of_the_run():
    spec = ac.RunSpec(dataset="moons", noise=0.05, particles=100, iterations=1)
    run, fresh = ac.train(spec), quality.fresh_points(spec)
    assert len(fresh) == quality.FRESH
    np.testing.assert_array_equal(fresh[:25], run.data.source.test)
    assert quality.error(run.model.reconstruct, fresh[:25]) == pytest.approx(
        run.summary["test_error"], rel=1e-4
    )


def test_the_exact_flow_is_that_of_the_summary():
    spec = ac.RunSpec(dataset="moons", particles=100, iterations=30, scheme="euler", fidelity=None)
    run = ac.train(spec)
    exact = quality.error(quality.exactly(run), run.data.source.test)
    assert exact == pytest.approx(run.summary["ode_test_error"], rel=1e-3)
    assert exact != pytest.approx(run.summary["test_error"], rel=1e-3)


def test_a_row_holds_what_was_measured(monkeypatch):
    monkeypatch.setattr(quality, "GRID", quality.GRID[:1])
    knobs = {"dataset": "moons", "particles": 60, "iterations": 20}
    row = quality._row("moons", knobs, 0.1, 2, False)
    errors = [
        quality.error(run.model.reconstruct, quality.fresh_points(run.spec))
        for run in (ac.train(ac.RunSpec(**knobs, seed=seed)) for seed in (0, 1))
    ]
    assert row["mean"] == pytest.approx(np.mean(errors))
    assert row["exact_mean"] == pytest.approx(row["mean"], rel=0.2) and row["verdicts"] == ["ode", "ode"]
    assert row["pca"] > 0.1 and row["mlp"] > 0 and row["iterations"] == 20
    methods = [{"case": "moons", "way": "pmp", "iterations": 2, "J": 0.1, "train_error": 0.1, "seconds": 1.0}]
    text = quality.words({"quality": [row], "methods": methods})
    assert f"| moons (lbfgs, 20 it) | {row['seconds']:.1f} | 0.1 | {row['exact_mean']:.2g} |" in text
