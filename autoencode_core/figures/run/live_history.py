"""Cost and errors of a run while it trains: charts that are updated in place."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.changes import Change, change_in_words
from autoencode_core.figures.theme import ROLES, colour
from autoencode_core.figures.updating import NOMINAL, QUANTITATIVE, UpdatingChart, surroundings

MOST_POINTS = 400
"""Most points of a curve."""
_HEIGHT = 240
_LABEL_STEP = 0.105
_DASHES: Mapping[str, list[int]] = {"solid": [], "dash": [7, 4], "dot": [2, 3], "longdash": [11, 4]}

_END, _CHANGE = "end of the axis", "change by hand"
"""Rows of the data that are no points of a curve."""
_CLOSE = 0.22
"""Room for the label of a change, as a share of the axis."""

_History = Mapping[str, Sequence[float]]
_Lines = Mapping[str, tuple[str, str]]
"""Name of each line: its column of the history, and its role in the theme."""
_COST: _Lines = {
    "cost J": ("cost", "cost"),
    "data term": ("data_term", "data term"),
    "penalty": ("penalty", "penalty"),
}
_ERROR: _Lines = {"training": ("train_error", "train"), "test": ("test_error", "test")}


def live_cost(
    history: _History, reach: int, changes: Sequence[Change] = (), *, dark: bool = False
) -> UpdatingChart:
    """Cost with its two parts against the iteration, on a logarithmic axis.

    Args:
        history: columns of equal length: iteration, cost, data_term, penalty.
        reach: last iteration of the axis, from axis_reach.
        changes: made by hand; each has an upright line.
        dark: whether the page is dark.
    """
    return _chart(history, _COST, "cost", reach, changes, dark)


def live_error(
    history: _History, unit: str, reach: int, changes: Sequence[Change] = (), *, dark: bool = False
) -> UpdatingChart:
    """Errors on training and test particles against the iteration, on a logarithmic axis.

    Args:
        history: columns of equal length: iteration, train_error, test_error.
        unit: of the errors.
        reach: last iteration of the axis, from axis_reach.
        changes: as in `live_cost`.
        dark: whether the page is dark.
    """
    return _chart(history, _ERROR, f"error, {unit}", reach, changes, dark)


def axis_reach(iteration: int, most: int) -> int:
    """How far the axis goes: it doubles as the run goes on, so that the curves seldom jump.

    Args:
        iteration: the newest one.
        most: iterations of the run, at least 1.
    """
    return min(most, 1 << math.ceil(math.log2(max(50, iteration) + 1)))


def _chart(
    history: _History, lines: _Lines, title: str, reach: int, changes: Sequence[Change], dark: bool
) -> UpdatingChart:
    alt = f"{', '.join(lines)} against the iteration: {title}, logarithmic."
    points = live_points(history, lines)
    marks = _marks(changes, reach)
    columns = {name: np.concatenate([points[name], marks[name]]) for name in points}
    return UpdatingChart(columns, _layers(lines, title, dark), _HEIGHT, alt)


def _marks(changes: Sequence[Change], reach: int) -> dict[str, NDArray[Any]]:
    """The end of the axis and the changes by hand, as rows that belong to no curve.

    The end stands in the data, so that the layers stay the same and the browser keeps the chart.
    """
    named = labelled([change.iteration for change in changes], _CLOSE * reach)
    places = [(reach, _END, "")] + [
        (change.iteration, _CHANGE, change_in_words(change) if name else "")
        for change, name in zip(changes, named, strict=True)
    ]
    iterations, kinds, labels = zip(*places, strict=True)
    nothing = np.full(len(places), np.nan)
    return {
        "iteration": np.array(iterations, float),
        "value": nothing,
        "curve": np.array(kinds, dtype=object),
        "label": np.array(labels, dtype=object),
        "place": nothing,
    }


def live_points(history: _History, lines: _Lines) -> dict[str, NDArray[Any]]:
    """One row a point, at most MOST_POINTS a curve; what a logarithm cannot show is left out.

    Args:
        history: columns of equal length.
        lines: name of each line: its column, and its role in the theme.

    Returns:
        Columns iteration, value, curve (its name), label (its name again at its last point, else "") and
        place (where the label stands: names that would overlap are moved apart).
    """
    iterations = np.asarray(history.get("iteration") or [], dtype=float)
    parts = [_curve(iterations, history.get(column) or [], name) for name, (column, _) in lines.items()]
    points = {
        name: np.concatenate([part[name] for part in parts]) for name in ("iteration", "value", "curve")
    }
    return points | _end_labels(points["value"], points["curve"])


def _curve(iterations: NDArray[Any], column: Sequence[float], name: str) -> dict[str, NDArray[Any]]:
    values = np.asarray(column, dtype=float)[: len(iterations)]
    shown = np.flatnonzero(np.isfinite(values) & (values > 0))
    if len(shown) > MOST_POINTS:
        shown = shown[np.unique(np.linspace(0, len(shown) - 1, MOST_POINTS).astype(int))]
    names = np.full(len(shown), name, dtype=object)
    return {"iteration": iterations[shown], "value": values[shown], "curve": names}


def _end_labels(values: NDArray[Any], curves: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Names the curves at their ends, apart from each other, in steps of the logarithmic axis."""
    labels, places = np.full(len(values), "", dtype=object), values.copy()
    ends = {name: row for row, name in enumerate(curves)}
    if ends:
        step = max(math.log(values.max() / values.min()), 0.1) * _LABEL_STEP
    below = math.inf
    for name, row in sorted(ends.items(), key=lambda end: -values[end[1]]):
        below = min(math.log(values[row]), below - step)
        labels[row], places[row] = name, math.exp(below)
    return {"label": labels, "place": places}


