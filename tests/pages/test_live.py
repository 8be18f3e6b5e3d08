"""Live pictures: what travels to the browser, and the panel of a job."""

import json
import shutil
import subprocess
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from autoencode_core.record import HISTORY
from autoencode_core.spec import RunSpec
from pages.shared import live
from pages.shared.curves import MOST_POINTS, _points
from pages.shared.live import _duration
from pages.shared.particles import MOST_PARTICLES, PICTURES, payload
from pages.shared.setup import ASSETS

NODE = shutil.which("node")
COST = {"cost J": ("cost", "cost"), "penalty": ("penalty", "penalty")}


def snapshot(n=40, d=3, k=2, classes=0, **changes):
    rng = np.random.default_rng(d)
    shot = {
        "inputs": rng.normal(size=(n, d)),
        "targets": rng.normal(size=(n, d)),
        "codes": rng.normal(size=(n, k)),
        "outputs": rng.normal(size=(n, d)),
        "hue": np.linspace(0, 1, n),
        "labels": np.arange(n) % classes if classes else np.empty(0, dtype=int),
        "iteration": 12,
        "version": 3,
    }
    return shot | changes


def read(data: bytes):
    """Header and arrays, as the browser reads them."""
    length = int.from_bytes(data[:4], "little")
    assert length % 4 == 0
    header, start = json.loads(data[4 : 4 + length]), 4 + length

    def take(ref):
        kind = {"f4": "<f4", "u1": "u1"}[ref["kind"]]
        assert ref["at"] % 4 == 0
        return np.frombuffer(data, kind, ref["size"], start + ref["at"])

    return header, take


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_up_to_three_components_travel_as_they_are(d, k):
    shot = snapshot(d=d, k=k)
    header, take = read(payload(shot))
    first, code, last = header["panels"]
    assert [p["dims"] for p in header["panels"]] == [d, k, d]
    for panel, name in ((first, "inputs"), (code, "codes"), (last, "outputs")):
        np.testing.assert_allclose(take(panel["array"]).reshape(shot[name].shape), shot[name], rtol=1e-6)
    np.testing.assert_allclose(take(last["ghost"]).reshape(-1, d), shot["targets"], rtol=1e-6)
    assert first["group"] == last["group"] != code["group"]
    assert first["axes"] == ["x₁", "x₂", "x₃"][:d]
    assert [len(p["axes"]) for p in header["panels"]] == [d, k, d]


def test_of_more_components_two_principal_ones_are_shown_and_kept_from_picture_to_picture():
    shot = snapshot(d=7, k=5)
    header, take = read(payload(shot))
    assert [p["dims"] for p in header["panels"]] == [2, 2, 2]
    assert header["panels"][0]["note"] == "2 principal components of 7"
    assert header["panels"][1]["note"] == "first 2 of 5 components"
    shown = take(header["panels"][0]["array"]).reshape(-1, 2)
    centred = shot["inputs"] - shot["inputs"].mean(axis=0)
    spread = np.linalg.svd(centred, compute_uv=False)[:2] ** 2
    np.testing.assert_allclose((shown**2).sum(axis=0), spread, rtol=1e-4)
    again, take_again = read(payload(shot | {"outputs": shot["inputs"], "version": 4}))
    np.testing.assert_array_equal(take_again(again["panels"][2]["array"]).reshape(-1, 2), shown)


def test_images_travel_as_grey_pictures():
    shot = snapshot(n=60, d=64, k=8, classes=10)
    shot["inputs"] = np.linspace(-0.5, 1.5, 60 * 64).reshape(60, 64)
    header, take = read(payload(shot, RunSpec(dataset="digits")))
    first, code, last = header["panels"]
    assert (first["kind"], code["kind"], last["kind"]) == ("images", "points", "images")
    assert first["image"] == [8, 8]
    grey = take(first["array"]).reshape(PICTURES, 64)
    assert grey[0].max() == 0
    assert grey[-1].min() == 255
    assert header["names"] == [str(c) for c in range(10)]


def test_classes_have_names_and_distinct_marks():
    header, take = read(payload(snapshot(classes=3, label_names=("setosa", "versicolor", "virginica"))))
    assert header["names"] == ["setosa", "versicolor", "virginica"]
    for theme in ("light", "dark"):
        marks = header["marks"][theme]
        assert len({symbol for _, symbol in marks}) == 3
        assert len({colour for colour, _ in marks}) == 3
    assert take(header["labels"]).tolist() == [i % 3 for i in range(40)]


def test_classify_shows_where_the_labels_are():
    shot = snapshot(d=2, k=1, classes=2)
    shot |= {"targets": np.ones((40, 1)), "outputs": shot["codes"]}
    header, take = read(payload(shot, RunSpec(dataset="moons", task="classify")))
    assert header["panels"][2]["title"] == "label position y"
    assert header["panels"][2]["group"] == header["panels"][1]["group"]
    assert set(take(header["panels"][2]["array"])) == {1.0}


def test_no_more_particles_travel_than_are_drawn():
    header, _ = read(payload(snapshot(n=MOST_PARTICLES + 300)))
    assert header["panels"][0]["array"]["size"] == MOST_PARTICLES * 3
    assert header["hue"]["size"] == MOST_PARTICLES


def test_the_picture_is_described_in_words():
    header, _ = read(payload(snapshot()))
    assert (
        header["alt"]
        == "40 particles at iteration 12: input x in 3-D, code z in 2-D, reconstruction x̂ in 3-D."
    )
    assert header["caption"] == "iteration 12"


