"""adam: stochastic gradient in L²(0,T) with a one-cycle learning rate."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autoencode_core.spec_defaults import FIRST_STEP
from autoencode_core.training.batches import Batches
from autoencode_core.training.checkpoint import Tensors
from autoencode_core.training.cuda_graph import CudaGraph
from autoencode_core.training.method import Method
from autoencode_core.training.objective import Objective, Terms

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-10
MOST_UPDATES = 10**7
"""More updates than any training makes."""


def one_cycle(progress: float, peak: float) -> float:
    """The learning rate at a place in [0, 1] of the training: up to the peak at 0.3, then down.

    Source:
        L. Smith, N. Topin, "Super-convergence", arXiv 1708.07120, with cosine ramps.
    """
    warm, start, end = 0.3, peak / 25, peak / 1e4
    if progress < warm:
        return start + (peak - start) * (1 - math.cos(math.pi * progress / warm)) / 2
    return end + (peak - end) * (1 + math.cos(math.pi * (progress - warm) / (1 - warm))) / 2


@dataclass(frozen=True)
class AdamSettings:
    """What adam is told.

    Attributes:
        iterations: over which the rate rises and falls.
        peak: the highest rate.
        batch_size: particles of a step, 0 for all of them.
        seeds: of the order of the particles, one a regime; none where there are no batches.
    """

    iterations: int
    peak: float = FIRST_STEP["adam"]
    batch_size: int = 0
    seeds: Sequence[int] = ()

    def start(self, objective: Objective, theta: Tensor) -> "Adam":
        """Adam at controls (R, P)."""
        return Adam(objective, theta, self)


class Adam(Method[Objective]):
    """Adam (Kingma and Ba, arXiv 1412.6980) on the costate gradient.

    With batches one iteration is one step, cost and gradient are those of a batch that no step has seen since
    the last pass over all particles began, and each regime's seed fixes their order.
    An update and the gradient after it are one piece of work on tensors that stay in place, so that a GPU
    can replay it as a whole.
    """

    runs_ahead = True

    def __init__(self, objective: Objective, theta: Tensor, settings: AdamSettings) -> None:
        self.settings, self.partial = settings, settings.batch_size > 0
        if self.partial:
            self.pool = objective.by_particle()
            self.batches = Batches(self.pool.particles, settings.batch_size, settings.seeds, theta.device)
        super().__init__(objective, theta, settings.peak)
        self.first, self.second = torch.zeros_like(theta), torch.zeros_like(theta)
        self.place, self.slope = theta.clone(), self.gradient.clone()
        self.moving = torch.ones_like(self.stalled)
        self.sizes = theta.new_zeros(2)  # the rate over the first moment's shrinkage; the second's, rooted
        self._in_place = self.first, self.second, self.place, self.slope
        self.whole = CudaGraph(self._whole, theta.device, self._in_place)
        self.updates = 0

    def take_over(self, before: Method[Any], rows: Tensor) -> None:
        super().take_over(before, rows)
        if isinstance(before, Adam):
            self.first.copy_(before.first[rows])
            self.second.copy_(before.second[rows])
            self.updates, self.step = before.updates, before.step[rows]
            if self.partial:
                self.batches = before.batches.part(rows)
                self.batch = self.pool.batch(self.batches.latest)
                self.terms, self.gradient = self.measure_again()
                self.slope.copy_(self.gradient)

    def reweigh(self, more: Tensor) -> None:
        # The moments stay: they are means over the latest gradients, and forget the old J as they go on.
        super().reweigh(more)
        self.slope.copy_(self.gradient)

    def state(self, room: int = sys.maxsize) -> dict[str, Tensor]:
        own = {"first": self.first.clone(), "second": self.second.clone()}
        own["updates"] = torch.tensor([self.updates])
        return {**super().state(room), **own, **(self.batches.state() if self.partial else {})}

    def restore(self, state: Tensors) -> None:
        super().restore(state)
        values = *(state.like(name, self.first) for name in ("first", "second")), self.theta, self.gradient
        for tensor, value in zip(self._in_place, values, strict=True):
            tensor.copy_(value)
        self.updates = int(state.whole("updates", (1,), 0, MOST_UPDATES))
        if self.partial:
            self.batches.restore(state)
            self.batch = self.pool.batch(self.batches.latest)

    def advance(self, running: Tensor) -> None:
        self.moving.copy_(running)
        self._schedule()
        if self.partial:
            self._update()
            terms, slope = self.measure(self.place, running)
            self.slope.copy_(slope)
        else:
            terms, _ = self.whole()
        self._take(running, self.place.clone(), terms, self.slope.clone())

    def measure(self, theta: Tensor, wanted: Tensor | None = None) -> tuple[Terms, Tensor]:
        if not self.partial:
            return super().measure(theta, wanted)
        self.batch = self.pool.batch(self.batches.next())
        # Where to look which are wanted would be to wait, all are computed.
        return self.batch.cost_and_gradient(theta, wanted if theta.device.type == "cpu" else None)

    def measure_again(self) -> tuple[Terms, Tensor]:
        return (self.batch if self.partial else self.objective).cost_and_gradient(self.theta)

    def _whole(self) -> tuple[Terms, Tensor]:
        self._update()
        terms, slope = self.objective.cost_and_gradient(self.place)
        return terms, self.slope.copy_(slope)

    def _schedule(self) -> None:
        rate = one_cycle(self.updates / max(1, self.settings.iterations - 1), self.first_step)
        self.updates += 1
        self.step = torch.full_like(self.step, rate)
        # Filled, not copied from the host: a copy waits for all work before it.
        self.sizes[0].fill_(rate / (1 - BETA1**self.updates))
        self.sizes[1].fill_((1 - BETA2**self.updates) ** 0.5)

    def _update(self) -> None:
        self.first.lerp_(self.slope, 1 - BETA1)
        self.second.mul_(BETA2).addcmul_(self.slope, self.slope, value=1 - BETA2)
        root = self.second.sqrt().div_(self.sizes[1]).add_(EPSILON)
        moved = torch.addcdiv(self.place, self.first * -self.sizes[0], root)
        self.place.copy_(torch.where(self.moving[:, None], moved, self.place))
