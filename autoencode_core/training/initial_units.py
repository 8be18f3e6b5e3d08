"""Where ascents to the maximum of a frozen Hamiltonian start: random hidden units, and sharp cuts.

At a small Tikhonov weight a maximising unit may be so steep that it only cuts the particles in two, and an
ascent does not move a cut. So cuts are looked for among directions, the best place along each by sums over
the sorted particles.
"""

import torch
from torch import Tensor

from autoencode_core.training.hidden_units import FrozenLayers, HiddenUnits

SCALES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Sizes of w that are tried."""
DRAWN, FEWEST, MOST_DRAWN = 256, 2, 4096
"""Random units of each size, fewer where many components are driven one by one: so many in all."""
DIRECTIONS, ENOUGH, MOST_NUMBERS = 256, 56, 2**22
"""Directions of cuts that are looked at together, fewer where that would fill so many numbers; of less than
ENOUGH among many components nothing is to be had."""
TURNS, TURNED, WIDEST, NARROWER = 3, 8, 0.5, 0.25
"""Then the best TURNED of them are turned a little, TURNS times, each time by less."""
SAMPLE, FEW = 4096, 1024
"""Most points that starts are ranked by, and that cuts are looked for among where there are many components:
with fewer a promising cut is lost."""


def initial_units(frozen: FrozenLayers, rows: Tensor | None, random: int, cuts: int) -> Tensor:
    """Promising hidden units for each of the h components, (B, random + cuts, h, a + 1).

    Args:
        frozen: states and costates of B layers.
        rows: the component that each of the h units drives, (h,); None for the two-layer field, h = 1.
        random: how many of the random ones; of many components at most 14 = 7 sizes of 2.
        cuts: how many of the cuts, likewise; random ones where there are no cuts.
    """
    found, generator = list[Tensor](), torch.Generator().manual_seed(0)
    for n in range(len(frozen.x)):
        layer = frozen.layer(n).sample(SAMPLE)
        drawn = _drawn(layer, 1 if rows is None else len(rows), generator)
        fewer = layer.sample(max(FEW, MOST_NUMBERS // (DIRECTIONS * layer.x.shape[1])))
        cut = _cuts(fewer, rows is None, cuts, generator)
        found.append(torch.cat([_best(layer, rows, drawn, random), _best(layer, rows, cut, cuts)]))
    return torch.stack(found)


def _normal(like: Tensor, generator: torch.Generator, *shape: int) -> Tensor:
    """Gaussian numbers; the same in every precision."""
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(like)


def _best(frozen: FrozenLayers, rows: Tensor | None, units: Tensor, keep: int) -> Tensor:
    """Those of c units with the largest H, for each component, (keep, h, a + 1); of all sizes, if of many.

    Args:
        frozen: one layer.
        rows: the component of each of the h units, None for the two-layer field.
        units: (c, h, a + 1), size by size.
        keep: how many.
    """
    count, h, _ = units.shape
    objective = HiddenUnits(frozen, None if rows is None else rows.repeat(count))
    cost = objective.values(units.flatten(0, 1)[None]).view(len(SCALES), -1, h)
    quota = min(cost.shape[1], -(-keep // len(SCALES)))
    best = cost.topk(quota, 1, largest=False)
    first = count // len(SCALES) * torch.arange(len(SCALES))[:, None, None]
    top = best.values.flatten(0, 1).topk(keep, 0, largest=False).indices
    chosen = torch.take_along_dim((best.indices + first).flatten(0, 1), top, 0)
    return torch.take_along_dim(units, chosen[..., None], 0)


def _drawn(frozen: FrozenLayers, h: int, generator: torch.Generator) -> Tensor:
    """Random units of all sizes, (c, h, a + 1)."""
    a = frozen.x.shape[1]
    each = max(FEWEST, min(DRAWN, MOST_DRAWN // (h * len(SCALES))))
    sizes = torch.tensor(SCALES).repeat_interleave(each).to(frozen.x)
    units = _normal(frozen.x, generator, len(sizes), h, a + 1)
    units[..., :a] *= sizes[:, None, None]
    # So that σ bends among the particles: each unit is about 0 at one of them.
    met = frozen.x[0][:, torch.randint(frozen.x.shape[2], (len(sizes),), generator=generator)]
    units[..., a] -= (units[..., :a] * met.T[:, None]).sum(2)
    return units


def _cuts(frozen: FrozenLayers, joint: bool, least: int, generator: torch.Generator) -> Tensor:
    """The best cuts, at least so many, in all sizes, (c, h, a + 1)."""
    x, p = frozen.x[0], frozen.p[0]
    pushed = p[None] if joint else p[:, None]
    (a, count), h = x.shape, len(pushed)
    many = min(DIRECTIONS, MOST_NUMBERS // (a * max(count, h)))
    if count == 1 or many < ENOUGH:
        return _drawn(frozen, h, generator)
    directions = torch.nn.functional.normalize(_normal(x, generator, many, h, a), dim=2)
    found, wide = [_cut(x, pushed, directions)], WIDEST / a**0.5
    for _ in range(TURNS if a > 1 else 0):
        value, units = (torch.cat(same) for same in zip(*found, strict=True))
        best = value.topk(TURNED, 0).indices
        near = torch.take_along_dim(units[..., :a], best[..., None], 0).repeat(many // TURNED, 1, 1)
        near += wide * _normal(x, generator, *near.shape)
        found.append(_cut(x, pushed, torch.nn.functional.normalize(near, dim=2)))
        wide *= NARROWER
    value, units = (torch.cat(same) for same in zip(*found, strict=True))
    best = value.topk(max(least, min(ENOUGH, MOST_DRAWN // (h * len(SCALES)))), 0).indices
    units = torch.take_along_dim(units, best[..., None], 0)
    return (torch.tensor(SCALES).to(x)[:, None, None, None] * units).flatten(0, 1)


def _cut(x: Tensor, p: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    """The best cut across each direction: |Σ_i p_i sign(w·X_i + b)|² (D, h), and (w, b) (D, h, a + 1).

    Args:
        x: states (a, N), N > 1.
        p: costates that each of the h units sees, (h, q, N).
        directions: unit vectors, (D, h, a).
    """
    sorted_, order = (directions @ x).sort(2)
    seen = torch.take_along_dim(p.expand(len(directions), *p.shape), order[:, :, None], 3)
    below = (2 * seen.cumsum(3) - seen.sum(3, keepdim=True))[..., :-1]
    value, at = below.square().sum(2).max(2)
    at = at[..., None]
    place = (torch.take_along_dim(sorted_, at, 2) + torch.take_along_dim(sorted_, at + 1, 2)) / 2
    # Σ p sign(w·X + b) is to be negative, which matters where there is one p: H = -Σ p σ.
    turn = torch.where(torch.take_along_dim(below.sum(2), at, 2) < 0, -1.0, 1.0)
    return value, turn * torch.cat([directions, -place], 2)
