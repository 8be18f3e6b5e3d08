"""What the page Latent is told arrives in the shape that its questions declare."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from questions.check_answer import check_answer, questions
from untrained import untrained

from autoencode_core import analysis
from autoencode_core.questions import latent
from autoencode_core.training.run import Run

ROWS = np.array([[0.1, 0.2], [np.nan, 9.0]])
ANSWERS = {
    "DECODE": lambda run: analysis.decode(run, np.zeros((3, 1))),
    "DECODED_GRID": lambda run: analysis.decoded_grid(run, [-1.0], [1.0], 3),
    "WALK": lambda run: analysis.walk(run, [-1.0], [1.0], 3),
    "EMBEDDING": lambda run: analysis.embedding(run, np.arange(12.0).reshape(-1, 1)),
    "ACTIVITY": lambda run: analysis.activity(run),
    "NEIGHBOURS": lambda run: analysis.neighbours(run, 3),
    "OWN_ROWS": lambda run: analysis.own_rows(run),
    "NEW_ROWS": lambda run: analysis.new_rows(run, ROWS),
}


def a_run(**knobs: Any) -> Run:
    return untrained(0.5, **{"dataset": "moons", "particles": 20, "depth": 4, "bottleneck": 1, **knobs})


def found(name: str, **knobs: Any) -> Mapping[str, Any]:
    return ANSWERS[name](a_run(**knobs))


@pytest.mark.parametrize("knobs", [{}, {"dtype": "float32"}], ids=str)
@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_told_has_its_type(name: str, knobs: dict[str, Any]) -> None:
    check_answer(latent, name, found(name, **knobs))


@pytest.mark.parametrize("name", ["EMBEDDING", "ACTIVITY", "NEIGHBOURS", "OWN_ROWS", "NEW_ROWS"])
def test_what_is_told_of_a_classifier_has_its_type(name: str) -> None:
    check_answer(latent, name, found(name, task="classify"))


def test_what_is_told_where_little_is_known_has_its_type() -> None:
    run = a_run(dataset="bimodal", task="transport")
    check_answer(latent, "OWN_ROWS", analysis.own_rows(run, back=True))
    check_answer(latent, "NEW_ROWS", analysis.new_rows(run, np.zeros((1, 1)), back=True))
    codes = np.random.default_rng(0).standard_normal((30, 4))
    check_answer(latent, "EMBEDDING", analysis.embedding(run, codes, "tsne"))


def test_every_question_is_tried() -> None:
    assert set(ANSWERS) == set(questions(latent))
