"""adam: stochastic gradient in L²(0,T) with a one-cycle learning rate."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from autoencode_core.spec import RunSpec
from autoencode_core.training.method import Method
from autoencode_core.training.objective import Objective

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-10


def one_cycle(progress: float, peak: float) -> float:
    """The learning rate at a place in [0, 1] of the training: up to the peak at 0.3, then down.

    Source:
        L. Smith, N. Topin, "Super-convergence", arXiv 1708.07120, with cosine ramps.
    """
    warm, start, end = 0.3, peak / 25, peak / 1e4
    if progress < warm:
        return start + (peak - start) * (1 - math.cos(math.pi * progress / warm)) / 2
    return end + (peak - end) * (1 + math.cos(math.pi * (progress - warm) / (1 - warm))) / 2


class Adam(Method):
    """Adam (Kingma and Ba, arXiv 1412.6980) on the costate gradient.

    With batches one iteration is one pass over all particles, in an order that each regime's seed fixes.
    """

    def __init__(self, objective: Objective, theta: Tensor, specs: Sequence[RunSpec]) -> None:
        super().__init__(objective, theta, specs)
        self.first, self.second = torch.zeros_like(theta), torch.zeros_like(theta)
        self.updates = 0
        size = self.spec.batch_size
        self.batches = math.ceil(objective.particles / size) if size else 1
        self.generators = [torch.Generator().manual_seed(spec.seed) for spec in specs]

    def advance(self, running: Tensor) -> None:
        theta = self.theta
        if self.batches == 1:
            theta = self._update(theta, self.gradient)
        else:
            particles = self.objective.particles
            orders = torch.stack([torch.randperm(particles, generator=own) for own in self.generators])
            for indices in torch.split(orders.to(theta.device), self.spec.batch_size, dim=1):
                _, gradient = self.objective.batch(indices).cost_and_gradient(theta)
                theta = self._update(theta, gradient)
        terms, gradient = self.objective.cost_and_gradient(theta)
        self._take(running, theta, terms, gradient)

    def _update(self, theta: Tensor, gradient: Tensor) -> Tensor:
        rate = one_cycle(
            self.updates / max(1, self.spec.iterations * self.batches - 1), self.spec.learning_rate
        )
        self.updates += 1
        self.first.lerp_(gradient, 1 - BETA1)
        self.second.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
        root = self.second.sqrt().div_((1 - BETA2**self.updates) ** 0.5).add_(EPSILON)
        self.step = torch.full_like(self.step, rate)
        return theta.addcdiv(self.first, root, value=-rate / (1 - BETA1**self.updates))
