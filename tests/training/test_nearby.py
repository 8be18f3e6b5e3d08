"""The maximum of H in a ball about the control of any field: brute force, closed forms, scipy."""

import numpy as np
import pytest
import torch
from scipy.optimize import NonlinearConstraint, minimize

from autoencode_core.flow.fields import Field, SingleLayer
from autoencode_core.flow.shape import Block
from autoencode_core.training.costate import Points
from autoencode_core.training.nearby import Ball


class Driven(Field):
    """g ∘ sin(x + c), no sum over hidden units: an entry of it is no weight."""

    name, title = "driven", "g sin(x + c)"

    def blocks(self, a):
        return Block("g", a, 1, weight=False), Block("c", a, 1, weight=False)

    def velocity(self, theta, x):
        return theta[0] * torch.sin(x + theta[1])

    def pullback(self, theta, x, v):
        bent = theta[0] * torch.cos(x + theta[1]) * v
        into = (torch.sin(x + theta[1]) * v).sum(2, keepdim=True), bent.sum(2, keepdim=True)
        return bent, into


def value(field, points, shapes, tikhonov):
    """θ -> H(θ), from the velocity alone."""

    def of(theta):
        theta = torch.as_tensor(np.atleast_2d(theta), dtype=torch.float64)
        sizes = [rows * columns for rows, columns in shapes]
        parts = [
            part.reshape(len(theta), *shape)
            for part, shape in zip(theta.split(sizes, 1), shapes, strict=True)
        ]
        x, q = (part.expand(len(theta), -1, -1) for part in points)
        return (-(field.velocity(tuple(parts), x) * q).sum((1, 2)) - tikhonov * theta.square().sum(1)).numpy()

    return of


def frozen(field, a=1, particles=25, seed=0, scale=1.0):
    """States, costates and a control of one layer."""
    generator = torch.Generator().manual_seed(seed)
    x, q = torch.randn(2, 1, a, particles, generator=generator).double()
    layer = tuple(
        scale * torch.randn(1, block.rows, block.columns, generator=generator).double()
        for block in field.blocks(a)
    )
    return Points(x, q / particles), layer


def found(field, points, layer, tikhonov, radius):
    ball = Ball(field, points, layer, tikhonov, radius)
    gain, theta, sharp = ball.climb(ball.starting_points([]), 1e9)
    own = torch.cat([part.flatten() for part in layer])
    assert (theta - own).norm() <= radius * (1 + 1e-9)
    return float(gain), theta.numpy(), bool(sharp), own.numpy()


@pytest.mark.parametrize("field", [SingleLayer("tanh"), SingleLayer("sin"), Driven("sin")])
@pytest.mark.parametrize("radius", [0.1, 1.0, 4.0])
def test_it_is_that_of_a_grid_of_the_whole_disc(field, radius):
    """One component: two entries; every place of a fine polar grid."""
    for seed in range(4):
        points, layer = frozen(field, seed=seed)
        gain, theta, sharp, own = found(field, points, layer, 0.02, radius)
        H = value(field, points, [part.shape[1:] for part in layer], 0.02)
        angle, length = np.meshgrid(np.linspace(0, 2 * np.pi, 721), np.linspace(0, radius, 201))
        grid = own + np.stack([length * np.cos(angle), length * np.sin(angle)], -1).reshape(-1, 2)
        best = (H(grid) - H(own)).max()
        assert sharp and H(theta)[0] - H(own)[0] == pytest.approx(gain, abs=1e-12)
        assert best * (1 - 1e-4) - 1e-9 <= gain <= 1.002 * best + 1e-6


@pytest.mark.parametrize(("radius", "seed"), [(0.3, 0), (1.0, 1), (3.0, 2)])
def test_nothing_drawn_and_polished_at_random_is_better(radius, seed):
    """Three components and so twelve entries: many random places, the best of them polished by scipy."""
    field = SingleLayer("tanh")
    points, layer = frozen(field, 3, 40, seed)
    gain, _, _, own = found(field, points, layer, 0.01, radius)
    H, rng = value(field, points, [(3, 3), (3, 1)], 0.01), np.random.default_rng(seed)
    drawn = rng.normal(size=(20_000, 12))
    drawn *= radius * (rng.random((20_000, 1)) ** (1 / 12)) / np.linalg.norm(drawn, axis=1, keepdims=True)
    best = 0.0
    for start in drawn[H(own + drawn).argsort()[-6:]]:
        inside = {"type": "ineq", "fun": lambda move: radius**2 - move @ move}
        done = minimize(lambda move: -H(own + move)[0], start, method="SLSQP", constraints=[inside])
        move = done.x * min(1.0, radius / np.linalg.norm(done.x))
        best = max(best, float(H(own + move)[0] - H(own)[0]))
    assert best > 0 and gain >= best * (1 - 1e-4)


@pytest.mark.parametrize("radius", [0.05, 0.5, 50.0])
def test_of_a_linear_field_it_is_the_closed_form(radius):
    """H is concave: -θ·g - λ|θ|² with the slope's length s gains rs - λr², r the lesser of ρ and s/2λ."""
    field, tikhonov = SingleLayer("identity"), 0.1
    points, layer = frozen(field, 2, 30, 3)
    gain, _, sharp, own = found(field, points, layer, tikhonov, radius)
    slope = torch.cat([part.flatten() for part in field.pullback(layer, *points)[1]]).numpy()
    slope = np.linalg.norm(slope + 2 * tikhonov * own)
    reach = min(radius, slope / (2 * tikhonov))
    assert sharp and gain == pytest.approx(reach * slope - tikhonov * reach**2, rel=1e-4)


def test_where_h_is_concave_it_is_what_scipy_finds():
    field, tikhonov, radius = SingleLayer("tanh"), 2.0, 0.4
    points, layer = frozen(field, 2, 30, 5)
    gain, theta, sharp, own = found(field, points, layer, tikhonov, radius)
    H = value(field, points, [(2, 2), (2, 1)], tikhonov)
    ball = NonlinearConstraint(lambda move: move @ move, -np.inf, radius**2, jac=lambda move: 2 * move[None])
    done = minimize(
        lambda move: -H(own + move)[0],
        np.zeros(6),
        method="trust-constr",
        constraints=[ball],
        options={"gtol": 1e-9, "xtol": 1e-10, "maxiter": 2000},
    )
    assert sharp and gain == pytest.approx(-done.fun - H(own)[0], rel=1e-4)
    np.testing.assert_allclose(theta - own, done.x, atol=0.02 * radius)


def test_few_places_at_a_time_and_few_steps(monkeypatch):
    field = SingleLayer("tanh")
    points, layer = frozen(field, 2, 30, 1)
    whole = found(field, points, layer, 0.01, 1.0)[0]
    monkeypatch.setattr("autoencode_core.training.nearby.TOGETHER", 1)
    assert found(field, points, layer, 0.01, 1.0)[0] == pytest.approx(whole)
    ball = Ball(field, points, layer, 0.01, 1.0)
    gain, _, sharp = ball.climb(ball.starting_points([]), 1.0)
    assert 0.5 * whole < float(gain) <= whole * (1 + 1e-6) and (bool(sharp) or float(gain) < whole)
