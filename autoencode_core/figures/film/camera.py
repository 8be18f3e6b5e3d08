"""How points come to pixels: flat, in space, as an upright card, and unrolled along t."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.film.paper import Rect
from autoencode_core.figures.film.screen import PITCH, YAW, towards

Array = NDArray[Any]

_PERSPECTIVE = 0.13
"""How much smaller something becomes that is half the longest side of the box farther away."""


class Projection(Protocol):
    """Points (m, c) to pixels (m, 2), and how near they are (m,)."""

    def __call__(self, points: Array) -> tuple[Array, Array]: ...


@dataclass(frozen=True)
class Flat:
    """Two components, or time and one, on the plane.

    Attributes:
        rect: where, in pixels.
        ranges: (2, 2) what lies at its edges.
    """

    rect: Rect
    ranges: Array

    def __call__(self, points: Array) -> tuple[Array, Array]:
        left, bottom, width, height = self.rect
        share = (points - self.ranges[:, 0]) / (self.ranges[:, 1] - self.ranges[:, 0])
        return share * (width, height) + (left, bottom), np.zeros(len(points))


def filled(ranges: Array, rect: Rect, zoom: float = 1.0, shift: tuple[float, float] = (0.0, 0.0)) -> Array:
    """Ranges (2, 2) widened until both axes have the same scale in the rectangle, then zoomed and moved."""
    size = np.array(rect[2:])
    scale = float(((ranges[:, 1] - ranges[:, 0]) / size).max()) / zoom
    half, middle = size * scale / 2, ranges.mean(axis=1) - moved(shift, rect) * scale
    return np.stack([middle - half, middle + half], axis=1)


def moved(shift: tuple[float, float], rect: Rect) -> Array:
    """The player's shift, right and down in shares of the smaller side, in pixels right and up."""
    return np.array([shift[0], -shift[1]]) * min(rect[2:])


@dataclass(frozen=True)
class Camera:
    """Three components seen from a direction, the box around them as large as the rectangle allows.

    Attributes:
        rect: where, in pixels.
        ranges: (3, 2) the box.
        yaw: angle around the vertical axis in radians.
        pitch: angle above the horizon in radians.
        zoom: 1 shows the whole box.
        shift: right and down, as shares of the rectangle's smaller side.
        margin: pixels kept free around the box for its labels.
        perspective: 0 when far things are as large as near ones.
    """

    rect: Rect
    ranges: Array
    yaw: float = YAW
    pitch: float = PITCH
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    margin: float = 34.0
    perspective: float = _PERSPECTIVE

    @property
    def turn(self) -> Array:
        """Directions (3, 3) in space of right, up and towards the eye; as in assets/player/camera.js."""
        eye = np.array(towards(self.yaw, self.pitch))
        across = np.array([np.cos(self.yaw), -np.sin(self.yaw), 0])
        return np.stack([across, np.cross(eye, across), eye])

    def __call__(self, points: Array) -> tuple[Array, Array]:
        seen, depth = self._seen(points)
        left, bottom, width, height = self.rect
        box = self._seen(corners(self.ranges))[0]
        low, high = box.min(axis=0), box.max(axis=0)
        room = np.maximum(np.array([width, height]) - 2 * self.margin, 20)
        scale = float((room / np.maximum(high - low, 1e-9)).min()) * self.zoom
        middle = np.array([left + width / 2, bottom + height / 2]) + moved(self.shift, self.rect)
        return (seen - (low + high) / 2) * scale + middle, depth

    def _seen(self, points: Array) -> tuple[Array, Array]:
        """Right and up in units of the box's longest half side, and how near."""
        turned = (points - self.ranges.mean(axis=1)) @ self.turn.T
        turned /= (self.ranges[:, 1] - self.ranges[:, 0]).max() / 2
        away = 1 - self.perspective * turned[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            nearer = 1 / np.where(away > 0.1, away, np.nan)  # nothing behind the eye is seen
        return turned[:, :2] * nearer[:, None], turned[:, 2]


@dataclass(frozen=True)
class Card:
    """Two components seen as an upright card in space, the first one receding.

    Attributes:
        camera: what sees it; the second of its three components is the card's thickness.
    """

    camera: Camera

    def __call__(self, points: Array) -> tuple[Array, Array]:
        return self.camera(np.insert(points, 1, 0.0, axis=1))


@dataclass(frozen=True)
class Unrolled:
    """A cloud at flow time t, small, at its place along the horizontal axis.

    Attributes:
        cloud: how it is seen around the place where t = 0 would be.
        start: pixel of t = 0.
        length: pixels from there to t = 1.
        t: the flow time.
        narrow: how much it is narrowed, so that its neighbours do not cover it.
    """

    cloud: Projection
    start: float
    length: float
    t: float
    narrow: float = 0.5

    def __call__(self, points: Array) -> tuple[Array, Array]:
        places, depth = self.cloud(points)
        return places * (self.narrow, 1) + (self.start + self.length * self.t, 0), depth


def corners(ranges: Array) -> Array:
    """Corners (2^c, c) of a box (c, 2)."""
    grid = np.meshgrid(*ranges, indexing="ij")
    return np.stack([axis.ravel() for axis in grid], axis=1)


def edges(ranges: Array) -> Array:
    """Edges (e, 2, c) of a box (c, 2): pairs of corners that differ in one component."""
    ends = corners(ranges)
    pairs = [(a, b) for i, a in enumerate(ends) for b in ends[i + 1 :] if (a != b).sum() == 1]
    return np.array(pairs)
