"""How pmp measures a change Δ of the control: by ‖Δ‖, or by how much it changes the field."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from autoencode_core.flow.activations import Nonlinearity
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.control import Layer

DAMPING = 1e-3
"""Share of ‖Δ‖² in the field-space metric, for directions that move no particle."""
MOST_PARTICLES = 1500
"""The metric is an average over at most so many particles."""
MOST_ENTRIES = 400
"""Layers with more entries take the Kronecker form."""
MOST_NUMBERS = 2**21
"""Most numbers that the features of layers which are treated together may fill."""


Parts = Sequence[Tensor]


class Metric(Protocol):
    """⟨Δ, M Δ⟩ on controls (R, P)."""

    def solve(self, gradient: Tensor, tau: Tensor, tikhonov: Tensor) -> Tensor:
        """(M/τ + 2λ)⁻¹ applied to (R, P), with τ and λ of each regime, (R,)."""
        ...

    def square(self, move: Tensor) -> Tensor:
        """⟨Δ, M Δ⟩ in L²(0,T) of moves (R, P), (R,)."""
        ...


class ControlMetric:
    """M = 1: ⟨Δ, M Δ⟩ = ‖Δ‖², as in the paper."""

    def __init__(self, arch: Architecture) -> None:
        self.step = arch.step

    def solve(self, gradient: Tensor, tau: Tensor, tikhonov: Tensor) -> Tensor:
        return gradient / (1 / tau + 2 * tikhonov)[:, None]

    def square(self, move: Tensor) -> Tensor:
        product: Tensor = torch.linalg.vecdot(move, move)
        return self.step * product


class FieldMetric:
    """⟨Δ, M Δ⟩ = ∫₀ᵀ ∫|∂_θF(x, θ)Δ|² dμ_t dt + ε‖Δ‖²: to first order ∫∫|F(x, θ + Δ) - F(x, θ)|² dμ_t dt.

    M is a block for each layer, taken from the states of up to MOST_PARTICLES particles.

    Args:
        arch: the architecture.
        sigma: the nonlinearity of its field.
        theta: where M is taken, (R, P).
        x: states at t = 0, (R, d, N).

    Source:
        The quadratic term of a minimising movement, in the L²(μ_t) norm of the field.
    """

    def __init__(self, arch: Architecture, sigma: Nonlinearity, theta: Tensor, x: Tensor) -> None:
        self.shape, self.step, self.regimes = arch.shape, arch.step, theta.shape[0]
        self.home = torch.device("cpu") if x.device.type == "mps" else x.device  # double, eigh: not on mps
        some = x[:, :, :: -(-x.shape[2] // MOST_PARTICLES)].expand(self.regimes, -1, -1).to(self.home)
        theta = theta.to(self.home)
        if max(_entries(arch)) <= MOST_ENTRIES:
            theta, some = theta.double(), some.double()  # as Exact computes
        passed = [(layer, state) for layer, state, _ in arch.advance(arch.shape.layers(theta), some)]
        self.groups: list[tuple[list[int], Block]] = []
        for members in _alike(arch, some.shape[2] * self.regimes):
            parts = _stacked([passed[n][0] for n in members])
            state = torch.cat([passed[n][1] for n in members])
            block = Exact if sum(part[0].numel() for part in parts) <= MOST_ENTRIES else Kronecker
            self.groups.append((members, block(parts, state, sigma)))

    def solve(self, gradient: Tensor, tau: Tensor, tikhonov: Tensor) -> Tensor:
        own, tau, tikhonov = gradient.to(self.home), tau.to(self.home), tikhonov.to(self.home)
        solution = torch.empty_like(own)
        given, into = self.shape.layers(own), self.shape.layers(solution)
        for members, block in self.groups:
            scale, shift = (1 / tau).repeat(len(members)), (2 * tikhonov).repeat(len(members))
            solved = block.solve(_stacked([given[n] for n in members]), scale, shift)
            for n, *parts in zip(members, *(part.split(self.regimes) for part in solved), strict=True):
                for view, part in zip(_parts(into[n]), parts, strict=True):
                    view.copy_(part)
        return solution.to(gradient)

    def square(self, move: Tensor) -> Tensor:
        own = move.to(self.home)
        layers, total = self.shape.layers(own), torch.zeros_like(own[:, 0])
        for members, block in self.groups:
            squares = block.square(_stacked([layers[n] for n in members]))
            total += squares.view(len(members), self.regimes).sum(0)
        return (self.step * total).to(move)


class Within:
    """The field's metric for some of the regimes, few at a time; the others do not move.

    Args:
        arch, sigma, theta, x: as in FieldMetric, of all regimes; x may be shared, (1, d, N).
        rows: places of the regimes that move, (r,).
    """

    def __init__(
        self, arch: Architecture, sigma: Nonlinearity, theta: Tensor, x: Tensor, rows: Tensor
    ) -> None:
        numbers = min(x.shape[2], MOST_PARTICLES) * max(_features(arch))
        few = torch.split(rows, max(1, MOST_NUMBERS // numbers))
        self.parts = [
            (part, FieldMetric(arch, sigma, theta[part], x[part] if len(x) > 1 else x)) for part in few
        ]

    def solve(self, gradient: Tensor, tau: Tensor, tikhonov: Tensor) -> Tensor:
        solution = torch.zeros_like(gradient)
        for rows, metric in self.parts:
            solution[rows] = metric.solve(gradient[rows], tau[rows], tikhonov[rows])
        return solution

    def square(self, move: Tensor) -> Tensor:
        squares = torch.zeros_like(move[:, 0])
        for rows, metric in self.parts:
            squares[rows] = metric.square(move[rows])
        return squares


class Block(Protocol):
    """M of layers of equal width, B = layers times regimes of them; arrays as the parts W, b[, V]."""

    def solve(self, parts: Parts, scale: Tensor, shift: Tensor) -> Parts:
        """(scale M + shift)⁻¹ applied to the parts, with scale and shift (B,)."""
        ...

    def square(self, parts: Parts) -> Tensor:
        """⟨Δ, M Δ⟩ of the parts, (B,)."""
        ...


class Exact:
    """The whole Gram matrix of ∂_θF, which couples W, b and V; in double precision.

    Its condition would magnify the rounding of single precision a thousandfold, and with it what the number
    of regimes side by side changes in the last digit.
    """

    def __init__(self, parts: Parts, x: Tensor, sigma: Nonlinearity) -> None:
        parts, x = [part.double() for part in parts], x.double()
        y, slope = sigma.with_slope(torch.baddbmm(parts[1], parts[0], x))
        (h, a), particles = parts[0].shape[1:], x.shape[2]
        unit = torch.cat([torch.arange(h).repeat_interleave(a), torch.arange(h)]).to(x.device)
        # ∂F/∂(W, b) of hidden unit j is V_j σ'_j (x, 1), and ∂F/∂V is y.
        features = torch.cat([(slope[:, :, None] * x[:, None]).flatten(1, 2), slope, y], 1)
        gram, inner = torch.bmm(features, features.transpose(1, 2)) / particles, len(unit)
        V = parts[2] if len(parts) == 3 else torch.eye(h).to(x).expand(len(x), h, h)
        self.matrix = gram[:, :inner, :inner] * torch.bmm(V.transpose(1, 2), V)[:, unit][:, :, unit]
        if len(parts) == 3:
            cross = (V[:, :, unit, None] * gram[:, None, :inner, inner:]).transpose(1, 2).flatten(2)
            outer = torch.kron(torch.eye(a).to(x), gram[:, inner:, inner:])
            rows = torch.cat([self.matrix, cross], 2), torch.cat([cross.transpose(1, 2), outer], 2)
            self.matrix = torch.cat(rows, 1)
        _damp(self.matrix.diagonal(dim1=1, dim2=2))

    def solve(self, parts: Parts, scale: Tensor, shift: Tensor) -> Parts:
        system = scale.double()[:, None, None] * self.matrix
        system.diagonal(dim1=1, dim2=2).add_(shift[:, None])
        factor, _ = torch.linalg.cholesky_ex(system)
        solution = torch.cholesky_solve(_column(parts).double(), factor)[:, :, 0].to(parts[0])
        flat = solution.split([part[0].numel() for part in parts], dim=1)
        return [piece.view_as(part) for piece, part in zip(flat, parts, strict=True)]

    def square(self, parts: Parts) -> Tensor:
        column = _column(parts).double()
        product: Tensor = torch.linalg.vecdot(column, torch.bmm(self.matrix, column), dim=1)[:, 0]
        return product.to(parts[0])


class Kronecker:
    """The Gram matrix of (W, b) as a Kronecker product, that of V exact, and none between them.

    Source:
        J. Martens, R. Grosse, "Optimizing neural networks with Kronecker-factored approximate
        curvature", arXiv 1503.05671: E[(σ'σ'^T) ⊗ (xx^T)] ≈ E[σ'σ'^T] ⊗ E[xx^T].
    """

    def __init__(self, parts: Parts, x: Tensor, sigma: Nonlinearity) -> None:
        y, slope = sigma.with_slope(torch.baddbmm(parts[1], parts[0], x))
        slopes = _second_moment(slope)
        V = parts[2] if len(parts) == 3 else torch.eye(slope.shape[1]).to(x).expand(slopes.shape)
        rows = torch.linalg.eigh(slopes * torch.bmm(V.transpose(1, 2), V))
        columns = torch.linalg.eigh(_second_moment(torch.cat([x, torch.ones_like(x[:, :1])], 1)))
        self.axes = [(rows.eigenvectors, columns.eigenvectors)]
        self.values = [rows.eigenvalues[:, :, None] * columns.eigenvalues[:, None, :]]
        if len(parts) == 3:
            hidden = torch.linalg.eigh(_second_moment(y))
            self.axes.append((torch.eye(x.shape[1]).to(x).expand(len(x), -1, -1), hidden.eigenvectors))
            self.values.append(hidden.eigenvalues[:, None, :].repeat(1, x.shape[1], 1))
        for values in self.values:
            _damp(values.clamp_(min=0).flatten(1))

    def solve(self, parts: Parts, scale: Tensor, shift: Tensor) -> Parts:
        scale, shift = scale[:, None, None], shift[:, None, None]
        scaled = [c / (scale * m + shift) for c, m in zip(self._turned(parts), self.values, strict=True)]
        solved = [left @ c @ right.mT for c, (left, right) in zip(scaled, self.axes, strict=True)]
        return [solved[0][:, :, :-1], solved[0][:, :, -1:], *solved[1:]]

    def square(self, parts: Parts) -> Tensor:
        turned = zip(self._turned(parts), self.values, strict=True)
        return torch.stack([(m * c * c).sum((1, 2)) for c, m in turned]).sum(0)

    def _turned(self, parts: Parts) -> Parts:
        joined = [torch.cat(list(parts[:2]), 2), *parts[2:]]
        return [left.mT @ part @ right for part, (left, right) in zip(joined, self.axes, strict=True)]


def _entries(arch: Architecture) -> list[int]:
    """Entries of each layer's control."""
    m = arch.expansion
    return [a * (m or 1) * (a + 1) + a * a * m for a in arch.shape.counts]


