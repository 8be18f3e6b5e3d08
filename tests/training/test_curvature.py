"""Products with the data term's Hessian against autograd of the plain network."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import ACTIVATIONS, FIELDS, PROFILES, by_particle, cloud, model, small_spec

import autoencode_core.training.curvature as curvature_module
from autoencode_core.flow.autoencode import label_positions
from autoencode_core.training.curvature import Curvature, numbers_kept
from autoencode_core.training.lanczos import Lanczos

TASKS = ("reconstruct", "denoise", "classify", "transport")


def problem(task: str, **knobs: object):
    """A model, the data term of the plain network as a function of raw weights, and its Curvature's parts."""
    data = {"dataset": "bimodal_2d", "coordinates": "raw"} if task == "transport" else {}
    node, x = model(small_spec(task=task, **data, **knobs)), cloud(2)
    start = node.to_engine(x)
    if task == "classify":
        target = torch.as_tensor(label_positions(2, 1)[(x[:, 0] > 0).astype(int)])
        y, kept = target.T[None].contiguous(), node.order[:1]
    else:
        points = {"reconstruct": x, "denoise": 0.9 * x - 0.1, "transport": 2 * np.sign(x)}[task]
        target = torch.as_tensor(np.asarray(node.coordinates.to_flow(points)))
        y, kept = node.to_engine(points), torch.arange(2)

    def data_term(vector: torch.Tensor) -> torch.Tensor:
        return (by_particle(node, x, vector)[:, kept] - target).square().sum(1).mean()

    return node, data_term, start, y


def directions(count: int, size: int) -> torch.Tensor:
    return torch.randn(count, size, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("field", FIELDS)
def test_products_are_those_of_autograd(field, activation, profile, task):
    node, data_term, x, y = problem(task, field=field, activation=activation, profile=profile)
    theta, step = node.control.flatten(), node.architecture.step
    found, ways = Curvature(node.architecture, theta, x, y), directions(3, len(theta))
    products = found.product(ways)
    for v, product in zip(ways, products, strict=True):
        _, exact = torch.autograd.functional.vhp(data_term, theta, v)
        assert float((product - exact / step).norm() / (exact / step).norm()) < 1e-11
    (slope,) = torch.autograd.grad(data_term(vector := theta.clone().requires_grad_()), vector)
    torch.testing.assert_close(found.gradient, slope / step, rtol=1e-11, atol=1e-13)
    assert found.data_term == pytest.approx(float(data_term(theta)), rel=1e-13)


@pytest.mark.parametrize("field", FIELDS)
def test_the_whole_hessian(field):
    node, data_term, x, y = problem("reconstruct", field=field, activation="softplus")
    theta = node.control.flatten()
    dense = torch.autograd.functional.hessian(data_term, theta) / node.architecture.step
    unit = torch.eye(len(theta), dtype=torch.float64)
    found = Curvature(node.architecture, theta, x, y).product(unit)
    torch.testing.assert_close(found, dense, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("order", ["reversed", "variance", (1, 2, 0)])
def test_orders_of_deactivation(field, order):
    spec = small_spec(dataset="s_curve", bottleneck=1, field=field, order=order, coordinates="standard")
    node, x = model(spec), cloud(3)
    start, theta = node.to_engine(x), node.control.flatten()
    target = torch.as_tensor(np.asarray(node.coordinates.to_flow(x)))
    v = directions(1, len(theta))
    _, exact = torch.autograd.functional.vhp(
        lambda vector: (by_particle(node, x, vector) - target).square().sum(1).mean(), theta, v[0]
    )
    found = Curvature(node.architecture, theta, start, start).product(v)[0]
    torch.testing.assert_close(found, exact / node.architecture.step, rtol=1e-10, atol=1e-12)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**20),
    scale=st.floats(0.0, 3.0),
    field=st.sampled_from(FIELDS),
    activation=st.sampled_from(ACTIVATIONS),
)
def test_the_hessian_is_symmetric_and_linear(seed, scale, field, activation):
    node, _, x, y = problem("reconstruct", field=field, activation=activation)
    found = Curvature(node.architecture, scale * node.control.flatten(), x, y)
    generator = torch.Generator().manual_seed(seed)
    v, w = torch.randn(2, len(node.control), generator=generator, dtype=torch.float64)
    Hv, Hw, both = found.product(torch.stack([v, w, 2 * v - w]))
    size = float(Hv.norm() * w.norm() + Hw.norm() * v.norm())
    assert abs(float(v @ Hw - w @ Hv)) <= 1e-12 * size + 1e-14
    assert float((both - 2 * Hv + Hw).norm()) <= 1e-12 * float(Hv.norm() + Hw.norm()) + 1e-14


