"""A run in the player: its t in the link, and layers that are computed when they are asked for."""

import pytest
from reading import shown_scene
from streamlit.testing.v1 import AppTest

from pages.shared import flow_view, setup
from pages.shared.player import Said

pytestmark = pytest.mark.usefixtures("desk")

VIEW = """
import streamlit as st
from pages.shared.choose import record_of
from pages.shared.flow_view import flow_view
run_id = st.session_state.get("run_id", "gallery-circle")
flow_view(run_id, record_of(run_id), key="p")
"""


def app(**link: str) -> AppTest:
    at = AppTest.from_string(VIEW, default_timeout=30)
    for name, value in link.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


@pytest.mark.parametrize(
    "t, start", [("0", 0.0), ("0.75", 0.5), ("1.5", 2.0), ("2.25", 2.5), ("3", 3.0), ("", None), ("9", None)]
)
def test_the_link_opens_at_its_time(t, start):
    assert shown_scene(app(t=t))["start"] == start  # the horizon is 3


@pytest.mark.parametrize("t", ["nan", "inf", "-1", "<b>", "1e999"])
def test_nonsense_in_the_link_is_no_time(t):
    assert shown_scene(app(t=t))["start"] is None


def test_another_run_does_not_begin_at_that_time():
    at = app(t="0.75")
    at.session_state["run_id"] = "gallery-moons"
    at.run()
    assert shown_scene(at)["start"] is None and "t" not in at.query_params


def test_where_it_was_stopped_goes_into_the_link(monkeypatch):
    monkeypatch.setattr(flow_view, "player", lambda *_: Said(1.23456, (), (), None, None))
    assert app().query_params["t"] in ("1.235", ["1.235"])


def test_layers_are_computed_when_they_are_wanted(monkeypatch, desk):
    real = flow_view.player
    monkeypatch.setattr(
        flow_view,
        "player",
        lambda *given: (real(*given), Said(None, (), ("field", "density"), None, None))[1],
    )
    at = app()
    assert [task for task, _ in desk.asked] == ["field_grid", "law"]
    scene, layers = shown_scene(at), setup.store().record("gallery-circle").spec.depth
    pane = scene["panes"][0]
    assert pane["field"]["vectors"].shape == (layers, 19, 19, 2)
    assert len(pane["density"]["positions"]) == len(scene["timeline"]["times"]) > layers + 1
    assert not any(entry["missing"] for entry in pane["layers"])
