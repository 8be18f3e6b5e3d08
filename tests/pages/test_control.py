"""The page Control: its views Along t and Methods, on all kinds of runs."""

from dataclasses import replace
from functools import cache

import pytest
from streamlit.testing.v1 import AppTest

import autoencode_core as ac
from autoencode_core.flow.fields import FIELDS
from pages.control_views.methods import fitting
from pages.shared import run_page, setup


def page(run, **link):
    at = AppTest.from_string("import pages.control; pages.control.render()", default_timeout=60)
    for name, value in {"run": run, **link}.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


@cache
def small(**knobs):
    """A run of a few iterations."""
    knobs = {"dataset": "moons", "bottleneck": 1, "depth": 6, "iterations": 8, "particles": 40, **knobs}
    return ac.train(ac.RunSpec(**knobs))


def trained(**knobs):
    """Its id, stored."""
    return setup.store().save(small(**knobs))


def said(at):
    return " ".join(part.value for part in (*at.markdown, *at.caption, *at.warning))


def metrics(at):
    return {metric.label: metric.value for metric in at.metric}


def charts(at):
    return len(at.get("plotly_chart"))


def press(at, label):
    next(button for button in at.button if button.label.startswith(label)).click()
    at.run()
    assert not at.exception


@pytest.mark.parametrize(
    "run, words",
    [
        ("gallery-bimodal", ["H is constant to 0.066%", "θ is maximal nearby", "no other θ gives much more"]),
        ("gallery-control", ["H is constant to 2.1%", "θ is maximal nearby", "no other θ gives much more"]),
        ({"tikhonov": 10, "iterations": 40}, ["The control is all but 0"]),
        (
            {"dataset": "circle", "field": "two_layer", "tikhonov": 1e-4, "iterations": 60},
            ["H is not constant", "not even nearby", "a sharp cut"],
        ),
        ({"task": "classify"}, ["Over all θ"]),
    ],
)
def test_along_is_the_first_view(answers, run, words):
    at = page(run if isinstance(run, str) else trained(**run))
    assert "view" not in at.query_params and charts(at) == 1
    assert all(word in said(at) for word in words)
    assert not at.error and not at.warning
    tasks = ["along", "hamiltonian", "local_maximality", "maximality"]
    assert [task for task, _ in answers.asked] == tasks and answers.asked[2][1] == {"share": 0.1}


@pytest.mark.parametrize(
    "knobs, words",
    [
        ({"bottleneck": 2}, "from the start to the end"),
        ({"tikhonov": 0, "field": "two_layer"}, "R is infinite"),
        ({"particles": 1}, "J is all but 0"),
        ({"activation": "identity"}, "H is"),
    ],
)
def test_unusual_runs_have_a_picture_and_a_sentence(answers, knobs, words):
    at = page(trained(**{"iterations": 30, **knobs}))
    assert charts(at) == 1 and words in said(at) and not at.error


def test_a_run_that_diverged_has_a_sentence(answers):
    run = ac.train(ac.RunSpec(dataset="moons", bottleneck=1, depth=6, iterations=2, particles=20))
    broken = run.model.with_control(run.model.control.flatten() * float("nan"))
    run_id = setup.store().save(replace(run, model=broken, status="diverged", message="J left all bounds."))
    for view in ("along", "methods"):
        at = page(run_id, view=view)
        assert not charts(at) and "diverge" in said(at) and not at.error


def test_the_figure_does_not_wait_for_the_residuals(answers):
    answers.hold |= {"local_maximality", "maximality"}
    at = page("gallery-bimodal")
    assert charts(at) == 1 and metrics(at)["δ Σ R / J, maximality"] == "…"
    assert at.get("progress")


def test_how_far_nearby_reaches_is_in_the_link_and_asked_again(answers):
    at = page(trained(depth=4, iterations=4, field="single_layer"), nearby="0.5")
    assert ("local_maximality", {"share": 0.5}) in answers.asked
    at.select_slider(key="nearby_share").set_value(1.0).run()
    assert ("local_maximality", {"share": 1.0}) in answers.asked and not at.exception
    assert [task for task, _ in answers.asked].count("maximality") == 1


def test_for_a_field_that_is_no_sum_over_units_r_over_all_controls_is_not_available(answers, monkeypatch):
    run_id = trained(field="single_layer", depth=4, iterations=7)
    monkeypatch.setattr(FIELDS["single_layer"], "units", None)
    at = page(run_id)
    assert "not available for this field" in said(at) and "nearby" in said(at)
    assert "maximality" not in [task for task, _ in answers.asked] and charts(at) == 1


def test_the_residuals_along_the_training_when_asked_for(answers):
    at = page(trained(depth=4, iterations=4, field="single_layer"))
    assert charts(at) == 1
    at.toggle(key="along_training").set_value(True).run()
    assert charts(at) == 2 and "of these moments" in said(at)


def test_the_residuals_along_the_training_are_in_the_link(answers):
    assert charts(page(trained(depth=4, iterations=4, field="single_layer"), along="on")) == 2


def test_a_run_without_its_controls_says_so(without_path):
    at = page(without_path)
    assert "without the controls along its training" in said(at) and not at.toggle


def test_three_methods_from_one_start(answers):
    at = page("gallery-bimodal", view="methods", each="20")
    assert answers.asked == [("methods", {"iterations": 20})]
    assert charts(at) == 3 and "lowest" in said(at)
    assert list(metrics(at)) == ["J of pmp", "J of adam", "J of lbfgs"]
    assert "the field along the paths" in said(at)
    assert not at.error and not at.warning


def test_as_many_iterations_as_take_a_few_seconds(answers):
    few, many = (fitting(setup.store().record(run)) for run in ("gallery-digits", "gallery-bimodal"))
    assert few < many
    at = page("gallery-bimodal", view="methods")
    assert answers.asked == [("methods", {"iterations": many})]
    assert "each" not in at.query_params


def test_no_run_no_picture(answers, monkeypatch):
    monkeypatch.setattr(run_page, "choose_runs", lambda *_, **__: [])
    assert "Choose a run" in page("gallery-circle").info[0].value
