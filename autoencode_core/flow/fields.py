"""Controlled fields on the active components, each with its vector-Jacobian product.

Arrays are component-major: states are (R, a, N), so the long axis stays contiguous.
To add a field: a class with these three methods and a name in `controlled_field`.
"""

from typing import Protocol

import torch
from torch import Tensor

from autoencode_core.flow.activations import NONLINEARITIES, Nonlinearity
from autoencode_core.flow.control import Layer

Kept = tuple[Tensor, ...]


class ControlledField(Protocol):
    """F_n(x, θ) on the active block and its pullback."""

    def velocity(self, layer: Layer, x: Tensor) -> Tensor:
        """F(x, θ): (R, a, N) -> (R, a, N)."""
        ...

    def linearize(self, layer: Layer, x: Tensor) -> tuple[Tensor, Kept]:
        """F(x, θ) and what the pullback needs."""
        ...

    def pullback(self, layer: Layer, x: Tensor, kept: Kept, p: Tensor, step: float, into: Layer) -> Tensor:
        """The costate one layer back, p + step (∂_x F)^T p; Σ_i (∂_θ F)^T p^i goes into the views `into`."""
        ...


class SingleLayer:
    """F(x, θ) = σ(W x + b), section 2 ("inside")."""

    def __init__(self, sigma: Nonlinearity) -> None:
        self.sigma = sigma

    def velocity(self, layer: Layer, x: Tensor) -> Tensor:
        return self.sigma.value(torch.baddbmm(layer.b, layer.W, x))

    def linearize(self, layer: Layer, x: Tensor) -> tuple[Tensor, Kept]:
        z = torch.baddbmm(layer.b, layer.W, x)
        y = self.sigma.value(z)
        return y, (z if self.sigma.keeps_input else y,)

    def pullback(self, layer: Layer, x: Tensor, kept: Kept, p: Tensor, step: float, into: Layer) -> Tensor:
        q = self.sigma.pullback(p, kept[0])
        torch.bmm(q, x.transpose(1, 2), out=into.W)
        torch.sum(q, -1, keepdim=True, out=into.b)
        return torch.baddbmm(p, layer.W.transpose(1, 2), q, alpha=step)


class TwoLayer:
    """F(x, θ) = V σ(W x + b), with m a hidden units."""

    def __init__(self, sigma: Nonlinearity) -> None:
        self.sigma = sigma

    def velocity(self, layer: Layer, x: Tensor) -> Tensor:
        return torch.bmm(_hidden_weights(layer), self.sigma.value(torch.baddbmm(layer.b, layer.W, x)))

    def linearize(self, layer: Layer, x: Tensor) -> tuple[Tensor, Kept]:
        z = torch.baddbmm(layer.b, layer.W, x)
        y = self.sigma.value(z)
        return torch.bmm(_hidden_weights(layer), y), ((y, z) if self.sigma.keeps_input else (y, y))

    def pullback(self, layer: Layer, x: Tensor, kept: Kept, p: Tensor, step: float, into: Layer) -> Tensor:
        y, slope_argument = kept
        torch.bmm(p, y.transpose(1, 2), out=_hidden_weights(into))
        q = self.sigma.pullback(torch.bmm(_hidden_weights(layer).transpose(1, 2), p), slope_argument)
        torch.bmm(q, x.transpose(1, 2), out=into.W)
        torch.sum(q, -1, keepdim=True, out=into.b)
        return torch.baddbmm(p, layer.W.transpose(1, 2), q, alpha=step)


def _hidden_weights(layer: Layer) -> Tensor:
    if layer.V is None:
        raise TypeError("the two-layer field needs V")
    return layer.V


def controlled_field(kind: str, activation: str) -> ControlledField:
    """The field of a spec.

    Args:
        kind: RunSpec.field.
        activation: RunSpec.activation.
    """
    kinds: dict[str, type[SingleLayer] | type[TwoLayer]] = {
        "single_layer": SingleLayer,
        "two_layer": TwoLayer,
    }
    return kinds[kind](NONLINEARITIES[activation])
