"""J against λ while a study trains: a mark for each regime, which moves in place."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from autoencode_core.figures.panels import WeightAxis
from autoencode_core.figures.theme import ROLES, colour
from autoencode_core.store.study import Plan, Setting
from pages.shared.setup import dark

HEIGHT = 260
_SHAPES: Mapping[str, str] = {
    "circle": "circle",
    "triangle-up": "triangle-up",
    "triangle-down": "triangle-down",
}
_COLUMNS = ("weight", "place", "J", "seed", "branch", "iteration")
_WORDS = {"": "regime", "down": "down: λ falls", "up": "up: λ grows"}


def live_strip(latest: Sequence[Mapping[str, float] | None], plan: Plan, key: str) -> None:
    """J of every regime of a study as it is now, against λ.

    Args:
        latest: for each place of the plan the latest row of its history, None before the first.
        plan: the plan.
        key: the same for all pictures of one study, so that they are updated in place.
    """
    st.vega_lite_chart(
        live_strip_points(latest, plan),
        _layers(plan, dark()),
        key=key,
        height=HEIGHT,
        alt="J of each regime against the Tikhonov weight, while they train; both axes logarithmic.",
    )


def live_strip_points(latest: Sequence[Mapping[str, float] | None], plan: Plan) -> pd.DataFrame:
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
        known = (
            place.tikhonov,
            at,
            float(cost),
            place.seed,
            _WORDS[place.branch],
            int(row.get("iteration", 0)),
        )
        rows.append(known)
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _aside(place: Setting, plan: Plan, axis: WeightAxis) -> float:
    """Marks of one λ stand beside each other."""
    if plan.kind == "continuation":
        return 0.0
    return axis.room * ((plan.seeds.index(place.seed) + 0.5) / len(plan.seeds) - 0.5)


def _layers(plan: Plan, night: bool) -> dict[str, Any]:
    """The chart without its data: as long as it stays the same, the browser only swaps the data."""
    axis = WeightAxis(plan.tikhonov)
    edges = axis.edges()
    names = axis.settings(night, small=False)
    ticks = [round(math.log10(place), 6) for place in names["tickvals"]]
    words = " : ".join(
        f"abs(datum.value - {tick}) < 1e-3 ? '{word}'"
        for tick, word in zip(ticks, names["ticktext"], strict=True)
    )
    looks = ["cost"] if plan.kind == "strip" else ["down", "up"]
    roles = [ROLES[look] for look in looks]
    domain = [_WORDS["" if look == "cost" else look] for look in looks]
    numbers = {"type": "quantitative"}
    key = {"orient": "top", "title": None} if len(looks) > 1 else None
    return {
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.85},
        "encoding": {
            "x": {
                **numbers,
                "field": "place",
                "title": "Tikhonov weight λ",
                "scale": {"domain": [edges[0], edges[-1]], "nice": False, "zero": False},
                "axis": {"values": ticks, "labelExpr": f"{words} : ''", "grid": False},
            },
            "y": {
                **numbers,
                "field": "J",
                "title": "cost J",
                "scale": {"type": "log", "nice": False, "padding": 12},
            },
            "color": {
                "field": "branch",
                "type": "nominal",
                "scale": {"domain": domain, "range": [role.colour(night) for role in roles]},
                "legend": key,
            },
            "shape": {
                "field": "branch",
                "type": "nominal",
                "scale": {"domain": domain, "range": [_SHAPES[role.symbol] for role in roles]},
                "legend": key,
            },
            "tooltip": [
                {**numbers, "field": "weight", "title": "λ", "format": ".4~g"},
                {**numbers, "field": "seed", "format": "d"},
                {**numbers, "field": "J", "format": ".4~g"},
                {**numbers, "field": "iteration", "format": ",d"},
            ],
        },
        "config": {
            "axis": {"titleColor": colour("ink", night)},
            "axisY": {"tickCount": 4, "format": "~g", "gridOpacity": 0.5},
        },
        "usermeta": {"embedOptions": {"renderer": "canvas"}},
        "padding": {"left": 4, "right": 12, "top": 6, "bottom": 4},
    }
