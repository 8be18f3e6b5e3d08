"""Which runs found the same minimiser: those that have converged, and that reconstruct alike."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from scipy.cluster.hierarchy import fcluster, linkage

from autoencode_core.errors import InputError
from autoencode_core.training.run import Array, Run

ALIKE = 1e-3
"""Share of the data's variance up to which two maps count as one; as a distance a thirtieth of the spread."""


def maps_apart(runs: Sequence[Run], points: Array | None = None) -> Array:
    """How far the reconstructions of runs are from each other.

    The maps are compared and not the controls: many controls make one map.

    Args:
        runs: runs of one data set and task, at least one.
        points: where they are compared, (n, d) in data units; by default the training particles of the
            first run.

    Returns:
        (m, m) mean over the points of the squared distance between outputs (classify: codes), measured in the
        flow coordinates of the first run, as a share of its `variance`; NaN for a run that is not finite
        there.

    Raises:
        InputError: no run, or the runs' data have different widths.
    """
    if not runs:
        raise InputError("runs", "none", "at least one")
    if len({run.model.architecture.width for run in runs}) > 1:
        raise InputError("runs", "data of different widths", "runs of one data set")
    where = np.asarray(runs[0].data.train if points is None else points)
    outputs = np.stack([_outputs(run, where) for run in runs])
    with np.errstate(invalid="ignore", over="ignore"):
        outputs /= 1 if runs[0].spec.task == "classify" else np.asarray(runs[0].model.coordinates.scale)
        # Row by row: all differences at once would take gigabytes of digits.
        squares = np.stack([np.square(outputs - one).sum(-1).mean(-1) for one in outputs])
        apart: Array = np.where(np.isfinite(squares), squares, np.nan) / variance(runs[0])
    return apart


def variance(run: Run) -> float:
    """Mean squared distance of training targets from their mean, flow coordinates (classify: of codes)."""
    if run.spec.task == "classify":
        positions = np.asarray(run.probe["targets"], float)
        found = float(np.square(positions - positions.mean(0)).sum(1).mean())
    else:
        found = run.model.coordinates.variance(run.data.source.train_targets)
    return max(found, np.finfo(float).tiny)


def number_minimisers(runs: Sequence[Run], alike: float = ALIKE) -> list[int | None]:
    """Numbers runs of one λ by the minimiser that they found, from the one of lowest J.

    Args:
        runs: runs that share data, task and λ, at least one.
        alike: largest distance (as in `maps_apart`) of two runs of one minimiser.

    Returns:
        A number for each run, None for one that has not converged: it found no minimiser, and its status
        says why (finished, stopped or diverged).

    Raises:
        InputError: as `maps_apart`.

    Source:
        Complete linkage: no two runs of one cluster are further apart than `alike`. Where runs drew
        particles of their own, what that alone puts between their maps (at θ = 0) does not count.
    """
    apart = maps_apart(runs)
    if len({run.spec.sample for run in runs}) > 1:
        apart = np.maximum(apart - maps_apart([_idle(run) for run in runs]), 0)
    sound = [i for i, run in enumerate(runs) if run.status == "converged" and np.isfinite(apart[i, i])]
    if not sound:
        return [None] * len(runs)
    found = np.ones(1, int)
    if len(sound) > 1:
        condensed = apart[np.ix_(sound, sound)][np.triu_indices(len(sound), 1)]
        found = fcluster(linkage(condensed, "complete"), alike, "distance")
    costs = {i: runs[i].history["cost"][-1] for i in sound}
    best = {int(c): min(costs[i] for i, of in zip(sound, found, strict=True) if of == c) for c in set(found)}
    rank = {cluster: place for place, cluster in enumerate(sorted(best, key=best.__getitem__))}
    numbers: list[int | None] = [None] * len(runs)
    for i, cluster in zip(sound, found, strict=True):
        numbers[i] = rank[int(cluster)]
    return numbers


def _idle(run: Run) -> Run:
    """The run at θ = 0."""
    return replace(run, model=run.model.with_control(torch.zeros_like(run.model.control.flatten())))


def _outputs(run: Run, points: Array) -> Array:
    give = run.model.encode if run.spec.task == "classify" else run.model.reconstruct
    return give(points).double().numpy(force=True)
