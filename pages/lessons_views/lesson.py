"""One lesson: its text, figures and questions in the order of its file, and the way to the next one."""

from collections.abc import Mapping

import streamlit as st

from autoencode_core.lessons.lesson import Figure, Lesson, LessonQuestion, Text, Try
from autoencode_core.lessons.wording import filled
from pages.lessons_views.figure import show_figure
from pages.lessons_views.handout import handout, print_style
from pages.lessons_views.progress import mark_answered, progress_words
from pages.lessons_views.question import show_question
from pages.lessons_views.source import Stored
from pages.shared.session import LinkKey
from pages.shared.setup import guard
from pages.shared.shown import LESSON, RUN, STUDY

NOTE = LinkKey("note")
"""1 where the lecturer's page stands above the lesson."""
PAGE = "pages/lessons.py"
TEXT_WIDTH = 760
"""Pixels of a line that reads well."""


def lesson_view(lesson: Lesson, lessons: Mapping[str, Lesson]) -> None:
    """Draws a lesson.

    Args:
        lesson: which one.
        lessons: all of them, by name.
    """
    print_style()
    with st.container(width=TEXT_WIDTH, key="lesson_text"):
        st.title(f"{lesson.number}. {lesson.title}", anchor=False)
        st.markdown(f"*{lesson.goal}*")
        st.caption(f"{lesson.minutes} minutes · {progress_words(lesson)}")
        _note(lesson)
        place, first = 0, True
        for i, part in enumerate(lesson.parts):
            key = f"lesson_{lesson.name}_{i}"
            if isinstance(part, Text):
                with guard():
                    st.markdown(filled(part.markdown, lesson, Stored()))
            elif isinstance(part, Figure):
                show_figure(lesson, part, key, linked=first and part.kind == "player")
                first = first and part.kind != "player"
            elif isinstance(part, LessonQuestion):
                _question(lesson, part, place, lessons)
                place += 1
            else:
                _try(lesson, part, key)
        with guard():
            handout(lesson)
        _neighbours(lesson, lessons)


def _question(lesson: Lesson, question: LessonQuestion, place: int, lessons: Mapping[str, Lesson]) -> None:
    """A question in a fragment: a guess runs nothing else again."""
    st.fragment(show_question)(
        lesson, question, place, lambda at, right: mark_answered(lesson, at, right, lessons)
    )


def _try(lesson: Lesson, block: Try, key: str) -> None:
    """A button to a page of the app, with its link."""
    link: dict[str, str | list[str]] = dict(block.settings)
    if block.run:
        link[RUN.name] = [lesson.runs[name] for name in block.run]
    if block.study:
        link[STUDY.name] = lesson.studies[block.study]
    with guard(), st.container(key=f"try_{key}"):
        st.page_link(
            f"pages/{block.page}.py", label=block.label, icon=":material/play_arrow:", query_params=link
        )


def _note(lesson: Lesson) -> None:
    """The lecturer's page, behind a switch."""
    if not lesson.note:
        return
    shown = st.toggle(
        "Lecturer's note",
        value=NOTE.get() == "1",
        key="lesson_note",
        persist_state="session",
        help="What to ask, what goes wrong, how long it takes.",
    )
    if shown:
        NOTE.set("1")
        with st.container(border=True, key="lecturer"):
            st.markdown(filled(lesson.note, lesson, Stored()))
    elif NOTE.there():
        NOTE.drop()


def _neighbours(lesson: Lesson, lessons: Mapping[str, Lesson]) -> None:
    """The lessons before and after, and the list."""
    names = list(lessons)
    at = names.index(lesson.name)
    with st.container(horizontal=True, key="lesson_neighbours"):
        for step, icon in ((-1, ":material/arrow_back:"), (1, ":material/arrow_forward:")):
            if 0 <= at + step < len(names):
                other = lessons[names[at + step]]
                st.page_link(
                    PAGE,
                    label=f"{other.number}. {other.title}",
                    icon=icon,
                    query_params={LESSON.name: other.name},
                )
        st.page_link(PAGE, label="All lessons", icon=":material/list:")
