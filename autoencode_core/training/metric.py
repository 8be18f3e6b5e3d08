"""How pmp measures a change Δ of the control: by ‖Δ‖, or by how much it changes the field."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture, resize
from autoencode_core.flow.fields.point import Point
from autoencode_core.flow.shape import Layer
from autoencode_core.training.narrow import Narrow

DAMPING = 1e-3
"""Share of ‖Δ‖² in the field-space metric, for directions that move no particle."""
MOST_PARTICLES, FEWEST_PARTICLES = 1500, 250
"""The metric is an average over at most so many states of a layer, but over so many particles at least."""
MOST_ENTRIES = 400
"""Layers with more entries take the Kronecker form."""
MOST_NUMBERS = 2**21
"""Most numbers that the features of layers which are treated together may fill."""


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

    M is a block for each layer, taken at the evaluation points of up to MOST_PARTICLES particles, each with
    its weight in the scheme.

    Args:
        arch: the architecture.
        theta: where M is taken, (R, P).
        x: states at t = 0, (R, d, N).

    Raises:
        InputError: a layer is too wide for the whole matrix, and the field has no other.

    Source:
        The quadratic term of a minimising movement, in the L²(μ_t) norm of the field.
    """

    def __init__(self, arch: Architecture, theta: Tensor, x: Tensor) -> None:
        self.shape, self.step, self.regimes = arch.shape, arch.step, theta.shape[0]
        self.home = torch.device("cpu") if x.device.type == "mps" else x.device  # double, eigh: not on mps
        some = x[:, :, :: -(-x.shape[2] // most_particles(arch))].to(self.home)
        theta = theta.to(self.home)
        compiled = not _wide(arch) and arch.field.units == "own" and Narrow.suits(arch, some)
        self.groups = _compiled(arch, theta, some) if compiled else _by_layer(arch, theta, some)

    def solve(self, gradient: Tensor, tau: Tensor, tikhonov: Tensor) -> Tensor:
        own, tau, tikhonov = gradient.to(self.home), tau.to(self.home), tikhonov.to(self.home)
        solution = torch.empty_like(own)
        given, into = self.shape.layers(own), self.shape.layers(solution)
        for members, block in self.groups:
            scale, shift = (1 / tau).repeat(len(members)), (2 * tikhonov).repeat(len(members))
            solved = block.solve(_stacked([given[n] for n in members]), scale, shift)
            for n, *parts in zip(members, *(part.split(self.regimes) for part in solved), strict=True):
                for view, part in zip(into[n], parts, strict=True):
                    view.copy_(part)
        return solution.to(gradient)

    def square(self, move: Tensor) -> Tensor:
        own = move.to(self.home)
        layers, total = self.shape.layers(own), torch.zeros_like(own[:, 0])
        for members, block in self.groups:
            squares = block.square(_stacked([layers[n] for n in members]))
            total += squares.view(len(members), self.regimes).sum(0)
        return (self.step * total).to(move)


Groups = list[tuple[list[int], "BlockMetric"]]
"""Numbers of layers of equal width, and their part of a metric."""


def _compiled(arch: Architecture, theta: Tensor, x: Tensor) -> Groups:
    """The metric of a narrow single-layer field, by the compiled sweep."""
    counts = arch.shape.counts
    grams = Narrow(arch).grams(theta, x).split([a * (a + 1) ** 2 for a in counts], dim=1)
    groups = Groups()
    for a in sorted(set(counts)):
        members = [n for n, count in enumerate(counts) if count == a]
        groups.append((members, Exact(torch.cat([grams[n] for n in members]).view(-1, a, a + 1, a + 1))))
    return groups


def _by_layer(arch: Architecture, theta: Tensor, x: Tensor) -> Groups:
    """The metric of any field, layers of equal width together."""
    x = x.expand(len(theta), -1, -1)
    if not _wide(arch):
        theta, x = theta.double(), x.double()  # as Exact computes
    layers = arch.shape.layers(theta)
    visited, weights, groups = _visited(arch, layers, x), _weights(arch, x), Groups()
    for members in _alike(arch, len(weights) * len(theta)):
        parts, state = _stacked([layers[n] for n in members]), torch.cat([visited[n] for n in members])
        exact = sum(part[0].numel() for part in parts) <= MOST_ENTRIES
        if exact:
            parts, state = tuple(part.double() for part in parts), state.double()
        point = arch.field.at(parts, state)
        block = Exact(point.gram(weights.double())) if exact else Kronecker(point, weights)
        groups.append((members, block))
    return groups


class Within:
    """The field's metric for some of the regimes, few at a time; the others do not move.

    Args:
        arch, theta, x: as in FieldMetric, of all regimes; x may be shared, (1, d, N).
        rows: places of the regimes that move, (r,).
    """

    def __init__(self, arch: Architecture, theta: Tensor, x: Tensor, rows: Tensor) -> None:
        numbers = min(x.shape[2], MOST_PARTICLES) * max(_features(arch))
        few = torch.split(rows, max(1, MOST_NUMBERS // numbers))
        self.parts = [(part, FieldMetric(arch, theta[part], x[part] if len(x) > 1 else x)) for part in few]

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


class BlockMetric(Protocol):
    """M of layers of equal width, B = layers times regimes of them; arrays as the blocks of a control."""

    def solve(self, parts: Layer, scale: Tensor, shift: Tensor) -> Layer:
        """(scale M + shift)⁻¹ applied to the parts, with scale and shift (B,)."""
        ...

    def square(self, parts: Layer) -> Tensor:
        """⟨Δ, M Δ⟩ of the parts, (B,)."""
        ...


class Exact:
    """The whole Gram matrix of ∂_θF, in the blocks that nothing couples; in double precision.

    Its condition would magnify the rounding of single precision a thousandfold, and with it what the number
    of regimes side by side changes in the last digit.

    Args:
        matrix: its blocks as `Point.gram` gives them, (B, u, p, p); they are damped in place.
    """

    def __init__(self, matrix: Tensor) -> None:
        self.matrix = matrix
        _damp(self.matrix.diagonal(dim1=2, dim2=3))

    def solve(self, parts: Layer, scale: Tensor, shift: Tensor) -> Layer:
        system = scale.double()[:, None, None, None] * self.matrix
        system.diagonal(dim1=2, dim2=3).add_(shift[:, None, None])
        factor, _ = torch.linalg.cholesky_ex(system)
        solution = torch.cholesky_solve(self._columns(parts), factor)[..., 0].to(parts[0])
        units = self.matrix.shape[1]
        pieces = solution.split([part[0].numel() // units for part in parts], dim=2)
        return tuple(piece.reshape(part.shape) for piece, part in zip(pieces, parts, strict=True))

    def square(self, parts: Layer) -> Tensor:
        column = self._columns(parts)
        return (column * (self.matrix @ column)).sum((1, 2, 3)).to(parts[0])

    def _columns(self, parts: Layer) -> Tensor:
        """The parts as the blocks of the matrix have them, (B, u, p, 1)."""
        shape = (len(parts[0]), self.matrix.shape[1], -1)
        return torch.cat([part.reshape(shape) for part in parts], 2).double()[..., None]


class Kronecker:
    """The Gram matrix by the Kronecker factors that a field gives (`Point.factors`)."""

    def __init__(self, point: Point, weights: Tensor) -> None:
        factors = point.factors(weights)
        if factors is None:
            raise InputError(
                "metric",
                "field",
                f"control for this field: layers of more than {MOST_ENTRIES} entries have "
                "no metric of the field",
            )
        self.products: list[tuple[tuple[int, ...], Rowwise | Turned]] = [
            (names, Rowwise(right) if left is None else Turned(left, right)) for names, left, right in factors
        ]

    def solve(self, parts: Layer, scale: Tensor, shift: Tensor) -> Layer:
        scale, shift, solved = scale[:, None, None], shift[:, None, None], list(parts)
        for names, product in self.products:
            whole = product.solve(torch.cat([parts[name] for name in names], 2), scale, shift)
            columns = [parts[name].shape[2] for name in names]
            for name, piece in zip(names, whole.split(columns, dim=2), strict=True):
                solved[name] = piece
        return tuple(solved)

    def square(self, parts: Layer) -> Tensor:
        return torch.stack(
            [
                product.square(torch.cat([parts[name] for name in names], 2))
                for names, product in self.products
            ]
        ).sum(0)


class Rowwise:
    """One matrix for each of the rows, 1 ⊗ M."""

    def __init__(self, matrix: Tensor) -> None:
        self.matrix = matrix
        _damp(self.matrix.diagonal(dim1=1, dim2=2))

    def solve(self, part: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """(scale M + shift)⁻¹ of each row, with scale and shift (B, 1, 1)."""
        system = scale * self.matrix
        system.diagonal(dim1=1, dim2=2).add_(shift[:, :, 0])
        factor, _ = torch.linalg.cholesky_ex(system)
        return torch.cholesky_solve(part.mT, factor).mT

    def square(self, part: Tensor) -> Tensor:
        """⟨Δ, M Δ⟩, (B,)."""
        return (part * (part @ self.matrix)).sum((1, 2))


class Turned:
    """A Kronecker product in the eigenbases of its factors, where every shift of it is diagonal.

    Args:
        left: (B, rows, rows), or its diagonal (B, rows).
        right: (B, columns, columns).
    """

    def __init__(self, left: Tensor, right: Tensor) -> None:
        rows, self.left = (left, None) if left.ndim == 2 else torch.linalg.eigh(left)
        columns, self.right = torch.linalg.eigh(right)
        self.values = (rows[:, :, None] * columns[:, None, :]).clamp_(min=0)
        _damp(self.values)

    def solve(self, part: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """As in Rowwise."""
        solved = (self._turned(part) / (scale * self.values + shift)) @ self.right.mT
        return solved if self.left is None else self.left @ solved

    def square(self, part: Tensor) -> Tensor:
        """As in Rowwise."""
        return (self.values * self._turned(part).square()).sum((1, 2))

    def _turned(self, part: Tensor) -> Tensor:
        return (part if self.left is None else self.left.mT @ part) @ self.right


def most_particles(arch: Architecture) -> int:
    """How many particles M is an average over, so that their states in a layer are about MOST_PARTICLES.

    Of wide layers half of it, each at one of the evaluation points.
    """
    if _wide(arch):
        return MOST_PARTICLES // 2
    return max(FEWEST_PARTICLES, MOST_PARTICLES // len(_point_weights(arch)))


def _wide(arch: Architecture) -> bool:
    """Whether a layer takes the Kronecker form."""
    return max(_entries(arch)) > MOST_ENTRIES


def _point_weights(arch: Architecture) -> list[float]:
    """Share of each evaluation point of a layer in the integral over it, where it is not 0."""
    return [weight / arch.substeps for _ in range(arch.substeps) for weight in arch.scheme.b if weight]


def _seen(arch: Architecture, particles: int) -> list[slice]:
    """The particles that are seen at each of these evaluation points.

    All of them, or where layers are wide, every one at one of the points in turn: the states of a particle
    in a layer are much alike, and tell less than as many of others.
    """
    points = len(_point_weights(arch))
    apart = points if _wide(arch) and particles >= points else 1
    return [slice(point % apart, None, apart) for point in range(points)]


def _weights(arch: Architecture, x: Tensor) -> Tensor:
    """The weight of each state that `_visited` gives."""
    found = list[Tensor]()
    for weight, seen in zip(_point_weights(arch), _seen(arch, x.shape[2]), strict=True):
        count = len(range(x.shape[2])[seen])
        found.append(x.new_full((count,), weight / count))
    return torch.cat(found)


def _visited(arch: Architecture, layers: list[Layer], x: Tensor) -> list[Tensor]:
    """The states that are seen in each layer, evaluation point by evaluation point, (R, a, states)."""
    found, seen = list[Tensor](), _seen(arch, x.shape[2])
    for n, layer in enumerate(layers):
        x, here = resize(x, arch.shape.counts[n]), list[Tensor]()

        def velocity(s: int, at: Tensor, layer: Layer = layer, here: list[Tensor] = here) -> Tensor:
            if arch.scheme.b[s]:
                here.append(at[:, :, seen[len(here)]])
            return arch.field.velocity(layer, at)

        for _ in range(arch.substeps):
            x = arch.substep(velocity, x)
        found.append(torch.cat(here, 2))
    return found


def _entries(arch: Architecture) -> list[int]:
    """Entries of each layer's control."""
    return [sum(block.size for block in blocks) for blocks in arch.shape.blocks]


def _features(arch: Architecture) -> list[int]:
    """About how many numbers each layer's Gram matrix is made from, a state."""
    if arch.field.units is None:
        return [a * entries for a, entries in zip(arch.shape.counts, _entries(arch), strict=True)]
    return [blocks[0].rows * (a + 2) for a, blocks in zip(arch.shape.counts, arch.shape.blocks, strict=True)]


def metric_bytes(arch: Architecture) -> int:
    """Bytes that the field's metric of one regime takes: a matrix a layer with its factor, or its axes."""
    total = 0
    for blocks, entries in zip(arch.shape.blocks, _entries(arch), strict=True):
        axes = sum(block.rows**2 + (block.columns + 1) ** 2 for block in blocks) + 2 * entries
        total += 24 * entries**2 if entries <= MOST_ENTRIES else 8 * axes
    return total


def _alike(arch: Architecture, states: int) -> Iterator[list[int]]:
    """Layers of equal width, as many together as MOST_NUMBERS allows for that many states."""
    widths = arch.shape.counts
    for a in sorted(set(widths)):
        members = [n for n, width in enumerate(widths) if width == a]
        together = max(1, MOST_NUMBERS // (states * _features(arch)[members[0]]))
        for first in range(0, len(members), together):
            yield members[first : first + together]


def _stacked(layers: Sequence[Layer]) -> Layer:
    """The blocks of several layers, layer by layer along the regime axis."""
    return tuple(torch.cat(same) for same in zip(*layers, strict=True))


def _damp(diagonal: Tensor) -> None:
    """Adds DAMPING, more where the field is steep: float32 must tell the matrix from a singular one."""
    diagonal += DAMPING * (1 + diagonal.mean(tuple(range(1, diagonal.ndim)), keepdim=True))
