"""The staircase of driven components below a film, with a cursor at the present time."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from autoencode_core.figures import theme
from autoencode_core.figures.film.paper import Paper, Rect, points, rgba
from autoencode_core.figures.timeline import Timeline


def draw_stairs(paper: Paper, line: Timeline, rect: Rect) -> Callable[[int], None]:
    """Draws the staircase and returns what moves its cursor.

    Args:
        paper: the page.
        line: the frames.
        rect: the plotting area; ticks and names stand around it.
    """
    d, k = int(line.active.shape[1]), int(line.widths[line.middle])
    top, ink = 1.12 * d, paper.colour("ink")
    ranges = np.array([[line.knot_times[0], line.knot_times[-1]], [0, top]], float)
    axes = paper.axes(rect, ranges, ("flow time t", "driven, a(t)"), ticks=8)
    close = k in (0, d) or d - k < 0.2 * d or k < 0.2 * d
    axes.yaxis.set_ticks([0, d] if close else [0, k, d])
    axes.xaxis.grid(False)
    _regions(paper, axes, line, rect)
    times, widths = line.knot_times, np.append(line.widths[:-1], line.widths[-2])
    axes.step(times, widths, where="post", color=ink, linewidth=points(theme.LINE))
    axes.fill_between(times, widths, step="post", color=rgba(theme.translucent(ink, 0.08)), linewidth=0)
    green = paper.colour("now")
    (now,) = axes.plot([], [], color=green, linewidth=points(theme.LINE), clip_on=False, zorder=6)
    (mark,) = axes.plot([], [], marker="D", markersize=points(9), color=green, clip_on=False, zorder=7)
    for artist in (now, mark):
        paper.moves(artist, axes)

    def show(frame: int) -> None:
        t, driven = line.times[frame], line.active[frame].sum()
        now.set_data([t, t], [0, top])
        mark.set_data([t], [driven])

    return show


def _regions(paper: Paper, axes: Axes, line: Timeline, rect: Rect) -> None:
    """Shades and names of encoder, bottleneck and decoder."""
    start, half, end = (float(line.knot_times[i]) for i in (0, line.middle, -1))
    spans = [("encoder", start, half, 0.06)]
    if line.has_decoder:
        spans.append(("decoder", half, end, 0.16))
    for name, low, high, shade in spans:
        colour = rgba(theme.translucent(paper.colour(name), shade))
        axes.axvspan(low, high, color=colour, linewidth=0, zorder=0)
    dashes: Any = (0, (4, 3))
    axes.axvline(half, color=paper.colour("bottleneck"), linewidth=points(theme.LINE), linestyle=dashes)
    names = [(name, (low + high) / 2, name) for name, low, high, _ in spans]
    names.append(("bottleneck", half, f"bottleneck, k = {int(line.widths[line.middle])}"))
    left, bottom, width, height = rect
    for role, t, words in names:
        x = left + width * (t - start) / (end - start)
        side = "right" if t == end else "center"
        paper.text(x, bottom + height + 3, words, color=paper.colour(role), ha=side, va="bottom")
