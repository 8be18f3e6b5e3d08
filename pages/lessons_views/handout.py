"""A lesson to take along: on paper, or as one file."""

import streamlit as st

from autoencode_core.lessons.case import NotYet
from autoencode_core.lessons.lesson import Lesson
from pages.lessons_views.source import Stored, ask_or_wait
from pages.shared.session import SessionKey
from pages.shared.setup import dark

_WANTED = SessionKey("lesson_file", str)
_PRINT = SessionKey("lesson_print", int)
_STYLE = """<style>
.lesson-lines { display: none; }
@media print {
  @page { margin: 16mm; }
  .stApp, .stAppViewContainer, .stMain, .stApp > div { position: static !important; display: block !important;
    height: auto !important; overflow: visible !important; }
  .stMainBlockContainer { padding: 0 !important; }
  .stAppHeader, .stSidebar, .stToolbar, .stSlider, .st-key-lesson_tools, .st-key-lesson_neighbours,
  .st-key-lesson_note, .stPageLink, .stButton, .stDownloadButton, .stPopover,
  .stHorizontalBlock:has([class*="_reveal"]) { display: none !important; }
  [class*="st-key-question_"], [class*="st-key-figure_"] { break-inside: avoid; }
  .lesson-lines { display: block; }
  .lesson-lines div { height: 9mm; border-bottom: 0.4pt solid #888; }
}
</style>"""


def print_style() -> None:
    """What makes a hand-out of a lesson on paper: no menu, no knobs, lines for answers."""
    st.html(_STYLE)


def handout(lesson: Lesson) -> None:
    """Buttons that print a lesson, and that make one file of it.

    Args:
        lesson: which one.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_tools"):
        printed = st.button(
            "Print",
            icon=":material/print:",
            key="lesson_print_button",
            help="As a hand-out: pictures as they stand now, with lines for the answers.",
        )
        if _WANTED.get() != lesson.name:
            st.button(
                "Make one file of it",
                icon=":material/draft:",
                key="lesson_file_button",
                on_click=_WANTED.set,
                args=(lesson.name,),
                help="A page that works without a server or a network: text, moving pictures and questions. "
                "All answers are computed first.",
            )
        else:
            _offer(lesson)
    if printed:
        _PRINT.set((_PRINT.get() or 0) + 1)
        # The number makes it another script each time: one that is the same would not run again.
        st.html(f"<script>window.print(); // {_PRINT.get()}\n</script>", unsafe_allow_javascript=True)


def _offer(lesson: Lesson) -> None:
    """The file, once every answer that it holds is there."""
    from autoencode_core.export.lesson_page import lesson_page  # here: a lesson is drawn sooner without it

    try:
        made = lesson_page(lesson, Stored(), ask_or_wait, dark=dark()).encode()
    except NotYet:
        return  # its progress is shown
    st.download_button(
        f"Download ({len(made) / 2**20:.1f} MB)",
        made,
        f"{lesson.number:02}_{lesson.name}.html",
        mime="text/html",
        icon=":material/download:",
        key="lesson_file_download",
        on_click="ignore",
    )
