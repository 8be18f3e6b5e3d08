"""The curves of a run that is training: charts that are updated in place."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from autoencode_core.figures.theme import ROLES, colour
from pages.shared.setup import dark

MOST_POINTS = 400
HEIGHT = 240
_LABEL_STEP = 0.105
_DASHES: Mapping[str, list[int]] = {"solid": [], "dash": [7, 4], "dot": [2, 3], "longdash": [11, 4]}

_COST = {
    "cost J": ("cost", "cost"),
    "data term": ("data_term", "data term"),
    "penalty": ("penalty", "penalty"),
}
_ERROR = {"training": ("train_error", "train"), "test": ("test_error", "test")}


def live_curves(
    history: Mapping[str, Sequence[float]], key: str, unit: str, iterations: int | None = None
) -> None:
    """Cost with its two parts, and the errors, against the iteration; both on logarithmic axes.

    Args:
        history: columns of equal length: iteration, cost, data_term, penalty, train_error, test_error.
        key: the same for all pictures of one run, so that they are updated in place.
        unit: of the errors.
        iterations: how far the axis reaches, by default to the last iteration.
    """
    reach = max(1, iterations or int(max(history.get("iteration") or [1])))
    left, right = st.columns(2)
    with left:
        _chart(history, _COST, "cost", f"{key}_cost", reach)
    with right:
        _chart(history, _ERROR, f"error, {unit}", f"{key}_error", reach)


def _chart(
    history: Mapping[str, Sequence[float]],
    lines: Mapping[str, tuple[str, str]],
    title: str,
    key: str,
    reach: int,
) -> None:
    # The same words and the same chart at every call: whatever changes beside the data has it drawn anew.
    st.vega_lite_chart(
        _points(history, lines),
        _layers(lines, title, reach, dark()),
        key=key,
        height=HEIGHT,
        alt=f"{', '.join(lines)} against the iteration: {title}, logarithmic.",
    )


def _points(history: Mapping[str, Sequence[float]], lines: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """One row per point, at most 400 a curve; what a logarithm cannot show is left out."""
    iterations = np.asarray(history.get("iteration") or [], dtype=float)
    parts = []
    for name, (column, _) in lines.items():
        values = np.asarray(history.get(column) or [], dtype=float)[: len(iterations)]
        shown = np.flatnonzero(np.isfinite(values) & (values > 0))
        if len(shown) > MOST_POINTS:
            shown = shown[np.unique(np.linspace(0, len(shown) - 1, MOST_POINTS).astype(int))]
        part = pd.DataFrame({"iteration": iterations[shown], "value": values[shown]})
        parts.append(part.assign(curve=name, label=""))
    points = pd.concat(parts, ignore_index=True)
    return _label_ends(points, list(lines))


def _label_ends(points: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Name every curve at its end; names that would overlap are moved apart, in steps of the log axis."""
    ends = {name: float(_last(points, name)) for name in names if (points["curve"] == name).any()}
    points["place"] = points["value"]
    if not ends:
        return points
    low, high = float(points["value"].min()), float(points["value"].max())
    step = max(math.log(high / low), 0.1) * _LABEL_STEP
    below = math.inf
    for name, value in sorted(ends.items(), key=lambda item: -item[1]):
        place = min(math.log(value), below - step)
        below = place
        row = points.index[points["curve"] == name][-1]
        points.loc[row, "label"], points.loc[row, "place"] = name, math.exp(place)
    return points


def _last(points: pd.DataFrame, name: str) -> float:
    return float(points.loc[points["curve"] == name, "value"].iloc[-1])


def _layers(lines: Mapping[str, tuple[str, str]], title: str, reach: int, night: bool) -> dict[str, Any]:
    """The chart without its data: as long as it stays the same, the browser only swaps the data."""
    names, roles = list(lines), [ROLES[role] for _, role in lines.values()]
    ink = colour("ink", night)
    paint = {"domain": names, "range": [role.colour(night) for role in roles]}
    dashes = {"domain": names, "range": [_DASHES[role.dash] for role in roles]}
    scale = {"type": "log", "nice": False, "zero": False}
    numbers = {"type": "quantitative"}
    hues = {"field": "curve", "type": "nominal", "scale": paint, "legend": None}
    curves = {
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {
            "y": {**numbers, "field": "value", "title": title, "scale": scale},
            "color": hues,
            "strokeDash": {"field": "curve", "type": "nominal", "scale": dashes, "legend": None},
            "tooltip": [
                {"field": "curve", "type": "nominal"},
                {**numbers, "field": "iteration", "format": ",d"},
                {**numbers, "field": "value", "format": ".4g"},
            ],
        },
    }
    ends = {
        "transform": [{"filter": "datum.label != ''"}],
        "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 12, "fontWeight": 600},
        "encoding": {"y": {**numbers, "field": "place"}, "text": {"field": "label"}, "color": hues},
    }
    return {
        "encoding": {
            "x": {
                **numbers,
                "field": "iteration",
                "scale": {"domain": [0, reach], "nice": False},
                "axis": {"tickCount": 6, "tickMinStep": 1, "format": ",d", "grid": False},
            }
        },
        "layer": [curves, ends],
        "config": {
            "axis": {"titleColor": ink},
            "axisY": {"tickCount": 4, "format": "~g", "gridOpacity": 0.5},
        },
        "usermeta": {"embedOptions": {"renderer": "canvas"}},
        "padding": {"left": 4, "right": 64, "top": 6, "bottom": 4},
    }
