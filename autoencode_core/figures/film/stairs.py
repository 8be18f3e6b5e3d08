"""The staircase of driven components below a film, with a cursor at the present time."""

from collections.abc import Callable

import numpy as np

from autoencode_core.figures import theme
from autoencode_core.figures.film.paper import Paper, Rect, points, rgba
from autoencode_core.figures.run.staircase import cursor, regions, staircase_axes, staircase_trace
from autoencode_core.figures.timeline import Timeline

_IDS = ("x", "y")


def draw_stairs(paper: Paper, line: Timeline, rect: Rect) -> Callable[[int], None]:
    """Draws the staircase and returns what moves its cursor.

    Args:
        paper: the page.
        line: the frames.
        rect: the plotting area; ticks and names stand around it.
    """
    layout, trace = staircase_axes(line, paper.dark, (0, 1), _IDS), staircase_trace(line, paper.dark, _IDS)
    ranges = np.array([layout["xaxis"]["range"], layout["yaxis"]["range"]], float)
    titles = layout["xaxis"]["title"]["text"], layout["yaxis"]["title"]["text"]
    axes = paper.axes(rect, ranges, titles, ticks=8)
    axes.yaxis.set_ticks(layout["yaxis"]["tickvals"])
    axes.xaxis.grid(False)
    shapes, labels = regions(line, paper.dark, _IDS)
    for shape in shapes:
        if shape["type"] == "rect":
            axes.axvspan(shape["x0"], shape["x1"], color=rgba(shape["fillcolor"]), linewidth=0, zorder=0)
        else:
            dashes = shape["line"]
            axes.axvline(
                shape["x0"], color=dashes["color"], linewidth=points(dashes["width"]), linestyle=(0, (4, 3))
            )
    axes.step(trace["x"], trace["y"], where="post", color=paper.colour("ink"), linewidth=points(theme.LINE))
    axes.fill_between(trace["x"], trace["y"], step="post", color=rgba(trace["fillcolor"]), linewidth=0)
    left, bottom, width, height = rect
    for label in labels:
        share = (label["x"] - ranges[0, 0]) / (ranges[0, 1] - ranges[0, 0])
        place = left + width * share, bottom + height + 3
        paper.text(*place, label["text"], color=label["font"]["color"], ha=label["xanchor"], va="bottom")
    green = paper.colour("now")
    (now,) = axes.plot([], [], color=green, linewidth=points(theme.LINE), clip_on=False, zorder=6)
    (mark,) = axes.plot([], [], marker="D", markersize=points(9), color=green, clip_on=False, zorder=7)
    for artist in (now, mark):
        paper.moves(artist, axes)

    def show(frame: int) -> None:
        at = cursor(line, frame)
        now.set_data(at["x"], at["y"])
        mark.set_data(at["x"][1:2], at["y"][1:2])

    return show
