"""Images in a film: each under its still input."""

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.film.cell import Cell, Show, Track, ramp
from autoencode_core.figures.run.images import bands, mosaic
from autoencode_core.figures.theme import GREYS, colour

_ROOM = 52.0
"""Pixels on the left for the names of the rows."""
_COLUMNS = 5
_LEVEL = (0.0, 255.0)


def draw_images(cell: Cell) -> Show:
    """Draws what stands still of a mosaic and returns what draws its images in a frame."""
    paper, pane = cell.paper, cell.pane
    moving = Track(pane["frames"].astype(np.float32), cell.times)
    still = moving.knots[0] if pane["still"] is None else pane["still"].astype(np.float32)
    table = _table(paper.dark)

    def pixels(place: float) -> NDArray[np.uint8]:
        rows = bands(still, moving.at(place), _COLUMNS)
        return mosaic(rows, tuple(pane["image"]), [_LEVEL] * len(rows))

    first = pixels(0)
    left, bottom, width, height = cell.inside(False)
    fit = min((width - _ROOM) / first.shape[1], height / first.shape[0])
    fit = float(int(fit)) if fit >= 1 else fit  # whole pixels stay square
    wide, tall = first.shape[1] * fit, first.shape[0] * fit
    top = bottom + height
    axes = paper.figure.add_axes(
        ((left + _ROOM) / paper.width, (top - tall) / paper.height, wide / paper.width, tall / paper.height)
    )
    axes.set_axis_off()
    image = axes.imshow(table[first], interpolation="nearest", aspect="auto")
    paper.moves(image, axes)
    count = len(bands(still, still, _COLUMNS))
    for row in range(count):
        name, height = ("input", "x(t)")[row % 2], tall * (row + 0.5) / count
        paper.text(left + _ROOM - 8, top - height, name, "muted", ha="right", va="center")
    return lambda place, interval, t: image.set_data(table[pixels(place)])


def _table(dark: bool) -> NDArray[np.uint8]:
    """Colour (256, 3) of every level of a mosaic; the last one is the page."""
    greys = ramp(list(GREYS[dark]), np.linspace(0, 1, 255))[:, :3]
    page = ramp([colour("page", dark)] * 2, np.zeros(1))[:, :3]
    table: NDArray[np.uint8] = np.rint(np.concatenate([greys, page]) * 255).astype(np.uint8)
    return table
