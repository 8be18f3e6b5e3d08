"""What a cloud stands on: axes, a box, or the depth from left to right; and how points come there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.film.box import draw_box
from autoencode_core.figures.film.camera import Camera, Card, Flat, Projection, Unrolled, edges, filled
from autoencode_core.figures.film.cell import Cell
from autoencode_core.figures.film.paper import Rect
from autoencode_core.figures.film.screen import PITCH, YAW, Screen

Array = NDArray[Any]

_TURNED = -0.9, 0.3
"""Yaw and pitch from which the player shows a plane that is unrolled."""
_HALF = 76.0
"""Pixels from the middle to the side of an unrolled cloud."""
_MARK = 6.0
"""Pixels beyond the ends of time that half a mark needs."""


@dataclass(frozen=True)
class Ground:
    """Where a cloud is drawn.

    Attributes:
        lens: the projection of its points at a flow time.
        clip: the rectangle outside of which nothing is drawn.
    """

    lens: Callable[[float], Projection]
    clip: Rect


@dataclass(frozen=True)
class _OverTime:
    """One component at a flow time, on axes of time and value."""

    flat: Flat
    t: float

    def __call__(self, points: Array) -> tuple[Array, Array]:
        return self.flat(np.insert(points, 0, self.t, axis=1))


def lay_ground(cell: Cell) -> Ground:
    """Draws axes or box of a cell.

    Args:
        cell: the cell.
    """
    dims = cell.dims
    rect, ranges = cell.inside(flat=dims < 3), np.array(cell.pane["range"], float)
    titles, screen = list(cell.pane["axes"]), cell.screen if cell.main else Screen()
    if dims > 1 and screen.unrolled:
        return _depth(cell)
    if dims == 3:
        camera = Camera(rect, ranges, *_view(screen, (YAW, PITCH)), screen.zoom, screen.shift)
        draw_box(cell.paper, camera, cell.pane["names"])
        return Ground(lambda t: camera, rect)
    if dims == 1 and not cell.strip:
        return _over_time(cell, rect, ranges, titles[0])
    if dims == 1:
        ranges, titles = np.stack([_zoomed(ranges[0], screen), np.array([0.0, 1.0])]), [*titles, ""]
    else:
        ranges = filled(ranges, rect, screen.zoom, screen.shift)
    axes = cell.paper.axes(rect, ranges, (titles[0], titles[1]))
    if dims == 1:
        axes.yaxis.set_visible(False)
        axes.spines["left"].set_visible(False)
    flat = Flat(rect, ranges)
    return Ground(lambda t: flat, rect)


def _view(screen: Screen, usual: tuple[float, float]) -> tuple[float, float]:
    """Yaw and pitch in radians."""
    yaw, pitch = screen.yaw, screen.pitch
    return usual[0] if yaw is None else yaw, usual[1] if pitch is None else pitch


def _zoomed(span: Array, screen: Screen) -> Array:
    """Low and high of the one component in view."""
    half = (span[1] - span[0]) / 2 / screen.zoom
    middle = span.mean() - screen.shift[0] * 2 * half
    return np.array([middle - half, middle + half])


def _over_time(cell: Cell, rect: Rect, ranges: Array, title: str) -> Ground:
    """Axes of time and value, exactly above the staircase."""
    first, last = float(cell.times[0]), float(cell.times[-1])
    rect = cell.across[0], rect[1], cell.across[1] - cell.across[0], rect[3]
    flat = Flat(rect, np.array([[first, last], ranges[0]]))
    cell.paper.axes(rect, flat.ranges, ("flow time t", title), ticks=8)
    clip = (rect[0] - _MARK, rect[1], rect[2] + 2 * _MARK, rect[3])
    return Ground(lambda t: _OverTime(flat, t), clip)


def _depth(cell: Cell) -> Ground:
    """Clouds from left to right, each above its time on the staircase; the zoom is that of the clouds."""
    left, bottom, width, height = cell.inside(flat=False)
    start, end = cell.across
    first, last = float(cell.times[0]), float(cell.times[-1])
    pace = (end - start) / (last - first)
    ranges, zoom = np.array(cell.pane["range"], float), cell.screen.zoom
    half, up, middle = _HALF / Unrolled.narrow * zoom, (height / 2 - 4) * zoom, bottom + height / 2
    plane = len(ranges) == 2
    box = np.insert(ranges, 1, (-1e-9, 1e-9), axis=0) if plane else ranges
    view = _view(cell.screen, _TURNED if plane else (YAW, PITCH))
    camera = Camera((-half, middle - up, 2 * half, 2 * up), box, *view, margin=0, perspective=0)
    cloud: Projection = Card(camera) if plane else camera

    def lens(t: float) -> Projection:
        return Unrolled(cloud, start - pace * first, pace, t)

    return Ground(lens, (left, bottom, width, height))


def draw_rim(cell: Cell, ground: Ground, t: float) -> None:
    """Draws the edges of the box around a cloud that is unrolled at a time."""
    ends = edges(np.array(cell.pane["range"], float))
    places = ground.lens(t)(ends.reshape(-1, cell.dims))[0].reshape(-1, 2, 2)
    cell.paper.lines(ground.clip, cell.paper.colour("grid"), zorder=2).set_segments(list(places))
