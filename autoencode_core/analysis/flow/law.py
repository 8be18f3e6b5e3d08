"""The law μ_t of the particles as a density on the drawn axes, from all of them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter

from autoencode_core.analysis.flow.trajectories import drawn_axes
from autoencode_core.analysis.run_particles import (
    Array,
    evenly,
    frame_times,
    passage,
    table,
    training_particles,
)
from autoencode_core.errors import InputError
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run

LEAST_PIXELS = 0.6
"""Smallest bandwidth, in cells: what lies in one point still is a mark."""


def law(
    run: Run,
    center: ArrayLike,
    basis: ArrayLike,
    ranges: ArrayLike,
    bins: int = 96,
    report: Report | None = None,
) -> dict[str, Any]:
    """The law μ_t of all training particles at every frame, as smoothed mass per cell.

    The bandwidth follows Scott's rule on each axis, h = σ n^(-1/(c+4)), with σ and n of the particles inside
    the ranges; at the edge mass is reflected, so that smoothing loses none. Between two frames the particles
    move on, and their law with them: whoever shows it then counts and smooths the places anew, since a mean
    of two densities is the law of no particles.

    Args:
        run: the run.
        center: (d,), subtracted before the projection onto the axes.
        basis: drawn axes (d, c); of three or more the first two count.
        ranges: (c, 2), low and high of each axis.
        bins: cells along each axis, 8 to 512.
        report: progress.

    Returns:
        values (F, ny, nx) float32, mass per cell, with ny = nx = bins, or (F, 1, bins) for one axis, frames
        from X(0) to X(T/2) before the projection, then from X(T/2) after it; times (F,), T/2 twice; mass
        (F,), share of all particles that lie inside the ranges, which is the sum of values; x and y, the
        cells' edges (y empty for one axis); places (F, m, c) float32, the particles themselves on the drawn
        axes, m of them evenly chosen where N are too many; particles N; left_out, how many leave the finite
        numbers (their mass is missing); note.

    Raises:
        InputError: an argument cannot be used.

    Source:
        D. W. Scott, Multivariate Density Estimation (1992), rule (6.43).
    """
    report = report or silent
    axes, origin = drawn_axes(run, basis, center)
    axes = axes[:, :2]
    shown = axes.shape[1]
    limits = table("ranges", ranges, 2)[:shown]
    if len(limits) != shown or not (limits[:, 0] < limits[:, 1]).all():
        raise InputError("ranges", limits.tolist(), f"{shown} pairs of numbers, low below high")
    if not isinstance(bins, int) or not 8 <= bins <= 512:
        raise InputError("bins", bins, "a whole number from 8 to 512")
    report(0.0, "Loading the particles.")
    particles = training_particles(run)
    count, model = len(particles.inputs), run.model
    times = frame_times(model, particles.inputs)
    chosen = evenly(count, len(times))
    tally, lost, kept = _Tally(len(times), limits, bins), 0, list[Array]()
    for part, places in passage(model, particles.inputs, axes, origin):
        report(0.9 * part.start / count, "Counting particles.")
        lost += tally.add(places)
        kept.append(places[:, chosen[(chosen >= part.start) & (chosen < part.stop)] - part.start])
    report(0.9, "Smoothing.")
    edges = [np.linspace(low, high, bins + 1) for low, high in limits]
    return {
        "values": (tally.smooth() / count).astype(np.float32),
        "times": times,
        "mass": tally.inside / count,
        "x": edges[0],
        "y": edges[1] if shown == 2 else np.empty(0),
        "places": single(np.concatenate(kept, axis=1)),
        "particles": count,
        "left_out": lost,
        "note": particles.note,
    }


def single(places: Array) -> Array:
    """Places in single precision; what is too large for it is no place."""
    with np.errstate(over="ignore"):
        return np.asarray(places, np.float32)


def in_cells(places: Array, limits: Array, bins: int) -> tuple[Array, Array]:
    """Places in units of cells from the low end, and which lie on the grid; what is no number does not.

    Args:
        places: (..., c).
        limits: (c, 2), low and high of each axis.
        bins: cells along each axis.
    """
    cells = (places - limits[:, 0]) / ((limits[:, 1] - limits[:, 0]) / bins)
    return cells, np.all((cells >= 0) & (cells <= bins), axis=-1)


class _Tally:
    """Counts per frame and cell, with the moments that the bandwidth needs."""

    def __init__(self, count: int, limits: Array, bins: int) -> None:
        self.limits, self.bins = limits, bins
        self.shape = (count, bins if len(limits) == 2 else 1, bins)
        self.counts = np.zeros(int(np.prod(self.shape)))
        self.inside = np.zeros(count)
        self.sums, self.squares = np.zeros((2, count, len(limits)))

    def add(self, places: Array) -> int:
        """Count places (F, n, c); how many particles are not finite somewhere."""
        cells, inside = in_cells(places, self.limits, self.bins)  # so the moments are in cells too
        index = np.minimum(np.where(inside[..., None], cells, 0).astype(np.int64), self.bins - 1)
        frame = np.arange(len(places))[:, None]
        row = index[..., 1] if places.shape[2] == 2 else 0
        flat = (frame * self.shape[1] + row) * self.bins + index[..., 0]
        self.counts += np.bincount(flat[inside], minlength=len(self.counts))
        centred = np.where(inside[..., None], cells - self.bins / 2, 0)
        self.sums += centred.sum(axis=1)
        self.squares += np.square(centred).sum(axis=1)
        self.inside += inside.sum(axis=1)
        return int((~np.isfinite(places).all(axis=(0, 2))).sum())

    def smooth(self) -> Array:
        """Smoothed counts (F, ny, nx); each frame keeps its sum."""
        n = np.maximum(self.inside, 1)[:, None]
        variance = np.maximum(self.squares / n - np.square(self.sums / n), 0)
        bandwidth = np.sqrt(variance) * n ** (-1 / (self.sums.shape[1] + 4))
        out = self.counts.reshape(self.shape)
        for frame, pixels in enumerate(np.maximum(bandwidth, LEAST_PIXELS)):
            along = (pixels[1], pixels[0]) if len(pixels) == 2 else (0.0, pixels[0])
            out[frame] = gaussian_filter(out[frame], along, mode="reflect")
        return out
