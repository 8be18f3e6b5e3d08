"""What the page Flow is told arrives in the shape that its questions declare."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from questions.check_answer import check_answer, questions
from untrained import untrained

from autoencode_core import analysis
from autoencode_core.questions import flow

KNOBS = {"dataset": "moons", "particles": 20, "depth": 4, "horizon": 1.0}


def trajectories(**knobs: Any) -> Mapping[str, Any]:
    return analysis.trajectories(untrained(0.5, **KNOBS, **knobs), 30)


def law(**knobs: Any) -> Mapping[str, Any]:
    return analysis.law(untrained(0.5, **KNOBS, **knobs), np.zeros(2), np.eye(2), [[-9.0, 9.0]] * 2, 8)


def field_grid(**knobs: Any) -> Mapping[str, Any]:
    return analysis.field_grid(untrained(0.5, **KNOBS, **knobs), np.arange(3.0), np.arange(2.0))


ANSWERS = {"TRAJECTORIES": trajectories, "LAW": law, "FIELD_GRID": field_grid}


@pytest.mark.parametrize("knobs", [{}, {"task": "classify", "bottleneck": 1}, {"dtype": "float32"}], ids=str)
@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_told_has_its_type(name: str, knobs: dict[str, Any]) -> None:
    check_answer(flow, name, ANSWERS[name](**knobs))


def test_what_is_told_of_data_without_labels_has_its_type() -> None:
    check_answer(flow, "TRAJECTORIES", analysis.trajectories(untrained(dataset="s_curve"), 70))


def test_every_question_is_tried() -> None:
    assert set(ANSWERS) == set(questions(flow))
