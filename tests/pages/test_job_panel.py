"""The panel of a job that trains."""

from dataclasses import dataclass, field

import pytest
from reading import read_scene, snapshot
from streamlit.testing.v1 import AppTest

from autoencode_core.errors import InputError
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import HISTORY
from pages.shared import by_hand, job_panel
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
    paused: bool = False
    tikhonov: float | None = 1e-4
    step: float = 1.0
    owners: frozenset = frozenset()

    @property
    def changes(self):
        return self.spec.changes


class FakeJobs:
    def __init__(self, *states: str, shot=None, **changes):
        self.states, self.shot, self.changes, self.stopped, self.asked = list(states), shot, changes, [], []

    def status(self, job_id):
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return FakeStatus(job_id, state=state, **self.changes)

    def snapshot(self, job_id):
        return self.shot

    def stop(self, job_id, owner=""):
        self.stopped.append(job_id)

    def pause(self, job_id, owner=""):
        self.asked.append("pause")

    def resume(self, job_id, owner=""):
        self.asked.append("resume")

    def step(self, job_id, owner=""):
        self.asked.append("step")

    def change(self, job_id, owner="", **values):
        self.asked.append(values)
        if values.get("tikhonov") == 10.0:
            raise InputError("tikhonov", 10.0, "something else")


def panel(monkeypatch, jobs: FakeJobs, asked: RunSpec | None = None) -> AppTest:
    for module in (job_panel, by_hand):
        monkeypatch.setattr(module, "jobs", lambda: jobs)

    def script():
        import streamlit as st

        from pages.shared import job_panel

        st.session_state.runs = st.session_state.get("runs", 0) + 1
        job_panel.job_panel("abc", st.session_state.get("asked"))

    at = AppTest.from_function(script, default_timeout=20)
    at.session_state["asked"] = asked
    at.run()
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
    shown = panel(monkeypatch, FakeJobs("running", history=rows))
    (said,) = [caption.value for caption in shown.caption if words in caption.value]
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


def test_a_training_is_paused_taken_on_by_one_and_resumed(monkeypatch):
    jobs = FakeJobs("running")
    at = panel(monkeypatch, jobs)
    assert at.button(key="step_abc").disabled
    at.button(key="pause_abc").click().run()
    jobs.changes = {"paused": True}
    at.run()
    assert "paused" in at.progress[0].text and not [b for b in at.button if b.key == "pause_abc"]
    at.button(key="step_abc").click().run()
    at.button(key="resume_abc").click().run()
    assert jobs.asked == ["pause", "step", "resume"]
    jobs.states = ["stopping"]
    at.run()
    assert all(b.disabled for b in at.button) and all(slider.disabled for slider in at.select_slider)


def test_the_sliders_stand_at_what_was_asked_for_last_and_ask_for_more(monkeypatch):
    changed = RunSpec(iterations=200).but(changes="40:tikhonov=0.3,step=0.07")
    jobs = FakeJobs("running", spec=changed, tikhonov=0.3, step=0.07)
    at = panel(monkeypatch, jobs)
    weight, step = at.select_slider
    assert (weight.value, step.value) == (0.3, 0.07) and "0.3" in weight.options
    assert "λ = 10⁻⁴ → 0.3, changed by hand" in at.subheader[0].value.replace("\\", "")
    weight.set_value(0.01).run()
    assert jobs.asked == [{"tikhonov": 0.01}]
    jobs.changes |= {"tikhonov": 0.01}
    at.run()
    at.select_slider[1].set_value(2.0).run()
    assert jobs.asked[1:] == [{"step": 2.0}] and not at.error
    at.select_slider[0].set_value(10.0).run()
    assert "Tikhonov weight" in at.error[0].value


def test_changes_are_marked_in_both_charts(monkeypatch):
    changed = RunSpec(iterations=200).but(changes="20:tikhonov=0.3 30:step=0.5")
    at = panel(monkeypatch, FakeJobs("running", spec=changed))
    for chart in at.get("vega_lite_chart"):
        assert '"change by hand"' in chart.proto.spec


def test_knobs_that_are_not_those_of_the_training_are_told_and_can_be_turned_to_them(monkeypatch):
    jobs = FakeJobs("running")
    at = panel(monkeypatch, jobs, RunSpec(iterations=200))
    assert "Circle, k = 1" in at.subheader[0].value.replace("\\", "")
    assert not [button for button in at.button if button.key == "knobs_of_abc"]
    at.session_state["asked"] = RunSpec(dataset="s_curve", iterations=200)
    at.run()
    (said,) = [c.value for c in at.caption if "The knobs on the left" in c.value]
    assert "Data set S\\-curve \\(here Circle\\), Bottleneck width 2 \\(here 1\\)" in said
    at.button(key="knobs_of_abc").click().run()
    assert at.session_state["knobs_touched"]["dataset"] == "circle"


def test_while_the_data_choose_the_weight_there_is_only_a_stop(monkeypatch):
    auto = RunSpec(iterations=200, tikhonov="auto")
    at = panel(monkeypatch, FakeJobs("running", spec=auto, choosing=(3, 40, 0.1), tikhonov=None))
    assert [b.key for b in at.button] == ["stop_abc"] and not at.select_slider
    at = panel(monkeypatch, FakeJobs("running", spec=auto, tikhonov=None))
    assert len(at.select_slider) == 1


def test_a_waiting_job_says_so_without_empty_charts(monkeypatch):
    at = panel(monkeypatch, FakeJobs("waiting", message="Waiting for a free worker.", history=history(0)))
    assert at.progress[0].text == "Waiting for a free worker\\."
    assert not at.metric and not at.select_slider and at.button(key="stop_abc")
    assert len(at.get("vega_lite_chart")) == 0 == len(at.get("bidi_component"))


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


def test_another_visitor_s_training_can_be_watched_but_not_changed(monkeypatch):
    at = panel(monkeypatch, FakeJobs("running", owners=frozenset({"somebody else"})))
    said = " ".join(caption.value for caption in at.caption)
    assert "Another visitor asked for this" in said and [m.label for m in at.metric][:1] == ["Cost J"]
    assert not at.select_slider and not [
        b for b in at.button if (b.key or "").startswith(("stop_", "pause_"))
    ]


def test_what_several_asked_for_nobody_stops_alone(monkeypatch):
    monkeypatch.setattr(by_hand, "visitor", lambda: "me")
    at = panel(monkeypatch, FakeJobs("running", owners=frozenset({"me", "somebody else"})))
    assert "it goes on for all of you" in " ".join(caption.value for caption in at.caption)
    assert not [b for b in at.button if (b.key or "").startswith("stop_")]
    at = panel(monkeypatch, FakeJobs("running", owners=frozenset({"me"})))
    assert at.button(key="stop_abc")
