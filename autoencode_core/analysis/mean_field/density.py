"""The law μ_t of all particles on a grid, and its mass along t."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from autoencode_core.analysis.flow.law import in_cells, law
from autoencode_core.analysis.mean_field.drawn import check_finite, extent, two_axes
from autoencode_core.analysis.run_particles import passage, table, training_particles
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run

_SHOWN = ("values", "times", "x", "y", "places", "particles", "left_out", "note")


def density(
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
        values, times, x, y, places, particles and left_out as in `analysis.law`; on_grid (F,), the sum of the
        cells; outside (F,), share of the particles beside the grid; lost (F,), share beyond the finite
        numbers; total (F,), the sum of the three; deviation, the largest |total - 1|; basis (d, c); center
        (d,); ranges (c, 2); note.

    Raises:
        InputError: the run diverged, or an argument cannot be used.

    Source:
        docs/theory.md, section 2: ∂_t μ + div(F μ) = 0 keeps the mass.
    """
    report = report or silent
    report(0.0, "Loading the particles.")
    check_finite(run)
    particles = training_particles(run)
    axes, origin = two_axes(run, particles, basis, center)
    limits = None if ranges is None else table("ranges", ranges, 2)[: axes.shape[1]]
    if limits is None:
        report(0.0, "Looking where the particles go.")
        limits = extent(run.model, particles.inputs, axes, origin)
    found = law(run, origin, axes, limits, bins, _from(report, 0.2, 0.7))
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


def _from(report: Report, first: float, share: float) -> Report:
    """A report for a part of the work."""

    def told(part: float | None, words: str) -> object:
        return report(None if part is None else first + share * part, words)

    return told
