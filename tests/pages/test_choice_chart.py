"""The switch beside λ, the progress of the choice, and its curve with the run."""

from dataclasses import replace

import numpy as np
import pytest
from knob_page import app, knob, ran, spec_of, turn
from streamlit.testing.v1 import AppTest

import pages.playground
from autoencode_core.desk.training_job import JobStatus, empty_history
from autoencode_core.spec import RunSpec
from autoencode_core.store.choice import Choice
from pages.shared import by_hand, job_panel, setup
from pages.shared.first_picture import FIRST_PICTURE

CHOICE = Choice((1.0, 0.3, 0.1), ((1.0, 1.0), (0.8, 0.85), (0.9, 1.0)), (2.0, 2.1), True, 40)


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path))
    setup.store.clear()
    yield tmp_path
    setup.store.clear()


@pytest.fixture
def table(runs):
    """A person's own table, as it is kept."""
    path = runs / "data" / "0123456789ab-mine.csv"
    path.parent.mkdir()
    rows = np.random.default_rng(0).standard_normal((40, 3))
    path.write_text("a,b,c\n" + "\n".join(",".join(f"{x:.4f}" for x in row) for row in rows) + "\n")
    return str(path)


def weight(at):
    return spec_of(at).tikhonov


def slider_is_there(at):
    return any(slider.key == "knob_tikhonov" for slider in at.select_slider)


def test_the_switch_is_off_for_made_data_and_on_for_a_table(table):
    at = app()
    assert knob(at, "tikhonov_auto").value is False and slider_is_there(at)
    assert weight(at) == RunSpec().tikhonov
    at = turn(at, "dataset", table)
    assert knob(at, "tikhonov_auto").value is True and not slider_is_there(at)
    assert weight(at) == "auto"


def test_off_the_slider_says_and_on_again_the_data(table):
    at = turn(app(), "dataset", table)
    at = turn(at, "tikhonov_auto", False)
    assert weight(at) == 0.01 and slider_is_there(at)
    at = turn(at, "tikhonov", 0.1)
    assert weight(at) == 0.1
    assert weight(turn(at, "tikhonov_auto", True)) == "auto"
    assert weight(turn(at, "tikhonov_auto", False)) == 0.1


def test_made_data_may_choose_too():
    at = turn(app(), "tikhonov_auto", True)
    assert weight(at) == "auto" and not at.error
    assert weight(app(tikhonov="auto")) == "auto"


def test_a_weight_in_the_link_is_taken_at_its_word(table):
    assert weight(app(dataset="0123456789ab-mine.csv", tikhonov="0.05")) == 0.05
    assert weight(app(dataset="0123456789ab-mine.csv")) == "auto"
    assert weight(app(dataset="0123456789ab-mine.csv", tikhonov="auto")) == "auto"


@pytest.mark.parametrize("value", ["auto", 0.05, 0.01])
def test_a_stored_spec_sets_switch_and_slider(table, value):
    at = app(load={"dataset": table, "tikhonov": value})
    at.button(key="load").click()
    assert weight(ran(at)) == value
    assert knob(at, "tikhonov_auto").value == (value == "auto")


def page():
    at = AppTest.from_string("import pages.playground; pages.playground.render()", default_timeout=30)
    at.session_state[FIRST_PICTURE.name] = True
    return ran(at)


def shown(record):
    run_id = setup.store().save(record)
    at = AppTest.from_string("import pages.playground; pages.playground.render()", default_timeout=30)
    at.session_state[FIRST_PICTURE.name] = True
    at.query_params["run"] = run_id
    return ran(at)


def test_the_curve_is_shown_with_the_run():
    record = setup.store().record("gallery-moons")
    assert len(page().get("plotly_chart")) == 3
    at = shown(replace(record, choice=CHOICE))
    assert len(at.get("plotly_chart")) == 4
    words = " ".join(caption.value for caption in at.caption).replace("\\", "")
    assert "λ = 0.3, chosen by 2-fold cross-validation of 40 rows" in words


def test_a_run_that_overfits_says_so():
    record = setup.store().record("gallery-moons")
    summary = {**record.summary, "train_error": 0.1, "test_error": 0.3, "unexplained": 0.2}
    at = shown(replace(record, summary=summary))
    assert any("Overfits" in warning.value and "3 times" in warning.value for warning in at.warning)
    assert not any("Overfits" in warning.value for warning in page().warning)


def test_progress_of_the_choice(monkeypatch):
    spec = RunSpec(tikhonov="auto")
    status = JobStatus("job1", spec, "running", "", empty_history(), choosing=(20, 40, 0.31))

    class Desk:
        def list(self):
            return [status]

        def status(self, job_id):
            return status

        def snapshot(self, job_id):
            return None

    for module in (setup, pages.playground, job_panel, by_hand):
        monkeypatch.setattr(module, "jobs", Desk)
    at = AppTest.from_string("import pages.playground; pages.playground.render()", default_timeout=30)
    at.query_params["job"] = "job1"
    bar = ran(at).get("progress")[0].proto
    assert not at.metric and any("λ comes first" in caption.value for caption in at.caption)
    assert bar.value == 31 and bar.text.startswith("Choosing λ by the data: 20 of at most 40 trainings begun")


def test_compare_shows_how_each_weight_was_chosen():
    record = setup.store().record("gallery-moons")
    run_id = setup.store().save(replace(record, choice=CHOICE))
    at = AppTest.from_string("import pages.regimes; pages.regimes.render()", default_timeout=30)
    at.query_params["view"] = "compare"
    at.query_params["run"] = ["gallery-moons", run_id]
    words = [chart.proto.spec for chart in ran(at).get("plotly_chart")]
    assert sum("Held-out error" in spec for spec in words) == 1
    assert any(text.value.startswith("**λ of ") for text in at.markdown)
