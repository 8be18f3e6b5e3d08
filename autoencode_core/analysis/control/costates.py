"""The costates of a run's particles along t."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from autoencode_core.analysis.regimes.spectrum import finite
from autoencode_core.errors import InputError
from autoencode_core.flow.architecture import Architecture
from autoencode_core.report import Report, silent
from autoencode_core.training.costate import SweepTensors, forward
from autoencode_core.training.run import Run


def costates(run: Run, report: Report | None = None) -> dict[str, Any]:
    """States and costates of the probe batch, in flow coordinates and natural order.

    Args:
        run: the run.
        report: progress.

    Returns:
        times (S,), S = L + 1 (classify: L/2 + 1); states (S, n, d), at T/2 after the projection; costates
        (S, n, d): N times p_n, N the number of training particles, so that sizes do not depend on it: N p is
        the derivative of the particle's own squared error by its state. At T/2 the one that the encoder
        meets, Π p; unprojected (n, d), the one there before the projection sets I_* to 0; dropped (n, d), the
        states there before it; active (S, d); hue (n,); labels (n,).

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
