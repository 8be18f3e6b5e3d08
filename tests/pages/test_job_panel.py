"""The panel of a job that trains."""

from dataclasses import dataclass, field

import pytest
from reading import read_scene, snapshot
from streamlit.testing.v1 import AppTest

from autoencode_core.spec import RunSpec
from autoencode_core.store.record import HISTORY
from pages.shared import job_panel
from pages.shared.job_panel import _duration


def history(rows: int) -> dict[str, list[float]]:
    return {name: [float(i if name == "iteration" else 1 / (i + 1)) for i in range(rows)] for name in HISTORY}


@dataclass
class FakeStatus:
    job_id: str = "abc"
    spec: RunSpec = field(default_factory=lambda: RunSpec(iterations=200))
    state: str = "running"
    message: str = ""
    history: dict = field(default_factory=lambda: history(50))
    run_id: str | None = None
    outcome: str | None = None
    rate: float | None = 12.5
    time_left: float | None = 75.0
    choosing: tuple | None = None


class FakeJobs:
    def __init__(self, *states: str, shot=None, **changes):
        self.states, self.shot, self.changes, self.stopped = list(states), shot, changes, []

    def status(self, job_id):
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return FakeStatus(job_id, state=state, **self.changes)

    def snapshot(self, job_id):
        return self.shot

    def stop(self, job_id):
        self.stopped.append(job_id)


def panel(monkeypatch, jobs: FakeJobs) -> AppTest:
    monkeypatch.setattr(job_panel, "jobs", lambda: jobs)

    def script():
        import streamlit as st

        from pages.shared import job_panel

        st.session_state.runs = st.session_state.get("runs", 0) + 1
        job_panel.job_panel("abc")

    at = AppTest.from_function(script, default_timeout=20).run()
    assert not at.exception
    return at


def test_a_running_job_shows_how_far_it_is(monkeypatch):
    at = panel(monkeypatch, FakeJobs("running", shot=snapshot()))
    assert at.progress[0].value == 24
    assert at.progress[0].text == "Iteration 49 of 200"
    shown = {metric.label: metric.value for metric in at.metric}
    assert shown["Cost J"] == shown["= data term"] == "0.02"
    assert shown["Iterations per second"] == "12.5"
    assert shown["Time left"] == "1:15 min"
    assert len(at.get("vega_lite_chart")) == 2
    assert read_scene(at.get("bidi_component")[0].proto.bytes)["caption"] == "iteration 12"


@pytest.mark.parametrize(
    ("difference", "substeps", "words"),
    [
        (0.004, 1, "At present a discretised ODE, 0.4 % from its exact flow."),
        (0.05, 4, "nearly a discretised ODE, 5 % from its exact flow; 4 sub-steps a layer by now"),
        (float("inf"), 64, "no discretised ODE, far from any flow; 64 sub-steps"),
        (float("nan"), 1, "is held against its own ODE"),
    ],
)
def test_a_running_job_says_how_far_from_its_ode_it_is(monkeypatch, difference, substeps, words):
    rows = history(3) | {"ode_difference": [0.5, 0.5, difference], "substeps": [1.0, 1.0, float(substeps)]}
    (said,) = [c.value for c in panel(monkeypatch, FakeJobs("running", history=rows)).caption]
    assert words in said
    assert ("sub-steps" in said) == (substeps > 1)


def test_charts_keep_their_shape_while_the_data_change(monkeypatch):
    jobs = FakeJobs("running", history=history(5))
    at = panel(monkeypatch, jobs)
    before = [(chart.proto.spec, chart.proto.alt, chart.proto.id) for chart in at.get("vega_lite_chart")]
    jobs.changes = {"history": history(60)}
    at.run()
    assert [(c.proto.spec, c.proto.alt, c.proto.id) for c in at.get("vega_lite_chart")] == before


def test_stop_asks_the_job_to_stop(monkeypatch):
    jobs = FakeJobs("running")
    at = panel(monkeypatch, jobs)
    at.button(key="stop_abc").click()
    at.run()
    assert jobs.stopped == ["abc"]
    jobs.states = ["stopping"]
    at.run()
    assert at.button(key="stop_abc").disabled


def test_a_waiting_job_says_so_without_empty_charts(monkeypatch):
    at = panel(monkeypatch, FakeJobs("waiting", message="Waiting for a free worker.", history=history(0)))
    assert at.progress[0].text == "Waiting for a free worker\\."
    assert {metric.value for metric in at.metric} >= {"–"}
    assert len(at.get("vega_lite_chart")) == 0
    assert len(at.get("bidi_component")) == 1


def test_the_whole_page_runs_once_more_when_the_job_ends(monkeypatch):
    at = panel(monkeypatch, FakeJobs("running", "done", message="Done."))
    assert at.session_state["runs"] == 2
    assert at.info[0].value == "Done\\."


def test_a_failed_job_says_why(monkeypatch):
    at = panel(monkeypatch, FakeJobs("failed", message="The worker died."))
    assert at.error[0].value == "The worker died\\."


def test_a_picture_that_cannot_be_made_does_not_take_the_panel_with_it(monkeypatch):
    at = panel(monkeypatch, FakeJobs("running", shot={"iteration": 1}))
    assert len(at.error) == 1
    assert at.button(key="stop_abc")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (0.2, "0 s"), (59.4, "59 s"), (60, "1:00 min"), (3599, "59:59 min"), (9660, "2:41 h")],
)
def test_durations(seconds, words):
    assert _duration(seconds) == words
