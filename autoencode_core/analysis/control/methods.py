"""pmp, adam and lbfgs side by side, from the start of a run."""

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from autoencode_core.analysis.run_particles import Array
from autoencode_core.analysis.run_problem import RunProblem, finite
from autoencode_core.errors import InputError
from autoencode_core.questions.control import Ending, Methods
from autoencode_core.report import Report, silent
from autoencode_core.training.device import flushed, layer_flops
from autoencode_core.training.endings import NEGLIGIBLE
from autoencode_core.training.engine import Engine
from autoencode_core.training.methods import METHODS, Settings, settings_of
from autoencode_core.training.objective import Objective
from autoencode_core.training.run import DTYPES, Run
from autoencode_core.training.threads import threads_for


class _Counted:
    """An engine that counts gradients, each as the share of the particles that it saw."""

    def __init__(self, engine: Engine, particles: int) -> None:
        self.engine, self.particles, self.gradients = engine, particles, 0.0

    def squares(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """As Engine."""
        return self.engine.squares(theta, x, y)

    def squares_and_gradient(self, theta: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """As Engine."""
        self.gradients += x.shape[2] / self.particles
        return self.engine.squares_and_gradient(theta, x, y)


def methods(run: Run, iterations: int = 200, report: Report | None = None) -> Methods:
    """pmp, adam and lbfgs from the start of a run, with its particles, λ and architecture.

    A method that is not the run's own has its own defaults for the first step. Each ends where its training
    would: at the run's tolerance, where it finds no descent, or after the iterations. All take the scheme and
    the sub-steps of the trained network from the start, so that J means the same to each.

    Args:
        run: the run.
        iterations: most iterations j of each, 1 to 2000.
        report: progress.

    Returns:
        `Methods`.

    Raises:
        InputError: the run diverged, or iterations is out of bounds.
    """
    if isinstance(iterations, bool) or not isinstance(iterations, int) or not 1 <= iterations <= 2000:
        raise InputError("iterations", iterations, "a whole number from 1 to 2000")
    report = report or silent
    report(0.0, "Loading the particles.")
    problem = RunProblem(run, DTYPES[run.spec.dtype])
    start, table = _start(run, problem), np.full((4, len(METHODS), iterations + 1), np.nan)
    flops, ended = layer_flops(problem.model.architecture, problem.x.shape[2]), list[Ending]()
    for row, name in enumerate(METHODS):

        def part(share: float, name: str = name, row: int = row) -> None:
            report((row + share) / len(METHODS), f"Training with {name}.")

        with torch.no_grad(), threads_for(flops), flushed():
            settings = settings_of(run.spec, name, iterations)
            ended.append(_run(problem, start, settings, table[:, row], part))
    return {
        "methods": list(METHODS),
        "cost": table[0],
        "gradient_norm": table[1],
        "evaluations": table[2],
        "seconds": table[3],
        "ended": ended,
        "metric": run.spec.metric,
        "note": problem.note,
    }


def _start(run: Run, problem: RunProblem) -> Tensor:
    """The control that the training began with, (1, P)."""
    if run.path is not None and int(run.path[0][0]) == 0:
        return torch.as_tensor(np.asarray(run.path[1][0])).to(problem.x)[None]
    shape = problem.model.architecture.shape
    return shape.initial(run.spec.seed, run.spec.init_scale, problem.x.dtype, run.spec.init_outer)[None]


def _run(
    problem: RunProblem, start: Tensor, settings: Settings, into: Array, told: Callable[[float], None]
) -> Ending:
    """Trains, fills (4, j + 1) with cost, gradient norm, gradients and seconds, and says how it ended."""
    spec, iterations = problem.run.spec, into.shape[1] - 1
    weight = problem.x.new_full((1,), spec.weight)
    objective = Objective(problem.arch, problem.x, problem.y, weight)
    counted = _Counted(objective.engine, problem.x.shape[2])
    objective.engine, running = counted, torch.ones(1, dtype=torch.bool)
    seconds, began = 0.0, time.perf_counter()
    method = settings.start(objective, start.clone())
    for iteration in range(iterations + 1):
        if iteration:
            began = time.perf_counter()
            method.advance(running)
        seconds += time.perf_counter() - began
        cost, norm = float(method.terms.cost[0]), float(method.gradient_norm()[0])
        if not np.isfinite([cost, norm]).all() or not finite(method.theta):
            return "diverged"
        into[:, iteration] = cost, norm, counted.gradients, seconds
        told(iteration / iterations)
        if norm <= spec.tolerance:
            return "converged"
        if bool(method.stalled[0]):
            return "converged" if norm**2 <= NEGLIGIBLE * max(1.0, cost) else "stalled"
    return "finished"
