"""J against λ while a study trains."""

import numpy as np
import pandas as pd
import pytest

from autoencode_core.figures.regimes.live_strip import live_strip, live_strip_points
from autoencode_core.spec import RunSpec
from autoencode_core.store.study import Plan

SPEC = RunSpec(dataset="s_curve")
STRIP = Plan(kind="strip", spec=SPEC, tikhonov=(0.0, 1e-3, 1e-2), seeds=(0, 1))
BOTH = Plan(kind="continuation", spec=SPEC, tikhonov=(1e-3, 1e-2), seeds=(0,))


def latest(plan: Plan, **changes: float) -> list[dict[str, float] | None]:
    return [{"iteration": 3.0, "cost": 0.1 * (i + 1), **changes} for i in range(len(plan.settings()))]


def test_a_mark_for_each_regime_that_has_begun():
    rows = latest(STRIP)
    rows[1] = None
    points = pd.DataFrame(live_strip_points(rows, STRIP))
    assert len(points) == 5 and points["J"].tolist() == pytest.approx([0.1, 0.3, 0.4, 0.5, 0.6])
    assert points["weight"].tolist() == [0.0, 1e-3, 1e-3, 1e-2, 1e-2]
    assert points["place"].is_unique and points["place"].is_monotonic_increasing


@pytest.mark.parametrize("cost", [float("nan"), float("inf"), 0.0, -1.0])
def test_what_a_logarithm_cannot_show_is_left_out(cost):
    assert not any(len(column) for column in live_strip_points(latest(STRIP, cost=cost), STRIP).values())


def test_branches_differ_by_shape_and_stand_at_their_weight():
    points = pd.DataFrame(live_strip_points(latest(BOTH), BOTH))
    np.testing.assert_allclose(points["place"], np.log10(points["weight"]))
    shapes = live_strip(latest(BOTH), BOTH).layers["encoding"]["shape"]["scale"]
    assert sorted(shapes["domain"]) == sorted(points["branch"].unique()) and len(set(shapes["range"])) == 2


def test_the_chart_stays_the_same_while_the_data_change():
    before, after = (live_strip(latest(STRIP, cost=cost), STRIP, dark=True) for cost in (0.1, 0.2))
    assert (before.layers, before.alt, before.height) == (after.layers, after.alt, after.height)
    low, high = before.layers["encoding"]["x"]["scale"]["domain"]
    places = live_strip_points(latest(STRIP), STRIP)["place"]
    assert ((low <= places) & (places <= high)).all()
