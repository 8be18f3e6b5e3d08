"""What a decoder would reach that need not forget what the bottleneck drops."""

import torch
from torch import Tensor

from autoencode_core.analysis.run_problem import RunProblem
from autoencode_core.errors import InputError
from autoencode_core.questions.lessons import Remembering
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run


def remembering(run: Run, report: Report | None = None) -> Remembering:
    """The run's error beside that of the same flow without the projection at T/2, on the training particles.

    Args:
        run: a run with a decoder.
        report: progress.

    Raises:
        InputError: the run diverged or has no decoder.

    Source:
        docs/theory.md, section 2, "The bottleneck".
    """
    report = report or silent
    report(0.0, "Moving the particles.")
    if run.spec.task == "classify":
        raise InputError("task", "classify", "a task with a decoder: classify trains an encoder only")
    problem = RunProblem(run)
    with torch.no_grad():
        trained, rest = problem.model.control.vector, torch.zeros_like(problem.model.control.vector)
        found = [_error(problem, theta, forget) for theta in (trained, rest) for forget in (True, False)]
    forgets, remembers, rest_forgets, rest_remembers = found
    return {
        "forgets": forgets,
        "remembers": remembers,
        "rest_forgets": rest_forgets,
        "rest_remembers": rest_remembers,
        "note": problem.note,
    }


def _error(problem: RunProblem, theta: Tensor, forget: bool) -> float:
    """Mean squared distance of outputs and targets."""
    arch, state = problem.arch, problem.x
    for n, layer in enumerate(arch.shape.layers(theta[None])):
        a = arch.counts[n]
        if n == arch.depth // 2 and forget:
            state = torch.cat([state[:, : arch.bottleneck], torch.zeros_like(state[:, arch.bottleneck :])], 1)
        for _ in range(arch.substeps):
            state = torch.cat([arch.move(layer, state[:, :a]), state[:, a:]], 1)
    return float((state - problem.y).square().sum(dim=1).mean())
