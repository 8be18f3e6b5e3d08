"""The first visit: what this is, the tour, presets that open their run."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import setup
from pages.shared.first_run import PRESETS

PAGE = """
import streamlit as st
from pages.shared.first_run import presets, welcome
from pages.shared.touched_knobs import touched
welcome()
presets()
st.session_state["turned"] = dict(touched())
"""


@pytest.fixture(autouse=True)
def gallery(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path))
    setup.store.clear()
    yield
    setup.store.clear()


def page(**link: str) -> AppTest:
    at = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in link.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def test_it_says_in_a_sentence_what_this_is():
    words = page().markdown[0].value
    assert "autoencoder" in words and "ODE" in words and "λ" in words and len(words) < 260


def test_the_tour_has_four_steps_and_comes_again_when_it_is_asked_for():
    at = page()
    (tour,) = at.get("bidi_component")
    assert tour.proto.json.count('"title"') == 4 and '"asked":0' in tour.proto.json.replace(" ", "")
    next(button for button in at.button if button.label == "Tour").click().run()
    assert '"asked":1' in at.get("bidi_component")[0].proto.json.replace(" ", "")


@pytest.mark.parametrize("run", ["", "gallery-moons"])
def test_the_tour_begins_by_itself_where_no_link_is_about_a_run(run):
    (tour,) = page(**({"run": run} if run else {})).get("bidi_component")
    assert json.loads(tour.proto.json)["begins"] is not bool(run)


@pytest.mark.parametrize("name", ["lesson", "teach"])
def test_no_tour_where_a_lesson_or_a_lecturer_leads(name):
    assert not page(**{name: "3"}).get("bidi_component")


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.run_id)
def test_a_preset_has_a_picture_and_opens_its_run_with_its_knobs(preset):
    at = page()
    assert len(at.get("image")) == len(PRESETS)
    next(button for button in at.button if button.label == preset.name).click().run()
    assert not at.exception
    assert at.query_params["run"] in (preset.run_id, [preset.run_id])
    spec = setup.store().record(preset.run_id).spec
    turned = at.session_state["turned"]
    assert turned["dataset"] == spec.dataset
    assert turned.get("tikhonov", spec.tikhonov) == spec.tikhonov
