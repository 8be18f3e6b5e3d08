"""The page Mean field."""

from dataclasses import replace

import numpy as np
import pytest
from reading import shown_scene
from streamlit.testing.v1 import AppTest

from autoencode_core.analysis.mean_field.particles import ROUNDS
from autoencode_core.training.selection import train
from pages.mean_field_views import particles
from pages.shared import run_menu, setup


@pytest.fixture(autouse=True)
def quick(answers, monkeypatch):
    """A sweep that takes no time."""
    monkeypatch.setattr(particles, "_USUAL", {"largest": 64, "seeds": 2, "starts": 2, "iterations": 20})
    return answers


def page(view: str, run: str = "gallery-s_curve", **link: str) -> AppTest:
    at = AppTest.from_string("import pages.mean_field; pages.mean_field.render()", default_timeout=60)
    for name, value in {"view": view, "run": run, **link}.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def changed(monkeypatch, **changes):
    """The page shows a run with other contents."""
    record = replace(setup.store().record("gallery-circle"), **changes)
    monkeypatch.setattr(run_menu, "record_of", lambda _: record)


def test_rates_are_drawn_and_said(answers):
    at = page("particles")
    assert len(at.get("plotly_chart")) == 4
    titles = ["Exact W₁", "Sliced W₁", "Gap, fixed control", "Gap, trained", "Maps"]
    assert list(metrics(at)) == [f"{title}, at 4 N" for title in titles]
    # Its λ is low and the iterations are few.
    said = [text.value.replace("\\", "") for text in at.markdown]
    assert any("Converged: 0 of 6 points, each the best of 2 starts" in text for text in said)
    assert metrics(at)["Maps, at 4 N"] == metrics(at)["Gap, trained, at 4 N"] == "no rate"
    assert any("no training converged" in caption.value for caption in at.caption)
    assert any("sliced W₁ (64 directions)" in text.value.replace("\\", "") for text in at.markdown)
    (asked,) = answers.asked
    assert asked[0] == "particles" and asked[1]["counts"] == [16, 32, 64] and asked[1]["seeds"] == [0, 1]
    assert asked[1]["starts"] == 2
    assert not at.error and not at.warning


def test_on_the_line_nothing_is_sliced(answers, monkeypatch):
    spec = setup.store().record("gallery-bimodal").spec
    on_the_line = spec.but(dataset="bimodal", bottleneck=1, iterations=20, particles=100)
    at = page("particles", setup.store().save(train(on_the_line)))
    assert list(metrics(at)) == [
        f"{word}, at 4 N" for word in ("Exact W₁", "Gap, fixed control", "Gap, trained", "Maps")
    ]
    said = " ".join(text.value for text in [*at.markdown, *at.caption]).replace("\\", "")
    assert "W₁ to 20,000 fresh ones goes like" in said and "sliced W₁ (" not in said


def test_a_long_sweep_waits_for_a_click(answers, monkeypatch):
    monkeypatch.setattr(particles, "_HEAVY", 1.0)
    at = page("particles")
    assert not answers.asked and not at.get("plotly_chart")
    assert any(f"of up to {20 * ROUNDS} iterations" in caption.value for caption in at.caption)
    next(b for b in at.button if b.label == "Compute the sweep").click()
    at.run()
    assert len(answers.asked) == 1 and len(at.get("plotly_chart")) == 4


def test_a_finite_data_set_goes_no_further_than_it_has(answers, monkeypatch):
    monkeypatch.setattr(particles, "_USUAL", {"largest": 4096, "seeds": 3, "starts": 1, "iterations": 40})
    answers.hold.add("particles")
    at = page("particles", "gallery-digits")
    next(b for b in at.button if b.label == "Compute the sweep").click()
    at.run()
    assert answers.asked[0][1]["counts"][-1] == 1024 and at.get("progress")


@pytest.mark.parametrize("run", ["gallery-s_curve", "gallery-bimodal", "gallery-classify", "gallery-digits"])
def test_the_mass_of_the_law_is_one(run):
    at = page("density", run)
    shown = shown_scene(at)
    assert shown["panes"][0]["density"] and shown["panes"][1]["title"] == "Mass"
    assert "mass of μₜ = 1 ± " in shown["caption"] and metrics(at)["Mass, all t"].startswith("1 ± ")
    assert any("mass is conserved" in text.value for text in at.markdown)
    assert not at.error and not at.warning


def test_mass_leaves_the_smaller_grid():
    at = page("density", "gallery-moons")
    next(c for c in at.get("button_group") if c.label == "The grid holds").set_value("start")
    at.run()
    assert not at.exception and float(metrics(at)["Off the grid, at most"].rstrip("%")) > 1
    assert [one["name"] for one in shown_scene(at)["panes"][1]["series"]] == ["sum", "on grid", "beside"]


@pytest.mark.parametrize("run", ["gallery-s_curve", "gallery-bimodal", "gallery-digits"])
def test_the_doubled_state_ends_where_the_projected_form_does(run):
    at = page("doubled", run)
    assert [pane["title"] for pane in shown_scene(at)["panes"]] == [
        "State x",
        "Shadow variables s",
        "What the flow reads",
    ]
    assert any("end in the same place" in text.value for text in at.markdown)
    assert len(at.get("plotly_chart")) == 1
    assert (float(metrics(at)["Jump of the projection"]) == 0) == (run == "gallery-bimodal")


def test_a_classifier_has_no_doubled_state():
    at = page("doubled", "gallery-classify")
    assert not at.get("bidi_component") and any("encoder only" in w.value for w in at.warning)


@pytest.mark.parametrize("run", ["gallery-s_curve", "gallery-bimodal", "gallery-classify", "gallery-digits"])
def test_samples_and_histogram_move_alike(run):
    at = page("push", run)
    assert len(shown_scene(at)["panes"]) == 2 and len(at.get("plotly_chart")) == 1
    assert any("the histogram moves as the samples do" in text.value for text in at.markdown)


@pytest.mark.parametrize("view", ["density", "doubled", "push"])
def test_a_run_that_diverged_gets_a_sentence(view, monkeypatch):
    changed(monkeypatch, status="diverged", message="The cost left the finite numbers.")
    at = page(view, "gallery-circle")
    assert any("did not diverge" in warning.value for warning in at.warning) and not at.error


@pytest.mark.parametrize("view", ["density", "doubled", "push"])
def test_one_particle_is_a_law_too(view, monkeypatch):
    one = setup.store().record("gallery-circle")
    still = ("flow_times", "flow_active", "snapshot_iterations")
    probe = {name: np.asarray(value) for name, value in one.probe.items()}
    cut = {
        name: value if name in still or not value.size else value[:, :1] if value.ndim == 3 else value[:1]
        for name, value in probe.items()
    }
    changed(monkeypatch, spec=one.spec.but(particles=1), probe=cut)
    at = page(view, "gallery-circle")
    assert not at.error and at.get("bidi_component")