def test_what_diverged_can_still_be_sent():
    shot = snapshot(d=64, k=2)
    shot["outputs"] = np.full((40, 64), np.nan)
    for spec in (None, RunSpec(dataset="digits")):
        header, _ = read(payload(shot, spec))
        assert len(header["panels"]) == 3


@given(some.integers(2, 30), some.integers(1, 12), some.integers(1, 6), some.integers(0, 4))
def test_every_array_lies_inside_and_aligned(n, d, k, classes):
    data = payload(snapshot(n=n, d=d, k=min(k, d), classes=classes))
    header, take = read(data)
    for panel in header["panels"]:
        assert take(panel["array"]).size == n * panel["dims"]
    assert len(data) % 4 == 0


# ---- the program in the browser


def program() -> str:
    return (ASSETS / "live_draw.js").read_text() + (ASSETS / "live.js").read_text()


def test_the_program_is_small_and_its_own():
    assert len(program()) < 30_000
    assert "innerHTML" not in program()
    assert "http" not in program()
    assert "import " not in program()
    assert "prefers-reduced-motion" in program()


def test_what_is_sent_is_many_lines_without_comments():
    lines = live._script().splitlines()
    assert len(lines) > 300
    assert not any(line.startswith("//") for line in lines)


@pytest.mark.skipif(NODE is None, reason="needs node")
@pytest.mark.parametrize("text", [program(), live._script()], ids=["as written", "as sent"])
def test_the_program_is_valid(text, tmp_path):
    file = tmp_path / "live.mjs"
    file.write_text(text)
    done = subprocess.run([NODE, "--check", file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(NODE is None, reason="needs node")
def test_the_browser_reads_what_the_server_writes(tmp_path):
    shot = snapshot(n=7, d=2, k=1, classes=3)
    (tmp_path / "data").write_bytes(payload(shot))
    (tmp_path / "read.mjs").write_text(
        "globalThis.window = { matchMedia: () => ({ matches: false }) };\n"
        + live._script()
        + """
import { readFileSync } from "node:fs";
const bytes = readFileSync(process.argv[2]);
const odd = new Uint8Array(bytes.length + 1).subarray(1); // as Streamlit hands it over
odd.set(bytes);
const scene = decode(odd);
console.log(JSON.stringify({
  goals: scene.panels.map((panel) => Array.from(panel.goal)),
  ghost: Array.from(scene.panels[2].ghost), labels: Array.from(scene.labels), hue: Array.from(scene.hue),
  none: decode(null), ticks: niceTicks(-1.03, 2.2, 5),
  words: [label(-0.5, 1), label(-0, 2), label(123456, 0)],
}));
"""
    )
    command = [NODE, tmp_path / "read.mjs", tmp_path / "data"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    for goal, name in zip(seen["goals"], ("inputs", "codes", "outputs"), strict=True):
        np.testing.assert_allclose(goal, shot[name].ravel(), rtol=1e-6)
    np.testing.assert_allclose(seen["ghost"], shot["targets"].ravel(), rtol=1e-6)
    np.testing.assert_allclose(seen["hue"], shot["hue"], atol=1e-6)
    assert seen["labels"] == [0, 1, 2, 0, 1, 2, 0]
    assert seen["none"] is None
    np.testing.assert_allclose(seen["ticks"]["at"], [-1, 0, 1, 2], atol=1e-12)
    assert seen["words"] == ["−0.5", "0.00", "1e+5"]


# ---- curves


def history(rows: int) -> dict[str, list[float]]:
    return {name: [float(i if name == "iteration" else 1 / (i + 1)) for i in range(rows)] for name in HISTORY}


def test_long_curves_are_thinned_and_keep_their_ends():
    points = _points(history(5000), COST)
    for name in COST:
        curve = points[points["curve"] == name]
        assert len(curve) <= MOST_POINTS
        assert curve["iteration"].iloc[[0, -1]].tolist() == [0, 4999]
        assert curve["iteration"].is_monotonic_increasing


def test_what_a_logarithm_cannot_show_is_left_out():
    rows = history(4) | {"penalty": [0.0, 0.0, 0.0, 0.0], "cost": [1.0, float("nan"), float("inf"), 0.5]}
    points = _points(rows, COST)
    assert points["curve"].unique().tolist() == ["cost J"]
    assert points["value"].tolist() == [1.0, 0.5]


def test_each_curve_is_named_once_at_its_end_and_names_keep_apart():
    points = _points(history(50), {name: (name, name) for name in ("cost", "data_term", "penalty")})
    named = points[points["label"] != ""]
    assert sorted(named["label"]) == ["cost", "data_term", "penalty"]
    assert (named["iteration"] == 49).all()
    gaps = -np.diff(np.log(np.sort(named["place"])[::-1]))
    assert (gaps > 0.05).all()


def test_no_history_no_points():
    assert len(_points({}, COST)) == 0


# ---- the panel of a job


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
    monkeypatch.setattr(live, "jobs", lambda: jobs)

    def script():
        import streamlit as st

        from pages.shared.live import job_panel

        st.session_state.runs = st.session_state.get("runs", 0) + 1
        job_panel("abc")

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
    assert read(at.get("bidi_component")[0].proto.bytes)[0]["iteration"] == 12


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
