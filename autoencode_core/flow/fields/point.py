"""An evaluation point: a field at states, with the products that its derivatives give."""

from collections.abc import Callable
from functools import cached_property
from threading import Lock
from typing import Any

import torch
from torch import Tensor
from torch.func import jvp

from autoencode_core.flow.fields.field import Field
from autoencode_core.flow.shape import Layer

_ALONE = Lock()
"""Held while torch differentiates forwards: threads share its level."""
FEW = 2**22
"""Most numbers that tangents which are taken together may fill."""

Factors = list[tuple[tuple[int, ...], Tensor | None, Tensor]]
"""Kronecker products: which blocks, left and right factor."""


class Point:
    """A field at states of N particles.

    Directions carry a leading axis of their own, m, where R is 1: dθ (m, ·, ·), dx (m, a, N).

    Args:
        field: the field.
        theta: one layer's control, (R, ·, ·) each.
        x: states, (R, a, N).
    """

    def __init__(self, field: Field, theta: Layer, x: Tensor) -> None:
        self.field, self.theta, self.x = field, theta, x

    @cached_property
    def velocity(self) -> Tensor:
        """F(x, θ), (R, a, N)."""
        return self.field.velocity(self.theta, self.x)

    def pullback(self, v: Tensor) -> tuple[Tensor, Layer]:
        """(∂_x F)^T v, (R, a, N), and Σ_i (∂_θ F)^T v^i."""
        return self.field.pullback(self.theta, self.x, v)

    def tangent(self, dtheta: Layer, dx: Tensor) -> tuple[Tensor, Any]:
        """(∂_θ F) dθ + (∂_x F) dx, and what `second_pullback` may use of it."""
        return self.field.tangent(*self._beside(len(dx)), dtheta, dx), None

    def hold(self, v: Tensor) -> "Point":
        """Fixes the v of `second_pullback`, and returns the point."""
        self.v = v
        return self

    def second_pullback(
        self, dtheta: Layer, dx: Tensor, dv: Tensor, kept: Any = None
    ) -> tuple[Tensor, Layer]:
        """How the pullback of the v that is held changes along (dθ, dx, dv).

        Args:
            dtheta: the direction of the control.
            dx: that of the states.
            dv: how v changes along it.
            kept: what `tangent` gave for the same direction.
        """
        theta, x = self._beside(len(dx))
        return self.field.second_pullback(theta, x, self.v.expand_as(dv), dtheta, dx, dv)

    def jacobian(self) -> Tensor:
        """∂_x F of each particle, (N, a, a), R = 1."""
        a, count = self.x.shape[1:]
        still = tuple(part.new_zeros(()).expand(a, *part.shape[1:]) for part in self.theta)
        axes = torch.eye(a, dtype=self.x.dtype, device=self.x.device)[:, :, None].expand(a, a, count)
        return self.tangent(still, axes)[0].permute(2, 1, 0)

    def divergence(self) -> Tensor:
        """Tr ∂_x F of each particle, (N,), R = 1."""
        return self.jacobian().diagonal(dim1=1, dim2=2).sum(1)

    def gram(self, weights: Tensor) -> Tensor:
        """Σ_i w_i (∂_θ F)^T ∂_θ F in blocks on its diagonal beside which it is 0, (R, u, p, p), u p = P_n.

        Block j is that of the j-th of u equal parts of every block of the control, one behind the other: of
        the whole flat control where u = 1, of the rows j where each row of all blocks acts by itself.

        Args:
            weights: of the particles, (N,).
        """
        rows = [self._control_tangents(r) for r in range(len(self.x))]
        return torch.stack([torch.einsum("ian,n,jan->ij", row, weights, row) for row in rows])[:, None]

    def factors(self, weights: Tensor) -> Factors | None:
        """The Gram matrix as Kronecker products; None if it has none.

        Blocks that are named together lie side by side, along their columns. A left factor that is diagonal
        comes as its diagonal, (R, rows), the identity as None.
        """
        return None

    def _control_tangents(self, regime: int) -> Tensor:
        """(∂_θ F) e of every entry e of one regime's control, (P_n, a, N)."""
        theta, x = [part[regime : regime + 1] for part in self.theta], self.x[regime : regime + 1]
        sizes = [part[0].numel() for part in theta]
        axes = torch.eye(sum(sizes), dtype=x.dtype, device=x.device)
        point, found = Point(self.field, tuple(theta), x), list[Tensor]()
        for some in axes.split(max(1, FEW // x.numel())):
            cut = zip(some.split(sizes, 1), theta, strict=True)
            dtheta = tuple(part.reshape(len(some), *like.shape[1:]) for part, like in cut)
            found.append(point.tangent(dtheta, x.new_zeros(()).expand(len(some), *x.shape[1:]))[0])
        return torch.cat(found)

    def _beside(self, directions: int) -> tuple[Layer, Tensor]:
        """Control and states beside that many directions."""
        if len(self.x) == directions:
            return self.theta, self.x
        theta = tuple(part.expand(directions, *part.shape[1:]) for part in self.theta)
        return theta, self.x.expand(directions, *self.x.shape[1:])


def tangent(field: Field, theta: Layer, x: Tensor, dtheta: Layer, dx: Tensor) -> Tensor:
    """The tangent of any field, by forward differentiation of its velocity."""
    out: Tensor = _jvp(lambda *given: field.velocity(given[:-1], given[-1]), (*theta, x), (*dtheta, dx))
    return out


def second_pullback(
    field: Field, theta: Layer, x: Tensor, v: Tensor, dtheta: Layer, dx: Tensor, dv: Tensor
) -> tuple[Tensor, Layer]:
    """The second-order pullback of any field, by forward differentiation of its pullback."""

    def pulled(*given: Tensor) -> tuple[Tensor, ...]:
        back, into = field.pullback(given[:-2], given[-2], given[-1])
        return (back, *into)

    back, *into = _jvp(pulled, (*theta, x, v), (*dtheta, dx, dv))
    return back, tuple(into)


def _jvp(function: Callable[..., Any], at: tuple[Tensor, ...], along: tuple[Tensor, ...]) -> Any:
    # Of tensors that are expanded torch would write to one place several times.
    whole = tuple(d.expand_as(x).contiguous() for d, x in zip(along, at, strict=True))
    with _ALONE, torch.enable_grad():
        return jvp(function, tuple(x.contiguous() for x in at), whole)[1]
