"""The costate gradient against central differences and against autograd of the plain network."""

import numpy as np
import pytest
import torch
from problems import ACTIVATIONS, FIELDS, PROFILES, by_particle, cloud, model, small_spec

import autoencode_core as ac
from autoencode_core.flow.autoencode import label_positions
from autoencode_core.training.objective import Objective

TASKS = ("reconstruct", "denoise", "classify", "transport")
LAMBDA = 0.03


def problem(task: str, **knobs: object):
    """A model with particles and targets of a task."""
    data = {"dataset": "bimodal_2d", "coordinates": "raw"} if task == "transport" else {}
    node = model(small_spec(task=task, **data, **knobs))
    x = cloud(2)
    if task == "classify":
        return node, x, label_positions(2, 1)[(x[:, 0] > 0).astype(int)]
    return node, x, {"reconstruct": x, "denoise": 0.9 * x - 0.1, "transport": 2 * np.sign(x)}[task]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("field", FIELDS)
class TestEveryCase:
    def test_against_central_differences(self, field, activation, profile, task):
        node, x, y = problem(task, field=field, activation=activation, profile=profile)
        theta = node.control.flatten()
        _, gradient = ac.cost_and_gradient(node, x, LAMBDA, y)
        raw = node.architecture.step * gradient.flatten()
        directions = torch.randn(
            12, len(theta), generator=torch.Generator().manual_seed(1), dtype=torch.float64
        )
        directions /= directions.norm(dim=1, keepdim=True)
        h = 1e-5
        slopes = torch.tensor(
            [
                ac.cost_and_gradient(node.with_control(theta + h * v), x, LAMBDA, y)[0]
                - ac.cost_and_gradient(node.with_control(theta - h * v), x, LAMBDA, y)[0]
                for v in directions
            ],
            dtype=torch.float64,
        ) / (2 * h)
        exact = directions @ raw
        assert float((slopes - exact).norm() / exact.norm()) < 1e-7

    def test_against_autograd(self, field, activation, profile, task):
        node, x, y = problem(task, field=field, activation=activation, profile=profile)
        step, theta = node.architecture.step, node.control.flatten().clone().requires_grad_()
        out = by_particle(node, x, theta)
        if task == "classify":
            target, out = torch.as_tensor(y), out[:, node.order[:1]]
        else:
            target = torch.as_tensor(np.asarray(node.coordinates.to_flow(y)))
        J = (out - target).square().sum(1).mean() + LAMBDA * step * theta.square().sum()
        (raw,) = torch.autograd.grad(J, theta)
        cost, gradient = ac.cost_and_gradient(node, x, LAMBDA, y)
        assert cost == pytest.approx(float(J.detach()), rel=1e-12)
        assert float((step * gradient.flatten() - raw).norm() / raw.norm()) < 1e-10


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("order", ["reversed", "variance", (1, 2, 0)])
def test_orders_of_deactivation(field, order):
    spec = small_spec(dataset="s_curve", bottleneck=1, field=field, order=order, coordinates="standard")
    node, x = model(spec), cloud(3)
    theta = node.control.flatten().clone().requires_grad_()
    target = torch.as_tensor(np.asarray(node.coordinates.to_flow(x)))
    J = (by_particle(node, x, theta) - target).square().sum(1).mean()
    (raw,) = torch.autograd.grad(J, theta)
    _, gradient = ac.cost_and_gradient(node, x, 0.0)
    assert float((node.architecture.step * gradient.flatten() - raw).norm() / raw.norm()) < 1e-10


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_regimes_side_by_side_equal_regimes_alone(field, activation):
    node = model(small_spec(field=field, activation=activation))
    vector = node.control.flatten()
    theta = torch.stack([vector, 0.5 * vector, -vector])
    x = torch.cat([node.to_engine(cloud(2, seed=s)) for s in range(3)])
    weights = torch.tensor([0.0, 0.1, 1.0], dtype=torch.float64)
    terms, gradient = Objective(node.architecture, x, x, weights).cost_and_gradient(theta)
    for r in range(3):
        cost, alone = ac.cost_and_gradient(node.with_control(theta[r]), cloud(2, seed=r), float(weights[r]))
        assert float(terms.cost[r]) == pytest.approx(cost, rel=1e-13)
        torch.testing.assert_close(gradient[r], alone.flatten(), rtol=1e-11, atol=1e-12)


def test_bad_arguments_are_named():
    node = model(small_spec())
    with pytest.raises(ac.InputError, match="tikhonov"):
        ac.cost_and_gradient(node, cloud(2), -1.0)
    with pytest.raises(ac.InputError, match="targets"):
        ac.cost_and_gradient(node, cloud(2), 0.0, cloud(2, particles=3))
    with pytest.raises(ac.InputError, match="targets"):
        ac.cost_and_gradient(model(small_spec(task="classify")), cloud(2), 0.0)
