import numpy as np
import pytest
import torch
from problems import by_particle

import autoencode_core as ac
from autoencode_core.analysis.regimes import spectrum
from autoencode_core.analysis.regimes.convexity import (
    curvature,
    curvature_path,
    curvatures,
    flat_direction,
    smallest_curvature,
)
from autoencode_core.errors import InputError
from autoencode_core.flow.autoencode import label_positions
from autoencode_core.training.objective import cost_and_gradient


def dense(run) -> np.ndarray:
    """The data term's Hessian in L²(0,T) by autograd of the plain network."""
    model = run.model.to(torch.float64)
    x, targets = run.data.source.train, run.data.source.train_targets
    kept = torch.arange(model.architecture.width)
    target = torch.as_tensor(np.asarray(model.coordinates.to_flow(targets)))
    if run.spec.task == "classify":
        kept = model.order[: run.spec.bottleneck]
        target = torch.as_tensor(label_positions(2, run.spec.bottleneck)[run.data.source.train_labels])

    def data_term(vector):
        return (by_particle(model, x, vector)[:, kept] - target).square().sum(1).mean()

    hessian = torch.autograd.functional.hessian(data_term, model.control.vector, vectorize=True)
    return hessian.numpy() / model.architecture.step


@pytest.fixture
def by_lanczos(monkeypatch):
    monkeypatch.setattr(spectrum, "DENSE", 0)


CASES = [
    {},
    {"field": "two_layer", "expansion": 2, "task": "denoise", "noise": 0.1},
    {"task": "classify", "bottleneck": 1, "activation": "softplus", "dtype": "float32"},
    {"dataset": "s_curve", "bottleneck": 2, "order": "reversed", "field": "single_layer"},
]


@pytest.mark.parametrize("knobs", CASES)
def test_nu_and_the_spectrum_are_those_of_the_dense_hessian(make_run, knobs):
    run = make_run(**knobs)
    exact, step = np.linalg.eigvalsh(dense(run)), run.model.architecture.step
    found = curvature(run)
    np.testing.assert_allclose(found["spectrum"], exact, atol=1e-10 * np.abs(exact).max())
    np.testing.assert_allclose(found["values"], exact[:4], atol=1e-10 * np.abs(exact).max())
    np.testing.assert_allclose(found["largest_values"], exact[:-3:-1], rtol=1e-10)
    assert found["exact"] and found["nu"] == found["values"][0] and found["floor"] <= found["nu"]
    np.testing.assert_allclose(step * found["vectors"] @ found["vectors"].T, np.eye(4), atol=1e-10)
    assert found["lambda_conv"] == max(0, -found["nu"] / 2)
    assert found["convexity"] == 2 * run.spec.tikhonov + found["nu"]
    assert type(smallest_curvature(run)) is float
    assert smallest_curvature(run) == pytest.approx(exact[0], abs=1e-10 * np.abs(exact).max())


@pytest.mark.parametrize("heavy", [True, False])
@pytest.mark.parametrize("knobs", CASES)
def test_lanczos_finds_the_same(make_run, by_lanczos, monkeypatch, knobs, heavy):
    if heavy:
        monkeypatch.setattr(spectrum, "HEAVY", 0)
    run = make_run(**knobs)
    matrix, step = dense(run), run.model.architecture.step
    exact, size = np.linalg.eigvalsh(matrix), np.linalg.norm(matrix, 2)
    found = curvature(run)
    assert not found["exact"] and not found["spectrum"].size
    assert found["nu"] == pytest.approx(
        exact[0], abs=(0.06 if heavy else 0.02) * max(-exact[0], 2 * run.spec.tikhonov)
    )
    assert found["largest"] == pytest.approx(exact[-1], rel=1e-6)
    assert (found["values"] >= exact[: len(found["values"])] - 1e-9 * size).all()
    assert found["floor"] <= exact[0] + 1e-9 * size
    for value, vector, bound in zip(found["values"], found["vectors"], found["bound"], strict=True):
        assert step * vector @ vector == pytest.approx(1)
        assert np.abs(exact - value).min() <= bound + 1e-9 * size
        rest = matrix @ vector - value * vector
        assert np.sqrt(step) * np.linalg.norm(rest) == pytest.approx(bound, abs=1e-9 * size)


