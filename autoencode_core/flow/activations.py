"""The nonlinearities σ, each with its slope σ' written in what is cheapest to keep."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

_aten = torch.ops.aten


@dataclass(frozen=True)
class Nonlinearity:
    """σ and how to pull a costate back through it.

    Attributes:
        value: σ(z).
        write: (z, out): out = σ(z), where out may be z unless the input is kept.
        pull: (p, kept): kept = σ' p.
        keeps_input: whether σ' is written in z; otherwise it is in σ(z).
    """

    value: Callable[[Tensor], Tensor]
    write: Callable[[Tensor, Tensor], object]
    pull: Callable[[Tensor, Tensor], object]
    keeps_input: bool = False

    def with_slope(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """σ(z) and σ'(z); z may be overwritten."""
        value = self.value(z)
        slope = z if self.keeps_input else value.clone()
        self.pull(torch.ones_like(value), slope)
        return value, slope


NONLINEARITIES: dict[str, Nonlinearity] = {
    "tanh": Nonlinearity(
        torch.tanh,
        lambda z, out: torch.tanh(z, out=out),
        lambda p, y: _aten.tanh_backward.grad_input(p, y, grad_input=y),
    ),
    "softplus": Nonlinearity(
        torch.nn.functional.softplus,
        lambda z, out: _aten.softplus.out(z, out=out),
        lambda p, z: z.sigmoid_().mul_(p),
        keeps_input=True,
    ),
    "relu": Nonlinearity(
        torch.relu,
        lambda z, out: torch.clamp(z, min=0, out=out),
        lambda p, y: _aten.threshold_backward.grad_input(p, y, 0, grad_input=y),
    ),
    "sin": Nonlinearity(
        torch.sin,
        lambda z, out: torch.sin(z, out=out),
        lambda p, z: z.cos_().mul_(p),
        keeps_input=True,
    ),
    "identity": Nonlinearity(lambda z: z, lambda z, out: out, lambda p, y: y.copy_(p)),
}
"""Every σ by the name that RunSpec.activation uses."""
