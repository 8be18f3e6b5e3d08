"""A cloud of particles in a film: marks, rings around the picked ones, tails, ghosts and residuals."""

import html
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.arrays import pick, swarm
from autoencode_core.figures.film.cell import Cell, Show, Track, unquantised
from autoencode_core.figures.film.ground import Ground, draw_rim, lay_ground
from autoencode_core.figures.film.paper import MarkArtist, colours_of

Array = NDArray[Any]

_SIZE = {1: 6.5, 2: 6.5, 3: 5.5}
_DOT, _SPOT, _RING = 3.4, 13.0, 5.0
_TAIL, _TAIL_POINTS = 0.08, 5
"""Share of the flow that a tail is long, and its points."""
_MOST_WAYS = 80
_STILLS = 3
"""Clouds that stand still on each side of the bottleneck, where a flow is unrolled."""


def draw_cloud(cell: Cell) -> Show:
    """Draws what stands still of a cloud and returns what draws the rest of a frame."""
    track, look = cell.track(), cell.look
    moves, unrolled = len(track.knots) > 1, cell.main and cell.screen.unrolled
    lost = int((~np.isfinite(track.knots).all(axis=(0, 2))).sum())
    if lost:
        cell.hint.insert(0, f"{lost} of {len(look.chosen)} particles leave all bounds")
    ground = lay_ground(cell, moves)
    if not moves and cell.dims == 1:
        track = Track(_sideways(track.knots), track.times)
    if moves and (unrolled or cell.dims == 1):
        _ways(cell, ground, track, coloured=unrolled)
    if moves and unrolled and cell.dims > 1:
        _stills(cell, ground, track)
    _spots(cell, ground)
    return _Cloud(cell, ground, track).show


def _sideways(values: Array) -> Array:
    """Numbers (1, m, 1) as points (1, m, 2), laid out like a histogram on its side."""
    return np.stack([swarm(values[0, :, 0]), values[0, :, 0]], axis=1)[None]


def _ways(cell: Cell, ground: Ground, track: Track, coloured: bool) -> None:
    """Where the particles have been and will be, as thin lines."""
    some = pick(len(cell.look.chosen), _MOST_WAYS)
    ways = [ground.lens(t)(knot[some])[0] for t, knot in zip(track.times, track.knots, strict=True)]
    muted = colours_of([cell.paper.colour("muted")], 0.35)
    lines = cell.paper.lines(ground.clip, cell.look.only(some).faded(0.4) if coloured else muted)
    lines.set_segments(list(np.stack(ways, axis=1)))


def _stills(cell: Cell, ground: Ground, track: Track) -> None:
    """Clouds at some times, evenly spaced, among them the code at T/2."""
    twice, last = np.flatnonzero(np.diff(track.times) == 0), len(track.times) - 1
    middle = int(twice[0]) if len(twice) else last
    before, after = np.linspace(0, middle, _STILLS + 1)[:-1], np.linspace(middle + 1, last, _STILLS + 1)
    for place in dict.fromkeys([*before, *np.minimum(after, last)]):
        t = track.time(place)
        draw_rim(cell, ground, t)
        marks = cell.paper.marks(ground.clip, moves=False, zorder=2.5)
        _put(cell, marks, *ground.lens(t)(track.at(place)), cell.hollow(int(np.ceil(place)) - 1), 0.4)
    cell.hint.append("depth runs from left to right, above its time t")


def _spots(cell: Cell, ground: Ground) -> None:
    """Named places that stand still, such as those of the labels."""
    for spots in cell.pane["points"]:
        at = unquantised(spots["positions"], cell.pane["quanta"])
        if cell.dims == 1:
            at = np.insert(at, 0, 1.15, axis=1)
        places = ground.lens(float(cell.times[-1]))(at)[0]
        ink, symbol = colours_of([cell.paper.colour("ink")]), theme.ROLES[spots["role"]].symbol
        cell.paper.marks(None, moves=False, zorder=5).show(places, ink, [symbol], _SPOT)
        side = "right" if cell.dims == 1 else "center"
        for (x, y), words in zip(places, spots["words"] or (), strict=False):
            cell.paper.text(x, y + 9, html.unescape(words), ha=side, va="bottom", zorder=6)


def _put(cell: Cell, marks: MarkArtist, places: Array, depth: Array, hollow: bool, opacity: float) -> None:
    """MarkArtist at their places, the near ones last."""
    order = np.argsort(depth, kind="stable")
    look = cell.look.only(order)
    marks.show(places[order], look.faded(opacity), look.symbols, _SIZE[cell.dims], hollow)


class _Cloud:
    """The artists of a cloud that change from frame to frame."""

    def __init__(self, cell: Cell, ground: Ground, track: Track) -> None:
        self._cell, self._ground, self._track = cell, ground, track
        paper, clip, look = cell.paper, ground.clip, cell.look
        self._goal = cell.ghost()
        self._end = float(cell.times[-1])
        self._tails = self._residuals = None
        if len(track.knots) > 1:
            # Where the flow is unrolled the whole ways are drawn.
            if cell.shows("tails") and not (cell.main and cell.screen.unrolled):
                self._tails = paper.lines(clip, look.faded(0.45), moves=True, zorder=3.2)
            if cell.shows("residuals") and len(self._goal):
                residue = colours_of([paper.colour("reconstruction")], 0.6)
                self._residuals = paper.lines(clip, residue, moves=True, zorder=3.1)
        self._marks = paper.marks(clip) if cell.shows("particles") else None
        self._rings = paper.marks(clip, zorder=5) if look.picked.any() else None
        if len(self._goal) and cell.shows("ghost"):
            places = ground.lens(self._end)(self._goal)[0]
            muted = colours_of([paper.colour("muted")], 0.45)
            paper.marks(clip, moves=False, zorder=2).show(places, muted, ["circle"], _DOT, edge=0)

    def show(self, place: float, interval: int, t: float) -> None:
        """Puts everything where it is in a frame."""
        cell, lens = self._cell, self._ground.lens(t)
        places, depth = lens(self._track.at(place))
        if self._marks is not None:
            _put(cell, self._marks, places, depth, cell.hollow(interval), 1.0)
        if self._rings is not None:
            ink, size = colours_of([cell.paper.colour("ink")]), _SIZE[cell.dims] + _RING
            self._rings.show(places[cell.look.picked], ink, ["circle"], size, hollow=True)
        _segments(self._residuals, lambda: np.stack([places, lens(self._goal)[0]], axis=1))
        _segments(self._tails, lambda: self._trail(place))

    def _trail(self, place: float) -> Array:
        """The last part of each way, (m, points, 2)."""
        length = _TAIL * (len(self._track.knots) - 1)
        back = np.linspace(max(0.0, place - length), place, _TAIL_POINTS)
        seen = [self._ground.lens(self._track.time(p))(self._track.at(p))[0] for p in back]
        return np.stack(seen, axis=1)


def _segments(lines: LineCollection | None, ends: Any) -> None:
    if lines is not None:
        lines.set_segments(list(ends()))
