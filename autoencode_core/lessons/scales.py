"""The values that sliders of lessons offer."""

import numpy as np

from autoencode_core.lessons.lesson import LessonQuestion

PLACES = 200
"""Steps of a slider of a mark."""


def number_values(question: LessonQuestion) -> list[float]:
    """The values of a number's slider, ascending.

    Args:
        question: of kind number.
    """
    low, high, step = question.min or 0.0, question.max or 0.0, question.step or 1.0
    if question.scale == "log":
        count = round(np.log10(high / low) * step)
        return list(dict.fromkeys(float(f"{x:.2g}") for x in np.geomspace(low, high, count + 1)))
    count = round((high - low) / step)
    return [float(f"{low + i * step:.10g}") for i in range(count + 1)]


def place_values(low: float, high: float) -> list[float]:
    """The values of a mark's slider along an axis."""
    return [float(f"{low + i / PLACES * (high - low):.6g}") for i in range(PLACES + 1)]
