"""Answers of the page Control have the types that its questions declare."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
from questions.check_answer import check_answer, questions

import autoencode_core as ac
from autoencode_core import analysis
from autoencode_core.questions import control

SMALL = {"particles": 40, "depth": 4, "dtype": "float64", "iterations": 3, "method": "pmp"}
RUNS: Mapping[str, Mapping[str, Any]] = {
    "labelled": {"dataset": "moons", "field": "two_layer"},
    "unlabelled": {"dataset": "s_curve", "bottleneck": 2, "dtype": "float32"},
    "classifier": {"dataset": "moons", "task": "classify", "bottleneck": 1},
}
ANSWERS: Mapping[str, Callable[[ac.Run], Mapping[str, Any]]] = {
    "ALONG": analysis.along,
    "HAMILTONIAN": analysis.hamiltonian,
    "LOCAL_MAXIMALITY": analysis.local_maximality,
    "MAXIMALITY": analysis.maximality,
    "MAXIMALITY_PATH": lambda run: analysis.maximality_path(run, 2),
    "COSTATES": analysis.costates,
    "ITERATION": lambda run: analysis.iteration(run, 0),
    "METHODS": lambda run: analysis.methods(run, 2),
    "COMPONENT": analysis.component,
    "COMPONENT_HORIZONS": lambda run: analysis.component_horizons(run, [0.5, 1.0], [0]),
}

CASES = [(name, kind) for name in ANSWERS for kind in RUNS if kind == "classifier" or "COMPONENT" not in name]
"""Of runs that are no classifiers a standard one is compared, which takes long."""


@cache
def trained(kind: str) -> ac.Run:
    return ac.train(ac.RunSpec(**{**SMALL, **RUNS[kind]}))


def test_every_question_is_held_to_its_type() -> None:
    assert list(ANSWERS) == questions(control)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_answer_has_the_type_of_its_question(name: str, kind: str) -> None:
    check_answer(control, name, ANSWERS[name](trained(kind)))
