"""How far a network is from the exact flow of its own control."""

from typing import NamedTuple

import torch
from torch import Tensor

from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.training.flows import outputs
from autoencode_core.training.objective import Objective, own_of

REFERENCE = SCHEMES["rk4"]
"""The scheme that is refined until it stands still."""
MOST_SUBSTEPS = 2048
"""Sub-steps of a layer at which it is given up."""
STILL, STILL_SHARE = 1e-4, 0.03
"""It stands still when twice as many sub-steps change its outputs by no more than that, as a share of the
spread, or by no more than that share of the ODE difference."""
MOST_FLOPS = 3e10
"""Flops of one regime's refinement after which it is given up."""
ROUGH_FLOPS, FEWEST = 1e9, 50
"""Flops after which a rough look takes fewer particles, but not fewer than that."""
MOST_PARTICLES = 500
"""Most particles of each set that are moved by the exact flow."""


class Fidelity(NamedTuple):
    """Networks beside the exact flows of their controls, each (R,).

    Attributes:
        difference: root mean squared distance of the outputs, as a share of the targets' spread.
        error: mean squared distance of the exact flow's outputs from the targets, in flow coordinates.
        settled: whether the exact flow is known: its refinement stands still. If not, the other two are those
            of the finest one; infinite when it is no finite number.
    """

    difference: Tensor
    error: Tensor
    settled: Tensor


def spread(y: Tensor) -> Tensor:
    """Root mean squared distance of targets (R, a, N) from their mean, of one particle its length, (R,)."""
    y = y.double()
    centre = y.mean(2, keepdim=True) if y.shape[2] > 1 else torch.zeros_like(y[:, :, :1])
    size: Tensor = (y - centre).square().sum(1).mean(1).sqrt()
    return torch.where(size > 0, size, y.square().sum(1).mean(1).sqrt())


def fidelity(objective: Objective, theta: Tensor) -> Fidelity:
    """The networks at controls (R, P) beside the exact flows, in flow coordinates and double precision.

    The exact flow is RK4 with θ held on each layer, refined until it stands still.

    Args:
        objective: particles, targets and the networks' architecture; at most MOST_PARTICLES of the particles
            are moved, evenly chosen.
        theta: controls, (R, P).

    Source:
        docs/theory.md, section 2.
    """
    arch, regimes = objective.arch, len(theta)
    home = "cpu" if theta.device.type == "mps" else theta.device  # which knows no double precision
    x, y = (_few(part, MOST_PARTICLES).to(home, torch.float64) for part in (objective.x, objective.y))
    theta, size = theta.to(x), spread(y).expand(regimes)
    network = outputs(arch, theta, x)
    unknown = torch.full_like(size, torch.inf)
    found = Fidelity(unknown, unknown.clone(), torch.zeros_like(size, dtype=torch.bool))
    waiting, substeps = torch.ones_like(found.settled), 2 * arch.substeps
    before = outputs(arch.by(REFERENCE, substeps), theta, x)
    flops = REFERENCE.stages * x.shape[2] * sum(map(arch.field.flops, arch.shape.counts))
    while bool(waiting.any()) and 2 * substeps <= MOST_SUBSTEPS:
        substeps, rows = 2 * substeps, waiting.nonzero()[:, 0]
        ends = outputs(arch.by(REFERENCE, substeps), theta[rows], own_of(x, rows))
        difference = _share(_distance(network[rows], ends), size[rows])
        change = _share(_distance(before[rows], ends), size[rows])
        still = change <= torch.clamp(STILL_SHARE * difference, min=STILL)
        found.difference[rows] = difference
        found.error[rows] = _number((ends - own_of(y, rows)).square().sum(1).mean(1))
        still = (still & change.isfinite()) | (difference == 0)
        found.settled[rows], waiting[rows] = still, ~still
        before = before.index_copy(0, rows, ends)
        if 2 * substeps * flops > MOST_FLOPS:
            break
    return found


def rough_difference(objective: Objective, theta: Tensor) -> Tensor:
    """About the ODE difference, from twice as many sub-steps and few particles, (R,).

    A scheme of order p comes nearer by 2^p when its steps are halved, so the network is about
    2^p/(2^p - 1) times as far from its ODE as from its refinement.

    Args:
        objective: particles and the networks' architecture.
        theta: controls, (R, P).
    """
    arch = objective.arch
    flops = 3 * arch.points * sum(map(arch.field.flops, arch.shape.counts))
    most = max(FEWEST, min(MOST_PARTICLES, int(ROUGH_FLOPS / flops)))
    x, y = (_few(part, most).to(theta.device) for part in (objective.x, objective.y))
    gain, finer = 2.0**arch.scheme.order, arch.by(arch.scheme, 2 * arch.substeps)
    apart = _distance(outputs(arch, theta, x), outputs(finer, theta, x))
    return _share(apart * gain / (gain - 1), spread(y))


def _few(x: Tensor, most: int) -> Tensor:
    """At most so many of the particles, evenly chosen."""
    return x[:, :, :: max(1, -(-x.shape[2] // most))]


def _distance(a: Tensor, b: Tensor) -> Tensor:
    """Root mean squared distance of states (R, a, N), (R,)."""
    return (a.double() - b.double()).square().sum(1).mean(1).sqrt()


def _share(distance: Tensor, size: Tensor) -> Tensor:
    """Distances as shares of sizes; one of 0 is exact even where the targets have no spread."""
    return torch.where(distance == 0, 0.0, _number(distance / size))


def _number(x: Tensor) -> Tensor:
    """What is no finite number is infinite."""
    return x.nan_to_num(torch.inf, posinf=torch.inf)
