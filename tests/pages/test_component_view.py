"""The view of the page Control on which component is turned off."""

import pytest
from reading import read_scene
from streamlit.testing.v1 import AppTest

SCRIPT = """
from pages.control_views.component import component_view
from pages.shared.run_menu import choose_runs
from pages.shared.setup import guard
with guard():
    component_view(*choose_runs("control", "", most=1)[0])
"""


@pytest.fixture
def page(answers):
    def opened(run="gallery-circle"):
        at = AppTest.from_string(SCRIPT, default_timeout=60)
        at.query_params["run"] = run
        at.run()
        assert not at.exception
        return at

    return opened


def said(at):
    return " ".join(part.value for part in (*at.markdown, *at.caption, *at.error, *at.warning))


def test_both_classifiers_side_by_side(page):
    at = page()
    assert "no classifier of data in the plane" in said(at) and "Two moons" in said(at)
    (scene,) = [read_scene(part.proto.bytes) for part in at.get("bidi_component")]
    assert [pane["title"] for pane in scene["panes"]] == ["x₂ turned off", "x₁ turned off"]
    better, _, worse, _ = (metric.value for metric in at.metric)
    assert float(better.rstrip("%")) > float(worse.rstrip("%")) + 10
    assert not at.error and not at.warning


def test_the_knobs_choose_data_and_horizon(page, answers):
    at = page()
    at.selectbox(key="component_data").set_value("bimodal_2d").run()
    at.select_slider(key="component_horizon").set_value(0.5).run()
    assert not at.exception and not at.error
    assert "T \\= 0\\.5" in said(at) and "Bimodal" in said(at)
    assert answers.asked[-1] == ("component", {"dataset": "bimodal_2d", "horizon": 0.5})


def test_the_accuracy_against_the_horizon_waits_for_a_click(page, answers):
    answers.hold.add("component_horizons")
    at = page()
    assert not at.get("plotly_chart")
    at.toggle(key="component_against").set_value(True).run()
    assert answers.asked[-1][0] == "component_horizons"
    assert any(button.label == "Cancel" for button in at.button)
