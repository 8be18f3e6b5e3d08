"""The nonlinearities σ, each with its slope σ' written in what is cheapest to keep."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus


@dataclass(frozen=True)
class Nonlinearity:
    """σ and how to pull a costate back through it.

    Attributes:
        value: σ(z).
        pullback: (p, kept) -> σ'(z) p.
        keeps_input: whether `kept` is z; otherwise it is y = σ(z).
    """

    value: Callable[[Tensor], Tensor]
    pullback: Callable[[Tensor, Tensor], Tensor]
    keeps_input: bool = False


def _tanh_pullback(p: Tensor, y: Tensor) -> Tensor:
    return torch.ops.aten.tanh_backward(p, y)  # type: ignore[no-any-return]


NONLINEARITIES: dict[str, Nonlinearity] = {
    "tanh": Nonlinearity(torch.tanh, _tanh_pullback),
    "softplus": Nonlinearity(softplus, lambda p, z: p * torch.sigmoid(z), keeps_input=True),
    "relu": Nonlinearity(torch.relu, lambda p, y: p * (y > 0)),
    "sin": Nonlinearity(torch.sin, lambda p, z: p * torch.cos(z), keeps_input=True),
    "identity": Nonlinearity(lambda z: z, lambda p, y: p),
}
"""Every σ by the name that RunSpec.activation uses."""
