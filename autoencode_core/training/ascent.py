"""Ascents of hidden units to the maximum of their frozen Hamiltonian, from many starts."""

from collections.abc import Callable

import torch
from torch import Tensor

from autoencode_core.training.hidden_units import FrozenLayers, HiddenUnits
from autoencode_core.training.lbfgs import LbfgsSettings, PairMemory

FEW, SCOUTED = 4096, 12
"""Most points, and steps, of the ascents of all starts. Of fewer points sharp cuts have other heights."""
KEPT, LEAST_KEPT = 64, 4
"""How many of them go on: those that the components share, and at least so many for each."""
ALIKE = 1e-3
"""Ends whose values differ by no more than this share are taken for one."""
SAMPLE, GO_ON = 2**14, 3
"""Most points of these ascents, and how many of their best ends go on with all if there are more."""
OFFERED = 2
"""Maximisers of other layers from which an ascent starts once more."""
MOST_STEPS, FEWEST_STEPS, MOST_FLOPS = 200, 10, 3e11
"""Steps of an ascent, fewer where they are heavy."""
PAIRS = 10
"""Quasi-Newton pairs of an ascent."""
FLAT = 1e-9
"""An ascent has converged where the slope, in units of Σ|p|, is at most this."""
SETTLED, PATIENCE = 1e-6, 3
"""It has settled after so many steps that add no more than this share of all that was gained."""


def highest(
    frozen: FrozenLayers, rows: Tensor | None, begin: Tensor, base: Tensor, on_share: Callable[[float], None]
) -> tuple[Tensor, Tensor, Tensor]:
    """The best value (B, h), unit (B, h, a + 1) and whether it has converged (B, h), of S starts each.

    All starts take a few steps: how high they begin says little of where they end. Those that then differ and
    are best go on. At last the layers also try what the others have found: a branch that is best in several
    layers needs to be met in one of them only.

    Args:
        frozen: the layers.
        rows: the component of each of the h units, None for the two-layer field, h = 1.
        begin: starts, (B, S, h, a + 1).
        base: values to compare with, (B, h).
        on_share: called with the share of the steps that is done.
    """

    def part(number: int) -> Callable[[float], None]:
        return lambda share: on_share((number + share) / 3)

    value, units, _ = _ascended(frozen.sample(FEW), rows, begin, base, part(0), SCOUTED)
    keep = max(LEAST_KEPT, KEPT // begin.shape[2])
    value, units, _ = _ascended(
        frozen.sample(SAMPLE), rows, _different(value, units, keep), base, part(1), MOST_STEPS
    )
    count = GO_ON if frozen.x.shape[2] > SAMPLE else 1
    ends = torch.take_along_dim(units, value.topk(count, 1).indices[..., None], 1)
    offered = _offered(frozen.sample(SAMPLE), rows, ends[:, 0])
    value, units, sharp = _ascended(frozen, rows, torch.cat([ends, offered], 1), base, part(2), MOST_STEPS)
    best = value.argmax(1, keepdim=True)
    unit = torch.take_along_dim(units, best[..., None], 1)[:, 0]
    return value.amax(1), unit, torch.take_along_dim(sharp, best, 1)[:, 0]


def _different(value: Tensor, units: Tensor, keep: int) -> Tensor:
    """The best units, of those that have all but the same value one, (B, keep, h, a + 1).

    Args:
        value: (B, S, h).
        units: (B, S, h, a + 1).
        keep: how many, fewer if there are fewer.
    """
    sorted_, order = value.sort(1, descending=True)
    same = sorted_[:, :-1] - sorted_[:, 1:] <= ALIKE * sorted_[:, :1].abs()
    rank = torch.zeros_like(order)
    rank[:, 1:] = len(order[0]) * same  # those that repeat come last
    chosen = (rank + torch.arange(len(order[0]))[:, None]).argsort(1)[:, :keep]
    return torch.take_along_dim(units, torch.take_along_dim(order, chosen, 1)[..., None], 1)


def _offered(frozen: FrozenLayers, rows: Tensor | None, units: Tensor) -> Tensor:
    """Of the units that B layers found those that suit each of the others best, (B, o, h, a + 1).

    Args:
        frozen: the layers.
        rows: the component of each of the h units, None for the two-layer field.
        units: (B, h, a + 1).
    """
    layers, h, _ = units.shape
    objective = HiddenUnits(frozen, None if rows is None else rows.repeat(layers))
    every = units.flatten(0, 1).expand(layers, -1, -1)
    cost = objective.values(every).view(layers, layers, h)
    cost.diagonal().fill_(torch.inf)
    best = cost.topk(min(OFFERED, layers - 1), 1, largest=False).indices
    return torch.take_along_dim(units.expand(layers, -1, -1, -1), best[..., None], 1)


def _ascended(
    frozen: FrozenLayers,
    rows: Tensor | None,
    begin: Tensor,
    base: Tensor,
    on_share: Callable[[float], None],
    steps: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Values (B, S, h), units (B, S, h, a + 1) and which have converged (B, S, h), from those starts.

    Args:
        frozen: the layers.
        rows: the component of each of the h units, None for the two-layer field.
        begin: starts, (B, S, h, a + 1).
        base: what values are compared with to see whether they have settled, (B, h).
        on_share: called with the share of the steps that is done.
        steps: most steps.
    """
    layers, count, h, size = begin.shape
    objective = HiddenUnits(frozen, None if rows is None else rows.repeat(count))
    search = LbfgsSettings().start(objective, begin.reshape(-1, size).clone())
    search.pairs = PairMemory(search.theta, PAIRS)
    flops = layers * count * h * frozen.x.shape[2] * (6.0 * size + 60)
    most = int(max(min(FEWEST_STEPS, steps), min(steps, MOST_FLOPS / flops)))
    longest = frozen.longest.repeat_interleave(count * h)
    calm, base = torch.zeros(len(longest)), base[:, None].expand(layers, count, h).reshape(-1)
    done = search.gradient_norm() <= FLAT
    for step in range(most):
        if bool(done.all()):
            break
        on_share(step / most)
        cost = search.terms.cost
        search.advance(~done)
        added = cost - search.terms.cost
        calm = torch.where(added <= SETTLED * (-search.terms.cost - base), calm + 1, 0.0)
        done = done | search.stalled | (search.gradient_norm() <= FLAT) | (calm >= PATIENCE)
        done = done | (search.theta.norm(dim=1) >= longest)
    shape = begin.shape[:3]
    return -search.terms.cost.view(shape), search.theta.view(begin.shape), done.view(shape)
