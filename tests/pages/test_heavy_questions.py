"""Heavy questions: a link alone has none computed; a click does, and what is answered already is shown."""

from streamlit.testing.v1 import AppTest

from autoencode_core.questions import control, mean_field, ode_limit, regimes
from autoencode_core.questions.question import Question


def page(run, **link):
    at = AppTest.from_string("import pages.control; pages.control.render()", default_timeout=60)
    for name, value in {"run": run, **link}.items():
        at.query_params[name] = value
    return at.run()


def test_what_trains_is_heavy():
    modules = (control, mean_field, ode_limit, regimes)
    found = {
        q.name for module in modules for q in vars(module).values() if isinstance(q, Question) and q.heavy
    }
    assert {"particles", "methods", "depth", "component", "component_horizons"} <= found


def test_a_link_waits_for_a_click(answers):
    answers.unknown = answers.hold = {"methods"}
    at = page("gallery-digits", view="methods")
    assert answers.asked == [] and "a link never begins" in " ".join(part.value for part in at.caption)
    at.button(key="compute_methods").click().run()
    assert [name for name, _ in answers.asked] == ["methods"] and not at.exception


def test_a_button_that_asks_for_it_is_enough(answers):
    answers.unknown = answers.hold = {"curvature_path"}
    at = AppTest.from_string("import pages.regimes; pages.regimes.render()", default_timeout=60)
    for name, value in {"view": "convexity", "run": "gallery.regimes.027"}.items():
        at.query_params[name] = value
    at.run()
    assert "curvature_path" not in [name for name, _ in answers.asked]
    at.button(key="curvature_path_gallery.regimes.027_button").click().run()
    assert [name for name, _ in answers.asked].count("curvature_path") == 1 and not at.exception
