"""What all panes of a film share: how particles look, where they are, and the cell of a pane."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.arrays import pick
from autoencode_core.figures.film.paper import Paper, Rect, colours_of
from autoencode_core.figures.film.screen import MAIN_PANE, Screen
from autoencode_core.figures.scenes.encoding import NOWHERE
from autoencode_core.figures.scenes.parts import colouring, shares

Array = NDArray[Any]
Pane = dict[str, Any]
Show = Callable[[float, int, float], None]
"""Draws the moment at a place among the knots, in an interval of the flow, at a flow time."""

MOST = 1000
"""Particles that are drawn at most, and the picked ones."""

_TITLES, _LEFT, _BOTTOM, _RIGHT, _HINT = 40, 56, 40, 10, 11.0


@dataclass(frozen=True)
class Look:
    """How the drawn particles look.

    Attributes:
        chosen: (m,) their numbers.
        colours: (m, 4), or (1, 4) when all are alike.
        symbols: m names of symbols, or one.
        picked: (m,) bool.
    """

    chosen: Array
    colours: Array
    symbols: list[str]
    picked: Array

    def only(self, kept: Array) -> "Look":
        """The particles at these positions."""
        return Look(
            self.chosen[kept],
            self.colours[kept] if len(self.colours) == len(self.chosen) else self.colours,
            [self.symbols[i] for i in kept] if len(self.symbols) == len(self.chosen) else self.symbols,
            self.picked[kept],
        )

    def faded(self, opacity: float) -> Array:
        """The colours, translucent."""
        found = self.colours.copy()
        found[:, 3] *= opacity
        return found


def look_of(scene: Pane, screen: Screen) -> tuple[Look, Pane | None]:
    """How the particles of a scene look on a screen, and the colouring that says so, if there is one."""
    n = int(scene["n"])
    picked = [number for number in screen.particles if number < n][:MOST]
    chosen = np.union1d(pick(n, MOST), np.array(picked, int)).astype(int)
    found = colouring(scene["colours"], screen.colour)
    page = scene["theme"]["dark" if screen.dark else "light"]
    symbols = ["circle"]
    if found is None:
        colours = colours_of([page["hues"][len(page["hues"]) // 2]])
    elif found["kind"] == "class":
        pairs = [page["classes"][c % len(page["classes"])] for c in found["values"][chosen]]
        colours, symbols = colours_of([pair[0] for pair in pairs]), [pair[1] for pair in pairs]
    elif found["kind"] == "hue":
        colours = ramp(page["hues"], found["values"][chosen])
    else:
        colours = ramp(page["scale"], shares(found)[chosen])
    return Look(chosen, colours, symbols, np.isin(chosen, picked)), found


def ramp(stops: list[str], shares: Array) -> Array:
    """Colours (m, 4) between stops at shares (m,) of the way."""
    known = np.array([to_rgb(stop) for stop in stops])
    at = np.clip(np.nan_to_num(shares), 0, 1) * (len(known) - 1)
    mixed = [np.interp(at, np.arange(len(known)), known[:, i]) for i in range(3)]
    return np.stack([*mixed, np.ones(len(at))], axis=1)


@dataclass
class Track:
    """Where the drawn particles of a pane are.

    Attributes:
        knots: (F, m, c), or one frame when they stand still; NaN where there is nothing.
        times: (F,) flow times of the knots.
    """

    knots: Array
    times: Array

    def at(self, place: float) -> Array:
        """Places (m, c), linear between knots."""
        last = len(self.knots) - 1
        before = min(int(place), max(0, last - 1))
        share = min(place, last) - before
        if share in (0, 1):  # 0 * NaN must not wipe out a state that is still finite when the next is not
            return np.asarray(self.knots[before + int(share)])
        return np.asarray(self.knots[before] * (1 - share) + self.knots[before + 1] * share)

    def time(self, place: float) -> float:
        """Flow time at a place."""
        return float(np.interp(place, np.arange(len(self.times)), self.times))


def strewn(numbers: Array) -> Array:
    """Heights in [0, 1] that part particles by their numbers: as in assets/player/points.js."""
    return np.asarray(0.22 + 0.72 * ((numbers.astype(np.int64) * 40503) & 0xFFFF) / 0x10000)


def unquantised(steps: Array, ranges: list[list[float]]) -> Array:
    """Points (..., c) from what `wire.quantised` made of them."""
    low, high = np.array(ranges, float).T
    values = low + (steps.astype(float) + 32767) / 65534 * (high - low)
    return np.where(steps == NOWHERE, np.nan, values)


@dataclass
class Cell:
    """What every pane is drawn with.

    Attributes:
        paper: the page.
        pane: the pane of the scene.
        rect: its rectangle, titles included.
        look: how the particles look.
        times: (F,) flow times of the knots.
        screen: what of the screen is honoured.
        middle: index of the knot at T/2 before the projection.
        hint: words under the title.
        across: pixels of t = 0 and of the last t on the staircase below.
    """

    paper: Paper
    pane: Pane
    rect: Rect
    look: Look
    times: Array
    screen: Screen
    across: tuple[float, float]
    middle: int
    hint: list[str] = field(default_factory=list)

    def titled(self) -> None:
        """Writes title and hint."""
        left, bottom, width, height = self.rect
        top = bottom + height
        self.paper.text(left, top - 14, self.pane["title"], size=theme.TITLE, room=width)
        words = " · ".join(filter(None, [self.pane["note"], *self.hint]))
        self.paper.text(left, top - 31, words, "muted", _HINT, room=width)

    def inside(self, flat: bool) -> Rect:
        """The rectangle of the picture; a flat one leaves room for ticks and the names of its axes."""
        left, bottom, width, height = self.rect
        if not flat:
            return left, bottom, width, height - _TITLES
        return left + _LEFT, bottom + _BOTTOM, width - _LEFT - _RIGHT, height - _TITLES - _BOTTOM - 2

    def track(self) -> Track:
        """Where the drawn particles are."""
        knots = unquantised(self.pane["positions"][:, self.look.chosen], self.pane["quanta"])
        return Track(knots, self.times)

    @property
    def strip(self) -> bool:
        """Whether one component lies along the horizontal axis, the height only parting the marks."""
        return self.dims == 1 and not (self.main and self.screen.unrolled)

    def strewn(self, values: Array, height: float | None = None) -> Array:
        """Values of the drawn particles (..., m, 1) on a strip (..., m, 2).

        Args:
            values: of the component.
            height: the same for all, in [0, 1]; by default each particle's own, which stays as it moves.
        """
        if not values.size:
            return np.empty((0, 2))
        across = strewn(self.look.chosen) if height is None else np.full(len(self.look.chosen), height)
        return np.stack([values[..., 0], np.broadcast_to(across, values.shape[:-1])], axis=-1)

    def ghost(self) -> Array:
        """Where the drawn particles should end, (m, c) or empty."""
        found = self.pane["ghost"]
        if found is None:
            return np.empty((0, self.pane["dims"]))
        return unquantised(found["positions"][self.look.chosen], self.pane["quanta"])

    def shows(self, layer: str) -> bool:
        """Whether a layer is there and on."""
        found = next((entry for entry in self.pane["layers"] if entry["name"] == layer), None)
        if found is None:
            return layer == "particles"
        asked = self.screen.layers if self.main else None
        if asked is None:
            return bool(found["on"])
        return layer in asked

    def hollow(self, interval: int) -> bool:
        """Whether marks are hollow in an interval of the flow."""
        known = self.pane["hollow"]
        return bool(known[min(max(interval, 0), len(known) - 1)])

    @property
    def dims(self) -> int:
        """Number of drawn components."""
        return int(self.pane["dims"])

    @property
    def main(self) -> bool:
        """Whether camera and layers of the screen are those of this pane."""
        return bool(self.pane["key"] == MAIN_PANE)
