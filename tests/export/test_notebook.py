"""In a notebook runs, lists of runs, flows and studies show themselves; a bar tells how far a training is."""

import html
import re

import numpy as np
import pytest

import autoencode_core as ac
from autoencode_core.errors import InputError
from autoencode_core.export.notebook import VIEWS
from autoencode_core.export.player_page import player_page
from autoencode_core.figures.scenes.bare_flow import bare_flow_scene
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.training import progress_bar

SMALL = {"bottleneck": 1, "depth": 4, "particles": 40, "iterations": 2}


@pytest.fixture(scope="module")
def run():
    return ac.train(ac.RunSpec(dataset="moons", **SMALL))


def page_in(text):
    """The page in the one frame of a notebook's output."""
    (found,) = re.findall(r'<iframe srcdoc="([^"]*)" loading="lazy"', text)
    return html.unescape(found)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_shows_the_player(run, view):
    shown = run.show(view, dark=True, height=500).data
    assert "height: 500px" in shown and page_in(shown).startswith("<!doctype html>")
    assert "--st-background-color: #0e1117" in page_in(shown)


def test_a_view_that_is_none_is_named(run):
    with pytest.raises(InputError, match="flow, unrolled"):
        run.show("gone")


def test_a_run_shows_itself_and_stays_small(run):
    large = ac.train(ac.RunSpec(dataset="s_curve", **{**SMALL, "particles": 3000}))
    assert len(page_in(large._repr_html_())) < 600_000
    assert repr(run).startswith("Run of moons, k = 1") and len(repr(run)) < 200


def test_runs_show_the_best_of_each_weight():
    runs = ac.sweep(ac.RunSpec(dataset="moons", **SMALL), tikhonov=[0.1, 0.01], seeds=[0, 1])
    page = page_in(runs._repr_html_())
    for weight in (0.1, 0.01):
        best = min(run.history["cost"][-1] for run in runs if run.spec.tikhonov == weight)
        assert f"λ = {weight:.2g}, J = {best:.3g}" in page
    assert runs[1:] == list(runs)[1:]


def test_runs_of_different_data_are_a_table(run):
    other = ac.train(ac.RunSpec(dataset="s_curve", **SMALL))
    runs = type(ac.sweep(run.spec))([run, other])
    assert "<table>" in runs._repr_html_() and "S-curve" in runs._repr_html_()


@pytest.mark.parametrize("task", ["reconstruct", "classify"])
def test_a_flow_shows_itself(task):
    run = ac.train(ac.RunSpec(dataset="moons", task=task, **SMALL))
    flow = run.model.flow(run.data.test, substeps=2)
    arrays = [np.asarray(part) for part in (flow.times, flow.states, flow.active, flow.dropped)]
    scene = bare_flow_scene(*arrays, flow.middle, flow.layers)
    assert page_in(flow._repr_html_()) == player_page([encode(scene)])
    assert scene["timeline"]["horizon"] == pytest.approx(run.spec.horizon)
    assert len(scene["timeline"]["widths"]) == len(arrays[0]) - 1
    assert repr(flow) == f"Flow of {len(run.data.test)} particles in 2 components at {len(arrays[0])} times"


def test_a_study_shows_itself(make_study):
    text = make_study(name="<b>mine</b>")[0]._repr_html_()
    assert "&lt;b&gt;mine" in text and "<table>" in text


@pytest.mark.parametrize("wanted", [None, True])
def test_a_bar_shows_when_asked_and_hears_all(wanted, capsys):
    told = []
    spec = ac.RunSpec(dataset="moons", **{**SMALL, "iterations": 8})
    runs = [ac.train(spec, lambda now: told.append(now.iteration), progress=wanted)]
    runs += ac.sweep(spec, tikhonov=[0.1], seeds=[0, 1], progress=wanted)
    assert told == [int(n) for n in runs[0].history["iteration"]]
    assert wanted or not capsys.readouterr().err


def test_the_bar_counts_the_iterations_of_all_regimes(monkeypatch):
    bars = []

    class Bar:
        def __init__(self, total):
            self.total, self.n = total, 0
            bars.append(self)

        def __enter__(self):
            return self

        def __exit__(self, *wrong):
            pass

        def set_postfix_str(self, words, refresh):
            self.words = words

        def update(self, more):
            self.n += more

    monkeypatch.setattr(progress_bar, "_bar", Bar)
    spec = ac.RunSpec(dataset="moons", **SMALL)
    runs = ac.continuation(spec, [0.1, 0.01], progress=True)
    assert bars[0].total == 4 and bars[0].n == sum(run.summary["iterations"] for run in runs)
    assert bars[0].words == f"J = {runs[-1].history['cost'][-1]:.4g}"


def test_no_notebook_here():
    assert not progress_bar.in_notebook()
