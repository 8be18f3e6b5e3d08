"""What lessons ask about runs beyond what pages do, and what they are told."""

from typing import TypedDict

from autoencode_core.questions.arrays import Floats, Integers
from autoencode_core.questions.question import Question


class Remembering(TypedDict):
    """A run with its bottleneck beside the same flow without the projection at T/2.

    Mean squared distances of outputs and targets, flow coordinates.

    Attributes:
        forgets: error of the run, whose decoder starts from the code alone.
        remembers: the same control, but the decoder finds the dropped components where the encoder left them.
        rest_forgets: the control 0 with the projection.
        rest_remembers: the control 0 without it.
        note: what else to know, "" when nothing.
    """

    forgets: float
    remembers: float
    rest_forgets: float
    rest_remembers: float
    note: str


class Scatter(TypedDict):
    """How much the data term of one fixed control differs between samples of the law.

    Attributes:
        counts: particles N of a sample (c,), ascending.
        samples: how many samples of each N (c,).
        scatter: standard deviation of the data term over the samples (c,).
        mean: the data term on all fresh particles.
        exponent: of N, by a line through the logarithms.
        note: what else to know, "" when nothing.
    """

    counts: Integers
    samples: Integers
    scatter: Floats
    mean: float
    exponent: float
    note: str


REMEMBERING: Question[Remembering] = Question(
    "remembering", "autoencode_core.analysis.lessons.remembering:remembering"
)
SCATTER: Question[Scatter] = Question("scatter", "autoencode_core.analysis.lessons.scatter:scatter")
