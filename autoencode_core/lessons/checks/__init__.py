"""What computes the truths of the lessons: a module a lesson, its functions listed in CHECKS.

A check takes the case of its question, the runs before the student and the settings of the block, and gives a
Truth. It may ask what any page may ask: `case.ask(STEPS, case.record)`. Nothing is known beforehand.
"""

from collections.abc import Callable, Mapping

from autoencode_core.errors import InputError
from autoencode_core.lessons.case import Case
from autoencode_core.lessons.checks import (
    circle_onto_line,
    high_low_lambda,
    horizon,
    measures,
    optimal_control,
    pca,
    resnet_to_ode,
    turning_off,
    why_forget,
)
from autoencode_core.lessons.judging import Truth
from autoencode_core.lessons.lesson import LessonQuestion

Check = Callable[[Case], Truth]

CHECKS: Mapping[str, Check] = {
    **resnet_to_ode.CHECKS,
    **turning_off.CHECKS,
    **high_low_lambda.CHECKS,
    **circle_onto_line.CHECKS,
    **why_forget.CHECKS,
    **pca.CHECKS,
    **optimal_control.CHECKS,
    **horizon.CHECKS,
    **measures.CHECKS,
}
"""Every check by the name that lessons call it."""


def truth_of(question: LessonQuestion, case: Case) -> Truth:
    """The truth of a question.

    Args:
        question: what is asked.
        case: the question's, from case.case_of.

    Raises:
        InputError: there is no such check, or what it finds is none of the question's options.
        NotYet: an answer that it needs is not there yet.
    """
    if question.check not in CHECKS:
        raise InputError("check", question.check, f"one of {', '.join(CHECKS)}")
    found = CHECKS[question.check](case)
    if question.kind == "choice" and found.value not in question.options:
        raise InputError("options", list(question.options), f"such that {found.value!r} is among them")
    return found
