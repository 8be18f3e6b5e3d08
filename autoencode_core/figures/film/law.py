"""The law μ_t below a cloud in a film: particles moved, counted in cells and smoothed, as in the player."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.collections import QuadMesh
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from autoencode_core.figures.film.cell import Cell, Track, unquantised
from autoencode_core.figures.film.ground import Ground
from autoencode_core.figures.film.paper import rgba

Array = NDArray[Any]

LEAST = 0.6
"""Smallest bandwidth in cells, as in analysis.flow.law."""
_OPACITY = {False: 0.55, True: 0.65}


class Law:
    """The law of a pane's moving particles on its cells.

    Args:
        spec: the pane's "density" (figures.scenes.law.moving_law).
    """

    def __init__(self, spec: dict[str, Any]) -> None:
        self._track = Track(unquantised(spec["positions"], spec["quanta"]), np.asarray(spec["times"], float))
        self.ranges, self.bins = np.asarray(spec["range"], float), tuple(spec["bins"])
        self._masses, self._most, self._smooth = spec["masses"], float(spec["most"]), bool(spec["smooth"])

    def mass(self, place: float) -> Array:
        """Mass per cell at a place among the knots, (rows, columns), rows from below.

        Source:
            D. W. Scott, Multivariate Density Estimation (1992), rule (6.43), on each axis.
        """
        points = self._track.at(place)[:, : len(self.bins)]
        cells = (points - self.ranges[:, 0]) / (self.ranges[:, 1] - self.ranges[:, 0]) * self.bins
        inside = ((cells >= 0) & (cells <= self.bins)).all(axis=1)
        weights = np.full(len(points), 1 / len(points)) if self._masses is None else self._masses
        edges = [np.arange(bins + 1) for bins in self.bins]
        found = np.histogramdd(cells[inside], edges, weights=np.asarray(weights, float)[inside])[0]
        if self._smooth:
            count = max(1, int(inside.sum()))
            spread = cells[inside].std(axis=0) if inside.any() else np.zeros(len(self.bins))
            width = np.maximum(spread * count ** (-1 / (points.shape[1] + 4)), LEAST)
            found = gaussian_filter(found, width, mode="reflect")
        return np.atleast_2d(found.T)

    def levels(self, place: float) -> Array:
        """How dark each cell is, in [0, 1]: the root, or what gathers on a line would hide the rest."""
        return np.asarray(np.sqrt(np.minimum(1, self.mass(place) / self._most)))


def draw_law(cell: Cell, ground: Ground) -> Callable[[float], None]:
    """Lays the cells of a pane's law on its ground, and returns what colours them at a place.

    Args:
        cell: the cell, whose pane has a density.
        ground: where it is drawn; of three components the law lies on the floor.
    """
    law, paper = Law(cell.pane["density"]), cell.paper
    edges = [np.linspace(low, high, n + 1) for (low, high), n in zip(law.ranges, law.bins, strict=True)]
    across, up = np.meshgrid(edges[0], edges[1] if len(edges) > 1 else np.array([0.0, 1.0]))
    corners = np.stack([across.ravel(), up.ravel()], axis=1)
    if cell.dims == 3:
        corners = np.insert(corners, 2, cell.pane["range"][2][0], axis=1)
    places = ground.lens(0.0)(corners)[0].reshape(*across.shape, 2)
    tint = np.array(rgba(paper.colour("encoder")))
    mesh = QuadMesh(places, antialiased=False, transform=paper.pixels, linewidth=0)
    mesh.set_zorder(0.5)
    paper.add_moving(mesh, ground.clip)

    painted: Any = mesh  # arrays of colours are not among its types

    def show(place: float) -> None:
        levels = law.levels(place)
        colours = np.broadcast_to(tint, (*levels.shape, 4)).copy()
        colours[..., 3] = _OPACITY[paper.dark] * levels
        painted.set_facecolor(colours.reshape(-1, 4))

    return show
