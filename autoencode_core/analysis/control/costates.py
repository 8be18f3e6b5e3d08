"""The costates of a run's particles along t."""

import numpy as np
import torch
from torch import Tensor

from autoencode_core.analysis.run_problem import finite
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture
from autoencode_core.questions.control import Costates
from autoencode_core.report import Report, silent
from autoencode_core.training.costate import SweepTensors, forward
from autoencode_core.training.run import Run


def costates(run: Run, report: Report | None = None) -> Costates:
    """States and costates of the probe batch, in flow coordinates and natural order.

    Args:
        run: the run.
        report: progress.

    Returns:
        `Costates`.

    Raises:
        InputError: the run diverged.

    Source:
        docs/theory.md, section 3.
    """
    report = report or silent
    report(0.0, "Moving the particles.")
    if run.status == "diverged" or not finite(run.model.control.vector):
        raise InputError("run", "one that diverged", "a run that did not diverge: its numbers mean nothing")
    model, probe = run.model.to("cpu", torch.float64), run.probe
    arch, flow, x = model.architecture, model.flow(probe["inputs"]), model.to_engine(probe["inputs"])
    if run.spec.task == "classify":
        y = torch.as_tensor(np.asarray(probe["targets"]).T.copy())[None].to(x)
    else:
        y = model.to_engine(probe["targets"])
    report(0.5, "Sending the costates back.")
    swept, before = _sent_back(arch, model.control.vector, x, y)
    ends = slice(None, None, arch.substeps)
    return {
        "times": flow.times[ends].numpy(),
        "states": flow.states[ends].numpy(),
        "costates": torch.stack([model.natural(p) for p in swept]).numpy(),
        "unprojected": model.natural(before).numpy(),
        "dropped": flow.dropped.numpy(),
        "active": flow.active[ends].numpy(),
        "hue": np.asarray(probe["hue"]),
        "labels": np.asarray(probe["labels"]),
    }


def _sent_back(arch: Architecture, theta: Tensor, x: Tensor, y: Tensor) -> tuple[list[Tensor], Tensor]:
    """N p_0, ..., N p_S whole, (1, d, n) each, and the one at T/2 before the projection."""
    tensors, half = SweepTensors(arch, 1, x.shape[2], x), arch.depth // 2
    tensors.theta.copy_(theta[None])
    tensors.x.copy_(x)
    tensors.end.copy_(2 * (forward(tensors) - y))
    tensors.gradient.zero_()
    swept, before = [tensors.p.clone()], tensors.p.clone()
    for n in reversed(range(arch.controlled)):
        if n == half - 1:
            # What is inactive in the decoder so far has kept its costate in its rows below.
            before = tensors.p.clone()
            tensors.p[:, arch.bottleneck :] = 0
            swept[0] = tensors.p.clone()
        tensors.passages[n].pull()
        swept.insert(0, tensors.p.clone())
    return swept, before
