"""How far a visitor has come with the lessons: in the session, and in the link in short. No accounts."""

import re
from collections.abc import Mapping

from autoencode_core.lessons.lesson import Lesson
from pages.shared.session import LinkKey, SessionKey

DONE = LinkKey("done")
"""Answers given: a lesson's number and, for each of its questions, 0 (open), 1 (answered) or 2 (right)."""
OPEN, ANSWERED, RIGHT = "0", "1", "2"

_DONE = SessionKey[dict[str, str]]("lessons_done", dict)
_IN_LINK = SessionKey("lessons_done_link", str)
_LESSON = re.compile(r"(\d{1,2})-([012]{1,40})")


def take_progress(lessons: Mapping[str, Lesson]) -> list[str]:
    """Adds what a link tells to what the session knows, and puts both into the link.

    Args:
        lessons: all of them, by name.

    Returns:
        Parts of the link that tell of no lesson.
    """
    asked, unknown = DONE.get(), list[str]()
    if asked and asked != _IN_LINK.get():
        unknown = _take(asked, lessons)
    _into_link(lessons)
    return unknown


def mark_answered(lesson: Lesson, place: int, right: bool, lessons: Mapping[str, Lesson]) -> None:
    """Keeps that a question was answered; a right answer stays right.

    Args:
        lesson: the lesson.
        place: of the question in it.
        right: whether the answer was.
        lessons: all of them, by name.
    """
    marks = list(marks_of(lesson))
    marks[place] = max(marks[place], RIGHT if right else ANSWERED)
    _known()[lesson.name] = "".join(marks)
    _into_link(lessons)


def marks_of(lesson: Lesson) -> str:
    """OPEN, ANSWERED or RIGHT for each question of a lesson."""
    count = len(lesson.questions)
    return _known().get(lesson.name, "")[:count].ljust(count, OPEN)


def progress_words(lesson: Lesson) -> str:
    """How far a visitor has come with a lesson, in words."""
    marks = marks_of(lesson)
    answered = len(marks) - marks.count(OPEN)
    if not answered:
        return f"{len(marks)} questions"
    return f"{answered} of {len(marks)} answered, {marks.count(RIGHT)} right"


def _known() -> dict[str, str]:
    known = _DONE.get()
    if known is None:
        known = {}
        _DONE.set(known)
    return known


def _take(text: str, lessons: Mapping[str, Lesson]) -> list[str]:
    by_number = {lesson.number: lesson for lesson in lessons.values()}
    unknown = []
    for part in text.split("."):
        found = _LESSON.fullmatch(part)
        lesson = by_number.get(int(found[1])) if found else None
        if found is None or lesson is None or len(found[2]) > len(lesson.questions):
            unknown.append(part)
            continue
        told = found[2].ljust(len(lesson.questions), OPEN)
        _known()[lesson.name] = "".join(map(max, marks_of(lesson), told))
    return unknown


def _into_link(lessons: Mapping[str, Lesson]) -> None:
    parts = [
        f"{lesson.number}-{marks.rstrip(OPEN)}"
        for lesson in lessons.values()
        if (marks := marks_of(lesson)).strip(OPEN)
    ]
    text = ".".join(parts)
    if text != DONE.get():
        DONE.set(text) if text else DONE.drop()
    _IN_LINK.set(text)
