"""Hidden units of layers whose states and costates are frozen: what each adds to -H_n, and its slope."""

from typing import NamedTuple

import torch
from torch import Tensor

from autoencode_core.flow.nonlinearities import Nonlinearity
from autoencode_core.training.objective import Terms

RUNAWAY, STEEP = 1e6, 1e3
"""A unit longer than RUNAWAY, and than STEEP Σ|p|/λ, is on its way to infinity."""


class FrozenLayers(NamedTuple):
    """States and costates of B layers of equal width a, with costates and λ in units of Σ|p|.

    Attributes:
        x: states, (B, a, N).
        p: costates, (B, a, N).
        weight: λ, (B,).
        sigma: σ.
    """

    x: Tensor
    p: Tensor
    weight: Tensor
    sigma: Nonlinearity

    @property
    def longest(self) -> Tensor:
        """Length beyond which a unit is on its way to infinity, (B,)."""
        return torch.where(self.weight > 0, STEEP / self.weight, 0.0).clamp(min=RUNAWAY)

    def layer(self, n: int) -> "FrozenLayers":
        """One of the layers."""
        return self._replace(x=self.x[n : n + 1], p=self.p[n : n + 1], weight=self.weight[n : n + 1])

    def sample(self, most: int) -> "FrozenLayers":
        """Every m-th particle, so that there are at most `most`, each standing for m."""
        every = -(-self.x.shape[2] // most)
        return self._replace(x=self.x[:, :, ::every], p=every * self.p[:, :, ::every])


class HiddenUnits:
    """-H of M single hidden units of each of B layers: a `Cost`, which `Lbfgs` minimises.

    A unit is a row (w, b) of a + 1 numbers; units lie layer by layer, (B M, a + 1). Of the two-layer field
    it is the minimum over v, which is at v = -c/2λ with c = Σ_i p_i σ(w·X_i + b), times 4λ:
    -|c|² + 4λ²(|w|² + b²).

    Args:
        frozen: the layers.
        rows: the component that each of the M units drives, (M,); None for the two-layer field.
    """

    def __init__(self, frozen: FrozenLayers, rows: Tensor | None) -> None:
        self.frozen, self.rows = frozen, rows
        self.price = frozen.weight if rows is not None else 4 * frozen.weight.square()

    def inner(self, a: Tensor, b: Tensor) -> Tensor:
        """Euclidean inner products, (B M,)."""
        return torch.linalg.vecdot(a, b)  # type: ignore[no-any-return]

    def values(self, units: Tensor) -> Tensor:
        """-H of each unit, (B, M), of units (B, M, a + 1)."""
        sigma, every = self.frozen.sigma.value, slice(None)
        loss = [self._loss(n, sigma(self._bent(n, own)), every)[0] for n, own in enumerate(units)]
        return torch.stack(loss) + self.price[:, None] * units.square().sum(2)

    def cost_and_gradient(self, theta: Tensor, wanted: Tensor | None = None) -> tuple[Terms, Tensor]:
        """-H, and its gradient with respect to the units, (B M, a + 1); 0 where it is not wanted."""
        layers = len(self.frozen.x)
        units, loss = theta.view(layers, -1, theta.shape[1]), theta.new_zeros(layers, len(theta) // layers)
        penalty, gradient = torch.zeros_like(loss), torch.zeros_like(units)
        mask = torch.ones_like(loss, dtype=torch.bool) if wanted is None else wanted.view(loss.shape)
        for n in range(layers):
            chosen = mask[n].nonzero()[:, 0]
            if len(chosen):
                u, price = units[n, chosen], self.price[n]
                loss[n, chosen], slope = self._layer(n, u, chosen)
                penalty[n, chosen] = price * u.square().sum(1)
                gradient[n, chosen] = slope + 2 * price * u
        cost = (loss + penalty).flatten()
        return Terms(cost, loss.flatten(), penalty.flatten()), gradient.flatten(0, 1)

    def _layer(self, n: int, units: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """The loss part (m,) and its gradient (m, a + 1) of some of one layer's units."""
        bent = self._bent(n, units)
        value = self.frozen.sigma.value(bent)
        slope = self.frozen.sigma.slope(bent, value)
        loss, pushed = self._loss(n, value, chosen)
        slope = slope * (pushed if self.rows is not None else -2 * pushed @ self.frozen.p[n])
        return loss, torch.cat([slope @ self.frozen.x[n].T, slope.sum(1, keepdim=True)], 1)

    def _bent(self, n: int, units: Tensor) -> Tensor:
        """w·X_i + b of one layer's units, (m, N)."""
        return torch.addmm(units[:, -1:], units[:, :-1], self.frozen.x[n])

    def _loss(self, n: int, value: Tensor, chosen: Tensor | slice) -> tuple[Tensor, Tensor]:
        """The loss part of one layer's units, (m,), and the p_j that they push (m, N), or c (m, a)."""
        p = self.frozen.p[n]
        pushed = value @ p.T if self.rows is None else p[self.rows[chosen]]
        return -pushed.square().sum(1) if self.rows is None else torch.linalg.vecdot(value, pushed), pushed
