"""The evaluation point of fields whose hidden units σ(W x + b) drive the components, alone or through V."""

from functools import cached_property

import torch
from torch import Tensor

from autoencode_core.flow.fields.field import Field
from autoencode_core.flow.fields.point import Factors, Point
from autoencode_core.flow.shape import Layer


class HiddenPoint(Point):
    """σ(W x + b) or V σ(W x + b) at states, with z, σ(z) and σ'(z) kept.

    Args:
        field: the field; its blocks are W, b[, V].
        theta: one layer's control, (R, ·, ·) each.
        x: states, (R, a, N).
    """

    def __init__(self, field: Field, theta: Layer, x: Tensor) -> None:
        super().__init__(field, theta, x)
        self.W, self.b = theta[:2]
        self.V = theta[2] if len(theta) == 3 else None
        sigma = field.sigma
        self.z = self.b.baddbmm(self.W, x)
        self.value = sigma.value(self.z)

    @cached_property
    def slope(self) -> Tensor:
        """σ'(z), (R, h, N)."""
        return self.field.sigma.slope(self.z, self.value)

    @cached_property
    def velocity(self) -> Tensor:
        return self.value if self.V is None else self.V @ self.value

    def pullback(self, v: Tensor) -> tuple[Tensor, Layer]:
        q = self.slope * (v if self.V is None else self.V.mT @ v)
        into = (q @ self.x.mT, q.sum(2, keepdim=True))
        return self.W.mT @ q, into if self.V is None else (*into, v @ self.value.mT)

    def tangent(self, dtheta: Layer, dx: Tensor) -> tuple[Tensor, Tensor]:
        dz = dtheta[0] @ self.x + dtheta[1] + self.W @ dx
        dvalue = self.slope * dz
        return dvalue if self.V is None else dtheta[2] @ self.value + self.V @ dvalue, dz

    def hold(self, v: Tensor) -> "HiddenPoint":
        self.v, pushed = v, v if self.V is None else self.V.mT @ v
        self.q = self.slope * pushed
        self.bent = self.field.sigma.bend(self.z, self.value, self.slope) * pushed
        return self

    def second_pullback(
        self, dtheta: Layer, dx: Tensor, dv: Tensor, kept: Tensor | None = None
    ) -> tuple[Tensor, Layer]:
        dW, db = dtheta[:2]
        dz = dW @ self.x + db + self.W @ dx if kept is None else kept
        dpushed = dv if self.V is None else self.V.mT @ dv + dtheta[2].mT @ self.v
        dq = torch.addcmul(self.bent * dz, self.slope, dpushed)
        back = self.W.mT @ dq + dW.mT @ self.q
        into = (dq @ self.x.mT + self.q @ dx.mT, dq.sum(2, keepdim=True))
        if self.V is None:
            return back, into
        return back, (*into, dv @ self.value.mT + self.v @ (self.slope * dz).mT)

    def jacobian(self) -> Tensor:
        slope = self.slope[0].T[:, None, :]
        return slope.mT * self.W if self.V is None else (self.V * slope) @ self.W

    def divergence(self) -> Tensor:
        own = self.W[0].diagonal() if self.V is None else (self.V[0].T * self.W[0]).sum(1)
        return own @ self.slope[0]

    def gram(self, weights: Tensor) -> Tensor:
        if self.V is None:
            return self._gram_by_unit(weights)
        (h, a), regimes = self.W.shape[1:], len(self.x)
        unit = torch.cat([torch.arange(h).repeat_interleave(a), torch.arange(h)]).to(self.x.device)
        # ∂F/∂(W, b) of hidden unit j is V_j σ'_j (x, 1), and ∂F/∂V is σ.
        bent = (self.slope[:, :, None] * self.x[:, None]).flatten(1, 2)
        features = torch.cat([bent, self.slope, self.value], 1)
        gram, inner = torch.bmm(features * weights, features.mT), len(unit)
        matrix = gram[:, :inner, :inner] * (self.V.mT @ self.V)[:, unit][:, :, unit]
        cross = (self.V[:, :, unit, None] * gram[:, None, :inner, inner:]).transpose(1, 2).flatten(2)
        outer = torch.kron(torch.eye(a).to(self.x), gram[:, inner:, inner:].contiguous())
        whole = torch.cat([torch.cat([matrix, cross], 2), torch.cat([cross.mT, outer], 2)], 1)
        return whole.view(regimes, 1, *whole.shape[1:])

    def _gram_by_unit(self, weights: Tensor) -> Tensor:
        """Where unit j drives component j alone: Σ_i w_i σ'_j² (x, 1)(x, 1)^T, a block for each unit."""
        regimes, a, _ = self.x.shape
        given = self._with_one()
        products = (given[:, :, None] * given[:, None]).flatten(1, 2)
        gram = torch.bmm(self.slope.square() * weights, products.mT)
        return gram.view(regimes, a, a + 1, a + 1)

    def _with_one(self) -> Tensor:
        """(x, 1), (R, a + 1, N)."""
        return torch.cat([self.x, torch.ones_like(self.x[:, :1])], 1)

    def factors(self, weights: Tensor) -> Factors:
        """The Gram matrix of (W, b) as a Kronecker product, that of V exact, and none between them.

        Source:
            J. Martens, R. Grosse, "Optimizing neural networks with Kronecker-factored approximate
            curvature", arXiv 1503.05671: E[(σ'σ'^T) ⊗ (xx^T)] ≈ E[σ'σ'^T] ⊗ E[xx^T].
        """
        columns, share = self._moment(self._with_one(), weights), weights / weights.sum()
        if self.V is None:
            return [((0, 1), self.slope.square() @ share, columns)]
        rows = self._moment(self.slope, share) * (self.V.mT @ self.V)
        return [((0, 1), rows, columns), ((2,), None, self._moment(self.value, weights))]

    @staticmethod
    def _moment(x: Tensor, weights: Tensor) -> Tensor:
        """Σ_i w_i x x^T, (R, ·, N) -> (R, ·, ·)."""
        return torch.bmm(x * weights, x.mT)


def spectral_norm(maps: Tensor) -> Tensor:
    """Largest singular values (n,) of maps (n, i, j)."""
    # Divided by its size first: squares of large entries would leave the finite numbers.
    size = maps.abs().amax((1, 2)).clamp(min=torch.finfo(maps.dtype).tiny)
    scaled = maps / size[:, None, None]
    small = scaled if maps.shape[1] >= maps.shape[2] else scaled.mT
    squares: Tensor = torch.linalg.eigvalsh(small.mT @ small)[:, -1]
    return size * squares.clamp(min=0).sqrt()
