"""pmp: the maximum principle by minimising movements, realised by shooting."""

import sys
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from autoencode_core.spec_defaults import FIRST_STEP
from autoencode_core.training.checkpoint import Tensors
from autoencode_core.training.method import Method
from autoencode_core.training.metric import ControlMetric, Metric, Within
from autoencode_core.training.metric_blocks import Eigenbases
from autoencode_core.training.objective import Objective

SUFFICIENT, GROW, SHRINK = 0.25, 1.3, 0.5
MOST_TRIALS = 60


@dataclass(frozen=True)
class PmpSettings:
    """What pmp is told.

    Attributes:
        first_step: τ of the first iteration, shorter where ‖∇J‖ > 1.
        inner_steps: proximal steps of a trial, at least 1.
        metric: what a step is measured by, "field" or "control".
    """

    first_step: float = FIRST_STEP["pmp"]
    inner_steps: int = 1
    metric: Literal["field", "control"] = "field"

    def start(self, objective: Objective, theta: Tensor) -> "Pmp":
        """Pmp at controls (R, P)."""
        return Pmp(objective, theta, self)


class Pmp(Method[Objective]):
    """Forward, backward, maximise the augmented Hamiltonian layer by layer, accept or halve τ.

    With states and costates frozen, every layer maximises H_n(θ) - ⟨θ - θ_n^j, M_n(θ - θ_n^j)⟩/(2τ); one
    proximal step is closed form, θ = θ^j - (M/τ + 2λ)⁻¹ ∇J, whichever the metric M. A step is taken
    only if J falls by (c/τ)⟨θ - θ^j, M(θ - θ^j)⟩, so J never rises.

    Source:
        docs/theory.md, section 4; the shooting scheme of the paper and of arXiv 2107.08707, section 4.
    """

    def __init__(self, objective: Objective, theta: Tensor, settings: PmpSettings) -> None:
        super().__init__(objective, theta, settings.first_step)
        self.settings, self.bases = settings, Eigenbases()
        self.tau = self.step * (1 / self.gradient_norm()).clamp(max=1.0)

    def take_over(self, before: Method[Any], rows: Tensor) -> None:
        super().take_over(before, rows)
        if isinstance(before, Pmp):
            self.tau, self.step = before.tau[rows], before.step[rows]

    def restep(self, step: float) -> None:
        super().restep(step)
        self.tau = torch.full_like(self.tau, step)

    def state(self, room: int = sys.maxsize) -> dict[str, Tensor]:
        return {**super().state(room), "tau": self.tau, **self.bases.state(room)}

    def restore(self, state: Tensors) -> None:
        super().restore(state)
        self.tau = state.like("tau", self.tau)
        self.bases.restore(state, like=self.theta)

    def advance(self, running: Tensor) -> None:
        waiting = running.clone()
        start, J, metric = self.theta, self.terms.cost, self._metric(running)
        frozen = self.objective.frozen(start) if self.settings.inner_steps > 1 else None
        for _ in range(MOST_TRIALS):
            move = -metric.solve(self.gradient, self.tau, self.objective.tikhonov)
            if frozen is not None:
                for _ in range(self.settings.inner_steps - 1):
                    slope = frozen.gradient(start + move) + 2 * self.objective.tikhonov[:, None] * start
                    move = -metric.solve(slope, self.tau, self.objective.tikhonov)
            trial = start + move
            terms, gradient = self.objective.cost_and_gradient(trial, waiting)
            enough = terms.cost <= J - SUFFICIENT / self.tau * metric.square(move)
            accepted = waiting & enough & (terms.cost < J)
            if bool(accepted.any()):
                self._take(accepted, trial, terms, gradient)
                self.step = torch.where(accepted, self.tau, self.step)
            waiting = waiting & ~accepted
            # A step that promises less than J's rounding cannot be told to lower it, nor can a shorter one.
            rounding = torch.finfo(J.dtype).eps * J.abs()
            hopeless = waiting & (self.objective.inner(self.gradient, move).abs() <= rounding)
            self.stalled, waiting = self.stalled | hopeless, waiting & ~hopeless
            self.tau = torch.where(
                accepted, self.tau * GROW, torch.where(waiting, self.tau * SHRINK, self.tau)
            )
            if not bool(waiting.any()):
                return
        self.stalled = self.stalled | waiting

    def _metric(self, running: Tensor) -> Metric:
        arch = self.objective.arch
        if self.settings.metric == "control":
            return ControlMetric(arch)
        return Within(arch, self.theta, self.objective.x, running.nonzero()[:, 0], self.bases)
