"""A field, a nonlinearity and a scheme of the tests' own: what is registered is covered by the same tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import torch
from torch import Tensor

from autoencode_core.flow.fields import FIELDS
from autoencode_core.flow.fields.field import Field
from autoencode_core.flow.nonlinearities import NONLINEARITIES, Nonlinearity
from autoencode_core.flow.schemes import SCHEMES, Scheme
from autoencode_core.flow.shape import Block, Layer


class Leaky(Field):
    """F(x, θ) = g (σ(W x + b) - x), with a gain g that is no weight and that all components share."""

    name = "leaky"
    title = "g (σ(Wx + b) - x)"

    def blocks(self, a: int) -> tuple[Block, ...]:
        return (
            Block("W", a, a, row="component", column="component"),
            Block("b", a, 1, weight=False, row="component"),
            Block("g", 1, 1, weight=False),
        )

    @property
    def rests(self) -> bool:
        return True

    def velocity(self, theta: Layer, x: Tensor) -> Tensor:
        W, b, g = theta
        return g * (self.sigma.value(W @ x + b) - x)

    def pullback(self, theta: Layer, x: Tensor, v: Tensor) -> tuple[Tensor, Layer]:
        W, b, g = theta
        z = W @ x + b
        value = self.sigma.value(z)
        q = g * self.sigma.slope(z, value) * v
        gain = ((value - x) * v).sum((1, 2), keepdim=True)
        return W.mT @ q - g * v, (q @ x.mT, q.sum(2, keepdim=True), gain)


ARCTAN = Nonlinearity(
    torch.atan,
    lambda z, y: 1 / (1 + z * z),
    lambda z, y, slope: -2 * z * slope * slope,
    bound=torch.pi / 2,
)
"""σ = arctan."""

KUTTA = Scheme("kutta", "Kutta", 3, ((), (0.5,), (-1.0, 2.0)), (1 / 6, 2 / 3, 1 / 6))
"""Kutta's third-order rule: its last stage reads both others, and one of them backwards."""


@contextmanager
def registered() -> Iterator[None]:
    """The three in the registries, and out of them again."""
    with (
        patch.dict(FIELDS, {Leaky.name: Leaky}),
        patch.dict(NONLINEARITIES, {"arctan": ARCTAN}),
        patch.dict(SCHEMES, {KUTTA.name: KUTTA}),
    ):
        yield
