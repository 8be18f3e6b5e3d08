"""Trajectories of many particles, in memory that does not grow with what is not drawn."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autoencode_core.analysis.run_particles import Array, Particles, blocks, drawn, flow_bytes, table
from autoencode_core.errors import InputError
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run

LARGEST = 512 * 2**20
"""Most bytes of states that are given back."""


def trajectories(
    run: Run,
    particles: int = 2000,
    seed: int | None = None,
    basis: ArrayLike | None = None,
    center: ArrayLike | None = None,
    only: Sequence[int] | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """The flow of particles of a run by its own scheme: states at layer ends, and between them at sub-steps.

    Args:
        run: the run.
        particles: how many n, from 1 to 1,000,000; a finite data set has no more than it has.
        seed: None begins with the training particles and goes on with fresh ones of the same law;
            a number draws them all anew.
        basis: drawn axes (d, c), one per column; by default all d components.
        center: (d,), subtracted before that; zeros by default.
        only: numbers among the n of those that are wanted; by default all.
        report: progress.

    Returns:
        states (S, n, d or c) float32 in flow coordinates, at T/2 after the projection; dropped (n, d or c),
        the state just before it; times (S,); active (S, d); labels (n,), empty when unlabelled; hue (n,);
        errors (n,), squared distance of the output to its target in flow coordinates (classify: of the code
        to the position of its label); targets (n, d), or (n, k); trained, how many of the first are training
        particles; left_out, how many leave the finite numbers (they stay in place, with NaN); note.

    Raises:
        InputError: an argument cannot be used, or the states would take more than 512 MB.

    Source:
        docs/theory.md, section 2.
    """
    report = report or silent
    report(0.0, "Loading the particles.")
    chosen = drawn(run, particles, seed)
    if only is not None:
        chosen = chosen.chosen(_numbers(only, len(chosen.inputs)))
    axes, origin = _axes(run, basis, center)
    return _moved(run, chosen, axes, origin, report)


def drawn_axes(run: Run, basis: ArrayLike, center: ArrayLike | None) -> tuple[Array, Array]:
    """Drawn axes (d, c), c from 1 to d, and their centre (d,).

    Raises:
        InputError: they do not fit the run.
    """
    width = run.model.architecture.width
    rows = np.asarray(basis, dtype=float)
    axes = table("basis", rows, rows.shape[1] if rows.ndim == 2 else 1)
    if len(axes) != width or not 1 <= axes.shape[1] <= width:
        raise InputError("basis", f"shape {axes.shape}", f"shape ({width}, c), c from 1 to {width}")
    origin = np.zeros(width) if center is None else table("center", [np.asarray(center, float)], width)[0]
    return axes, origin


def _axes(run: Run, basis: ArrayLike | None, center: ArrayLike | None) -> tuple[Array | None, Array | None]:
    if basis is None:
        if center is not None:
            raise InputError("center", "given alone", "a centre together with a basis")
        return None, None
    return drawn_axes(run, basis, center)


def _numbers(only: Sequence[int], count: int) -> Array:
    rows = np.asarray(only)
    fits = rows.ndim == 1 and len(rows) and rows.dtype.kind in "iu"
    if not fits or rows.min() < 0 or rows.max() >= count:
        raise InputError("only", repr(only), f"whole numbers from 0 to {count - 1}, at least one")
    return rows


def _moved(
    run: Run, particles: Particles, axes: Array | None, origin: Array | None, report: Report
) -> dict[str, Any]:
    model, count = run.model, len(particles.inputs)
    arch = model.architecture
    shown = arch.width if axes is None else axes.shape[1]
    steps = arch.controlled * (arch.substeps // arch.every)
    if 4 * (steps + 2) * count * shown > LARGEST:
        raise InputError("particles", count, f"fewer, or fewer axes: at most {LARGEST // 2**20} MB of states")
    states = np.empty((steps + 1, count, shown), np.float32)
    dropped, errors = np.empty((count, shown), np.float32), np.empty(count)
    times, active = np.empty(0), np.empty(0)
    for part in blocks(count, flow_bytes(model)):
        report(part.start / count, "Moving the particles.")
        flow = model.flow(particles.inputs[part], every=arch.every)
        times, active = flow.times.double().numpy(force=True), flow.active.numpy(force=True)
        moved, before = flow.states.numpy(force=True), flow.dropped.numpy(force=True)
        with np.errstate(invalid="ignore", over="ignore"):
            states[:, part] = moved if axes is None else (moved - origin) @ axes
            dropped[part] = before if axes is None else (before - origin) @ axes
            errors[part] = errors_of(run, moved[-1], particles.targets[part])
    lost = ~(np.isfinite(states).all(axis=(0, 2)) & np.isfinite(dropped).all(axis=1))
    return {
        "states": _nan(states),
        "dropped": _nan(dropped),
        "times": times,
        "active": active,
        "labels": particles.labels,
        "hue": particles.hue,
        "errors": _nan(errors),
        "targets": particles.targets,
        "trained": particles.trained,
        "left_out": int(lost.sum()),
        "note": particles.note,
    }


def errors_of(run: Run, ends: Array, targets: Array) -> Array:
    """Squared distances (n,) of where particles end to where they ought to, in flow coordinates.

    Args:
        run: the run.
        ends: last states (n, d), flow coordinates.
        targets: (n, d) in data units; for classify positions (n, k) in the code.
    """
    if run.spec.task == "classify":
        kept = run.model.order[: run.spec.bottleneck].numpy(force=True)
        return np.asarray(np.square(ends[:, kept].astype(float) - targets).sum(axis=1))
    wanted = np.asarray(run.model.coordinates.to_flow(np.asarray(targets, float)))
    return np.asarray(np.square(ends.astype(float) - wanted).sum(axis=1))


def _nan(values: Array) -> Array:
    values[~np.isfinite(values)] = np.nan
    return values
