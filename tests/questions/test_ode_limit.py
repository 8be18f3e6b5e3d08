"""What the page ODE limit is told arrives in the shape that its questions declare."""

from collections.abc import Mapping
from typing import Any

import pytest
from questions.check_answer import check_answer, questions
from untrained import untrained

from autoencode_core import analysis
from autoencode_core.questions import ode_limit
from autoencode_core.spec import RunSpec
from autoencode_core.training.loop import train_regimes

KNOBS = {"dataset": "moons", "particles": 20, "depth": 4, "horizon": 1.0}


def steps(**knobs: Any) -> Mapping[str, Any]:
    return analysis.steps(untrained(0.5, **KNOBS, **knobs), (1, 2, 4), rtol=1e-8)


def geometry(**knobs: Any) -> Mapping[str, Any]:
    return analysis.geometry(untrained(0.5, **KNOBS, **knobs), 10)


def depth(**knobs: Any) -> Mapping[str, Any]:
    return analysis.depth(train_regimes([RunSpec(**KNOBS, iterations=2, **knobs)])[0], 1, 2)


ANSWERS = {"STEPS": steps, "GEOMETRY": geometry, "DEPTH": depth}


@pytest.mark.parametrize("knobs", [{}, {"task": "classify", "bottleneck": 1}, {"dtype": "float32"}], ids=str)
@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_told_has_its_type(name: str, knobs: dict[str, Any]) -> None:
    check_answer(ode_limit, name, ANSWERS[name](**knobs))


def test_every_question_is_tried() -> None:
    assert set(ANSWERS) == set(questions(ode_limit))
