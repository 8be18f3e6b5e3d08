"""Heavy questions: a link alone has none computed; a click does, and what is answered already is shown."""

import pytest
from streamlit.testing.v1 import AppTest

from autoencode_core.questions import control, mean_field, ode_limit, regimes
from autoencode_core.questions.question import Question, size_of
from autoencode_core.spec import RunSpec
from autoencode_core.training.selection import train
from pages.shared import setup


def page(run, page="control", **link):
    at = AppTest.from_string(f"import pages.{page}; pages.{page}.render()", default_timeout=60)
    for name, value in {"run": run, **link}.items():
        at.query_params[name] = value
    return at.run()


def test_what_trains_is_heavy():
    modules = (control, mean_field, ode_limit, regimes)
    found = {
        q.name for module in modules for q in vars(module).values() if isinstance(q, Question) and q.heavy
    }
    assert {"particles", "methods", "depth", "component", "component_horizons"} <= found


def test_a_large_run_makes_a_question_heavy(make_record):
    small = make_record()
    large = make_record(small.spec.but(particles=100_000))
    question = Question("q", "a:b", heavy_from=1e7)
    assert size_of(small) < 1e7 <= size_of(large)
    assert question.is_heavy([large]) and not question.is_heavy([small])
    assert question.is_heavy([small, large]) and not question.is_heavy(())
    assert Question("q", "a:b", heavy=True).is_heavy([small])


def test_a_link_to_a_large_run_waits_and_one_to_a_small_run_does_not(answers):
    answers.unknown = answers.hold = {"curvature"}
    at = page("gallery-moons", "regimes", view="convexity")
    assert answers.asked == [] and "a link never begins" in " ".join(part.value for part in at.caption)
    at.button(key="compute_curvature").click().run()
    assert [name for name, _ in answers.asked] == ["curvature"] and not at.exception
    page("gallery-bimodal", "regimes", view="convexity")
    assert [name for name, _ in answers.asked] == ["curvature"] * 2


def test_the_bare_address_of_a_page_asks_for_nothing_heavy(answers):
    answers.unknown = answers.hold = {"particles"}
    at = AppTest.from_string("import pages.mean_field as page; page.render()", default_timeout=60).run()
    assert "particles" not in [name for name, _ in answers.asked] and not at.exception


def test_a_link_waits_for_a_click(answers):
    answers.unknown = answers.hold = {"methods"}
    at = page("gallery-digits", view="methods")
    assert answers.asked == [] and "a link never begins" in " ".join(part.value for part in at.caption)
    at.button(key="compute_methods").click().run()
    assert [name for name, _ in answers.asked] == ["methods"] and not at.exception


def small():
    """The id of a run of which everything is known at once, stored."""
    spec = RunSpec(dataset="moons", particles=40, depth=4, iterations=3, field="single_layer")
    return setup.store().save(train(spec))


@pytest.mark.parametrize(
    ("asked", "run", "name", "view", "label"),
    [
        ("depth", "gallery-digits", "ode_limit", "depth", "Retrain at doubled depth"),
        ("particles", "gallery-digits", "mean_field", "particles", "Compute the sweep"),
        ("curvature_path", "", "regimes", "convexity", "ν along the training"),
    ],
)
def test_what_has_a_button_of_its_own_needs_no_second_click(answers, asked, run, name, view, label):
    answers.unknown = answers.hold = {asked}
    at = page(run or small(), name, view=view)
    assert asked not in [each for each, _ in answers.asked]
    next(button for button in at.button if button.label == label).click().run()
    assert [each for each, _ in answers.asked].count(asked) == 1 and not at.exception


def test_what_a_switch_asks_waits_in_a_link_and_not_by_hand(answers):
    answers.unknown = answers.hold = {"maximality_path"}
    at = page(small(), along="on")
    assert "maximality_path" not in [name for name, _ in answers.asked]
    assert "a link never begins" in " ".join(part.value for part in at.caption)
    for on in (False, True):
        at.toggle(key="along_training").set_value(on).run()
    assert answers.asked[-1][0] == "maximality_path" and not at.exception
