"""The nonlinearities σ: value, slope, bend, bounds, smoothness; each said once.

Importable without torch, so that pages and the store may read what a nonlinearity says of itself.
To add one: an entry of `NONLINEARITIES`; RunSpec, the engines, the analyses and the tests then know it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Nonlinearity:
    """σ with its derivatives, entry by entry.

    Attributes:
        value: y = σ(z).
        slope: (z, y): σ'(z).
        bend: (z, y, slope): σ''(z); of a σ that is not smooth that of the piece on which z lies.
        bound: sup |σ|, infinite when there is none.
        steepest: sup |σ'|, infinite when there is none.
        smooth: whether σ has two continuous derivatives.
        at_zero: σ(0).
    """

    value: "Callable[[Tensor], Tensor]"
    slope: "Callable[[Tensor, Tensor], Tensor]"
    bend: "Callable[[Tensor, Tensor, Tensor], Tensor]"
    bound: float = math.inf
    steepest: float = 1.0
    smooth: bool = True
    at_zero: float = 0.0


def _softplus(z: "Tensor") -> "Tensor":
    from torch.nn.functional import softplus

    return softplus(z)


NONLINEARITIES: dict[str, Nonlinearity] = {
    "tanh": Nonlinearity(
        lambda z: z.tanh(),
        lambda z, y: 1 - y * y,
        lambda z, y, slope: -2 * y * slope,
        bound=1.0,
    ),
    "softplus": Nonlinearity(
        _softplus, lambda z, y: z.sigmoid(), lambda z, y, slope: slope * (1 - slope), at_zero=math.log(2)
    ),
    "relu": Nonlinearity(
        lambda z: z.relu(),
        lambda z, y: (y > 0).to(y),
        lambda z, y, slope: y.new_zeros(()).expand_as(y),
        smooth=False,
    ),
    "sin": Nonlinearity(lambda z: z.sin(), lambda z, y: z.cos(), lambda z, y, slope: -y, bound=1.0),
    "identity": Nonlinearity(
        lambda z: z.clone(),
        lambda z, y: y.new_ones(()).expand_as(y),
        lambda z, y, slope: y.new_zeros(()).expand_as(y),
    ),
}
"""Every σ by the name that RunSpec.activation uses."""
