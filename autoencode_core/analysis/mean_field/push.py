"""The samples moved by the flow beside a histogram moved by it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from autoencode_core.analysis.flow.law import single
from autoencode_core.analysis.mean_field.drawn import check_finite, extent, two_axes
from autoencode_core.analysis.run_particles import Array, evenly, frame_times, passage, training_particles
from autoencode_core.errors import InputError
from autoencode_core.flow.autoencode import AutoencODE
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run

CELLS = (8, 16, 32, 64, 128, 256)
"""Cells along each component of the histograms that are pushed by default."""


def push(
    run: Run,
    cells: Sequence[int] = CELLS,
    bins: int = 24,
    basis: ArrayLike | None = None,
    center: ArrayLike | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Whether the flow moves the law as it moves the samples: samples moved = histogram moved.

    The training particles at t = 0 are counted in cells of R^d. The flow moves the middle of each occupied
    cell, and the cell's mass with it. What arrives is compared with the moved particles on one grid of the
    drawn axes, by total variation. As the cells shrink, the two must become one.

    Args:
        run: the run.
        cells: cells along each component of R^d, ascending, (g,), each 2 to 4096.
        bins: cells along each drawn axis on which the two are compared, 4 to 256.
        basis: drawn axes (d, c), as in `density`.
        center: (d,), as in `density`.
        report: progress.

    Returns:
        cells (g,); occupied (g,), how many of them hold mass; total_variation (g, F), half the sum of
        |difference| over the drawn cells, frames as in `density`; samples and pushed (F, ny, nx) float32, the
        mass per drawn cell of the moved particles and of the finest moved histogram (ny = 1 for one axis); x
        and y, edges (y empty for one axis); places and pushed_places (F, m, c) float32, the particles and the
        middles of the finest cells on the drawn axes, evenly chosen where they are too many; pushed_masses
        (m,), what the latter carry, 1 in all; times (F,); basis; center; ranges (c, 2); particles; note.

    Raises:
        InputError: the run diverged or its particles leave the finite numbers, or an argument cannot be used.

    Source:
        μ_t is the push-forward of μ_0 by the flow map; total variation = sup |μ(A) - ν(A)| over unions of
        drawn cells.
    """
    sizes, report = _cells(cells, bins), report or silent
    report(0.0, "Loading the particles.")
    check_finite(run)
    particles, model = training_particles(run), run.model
    axes, origin = two_axes(run, particles, basis, center)
    flow = np.asarray(model.coordinates.to_flow(particles.inputs))
    moved = [_Weighted(particles.inputs, np.ones(len(flow)))] + [_binned(model, flow, size) for size in sizes]
    limits = _joined([extent(model, each.points, axes, origin) for each in moved])
    laws = list[Array]()
    for place, each in enumerate(moved):
        report((place + 0.5) / len(moved), "Moving the samples." if not place else "Moving a histogram.")
        laws.append(_histograms(model, each, axes, origin, limits, bins))
    edges = [np.linspace(low, high, bins + 1) for low, high in limits]
    times = frame_times(model, particles.inputs)
    (places, _), (pushed, masses) = (_shown(model, moved[i], len(times), axes, origin) for i in (0, -1))
    return {
        "cells": np.array(sizes),
        "occupied": np.array([len(each.points) for each in moved[1:]]),
        "total_variation": np.stack([np.abs(law - laws[0]).sum(axis=(1, 2)) / 2 for law in laws[1:]]),
        "samples": laws[0].astype(np.float32),
        "pushed": laws[-1].astype(np.float32),
        "x": edges[0],
        "y": edges[1] if len(edges) == 2 else np.empty(0),
        "places": places,
        "pushed_places": pushed,
        "pushed_masses": masses,
        "times": times,
        "basis": axes,
        "center": origin,
        "ranges": limits,
        "particles": len(flow),
        "note": particles.note,
    }


def _joined(ranges: Sequence[Array]) -> Array:
    return np.stack([np.min(ranges, axis=0)[:, 0], np.max(ranges, axis=0)[:, 1]], axis=1)


class _Weighted(NamedTuple):
    """Points (n, d) in data units with their masses (n,)."""

    points: Array
    masses: Array


def _binned(model: AutoencODE, flow: Array, cells: int) -> _Weighted:
    """The middles of the occupied cells of R^d, with how many particles (n, d) lie in each."""
    low, extent = flow.min(axis=0), np.ptp(flow, axis=0)
    width = np.where(extent > 0, extent, 1.0) / cells
    index = np.minimum(((flow - low) / width).astype(np.int64), cells - 1)
    occupied, counts = np.unique(index, axis=0, return_counts=True)
    middles = low + np.where(extent > 0, (occupied + 0.5) * width, 0.0)
    return _Weighted(np.asarray(model.coordinates.to_data(middles)), counts)


def _histograms(
    model: AutoencODE, law: _Weighted, axes: Array, origin: Array, limits: Array, bins: int
) -> Array:
    """Mass per drawn cell at every frame, (F, ny, nx)."""
    rows, count = bins if len(limits) == 2 else 1, len(frame_times(model, law.points))
    counts = np.zeros(count * rows * bins)
    for part, places in passage(model, law.points, axes, origin):
        if not np.isfinite(places).all():
            raise InputError("run", "particles beyond the finite numbers", "a run that keeps them finite")
        index = ((places - limits[:, 0]) / (limits[:, 1] - limits[:, 0]) * bins).astype(np.int64)
        index = np.clip(index, 0, bins - 1)
        row = index[..., 1] if rows > 1 else 0
        flat = (np.arange(count)[:, None] * rows + row) * bins + index[..., 0]
        weights = np.broadcast_to(law.masses[part], flat.shape)
        counts += np.bincount(flat.ravel(), weights.ravel(), len(counts))
    return np.asarray((counts / law.masses.sum()).reshape(count, rows, bins))


def _shown(model: AutoencODE, law: _Weighted, count: int, axes: Array, origin: Array) -> tuple[Array, Array]:
    """Places (F, m, c) of points that are drawn at so many frames, and their masses (m,), 1 in all."""
    chosen = evenly(len(law.points), count)
    places = [each for _, each in passage(model, law.points[chosen], axes, origin)]
    masses = law.masses[chosen]
    return single(np.concatenate(places, axis=1)), single(masses / masses.sum())


def _cells(cells: Sequence[int], bins: int) -> list[int]:
    sizes = list(cells)
    whole = all(isinstance(size, int) and not isinstance(size, bool) for size in sizes)
    if not sizes or not whole or sizes != sorted({*sizes}) or sizes[0] < 2 or sizes[-1] > 4096:
        raise InputError("cells", sizes, "at least one whole number from 2 to 4096, ascending")
    if not isinstance(bins, int) or isinstance(bins, bool) or not 4 <= bins <= 256:
        raise InputError("bins", bins, "a whole number from 4 to 256")
    return sizes
