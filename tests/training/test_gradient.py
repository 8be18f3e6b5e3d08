"""The costate gradient against central differences and against autograd of the plain network."""

from itertools import product

import numpy as np
import pytest
import torch
from problems import (
    ACTIVATIONS,
    FIELDS,
    PROFILES,
    SCHEMES,
    SMOOTH,
    TASKS,
    WAYS,
    by_particle,
    cloud,
    model,
    plain_data_term,
    problem,
    small_spec,
)

import autoencode_core as ac
from autoencode_core.training.costate import SweepTensors, backward, forward
from autoencode_core.training.objective import Objective

LAMBDA = 0.03
MEETINGS = list(zip(PROFILES, TASKS, strict=True))
"""Each profile with one task."""
PAIRS = product(("relu", "softplus", "arctan"), ("reconstruct", "classify"))
LEAN = [(place, *pair) for place, pair in enumerate(PAIRS)]


def plain_cost(node, x, y, theta):
    """J of the plain network, differentiable in theta."""
    return plain_data_term(node, x, y, theta) + LAMBDA * node.architecture.step * theta.square().sum()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("field", FIELDS)
def test_against_autograd(field, activation, profile, task):
    """The residual network always, and a quarter of the ways: each meets every profile and every task."""
    quarter = (PROFILES.index(profile) + TASKS.index(task)) % 4
    for scheme, substeps in {("euler", 1), *WAYS[quarter::4]}:
        knobs = {"field": field, "activation": activation, "profile": profile}
        node, x, y = problem(task, **knobs, scheme=scheme, substeps=substeps)
        theta = node.control.flatten().clone().requires_grad_()
        (raw,) = torch.autograd.grad(J := plain_cost(node, x, y, theta), theta)
        cost, gradient = ac.cost_and_gradient(node, x, LAMBDA, y)
        assert cost == pytest.approx(float(J.detach()), rel=1e-12), (scheme, substeps)
        away = node.architecture.step * gradient.flatten() - raw
        assert float(away.norm() / raw.norm()) < 1e-10, (scheme, substeps)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize("field", FIELDS)
def test_against_central_differences(field, activation, scheme):
    """Each scheme and each nonlinearity meets every profile with its task; autograd above has all of them."""
    profile, task = MEETINGS[(SCHEMES.index(scheme) + SMOOTH.index(activation)) % len(MEETINGS)]
    ways = torch.randn(99, 999, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    for substeps in (1, 2, 3):
        knobs = {"field": field, "activation": activation, "profile": profile}
        node, x, y = problem(task, **knobs, scheme=scheme, substeps=substeps)
        theta = node.control.flatten()
        _, gradient = ac.cost_and_gradient(node, x, LAMBDA, y)
        raw, h = node.architecture.step * gradient.flatten(), 1e-5
        directions = torch.nn.functional.normalize(ways[:2, : len(theta)], dim=1)
        slopes = torch.tensor(
            [
                ac.cost_and_gradient(node.with_control(theta + h * v), x, LAMBDA, y)[0]
                - ac.cost_and_gradient(node.with_control(theta - h * v), x, LAMBDA, y)[0]
                for v in directions
            ],
            dtype=torch.float64,
        ) / (2 * h)
        exact = directions @ raw
        assert float((slopes - exact).norm() / exact.norm()) < 1e-7, substeps


@pytest.mark.parametrize(("place", "activation", "task"), LEAN)
@pytest.mark.parametrize("field", FIELDS)
def test_room_that_keeps_one_layer_gives_the_same_bits(field, place, activation, task):
    """Lean: the points of one layer at a time are kept, and evaluated again on the way back.

    By a sixth of the ways: each field goes all of them.
    """
    for scheme, substeps in WAYS[place::6]:
        node, x, y = problem(task, field=field, activation=activation, scheme=scheme, substeps=substeps)
        arch, start = node.architecture, node.to_engine(x)
        target = torch.as_tensor(y.T.copy())[None] if task == "classify" else start
        swept = []
        for lean in (False, True):
            tensors, points = SweepTensors(arch, 1, 40, start, lean), []
            for _ in range(2):  # what is left of one sweep must not reach the next
                points.clear()
                tensors.theta.copy_(node.control.flatten()[None])
                tensors.x.copy_(start)
                torch.sub(forward(tensors), target, out=tensors.end).mul_(2 / 40)
                backward(tensors, points)
            swept.append(
                [tensors.gradient, tensors.outcome, *tensors.states, *(part for at in points for part in at)]
            )
        for kept, again in zip(*swept, strict=True):
            assert torch.equal(kept, again), (scheme, substeps)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_memory_stays_that_of_one_layers_points(field, scheme):
    """What SweepTensors.numbers says is laid out, lean it grows with sub-steps by one layer's points."""

    def arch(depth, substeps):
        return model(small_spec(field=field, scheme=scheme, substeps=substeps, depth=depth)).architecture

    for substeps in (1, 3):
        numbers = SweepTensors.numbers(arch(12, substeps), lean=True)
        assert numbers < SweepTensors.numbers(arch(12, substeps))
        tensors = SweepTensors(arch(12, substeps), 1, 5, torch.zeros(1).double(), lean=True)
        held = [*tensors.states, tensors.p, *tensors._shelf.values()]
        places = {part.data_ptr(): part.untyped_storage().nbytes() // 8 for part in held}
        assert field not in ("single_layer", "two_layer") or sum(places.values()) / 5 <= 1.05 * numbers

    def growth(depth, lean):
        return SweepTensors.numbers(arch(depth, 8), lean) - SweepTensors.numbers(arch(depth, 1), lean)

    assert growth(40, True) == growth(8, True) > 0
    assert growth(40, False) > 3 * growth(40, True)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("order", ["reversed", "variance", (1, 2, 0)])
def test_orders_of_deactivation(field, order):
    knobs = {"dataset": "s_curve", "bottleneck": 1, "order": order, "coordinates": "standard"}
    spec = small_spec(**knobs, field=field, scheme="rk4", substeps=2)
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
    """By a quarter of the ways: each meets every field and a nonlinearity."""
    for scheme, substeps in WAYS[ACTIVATIONS.index(activation) % 4 :: 4]:
        check_regimes(model(small_spec(field=field, activation=activation, scheme=scheme, substeps=substeps)))


def check_regimes(node):
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
