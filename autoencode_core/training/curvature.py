"""Curvature: exact products with the Hessian of the data term in L²(0,T), by a second-order adjoint."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from autoencode_core.flow.activations import NONLINEARITIES
from autoencode_core.flow.architecture import Architecture, resize
from autoencode_core.flow.control import Layer

KEPT = 2**28
"""Bytes of states, slopes and costates that are kept; of more particles they are swept again each time."""
MOVED = 2**26
"""About how many bytes of linearised states each of the SHARES has there at once."""
FEWEST = 64
"""Fewest particles that pass together, if there are so many."""
SHARES, SHARED_FLOPS = 2, 5e8
"""Shares of the particles that may be summed side by side, and the flops of a product from which they are; as
neither depends on how many cores there are, nor do the sums. The second core gains a factor 1.6 to 1.9."""

BENDS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "tanh": lambda value, slope: -2 * value * slope,
    "softplus": lambda value, slope: slope * (1 - slope),
    "relu": lambda value, slope: torch.zeros_like(value),
    "sin": lambda value, slope: -value,
    "identity": lambda value, slope: torch.zeros_like(value),
}
"""σ'' by the name of σ, written in σ and σ'."""


class Stand(NamedTuple):
    """What one layer's products need to know of some particles, θ being fixed.

    Attributes:
        W: (h, a).
        V: (a, h), None in the single-layer field.
        x: states that enter, (a, n).
        value: σ(z), (h, n).
        slope: σ'(z), (h, n).
        bend: σ''(z) r with r the costate of the values, (h, n).
        q: σ'(z) r, (h, n).
        p: costate p_{n+1} on the active block, (a, n).
    """

    W: Tensor
    V: Tensor | None
    x: Tensor
    value: Tensor
    slope: Tensor
    bend: Tensor
    q: Tensor
    p: Tensor

    def of(self, columns: slice) -> "Stand":
        """The same for some of the particles."""
        return Stand(self.W, self.V, *(part[:, columns] for part in self[2:]))


class Way:
    """One layer's part of m directions, laid out for plain products: components first, then directions.

    Args:
        layer: views of the directions, W (m, h, a), b (m, h, 1), V (m, a, h).
    """

    def __init__(self, layer: Layer) -> None:
        self.W, self.W_turned = _row_major(layer.W), _row_major(layer.W.mT)  # (h m, a), (a m, h)
        self.b = _row_major(layer.b)  # (h m, 1)
        self.V = None if layer.V is None else _row_major(layer.V)  # (a m, h)
        self.V_turned = None if layer.V is None else _row_major(layer.V.mT)  # (h m, a)

    def zeros(self) -> "Way":
        """Sums to begin with, each in memory of its own."""
        sums = copy(self)
        for name, part in vars(self).items():
            setattr(sums, name, None if part is None else torch.zeros_like(part))
        return sums

    def add_to(self, into: Layer) -> None:
        """Adds sums of products to views (m, ·, ·): each matrix and the transpose of its turned one."""
        into.W.add_(_batched(self.W, into.W)).add_(_batched(self.W_turned, into.W.mT).mT)
        into.b.add_(_batched(self.b, into.b))
        if into.V is not None and self.V is not None and self.V_turned is not None:
            into.V.add_(_batched(self.V, into.V)).add_(_batched(self.V_turned, into.V.mT).mT)


