"""Orders by slope against scipy's solve_ivp, and the linear flow against its closed form."""

import numpy as np
import pytest
import torch
from problems import cloud, model, small_spec
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from autoencode_core.errors import InputError
from autoencode_core.flow.solvers import SOLVERS


@pytest.fixture(scope="module")
def plain_node():
    """k = d, all components active, and its reference by solve_ivp, layer by layer."""
    node = model(
        small_spec(field="single_layer", bottleneck=2, coordinates="raw", activation="tanh"), scale=1.5
    )
    x = cloud(2, particles=5)
    state = x.T.copy()
    for W, b in node.control.layers:
        W, b = W.numpy(), b.numpy()

        def field(_, u, W=W, b=b):
            return np.tanh(W @ u.reshape(2, -1) + b[:, None]).ravel()

        solved = solve_ivp(
            field, (0, node.architecture.step), state.ravel(), method="DOP853", rtol=1e-12, atol=1e-13
        )
        state = solved.y[:, -1].reshape(2, -1)
    return node, x, state.T


@pytest.mark.parametrize("method", list(SOLVERS))
def test_observed_order_is_the_declared_one(plain_node, method):
    node, x, reference = plain_node
    substeps = np.array([1, 2, 4, 8, 16])
    errors = [np.abs(node.flow(x, method, int(r)).states[-1].numpy() - reference).max() for r in substeps]
    slope = -np.polyfit(np.log(substeps[1:]), np.log(errors[1:]), 1)[0]
    assert slope == pytest.approx(SOLVERS[method].order, abs=0.15)


def test_rk4_reaches_the_adaptive_solver(plain_node):
    node, x, reference = plain_node
    assert np.abs(node.flow(x, "rk4", 64).states[-1].numpy() - reference).max() < 1e-8


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
    with pytest.raises(InputError, match="substeps"):
        node.flow(cloud(2), substeps=0)


def test_times_and_states_agree_in_length():
    flow = model(small_spec()).flow(cloud(2, particles=3), substeps=4)
    assert flow.states.shape == (25, 3, 2) and flow.active.shape == (25, 2)
    assert torch.allclose(flow.times[-1], torch.tensor(2.0, dtype=torch.float64))
