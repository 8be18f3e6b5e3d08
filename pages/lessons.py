"""Lessons: short texts with live figures of real runs, and questions that are predicted first."""

from collections.abc import Mapping

import streamlit as st

from autoencode_core.errors import InputError
from autoencode_core.lessons.lesson import Lesson
from autoencode_core.lessons.reading import lessons
from pages.lessons_views.lesson import PAGE, TEXT_WIDTH, lesson_view
from pages.lessons_views.progress import progress_words, take_progress
from pages.shared.setup import complain, guard, page_setup
from pages.shared.shown import LESSON


def render() -> None:
    """Draws the page."""
    page_setup("Lessons")
    with guard():
        known = lessons()
        for part in take_progress(known)[:1]:  # one such sentence is enough
            complain(InputError("done", part, "the number of a lesson and a digit for each question: 1-02"))
        chosen = known.get(LESSON.get())
        if chosen is None:
            if LESSON.get():
                complain(InputError("lesson", LESSON.get(), f"one of {', '.join(known)}"))
            _list(known)
        else:
            lesson_view(chosen, known)


def _list(known: Mapping[str, Lesson]) -> None:
    """All lessons, with how far the visitor has come."""
    with st.container(width=TEXT_WIDTH):
        st.title("Lessons", anchor=False)
        st.markdown(
            "Each is a short text about real, trained runs that move while you read. Its questions want a "
            "prediction first; then the answer is computed from the run before you."
        )
        for lesson in known.values():
            with st.container(border=True):
                st.page_link(
                    PAGE,
                    label=f"**{lesson.number}. {lesson.title}**",
                    query_params={LESSON.name: lesson.name},
                )
                st.markdown(lesson.goal)
                st.caption(f"{lesson.minutes} minutes · {progress_words(lesson)}")
        st.caption("What you have answered is in the link: bookmark it to go on another day.")


if __name__ == "__main__":
    render()
