"""The page Playground: what it opens on, training, and everything that can be wrong in a link or a file."""

from dataclasses import dataclass, field, replace

import pytest
from streamlit.testing.v1 import AppTest

import pages.playground
from autoencode_core.desk.training_job import JobStatus, empty_history
from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.choice import Choice
from pages.shared import by_hand, job_panel, setup
from pages.shared.first_picture import FIRST_PICTURE


@dataclass
class FakeJobs:
    """Jobs that train nothing."""

    known: dict = field(default_factory=dict)
    trained: list = field(default_factory=list)

    def list(self):
        return list(self.known.values())

    def status(self, job_id):
        if job_id not in self.known:
            raise InputError("job", job_id, "the id of a job of this server")
        return self.known[job_id]

    def train(self, spec, owner=""):
        self.trained.append(spec)
        self.known["job1"] = JobStatus("job1", spec, "running", "", empty_history())
        return "job1"

    def snapshot(self, job_id):
        return None

    def stop(self, job_id, owner=""):
        self.known[job_id] = replace(self.known[job_id], state="stopping")


@pytest.fixture(autouse=True)
def jobs(tmp_path, monkeypatch):
    found = FakeJobs()
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path))
    for module in (setup, pages.playground, job_panel, by_hand):
        monkeypatch.setattr(module, "jobs", lambda: found)
    setup.store.clear()
    yield found
    setup.store.clear()


def page(**link) -> AppTest:
    at = AppTest.from_string("import pages.playground; pages.playground.render()", default_timeout=30)
    at.session_state[FIRST_PICTURE.name] = True
    for name, value in link.items():
        at.query_params[name] = value
    return shown(at.run())


def shown(at: AppTest) -> AppTest:
    assert not at.exception
    return at


def test_the_still_pictures_come_once_the_first_frame_stands():
    at = shown(
        AppTest.from_string("import pages.playground; pages.playground.render()", default_timeout=30).run()
    )
    assert len(at.get("bidi_component")) == 3 and not at.get("plotly_chart")
    assert not shown(at.run()).get("plotly_chart")  # a click before it does not bring them
    at.session_state[FIRST_PICTURE.name] = True  # as the player says
    assert drawn(shown(at.run()))


def test_the_still_pictures_come_though_no_player_says_anything(monkeypatch):
    at = AppTest.from_string("import pages.playground; pages.playground.render()", default_timeout=30)
    shown(at.run())
    monkeypatch.setattr("pages.shared.first_picture._PATIENCE", 0.0)
    assert drawn(shown(at.run()))


def drawn(at: AppTest) -> bool:
    """Whether tour, player and slider over λ are there, and the three still pictures."""
    return len(at.get("bidi_component")) == 3 and len(at.get("plotly_chart")) == 3


def train(at: AppTest) -> AppTest:
    next(b for b in at.button if b.label == "Train").click()
    return shown(at.run())


def test_opens_on_the_gallery_with_all_pictures():
    at = page()
    assert at.subheader[0].value.startswith("Circle onto one number")
    assert drawn(at)
    labels = [metric.label for metric in at.metric]
    unit = "(data units²)"
    assert labels[:4] == [
        "Unexplained, test",
        "PCA, 1 component, test",
        f"Test error {unit}",
        f"Train error {unit}",
    ]
    assert [metric.value for metric in at.metric][:2] == ["0.024 %", "49 %"]
    assert not at.error


@pytest.mark.parametrize("run", ["digits", "classify", "bimodal", "circle", "s_curve_high"])
def test_every_kind_of_run_is_drawn(run):
    at = page(run=f"gallery-{run}")
    assert drawn(at)
    assert not at.error
    assert ("Test accuracy" in [metric.label for metric in at.metric]) == (run == "classify")


def headline(at: AppTest) -> list[str]:
    return [text.value.replace("\\", "") for text in at.main.markdown if "exact flow" in text.value]


def test_the_headline_says_how_far_from_its_ode_a_run_is_and_how_it_was_integrated():
    record = setup.store().record("gallery-moons")
    spec = record.spec.but(scheme="rk4", substeps=3, fidelity=0.02)
    held = {"substeps": 3.0, "ode_difference": 0.004, "ode_test_error": 0.01, "pca_test_error": 0.25}
    figures = {**record.summary, **held}
    at = page(run=setup.store().save(replace(record, spec=spec, summary=figures)))
    assert headline(at) == ["**A discretised ODE, 0.4 % from its exact flow; 25 times better than PCA.**"]
    assert any("RK4 × 3" in caption.value for caption in at.caption)
    doubled = replace(record, spec=spec, summary={**figures, "substeps": 12.0})
    at = page(run=setup.store().save(doubled))
    assert any("RK4 × 12" in caption.value for caption in at.caption)


def test_a_run_of_old_has_no_headline():
    record = setup.store().record("gallery-moons")
    plain = {key: value for key, value in record.summary.items() if not key.startswith("ode_")}
    assert headline(page(run=setup.store().save(replace(record, summary=plain)))) == []


def test_lambda_is_the_first_knob():
    assert page().sidebar.select_slider[0].label.startswith("Tikhonov weight")


