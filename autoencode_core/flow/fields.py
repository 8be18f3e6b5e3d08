"""Controlled fields on the active components, each with its vector-Jacobian product.

Arrays are component-major: states are (R, a, N), so the long axis stays contiguous.
To add a field: a class with these methods and a name in `controlled_field`.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from autoencode_core.flow import fused
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
        desk: (R, h or more, N), free for all stages to write on.
        activation: name of σ.
        step: δ.
    """

    def __init__(
        self,
        layer: Layer,
        into: Layer,
        x: Tensor,
        out: Tensor,
        p: Tensor,
        desk: Tensor,
        activation: str,
        step: float,
    ) -> None:
        if len(x) == 1:
            layer, into = layer.of(0), into.of(0)
            x, out, p, desk = x[0], out[0], p[0], desk[0]
        alive, hidden = out.shape[-2], layer.W.shape[-2]
        rows = hidden if layer.V is not None else alive  # a hidden unit has no component of its own
        self.step, self.x, self.x_alive, self.x_turned = step, x, x[..., :alive, :], x.mT
        self.out, self.p, self.p_alive = out, p, p[..., :alive, :]
        self.W, self.b = layer.W[..., :rows, :], layer.b[..., :rows, :]
        self.into_W, self.into_b, self.W_turned = into.W[..., :rows, :], into.b[..., :rows, :], self.W.mT
        self.sigma = NONLINEARITIES[activation]
        self.slope = x.new_zeros(*x.shape[:-2], rows, x.shape[-1])
        self.value = torch.zeros_like(self.slope) if self.sigma.keeps_input else self.slope
        if layer.V is not None and into.V is not None:
            self.V, self.into_V = layer.V[..., :alive, :], into.V[..., :alive, :]
            self.V_turned, self.value_turned = self.V.mT, self.value.mT
            self.back = desk[..., :hidden, :]
        self.product, self.plus = products_for(self.W, x)
        self.loops = fused.loops_for(activation, self.slope, self.b, self.x_alive, out, self.into_b)

    def activate(self) -> None:
        """Values σ(W x + b), and what the slope needs."""
        if self.loops is None:
            self.plus(self.b, self.W, self.x, self.slope, 1.0)
            self.sigma.write(self.slope, self.value)
        else:
            self.product(self.W, self.x, self.slope)
            self.loops.activate()

    def move(self) -> None:
        """One Euler step along the values, out = x + δ σ(W x + b)."""
        if self.loops is None:
            self.activate()
            torch.add(self.x_alive, self.value, alpha=self.step, out=self.out)
        else:
            self.product(self.W, self.x, self.slope)
            self.loops.euler(self.step)

    def turn(self, p: Tensor) -> None:
        """The costate of the values back through σ, q = σ' p, and Σ_i q into the gradient of b and W."""
        if self.loops is None:
            self.sigma.pull(p, self.slope)
            torch.sum(self.slope, -1, keepdim=True, out=self.into_b)
        else:
            self.loops.pulled(p)
        self.product(self.slope, self.x_turned, self.into_W)
        self.plus(self.p, self.W_turned, self.slope, self.p, self.step)


class ControlledField(Protocol):
    """F_n(x, θ) on the active block, one Euler step along it, and that step's pullback."""

    @property
    def activation(self) -> str:
        """Name of σ."""
        ...

    def velocity(self, layer: Layer, x: Tensor) -> Tensor:
        """F(x, θ): (R, a, N) -> (R, a, N)."""
        ...

    def push(self, s: Stage) -> None:
        """s.out = x + δ F(x, θ)."""
        ...

    def pull(self, s: Stage) -> None:
        """s.p += δ (∂_x F)^T p, and Σ_i (∂_θ F)^T p^i into s.into_*; uses up what the push kept."""
        ...


@dataclass(frozen=True)
class SingleLayer:
    """F(x, θ) = σ(W x + b), section 2 ("inside")."""

    activation: str

    def velocity(self, layer: Layer, x: Tensor) -> Tensor:
        return NONLINEARITIES[self.activation].value(torch.baddbmm(layer.b, layer.W, x))

    def push(self, s: Stage) -> None:
        s.move()

    def pull(self, s: Stage) -> None:
        s.turn(s.p_alive)


@dataclass(frozen=True)
class TwoLayer:
    """F(x, θ) = V σ(W x + b), with m a hidden units."""

    activation: str

    def velocity(self, layer: Layer, x: Tensor) -> Tensor:
        if layer.V is None:
            raise TypeError("the two-layer field needs V")
        values = NONLINEARITIES[self.activation].value(torch.baddbmm(layer.b, layer.W, x))
        return torch.bmm(layer.V, values)

    def push(self, s: Stage) -> None:
        s.activate()
        s.plus(s.x_alive, s.V, s.value, s.out, s.step)

    def pull(self, s: Stage) -> None:
        s.product(s.p_alive, s.value_turned, s.into_V)
        s.product(s.V_turned, s.p_alive, s.back)
        s.turn(s.back)


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
