"""R_n = max H_n - H_n(θ_n), nearby and over all θ: brute force, closed forms, how it vanishes in training."""

import numpy as np
import pytest
import torch
from problems import bimodal_best_constant, converged_bimodal

import autoencode_core as ac
from autoencode_core.analysis.control.along import hamiltonian
from autoencode_core.analysis.control.maximality import (
    local_maximality,
    local_maximality_residual,
    maximality,
    maximality_path,
    maximality_residual,
)
from autoencode_core.analysis.control.shooting import Shooting
from autoencode_core.errors import InputError
from autoencode_core.training import ascent
from autoencode_core.training import hamiltonian as inner
from autoencode_core.training.nearby import maximise_nearby
from autoencode_core.training.objective import cost_and_gradient

SCHEMES = [("euler", 1), ("midpoint", 2), ("rk4", 1)]


def frozen(run):
    """Evaluation points (x, q) of every layer as arrays (a, ·)."""
    with torch.no_grad():
        held = Shooting(run).shoot(run.model.control.vector)
    return [(at.x[0].numpy(), at.q[0].numpy()) for at in held.points]


def test_sums_along_t_count_a_layer_as_its_step(make_run):
    run = make_run(tikhonov=0.2, field="single_layer")
    found, step = maximality(run), run.spec.horizon / run.spec.depth
    assert found["total"] == pytest.approx(step * found["residual"].sum()) and found["total"] > 0.1
    assert found["gap"] == pytest.approx(found["total"] / found["cost"])
    assert found["cost"] == pytest.approx(hamiltonian(run)["cost"])
    np.testing.assert_allclose(found["times"], step * np.arange(6))


def test_the_path_is_that_of_the_training():
    knobs = {"particles": 40, "depth": 4, "horizon": 2.0, "dtype": "float64", "field": "single_layer"}
    run = ac.train(ac.RunSpec(dataset="moons", tikhonov=0.1, iterations=9, method="lbfgs", **knobs))
    found, kept = maximality_path(run, 4), run.path[0].tolist()
    assert kept == list(range(10)) and found["iterations"].tolist() == [0, 3, 6, 9]
    for name in ("cost", "gradient_norm"):
        np.testing.assert_allclose(found[name], np.array(run.history[name])[[0, 3, 6, 9]], rtol=1e-9)
    np.testing.assert_allclose(found["gradient_norm"] ** 2, 0.5 * (found["stationarity"] ** 2).sum(axis=1))
    np.testing.assert_allclose(found["total"], 0.5 * found["residual"].sum(axis=1))
    np.testing.assert_allclose(found["local_total"], 0.5 * found["local_residual"].sum(axis=1))
    last, near = maximality(run), local_maximality(run)
    assert found["total"][-1] == pytest.approx(last["total"]) and found["total"][0] > last["total"] > 0
    assert found["local_total"][-1] == pytest.approx(near["total"]) and found["radius"] == near["radius"]
    assert (found["local_residual"] <= found["residual"]).all()
    np.testing.assert_allclose(found["times"], last["times"])


def test_it_vanishes_as_pmp_converges_and_j_is_below_that_of_the_best_constant():
    run = converged_bimodal(method="pmp", metric="control")
    found = maximality_path(run, 5)
    assert found["iterations"][0] == 0 and (found["residual"] >= 0).all()
    total, norm = found["total"], found["gradient_norm"]
    assert total[0] > 0.1 and total[-1] < 1e-12 * total[0]
    assert (np.diff(total)[total[1:] > 1e-3] < 0.2 * total[0]).all()
    late = norm < 1e-3 * norm[0]
    assert late.sum() >= 1 and (total[late] < 1e-5 * total[0]).all()
    best, _ = bimodal_best_constant(0.1, run.data.train.numpy(), run.data.train_targets.numpy())
    assert found["cost"][-1] <= best
    last = maximality(run)
    assert last["total"] == pytest.approx(total[-1], abs=1e-14) and last["gap"] < 1e-10
    for residual in (maximality_residual(run), local_maximality_residual(run)):
        assert residual.shape == (run.spec.depth,) and bool((residual >= 0).all())
    assert local_maximality(run)["total"] < 1e-10