class Curvature:
    """The Hessian of the data term (1/N) Σ|X_L - y|² in L²(0,T), at one control.

    In L²(0,T) its matrix is 1/δ times that of the second derivatives with respect to raw weights, so its
    eigenvalues are comparable across depths; J has the same one plus 2λ Id. With relu it is that of the
    smooth piece on which the control lies.

    Args:
        arch: the architecture.
        theta: the control, (P,); its precision is that of all computing.
        x: states at t = 0, engine layout (1, d, N).
        y: targets in the components that the last controlled layer drives, (1, a, N).
        kept: bytes of states, slopes and costates that may be kept between products.

    Attributes:
        data_term: its value at theta.
        gradient: its gradient in L²(0,T), (P,).

    Source:
        theory.md sections 3 and 5; the second-order adjoint: the costate sweep linearised, as in
        B. A. Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6 (1994).
    """

    def __init__(self, arch: Architecture, theta: Tensor, x: Tensor, y: Tensor, kept: int = KEPT) -> None:
        self.arch, self.theta, self.x, self.y = arch, theta, x[0], y[0]
        self.layers = [layer.of(0) for layer in arch.shape.layers(theta[None])]
        size = max(1, kept // (numbers_kept(arch) * theta.element_size()))
        self.parts = list(_slices(self.x.shape[1], size))
        self.data_term, self.gradient = 0.0, torch.zeros_like(theta)
        into = [layer.of(0) for layer in arch.shape.layers(self.gradient[None])]
        stands = list[Stand]()
        for part in self.parts:
            stands, share = self._sweep(part)
            self.data_term += share
            for stand, g in zip(stands, into, strict=True):
                g.W.addmm_(stand.q, stand.x.T)
                g.b.add_(stand.q.sum(1, keepdim=True))
                if g.V is not None:
                    g.V.addmm_(stand.p, stand.value.T)
        self._stands = stands if len(self.parts) == 1 else None

    def product(self, directions: Tensor) -> Tensor:
        """Hessian times directions, exactly (to rounding).

        Args:
            directions: (m, P).

        Returns:
            (m, P).
        """
        shape, count = self.arch.shape, self.x.shape[1]
        ways = [Way(layer) for layer in shape.layers(directions)]
        many = product_flops(self.arch, count) * len(directions) > SHARED_FLOPS
        shares = list(_slices(count, -(-count // SHARES))) if many else [slice(0, count)]
        others = [_pool().submit(self._share, directions, ways, part) for part in shares[1:]]
        try:
            sums = self._share(directions, ways, shares[0])
        finally:
            more = [other.result() for other in others]
        result = torch.zeros_like(directions)
        for total in (sums, *more):
            for layer, into in zip(total, shape.layers(result), strict=True):
                layer.add_to(into)
        return result

    def _share(self, directions: Tensor, ways: list[Way], share: slice) -> list[Way]:
        """What some of the particles add to the products."""
        m, shape, sums = len(directions), self.arch.shape, [way.zeros() for way in ways]
        moved = sum(shape.counts) * (1 + (self.arch.expansion or 1)) * m * directions.element_size()
        with torch.no_grad():  # it is said to each thread anew
            for part in self.parts:
                stands = None
                first, last = max(part.start, share.start), min(part.stop, share.stop)
                for columns in _slices(last - first, max(FEWEST, MOVED // moved)):
                    stands = stands or self._stands or self._sweep(part)[0]
                    start = first - part.start + columns.start
                    own = slice(start, start + columns.stop - columns.start)
                    self._add([stand.of(own) for stand in stands], ways, sums, m)
        return sums

    def _sweep(self, part: slice) -> tuple[list[Stand], float]:
        """States and costates of some particles, and their share of the data term."""
        arch, states, x = self.arch, list[tuple[Tensor, Tensor, Tensor]](), self.x[:, part]
        sigma = NONLINEARITIES[arch.field.activation]
        for layer in self.layers:
            x = resize(x[None], layer.W.shape[1])[0]
            value, slope = sigma.with_slope(torch.addmm(layer.b, layer.W, x))
            states.append((x, value, slope))
            x = x + arch.step * (value if layer.V is None else layer.V @ value)
        residual = x - self.y[:, part]
        share = float(residual.square().sum()) / self.x.shape[1]
        return self._back(states, residual * (2 / self.x.shape[1])), share

    def _back(self, states: list[tuple[Tensor, Tensor, Tensor]], p: Tensor) -> list[Stand]:
        """The costate sweep from the costate p at the end."""
        stands, bend = list[Stand](), BENDS[self.arch.field.activation]
        for layer, (x, value, slope) in zip(reversed(self.layers), reversed(states), strict=True):
            p = resize(p[None], len(x))[0]
            r = p if layer.V is None else layer.V.T @ p
            stand = Stand(layer.W, layer.V, x, value, slope, bend(value, slope) * r, slope * r, p)
            stands.insert(0, stand)
            p = torch.addmm(p, layer.W.T, stand.q, alpha=self.arch.step)
        return stands

    def _add(self, stands: list[Stand], ways: list[Way], sums: list[Way], m: int) -> None:
        """Both sweeps linearised along m directions; their products are added to the sums."""
        step, kept = self.arch.step, list[tuple[Tensor, Tensor]]()
        dx = stands[0].x.new_zeros(len(stands[0].x), m * stands[0].x.shape[1])
        for s, way in zip(stands, ways, strict=True):
            dx = resize(dx[None], len(s.x))[0]
            dz, speed = _pushed(s, way, dx, m)
            kept.append((dx, dz))
            dx = torch.add(dx, speed, alpha=step)
        dp = dx * (2 / self.x.shape[1])
        for n in reversed(range(len(stands))):
            dp = resize(dp[None], len(stands[n].x))[0]
            dp = _pulled(stands[n], ways[n], sums[n], kept[n], dp, m, step)


def _pushed(s: Stand, way: Way, dx: Tensor, m: int) -> tuple[Tensor, Tensor]:
    """How z and the field change, (h, m n) and (a, m n), when the state changes by dx, (a, m n)."""
    h, n = s.slope.shape
    dz = torch.addmm(way.b, way.W, s.x).view(h, m * n).addmm_(s.W, dx)
    values = (s.slope[:, None] * dz.view(h, m, n)).view(h, m * n)
    if s.V is None or way.V is None:
        return dz, values
    return dz, torch.mm(way.V, s.value).view(len(s.x), m * n).addmm_(s.V, values)


def _pulled(
    s: Stand, way: Way, into: Way, moved: tuple[Tensor, Tensor], dp: Tensor, m: int, step: float
) -> Tensor:
    """How p_n changes, (a, m n), when p_{n+1} changes by dp; adds the gradient's change to `into`."""
    (dx, dz), (h, n), a = moved, s.slope.shape, len(s.x)
    dr = dp
    if s.V is not None and into.V is not None and into.V_turned is not None and way.V_turned is not None:
        into.V.addmm_(dp.view(a * m, n), s.value.T)
        into.V_turned.addmm_((s.slope[:, None] * dz.view(h, m, n)).view(h * m, n), s.p.T)
        dr = torch.mm(way.V_turned, s.p).view(h, m * n).addmm_(s.V.T, dp)
    dq = (s.slope[:, None] * dr.view(h, m, n)).addcmul_(s.bend[:, None], dz.view(h, m, n))
    rows = dq.view(h * m, n)
    into.b.add_(rows.sum(1, keepdim=True))
    into.W.addmm_(rows, s.x.T)
    into.W_turned.addmm_(dx.reshape(a * m, n), s.q.T)
    back = torch.addmm(dp.view(a * m, n), way.W_turned, s.q, alpha=step)
    return back.view(a, m * n).addmm_(s.W.T, dq.view(h, m * n), alpha=step)


def product_flops(arch: Architecture, particles: int) -> float:
    """Flops of one product: six products of matrices for each of the control."""
    return 12.0 * particles * arch.shape.size


def numbers_kept(arch: Architecture) -> int:
    """Numbers that one particle takes: state and costate, and four numbers a hidden unit."""
    return sum(arch.shape.counts) * (2 + 4 * (arch.expansion or 1))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(SHARES - 1, f"curvature-{os.getpid()}")


def _slices(count: int, size: int) -> Iterator[slice]:
    return (slice(first, min(first + size, count)) for first in range(0, count, size))


def _row_major(parts: Tensor) -> Tensor:
    """(m, r, c) -> (r m, c)."""
    return parts.transpose(0, 1).reshape(-1, parts.shape[2])


def _batched(rows: Tensor, like: Tensor) -> Tensor:
    """(r m, c) -> (m, r, c), the shape of `like`."""
    m, r, c = like.shape
    return rows.view(r, m, c).transpose(0, 1)
