"""A film of a run: the frames of what the player shows, as arrays of pixels."""

import html
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.data.catalogue import CATALOGUE
from autoencode_core.errors import InputError
from autoencode_core.figures import theme
from autoencode_core.figures.arrays import goal_name
from autoencode_core.figures.film.cell import Cell, Look, Show, look_of, ramp
from autoencode_core.figures.film.cloud import draw_cloud
from autoencode_core.figures.film.mosaic import draw_images
from autoencode_core.figures.film.paper import Paper, Rect
from autoencode_core.figures.film.screen import Screen
from autoencode_core.figures.film.stairs import draw_stairs
from autoencode_core.figures.scenes.flow import Around, flow_scene
from autoencode_core.figures.scenes.parts import clock_places, knot_times
from autoencode_core.figures.timeline import PROJECTION_FRAMES, Timeline, timeline
from autoencode_core.store.record import RunRecord, summary_line
from autoencode_core.words import measured

Array = NDArray[Any]

WIDTH, HEIGHT, LEGEND = 960, 600, 24
_HEAD, _EDGE, _LEFT, _RIGHT, _GAP = 40, 16, 62, 22, 26
_STAIRS = (46, 62)
"""Pixels from the lower edge to the staircase, and its height."""
_CAPTION = 136
_PANES = 158
_ASIDE = 86.0
"""Pixels on each side of a staircase above which a flow is unrolled."""
_FINE = 4000
"""Frames among which a still picture finds its moment."""


class Film:
    """The frames of a run's flow as the player shows it.

    Args:
        record: the run.
        screen: how the player's screen looks.
        frames: number of frames over [0, T]; the projection at T/2 gets some more of its own.
        scale: pixels of the picture for each pixel of the page.
        still: whether there is only one frame, that of the screen's moment.
        around: what was computed for layers of the screen besides the particles.

    Raises:
        InputError: the run has no stored flow, or the screen's time is not in it.
    """

    def __init__(
        self,
        record: RunRecord,
        screen: Screen,
        frames: int = 60,
        scale: int = 1,
        still: bool = False,
        around: Around | None = None,
    ) -> None:
        self.line = moment(record, screen) if still else timeline(record, frames)
        scene = flow_scene(record, "film", beside=not screen.unrolled, around=around)
        look, colouring = look_of(scene, screen)
        legend = LEGEND if colouring and colouring["kind"] != "hue" else 0
        self._paper = paper = Paper(WIDTH, HEIGHT + legend, screen.dark, scale)
        self.alt = str(scene["alt"])
        self._middle = int(scene["timeline"]["encoder"])
        aside = _ASIDE if screen.unrolled else 0.0
        across = _LEFT + aside, WIDTH - _RIGHT - aside
        _head(paper, record)
        self._panes = []
        for pane, rect in _places(paper, scene["panes"], legend):
            cell = Cell(paper, pane, rect, look, knot_times(record), screen, across, self._middle)
            images = pane["kind"] == "images"
            self._panes.append(draw_images(cell) if images else _cloud(cell, record, colouring))
            cell.titled()
        if legend and colouring:
            _legend(paper, colouring, look)
        low, high = _STAIRS
        self._cursor = draw_stairs(paper, self.line, (across[0], low, across[1] - across[0], high))
        self._caption = paper.text(across[0], _CAPTION, "", size=theme.TEXT)
        paper.moves(self._caption)

    def __len__(self) -> int:
        return len(self.line)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frames in pixels, both even."""
        width, height = self._paper.canvas.get_width_height()
        return int(width), int(height)

    def frame(self, number: int) -> Array:
        """A frame, (height, width, 3) uint8."""
        self._put(number)
        return self._paper.frame()

    def in_lines(self, kind: str) -> bytes:
        """The first frame as SVG or PDF, "svg" or "pdf"."""
        self._put(0)
        return self._paper.in_lines(kind, self.alt)

    def _put(self, number: int) -> None:
        """Puts everything where it is in a frame."""
        line = self.line
        place, t = float(line.places[number]), float(line.times[number])
        for show in self._panes:
            show(place, self._interval(place, line.phases[number]), t)
        self._cursor(number)
        self._caption.set_text(html.unescape(line.captions[number]))

    def _interval(self, place: float, phase: str) -> int:
        """The interval of the flow in progress; the end of a phase still belongs to it."""
        if phase == "bottleneck":
            return self._middle
        return min(int(place + 1e-9), self._middle - 1) if phase == "encoder" else int(place + 1e-9)


def moment(record: RunRecord, screen: Screen) -> Timeline:
    """The one frame that shows a screen's moment: the player's, or a flow time, by default the end.

    Raises:
        InputError: the flow has no such time.
    """
    line = timeline(record, _FINE)
    if screen.moment is None:
        found = _at_time(line, screen.at)
    else:
        found = int(np.abs(line.places - _at_clock(line, screen.moment)).argmin())
    only = slice(found, found + 1)
    return replace(
        line,
        times=line.times[only],
        places=line.places[only],
        active=line.active[only],
        phases=line.phases[only],
        captions=line.captions[only],
    )


def _at_time(line: Timeline, at: float | None) -> int:
    """The frame of a flow time; at T/2 it shows the code, not what is dropped there."""
    last = float(line.times[-1])
    if at is None or abs(at - last) < 1e-6 * last:
        return len(line) - 1
    if at > last:
        raise InputError("at", at, f"a flow time from 0 to {last:g}")
    code = line.phases.index("bottleneck") + PROJECTION_FRAMES - 1 if "bottleneck" in line.phases else None
    if code is not None and abs(at - line.times[code]) < last / _FINE:
        return code
    return int(np.abs(line.times - at).argmin())


def _at_clock(line: Timeline, clock: float) -> float:
    """Place among the knots of the player's clock in [0, 3]."""
    times = np.insert(line.knot_times, line.middle, line.knot_times[line.middle])
    return float(np.interp(clock, clock_places(times), np.arange(len(times))))