@pytest.mark.parametrize("field", FIELDS)
def test_particles_in_parts_and_shares_change_nothing(monkeypatch, field):
    node, _, x, y = problem("reconstruct", field=field)
    theta, v = node.control.flatten(), directions(2, len(node.control))
    whole = Curvature(node.architecture, theta, x, y)
    few = Curvature(node.architecture, theta, x, y, kept=11 * 8 * numbers_kept(node.architecture))
    assert len(few.parts) == 4 and few._stands is None
    assert few.data_term == pytest.approx(whole.data_term)
    torch.testing.assert_close(few.gradient, whole.gradient)
    exact = whole.product(v)
    torch.testing.assert_close(few.product(v), exact, rtol=1e-11, atol=1e-13)
    monkeypatch.setattr(curvature_module, "SHARED_FLOPS", 0)
    monkeypatch.setattr(curvature_module, "MOVED", 1)
    monkeypatch.setattr(curvature_module, "FEWEST", 7)
    for each in (whole, few):
        torch.testing.assert_close(each.product(v), exact, rtol=1e-11, atol=1e-13)


def spectrum(values: np.ndarray) -> tuple[torch.Tensor, np.ndarray]:
    """A symmetric matrix with these eigenvalues."""
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((len(values),) * 2))[0]
    return torch.as_tensor(turn * values @ turn.T), turn


@pytest.mark.parametrize("steps", [15, 40, 120])
def test_ritz_values_are_upper_bounds_residuals_bound_and_the_floor_is_one(steps):
    values = np.sort(np.random.default_rng(0).standard_normal(200)) ** 3
    values[-1] = 500.0
    matrix, _ = spectrum(values)
    for seed in range(5):
        space = Lanczos(lambda v: v @ matrix, 200, steps, torch.float64, seed)
        while space.steps < steps:
            space.step()
        ritz, weights, rest = space.ritz()
        assert (ritz >= values[:steps] - 1e-9).all()
        nearest = np.abs(ritz[:, None] - values).min(axis=1)
        assert (nearest <= rest + 1e-9).all()
        assert space.floor(ritz) <= values[0] + 1e-9
        vectors = space.vectors(weights)
        torch.testing.assert_close(
            vectors @ vectors.T, torch.eye(steps, dtype=torch.float64), atol=1e-9, rtol=0
        )
        apart = (vectors @ matrix - torch.as_tensor(ritz)[:, None] * vectors).norm(dim=1).numpy()
        np.testing.assert_allclose(apart, rest, atol=1e-8)
    if steps == 120:
        assert space.floor(ritz) == pytest.approx(values[0], rel=1e-3)


def test_an_invariant_space_ends_it():
    matrix, _ = spectrum(np.repeat([-1.0, 0.0, 4.0], 20))
    space = Lanczos(lambda v: v @ matrix, 60, 60, torch.float64)
    while not space.done:
        space.step()
    ritz = space.ritz()[0]
    assert space.steps == 3
    np.testing.assert_allclose(ritz, [-1, 0, 4], atol=1e-10)
    assert space.floor(ritz) == pytest.approx(-1)