@pytest.mark.parametrize(("scheme", "substeps"), SCHEMES)
@pytest.mark.parametrize(
    ("activation", "tikhonov"), [("tanh", 0.01), ("tanh", 0.3), ("sin", 0.05), ("softplus", 0.1)]
)
def test_against_a_grid_of_all_controls_of_a_tiny_net(make_run, activation, tikhonov, scheme, substeps):
    spec = {"dataset": "bimodal", "bottleneck": 1, "particles": 20, "depth": 4}
    by = {"scheme": scheme, "substeps": substeps}
    run = make_run(activation=activation, tikhonov=tikhonov, **spec, **by)
    found, near = maximality(run), local_maximality(run, 0.5)
    axis = np.linspace(-8, 8, 321)
    w, b = (grid.ravel() for grid in np.meshgrid(axis, axis))
    sigma = {"tanh": np.tanh, "sin": np.sin, "softplus": lambda z: np.logaddexp(0, z)}[activation]
    for n, (x, q) in enumerate(frozen(run)):
        grid = -sum(q_i * sigma(w * x_i + b) for x_i, q_i in zip(x[0], q[0], strict=True))
        grid -= tikhonov * (w**2 + b**2)
        assert found["maximum"][n] >= grid.max() - 1e-6
        assert found["maximum"][n] <= grid.max() + 0.01 * abs(grid.max()) + 2e-3
        assert found["maximum"][n] - found["hamiltonian"][n] == pytest.approx(found["residual"][n])
        own = [float(part) for part in run.model.control.layers[n]]
        inside = np.hypot(w - own[0], b - own[1]) <= near["radius"]
        assert found["maximum"][n] >= near["maximum"][n] - 1e-9
        assert near["maximum"][n] >= grid[inside].max() - 1e-6
        assert near["maximum"][n] == pytest.approx(grid[inside].max(), abs=0.06 * near["residual"].max())


@pytest.mark.parametrize("scheme", ["euler", "rk4"])
def test_of_a_two_layer_field_against_a_grid(make_run, scheme):
    spec = {"dataset": "bimodal", "bottleneck": 1, "particles": 20, "depth": 4, "scheme": scheme}
    run = make_run(field="two_layer", expansion=2, tikhonov=0.2, **spec)
    found = maximality(run)
    axis = np.linspace(-12, 12, 601)
    w, b = (grid.ravel() for grid in np.meshgrid(axis, axis))
    for n, (x, q) in enumerate(frozen(run)):
        c = sum(q_i * np.tanh(w * x_i + b) for x_i, q_i in zip(x[0], q[0], strict=True))
        # Each of the two units at its best v = -c/2λ.
        most = 2 * max(0.0, (c**2 / (4 * 0.2) - 0.2 * (w**2 + b**2)).max())
        assert most - 1e-9 <= found["maximum"][n] <= 1.01 * most + 1e-6
        top = (c**2 / (4 * 0.2) - 0.2 * (w**2 + b**2)).argmax()
        size = 2 * (w**2 + b**2 + (c / (2 * 0.2)) ** 2)[top] if most else 0.0
        assert found["maximal_norm"][n] == pytest.approx(size**0.5, rel=0.03, abs=1e-6)


def test_at_a_low_weight_the_maximisers_are_steep_and_found():
    """The best unit all but cuts the particles in two: every cut and every steepness, by brute force."""
    knobs = {"bottleneck": 1, "field": "two_layer", "expansion": 2, "dtype": "float64", "iterations": 40}
    spec = ac.RunSpec(
        dataset="moons", particles=100, depth=6, horizon=2.0, tikhonov=(weight := 1e-6), **knobs
    )
    run = ac.train(spec.but(scheme="euler", fidelity=None))
    found, points = maximality(run), frozen(run)
    for n in (2, 3):  # about T/2 one component is active
        x, q = (part[0] for part in points[n])
        steep, kinks = np.geomspace(1, 1e4, 100), np.linspace(x.min(), x.max(), 800)
        w, kink = (grid.ravel() for grid in np.meshgrid(steep, kinks))
        c = sum(q_i * np.tanh(w * (x_i - kink)) for x_i, q_i in zip(x, q, strict=True))
        best = 2 * (c**2 / (4 * weight) - weight * w**2 * (1 + kink**2)).max()
        assert found["maximum"][n] >= 0.999 * best


# ---- nearby


@pytest.mark.parametrize(("scheme", "substeps"), SCHEMES)
@pytest.mark.parametrize("field", ["single_layer", "two_layer"])
def test_every_layer_of_a_run_by_any_scheme(make_run, field, scheme, substeps):
    """From below the one over all θ, growing with ρ, and towards 0 the slope times ρ."""
    run = make_run(field=field, expansion=2, tikhonov=0.1, scheme=scheme, substeps=substeps, depth=4)
    shooting, theta = Shooting(run), run.model.control.vector
    with torch.no_grad():
        held = shooting.shoot(theta)
        gains = [
            maximise_nearby(shooting.arch, theta, held, 0.1, radius).gain for radius in (0, 1e-4, 0.3, 2)
        ]
        over_all = inner.maximise(shooting.arch, theta, held, 0.1).gain
        slopes = shooting.slopes(theta, held)
    assert bool((gains[0] == 0).all()) and bool((gains[1] < gains[2]).all() and (gains[2] < gains[3]).all())
    assert bool((gains[3] <= over_all * (1 + 1e-6)).all())
    torch.testing.assert_close(gains[1] / 1e-4, slopes, rtol=1e-2, atol=1e-6)


