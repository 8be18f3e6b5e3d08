"""The page ODE limit."""

import pytest
from streamlit.testing.v1 import AppTest

CIRCLE, S_CURVE, HIGH = "gallery-circle", "gallery-s_curve", "gallery-s_curve_high"


def page(view="", run=CIRCLE, **link):
    at = AppTest.from_string("import pages.ode_limit; pages.ode_limit.render()", default_timeout=60)
    for name, value in {"run": run, "view": view, **link}.items():
        if value:
            at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def said(at):
    parts = (*at.markdown, *at.caption, *at.info, *at.warning, *at.error, *at.subheader)
    return " ".join(part.value for part in parts)


def test_the_page_opens_on_the_step_size_of_a_run_that_shows_the_three_orders(desk):
    at = page(run="")
    assert [task for task, _ in desk.asked] == ["steps"]
    assert len(at.get("plotly_chart")) == 2
    assert "This network is a discretised ODE" in said(at)
    orders = {metric.label: metric.value for metric in at.metric}
    assert float(orders["Order of Euler"]) == pytest.approx(1, abs=0.1)
    assert float(orders["Order of midpoint"]) == pytest.approx(2, abs=0.1)
    assert float(orders["Order of RK4"]) == pytest.approx(4, abs=0.2)
    assert any(button.label == "CSV" for button in at.get("download_button"))


def test_a_residual_network_that_left_its_ode_is_one_click_away(desk):
    at = page(run="")
    contrast = next(button for button in at.button if button.key == "ode_contrast")
    contrast.click()
    at.run()
    assert at.query_params["run"] in ("gallery-residual_network", ["gallery-residual_network"])
    assert "This network is not a discretised ODE" in said(at)
    assert any(button.label == "A run that is an ODE" for button in at.button)


def test_a_tame_flow_is_a_discretised_ode(desk):
    at = page(run="gallery-bimodal")
    assert "This network is a discretised ODE" in said(at)


def test_a_flow_at_rest_says_why_there_is_no_order(desk):
    at = page(run=HIGH)
    assert "as exact as the reference" in said(at) and not at.error
    assert {metric.value for metric in at.metric if metric.label.startswith("Order")} == {"–"}


@pytest.mark.parametrize("run", [CIRCLE, HIGH, "gallery-classify", "gallery-bimodal"])
def test_the_flow_map_of_any_run(desk, run):
    at = page("geometry", run)
    assert [task for task, _ in desk.asked] == ["geometry"]
    assert len(at.get("plotly_chart")) == 1 and not at.error and not at.warning
    assert "trajectories" in said(at).lower() and "T/2" in said(at)
    rows = at.dataframe[0].value
    assert len(rows) == (2 if run == "gallery-classify" else 3)
    assert (rows["at least"] <= rows["at most"]).all()


def test_depth_is_trained_on_with_the_chosen_knobs(desk):
    at = page("depth", HIGH)
    at.select_slider(key="depth_doublings").set_value(1).run()
    at.select_slider(key="depth_iterations").set_value(20).run()
    assert not at.exception and not at.error
    assert desk.asked[-1] == ("depth", {"doublings": 1, "iterations": 20})
    assert "at rest" in said(at) and len(at.get("plotly_chart")) == 3


def test_what_takes_long_waits_for_a_click(desk):
    desk.hold.add("depth")
    at = page("depth", "gallery-digits")
    assert not desk.asked and "takes a while" in said(at)
    next(button for button in at.button if button.label == "Retrain at doubled depth").click().run()
    assert [task for task, _ in desk.asked] == ["depth"]
    assert any(button.label == "Cancel" for button in at.button)


def test_an_unknown_view_is_the_first_one(desk):
    at = page("nonsense")
    assert at.query_params["view"] in ("steps", ["steps"])
