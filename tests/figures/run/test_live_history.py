"""Cost and errors while a run trains."""

import numpy as np
import pandas as pd
import pytest

from autoencode_core.changes import Change
from autoencode_core.figures.run.live_history import (
    MOST_POINTS,
    axis_reach,
    labelled,
    live_cost,
    live_error,
    live_points,
)
from autoencode_core.store.record import HISTORY

COST = {"cost J": ("cost", "cost"), "penalty": ("penalty", "penalty")}


def history(rows: int) -> dict[str, list[float]]:
    return {name: [float(i if name == "iteration" else 1 / (i + 1)) for i in range(rows)] for name in HISTORY}


def points_of(rows, lines):
    return pd.DataFrame(live_points(rows, lines))


def test_long_curves_are_thinned_and_keep_their_ends():
    points = points_of(history(5000), COST)
    for name in COST:
        curve = points[points["curve"] == name]
        assert len(curve) <= MOST_POINTS
        assert curve["iteration"].iloc[[0, -1]].tolist() == [0, 4999]
        assert curve["iteration"].is_monotonic_increasing


def test_what_a_logarithm_cannot_show_is_left_out():
    rows = history(4) | {"penalty": [0.0, 0.0, 0.0, 0.0], "cost": [1.0, float("nan"), float("inf"), 0.5]}
    points = points_of(rows, COST)
    assert points["curve"].unique().tolist() == ["cost J"]
    assert points["value"].tolist() == [1.0, 0.5]


def test_each_curve_is_named_once_at_its_end_and_names_keep_apart():
    points = points_of(history(50), {name: (name, name) for name in ("cost", "data_term", "penalty")})
    named = points[points["label"] != ""]
    assert sorted(named["label"]) == ["cost", "data_term", "penalty"]
    assert (named["iteration"] == 49).all()
    gaps = -np.diff(np.log(np.sort(named["place"])[::-1]))
    assert (gaps > 0.05).all()


def test_no_history_nopoints_of():
    assert len(points_of({}, COST)) == 0


@pytest.mark.parametrize("dark", [False, True])
def test_the_charts_stay_the_same_while_the_data_change(dark):
    few, many = history(5), history(60)
    for draw in (live_cost, lambda rows, reach, dark: live_error(rows, "mm²", reach, dark=dark)):
        before, after = draw(few, 64, dark=dark), draw(many, 128, dark=dark)
        assert (before.layers, before.alt, before.height) == (after.layers, after.alt, after.height)
        assert len(before.columns["value"]) < len(after.columns["value"])


def test_the_end_of_the_axis_and_the_changes_are_rows_that_no_curve_has():
    changes = (Change(iteration=3, tikhonov=0.1), Change(iteration=40, tikhonov=1e-4, step=0.5))
    for draw in (lambda *rows: live_cost(*rows), lambda rows, *more: live_error(rows, "mm", *more)):
        chart = draw(history(60), 64, changes)
        shown = pd.DataFrame(dict(chart.columns))
        marks = shown[shown["curve"] == "change by hand"]
        assert marks["iteration"].tolist() == [3, 40] and marks["value"].isna().all()
        assert marks["label"].tolist() == ["λ = 0.1", "λ = 10⁻⁴ and τ = 0.5"]
        assert shown["iteration"].max() == 64 and chart.layers == draw(history(5), 64).layers


def test_labels_leave_each_other_room_and_the_last_one_stays():
    assert labelled([], 10) == []
    assert labelled([0, 5, 20, 29, 30], 10) == [False, True, True, False, True]


@pytest.mark.parametrize(
    ("iteration", "most", "reach"), [(0, 200, 64), (63, 200, 64), (64, 200, 128), (150, 200, 200)]
)
def test_the_axis_doubles_up_to_the_last_iteration(iteration, most, reach):
    assert axis_reach(iteration, most) == reach
