"""Products with the data term's Hessian against autograd of the plain network."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from problems import (
    ACTIVATIONS,
    FIELDS,
    PROFILES,
    SCHEMES,
    TASKS,
    WAYS,
    by_particle,
    cloud,
    model,
    plain_data_term,
    problem,
    small_spec,
)

import autoencode_core.training.curvature as curvature_module
from autoencode_core.training.curvature import Curvature, numbers_kept
from autoencode_core.training.lanczos import Lanczos


def setting(task: str, **knobs: object):
    """A model, the data term of the plain network as a function of raw weights, and its Curvature's parts."""
    node, x, targets = problem(task, **knobs)
    start = node.to_engine(x)
    y = torch.as_tensor(targets).T[None].contiguous() if task == "classify" else node.to_engine(targets)
    return node, partial(plain_data_term, node, x, targets), start, y


def directions(count: int, size: int) -> torch.Tensor:
    return torch.randn(count, size, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


@pytest.mark.parametrize(("profile", "task"), list(zip(PROFILES, TASKS, strict=True)))
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("field", FIELDS)
def test_products_are_those_of_autograd(field, activation, profile, task):
    """By a quarter of the ways: each meets every profile with its task."""
    quarter = (PROFILES.index(profile) + ACTIVATIONS.index(activation)) % 4
    for scheme, substeps in WAYS[quarter::4]:
        knobs = {"field": field, "activation": activation, "profile": profile}
        node, data_term, x, y = setting(task, **knobs, scheme=scheme, substeps=substeps)
        theta, step = node.control.flatten(), node.architecture.step
        found, ways = Curvature(node.architecture, theta, x, y), directions(2, len(theta))
        for v, product in zip(ways, found.product(ways), strict=True):
            _, exact = torch.autograd.functional.vhp(data_term, theta, v)
            assert float((product - exact / step).norm() / (exact / step).norm()) < 1e-11, (scheme, substeps)
        (slope,) = torch.autograd.grad(data_term(vector := theta.clone().requires_grad_()), vector)
        torch.testing.assert_close(found.gradient, slope / step, rtol=1e-11, atol=1e-13)
        assert found.data_term == pytest.approx(float(data_term(theta)), rel=1e-13)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("field", FIELDS)
def test_the_whole_hessian(field, scheme):
    node, data_term, x, y = setting(
        "reconstruct", field=field, activation="softplus", scheme=scheme, substeps=2, expansion=2, depth=4
    )
    theta = node.control.flatten()
    dense = torch.autograd.functional.hessian(data_term, theta, vectorize=True) / node.architecture.step
    unit = torch.eye(len(theta), dtype=torch.float64)
    found = Curvature(node.architecture, theta, x, y).product(unit)
    torch.testing.assert_close(found, dense, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("order", ["reversed", "variance", (1, 2, 0)])
def test_orders_of_deactivation(field, order):
    knobs = {"dataset": "s_curve", "bottleneck": 1, "order": order, "coordinates": "standard"}
    spec = small_spec(**knobs, field=field, scheme="rk4", substeps=2)
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
    way=st.sampled_from(WAYS),
)
def test_the_hessian_is_symmetric_and_linear(seed, scale, field, activation, way):
    knobs = {"field": field, "activation": activation, "scheme": way[0], "substeps": way[1]}
    node, _, x, y = setting("reconstruct", **knobs)
    found = Curvature(node.architecture, scale * node.control.flatten(), x, y)
    generator = torch.Generator().manual_seed(seed)
    v, w = torch.randn(2, len(node.control), generator=generator, dtype=torch.float64)
    Hv, Hw, both = found.product(torch.stack([v, w, 2 * v - w]))
    size = float(Hv.norm() * w.norm() + Hw.norm() * v.norm())
    assert abs(float(v @ Hw - w @ Hv)) <= 1e-12 * size + 1e-14
    assert float((both - 2 * Hv + Hw).norm()) <= 1e-12 * float(Hv.norm() + Hw.norm()) + 1e-14


@pytest.mark.parametrize("field", FIELDS)
def test_particles_in_parts_and_shares_change_nothing(monkeypatch, field):
    node, _, x, y = setting("reconstruct", field=field)
    theta, v = node.control.flatten(), directions(2, len(node.control))
    whole = Curvature(node.architecture, theta, x, y)
    few = Curvature(node.architecture, theta, x, y, kept=11 * 8 * numbers_kept(node.architecture))
    assert not few.keeps and not few._swept
    assert few.data_term == pytest.approx(whole.data_term)
    torch.testing.assert_close(few.gradient, whole.gradient)
    exact = whole.product(v)
    torch.testing.assert_close(few.product(v), exact, rtol=1e-11, atol=1e-13)
    monkeypatch.setattr(curvature_module, "SHARED_FLOPS", 0)
    monkeypatch.setattr(curvature_module, "MOVED", 1)
    monkeypatch.setattr(curvature_module, "FEWEST", 7)
    small = [Curvature(node.architecture, theta, x, y, kept) for kept in (curvature_module.KEPT, 0)]
    assert [len(each.groups) for each in small] == [6, 6] and [each.keeps for each in small] == [True, False]
    for each in small:
        torch.testing.assert_close(each.gradient, whole.gradient)
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
