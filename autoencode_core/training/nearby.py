"""The maxima of the Hamiltonians H_n in a ball about the control, states and costates frozen; any field."""

import torch
from torch import Tensor

from autoencode_core.flow.architecture import Architecture
from autoencode_core.flow.fields import Field
from autoencode_core.flow.shape import Layer
from autoencode_core.report import Report, silent
from autoencode_core.training.costate import Points
from autoencode_core.training.hamiltonian import Maxima, StatesAndCostates, layer_squares

RANDOM = 4
"""Random starts on the sphere about each layer's control, besides those with a reason."""
MOST_STEPS, FEWEST_STEPS, MOST_FLOPS = 300, 10, 2e11
"""Steps of an ascent, fewer where those of all layers are heavy."""
TOGETHER = 2**22
"""Numbers that the hidden units of ascents that are evaluated together may fill."""
CLOSE, FLAT = 1e-4, 1e-8
"""An ascent has converged where the slope promises no more than this share of its gain, or of Σ|κ|/δ."""
MEMORY, ENOUGH, MOST_TRIALS = 8, 1e-4, 30
"""Values that a step is compared with, the share of the slope it must gain, and how often it is shortened."""
LONGEST, TINY = 1e10, 1e-300
"""Steps that are tried first, at most and at least 1/LONGEST; what a slope is at least where it divides."""


def maximise_nearby(
    arch: Architecture,
    theta: Tensor,
    held: StatesAndCostates,
    tikhonov: float,
    radius: float,
    report: Report = silent,
) -> Maxima:
    """The maxima of H_n over |θ - θ_n| <= ρ at every layer, states and costates frozen.

    Projected gradient ascents from θ_n, from the place on the sphere along the slope, from those towards 0
    and the neighbouring layers, and from random ones. Every value was attained, so the gain is a lower bound;
    where H_n is concave in the ball it is the true one to a share of 1e-4, and `sharp` says so.

    Args:
        arch: the architecture, of any field.
        theta: the control, (P,).
        held: its states and costates.
        tikhonov: λ.
        radius: ρ, at least 0.
        report: progress, called at every layer; may raise.
    """
    layers, budget = arch.shape.layers(theta[None]), MOST_FLOPS / arch.controlled
    flat = [torch.cat([part.flatten() for part in layer]) for layer in layers]
    gain, squares = theta.new_zeros(len(flat)), layer_squares(arch, theta)
    sharp = torch.ones(len(flat), dtype=torch.bool)
    for n in range(len(flat) if radius > 0 else 0):
        report(n / len(flat), f"Looking near the control of layer {n + 1} of {len(flat)}.")
        ball = Ball(arch.field, held.points[n], layers[n], tikhonov, radius)
        beside = [flat[m] for m in (n - 1, n + 1) if 0 <= m < len(flat) and len(flat[m]) == len(flat[n])]
        gain[n], best, sharp[n] = ball.climb(ball.starting_points(beside), budget)
        squares[n] = best.square().sum()
    return Maxima(gain, squares, sharp)