def _features(arch: Architecture) -> list[int]:
    """Numbers that each layer's Gram matrix is made from, a particle."""
    return [a * (arch.expansion or 1) * (a + 2) for a in arch.shape.counts]


def metric_bytes(arch: Architecture) -> int:
    """Bytes that the field's metric of one regime takes: a matrix a layer with its factor, or its axes."""
    total = 0
    for a, entries in zip(arch.shape.counts, _entries(arch), strict=True):
        h, exact = a * (arch.expansion or 1), entries <= MOST_ENTRIES
        total += 24 * entries**2 if exact else 8 * (2 * h * h + (a + 1) ** 2 + 2 * entries)
    return total


def _alike(arch: Architecture, states: int) -> Iterator[list[int]]:
    """Layers of equal width, as many together as MOST_NUMBERS allows for that many states."""
    widths = arch.counts[: arch.controlled]
    for a in sorted(set(widths)):
        members = [n for n, width in enumerate(widths) if width == a]
        together = max(1, MOST_NUMBERS // (states * _features(arch)[members[0]]))
        for first in range(0, len(members), together):
            yield members[first : first + together]


def _parts(layer: Layer) -> Parts:
    return [part for part in layer if part is not None]


def _stacked(layers: Sequence[Layer]) -> Parts:
    """The parts W, b[, V] of several layers, layer by layer along the regime axis."""
    return [torch.cat(same) for same in zip(*map(_parts, layers), strict=True)]


def _column(parts: Parts) -> Tensor:
    return torch.cat([part.flatten(1) for part in parts], 1)[:, :, None]


def _second_moment(x: Tensor) -> Tensor:
    """E[x x^T] over the particles, (B, a, N) -> (B, a, a)."""
    return torch.bmm(x, x.transpose(1, 2)) / x.shape[2]


def _damp(diagonal: Tensor) -> None:
    """Adds DAMPING, more where the field is steep: float32 must tell the matrix from a singular one."""
    diagonal += DAMPING * (1 + diagonal.mean(1, keepdim=True))