def _head(paper: Paper, record: RunRecord) -> None:
    spec = record.spec
    title = CATALOGUE[spec.dataset].title if spec.dataset in CATALOGUE else "Your own data"
    about = summary_line(record) + (" · diverged" if record.status == "diverged" else "")
    right = paper.text(
        paper.width - _RIGHT, paper.height - 24, about, "muted", theme.SMALL - 1, ha="right", room=560
    )
    room = paper.width - _EDGE - _RIGHT - paper.width_of(right) - _GAP
    paper.text(_EDGE, paper.height - 25, record.name or title, size=17, room=room)


def _places(paper: Paper, panes: list[dict[str, Any]], legend: int) -> list[tuple[dict[str, Any], Rect]]:
    """The panes side by side, as wide as they ask."""
    spans = np.array([float(pane.get("span", 1)) for pane in panes])
    room = paper.width - _EDGE - _RIGHT - _GAP * (len(panes) - 1)
    widths = room * spans / spans.sum()
    lefts = _EDGE + np.concatenate([[0], np.cumsum(widths + _GAP)[:-1]])
    height = paper.height - _HEAD - legend - _PANES
    return [(p, (float(x), _PANES, float(w), height)) for p, x, w in zip(panes, lefts, widths, strict=True)]


def _cloud(cell: Cell, record: RunRecord, colouring: dict[str, Any] | None) -> Show:
    if cell.main and colouring and colouring["kind"] == "hue":
        cell.hint.append(f"colour: {colouring['name']}")
    if cell.main and cell.shows("ghost") and cell.pane["ghost"] is not None:
        cell.hint.insert(0, f"dots: {goal_name(record)}")
    if cell.main and cell.shows("residuals"):
        word = next(each["word"] for each in cell.pane["layers"] if each["name"] == "residuals")
        cell.hint.insert(0, f"lines: {word.split(' x(')[0]}")
    return draw_cloud(cell)


def _legend(paper: Paper, colouring: dict[str, Any], look: Look) -> None:
    """One line below the title: the classes, or the scale of a quantity."""
    y = paper.height - _HEAD - LEGEND / 2 + 2
    if colouring["kind"] == "scale":
        _scale(paper, colouring, y)
        return
    numbers = np.asarray(colouring["values"])[look.chosen]
    x = _EDGE + 6.0
    for number, first in zip(*np.unique(numbers, return_index=True), strict=True):
        one = look.only(np.array([first]))
        if x > paper.width - 120:
            paper.text(x, y, "…", va="center")
            return
        paper.marks(None, moves=False).show(np.array([[x, y]]), one.colours, one.symbols, 8)
        words = paper.text(x + 10, y, colouring["names"][number], va="center")
        x += 34 + paper.width_of(words)


def _scale(paper: Paper, colouring: dict[str, Any], y: float) -> None:
    """A bar of colours between its smallest and its largest value."""
    low, high = (measured(value).replace("-", "−") for value in colouring["range"])
    unit = f", {colouring['unit']}" if colouring["unit"] else ""
    first = paper.text(_EDGE, y, f"{colouring['name']}{unit}: {low}", va="center")
    x, steps = _EDGE + paper.width_of(first) + 8, 64
    ends = x + np.linspace(0, 120, steps + 1)
    stops = [colour for _, colour in theme.hue_scale(paper.dark)]
    bar = paper.lines(None, ramp(stops, np.linspace(0, 1, steps)), 10)
    bar.set_capstyle("butt")
    bar.set_segments([[(a, y), (b + 0.5, y)] for a, b in pairwise(ends)])
    paper.text(x + 128, y, high + (" (logarithmic)" if colouring["log"] else ""), va="center")
