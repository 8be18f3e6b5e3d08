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

SCALES, DRAWN = (1.0, 3.0, 10.0), 8
"""Sizes of random units, and how many of each size are drawn; the best of them are starts of an ascent."""
KEPT_SINGLE, KEPT_DOUBLE = 2, 6
"""How many of them: for each component of a single-layer field, and for a layer of a two-layer field."""
MOST_OWN = 8
"""Hidden units of a two-layer field from which an ascent starts: the best ones."""
MOST_STEPS, FEWEST_STEPS, MOST_FLOPS = 200, 10, 3e11
"""Steps of an ascent, fewer where they are heavy."""
ROUNDS = 2
"""Ascents one after the other: the first from the starts, the second from what the next layers have found."""
PAIRS = 10
"""Quasi-Newton pairs of an ascent."""
FLAT = 1e-9
"""An ascent has converged where the slope, in units of Σ|p|, is at most this."""
SETTLED, PATIENCE = 1e-6, 3
"""It has settled after so many steps that add no more than this share of all that was gained."""
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
    the neighbouring layers, random ones). Every value was attained, so the gain is a lower bound of the true
    one.

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

    A unit is a row (w, b) of a + 1 numbers; units lie layer by layer, (B M, a + 1). Of the two-layer field
    it is the minimum over v, which is at v = -c/2λ with c = Σ_i p_i σ(w·X_i + b), times 4λ:
    -|c|² + 4λ²(|w|² + b²).

    Args:
        field: what is frozen.
        rows: the component that each of the M units drives, (M,); None for the two-layer field.
    """

    def __init__(self, field: _Frozen, rows: Tensor | None) -> None:
        self.field, self.rows = field, rows
        self.price = field.weight if rows is not None else 4 * field.weight.square()

    def inner(self, a: Tensor, b: Tensor) -> Tensor:
        """Euclidean inner products, (B M,)."""
        return torch.linalg.vecdot(a, b)  # type: ignore[no-any-return]

    def cost_and_gradient(self, theta: Tensor, wanted: Tensor | None = None) -> tuple[Terms, Tensor]:
        """-H, and its gradient with respect to the units, (B M, a + 1); 0 where it is not wanted."""
        layers = len(self.field.x)
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
        return Terms(cost, loss.flatten(), penalty.flatten(), cost), gradient.flatten(0, 1)

    def _layer(self, n: int, units: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """The loss part (m,) and its gradient (m, a + 1) of some of one layer's units."""
        x, p = self.field.x[n], self.field.p[n]
        value, slope = self.field.sigma.with_slope(torch.addmm(units[:, -1:], units[:, :-1], x))
        if self.rows is not None:
            q = p[self.rows[chosen]]
            loss = torch.linalg.vecdot(value, q)
        else:
            c = value @ p.T
            q, loss = -2 * c @ p, -c.square().sum(1)
        slope *= q
        return loss, torch.cat([slope @ x.T, slope.sum(1, keepdim=True)], 1)


def _single(field: _Frozen, own: Tensor, told: Callable[[float], None]) -> Maxima:
    """The single-layer field: unit j drives component j."""
    layers, h = own.shape[:2]
    rows = torch.arange(h)
    before = -_Units(field, rows).cost_and_gradient(own.flatten(0, 1))[0].cost.view(layers, h)
    near = [own.roll(1, 0), own.roll(-1, 0)] if layers > 1 else []
    starts = torch.stack([own, torch.zeros_like(own), *near], 1)
    starts = torch.cat([starts, _drawn(field, rows, KEPT_SINGLE)], 1)
    value, found, sharp = _best(field, rows, starts, before, told)
    away = ((found.norm(dim=2) >= field.longest[:, None]) & (value > 2)).any(1)
    gain = (value - before).clamp(min=0).sum(1)
    return _judged(gain, found.square().sum((1, 2)), sharp.all(1), away)


def _double(field: _Frozen, own: Tensor, told: Callable[[float], None]) -> Maxima:
    """The two-layer field: all units have one maximum in common."""
    (layers, h), a = own.shape[:2], field.x.shape[1]
    before, inner = _values(field, own), own[:, :, None, : a + 1]
    top = before.topk(min(h, MOST_OWN), 1).indices
    first = torch.take_along_dim(inner, top[:, :, None, None], 1)
    near = [first[:, :1].roll(1, 0), first[:, :1].roll(-1, 0)] if layers > 1 else []
    random = _drawn(field, None, KEPT_DOUBLE)
    starts = torch.cat([first, torch.zeros_like(first[:, :1]), *near, random], 1)
    base = 4 * field.weight[:, None] * before.amax(1, keepdim=True)
    value, found, sharp = _best(field, None, starts, base, told)
    length = found[:, 0].norm(dim=1)
    away = ((length >= field.longest) & (value[:, 0] > 2)) | (field.weight == 0)
    # |v|² = |c|²/4λ², where |c|² = value + 4λ²(|w|² + b²).
    most = value / (4 * field.weight[:, None])
    square = 2 * length.square() + most[:, 0] / field.weight
    gain = (most - before).clamp(min=0).sum(1)
    still = ~(value[:, 0] > 0)  # no unit is worth anything: the best are 0
    gain, square = torch.where(still, -before.sum(1), gain), torch.where(still, 0.0, square)
    return _judged(gain, h * square, sharp[:, 0], away & ~still)


def _judged(gain: Tensor, square: Tensor, sharp: Tensor, away: Tensor) -> Maxima:
    """The maxima of B layers; those whose maximiser is on its way to infinity are infinite."""
    away = away | ~gain.isfinite()
    return Maxima(torch.where(away, torch.inf, gain.clamp(min=0)), square, sharp | away)