class Ball:
    """H of one layer in the ball about its control, in units of the radius: θ = θ_n + ρu, |u| <= 1.

    Args:
        field: the field.
        points: the layer's evaluation points, R = 1.
        layer: its control, R = 1.
        tikhonov: λ.
        radius: ρ.
    """

    def __init__(self, field: Field, points: Points, layer: Layer, tikhonov: float, radius: float) -> None:
        self.field, self.points, self.tikhonov, self.radius = field, points, tikhonov, radius
        self.shapes = [part.shape[1:] for part in layer]
        self.centre = torch.cat([part.flatten() for part in layer])
        _, a, count = points.x.shape
        self.flops = 3.0 * count * field.flops(a)
        self.together = max(1, TOGETHER // (count * field.numbers(a)))

    def value_and_slope(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """H (S,) and its slope in u, (S, P_n), at places (S, P_n)."""
        value, slope = zip(*map(self._evaluated, u.split(self.together)), strict=True)
        return torch.cat(value), torch.cat(slope)

    def _evaluated(self, u: Tensor) -> tuple[Tensor, Tensor]:
        theta = self.centre + self.radius * u
        sizes = [shape.numel() for shape in self.shapes]
        parts = zip(theta.split(sizes, 1), self.shapes, strict=True)
        layer = tuple(part.reshape(len(u), *shape) for part, shape in parts)
        x, q = (part.expand(len(u), -1, -1) for part in self.points)
        point = self.field.at(layer, x)
        loss = torch.cat([part.flatten(1) for part in point.pullback(q)[1]], 1)
        value = -(point.velocity * q).sum((1, 2)) - self.tikhonov * theta.square().sum(1)
        return value, -self.radius * (loss + 2 * self.tikhonov * theta)

    def starting_points(self, beside: list[Tensor]) -> Tensor:
        """Where ascents begin, (S, P_n): first the centre.

        Args:
            beside: controls in whose direction one begins, (P_n,) each.
        """
        own = torch.zeros_like(self.centre)
        generator = torch.Generator().manual_seed(0)
        drawn = torch.randn(RANDOM, len(own), generator=generator, dtype=torch.float64).to(own)
        towards = [(other - self.centre) / self.radius for other in (*beside, own)]
        slope = self.value_and_slope(own[None])[1][0]
        outer = torch.stack([torch.nn.functional.normalize(slope, dim=0), *towards])
        return torch.cat([own[None], _inside(outer), torch.nn.functional.normalize(drawn)])

    def climb(self, u: Tensor, budget: float) -> tuple[Tensor, Tensor, Tensor]:
        """The best gain over the first start, its θ (P_n,), and whether its ascent has converged.

        Args:
            u: starts, (S, P_n).
            budget: flops that it may take, about.

        Source:
            E. Birgin, J. Martínez, M. Raydan, "Nonmonotone spectral projected gradient methods on convex
            sets", SIAM J. Optim. 10 (2000).
        """
        value, slope = self.value_and_slope(u)
        own, size = value[0].clone(), self.points.q.abs().sum()
        top, best, left = value.clone(), u.clone(), _promised(u, slope)
        rate, recent = 1 / slope.norm(dim=1).clamp(min=TINY), [value]
        going = torch.ones_like(value, dtype=torch.bool)
        for _ in range(int(max(FEWEST_STEPS, min(MOST_STEPS, budget / (self.flops * len(u)))))):
            going = going & (left > torch.maximum(CLOSE * (top - own), FLAT * size))
            rows = going.nonzero()[:, 0]
            if not len(rows):
                break
            floor = torch.stack(recent[-MEMORY:]).amin(0)
            move = _inside(u[rows] + rate[rows, None] * slope[rows]) - u[rows]
            *found, gained = self._step(u[rows], move, floor[rows], torch.linalg.vecdot(slope[rows], move))
            going[rows] = gained
            bend = -torch.linalg.vecdot(found[0] - u[rows], found[2] - slope[rows])
            way = (found[0] - u[rows]).square().sum(1)
            scale = 1 / found[2].norm(dim=1).clamp(min=TINY)
            # The longest where H is convex along the step; a step is cut at the sphere.
            rate[rows] = torch.where(bend > 0, way / bend, LONGEST * scale).clamp(
                min=scale / LONGEST, max=scale * LONGEST
            )
            u, value, slope = (
                part.index_copy(0, rows, new) for part, new in zip((u, value, slope), found, strict=True)
            )
            recent.append(value)
            better = value > top
            top, best = torch.where(better, value, top), torch.where(better[:, None], u, best)
            left = torch.where(better, _promised(u, slope), left)
        place = int(top.argmax())
        sharp = left[place] <= torch.maximum(10 * CLOSE * (top[place] - own), FLAT * size)
        return top[place] - own, self.centre + self.radius * best[place], sharp

    def _step(
        self, u: Tensor, move: Tensor, floor: Tensor, promised: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The first of u + move, u + move/2, ... that gains enough: place, value, slope, whether one does."""
        share = torch.ones_like(promised)
        for _ in range(MOST_TRIALS):
            trial = u + share[:, None] * move
            value, slope = self.value_and_slope(trial)
            short = ~(value >= floor + ENOUGH * share * promised)
            if not bool(short.any()):
                break
            share = torch.where(short, share / 2, share)
        return trial, value, slope, ~short


def _inside(u: Tensor) -> Tensor:
    """The nearest places in the unit ball."""
    inside: Tensor = u / u.norm(dim=1, keepdim=True).clamp(min=1.0)
    return inside


def _promised(u: Tensor, slope: Tensor) -> Tensor:
    """What the slope promises at most within the ball, (S,): a concave H gains no more than that."""
    promised: Tensor = slope.norm(dim=1) - torch.linalg.vecdot(slope, u)
    return promised