def test_a_bound_and_a_floor_stay_true_when_lanczos_may_not_go_on(make_run, by_lanczos, monkeypatch):
    run = make_run(dataset="s_curve", bottleneck=2, field="two_layer", expansion=2)
    exact = np.linalg.eigvalsh(dense(run))
    monkeypatch.setattr(spectrum, "MOST_PRODUCTS", 12)
    found = curvature(run, 1)
    assert found["products"] == 15 and "limit of 12 products" in found["note"]
    assert found["floor"] < exact[0] < found["nu"]
    assert np.abs(exact - found["nu"]).min() <= found["bound"][0]


@pytest.mark.parametrize("tikhonov", [1e-3, 10.0])
def test_heavy_products_end_once_the_sign_is_certain_and_nu_has_settled(make_run, monkeypatch, tikhonov):
    spec = {"dataset": "s_curve", "bottleneck": 2, "field": "two_layer", "expansion": 4, "depth": 12}
    run = make_run(tikhonov=tikhonov, **spec)
    monkeypatch.setattr(spectrum, "DENSE", 10**4)
    exact = smallest_curvature(run)
    monkeypatch.setattr(spectrum, "DENSE", 0)
    light = curvature(run, 1)
    monkeypatch.setattr(spectrum, "HEAVY", 0)
    heavy = curvature(run, 1)
    assert heavy["products"] < light["products"] and not heavy["note"]
    for found, share in ((light, 0.01), (heavy, 0.05)):
        assert found["floor"] <= exact <= found["nu"] + 1e-6
        assert found["nu"] == pytest.approx(exact, abs=share * max(-exact, 2 * tikhonov))
        assert np.sign(found["convexity"]) == np.sign(2 * tikhonov + exact)


def test_lambda_conv_is_where_the_second_difference_of_the_cost_changes_sign(make_run):
    run = make_run(2.0, dataset="s_curve", bottleneck=2)
    found = curvature(run)
    assert found["lambda_conv"] > 0
    v, h = torch.as_tensor(found["vectors"][0]), 1e-3
    theta, x = run.model.control.vector, run.data.train

    def second_difference(tikhonov: float) -> float:
        J = [cost_and_gradient(run.model.with_control(theta + s * v), x, tikhonov)[0] for s in (-h, 0.0, h)]
        return (J[0] - 2 * J[1] + J[2]) / h**2

    assert second_difference(0.9 * found["lambda_conv"]) < 0 < second_difference(1.1 * found["lambda_conv"])


@pytest.mark.parametrize("limit", [0, 512])
@pytest.mark.parametrize("activation", ["tanh", "sin"])
def test_pca_is_a_local_minimiser_for_every_weight(make_run, monkeypatch, activation, limit):
    monkeypatch.setattr(spectrum, "DENSE", limit)
    run = make_run(0.0, dataset="s_curve", bottleneck=2, coordinates="principal", activation=activation)
    found = curvature(run)
    assert found["nu"] == pytest.approx(0, abs=1e-8)
    assert found["gradient_norm"] == pytest.approx(0, abs=1e-8)
    assert found["lambda_conv"] == pytest.approx(0, abs=1e-8) and found["convexity"] > 0


def test_the_gradient_s_norm_and_the_data_term(run):
    cost, gradient = cost_and_gradient(run.model, run.data.train, run.spec.tikhonov)
    found = curvature(run)
    assert found["gradient_norm"] == pytest.approx(gradient.norm())
    penalty = run.spec.tikhonov * run.model.control.norm() ** 2
    assert found["data_term"] == pytest.approx(cost - penalty)


def test_several_runs_at_once(make_run):
    runs = [make_run(), make_run(float("nan")), make_run(bottleneck=2)]
    found = curvatures(runs)
    assert np.isnan(found["nu"]).tolist() == np.isnan(found["bound"]).tolist() == [False, True, False]
    assert found["nu"][2] == smallest_curvature(runs[2])
    diverged = make_run(1e9, activation="softplus")  # at its start: the control is finite, J is not
    object.__setattr__(diverged, "status", "diverged")
    assert np.isnan(curvatures([diverged])["nu"]).all()
    with pytest.raises(InputError, match="mean nothing"):
        smallest_curvature(diverged)
    with pytest.raises(InputError, match="diverge"):
        smallest_curvature(runs[1])


