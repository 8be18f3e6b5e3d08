"""Orders by slope against scipy's solve_ivp, and the linear flow against its closed form."""

import numpy as np
import pytest
import torch
from problems import FIELDS, SCHEMES, cloud, model, plain_velocity, projected, small_spec
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from autoencode_core.errors import InputError
from autoencode_core.flow import schemes as registry
from autoencode_core.flow.autoencode import AutoencODE


def by_scipy(node, x) -> np.ndarray:
    """The outputs (N, d) in data units of the exact flow, by solve_ivp, layer by layer."""
    arch, theta = node.architecture, node.control.flatten()
    u = np.array(node.coordinates.to_flow(x))
    for n, layer in enumerate(arch.shape.layers(theta[None])):
        active, parts = node.order[: arch.counts[n]].numpy(), [part[0] for part in layer]

        def field(_, flat, parts=parts, active=active):
            states = torch.as_tensor(flat).view(len(x), len(active))
            return plain_velocity(node, parts, states).numpy().ravel()

        solved = solve_ivp(
            field, (0, arch.step), u[:, active].ravel(), method="DOP853", rtol=1e-12, atol=1e-13
        )
        u[:, active] = solved.y[:, -1].reshape(len(x), -1)
        if n == arch.depth // 2 - 1:
            u = projected(node, torch.as_tensor(u)).numpy()
    return np.asarray(node.coordinates.to_data(u))


CASES = [
    {"bottleneck": 2, "field": "single_layer", "coordinates": "raw"},
    *({"dataset": "s_curve", "bottleneck": 1, "order": (2, 0, 1), "field": field} for field in FIELDS),
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case['field']}-{case['bottleneck']}")
def exact(request, own):
    """A model, particles and where scipy takes them."""
    node = model(small_spec(**request.param), scale=1.5)
    x = cloud(node.architecture.width, particles=5)
    return node, x, by_scipy(node, x)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_observed_order_is_the_declared_one(exact, scheme):
    node, x, reference = exact
    substeps = np.array([1, 2, 4, 8, 16])
    errors = []
    for r in substeps.tolist():
        ends = node.coordinates.to_data(node.flow(x, scheme, r).states[-1].numpy())
        errors.append(np.abs(ends - reference).max())
    slope = -np.polyfit(np.log(substeps[1:]), np.log(errors[1:]), 1)[0]
    assert slope == pytest.approx(registry.SCHEMES[scheme].order, abs=0.2)


def test_the_flow_of_a_run_reaches_the_adaptive_solver(exact):
    node, x, reference = exact
    spec = node.spec.but(scheme="rk4", substeps=64)
    fine = AutoencODE(spec, node.control.flatten(), node.coordinates, node.order)
    ends = fine.coordinates.to_data(fine.flow(x).states[-1].numpy())
    assert np.abs(ends - reference).max() < 1e-8
    np.testing.assert_allclose(fine.reconstruct(x).numpy(), ends, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_tableau_is_consistent_and_the_pullback_is_the_transpose_of_the_linear_step(scheme):
    rule = registry.SCHEMES[scheme]
    assert sum(rule.b) == pytest.approx(1) and rule.stages == len(rule.a) == len(rule.matrix)
    assert [len(row) for row in rule.a] == list(range(rule.stages))
    A = torch.randn(3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    eye = torch.eye(3, dtype=torch.float64)
    step = rule.advance(lambda _, x: A @ x, eye, 0.3)
    back = rule.pull_back(lambda _, kappa: A.T @ kappa, eye, 0.3)
    torch.testing.assert_close(back, step.T, rtol=1e-13, atol=1e-14)
    # Taylor's polynomial of the exponential, as far as the order goes.
    for h in (0.02, 0.04):
        away = rule.advance(lambda _, x: A @ x, eye, h) - torch.linalg.matrix_exp(h * A)
        assert float(away.norm()) < (h * float(A.norm())) ** (rule.order + 1)
    growth = float(torch.linalg.matrix_norm(step, 2))
    assert growth <= rule.growth(0.3 * float(torch.linalg.matrix_norm(A, 2))) + 1e-12


def test_linear_encoder_is_a_product_and_tends_to_the_exponential():
    spec = small_spec(field="single_layer", bottleneck=2, coordinates="raw", activation="identity")
    linear = model(spec)
    for _, b in linear.control.layers:
        b.zero_()
    x = cloud(2, particles=4)
    step, product, exponential = linear.architecture.step, np.eye(2), np.eye(2)
    for W, _ in linear.control.layers[:3]:
        product = (np.eye(2) + step * W.numpy()) @ product
        exponential = expm(step * W.numpy()) @ exponential
    np.testing.assert_allclose(linear.encode(x).numpy(), x @ product.T, rtol=1e-13, atol=1e-14)
    fine = linear.flow(x, "rk4", 50)
    np.testing.assert_allclose(fine.states[150].numpy(), x @ exponential.T, atol=1e-9)


def test_unknown_method_and_substeps_are_refused():
    node = model(small_spec())
    with pytest.raises(InputError, match="euler, midpoint, rk4"):
        node.flow(cloud(2), method="heun")
    for substeps in (0, 10_001, 2.0, True):
        with pytest.raises(InputError, match=r"substeps = .*: allowed is a whole number from 1 to 10000"):
            node.flow(cloud(2), substeps=substeps)


def test_times_and_states_agree_in_length():
    flow = model(small_spec()).flow(cloud(2, particles=3), substeps=4)
    assert flow.states.shape == (25, 3, 2) and flow.active.shape == (25, 2)
    assert torch.allclose(flow.times[-1], torch.tensor(2.0, dtype=torch.float64))
