"""Guess and truth: whether a guess is right, and both in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from autoencode_core.lessons.lesson import LessonQuestion
from autoencode_core.lessons.wording import plain

Value = float | str | tuple[float, ...]
"""Of a number, of a choice (its word), of a mark (its coordinates)."""


@dataclass(frozen=True)
class Truth:
    """What a check found.

    Attributes:
        value: the answer; of a mark a place, or several that are equally right.
        facts: words by name, for the text of the answer.
    """

    value: float | str | tuple[float, ...] | Sequence[tuple[float, ...]]
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def places(self) -> list[tuple[float, ...]]:
        """Of a mark: the places that are right."""
        if isinstance(self.value, int | float | str):
            return []
        rows = np.atleast_2d(np.asarray(self.value, float))
        return [tuple(map(float, row)) for row in rows]


def right(question: LessonQuestion, truth: Truth, guess: Value) -> bool:
    """Whether a guess is right, within what the question allows."""
    if question.kind == "choice":
        return guess == truth.value
    if question.kind == "mark":
        return nearest(truth, guess)[1] <= _amount(question) * (1 + 1e-9)
    true, said = float(truth.value), float(guess)  # type: ignore[arg-type]  # of a number both are numbers
    within = question.within
    if within is None or within.kind == "amount":
        allowed = _amount(question)
        return abs(said - true) <= allowed * (1 + 1e-9)
    if within.kind == "share":
        return abs(said - true) <= within.amount * abs(true) * (1 + 1e-9)
    if true == 0 or said == 0 or (true < 0) != (said < 0):
        return true == said
    return abs(math.log(said / true)) <= math.log(within.amount) * (1 + 1e-9)


def nearest(truth: Truth, guess: Value) -> tuple[tuple[float, ...], float]:
    """Of a mark: the right place nearest to a guess, and how far it is."""
    at = np.asarray(guess, float).reshape(-1)
    far = [float(np.linalg.norm(np.asarray(place) - at)) for place in truth.places]
    best = int(np.argmin(far))
    return truth.places[best], far[best]


def allowed_words(question: LessonQuestion) -> str:
    """When a guess is right, in words ("within 8 %", "if exact"); "" for a choice."""
    within = question.within
    if within is None:
        return ""
    if within.kind == "share":
        return f"within {100 * within.amount:g} %"
    if within.kind == "factor":
        return f"within a factor of {within.amount:g}"
    if question.kind == "number" and question.scale != "log" and within.amount < (question.step or 1.0):
        return "if exact"
    return f"within {with_unit(plain(within.amount), question.unit)}"


def said(question: LessonQuestion, value: Value) -> str:
    """A guess or a truth in words."""
    if isinstance(value, str):
        return question.options.get(value, value)
    if isinstance(value, tuple):
        return "(" + ", ".join(plain(float(x)) for x in value) + ")"
    return with_unit(plain(float(value)), question.unit)


def true_words(question: LessonQuestion, truth: Truth, guess: Value) -> str:
    """The truth in words; of several right places the one nearest to the guess."""
    if question.kind == "mark":
        return said(question, nearest(truth, guess)[0])
    return said(question, truth.value)  # type: ignore[arg-type]  # no mark: one value


def with_unit(number: str, unit: str) -> str:
    """A number and its unit; a degree sign stands close."""
    return f"{number}{'' if unit in ('', '°') else ' '}{unit}"


def _amount(question: LessonQuestion) -> float:
    return question.within.amount if question.within else 0.0
