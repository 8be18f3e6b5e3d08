"""The Hamiltonians H_n with states and costates frozen: their values, and their maxima over the control."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from autoencode_core.flow.activations import NONLINEARITIES, Nonlinearity
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.control import Layer
from autoencode_core.spec import RunSpec
from autoencode_core.training.costate import Room, backward, forward
from autoencode_core.training.lbfgs import Lbfgs, PairMemory
from autoencode_core.training.objective import Objective, Terms

SCALES = (1.0, 1.0, 3.0, 3.0)
"""Sizes of the random starts of an ascent: those of initial controls of that init_scale."""
MOST_OWN = 32
"""Most hidden units of a two-layer field from which an ascent starts: the best ones."""
MOST_STEPS, FEWEST_STEPS, MOST_FLOPS = 200, 10, 3e11
"""Steps of an ascent, fewer where they are heavy."""
PAIRS = 10
"""Quasi-Newton pairs of an ascent."""
FLAT = 1e-9
"""An ascent has converged where the slope, in units of Σ|p|, is at most this."""
RUNAWAY, STEEP = 1e6, 1e3
"""A unit longer than RUNAWAY, and than STEEP Σ|p|/λ, is on its way to infinity."""
TOGETHER = 2**22
"""Numbers that the hidden values of layers which are treated together may fill."""

Told = Callable[[float, str], object]


class Shot(NamedTuple):
    """A forward and a backward sweep at one control, held fixed.

    Attributes:
        states: X_n on the active block of each controlled layer, (a_n, N).
        costates: p_{n+1} there, 0 where a component is dropped; (2/N)(X_L - y) at the end.
        gradient: loss part of ∇J, (P,).
        data_term: (1/N) Σ|X_L - y|².
    """

    states: list[Tensor]
    costates: list[Tensor]
    gradient: Tensor
    data_term: float


def shoot(arch: Architecture, theta: Tensor, x: Tensor, y: Tensor) -> Shot:
    """States and costates of all particles at a control.

    Args:
        arch: the architecture.
        theta: the control, (P,).
        x: states at t = 0, engine layout (1, d, N).
        y: targets in the components that the last controlled layer drives, (1, a, N).
    """
    count = x.shape[2]
    room, costates = Room(arch, 1, count, x), list[Tensor]()
    room.theta.copy_(theta[None])
    room.x.copy_(x)
    residual = forward(room) - y
    room.end.copy_(residual * (2 / count))
    gradient = backward(room, costates)[0]
    return Shot(
        [stage.x for stage in room.stages], costates, gradient, float(residual.square().sum()) / count
    )


def hamiltonians(arch: Architecture, theta: Tensor, shot: Shot) -> Tensor:
    """-Σ_i p_{n+1}^i · F_n(X_n^i, θ_n) of every layer, (L,): H_n without its penalty λ|θ_n|².

    Args:
        arch: the architecture.
        theta: any control, (P,).
        shot: the states and costates that stay as they are.
    """
    layers = zip(arch.shape.layers(theta[None]), shot.states, shot.costates, strict=True)
    values = [-(arch.field.velocity(layer, x[None])[0] * p).sum() for layer, x, p in layers]
    return torch.stack(values)


def layer_squares(arch: Architecture, theta: Tensor) -> Tensor:
    """|θ_n|² of every layer, (L,)."""
    return torch.stack([_units(layer).square().sum() for layer in arch.shape.layers(theta[None])])


class Maxima(NamedTuple):
    """What an ascent found, layer by layer, each (L,).

    Attributes:
        gain: max_θ H_n(θ) - H_n(θ_n) >= 0, from below; infinite where H_n has no upper bound.
        square: |θ|² at the maximiser.
        sharp: whether every ascent that counts has converged.
    """

    gain: Tensor
    square: Tensor
    sharp: Tensor


def maximise(
    arch: Architecture, theta: Tensor, shot: Shot, tikhonov: float, told: Told | None = None
) -> Maxima:
    """The maxima of H_n over θ at every layer, states and costates frozen.

    H_n is a sum over hidden units: -Σ_i p_j σ(w·X_i + b) - λ(|w|² + b²) of the single-layer field, where unit
    j drives component j alone, and -Σ_i (p_i·v) σ(w·X_i + b) - λ(|w|² + b² + |v|²) of the two-layer field,
    the same for all units. So units are maximised one by one, each from several starts (itself, 0, those of
    the neighbouring layers, random ones): at most some ten numbers at a time for low-dimensional data. Every
    value was attained, so the gain is a lower bound of the true one.

    Args:
        arch: the architecture.
        theta: the control, (P,).
        shot: its states and costates.
        tikhonov: λ.
        told: progress, called at every step; may raise.
    """
    layers = [_units(layer) for layer in arch.shape.layers(theta[None])]
    gain, square = theta.new_zeros(len(layers)), theta.new_zeros(len(layers))
    sharp = torch.ones(len(layers), dtype=torch.bool)
    groups = list(_alike(arch, shot.states[0].shape[1]))
    for place, members in enumerate(groups):

        def part(share: float, place: int = place) -> None:
            if told is not None:
                told((place + share) / len(groups), "Maximising the Hamiltonian.")

        x, p = (torch.stack([of[n] for n in members]) for of in (shot.states, shot.costates))
        size = p.abs().sum((1, 2))
        size = torch.where(size > 0, size, 1.0)
        own, scale = torch.stack([layers[n] for n in members]), size[:, None, None]
        field = _Frozen(x, p / scale, tikhonov / size, NONLINEARITIES[arch.field.activation])
        found = _single(field, own, part) if arch.expansion == 0 else _double(field, own, part)
        gain[members], square[members], sharp[members] = found.gain * size, found.square, found.sharp
    return Maxima(gain, square, sharp)


class _Frozen(NamedTuple):
    """States and costates of B layers of equal width, (B, a, N), costates and λ (B,) over Σ|p|."""

    x: Tensor
    p: Tensor
    weight: Tensor
    sigma: Nonlinearity

    @property
    def longest(self) -> Tensor:
        """Length beyond which a unit is on its way to infinity, (B,)."""
        return torch.where(self.weight > 0, STEEP / self.weight, 0.0).clamp(min=RUNAWAY)


class _Units(Objective):
    """-H of M single hidden units of each of B layers, in the form that `Lbfgs` minimises.

    A unit is a row (w, b[, v]) of 1 + a [+ a] numbers; units lie layer by layer, (B M, ·).

    Args:
        field: what is frozen.
        rows: the component that each of the M units drives, (M,); None where a unit has its own v.
    """

    def __init__(self, field: _Frozen, rows: Tensor | None) -> None:
        self.field, self.rows = field, rows
        self.driven = None if rows is None else field.p[:, rows]

    def inner(self, a: Tensor, b: Tensor) -> Tensor:
        """Euclidean inner products, (B M,)."""
        return torch.linalg.vecdot(a, b)  # type: ignore[no-any-return]

    def cost_and_gradient(self, theta: Tensor, wanted: Tensor | None = None) -> tuple[Terms, Tensor]:
        """-H, and its gradient with respect to the units, (B M, ·)."""
        x, p, weight, sigma = self.field
        a, units = x.shape[1], theta.view(len(x), -1, theta.shape[1])
        value, slope = sigma.with_slope(torch.baddbmm(units[..., a : a + 1], units[..., :a], x))
        q = torch.bmm(units[..., a + 1 :], p) if self.driven is None else self.driven
        loss = (value * q).sum(2)
        penalty = weight[:, None] * units.square().sum(2)
        slope *= q
        parts = [torch.bmm(slope, x.mT), slope.sum(2, keepdim=True)]
        if self.driven is None:
            parts.append(torch.bmm(value, p.mT))
        gradient = torch.cat(parts, 2) + 2 * weight[:, None, None] * units
        cost = (loss + penalty).flatten()
        terms = Terms(cost, loss.flatten(), penalty.flatten(), cost)
        return terms, gradient.flatten(0, 1)


def _single(field: _Frozen, own: Tensor, told: Callable[[float], None]) -> Maxima:
    """The single-layer field: unit j drives component j, the best start of each counts."""
    layers, h = own.shape[:2]
    random = [_random(own[:, :1].expand(-1, h, -1), scale, seed) for seed, scale in enumerate(SCALES)]
    near = [own.roll(1, 0), own.roll(-1, 0)] if layers > 1 else []
    starts = torch.stack([own, torch.zeros_like(own), *near, *random], 1)  # (B, S, h, ·)
    rows = torch.arange(h).repeat(starts.shape[1])
    before = -_value(_Units(field, torch.arange(h)), own)
    value, units, flat = _ascended(_Units(field, rows), starts.flatten(1, 2), told)
    value, best = value.view(layers, -1, h).max(1)
    chosen = best[:, None, :, None]
    found = torch.take_along_dim(units.view(starts.shape), chosen, 1)[:, 0]
    sharp = torch.take_along_dim(flat.view(layers, -1, h), best[:, None], 1)[:, 0].all(1)
    return _judged(field, value, before, found, sharp)


def _double(field: _Frozen, own: Tensor, told: Callable[[float], None]) -> Maxima:
    """The two-layer field: all units have one maximum in common."""
    h, before = own.shape[1], -_value(_Units(field, None), own)
    top = before.topk(min(h, MOST_OWN), 1).indices
    best_own = torch.take_along_dim(own, top[:, :, None], 1)
    few = best_own[:, :4]
    near = [few.roll(1, 0), few.roll(-1, 0)] if len(own) > 1 else []
    random = [_random(few, scale, seed) for seed, scale in enumerate(SCALES)]
    starts = torch.cat([best_own, torch.zeros_like(own[:, :1]), *near, *random], 1)
    value, units, flat = _ascended(_Units(field, None), starts, told)
    value, best = value.max(1, keepdim=True)
    found = torch.take_along_dim(units, best[:, :, None], 1).expand_as(own)
    sharp = torch.take_along_dim(flat, best, 1)[:, 0]
    return _judged(field, value.expand_as(before), before, found, sharp)


def _judged(field: _Frozen, value: Tensor, before: Tensor, found: Tensor, sharp: Tensor) -> Maxima:
    """The maxima of B layers from values (B, h) of units before and at their maximisers (B, h, ·)."""
    total = (value - before).clamp(min=0).sum(1)
    # In units of Σ|p| no unit of a bounded single-layer field is worth more than 1, however long it is.
    away = ((found.norm(dim=2) >= field.longest[:, None]) & (value > 2)).any(1)
    total = torch.where(away | ~total.isfinite(), torch.inf, total)
    return Maxima(total, found.square().sum((1, 2)), sharp | total.isinf())


def _ascended(
    objective: _Units, starts: Tensor, told: Callable[[float], None]
) -> tuple[Tensor, Tensor, Tensor]:
    """Values (B, M), units (B, M, ·) and which are flat (B, M), from starts (B, M, ·)."""
    shape = starts.shape
    search = Lbfgs(objective, starts.reshape(-1, shape[2]).clone(), [_SEARCH])
    search.pairs = PairMemory(search.theta, PAIRS)
    flops = 8.0 * starts.numel() * objective.field.x.shape[2]
    longest = objective.field.longest.repeat_interleave(shape[1])
    most = int(max(FEWEST_STEPS, min(MOST_STEPS, MOST_FLOPS / flops)))
    for step in range(most):
        told(step / most)
        near = search.theta.norm(dim=1) < longest
        running = ~search.stalled & near & (search.gradient_norm() > FLAT)
        if not bool(running.any()):
            break
        search.advance(running)
    # A start from which rounding allows no further step is as flat as can be.
    flat = search.stalled | (search.gradient_norm() <= FLAT)
    return -search.terms.cost.view(shape[:2]), search.theta.view(shape), flat.view(shape[:2])


def _value(objective: _Units, units: Tensor) -> Tensor:
    return objective.cost_and_gradient(units.flatten(0, 1))[0].cost.view(units.shape[:2])


def _units(layer: Layer) -> Tensor:
    """The hidden units (h, 1 + a [+ a]) of one regime's layer: rows of W, b, and of V turned."""
    W, b, V = layer.of(0)
    return torch.cat([W, b] if V is None else [W, b, V.T], 1)


def _random(like: Tensor, scale: float, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(like.shape, generator=generator, dtype=torch.float64).to(like)


def _alike(arch: Architecture, particles: int) -> Iterator[list[int]]:
    """Layers of equal width, as many together as TOGETHER allows."""
    for a in sorted(set(arch.shape.counts)):
        members = [n for n, count in enumerate(arch.shape.counts) if count == a]
        starts = len(SCALES) + 4
        together = max(1, TOGETHER // (particles * starts * a * (arch.expansion or 1)))
        for first in range(0, len(members), together):
            yield members[first : first + together]


_SEARCH = RunSpec(method="lbfgs", learning_rate=1.0)