def labelled(places: Sequence[float], apart: float) -> list[bool]:
    """Which of several marks have a label: the last one, and of the others those that leave it room.

    Args:
        places: of the marks, ascending.
        apart: room that a label takes.
    """
    named, right = [False] * len(places), math.inf
    for i in reversed(range(len(places))):
        if places[i] + apart <= right:
            named[i], right = True, places[i]
    return named


def _layers(lines: _Lines, title: str, dark: bool) -> dict[str, Any]:
    """The chart without its data."""
    names, roles = list(lines), [ROLES[role] for _, role in lines.values()]
    paint = {"domain": names, "range": [role.colour(dark) for role in roles]}
    dashes = {"domain": names, "range": [_DASHES[role.dash] for role in roles]}
    scale = {"type": "log", "nice": False, "zero": False}
    hues = {**NOMINAL, "field": "curve", "scale": paint, "legend": None}
    curves = {
        "transform": [{"filter": {"field": "curve", "oneOf": names}}],
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {
            "y": {**QUANTITATIVE, "field": "value", "title": title, "scale": scale},
            "color": hues,
            "strokeDash": {**NOMINAL, "field": "curve", "scale": dashes, "legend": None},
            "tooltip": [
                {**NOMINAL, "field": "curve"},
                {**QUANTITATIVE, "field": "iteration", "format": ",d"},
                {**QUANTITATIVE, "field": "value", "format": ".4g"},
            ],
        },
    }
    ends = {
        "transform": [{"filter": {"field": "curve", "oneOf": names}}, {"filter": "datum.label != ''"}],
        "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 12, "fontWeight": 600},
        "encoding": {"y": {**QUANTITATIVE, "field": "place"}, "text": {"field": "label"}, "color": hues},
    }
    across = {
        **QUANTITATIVE,
        "field": "iteration",
        "scale": {"zero": True, "nice": False},
        "axis": {"tickCount": 6, "tickMinStep": 1, "format": ",d", "grid": False},
    }
    layers = [curves, ends, *_upright(dark)]
    return {"encoding": {"x": across}, "layer": layers} | surroundings(dark, right=64)


def _upright(dark: bool) -> list[dict[str, Any]]:
    """The layers of the changes by hand, and of the end of the axis, which is not to be seen."""

    def only(kind: str) -> list[dict[str, Any]]:
        return [{"filter": {"field": "curve", "equal": kind}}]

    ink = colour("ink", dark)
    words = {"type": "text", "align": "left", "baseline": "top", "dx": 4, "fontSize": 12, "color": ink}
    return [
        {"transform": only(_END), "mark": {"type": "rule", "opacity": 0}},
        {"transform": only(_CHANGE), "mark": {"type": "rule", "strokeDash": [2, 3], "color": ink}},
        {
            "transform": only(_CHANGE),
            "mark": words,
            "encoding": {"y": {"value": 0}, "text": {"field": "label"}},
        },
    ]
