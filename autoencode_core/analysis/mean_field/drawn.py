"""What views of a law share: a run that is finite, the axes it is drawn on, and the room it takes."""

import numpy as np
from numpy.typing import ArrayLike

from autoencode_core.analysis.flow.trajectories import drawn_axes
from autoencode_core.analysis.regimes.spectrum import finite
from autoencode_core.analysis.run_particles import (
    Array,
    Particles,
    passage,
)
from autoencode_core.data.coordinates import Coordinates
from autoencode_core.errors import InputError
from autoencode_core.flow.autoencode import AutoencODE
from autoencode_core.training.run import Run

MARGIN = 0.05
"""Room around the particles, as a share of their extent along an axis."""


def check_finite(run: Run) -> None:
    """Refuse a run whose numbers mean nothing.

    Raises:
        InputError: the run diverged.
    """
    if run.status == "diverged" or not finite(run.model.control.vector):
        raise InputError("run", "one that diverged", "a run that did not diverge: its numbers mean nothing")


def two_axes(
    run: Run, particles: Particles, basis: ArrayLike | None, center: ArrayLike | None
) -> tuple[Array, Array]:
    """At most two drawn axes (d, c) and their centre (d,), flow coordinates."""
    if basis is None:
        found = Coordinates.fit("principal", np.asarray(run.model.coordinates.to_flow(particles.inputs)))
        basis, center = found.axes[:, :2], found.center if center is None else center
    axes, origin = drawn_axes(run, basis, center)
    return axes[:, :2], origin


def extent(model: AutoencODE, inputs: Array, axes: Array, origin: Array) -> Array:
    """Ranges (c, 2) that hold all finite places of the particles (n, d), with a margin."""
    low, high = np.full(axes.shape[1], np.inf), np.full(axes.shape[1], -np.inf)
    for _, places in passage(model, inputs, axes, origin):
        numbers = np.isfinite(places)
        low = np.minimum(low, np.where(numbers, places, np.inf).min(axis=(0, 1)))
        high = np.maximum(high, np.where(numbers, places, -np.inf).max(axis=(0, 1)))
    room = np.where(high > low, MARGIN * (high - low), 0.5)
    return np.stack([low - room, high + room], axis=1)
