"""A lesson to take along: printed, or as one file."""

from autoencode_core.lessons.lesson import Lesson


def handout(lesson: Lesson) -> None:
    """How to print a lesson.

    Args:
        lesson: which one.
    """
