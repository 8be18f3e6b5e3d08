"""Answers of the page Regimes have the types that its questions declare."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from questions.check_answer import check_answer, questions

import autoencode_core as ac
from autoencode_core import analysis
from autoencode_core.analysis.regimes import spectrum
from autoencode_core.questions import regimes

SMALL = {"particles": 40, "depth": 4, "iterations": 3}
RUNS: Mapping[str, Mapping[str, Any]] = {
    "reconstruction": {"dataset": "moons", "dtype": "float64"},
    "classifier": {"dataset": "moons", "task": "classify", "bottleneck": 1, "activation": "relu"},
}


def direction(run: ac.Run) -> np.ndarray:
    return np.ones(len(run.model.control))


ANSWERS: Mapping[str, Callable[[ac.Run], Mapping[str, Any]]] = {
    "CURVATURE": analysis.curvature,
    "CURVATURES": lambda run: analysis.curvatures([run, run]),
    "CURVATURE_PATH": lambda run: analysis.curvature_path(run, 2),
    "CURVATURE_DEPTHS": lambda run: analysis.curvature_depths(run, 1),
    "FLAT_DIRECTION": lambda run: analysis.flat_direction(run, direction(run), steps=3),
    "LANDSCAPE_LINE": lambda run: analysis.line(run, direction(run), 5),
    "LANDSCAPE_PLANE": lambda run: analysis.plane(run, points=3),
}


@cache
def trained(kind: str) -> ac.Run:
    return ac.train(ac.RunSpec(**{**SMALL, **RUNS[kind]}))


def test_every_question_is_held_to_its_type() -> None:
    assert list(ANSWERS) == questions(regimes)


@pytest.mark.parametrize("kind", RUNS)
@pytest.mark.parametrize("name", ANSWERS)
def test_the_answer_has_the_type_of_its_question(name: str, kind: str) -> None:
    check_answer(regimes, name, ANSWERS[name](trained(kind)))


def test_so_has_that_of_lanczos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectrum, "DENSE", 0)
    for name in ("CURVATURE", "CURVATURE_DEPTHS", "LANDSCAPE_PLANE"):
        check_answer(regimes, name, ANSWERS[name](trained("reconstruction")))


@pytest.mark.parametrize("kind", ["flattest", "minimisers"])
def test_so_has_that_of_other_planes(kind: str) -> None:
    run = trained("reconstruction")
    theta = direction(run)
    others = {"others": np.stack([theta, theta * np.arange(len(theta))])} if kind == "minimisers" else {}
    check_answer(regimes, "LANDSCAPE_PLANE", analysis.plane(run, kind, points=3, **others))


def test_three_levels_tell_a_trend() -> None:
    check_answer(regimes, "CURVATURE_DEPTHS", analysis.curvature_depths(trained("reconstruction"), 2))
