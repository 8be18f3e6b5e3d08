"""Controlled fields on the active components, each with its vector-Jacobian product.

Arrays are component-major: states are (R, a, N), so the long axis stays contiguous.
To add a field: a class with these methods and a name in `controlled_field`.
"""

from typing import Protocol

import torch
from torch import Tensor

from autoencode_core.flow.activations import NONLINEARITIES
from autoencode_core.flow.control import Layer
from autoencode_core.flow.products import products_for


class Stage:
    """Every tensor that one layer's Euler step and its pullback read or write: nothing is made on the way.

    A component that the next layer drops is not moved: only the first `alive` ones are. With one regime the
    tensors lose their regime axis, since plain products start faster than batched ones.

    Args:
        layer: views of the control, W (R, h, a), b (R, h, 1), V (R, a, h).
        into: views of the gradient, alike.
        x: state that enters, (R, a, N).
        out: state of the components that live on, (R, alive, N).
        p: costate, (R, a, N), 0 where a component is dropped; pulled back in place.
        keeps_input: whether σ' is written in z.
        step: δ.
    """

    def __init__(
        self, layer: Layer, into: Layer, x: Tensor, out: Tensor, p: Tensor, keeps_input: bool, step: float
    ) -> None:
        if len(x) == 1:
            layer, into = layer.of(0), into.of(0)
            x, out, p = x[0], out[0], p[0]
        alive, hidden = out.shape[-2], layer.W.shape[-2]
        rows = hidden if layer.V is not None else alive  # a hidden unit has no component of its own
        self.step, self.x, self.x_alive, self.x_turned = step, x, x[..., :alive, :], x.mT
        self.out, self.p, self.p_alive = out, p, p[..., :alive, :]
        self.W, self.b = layer.W[..., :rows, :], layer.b[..., :rows, :]
        self.into_W, self.into_b, self.W_turned = into.W[..., :rows, :], into.b[..., :rows, :], self.W.mT
        self.slope = x.new_zeros(*x.shape[:-2], rows, x.shape[-1])
        self.value = torch.zeros_like(self.slope) if keeps_input else self.slope
        if layer.V is not None and into.V is not None:
            self.V, self.into_V = layer.V[..., :alive, :], into.V[..., :alive, :]
            self.V_turned, self.value_turned = self.V.mT, self.value.mT
        self.product, self.plus = products_for(self.W, x)


class ControlledField(Protocol):
    """F_n(x, θ) on the active block, one Euler step along it, and that step's pullback."""

    activation: str
    keeps_input: bool

    def velocity(self, layer: Layer, x: Tensor) -> Tensor:
        """F(x, θ): (R, a, N) -> (R, a, N)."""
        ...

    def push(self, s: Stage) -> None:
        """s.out = x + δ F(x, θ)."""
        ...

    def pull(self, s: Stage) -> None:
        """s.p += δ (∂_x F)^T p, and Σ_i (∂_θ F)^T p^i into s.into_*; uses up what the push kept."""
        ...


class SingleLayer:
    """F(x, θ) = σ(W x + b), section 2 ("inside")."""

    def __init__(self, activation: str) -> None:
        self.activation, self.sigma = activation, NONLINEARITIES[activation]
        self.keeps_input = self.sigma.keeps_input

    def velocity(self, layer: Layer, x: Tensor) -> Tensor:
        return self.sigma.value(torch.baddbmm(layer.b, layer.W, x))

    def push(self, s: Stage) -> None:
        s.plus(s.b, s.W, s.x, s.slope, 1.0)
        self.sigma.write(s.slope, s.value)
        torch.add(s.x_alive, s.value, alpha=s.step, out=s.out)

    def pull(self, s: Stage) -> None:
        self.sigma.pull(s.p_alive, s.slope)
        s.product(s.slope, s.x_turned, s.into_W)
        torch.sum(s.slope, -1, keepdim=True, out=s.into_b)
        s.plus(s.p, s.W_turned, s.slope, s.p, s.step)


class TwoLayer:
    """F(x, θ) = V σ(W x + b), with m a hidden units."""

    def __init__(self, activation: str) -> None:
        self.activation, self.sigma = activation, NONLINEARITIES[activation]
        self.keeps_input = self.sigma.keeps_input

    def velocity(self, layer: Layer, x: Tensor) -> Tensor:
        if layer.V is None:
            raise TypeError("the two-layer field needs V")
        return torch.bmm(layer.V, self.sigma.value(torch.baddbmm(layer.b, layer.W, x)))

    def push(self, s: Stage) -> None:
        s.plus(s.b, s.W, s.x, s.slope, 1.0)
        self.sigma.write(s.slope, s.value)
        s.plus(s.x_alive, s.V, s.value, s.out, s.step)

    def pull(self, s: Stage) -> None:
        s.product(s.p_alive, s.value_turned, s.into_V)
        back = torch.empty_like(s.slope)
        s.product(s.V_turned, s.p_alive, back)
        self.sigma.pull(back, s.slope)
        s.product(s.slope, s.x_turned, s.into_W)
        torch.sum(s.slope, -1, keepdim=True, out=s.into_b)
        s.plus(s.p, s.W_turned, s.slope, s.p, s.step)


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
    return kinds[kind](activation)