def test_a_link_to_a_run_sets_its_knobs_and_says_only_what_differs(jobs):
    spec = setup.store().record("gallery-s_curve").spec
    at = page(run="gallery-s_curve", **{"lambda": "0.1"})
    assert jobs.trained == []  # a link trains nothing
    assert at.query_params == {"run": "gallery-s_curve", "lambda": "0.1"}
    train(at)
    assert jobs.trained == [spec.but(tikhonov=0.1)]


def test_train_starts_the_spec_of_the_knobs_and_puts_the_job_into_the_link(jobs):
    at = page()
    at.number_input(key="knob_depth").set_value(20)
    train(at)
    assert jobs.trained == [RunSpec(depth=20)]
    assert at.query_params["job"] == "job1"
    assert [b.label for b in at.main.button][-3:] == ["Pause", "One iteration", "Stop"]


def test_a_reload_finds_the_job_again_and_starts_none(jobs):
    train(page())
    at = page(job="job1")
    assert len(jobs.trained) == 1
    assert "Stop" in [b.label for b in at.button]


def test_a_job_that_ended_gives_way_to_its_run(jobs):
    train(page())
    jobs.known["job1"] = replace(jobs.known["job1"], state="done", run_id="gallery-moons", outcome="finished")
    at = page(job="job1")
    assert at.subheader[0].value == "Two moons onto one number"
    assert at.query_params["run"] == "gallery-moons" and "job" not in at.query_params


def test_a_job_that_failed_says_why_and_the_page_goes_on(jobs):
    train(page())
    jobs.known["job1"] = replace(jobs.known["job1"], state="failed", message="The workers were lost.")
    at = page(job="job1")
    assert "workers were lost" in at.warning[0].value
    assert drawn(at)


def test_other_jobs_can_be_watched(jobs):
    jobs.known["other"] = JobStatus("other", RunSpec(dataset="moons"), "running", "", empty_history())
    at = page()
    next(b for b in at.button if b.label.startswith("Watch Two moons")).click()
    assert shown(at.run()).query_params["job"] == "other"


def test_other_people_s_jobs_are_counted(jobs):
    for name in ("one", "two"):
        status = JobStatus(name, RunSpec(dataset="moons"), "running", "", empty_history())
        jobs.known[name] = replace(status, owners=frozenset({"somebody else"}))
    at = page()
    assert not [b for b in at.button if b.label.startswith("Watch")]
    assert any("2 other trainings under way" in caption.value for caption in at.caption)


@pytest.mark.parametrize("link", [{"job": "nobody"}, {"run": "nobody"}, {"run": "../../etc/passwd"}])
def test_a_wrong_link_is_explained_and_the_opening_run_is_shown(link):
    at = page(**link)
    assert len(at.info) + len(at.error) == 1
    assert drawn(at)


def test_a_damaged_run_is_explained(tmp_path):
    record = setup.store().record("gallery-circle")
    run_id = setup.store().save(record)
    (tmp_path / run_id / "weights.safetensors").write_bytes(b"nonsense")
    at = page(run=run_id)
    assert "weights" in at.error[0].value
    assert drawn(at)


def test_a_diverged_run_is_drawn_with_its_cause():
    import numpy as np

    record = setup.store().record("gallery-circle")
    history = {name: [*column[:-1], float("nan")] for name, column in record.history.items()}
    history["iteration"] = record.history["iteration"]
    run_id = setup.store().save(
        replace(
            record,
            status="diverged",
            message="Diverged at iteration 3: a particle left the finite numbers in layer 2.",
            history=history,
            summary={**record.summary, "test_error": float("nan")},
            probe={**record.probe, "flow_states": np.full_like(record.probe["flow_states"], np.nan)},
        )
    )
    at = page(run=run_id)
    assert "layer 2" in at.warning[0].value
    assert not at.error


def test_use_its_knobs_turns_the_knobs():
    at = page(run="gallery-classify")
    next(b for b in at.button if b.label == "Use its knobs").click()
    shown(at.run())
    assert at.number_input(key="knob_depth").value == 20
    assert at.selectbox(key="knob_task").value == "classify"


def test_a_bad_knob_stops_training_and_is_named():
    at = page(run="gallery-moons")
    at.number_input(key="knob_depth").set_value(7)
    shown(at.run())
    assert "Depth" in at.error[0].value and "even" in at.error[0].value
    assert next(b for b in at.button if b.label == "Train").disabled
    assert drawn(at)


def test_a_run_whose_csv_file_is_gone_is_still_drawn(tmp_path):
    record = setup.store().record("gallery-circle")
    spec = record.spec.model_copy(update={"dataset": str(tmp_path / "data" / "0123456789ab-mine.csv")})
    run_id = setup.store().save(replace(record, spec=spec, name=""))
    at = page(run=run_id)
    assert "mine" in at.subheader[0].value and "0123456789ab" not in at.subheader[0].value
    assert drawn(at)
    assert not at.error


def test_a_run_whose_data_chose_the_weight_is_what_was_asked_for():
    record = setup.store().record("gallery-circle")
    asked = record.spec.but(tikhonov="auto")
    assert not pages.playground._is_of(record, asked)
    chosen = replace(record, choice=Choice((1.0, 0.1), ((1.0, 1.0), (0.5, 0.6)), (1.0, 1.0), True, 10))
    assert pages.playground._is_of(chosen, asked) and pages.playground._is_of(chosen, record.spec)
    assert not pages.playground._is_of(chosen, asked.but(depth=20))
