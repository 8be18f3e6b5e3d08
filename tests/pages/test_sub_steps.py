"""Every page of a run that has several states in a layer: it opens, and its players show one clock."""

import pytest
from reading import read_scene
from streamlit.testing.v1 import AppTest

from autoencode_core.spec import RunSpec
from autoencode_core.training.records import record_of
from autoencode_core.training.selection import train
from pages.control import VIEWS as CONTROL
from pages.mean_field import VIEWS as MEAN_FIELD
from pages.ode_limit import VIEWS as ODE_LIMIT
from pages.shared import setup

KNOBS = {"bottleneck": 2, "depth": 4, "horizon": 2, "particles": 40, "iterations": 4}
THRICE = RunSpec(dataset="s_curve", substeps=3, **KNOBS)
ENCODER = RunSpec(
    dataset="moons", task="classify", scheme="midpoint", substeps=3, **{**KNOBS, "bottleneck": 1}
)
TRAIN = {"component", "iteration", "methods", "particles", "depth"}
"""Views that train runs of their own: their tests are in files of their own."""
OPENED = [
    *((page, "") for page in ("flow", "latent")),
    *(
        (page, view.name)
        for page, views in (("control", CONTROL), ("mean_field", MEAN_FIELD), ("ode_limit", ODE_LIMIT))
        for view in views
        if view.name not in TRAIN
    ),
]


@pytest.fixture(scope="module")
def trained():
    return {spec.task: record_of(train(spec)) for spec in (THRICE, ENCODER)}


def opened(record, page, view):
    at = AppTest.from_string(f"import pages.{page}; pages.{page}.render()", default_timeout=60)
    at.query_params["run"] = setup.store().save(record)
    if view:
        at.query_params["view"] = view
    at.run()
    assert not at.exception
    return at


@pytest.mark.parametrize("task", ["reconstruct", "classify"])
@pytest.mark.parametrize(("page", "view"), OPENED)
def test_the_page_opens(answers, trained, page, view, task):
    at = opened(trained[task], page, view)
    assert task == "classify" or not at.error
    for part in at.get("bidi_component"):
        scene = read_scene(part.proto.bytes)
        line = scene["timeline"]
        if line and line["kind"] == "flow":
            frames = {len(pane["positions"]) for pane in scene["panes"] if len(pane.get("positions", ())) > 1}
            assert frames <= {len(line["times"])}
