"""The stage of an animated flow: pictures above, then transport and caption, the staircase, the scrubber."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.figures.run.staircase import (
    cursor,
    cursor_trace,
    regions,
    staircase_axes,
    staircase_trace,
)
from autoencode_core.figures.timeline import Timeline
from autoencode_core.figures.transport import buttons, scrubber

HEIGHT, TOP, BOTTOM, LEGEND = 680, 56, 32, 28
LEFT, RIGHT = 62, 18
_STAIRS = (44, 134)
_TRANSPORT = 188
_PICTURES = 252
"""Pixels above the bottom edge of the drawing area; the pictures reach from the last one to its top."""

Moving = Callable[[int], Mapping[str, Any]]


@dataclass
class Pictures:
    """What moves above the staircase.

    Attributes:
        traces: all of its traces.
        moving: for each trace that moves, by number, what it becomes in frame f.
        layout: its axes and scenes, annotations not included.
        annotations: its titles.
        redraw: whether Plotly must redraw for it to move (3-D and images must, flat marks need not).
        legend: empty traces that name the classes.
    """

    traces: list[dict[str, Any]]
    moving: dict[int, Moving]
    layout: dict[str, Any]
    annotations: list[dict[str, Any]] = field(default_factory=list)
    redraw: bool = False
    legend: list[dict[str, Any]] = field(default_factory=list)


def share(pixels: float) -> float:
    """Pixels above the bottom of the drawing area as a share of its height."""
    return pixels / (HEIGHT - TOP - BOTTOM)


def pictures_domain() -> tuple[float, float]:
    """Vertical domain of the pictures."""
    return share(_PICTURES), 1.0


def picture_pixels() -> float:
    """Height of the pictures."""
    return float(HEIGHT - TOP - BOTTOM - _PICTURES)


def stage(line: Timeline, pictures: Pictures, dark: bool) -> go.Figure:
    """The whole animated figure.

    Args:
        line: the frames.
        pictures: what moves above; its axes are x, y, x2, y2 or scenes.
        dark: whether the page is dark.
    """
    stairs, words = ("x3", "y3"), ("x4", "y4")
    first = len(pictures.traces)
    traces = [
        *pictures.traces,
        staircase_trace(line, dark, stairs),
        cursor_trace(line, dark, stairs),
        _caption(line, dark, words),
    ]
    moving: dict[int, Moving] = {
        **pictures.moving,
        first + 1: lambda f: cursor(line, f),
        first + 2: lambda f: {"type": "scatter", "text": [line.captions[f]]},
    }
    # Plotly wipes a subplot in which nothing moves. With redraw every trace is named in every frame, even
    # if nothing about it changes; without, an empty trace that moves in the second picture is cheaper.
    if pictures.redraw:
        still = {i: _unchanged(trace["type"]) for i, trace in enumerate(traces) if i not in moving}
        moving |= still
    else:
        keeper = {"type": "scatter", "x": [None], "y": [None], "xaxis": "x2", "yaxis": "y2"}
        moving[len(traces)] = lambda f: {"type": "scatter", "x": [None]}
        traces.append({**keeper, "showlegend": False})
    frames = [
        {"name": str(f), "traces": list(moving), "data": [move(f) for move in moving.values()]}
        for f in range(len(line))
    ]
    shapes, labels = regions(line, dark, stairs)
    middle = share(_TRANSPORT)
    extra = LEGEND if pictures.legend else 0
    layout = theme.layout(
        dark,
        height=HEIGHT + extra,
        margin={"l": LEFT, "r": RIGHT, "t": TOP + extra, "b": BOTTOM},
        shapes=shapes,
        annotations=[*pictures.annotations, *labels],
        updatemenus=[buttons(dark, pictures.redraw, middle)],
        sliders=[scrubber(line, dark, pictures.redraw, 0)],
        legend=theme.legend(dark, 1 + share(46)),
        showlegend=bool(pictures.legend),
        xaxis4=theme.blank_axis(range=[0, 1], domain=[0, 1], anchor="y4"),
        yaxis4=theme.blank_axis(range=[-1, 1], domain=[middle - 0.02, middle + 0.02], anchor="x4"),
        **staircase_axes(line, dark, (share(_STAIRS[0]), share(_STAIRS[1])), stairs),
        **pictures.layout,
    )
    return go.Figure(data=[*traces, *pictures.legend], layout=layout, frames=frames)


def _unchanged(kind: str) -> Moving:
    return lambda f: {"type": kind}


def _caption(line: Timeline, dark: bool, axes: tuple[str, str]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "text",
        "x": [1],
        "y": [0],
        "text": [line.captions[0]],
        "textposition": "middle left",
        "textfont": {"size": 14, "color": theme.colour("ink", dark)},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "showlegend": False,
        "xaxis": axes[0],
        "yaxis": axes[1],
    }


def titled(title: str, hint: str, x: float, dark: bool) -> list[dict[str, Any]]:
    """A title and a line of explanation above a picture whose left edge is at x and whose top is at 1."""
    small = {"color": theme.colour("muted", dark), "size": theme.SMALL}
    large = {"color": theme.colour("ink", dark), "size": theme.TITLE}
    return [
        theme.note(dark, title, x, 1, yshift=22, font=large),
        theme.note(dark, hint, x, 1, yshift=4, font=small),
    ]
