"""Every lesson: read, its formulas, numbers, links, checks and pictures; and what a bad file is told."""

import re
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from latex2mathml.converter import convert
from lessons.direct import STORE, ask, case

from autoencode_core.errors import InputError
from autoencode_core.home import APP, ASSETS
from autoencode_core.knob_links import SHORT
from autoencode_core.lessons.case import case_of
from autoencode_core.lessons.checks import CHECKS, truth_of
from autoencode_core.lessons.judging import Truth, allowed_words, right, said, true_words
from autoencode_core.lessons.lesson import LessonQuestion, Text, Try
from autoencode_core.lessons.pictures import PICTURES, pictures
from autoencode_core.lessons.reading import FOLDER, MOST_BYTES, lessons, parse
from autoencode_core.lessons.wording import filled, plain

LESSONS = lessons()
QUESTIONS = [(lesson, question) for lesson in LESSONS.values() for question in lesson.questions]
each_lesson = pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
each_question = pytest.mark.parametrize(
    ("lesson", "question"), QUESTIONS, ids=[f"{lesson.name}-{question.id}" for lesson, question in QUESTIONS]
)


def texts(lesson):
    """All that a lesson says."""
    found = [part.markdown for part in lesson.parts if isinstance(part, Text)]
    found += [figure.caption for figure in lesson.figures]
    for question in lesson.questions:
        found += [question.prompt, *question.options.values()]
        found += [part.markdown for part in question.answer if isinstance(part, Text)]
    return [*found, lesson.note]


def test_there_are_nine_lessons_in_order():
    assert [lesson.number for lesson in LESSONS.values()] == list(range(1, 10))
    assert all(5 <= lesson.minutes <= 10 for lesson in LESSONS.values())


def test_the_questions_are_of_every_kind():
    assert {question.kind for _, question in QUESTIONS} == {"number", "choice", "mark"}


@each_lesson
def test_a_lesson_asks_twice_shows_pictures_and_helps_the_lecturer(lesson):
    assert len(lesson.questions) >= 2 and any(lesson.figures) and len(lesson.note) > 200
    assert {figure.kind for figure in lesson.figures} <= set(PICTURES)
    assert {question.picture for question in lesson.questions if question.picture} <= set(PICTURES)
    assert {question.check for question in lesson.questions} <= set(CHECKS)


@each_lesson
def test_its_runs_and_numbers_are_there(lesson):
    for run_id in lesson.runs.values():
        STORE.record(run_id)
    for study_id in lesson.studies.values():
        STORE.study(study_id)
    for text in texts(lesson):
        assert not re.search(r"\{[a-z_]+\.[a-z_]+", filled(text, lesson, STORE))


@each_lesson
def test_its_formulas_become_mathml(lesson):
    for text in texts(lesson):
        assert text.count("$") % 2 == 0
        for formula in re.findall(r"\$\$(.+?)\$\$|\$(.+?)\$", text, re.S):
            made = convert("".join(formula).strip())
            assert "<math" in made and "\\" not in made, formula


@each_lesson
def test_its_ways_into_the_app_lead_somewhere(lesson):
    ways = [part for part in lesson.parts if isinstance(part, Try)]
    assert ways
    for way in ways:
        assert (APP / "pages" / f"{way.page}.py").is_file()
        if way.page == "playground":
            assert set(way.settings) <= set(SHORT.values())
    for place in re.findall(r"\]\((?!https?:)([a-z_]+)", "\n".join(texts(lesson))):
        assert (APP / "pages" / f"{place}.py").is_file()


@each_question
def test_a_truth_can_be_said_and_guessed_rightly_and_wrongly(lesson, question):
    truth = truth_of(question, case(lesson, question))
    if question.kind == "number":
        assert question.min <= truth.value <= question.max
        good, bad = truth.value, question.max if not right(question, truth, question.max) else question.min
    elif question.kind == "choice":
        good, bad = truth.value, next(word for word in question.options if word != truth.value)
    else:
        good, bad = truth.places[0], tuple(x + 10 for x in truth.places[0])
    assert right(question, truth, good) and not right(question, truth, bad)
    facts = {**truth.facts, "truth": true_words(question, truth, bad), "guess": said(question, bad)}
    for part in question.answer:
        if isinstance(part, Text):
            text = re.sub(r"\$\$.+?\$\$|\$.+?\$", "", filled(part.markdown, lesson, STORE, facts), flags=re.S)
            assert "{" not in text, f"{text}: known are {sorted(facts)}"


@each_lesson
def test_its_pictures_can_be_drawn(lesson):
    for figure in lesson.figures:
        for picture in pictures(figure.kind, case_of(lesson, figure, STORE, ask), "test"):
            assert (picture.scene is None) != (picture.figure is None) and picture.alt


