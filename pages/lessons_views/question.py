"""A question of a lesson: predicted, revealed, and tried again."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from autoencode_core.figures.arrays import flow_states
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.parts import Part
from autoencode_core.lessons.case import Case, NotYet, case_of
from autoencode_core.lessons.checks import truth_of
from autoencode_core.lessons.judging import Truth, Value, allowed_words, right, said, true_words
from autoencode_core.lessons.lesson import Lesson, LessonQuestion, Text
from autoencode_core.lessons.pictures import marked, pictures
from autoencode_core.lessons.scales import PLACES, number_values
from autoencode_core.lessons.wording import filled, plain
from pages.lessons_views.figure import show_figure
from pages.lessons_views.progress import OPEN, marks_of
from pages.lessons_views.source import Stored, ask_or_wait
from pages.shared.player import Said, player
from pages.shared.session import SessionKey
from pages.shared.setup import dark, escape, guard

LINES = '<div class="lesson-lines" aria-hidden="true">' + "<div></div>" * 3 + "</div>"
"""Empty lines for an answer: on paper only."""


class _State:
    """What the session keeps of one question."""

    def __init__(self, lesson: Lesson, question: LessonQuestion) -> None:
        name = f"lesson_{lesson.name}_{question.id}"
        self.name = name
        self.touched = SessionKey(f"{name}_touched", bool)
        self.revealed = SessionKey(f"{name}_revealed", object)

    def axis(self, place: int) -> SessionKey[float]:
        """A coordinate of a mark: the key of its slider."""
        return SessionKey(f"{self.name}_axis{place}", float)

    def again(self) -> None:
        """Hides the answer, so that the question may be tried again."""
        self.revealed.drop()
        self.touched.drop()

    def touch(self) -> None:
        """A guess was made: an answer is never revealed without."""
        self.touched.set(True)


def show_question(
    lesson: Lesson, question: LessonQuestion, place: int, answered: Callable[[int, bool], None]
) -> None:
    """A question with what it takes to answer it; once predicted its truth can be revealed.

    Args:
        lesson: the lesson.
        question: what is asked.
        place: of the question in the lesson.
        answered: told of the place and whether the answer was right.
    """
    state = _State(lesson, question)
    case = case_of(lesson, question, Stored(), ask_or_wait, dark=dark())
    with st.container(border=True, key=f"question_{lesson.name}_{question.id}"), guard():
        st.markdown(f"**Question {place + 1}.** {filled(question.prompt, lesson, Stored())}")
        guess = _guess(question, state, case)
        st.html(LINES)
        revealed = state.revealed.get()
        if revealed is None:
            _offer(question, state, guess, marks_of(lesson)[place])
        else:
            _reveal(lesson, question, state, case, revealed, partial(answered, place))


def _offer(question: LessonQuestion, state: _State, guess: Value | None, mark: str) -> None:
    """The button that reveals, once there is a guess."""
    words = f"Right {allowed_words(question)}." if question.within else ""
    left, right_ = st.columns([1, 3], vertical_alignment="center")
    left.button(
        "Reveal",
        key=f"{state.name}_reveal",
        type="primary",
        disabled=guess is None,
        on_click=state.revealed.set,
        args=(guess,),
        width="stretch",
    )
    if guess is None:
        words = "Predict first: then the answer can be revealed. " + words
    elif question.kind != "choice":
        words = f"Your guess: {said(question, guess)}. {words}"
    if mark != OPEN:
        words += " You have answered this before."
    right_.caption(escape(words))


def _reveal(
    lesson: Lesson,
    question: LessonQuestion,
    state: _State,
    case: Case,
    guess: Any,
    answered: Callable[[bool], None],
) -> None:
    """Truth beside guess, what the picture shows, and a way to try again."""
    try:
        truth = truth_of(question, case)
    except NotYet:
        return
    true, good = true_words(question, truth, guess), right(question, truth, guess)
    answered(good)
    verdict = _verdict(question, truth, guess)
    (st.success if good else st.warning)(verdict, icon=":material/check:" if good else ":material/close:")
    facts = {**truth.facts, "truth": true, "guess": said(question, guess)}
    for i, part in enumerate(question.answer):
        if isinstance(part, Text):
            st.markdown(filled(part.markdown, lesson, Stored(), facts))
        else:
            show_figure(lesson, part, f"{state.name}_{i}")
    st.button("Try again", key=f"{state.name}_again", on_click=state.again)


def _verdict(question: LessonQuestion, truth: Truth, guess: Value) -> str:
    """Whether a guess is right, in a sentence with both."""
    mine, true = escape(said(question, guess)), escape(true_words(question, truth, guess))
    if question.kind == "choice":
        if right(question, truth, guess):
            return f"**Right:** {true}."
        return f"**Not so.** You said: {mine}. It is: {true}."
    within = f"right {escape(allowed_words(question))}"
    if right(question, truth, guess):
        return f"**Right:** you said {mine}, it is {true} ({within})."
    return f"**Not quite:** you said {mine}, it is {true} ({within})."


# ---- guesses


def _guess(question: LessonQuestion, state: _State, case: Case) -> Value | None:
    """What the visitor predicts, None before anything was set; fixed while the answer is shown."""
    if question.kind == "choice":
        return _choice(question, state)
    if question.kind == "mark":
        return _mark(question, state, case)
    return _number(question, state)


def _choice(question: LessonQuestion, state: _State) -> str | None:
    chosen = st.radio(
        "Your prediction",
        list(question.options),
        index=None,
        format_func=question.options.__getitem__,
        key=f"{state.name}_choice",
        persist_state="session",
        disabled=state.revealed.there(),
    )
    return chosen if chosen in question.options else None


def _number(question: LessonQuestion, state: _State) -> float | None:
    low, high, step = question.min or 0.0, question.max or 0.0, question.step or 1.0
    unit = f", {question.unit}" if question.unit else ""
    settings: dict[str, Any] = {
        "key": f"{state.name}_number",
        "on_change": state.touch,
        "persist_state": "session",
        "disabled": state.revealed.there(),
    }
    label = f"Your prediction{unit}"
    if question.scale == "log":
        values = number_values(question)
        found = st.select_slider(label, values, values[0], format_func=plain, **settings)
    elif all(float(x).is_integer() for x in (low, high, step)):
        found = st.slider(label, int(low), int(high), int(low), int(step), **settings)
    else:
        found = st.slider(label, low, high, low, step, **settings)
    return float(found) if state.touched.get() else None


def _mark(question: LessonQuestion, state: _State, case: Case) -> tuple[float, ...] | None:
    """A place on a picture: a click on it, or a slider for each of its coordinates."""
    try:
        scene = pictures(question.picture, case, state.name)[0].scene
    except NotYet:
        return None
    if scene is None:
        return None
    revealed, pane = state.revealed.get(), scene["panes"][0]
    axes = [state.axis(i) for i in range(len(pane["range"]))]
    guess = tuple(axis.get() or 0.0 for axis in axes) if state.touched.get() else None
    truths = truth_of(question, case).places if revealed is not None else []
    heard = player(
        f"{state.name}_player", encode(marked(scene, guess, truths)), str(scene["id"]), int(scene["n"])
    )
    if revealed is None:
        clicked = _clicked(heard, scene, case, state)
        if clicked is not None:
            for axis, value, ends in zip(axes, clicked, pane["range"], strict=True):
                axis.set(_on_grid(value, *ends))
            state.touch()
            st.rerun()
        st.caption("Click the place in the picture, or set it with the sliders.")
    for axis, title, (low, high) in zip(axes, pane["axes"], pane["range"], strict=True):
        if not axis.there():
            axis.set(_on_grid((low + high) / 2, low, high))
        st.slider(
            title,
            low,
            high,
            step=(high - low) / PLACES,
            key=axis.name,
            on_change=state.touch,
            persist_state="session",
            disabled=revealed is not None,
        )
    return guess


def _clicked(heard: Said, scene: Part, case: Case, state: _State) -> tuple[float, ...] | None:
    """The place of a new click, on a particle or beside it."""
    pane = scene["panes"][0]
    if heard.place is not None and heard.place[0] == pane["key"]:
        return heard.place[1][: len(pane["range"])]
    last = SessionKey[tuple[int, ...]](f"{state.name}_picked", tuple)
    if heard.picked[:1] == (last.get() or ()):
        return None
    last.set(heard.picked[:1])
    if not heard.picked:
        return None
    start = flow_states(case.record)[0][heard.picked[0]]
    return tuple(map(float, start[: len(pane["range"])]))


def _on_grid(value: float, low: float, high: float) -> float:
    """The nearest place of a slider."""
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return float(low + round(share * PLACES) * ((high - low) / PLACES))
