"""Every number, column, axis and curve of every page is a term of the glossary."""

import json
import re

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from autoencode_core.figures.terms import words_of
from autoencode_core.glossary import find
from pages.shared import setup

VIEWS = [
    ("playground", "", ()),
    ("flow", "", ("gallery-s_curve",)),
    ("latent", "activity", ("gallery-circle",)),
    ("latent", "rows", ("gallery-moons",)),
    ("regimes", "strip", ()),
    ("regimes", "continuation", ()),
    ("regimes", "compare", ()),
    ("regimes", "convexity", ("gallery-bimodal",)),
    ("regimes", "landscape", ("gallery-bimodal",)),
    ("control", "along", ("gallery-bimodal",)),
    ("control", "iteration", ("gallery-bimodal",)),
    ("control", "methods", ("gallery-bimodal",)),
    ("ode_limit", "steps", ("gallery-bimodal",)),
    ("ode_limit", "depth", ("gallery-bimodal",)),
    ("ode_limit", "geometry", ("gallery-bimodal",)),
    ("mean_field", "density", ("gallery-bimodal",)),
    ("mean_field", "push", ("gallery-bimodal",)),
    ("mean_field", "doubled", ("gallery-bimodal",)),
    ("runs", "", ()),
    ("status", "", ()),
]
NAMES = re.compile(r"[−\d.,e+-]+|class \d+|.*\bk = \d.*|.* – .*")
"""What is no term: numbers, and names of runs, classes and methods, which a person or the data gave."""


def drawn(page, view, runs):
    at = AppTest.from_string(
        f"import pages.{page} as page; from pages.shared.setup import jobs; page.render()",
        default_timeout=300,
    )
    if view:
        at.query_params["view"] = view
    if runs:
        at.query_params["run"] = list(runs)
    at.run()
    assert not at.exception
    return at


def labels(at):
    """All that has to be a term: what it is, and its words."""
    found = [("metric", metric.label) for metric in at.metric]
    for frame in at.dataframe:
        config = json.loads(frame.proto.columns or "{}")
        shown = [(config.get(str(name)) or {}).get("label") or name for name in frame.value.columns]
        found += [("column", str(name)) for name in shown if not is_run(name, frame)]
    for chart in at.get("plotly_chart"):
        found += [("figure", words) for words in words_of(go.Figure(json.loads(chart.proto.spec)))]
    return found


def is_run(name, frame):
    """Whether a column holds one run of several, or one image."""
    return frame.value.columns[0] in ("Knob", "Figure") and name not in ("Knob", "Figure")


@pytest.mark.parametrize(("page", "view", "runs"), VIEWS)
def test_every_word_is_a_term(page, view, runs, answers, monkeypatch):
    monkeypatch.setattr(setup, "WORKERS_AFTER_SECONDS", 3600.0)
    known = {str(label) for run in setup.store().list() for label in (run.name, run.run_id)}
    at = drawn(page, view, runs)
    assert all(metric.proto.help for metric in at.metric)
    unknown = [
        (kind, words)
        for kind, words in labels(at)
        if find(words) is None and not NAMES.fullmatch(words) and words not in known
    ]
    assert not unknown


def test_a_mark_without_a_term_is_found():
    figure = go.Figure(data=[{"type": "scatter", "name": "a mark that nobody explains"}])
    assert [words for words in words_of(figure) if find(words) is None] == ["a mark that nobody explains"]