def test_along_the_training(make_run):
    run = make_run()
    theta = run.model.control.vector.numpy()
    controls = np.stack([share * theta for share in (0.0, 0.3, 0.5, 0.7, 1.0)])
    with pytest.raises(InputError, match="controls on the way"):
        curvature_path(run)
    object.__setattr__(run, "path", (np.array([0, 5, 9, 20, 40]), controls))
    found = curvature_path(run, 3)
    assert found["iterations"].tolist() == [0, 9, 40]
    assert found["nu"][-1] == smallest_curvature(run)
    half = make_run(0.5)
    assert found["nu"][1] == pytest.approx(smallest_curvature(half), rel=1e-9)
    cost = cost_and_gradient(half.model, run.data.train, run.spec.tikhonov)[0]
    assert found["cost"][1] == pytest.approx(cost)
    assert found["data_term"][1] < found["cost"][1]


def test_flat_directions_are_what_the_moved_model_does(run):
    v = curvature(run)["vectors"][0]
    found = flat_direction(run, 7 * v, 0.5, 5)
    np.testing.assert_allclose(found["amounts"], [-0.5, -0.25, 0, 0.25, 0.5])
    for s, outputs, codes, term, cost in zip(
        found["amounts"], found["outputs"], found["codes"], found["data_term"], found["cost"], strict=True
    ):
        moved = run.model.with_control(run.model.control.vector + s * torch.as_tensor(v))
        probe = run.probe["inputs"]
        np.testing.assert_allclose(outputs, moved.reconstruct(probe), atol=1e-6)
        np.testing.assert_allclose(codes, moved.encode(probe), atol=1e-6)
        assert cost == pytest.approx(cost_and_gradient(moved, run.data.train, run.spec.tikhonov)[0])
        assert term == pytest.approx(cost_and_gradient(moved, run.data.train, 0.0)[0])
    assert found["moved"][2] == 0


def test_the_default_amplitude_shows(run):
    found = flat_direction(run, curvature(run)["vectors"][0])
    size = np.sqrt(run.probe["targets"].var(axis=0).sum())
    largest = max(run.model.control.norm(), run.spec.horizon**0.5)
    assert 0.1 * size <= found["moved"].max() < size or found["amounts"][-1] == pytest.approx(largest)


def test_classifiers_move_their_codes(make_run):
    run = make_run(task="classify", bottleneck=1)
    found = flat_direction(run, np.ones(len(run.model.control)), 0.1, 3)
    np.testing.assert_array_equal(found["outputs"], found["codes"])
    assert found["outputs"].shape[2] == 1


@pytest.mark.parametrize("limit", [0, 512])
def test_it_can_be_ended(run, stopping, monkeypatch, limit):
    monkeypatch.setattr(spectrum, "DENSE", limit)
    stop, after = stopping
    with pytest.raises(stop):
        curvature(run, report=after(2))


def test_without_its_file_the_stored_particles_do(csv_run):
    run, path = csv_run
    whole = curvature(run)
    path.unlink()
    object.__setattr__(run, "loaded", None)
    run.__dict__.pop("data", None)
    found = curvature(run)
    assert "stored with it" in found["note"] and not whole["note"]
    assert found["nu"] == pytest.approx(whole["nu"], abs=1e-5)


def test_it_is_in_the_analysis(run):
    assert ac.analysis.smallest_curvature(run) == curvature(run, 1)["nu"]


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("count", lambda run: curvature(run, 0)),
        ("count", lambda run: curvature(run, 1.0)),
        ("points", lambda run: curvature_path(run, 1)),
        ("vector", lambda run: flat_direction(run, np.zeros(len(run.model.control)))),
        ("vector", lambda run: flat_direction(run, [1.0])),
        ("vector", lambda run: flat_direction(run, "text")),
        ("steps", lambda run: flat_direction(run, np.ones(len(run.model.control)), 1.0, 4)),
        ("amplitude", lambda run: flat_direction(run, np.ones(len(run.model.control)), 0.0)),
    ],
)
def test_bad_arguments(make_run, field, call):
    run = make_run()
    object.__setattr__(run, "path", (np.zeros(1, int), run.model.control.vector.numpy()[None]))
    with pytest.raises(InputError) as raised:
        call(run)
    assert raised.value.field == field
