"""What the page Mean field is told arrives in the shape that its questions declare."""

from collections.abc import Mapping
from typing import Any

import pytest
from questions.check_answer import check_answer, questions
from untrained import untrained

from autoencode_core import analysis
from autoencode_core.questions import mean_field
from autoencode_core.spec import RunSpec

KNOBS = {"dataset": "moons", "particles": 20, "depth": 4, "horizon": 1.0}


def particles(**knobs: Any) -> Mapping[str, Any]:
    return analysis.particles(RunSpec(**KNOBS, **knobs), [8, 16], (0, 1), 1, 2, 100)


def density(**knobs: Any) -> Mapping[str, Any]:
    return analysis.density(untrained(0.5, **KNOBS, **knobs), bins=8)


def doubled(**knobs: Any) -> Mapping[str, Any]:
    return analysis.doubled(untrained(0.5, **KNOBS, **knobs), 30)


def push(**knobs: Any) -> Mapping[str, Any]:
    return analysis.push(untrained(0.5, **KNOBS, **knobs), (2, 4), 4)


ANSWERS = {"PARTICLES": particles, "DENSITY": density, "DOUBLED": doubled, "PUSH": push}


@pytest.mark.parametrize("knobs", [{}, {"dtype": "float32"}], ids=str)
@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_told_has_its_type(name: str, knobs: dict[str, Any]) -> None:
    check_answer(mean_field, name, ANSWERS[name](**knobs))


@pytest.mark.parametrize("name", ["PARTICLES", "DENSITY", "PUSH"])
def test_what_is_told_of_a_classifier_has_its_type(name: str) -> None:
    check_answer(mean_field, name, ANSWERS[name](task="classify", bottleneck=1))


def test_every_question_is_tried() -> None:
    assert set(ANSWERS) == set(questions(mean_field))
