"""The controlled field F(., θ_n) of a run, at any place."""

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from autoencode_core.analysis.run_particles import Array, table
from autoencode_core.errors import InputError
from autoencode_core.report import Report, silent
from autoencode_core.training.run import Run

MOST = 400
"""Most grid points along an axis."""


def velocity(run: Run, states: ArrayLike, layer: int, report: Report | None = None) -> Array:
    """F(x, θ_n) at places x: zero on the components that are inactive during layer n.

    Args:
        run: the run.
        states: places (m, d), flow coordinates.
        layer: n, from 0 to L - 1 (classify: L/2 - 1).
        report: progress.

    Returns:
        (m, d), flow coordinates per flow time.

    Raises:
        InputError: there is no such layer, or states is no table with d columns.

    Source:
        docs/theory.md, section 2.
    """
    (report or silent)(None, "Computing the field.")
    model = run.model
    arch = model.architecture
    if not isinstance(layer, int) or not 0 <= layer < arch.controlled:
        raise InputError("layer", layer, f"a whole number from 0 to {arch.controlled - 1}")
    places = torch.as_tensor(table("states", states, arch.width)).to(model.control.vector)
    active = arch.counts[layer]
    control = arch.shape.layers(model.control.vector[None])[layer]
    speed = torch.zeros(1, arch.width, len(places)).to(places)
    speed[:, :active] = arch.field.velocity(control, places.T[model.order][None, :active].contiguous())
    return np.asarray(model.natural(speed).double().numpy(force=True))


def field_grid(run: Run, x: ArrayLike, y: ArrayLike, report: Report | None = None) -> dict[str, Any]:
    """F(., θ_n) of every layer on a grid, for data of two components.

    Args:
        run: a run with d = 2.
        x: places along the first component (nx,), flow coordinates, at most 400.
        y: places along the second component (ny,).
        report: progress.

    Returns:
        vectors (L, ny, nx, 2) float32 (classify: L/2 layers), zero on inactive components; x; y.

    Raises:
        InputError: the data have another width, or a grid cannot be used.
    """
    arch, report = run.model.architecture, report or silent
    if arch.width != 2:
        raise InputError("width", arch.width, "2: a field can be drawn as arrows for two components only")
    across, up = (table(name, [np.ravel(v)], np.size(v))[0] for name, v in (("x", x), ("y", y)))
    for name, line in (("x", across), ("y", up)):
        if len(line) > MOST:
            raise InputError(name, f"{len(line)} places", f"at most {MOST} places")
    places = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    vectors = np.empty((arch.controlled, len(up), len(across), 2), np.float32)
    for layer in range(arch.controlled):
        report(layer / arch.controlled, "Computing the field.")
        vectors[layer] = velocity(run, places, layer).reshape(len(up), len(across), 2)
    return {"vectors": vectors, "x": across, "y": up}
