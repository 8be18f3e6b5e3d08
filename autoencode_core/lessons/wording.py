"""Numbers in the words of a lesson: those of its runs, and those that a check found."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.figures.numbers import minus, percent, power
from autoencode_core.lessons.case import Store
from autoencode_core.lessons.lesson import Lesson
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord

_OF_A_RUN = re.compile(r"\{([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)(:%)?\}")
_FACT = re.compile(r"(?<![\w}_^])\{([a-z][a-z0-9_]*)\}")  # not \mathrm{error}
_SMALLEST = 1e-6


def plain(value: float, digits: int = 3) -> str:
    """A number with so many digits and without an exponent unless it is tiny: 0.000073, 24.1, −3, 12,000."""
    if not np.isfinite(value):
        return "–" if np.isnan(value) else minus(str(value)).replace("inf", "∞")
    if value and abs(value) < _SMALLEST:
        return minus("-" * (value < 0)) + power(abs(value))
    return minus(f"{Decimal(f'{value:.{digits}g}'):,f}")


def number_of(record: RunRecord, name: str) -> float:
    """A number of a run: `step` (T/L), `square` (‖θ‖²), a figure of its summary, or a knob of its spec.

    Raises:
        InputError: there is no such number.
    """
    if name == "step":
        return record.spec.horizon / record.spec.depth
    if name == "square":
        step = record.spec.horizon / record.spec.depth
        return step * float(np.square(np.asarray(record.weights["control"], float)).sum())
    found = record.summary.get(name)
    if found is None and name in RunSpec.model_fields:
        found = getattr(record.spec, name)
    if not isinstance(found, int | float) or isinstance(found, bool):
        raise InputError("number", name, "a figure of the run's summary, or a knob that is a number")
    return float(found)


def filled(text: str, lesson: Lesson, store: Store, facts: Mapping[str, str] | None = None) -> str:
    """A text of a lesson with its numbers put in.

    Args:
        text: Markdown with {run.number}, {run.number:%} and {fact}.
        lesson: gives runs their names.
        store: has them.
        facts: words by name; others in braces are left alone.

    Raises:
        InputError: a run or a number is named that is not there.
    """

    def of_a_run(found: re.Match[str]) -> str:
        if found[1] not in lesson.runs:
            raise InputError(
                "run", found[1], f"one of {', '.join(lesson.runs) or 'the runs, of which none is named'}"
            )
        value = number_of(store.record(lesson.runs[found[1]]), found[2])
        say: Callable[[float], str] = percent if found[3] else plain
        return say(value)

    known: Mapping[str, Any] = facts or {}
    text = _OF_A_RUN.sub(of_a_run, text)
    return _FACT.sub(lambda found: str(known.get(found[1], found[0])), text)