def test_the_maximiser_has_the_size_that_is_told(make_run):
    run = make_run(field="single_layer", tikhonov=0.1, depth=4)
    shooting, theta = Shooting(run), run.model.control.vector
    with torch.no_grad():
        held = shooting.shoot(theta)
        near = maximise_nearby(shooting.arch, theta, held, 0.1, 0.2)
    own = inner.layer_squares(shooting.arch, theta).sqrt()
    assert bool(((near.square.sqrt() - own).abs() <= 0.2 + 1e-9).all())


def test_the_radius_is_a_share_of_the_size_of_the_control(make_run):
    run = make_run(depth=4)
    norms = hamiltonian(run)["norm"]
    for share in (0.1, 2.0):
        assert local_maximality(run, share)["radius"] == pytest.approx(share * np.sqrt((norms**2).mean()))
    for share in (0, -1, 11, "a", True, float("nan")):
        with pytest.raises(InputError, match="share"):
            local_maximality(run, share)


def test_for_a_field_that_is_no_sum_over_units_there_is_a_local_one_only(make_run, monkeypatch):
    run = ac.train(make_run(depth=4, field="single_layer").spec.but(iterations=3, method="lbfgs"))
    wanted = local_maximality(run)["residual"]
    monkeypatch.setattr(type(run.model.architecture.field), "units", None)
    with pytest.raises(InputError, match="not available for this field"):
        maximality(run)
    np.testing.assert_allclose(local_maximality(run)["residual"], wanted, rtol=1e-6)
    found = maximality_path(run, 3)
    assert np.isfinite(found["local_residual"]).all() and np.isnan(found["residual"]).all()


def test_a_control_of_zeros_has_no_ball(make_run):
    found = local_maximality(make_run(0.0))
    assert found["radius"] == 0 and (found["residual"] == 0).all()


# ---- of all kinds of runs


def test_of_many_particles_a_first_ascent_sees_some(make_run, monkeypatch):
    run = make_run(field="two_layer", tikhonov=0.01)
    whole = maximality(run)["residual"]
    for most in ("FEW", "SAMPLE"):
        monkeypatch.setattr(ascent, most, 100)
    some = maximality(run)["residual"]
    assert (whole > 0).all() and (some >= 0.95 * whole).all()


def test_of_a_linear_field_it_is_the_square_of_the_slope(make_run):
    run = make_run(activation="identity", tikhonov=0.3, field="single_layer")
    slopes, found = hamiltonian(run)["stationarity"], maximality(run)
    np.testing.assert_allclose(found["residual"], slopes**2 / (4 * 0.3), rtol=1e-6, atol=1e-12)
    _, loss = cost_and_gradient(run.model, run.data.source.train, 0.0)
    sizes = [sum(float(block.square().sum()) for block in own) ** 0.5 for own in loss.layers]
    np.testing.assert_allclose(found["maximal_norm"], np.array(sizes) / (2 * 0.3), rtol=1e-4)


@pytest.mark.parametrize(
    ("knobs", "bounded", "words"),
    [
        ({"tikhonov": 0.0, "field": "two_layer"}, False, "no upper bound"),
        ({"tikhonov": 0.0, "field": "single_layer", "activation": "identity"}, False, "no upper bound"),
        ({"tikhonov": 0.0, "field": "single_layer"}, True, "no maximiser"),
        ({"tikhonov": 1e-5, "field": "two_layer", "activation": "relu"}, False, "so small"),
        ({"tikhonov": 1e-2, "field": "two_layer", "particles": 1}, True, ""),
        ({"tikhonov": 1e-2, "task": "classify", "bottleneck": 1}, True, ""),
        ({"tikhonov": 1e-2, "bottleneck": 2, "field": "single_layer"}, True, ""),
    ],
)
def test_where_there_is_no_maximum_it_says_so(make_run, knobs, bounded, words):
    found = maximality(make_run(**knobs))
    assert np.isfinite(found["residual"]).all() == bounded
    assert not np.isnan(found["residual"]).any() and (found["residual"] >= 0).all()
    assert words in found["note"] and (words or not found["note"])


def test_pca_at_a_low_weight_is_stationary_but_not_maximal(make_run):
    run = make_run(0.0, dataset="moons", field="single_layer", tikhonov=1e-3, coordinates="principal")
    assert hamiltonian(run)["gradient_norm"] < 1e-8
    assert maximality(run)["total"] > 1e-3
    high = make_run(0.0, dataset="moons", field="single_layer", tikhonov=10.0, coordinates="principal")
    assert maximality(high)["total"] < 1e-9
