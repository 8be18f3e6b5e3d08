"""Control, ODE limit, Mean field with runs that are out of the ordinary: a picture, or why there is none."""

from dataclasses import replace
from functools import cache
from importlib import import_module

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import autoencode_core as ac
from autoencode_core.data.catalogue import GIVEN
from autoencode_core.data.loading import given
from autoencode_core.spec import RunSpec
from autoencode_core.training.run import DTYPES, RunData
from pages.shared import setup

SMALL = {
    "dataset": "moons",
    "particles": 40,
    "depth": 4,
    "horizon": 1.0,
    "iterations": 5,
    "field": "single_layer",
}
RUNS = {
    "no bottleneck": RunSpec(**SMALL, bottleneck=2),
    "no penalty": RunSpec(**SMALL, tikhonov=0.0),
    "one particle": RunSpec(**{**SMALL, "particles": 1}),
    "linear field": RunSpec(**SMALL, activation="identity"),
    "one dimension": RunSpec(dataset="bimodal", particles=40, depth=4, iterations=5),
    "classifier": RunSpec(**SMALL, task="classify"),
    "given as arrays": RunSpec(**{**SMALL, "dataset": GIVEN, "bottleneck": 1}),
}
VIEWS = [
    (page, view.name)
    for page in ("control", "ode_limit", "mean_field")
    for view in import_module(f"pages.{page}").VIEWS
]


SWEEP = {"largest": "64", "samples": "2", "starts": "1", "each": "20"}
"""Of the view that trains: the least that gives rates, since what a run is like matters here."""


@cache
def run_of_kind(name):
    """A run of that kind, trained once."""
    if name == "diverged":
        return replace(ac.train(RunSpec(**SMALL)), status="diverged", message="It diverged.")
    spec = RUNS[name]
    points = given(np.random.default_rng(0).normal(size=(40, 2)))
    data = RunData.of(points, DTYPES[spec.dtype]) if spec.dataset == GIVEN else None
    return ac.train(spec, data=data)


def opened(page, view, name):
    run = setup.store().save(run_of_kind(name))
    at = AppTest.from_string(f"import pages.{page}; pages.{page}.render()", default_timeout=60)
    for key, value in {"view": view, "run": run, **SWEEP}.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception
    return at


def sentences(at):
    return " ".join(part.value for part in (*at.error, *at.warning, *at.info, *at.caption, *at.markdown))


@pytest.mark.parametrize("page, view", VIEWS)
@pytest.mark.parametrize("name", RUNS)
def test_there_is_a_picture_or_a_sentence(answers, name, page, view):
    at = opened(page, view, name)
    assert "Something went wrong" not in sentences(at)
    pictures = [*at.get("plotly_chart"), *at.get("bidi_component")]
    refused = [part.value for part in (*at.warning, *at.info, *at.error)]
    assert pictures or refused
    if refused and not pictures:
        assert name in ("one particle", "classifier", "given as arrays"), refused


@pytest.mark.parametrize("page, view", VIEWS)
def test_a_run_that_diverged_says_so(answers, page, view):
    at = opened(page, view, "diverged")
    said = sentences(at)
    assert "Something went wrong" not in said and "diverged" in said
