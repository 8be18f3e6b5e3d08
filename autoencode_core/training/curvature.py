"""Curvature: exact products with the Hessian of the data term in L²(0,T), by a second-order adjoint."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import torch
from torch import Tensor

from autoencode_core.flow.architecture import Architecture, resize
from autoencode_core.flow.fields.point import Point
from autoencode_core.flow.shape import Layer

KEPT = 2**28
"""Bytes of evaluation points that are kept; of more particles they are swept again each time."""
MOVED = 2**26
"""About how many bytes of linearised states each of the SHARES has there at once."""
TOGETHER = 8
"""Directions that are swept together."""
FEWEST = 64
"""Fewest particles that pass together, if there are so many."""
SHARES, SHARED_FLOPS = 2, 5e8
"""Shares of the particles that may be summed side by side, and the flops of a product from which they are; as
neither depends on how many cores there are, nor do the sums. The second core gains a factor 1.6 to 1.9."""

Swept = list[list[list[Point]]]
"""The evaluation points of some particles: layer by layer, sub-step by sub-step, stage by stage."""


class Curvature:
    """The Hessian of the data term (1/N) Σ|X_L - y|² in L²(0,T), at one control.

    In L²(0,T) its matrix is 1/δ times that of the second derivatives with respect to raw weights, so its
    eigenvalues are comparable across depths; J has the same one plus 2λ Id. With a nonlinearity that is not
    smooth it is that of the smooth piece on which the control lies.

    Args:
        arch: the architecture.
        theta: the control, (P,); its precision is that of all computing.
        x: states at t = 0, engine layout (1, d, N).
        y: targets in the components that the last controlled layer drives, (1, a, N).
        kept: bytes of evaluation points that may be kept between products.

    Attributes:
        data_term: its value at theta.
        gradient: its gradient in L²(0,T), (P,).

    Source:
        docs/theory.md, sections 3 and 5; the second-order adjoint: the costate sweep linearised, as in
        B. A. Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6 (1994).
    """

    def __init__(self, arch: Architecture, theta: Tensor, x: Tensor, y: Tensor, kept: int = KEPT) -> None:
        self.arch, self.theta, self.x, self.y = arch, theta, x, y
        self.layers = arch.shape.layers(theta[None])
        one = numbers_kept(arch) * theta.element_size()
        shares = SHARES if product_flops(arch, x.shape[2]) > SHARED_FLOPS else 1
        self.groups = list(_slices(x.shape[2], min(MOVED // one, -(-x.shape[2] // shares))))
        self.keeps = one * x.shape[2] <= kept
        self.data_term, self.gradient = 0.0, torch.zeros_like(theta)
        into = arch.shape.layers(self.gradient[None])
        self._swept = list[Swept]()
        with torch.no_grad():
            for group in self.groups:
                swept, share = self._sweep(group, into)
                self.data_term += share
                if self.keeps:
                    self._swept.append(swept)

    def product(self, directions: Tensor) -> Tensor:
        """Hessian times directions, exactly (to rounding).

        Args:
            directions: (m, P).

        Returns:
            (m, P).
        """
        if len(directions) > TOGETHER:
            return torch.cat([self.product(some) for some in directions.split(TOGETHER)])
        groups = range(len(self.groups))
        shares = [groups[i::SHARES] for i in range(min(SHARES, len(groups)))]
        others = [_pool().submit(self._share, directions, part) for part in shares[1:]]
        try:
            total = self._share(directions, shares[0])
        finally:
            more = [other.result() for other in others]
        return sum(more, total)

    def _share(self, directions: Tensor, groups: range) -> Tensor:
        """What some of the particles add to the products."""
        shape, total = self.arch.shape, torch.zeros_like(directions)
        into, moves = shape.layers(total), shape.layers(directions)
        with torch.no_grad():  # it is said to each thread anew
            for number in groups:
                swept = self._swept[number] if self.keeps else self._sweep(self.groups[number])[0]
                self._add(swept, moves, into)
        return total

    def _sweep(self, group: slice, into: list[Layer] | None = None) -> tuple[Swept, float]:
        """Evaluation points with their costates κ/δ, and the share of the data term; adds the gradient."""
        arch, swept, x = self.arch, Swept(), self.x[:, :, group]
        for n, layer in enumerate(self.layers):
            x = resize(x, arch.shape.counts[n])
            swept.append([])
            for _ in range(arch.substeps):
                here: list[Point] = []

                def velocity(s: int, at: Tensor, layer: Layer = layer, here: list[Point] = here) -> Tensor:
                    here.append(arch.field.at(layer, at))
                    return here[-1].velocity

                x = arch.substep(velocity, x)
                swept[-1].append(here)
        residual = x - self.y[:, :, group]
        share = float(residual.square().sum()) / self.x.shape[2]
        self._back(swept, residual * (2 / self.x.shape[2]), into)
        return swept, share

    def _back(self, swept: Swept, p: Tensor, into: list[Layer] | None) -> None:
        """The costate sweep from the costate p at the end; every point holds its κ/δ."""
        arch, step = self.arch, self.arch.step
        for n in reversed(range(len(swept))):
            p = resize(p, arch.shape.counts[n])
            for here in reversed(swept[n]):

                def pullback(s: int, kappa: Tensor, n: int = n, here: list[Point] = here) -> Tensor:
                    back, gradient = here[s].hold(kappa / step).pullback(here[s].v)
                    if into is not None:
                        _add(into[n], gradient)
                    return step * back

                p = arch.scheme.pull_back(pullback, p, step / arch.substeps)

    def _add(self, swept: Swept, moves: list[Layer], into: list[Layer]) -> None:
        """Both sweeps linearised along m directions; their products are added to `into`."""
        arch, step, m = self.arch, self.arch.step, len(moves[0][0])
        dx = swept[0][0][0].x.new_zeros(m, arch.width, swept[0][0][0].x.shape[2])
        kept = list[list[list[tuple[Tensor, Any]]]]()
        for n, layer in enumerate(swept):
            dx = resize(dx, arch.shape.counts[n])
            kept.append([])
            for here in layer:
                seen: list[tuple[Tensor, Any]] = []

                def tangent(
                    s: int,
                    dat: Tensor,
                    n: int = n,
                    here: list[Point] = here,
                    seen: list[tuple[Tensor, Any]] = seen,
                ) -> Tensor:
                    speed, more = here[s].tangent(moves[n], dat)
                    seen.append((dat, more))
                    return speed

                dx = arch.substep(tangent, dx)
                kept[-1].append(seen)
        dp = dx * (2 / self.x.shape[2])
        for n in reversed(range(len(swept))):
            dp = resize(dp, arch.shape.counts[n])
            for here, seen in zip(reversed(swept[n]), reversed(kept[n]), strict=True):

                def bent(
                    s: int,
                    dkappa: Tensor,
                    n: int = n,
                    here: list[Point] = here,
                    seen: list[tuple[Tensor, Any]] = seen,
                ) -> Tensor:
                    back, gradient = here[s].second_pullback(moves[n], seen[s][0], dkappa / step, seen[s][1])
                    _add(into[n], gradient)
                    return step * back

                dp = arch.scheme.pull_back(bent, dp, step / arch.substeps)


def product_flops(arch: Architecture, particles: int) -> float:
    """Flops of one product: six products of matrices for each of the control, at every evaluation point."""
    return 12.0 * particles * arch.points * arch.shape.size


def numbers_kept(arch: Architecture) -> int:
    """Numbers that one particle takes: what the derivatives at all evaluation points need."""
    each = [2 * arch.field.numbers(a) + 2 * a for a in arch.shape.counts]
    return arch.points * sum(each)


def _add(into: Layer, more: Layer) -> None:
    for sums, part in zip(into, more, strict=True):
        sums.add_(part)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(SHARES - 1, f"curvature-{os.getpid()}")


def _slices(count: int, size: int) -> Iterator[slice]:
    size = max(size, FEWEST)
    return (slice(first, min(first + size, count)) for first in range(0, count, size))
