"""The flow of the doubled state (x, s), which needs no projection."""

from typing import Any

import numpy as np

from autoencode_core.analysis.flow.trajectories import LARGEST
from autoencode_core.analysis.mean_field.drawn import check_finite
from autoencode_core.analysis.run_particles import drawn
from autoencode_core.errors import InputError
from autoencode_core.flow.doubled import doubled_flow
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run


def doubled(run: Run, particles: int = 500, report: Report | None = None) -> dict[str, Any]:
    """Trajectories of the doubled state (x, s) in R^{2d}, beside the form with the projection.

    Args:
        run: a run with a decoder.
        particles: how many n, beginning with the training particles.
        report: progress.

    Returns:
        states (S, n, d), the half x, and shadows (S, n, d), the half s, which starts at 0, float32, flow
        coordinates; read (S, d), which components the flow reads from s (in the decoder those outside A_*);
        kept (k,), A_*; active (S, d); times (S,); outputs (n, d), u(T) in data units; apart, the largest
        distance between u(T) and the output of the projected form, flow coordinates; speed, the largest step
        of (x, s) from one knot to the next per flow time; labels, hue; note.

    Raises:
        InputError: the run diverged or has no decoder, or particles is out of bounds.

    Source:
        The doubling of section 2 of the paper; docs/theory.md, section 2.
    """
    report = report or silent
    report(0.0, "Loading the particles.")
    check_finite(run)
    if run.spec.task == "classify":
        raise InputError("task", "classify", "a task with a decoder: classify trains an encoder only")
    model = run.model.to("cpu")
    chosen, arch = drawn(run, particles), run.model.architecture
    if 8 * (arch.depth * arch.substeps + 1) * len(chosen.inputs) * arch.width > LARGEST:
        raise InputError("particles", particles, f"fewer: at most {LARGEST // 2**20} MB of states")
    report(0.3, "Moving the doubled state.")
    found = doubled_flow(model, chosen.inputs)
    projected = model.reconstruct(chosen.inputs)
    report(0.8, "Comparing with the projected form.")
    kept = model.order[: arch.bottleneck].numpy()
    flow, shown = model.flow(chosen.inputs[:1], every=arch.every), slice(None, None, arch.every)
    active, times = flow.active.numpy(), flow.times.double().numpy()
    read = active.copy()
    read[: flow.middle], read[:, kept] = False, False
    states, shadows = (each[shown].float().numpy() for each in (found.states, found.shadows))
    moved = np.square(np.diff(states, axis=0)) + np.square(np.diff(shadows, axis=0))
    idle = arch.bottleneck == arch.width
    words = "Nothing is forgotten (k = d): the shadow variables stay at 0." if idle else ""
    return {
        "states": states,
        "shadows": shadows,
        "read": read,
        "kept": kept,
        "active": active,
        "times": times,
        "outputs": found.output.double().numpy(),
        "apart": float(model.coordinates.lengths((found.output - projected).double().numpy()).max()),
        "speed": float((np.sqrt(moved.sum(axis=2)).max(axis=1) / np.diff(times)).max()),
        "labels": chosen.labels,
        "hue": chosen.hue,
        "note": " ".join(filter(None, (chosen.note, words))),
    }