def _best(
    field: _Frozen, rows: Tensor | None, starts: Tensor, base: Tensor, told: Callable[[float], None]
) -> tuple[Tensor, Tensor, Tensor]:
    """The best value (B, h), unit (B, h, a + 1) and whether it has converged (B, h), of S starts each.

    After the first ascent the layers try what their neighbours have found: maximisers mostly move little
    from layer to layer, and so the best branch spreads.

    Args:
        field: what is frozen.
        rows: the component of each of the h units, None for the two-layer field, h = 1.
        starts: (B, S, h, a + 1).
        base: values to compare with, (B, h).
        told: progress.
    """
    found = list[tuple[Tensor, Tensor, Tensor]]()
    rounds = ROUNDS if len(starts) > 1 else 1
    for turn in range(rounds):

        def part(share: float, turn: int = turn) -> None:
            told((turn + share) / rounds)

        count = starts.shape[1]
        objective = _Units(field, None if rows is None else rows.repeat(count))
        ends = _ascended(objective, starts.flatten(1, 2), base.repeat(1, count), part)
        value, units, sharp = (end.view(*starts.shape[:3], *end.shape[2:]) for end in ends)
        found += [(value[:, i], units[:, i], sharp[:, i]) for i in range(count)]
        values, *rest = (torch.stack(same, 1) for same in zip(*found, strict=True))
        best = values.argmax(1, keepdim=True)
        unit = torch.take_along_dim(rest[0], best[..., None], 1)[:, 0]
        chosen = (torch.take_along_dim(part_, best, 1)[:, 0] for part_ in (values, rest[1]))
        found = [(next(chosen), unit, next(chosen))]
        starts = torch.stack([unit.roll(1, 0), unit.roll(-1, 0)], 1)
    return found[0]


def _ascended(
    objective: _Units, starts: Tensor, base: Tensor, told: Callable[[float], None]
) -> tuple[Tensor, Tensor, Tensor]:
    """Values (B, M), units (B, M, ·) and which have converged (B, M), from starts (B, M, ·).

    Args:
        objective: what is minimised.
        starts: where from.
        base: what values are compared with to see whether they have settled, (B, M).
        told: progress.
    """
    shape = starts.shape
    search = Lbfgs(objective, starts.reshape(-1, shape[2]).clone(), [_SEARCH])
    search.pairs = PairMemory(search.theta, PAIRS)
    flops = starts[..., 0].numel() * objective.field.x.shape[2] * (6.0 * shape[2] + 60)
    most = int(max(FEWEST_STEPS, min(MOST_STEPS, MOST_FLOPS / flops)))
    longest = objective.field.longest.repeat_interleave(shape[1])
    calm, base = torch.zeros(len(longest)), base.reshape(-1)
    done = search.gradient_norm() <= FLAT
    for step in range(most):
        if bool(done.all()):
            break
        told(step / most)
        cost = search.terms.cost
        search.advance(~done)
        added = cost - search.terms.cost
        calm = torch.where(added <= SETTLED * (-search.terms.cost - base), calm + 1, 0.0)
        done = done | search.stalled | (search.gradient_norm() <= FLAT) | (calm >= PATIENCE)
        done = done | (search.theta.norm(dim=1) >= longest)
    return -search.terms.cost.view(shape[:2]), search.theta.view(shape), done.view(shape[:2])


def _values(field: _Frozen, units: Tensor) -> Tensor:
    """H of each unit (w, b, v) of the two-layer field, (B, h)."""
    a = field.x.shape[1]
    hidden = field.sigma.value(torch.baddbmm(units[..., a : a + 1], units[..., :a], field.x))
    driven = torch.linalg.vecdot(torch.bmm(units[..., a + 1 :], field.p), hidden)
    value: Tensor = -driven - field.weight[:, None] * units.square().sum(2)
    return value


def _units(layer: Layer) -> Tensor:
    """The hidden units (h, 1 + a [+ a]) of one regime's layer: rows of W, b, and of V turned."""
    W, b, V = layer.of(0)
    return torch.cat([W, b] if V is None else [W, b, V.T], 1)


def _drawn(field: _Frozen, rows: Tensor | None, keep: int) -> Tensor:
    """The best random units for each of the h rows, (B, keep, h, a + 1); h = 1 for the two-layer field."""
    layers, a, _ = field.x.shape
    count, h = len(SCALES) * DRAWN, 1 if rows is None else len(rows)
    generator = torch.Generator().manual_seed(0)
    units = torch.randn(layers, count, h, a + 1, generator=generator, dtype=torch.float64).to(field.x)
    units[..., :a] *= torch.tensor(SCALES).repeat_interleave(DRAWN).to(units)[:, None, None]
    # So that σ bends among the particles: each unit is about 0 at one of them.
    met = field.x[:, :, torch.randint(field.x.shape[2], (count,), generator=generator)]
    units[..., a] -= (units[..., :a] * met.mT[:, :, None]).sum(3)
    objective = _Units(field, None if rows is None else rows.repeat(count))
    cost = objective.cost_and_gradient(units.flatten(0, 2))[0].cost.view(layers, count, h)
    best = cost.topk(keep, 1, largest=False).indices
    return torch.take_along_dim(units, best[..., None], 1)


def _alike(arch: Architecture, particles: int) -> Iterator[list[int]]:
    """Layers of equal width, as many together as TOGETHER allows."""
    for a in sorted(set(arch.shape.counts)):
        members = [n for n, count in enumerate(arch.shape.counts) if count == a]
        units = max(len(SCALES) * DRAWN * (a if arch.expansion == 0 else 1), a * arch.expansion)
        together = max(1, TOGETHER // (particles * units))
        for first in range(0, len(members), together):
            yield members[first : first + together]


_SEARCH = RunSpec(method="lbfgs", learning_rate=1.0)
