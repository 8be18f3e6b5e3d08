"""A cloud of particles in a film: marks, rings around the picked ones, the layers that are switched on."""

import html
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.arrays import pick
from autoencode_core.figures.film.cell import Cell, Look, Show, Track, unquantised
from autoencode_core.figures.film.field import draw_field
from autoencode_core.figures.film.ground import Ground, draw_rim, lay_ground
from autoencode_core.figures.film.law import draw_law
from autoencode_core.figures.film.paper import MarkArtist, colours_of

Array = NDArray[Any]

_SIZE = {1: 6.6, 2: 6.6, 3: 8.0}
_DOT, _SPOT, _RING = 4.6, 13.0, 5.0
_TAIL, _TAIL_PIECES = 0.17, 6
"""Share of the flow that a tail is long, and how many pieces it fades in."""
_GHOST_AT, _SPOT_AT = 0.09, 0.55
"""Heights on a strip of one component."""
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
    ground = lay_ground(cell)
    if cell.strip:
        track = Track(cell.strewn(track.knots), track.times)
    if moves and unrolled:
        _ways(cell, ground, track)
    if moves and unrolled and cell.dims > 1:
        _stills(cell, ground, track)
    _spots(cell, ground)
    return _Cloud(cell, ground, track).show


def _ways(cell: Cell, ground: Ground, track: Track) -> None:
    """Where the particles have been and will be, as thin lines."""
    some = pick(len(cell.look.chosen), _MOST_WAYS)
    ways = [ground.lens(t)(knot[some])[0] for t, knot in zip(track.times, track.knots, strict=True)]
    lines = cell.paper.lines(ground.clip, cell.look.only(some).faded(0.4))
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
        if cell.strip:
            at = np.insert(at, 1, _SPOT_AT, axis=1)
        places = ground.lens(float(cell.times[-1]))(at)[0]
        ink, symbol = colours_of([cell.paper.colour("ink")]), theme.ROLES[spots["role"]].symbol
        cell.paper.marks(None, moves=False, zorder=5).show(places, ink, [symbol], _SPOT)
        for (x, y), words in zip(places, spots["words"] or (), strict=False):
            cell.paper.text(x, y + 9, html.unescape(words), ha="center", va="bottom", zorder=6)


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
        goal = cell.ghost()
        self._goal = cell.strewn(goal) if cell.strip else goal
        self._end = float(cell.times[-1])
        self._tails = self._residuals = None
        # Where the flow is unrolled neither is drawn, as in the player.
        still = cell.main and cell.screen.unrolled
        self._law = draw_law(cell, ground) if _has(cell, "density") and not still else None
        self._field = draw_field(cell, ground) if _has(cell, "field") and not still else None
        if len(track.knots) > 1:
            # Where the flow is unrolled the whole ways are drawn.
            if cell.shows("tails") and not (cell.main and cell.screen.unrolled):
                self._tails = paper.lines(clip, _fading(look), moves=True, zorder=3.2)
            if cell.shows("residuals") and len(self._goal):
                residue = colours_of([paper.colour("ink")], min(0.4, 6 / np.sqrt(len(look.chosen))))
                self._residuals = paper.lines(clip, residue, moves=True, zorder=3.1)
        self._marks = paper.marks(clip) if cell.shows("particles") else None
        self._rings = paper.marks(clip, zorder=5) if look.picked.any() else None
        if len(self._goal) and cell.shows("ghost"):
            shown = cell.strewn(goal, _GHOST_AT) if cell.strip else self._goal
            places, ink = ground.lens(self._end)(shown)[0], colours_of([paper.colour("ink")], 0.5)
            symbol = "bar" if cell.strip else "circle"
            paper.marks(clip, moves=False, zorder=2).show(places, ink, [symbol], _DOT, hollow=True)

    def show(self, place: float, interval: int, t: float) -> None:
        """Puts everything where it is in a frame."""
        cell, lens = self._cell, self._ground.lens(t)
        places, depth = lens(self._track.at(place))
        if self._law is not None:
            self._law(place)
        if self._field is not None:
            self._field(interval, t)
        if self._marks is not None:
            _put(cell, self._marks, places, depth, cell.hollow(interval), 1.0)
        if self._rings is not None:
            ink, size = colours_of([cell.paper.colour("ink")]), _SIZE[cell.dims] + _RING
            self._rings.show(places[cell.look.picked], ink, ["circle"], size, hollow=True)
        _segments(self._residuals, lambda: np.stack([places, lens(self._goal)[0]], axis=1))
        _segments(self._tails, lambda: self._trail(place))

    def _trail(self, place: float) -> Array:
        """The last part of each way in pieces, the oldest first, (pieces m, 2, 2)."""
        length = _TAIL * (len(self._track.knots) - 1)
        back = np.maximum(0.0, np.linspace(place - length, place, _TAIL_PIECES + 1))
        seen = np.stack([self._ground.lens(self._track.time(p))(self._track.at(p))[0] for p in back])
        return np.stack([seen[:-1], seen[1:]], axis=2).reshape(-1, 2, 2)


def _has(cell: Cell, layer: str) -> bool:
    """Whether a layer is on whose data had to be computed."""
    return cell.pane.get(layer) is not None and cell.shows(layer)


def _fading(look: Look) -> Array:
    """Colours of the pieces of all tails, the oldest first, (pieces m, 4): older is paler."""
    every = np.broadcast_to(look.colours, (len(look.chosen), 4))
    strengths = 0.55 * (np.arange(_TAIL_PIECES) + 0.5) / _TAIL_PIECES
    found = np.tile(every, (_TAIL_PIECES, 1, 1)).copy()
    found[..., 3] *= strengths[:, None]
    return found.reshape(-1, 4)


def _segments(lines: LineCollection | None, ends: Any) -> None:
    if lines is not None:
        lines.set_segments(list(ends()))
