"""The law μ_t of the particles: its mass along t, the doubled state, and histograms pushed by the flow."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from autoencode_core.analysis.density import density, in_cells, single
from autoencode_core.analysis.particles import (
    Array,
    Particles,
    Report,
    drawn,
    evenly,
    frame_times,
    passage,
    silent,
    table,
    training_particles,
)
from autoencode_core.analysis.spectrum import finite
from autoencode_core.analysis.trajectories import LARGEST, drawn_axes
from autoencode_core.data.coordinates import Coordinates
from autoencode_core.errors import InputError
from autoencode_core.flow.autoencode import AutoencODE
from autoencode_core.flow.doubled import doubled_flow
from autoencode_core.training.run import Run

MARGIN = 0.05
"""Room around the particles, as a share of their extent along an axis."""
_SHOWN = ("values", "times", "x", "y", "places", "particles", "left_out", "note")
CELLS = (8, 16, 32, 64, 128, 256)
"""Cells along each component of the histograms that are pushed by default."""


def mass(
    run: Run,
    basis: ArrayLike | None = None,
    center: ArrayLike | None = None,
    ranges: ArrayLike | None = None,
    bins: int = 96,
    report: Report | None = None,
) -> dict[str, Any]:
    """The law μ_t as an evolving density, with its mass accounted for.

    What lies on the grid is summed over the cells of the smoothed density; what lies beside it and what left
    the finite numbers is counted particle by particle. Particles carry their mass along, so together that is
    1 at every frame, whatever the flow: it checks the picture, that neither grid nor smoothing loses any.

    Args:
        run: the run.
        basis: drawn axes (d, c); by default the principal axes of the particles at t = 0, at most two.
        center: (d,), subtracted before that; by default their mean, or zeros where basis is given.
        ranges: (c, 2), low and high of each axis; by default all particles are inside at all times.
        bins: cells along each axis, 8 to 512.
        report: progress.

    Returns:
        values, times, x, y, places, particles and left_out as in `density`; on_grid (F,), the sum of the
        cells; outside (F,), share of the particles beside the grid; lost (F,), share beyond the finite
        numbers; total (F,), the sum of the three; deviation, the largest |total - 1|; basis (d, c); center
        (d,); ranges (c, 2); note.

    Raises:
        InputError: the run diverged, or an argument cannot be used.

    Source:
        theory.md section 2: ∂_t μ + div(F μ) = 0 keeps the mass.
    """
    report = report or silent
    report(0.0, "Loading the particles.")
    _sound(run)
    particles = training_particles(run)
    axes, origin = _axes(run, particles, basis, center)
    limits = None if ranges is None else table("ranges", ranges, 2)[: axes.shape[1]]
    if limits is None:
        report(0.0, "Looking where the particles go.")
        limits = _extent(run.model, particles.inputs, axes, origin)
    found = density(run, origin, axes, limits, bins, _from(report, 0.2, 0.7))
    outside, lost = np.zeros((2, len(found["values"])))
    for _, places in passage(run.model, particles.inputs, axes, origin):
        report(0.9, "Counting what lies beside the grid.")
        numbers = np.isfinite(places).all(axis=2)
        inside = in_cells(places, limits, bins)[1]
        outside += (numbers & ~inside).sum(axis=1)
        lost += (~numbers).sum(axis=1)
    on_grid = found["values"].sum(axis=(1, 2), dtype=float)
    outside, lost = outside / len(particles.inputs), lost / len(particles.inputs)
    total = on_grid + outside + lost
    return {
        **{name: found[name] for name in _SHOWN},
        "on_grid": on_grid,
        "outside": outside,
        "lost": lost,
        "total": total,
        "deviation": float(np.abs(total - 1).max()),
        "basis": axes,
        "center": origin,
        "ranges": limits,
    }


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
        The doubling of section 2 of the paper; theory.md section 2.
    """
    report = report or silent
    report(0.0, "Loading the particles.")
    _sound(run)
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


def push_forward(
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
        basis: drawn axes (d, c), as in `mass`.
        center: (d,), as in `mass`.
        report: progress.

    Returns:
        cells (g,); occupied (g,), how many of them hold mass; total_variation (g, F), half the sum of
        |difference| over the drawn cells, frames as in `mass`; samples and pushed (F, ny, nx) float32, mass
        per drawn cell of the moved particles and of the finest moved histogram (ny = 1 for one axis); x and
        y, edges (y empty for one axis); places and pushed_places (F, m, c) float32, the particles and the
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
    _sound(run)
    particles, model = training_particles(run), run.model
    axes, origin = _axes(run, particles, basis, center)
    flow = np.asarray(model.coordinates.to_flow(particles.inputs))
    moved = [_Weighted(particles.inputs, np.ones(len(flow)))] + [_binned(model, flow, size) for size in sizes]
    limits = _joined([_extent(model, each.points, axes, origin) for each in moved])
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


def _sound(run: Run) -> None:
    if run.status == "diverged" or not finite(run.model.control.vector):
        raise InputError("run", "one that diverged", "a run that did not diverge: its numbers mean nothing")


def _axes(
    run: Run, particles: Particles, basis: ArrayLike | None, center: ArrayLike | None
) -> tuple[Array, Array]:
    """At most two drawn axes (d, c) and their centre (d,), flow coordinates."""
    if basis is None:
        found = Coordinates.fit("principal", np.asarray(run.model.coordinates.to_flow(particles.inputs)))
        basis, center = found.axes[:, :2], found.center if center is None else center
    axes, origin = drawn_axes(run, basis, center)
    return axes[:, :2], origin


def _extent(model: AutoencODE, inputs: Array, axes: Array, origin: Array) -> Array:
    """Ranges (c, 2) that hold all finite places of the particles (n, d), with a margin."""
    low, high = np.full(axes.shape[1], np.inf), np.full(axes.shape[1], -np.inf)
    for _, places in passage(model, inputs, axes, origin):
        numbers = np.isfinite(places)
        low = np.minimum(low, np.where(numbers, places, np.inf).min(axis=(0, 1)))
        high = np.maximum(high, np.where(numbers, places, -np.inf).max(axis=(0, 1)))
    room = np.where(high > low, MARGIN * (high - low), 0.5)
    return np.stack([low - room, high + room], axis=1)


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


def _from(report: Report, first: float, share: float) -> Report:
    """A report for a part of the work."""

    def told(part: float | None, words: str) -> object:
        return report(None if part is None else first + share * part, words)

    return told
