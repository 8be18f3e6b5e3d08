"""J against λ while a study trains: a mark for each regime, which moves in place."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.panels import WeightAxis
from autoencode_core.figures.theme import ROLES
from autoencode_core.figures.updating import NOMINAL, QUANTITATIVE, UpdatingChart, surroundings
from autoencode_core.store.study import Plan, Setting

_HEIGHT = 260
_WORDS = {"": "regime", "down": "down: λ falls", "up": "up: λ grows"}
_TYPES: Mapping[str, Any] = {
    "weight": float,
    "place": float,
    "J": float,
    "seed": int,
    "branch": object,
    "iteration": int,
}
"""Columns of the points, and what they hold."""

_Latest = Sequence[Mapping[str, float] | None]


def live_strip(latest: _Latest, plan: Plan, *, dark: bool = False) -> UpdatingChart:
    """J of every regime of a study as it is now, against λ.

    Args:
        latest: for each place of the plan the latest row of its history, None before the first.
        plan: the plan.
        dark: whether the page is dark.
    """
    alt = "J of each regime against the Tikhonov weight, while they train; both axes logarithmic."
    return UpdatingChart(live_strip_points(latest, plan), _layers(plan, dark), _HEIGHT, alt)


def live_strip_points(latest: _Latest, plan: Plan) -> dict[str, NDArray[Any]]:
    """One row a regime that has begun: its λ and where that stands, J, seed, branch and iteration.

    Args:
        latest: for each place of the plan the latest row of its history, None before the first.
        plan: the plan.
    """
    axis = WeightAxis(plan.tikhonov)
    rows = []
    for place, row in zip(plan.settings(), latest, strict=False):
        cost = None if row is None else row.get("cost")
        if row is None or cost is None or not math.isfinite(cost) or cost <= 0:
            continue
        at = axis.log(place.tikhonov) + _aside(place, plan, axis)
        iteration = int(row.get("iteration", 0))
        rows.append((place.tikhonov, at, float(cost), place.seed, _WORDS[place.branch], iteration))
    columns = list(zip(*rows, strict=True)) or [()] * len(_TYPES)
    return {
        name: np.array(column, dtype=kind)
        for (name, kind), column in zip(_TYPES.items(), columns, strict=True)
    }


def _aside(place: Setting, plan: Plan, axis: WeightAxis) -> float:
    """Marks of one λ stand beside each other."""
    if plan.kind == "continuation":
        return 0.0
    return axis.room * ((plan.seeds.index(place.seed) + 0.5) / len(plan.seeds) - 0.5)


def _layers(plan: Plan, dark: bool) -> dict[str, Any]:
    """The chart without its data."""
    looks = ["cost"] if plan.kind == "strip" else ["down", "up"]
    roles = [ROLES[look] for look in looks]
    domain = [_WORDS["" if look == "cost" else look] for look in looks]
    legend = {"orient": "top", "title": None} if len(looks) > 1 else None
    branch = {**NOMINAL, "field": "branch", "legend": legend}
    colours = {"domain": domain, "range": [role.colour(dark) for role in roles]}
    shapes = {"domain": domain, "range": [role.symbol for role in roles]}
    scale = {"type": "log", "nice": False, "padding": 12}
    return {
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.85},
        "encoding": {
            "x": {**QUANTITATIVE, "field": "place", "title": "Tikhonov weight λ", **_weights(plan, dark)},
            "y": {**QUANTITATIVE, "field": "J", "title": "cost J", "scale": scale},
            "color": {**branch, "scale": colours},
            "shape": {**branch, "scale": shapes},
            "tooltip": [
                {**QUANTITATIVE, "field": "weight", "title": "λ", "format": ".4~g"},
                {**QUANTITATIVE, "field": "seed", "format": "d"},
                {**QUANTITATIVE, "field": "J", "format": ".4~g"},
                {**QUANTITATIVE, "field": "iteration", "format": ",d"},
            ],
        },
    } | surroundings(dark, right=12)


def _weights(plan: Plan, dark: bool) -> dict[str, Any]:
    """Scale and axis of λ: the ticks of the strip that stands still, which have words of their own."""
    axis = WeightAxis(plan.tikhonov)
    edges, names = axis.edges(), axis.settings(dark, small=False)
    ticks = [round(math.log10(place), 6) for place in names["tickvals"]]
    words = " : ".join(
        f"abs(datum.value - {tick}) < 1e-3 ? '{word}'"
        for tick, word in zip(ticks, names["ticktext"], strict=True)
    )
    return {
        "scale": {"domain": [edges[0], edges[-1]], "nice": False, "zero": False},
        "axis": {"values": ticks, "labelExpr": f"{words} : ''", "grid": False},
    }