# ---- a file that is not right

GOOD = """---
title: T
goal: G.
minutes: 5
runs: {a: gallery-circle}
---
Text

::: question id=q kind=number check=c run=a min=0 max=1 step=0.1 within=20%
Ask
---
Told
:::
"""


def test_a_question_is_read():
    (text, question) = parse(GOOD, "01_x.md", 1, "x").parts
    assert isinstance(text, Text) and isinstance(question, LessonQuestion)
    assert (question.within.amount, question.within.kind, question.run) == (0.2, "share", ("a",))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("title: T", "title: [", "line 1, front matter"),
        ("minutes: 5", "minutes: many", "line 2, minutes = many"),
        ("minutes: 5\n", "minutes: 5\nauthor: me\n", "line 2, author"),
        ("run=a", "run=b", "line 9, run = b: allowed is one of a"),
        ("kind=number", "kind=guess", "line 9, kind = guess"),
        ("within=20%", "within=much", "line 9, within = much"),
        ("within=20%", "", "line 9, block"),
        ("step=0.1", "", "needs min, max (above it) and step"),
        ("---\nTold", "Told", "a line --- before its answer"),
        ("::: question", "::: riddle", "line 9, block = riddle: allowed is one of figure, question, try"),
        ("Told\n:::\n", "Told\n", "line 9, block"),
        ("id=q", "id=q id=r", "each name once"),
        ("id=q", 'id="q', "quotes closed"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_field(before, after, words):
    assert before in GOOD
    with pytest.raises(InputError) as told:
        parse(GOOD.replace(before, after, 1), "01_x.md", 1, "x")
    assert "01_x.md" in str(told.value) and words in str(told.value)


def test_a_file_that_is_too_long_is_refused():
    with pytest.raises(InputError):
        parse(GOOD + "x" * MOST_BYTES, "01_x.md", 1, "x")


@given(st.text(max_size=300))
def test_any_text_is_a_lesson_or_refused(text):
    with suppress(InputError):
        parse(f"---\ntitle: T\ngoal: G.\nminutes: 5\n---\n{text}", "01_x.md", 1, "x")


# ---- judging


def question(**given):
    usual = {"id": "q", "kind": "number", "check": "c", "prompt": "p", "answer": (Text(markdown="a"),)}
    return LessonQuestion(**{**usual, "min": 0.1, "max": 100, "step": 1, **given})


@given(st.floats(0.2, 50), st.floats(0.01, 3))
def test_a_number_is_right_up_to_what_is_allowed(truth, amount):
    near = question(within={"amount": amount})
    assert right(near, Truth(truth), truth + 0.99 * amount) and not right(
        near, Truth(truth), truth + 1.01 * amount
    )
    share = question(within={"amount": amount, "kind": "share"})
    assert right(share, Truth(truth), truth * (1 + 0.99 * amount))
    assert not right(share, Truth(truth), truth * (1 + 1.01 * amount))
    factor = question(within={"amount": 1 + amount, "kind": "factor"})
    assert right(factor, Truth(truth), truth / (1 + 0.99 * amount))
    assert not right(factor, Truth(truth), truth * (1 + 1.02 * amount))


@pytest.mark.parametrize(
    ("within", "words"),
    [
        ({"amount": 1.5}, "within 1.5 flows"),
        ({"amount": 0.4}, "if exact"),  # less than the slider's step
        ({"amount": 0.2, "kind": "share"}, "within 20 %"),
        ({"amount": 2, "kind": "factor"}, "within a factor of 2"),
    ],
)
def test_what_is_allowed_is_said(within, words):
    assert allowed_words(question(within=within, unit="flows")) == words


def test_of_several_right_places_the_nearest_counts():
    mark = question(kind="mark", picture="inputs", within={"amount": 0.5})
    truth = Truth(((0.0, 0.0), (4.0, 0.0)))
    assert right(mark, truth, (3.6, 0.2)) and not right(mark, truth, (2.0, 0.0))
    assert true_words(mark, truth, (3.0, 0.0)) == "(4, 0)"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.000073, "0.000073"), (24.1, "24.1"), (-3.0, "−3"), (12_000.0, "12,000"), (1e-9, "10⁻⁹"), (0.0, "0")],
)
def test_numbers_are_plain(value, words):
    assert plain(value) == words


def test_texts_are_spelt_rightly():
    folders = [str(FOLDER), str(ASSETS / "texts")]
    ignored = ["--ignore-words-list", "fo"]
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib", *ignored, *folders], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
