"""The flow time of a player in the link."""

import pytest
from reading import shown_scene
from streamlit.testing.v1 import AppTest

from pages.shared import flow_time
from pages.shared.player import Said

MEAN_FIELD = "import pages.mean_field; pages.mean_field.render()"
CONTROL = "import pages.control; pages.control.render()"


def opened(script: str, **link: str) -> AppTest:
    at = AppTest.from_string(script, default_timeout=60)
    for name, value in {"run": "gallery-circle", **link}.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


@pytest.mark.parametrize("view", ["density", "doubled", "push"])
def test_the_measure_opens_at_the_time_of_the_link(answers, view):
    assert shown_scene(opened(MEAN_FIELD, view=view, t="2.25"))["start"] == 2.5  # T = 3


def test_a_classifier_opens_at_its_own_time(answers):
    assert shown_scene(opened(CONTROL, view="component", t="0.5"))["start"] == 0.5  # T = 2, until T/2
    assert shown_scene(opened(CONTROL, view="component", t="0.5", horizon="1"))["start"] == 2.0


def test_where_it_was_stopped_goes_into_the_link_and_the_scene_stays(answers, monkeypatch):
    scenes = []

    def player(key, data, identity, particles):
        scenes.append(data)
        return Said(1.23456, (), (), None, None)

    monkeypatch.setattr(flow_time, "player", player)
    at = opened(MEAN_FIELD, view="doubled")
    assert at.query_params["t"] in ("1.235", ["1.235"])
    at.run()
    assert len(scenes) == 2 and scenes[0] == scenes[1]  # else it would jump to where it is
