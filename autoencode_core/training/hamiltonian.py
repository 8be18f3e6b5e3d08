"""The Hamiltonians H_n with states and costates frozen: their values, and their maxima over the control."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.shape import Layer, one_regime
from autoencode_core.report import Report, silent
from autoencode_core.training.ascent import PAIRS, highest
from autoencode_core.training.costate import Points, SweepTensors, backward, forward
from autoencode_core.training.hidden_units import FrozenLayers, HiddenUnits
from autoencode_core.training.initial_units import initial_units

RANDOM_SINGLE, LEAST_SINGLE, RANDOM_DOUBLE = 64, 3, (96, 48)
"""Random units and sharp cuts that ascents start from: so many of each that the a components of a
single-layer field share, at least so many for each, and those of a two-layer field."""
MOST_OWN = 8
"""Hidden units of a two-layer field from which an ascent starts: the best ones."""
TOGETHER = 2**22
"""Numbers that layers which are treated together may fill."""


class StatesAndCostates(NamedTuple):
    """A forward and a backward sweep at one control, held fixed.

    Attributes:
        points: the evaluation points (X, κ) of each controlled layer; costates are 0 where a component is
            dropped.
        states: X_n at the start of each of them, (a_n, N).
        gradient: loss part of ∇J, (P,).
        data_term: (1/N) Σ|X_L - y|².
    """

    points: list[Points]
    states: list[Tensor]
    gradient: Tensor
    data_term: float


def shoot(arch: Architecture, theta: Tensor, x: Tensor, y: Tensor) -> StatesAndCostates:
    """States and costates of all particles at a control.

    Args:
        arch: the architecture.
        theta: the control, (P,).
        x: states at t = 0, engine layout (1, d, N).
        y: targets in the components that the last controlled layer drives, (1, a, N).
    """
    count = x.shape[2]
    tensors, points = SweepTensors(arch, 1, count, x), list[Points]()
    tensors.theta.copy_(theta[None])
    tensors.x.copy_(x)
    residual = forward(tensors) - y
    tensors.end.copy_(residual * (2 / count))
    gradient = backward(tensors, points)[0]
    states = [state[0] for state in tensors.states[:-1]]
    return StatesAndCostates(points, states, gradient, float(residual.square().sum()) / count)


def hamiltonians(arch: Architecture, theta: Tensor, held: StatesAndCostates) -> Tensor:
    """-(1/δ) Σ κ · F(X, θ_n) over the evaluation points of every layer, (L,): H_n without its λ|θ_n|².

    Args:
        arch: the architecture.
        theta: any control, (P,).
        held: the states and costates that stay as they are.
    """
    layers = zip(arch.shape.layers(theta[None]), held.points, strict=True)
    return torch.stack([-(arch.field.velocity(layer, at.x) * at.q).sum() for layer, at in layers])


def layer_squares(arch: Architecture, theta: Tensor) -> Tensor:
    """|θ_n|² of every layer, (L,)."""
    layers = arch.shape.layers(theta[None])
    return torch.stack([torch.stack([part.square().sum() for part in layer]).sum() for layer in layers])


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
    arch: Architecture, theta: Tensor, held: StatesAndCostates, tikhonov: float, report: Report = silent
) -> Maxima:
    """The maxima of H_n over θ at every layer, states and costates frozen.

    H_n is a sum over hidden units: -Σ_i p_j σ(w·X_i + b) - λ(|w|² + b²) of the single-layer field, where unit
    j drives component j alone, and -Σ_i (p_i·v) σ(w·X_i + b) - λ(|w|² + b² + |v|²) of the two-layer field,
    the same for all units. So units are maximised one by one, each from several starts (itself, 0, those of
    the neighbouring layers, random ones). Every value was attained, so the gain is a lower bound of the true
    one.

    Args:
        arch: the architecture.
        theta: the control, (P,).
        held: its states and costates.
        tikhonov: λ.
        report: progress, called at every step; may raise.

    Raises:
        InputError: the field is no sum over hidden units.
    """
    if arch.field.units is None:
        raise InputError(
            "field",
            arch.field.name,
            "a field of hidden units: the global maximum of H is not available for this field",
        )
    layers = [_units(layer) for layer in arch.shape.layers(theta[None])]
    gain, square = theta.new_zeros(len(layers)), theta.new_zeros(len(layers))
    sharp = torch.ones(len(layers), dtype=torch.bool)
    groups = list(_alike(arch, held.points[0].x.shape[2]))
    for place, members in enumerate(groups):

        def part(share: float, place: int = place) -> None:
            report((place + share) / len(groups), "Maximising the Hamiltonian.")

        x, p = (torch.cat([getattr(held.points[n], of) for n in members]) for of in ("x", "q"))
        size = p.abs().sum((1, 2))
        size = torch.where(size > 0, size, 1.0)
        own, scale = torch.stack([layers[n] for n in members]), size[:, None, None]
        frozen = FrozenLayers(x, p / scale, tikhonov / size, arch.field.sigma)
        found = _single(frozen, own, part) if arch.field.units == "own" else _double(frozen, own, part)
        gain[members], square[members], sharp[members] = found.gain * size, found.square, found.sharp
    return Maxima(gain, square, sharp)


def _single(frozen: FrozenLayers, own: Tensor, on_share: Callable[[float], None]) -> Maxima:
    """The single-layer field: unit j drives component j."""
    layers, h = own.shape[:2]
    rows = torch.arange(h)
    before = -HiddenUnits(frozen, rows).cost_and_gradient(own.flatten(0, 1))[0].cost.view(layers, h)
    near = [own.roll(1, 0), own.roll(-1, 0)] if layers > 1 else []
    begin = torch.stack([own, torch.zeros_like(own), *near], 1)
    drawn = _random_of_each(h)
    begin = torch.cat([begin, initial_units(frozen, rows, drawn, drawn)], 1)
    value, found, sharp = highest(frozen, rows, begin, before, on_share)
    away = ((found.norm(dim=2) >= frozen.longest[:, None]) & (value > 2)).any(1)
    gain = (value - before).clamp(min=0).sum(1)
    return _judged(gain, found.square().sum((1, 2)), sharp.all(1), away)


def _random_of_each(a: int) -> int:
    """Random units, and likewise cuts, that an ascent of each of a components starts from."""
    return max(LEAST_SINGLE, RANDOM_SINGLE // a)


def _double(frozen: FrozenLayers, own: Tensor, on_share: Callable[[float], None]) -> Maxima:
    """The two-layer field: all units have one maximum in common."""
    (layers, h), a = own.shape[:2], frozen.x.shape[1]
    before, inner = _values(frozen, own), own[:, :, None, : a + 1]
    top = before.topk(min(h, MOST_OWN), 1).indices
    first = torch.take_along_dim(inner, top[:, :, None, None], 1)
    near = [first[:, :1].roll(1, 0), first[:, :1].roll(-1, 0)] if layers > 1 else []
    more = initial_units(frozen, None, *RANDOM_DOUBLE)
    begin = torch.cat([first, torch.zeros_like(first[:, :1]), *near, more], 1)
    base = 4 * frozen.weight[:, None] * before.amax(1, keepdim=True)
    value, found, sharp = highest(frozen, None, begin, base, on_share)
    length = found[:, 0].norm(dim=1)
    away = ((length >= frozen.longest) & (value[:, 0] > 2)) | (frozen.weight == 0)
    # |v|² = |c|²/4λ², where |c|² = value + 4λ²(|w|² + b²).
    most = value / (4 * frozen.weight[:, None])
    square = 2 * length.square() + most[:, 0] / frozen.weight
    gain = (most - before).clamp(min=0).sum(1)
    still = ~(value[:, 0] > 0)  # no unit is worth anything: the best are 0
    gain, square = torch.where(still, -before.sum(1), gain), torch.where(still, 0.0, square)
    return _judged(gain, h * square, sharp[:, 0], away & ~still)


def _judged(gain: Tensor, square: Tensor, sharp: Tensor, away: Tensor) -> Maxima:
    """The maxima of B layers; those whose maximiser is on its way to infinity are infinite."""
    away = away | ~gain.isfinite()
    return Maxima(torch.where(away, torch.inf, gain.clamp(min=0)), square, sharp | away)


def _values(frozen: FrozenLayers, units: Tensor) -> Tensor:
    """H of each unit (w, b, v) of the two-layer field, (B, h)."""
    a = frozen.x.shape[1]
    hidden = frozen.sigma.value(torch.baddbmm(units[..., a : a + 1], units[..., :a], frozen.x))
    driven = torch.linalg.vecdot(torch.bmm(units[..., a + 1 :], frozen.p), hidden)
    value: Tensor = -driven - frozen.weight[:, None] * units.square().sum(2)
    return value


def _units(layer: Layer) -> Tensor:
    """The hidden units (h, 1 + a [+ a]) of one regime's layer: rows of W, b, and of V turned."""
    W, b, *V = one_regime(layer)
    return torch.cat([W, b, *(part.T for part in V)], 1)


def _alike(arch: Architecture, particles: int) -> Iterator[list[int]]:
    """Layers of equal width, as many together as TOGETHER allows their values and quasi-Newton pairs."""
    for a in sorted(set(arch.shape.counts)):
        members = [n for n, count in enumerate(arch.shape.counts) if count == a]
        hidden = particles * arch.field.blocks(a)[0].rows
        pairs = 0 if arch.field.units == "all" else 2 * PAIRS * (4 + 2 * _random_of_each(a)) * a**2
        together = max(1, TOGETHER // max(hidden, pairs))
        for first in range(0, len(members), together):
            yield members[first : first + together]
