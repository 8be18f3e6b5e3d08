"""What lessons are told arrives in the shape that their questions declare."""

from collections.abc import Mapping
from typing import Any

import pytest
from questions.check_answer import check_answer, questions
from untrained import untrained

from autoencode_core import analysis
from autoencode_core.analysis.lessons import scatter as of_scatter
from autoencode_core.questions import lessons

KNOBS = {"dataset": "moons", "particles": 20, "depth": 4, "horizon": 1.0}


def remembering(**knobs: Any) -> Mapping[str, Any]:
    return analysis.remembering(untrained(0.5, **KNOBS, **knobs))


def scatter(**knobs: Any) -> Mapping[str, Any]:
    return analysis.scatter(untrained(0.5, **KNOBS, **knobs), (4, 8))


ANSWERS = {"REMEMBERING": remembering, "SCATTER": scatter}


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_scatter, "FRESH", 400)


@pytest.mark.parametrize("knobs", [{}, {"dtype": "float32"}], ids=str)
@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_told_has_its_type(name: str, knobs: dict[str, Any]) -> None:
    check_answer(lessons, name, ANSWERS[name](**knobs))


def test_every_question_is_tried() -> None:
    assert set(ANSWERS) == set(questions(lessons))
