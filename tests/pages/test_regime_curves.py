"""J against λ while a study trains."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from autoencode_core.spec import RunSpec
from autoencode_core.store.study import Plan
from pages.shared.regime_curves import _layers, live_strip_points

SPEC = RunSpec(dataset="s_curve")
STRIP = Plan(kind="strip", spec=SPEC, tikhonov=(0.0, 1e-3, 1e-2), seeds=(0, 1))
BOTH = Plan(kind="continuation", spec=SPEC, tikhonov=(1e-3, 1e-2), seeds=(0,))


def latest(plan: Plan, **changes: float) -> list[dict[str, float] | None]:
    return [{"iteration": 3.0, "cost": 0.1 * (i + 1), **changes} for i in range(len(plan.settings()))]


def test_a_mark_for_each_regime_that_has_begun():
    rows = latest(STRIP)
    rows[1] = None
    points = live_strip_points(rows, STRIP)
    assert len(points) == 5 and points["J"].tolist() == pytest.approx([0.1, 0.3, 0.4, 0.5, 0.6])
    assert points["weight"].tolist() == [0.0, 1e-3, 1e-3, 1e-2, 1e-2]
    assert points["place"].is_unique and points["place"].is_monotonic_increasing


@pytest.mark.parametrize("cost", [float("nan"), float("inf"), 0.0, -1.0])
def test_what_a_logarithm_cannot_show_is_left_out(cost):
    assert len(live_strip_points(latest(STRIP, cost=cost), STRIP)) == 0


def test_branches_differ_by_shape_and_stand_at_their_weight():
    points = live_strip_points(latest(BOTH), BOTH)
    np.testing.assert_allclose(points["place"], np.log10(points["weight"]))
    shapes = _layers(BOTH, False)["encoding"]["shape"]["scale"]
    assert sorted(shapes["domain"]) == sorted(points["branch"].unique()) and len(set(shapes["range"])) == 2


def test_the_chart_stays_the_same_while_the_data_change():
    assert _layers(STRIP, True) == _layers(STRIP, True)
    low, high = _layers(STRIP, False)["encoding"]["x"]["scale"]["domain"]
    assert live_strip_points(latest(STRIP), STRIP)["place"].between(low, high).all()


def test_it_is_drawn_on_a_page():
    def page():
        from autoencode_core.spec import RunSpec
        from autoencode_core.store.study import Plan
        from pages.shared.regime_curves import live_strip

        plan = Plan(kind="strip", spec=RunSpec(dataset="s_curve"), tikhonov=(0.1, 1.0), seeds=(0,))
        live_strip([None, {"cost": 0.5, "iteration": 2.0}], plan, "live")

    test = AppTest.from_function(page).run()
    assert not test.exception and len(test.get("arrow_vega_lite_chart") or test.get("vega_lite_chart")) == 1
