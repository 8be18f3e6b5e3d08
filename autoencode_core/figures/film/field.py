"""The vector field below a cloud in a film: arrows on a grid, the same as in the player."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.film.cell import Cell
from autoencode_core.figures.film.ground import Ground
from autoencode_core.figures.film.paper import colours_of

Array = NDArray[Any]

_QUANTILE = 0.98
"""Of all speeds, the one whose arrow is as long as the grid is wide."""
_LENGTH, _BARB, _SIDE = 0.9, 0.36, 0.2


def draw_field(cell: Cell, ground: Ground) -> Callable[[int, float], None]:
    """Returns what draws the field of a layer of the flow; during the projection none acts.

    Args:
        cell: the cell, whose pane has a field.
        ground: where it is drawn.
    """
    paper, spec, middle = cell.paper, cell.pane["field"], cell.middle
    x, y = (np.asarray(spec[name], float) for name in ("x", "y"))
    vectors = np.asarray(spec["vectors"], float)
    speeds = np.linalg.norm(vectors, axis=-1)
    strongest = float(np.quantile(speeds, _QUANTILE)) or float(speeds.max()) or 1.0
    lines: Any = paper.lines(ground.clip, paper.colour("encoder"), 1.2, moves=True, zorder=1.5)

    @cache
    def segments(layer: int) -> list[Array]:
        ends = arrows(x, y, vectors[layer], strongest)
        return list(ground.lens(0.0)(ends.reshape(-1, 2))[0].reshape(-1, 5, 2))

    def show(interval: int, t: float) -> None:
        # An interval may be a part of a layer: the time says which.
        share = cell.times[middle] / cell.times[-1]
        first, end = (0, share) if interval < middle else (share, 1.0)
        layer = int(len(vectors) * t / cell.times[-1] + 1e-6)
        layer = min(max(layer, round(len(vectors) * first)), round(len(vectors) * end) - 1)
        lines.set_segments([] if interval == middle else segments(layer))
        role = "encoder" if interval < middle else "decoder"
        lines.set_color(colours_of([paper.colour(role)], 0.75))

    return show


def arrows(x: Array, y: Array, vectors: Array, strongest: float) -> Array:
    """Arrows around the points of a grid, one stroke each, (m, 5, 2): tail, tip, both barbs, tip.

    Their length grows with the root of the speed, so that slow places stay visible.

    Args:
        x: places along the first component (nx,).
        y: places along the second (ny,).
        vectors: (ny, nx, 2).
        strongest: the speed of the longest arrow.
    """
    gaps = [np.abs(np.diff(line)).min() for line in (x, y) if len(line) > 1]
    spacing = float(min(gaps, default=1.0))
    middles = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    found = vectors.reshape(-1, 2)
    speeds = np.linalg.norm(found, axis=1)
    moving = speeds > 1e-9 * strongest
    middles, found, speeds = middles[moving], found[moving], speeds[moving, None]
    way = found / speeds * _LENGTH * spacing * np.sqrt(np.minimum(1, speeds / strongest))
    tip, aside = middles + way / 2, np.stack([-way[:, 1], way[:, 0]], axis=1)
    barbs = [tip - _BARB * way + side * _SIDE * aside for side in (1, -1)]
    return np.stack([middles - way / 2, tip, *barbs, tip], axis=1)
