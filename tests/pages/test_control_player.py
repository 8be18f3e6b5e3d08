"""The views of the page Control that play: costates, and one iteration of pmp."""

import pytest
from reading import read_scene
from streamlit.testing.v1 import AppTest

from pages.control_views.iteration import PHASES
from pages.shared import setup


@pytest.fixture
def page(answers):
    def opened(view, run="gallery-circle", **link):
        at = AppTest.from_string("import pages.control; pages.control.render()", default_timeout=60)
        for name, value in {"run": run, "view": view, **link}.items():
            at.query_params[name] = value
        at.run()
        assert not at.exception
        return at

    return opened


def scenes(at):
    return [read_scene(part.proto.bytes) for part in at.get("bidi_component")]


def said(at):
    return " ".join(part.value for part in (*at.markdown, *at.caption, *at.error, *at.warning, *at.latex))


def button(at, label):
    return next(each for each in at.button if each.label == label)


@pytest.mark.parametrize("run, dims", [("gallery-circle", 2), ("gallery-s_curve", 3), ("gallery-digits", 2)])
def test_costates_are_arrows_that_run_backwards(page, run, dims):
    (scene,) = scenes(page("costates", run))
    assert scene["reverse"] and scene["panes"][0]["dims"] == dims and scene["panes"][0]["arrows"]


def test_arrows_can_be_longer(page):
    at = page("costates")
    before = scenes(at)[0]["panes"][0]["arrows"]["quanta"]
    at.select_slider(key="costate_length").set_value(4.0).run()
    after = scenes(at)[0]["panes"][0]["arrows"]["quanta"]
    assert after[0][1] > before[0][1] and "stands for" in said(at)


def test_an_iteration_goes_through_its_four_phases(page, answers):
    at = page("iteration")
    assert "go through the layers" in said(at) and not scenes(at)[0]["reverse"]
    button(at, "Next").click().run()
    assert "costates tell" in said(at) and scenes(at)[0]["reverse"]
    button(at, "Next").click().run()
    assert "every layer can look for its own" in said(at) and len(at.get("plotly_chart")) == 2
    button(at, "Next").click().run()
    assert "accepted" in said(at) and len(at.get("plotly_chart")) == 1 and len(scenes(at)[0]["panes"]) == 2
    assert button(at, "Next").disabled
    button(at, "Back").click().run()
    assert "every layer" in said(at)
    assert [task for task, _ in answers.asked] == ["iteration"]  # one answer for all phases


def test_the_iteration_starts_where_it_is_told(page, answers):
    at = page("iteration")
    slider = at.select_slider(key="iteration_from")
    assert answers.asked[-1][1]["iteration"] == 0
    slider.set_value(
        slider.options[-1] if isinstance(slider.options[-1], int) else int(slider.options[-1])
    ).run()
    assert answers.asked[-1][1]["iteration"] > 0 and not at.exception


def test_the_iteration_is_in_the_link_and_another_run_begins_anew(page, answers):
    runs = ("gallery-circle", "gallery-moons", "gallery-s_curve_high")
    first, second, third = ({*setup.store().record(run).weights["path_iterations"]} for run in runs)
    kept = int(max((first & second) - third))
    at = page("iteration", runs[0], **{"from": str(kept)})
    assert answers.asked[-1][1]["iteration"] == kept > 0
    at.selectbox(key="control_runs").set_value(runs[1]).run()
    assert answers.asked[-1][1]["iteration"] == kept  # it kept that one too
    at.selectbox(key="control_runs").set_value(runs[2]).run()
    assert answers.asked[-1][1]["iteration"] == 0 and not at.exception


@pytest.mark.parametrize("number", ["73", "-1", "x"])
def test_an_iteration_that_was_not_kept_is_the_first(page, answers, number):
    page("iteration", **{"from": number})
    assert answers.asked[-1][1]["iteration"] == 0


@pytest.mark.parametrize(
    "view, link", [("costates", {}), *(("iteration", {"phase": PHASES[p]}) for p in (0, 1, 3))]
)
def test_the_link_opens_at_its_time(page, view, link):
    (scene,) = scenes(page(view, t="0.75", **link))
    assert scene["start"] == 0.5  # of T = 3, a clock whose encoder goes from 0 to 1


def test_a_run_without_its_path_starts_at_its_end(page, answers, without_path):
    at = page("iteration", without_path)
    assert "stored without the controls" in said(at)
    assert answers.asked == [("iteration", {"iteration": None})]


def test_the_phase_is_in_the_link(page):
    at = page("iteration", phase=PHASES[2])
    assert "every layer can look for its own" in said(at)
