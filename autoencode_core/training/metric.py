"""How pmp measures a change Δ of the control: by ‖Δ‖, or by how much it changes the field."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture, resize
from autoencode_core.flow.fields.point import Factors, Point
from autoencode_core.flow.shape import Layer
from autoencode_core.training.metric_blocks import BlockMetric, Eigenbases, Exact, Kronecker
from autoencode_core.training.narrow import Narrow

MOST_PARTICLES, FEWEST_PARTICLES = 1500, 250
"""The metric is an average over at most so many states of a layer, but over so many particles at least; of
wide layers over half as many states, each of another particle."""
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

    M is a block for each layer, taken at the evaluation points of some of the particles (`most_particles`),
    each point with its weight in the scheme.

    Args:
        arch: the architecture.
        theta: where M is taken, (R, P).
        x: states at t = 0, (R, d, N).
        bases: those of the iteration before, where there was one; those of now are kept in it.
        regimes: under what numbers, (R,).

    Raises:
        InputError: a layer is too wide for the whole matrix, and the field has no other.

    Source:
        docs/theory.md, section 4; the quadratic term of a minimising movement, in the L²(μ_t) norm of the
        field.
    """

    def __init__(
        self,
        arch: Architecture,
        theta: Tensor,
        x: Tensor,
        bases: Eigenbases | None = None,
        regimes: Sequence[int] | None = None,
    ) -> None:
        self.shape, self.step, self.regimes = arch.shape, arch.step, theta.shape[0]
        self.home = torch.device("cpu") if x.device.type == "mps" else x.device  # double, eigh: not on mps
        some = x[:, :, :: -(-x.shape[2] // most_particles(arch))].to(self.home)
        theta = theta.to(self.home)
        compiled = not _wide(arch) and arch.field.units == "own" and Narrow.suits(arch, some)
        if compiled:
            self.groups = _compiled(arch, theta, some)
        else:
            keys = range(self.regimes) if regimes is None else regimes
            self.groups = _by_layer(arch, theta, some, bases or Eigenbases(), keys)

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


Groups = list[tuple[list[int], BlockMetric]]
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


def _by_layer(
    arch: Architecture, theta: Tensor, x: Tensor, bases: Eigenbases, regimes: Sequence[int]
) -> Groups:
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
        if exact:
            groups.append((members, Exact(point.gram(weights.double()))))
        else:
            keys = [(n, regime) for n in members for regime in regimes]
            groups.append((members, Kronecker(_factors(point, weights), bases, keys)))
    return groups


def _factors(point: Point, weights: Tensor) -> Factors:
    factors = point.factors(weights)
    if factors is None:
        raise InputError(
            "metric",
            "field",
            f"control for this field: layers of more than {MOST_ENTRIES} entries have no metric of the field",
        )
    return factors


class Within:
    """The field's metric for some of the regimes, few at a time; the others do not move.

    Args:
        arch, theta, x: as in FieldMetric, of all regimes; x may be shared, (1, d, N).
        rows: places of the regimes that move, (r,).
        bases: as in FieldMetric.
    """

    def __init__(
        self,
        arch: Architecture,
        theta: Tensor,
        x: Tensor,
        rows: Tensor,
        bases: Eigenbases | None = None,
    ) -> None:
        numbers = min(x.shape[2], MOST_PARTICLES) * max(_features(arch))
        few = torch.split(rows, max(1, MOST_NUMBERS // numbers))
        self.parts = [
            (part, FieldMetric(arch, theta[part], x[part] if len(x) > 1 else x, bases, part.tolist()))
            for part in few
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


def most_particles(arch: Architecture) -> int:
    """How many particles M is an average over, so that their states in a layer are about MOST_PARTICLES.

    Where layers are wide and have several evaluation points, half of it, each particle at one of them.
    """
    points = len(_point_weights(arch))
    return (
        MOST_PARTICLES // min(2, points) if _wide(arch) else max(FEWEST_PARTICLES, MOST_PARTICLES // points)
    )


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
        units = blocks[0].rows if arch.field.units == "own" else 1
        total += 24 * entries**2 // units if entries <= MOST_ENTRIES else 8 * axes
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
