"""The box around a cloud in space: its three far faces with a grid, ticks and names along its rim."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.film.camera import Camera
from autoencode_core.figures.film.paper import Paper, locator
from autoencode_core.words import measured

Array = NDArray[Any]

_SHORT = 36.0
"""Pixels below which an edge, seen from its end, gets no labels."""


def draw_box(paper: Paper, camera: Camera, titles: tuple[str, ...]) -> None:
    """Draws the box of a camera.

    Args:
        paper: where.
        camera: what it sees.
        titles: of the three axes.
    """
    ranges = camera.ranges
    near = camera.turn[2] >= 0
    far, front = np.where(near, ranges[:, 0], ranges[:, 1]), np.where(near, ranges[:, 1], ranges[:, 0])
    ticks = [_ticks(*span) for span in ranges]
    lines = [line for axis in range(3) for line in _grid(axis, ticks[axis], far, ranges)]
    ends = camera(np.concatenate(lines))[0].reshape(-1, 2, 2)
    paper.lines(camera.rect, paper.colour("grid"), zorder=1).set_segments(list(ends))
    for axis in range(3):
        _label(paper, camera, axis, ticks[axis], _rim(camera, axis, far, front), titles[axis])


def _ticks(low: float, high: float) -> Array:
    found = np.asarray(locator(4).tick_values(low, high))
    return found[(found > low) & (found < high)]


def _grid(axis: int, ticks: Array, far: Array, ranges: Array) -> list[Array]:
    """Lines (2, 3) where a component has a tick, or ends, on the two far faces that it runs along."""
    lines = []
    for face in {0, 1, 2} - {axis}:
        (along,) = {0, 1, 2} - {axis, face}
        for value in (*ranges[axis], *ticks):
            line = np.tile(far, (2, 1))
            line[:, axis], line[:, along] = value, ranges[along]
            lines.append(line)
    return lines


def _rim(camera: Camera, axis: int, far: Array, front: Array) -> Array:
    """The labelled edge (2, 3) along a component: the left one of the vertical, the lowest of the others."""
    one, other = sorted({0, 1, 2} - {axis})
    found = []
    for near_one in (False, True):
        edge = np.tile(np.where(np.arange(3) == (one if near_one else other), front, far), (2, 1))
        edge[:, axis] = camera.ranges[axis]
        found.append(edge)
    middles = [camera(edge)[0].mean(axis=0) for edge in found]
    which = int(np.argmin([middle[0 if axis == 2 else 1] for middle in middles]))
    return found[which]


def _label(paper: Paper, camera: Camera, axis: int, ticks: Array, edge: Array, title: str) -> None:
    ends = camera(edge)[0]
    along = ends[1] - ends[0]
    length = float(np.linalg.norm(along))
    if not length > _SHORT:
        return
    outward = np.array([-along[1], along[0]]) / length
    middle = camera(camera.ranges.mean(axis=1)[None])[0][0]
    outward *= np.sign((ends.mean(axis=0) - middle) @ outward) or 1.0
    paper.lines(camera.rect, paper.colour("muted"), zorder=2).set_segments([ends])
    places = np.tile(edge[0], (len(ticks), 1))
    places[:, axis] = ticks
    at = camera(places)[0] + outward * (9 + 6 * abs(outward[0]))
    for place, tick in zip(at, ticks, strict=True):
        if _within(camera, place):
            words = measured(tick, 6).replace("-", "−")
            paper.text(place[0], place[1], words, "muted", 11, ha="center", va="center")
    place = ends.mean(axis=0) + outward * (26 + 8 * abs(outward[0]))
    if _within(camera, place):
        paper.text(place[0], place[1], title, ha="center", va="center")


def _within(camera: Camera, place: Array) -> bool:
    left, bottom, width, height = camera.rect
    return bool(left <= place[0] <= left + width and bottom <= place[1] <= bottom + height)
