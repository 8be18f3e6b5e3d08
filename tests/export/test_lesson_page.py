"""A lesson as one file: it needs no network, holds its formulas and truths, and runs no text as HTML."""

import json
import re

import pytest
from lessons.direct import STORE, ask, case

from autoencode_core.export.lesson_page import lesson_page
from autoencode_core.lessons.checks import truth_of
from autoencode_core.lessons.lesson import Text
from autoencode_core.lessons.reading import lessons

LESSON = lessons()["circle_onto_line"]


@pytest.fixture(scope="module")
def page():
    return lesson_page(LESSON, STORE, ask, note=True)


def without_scripts(page):
    return re.sub(r"<script.*?</script>", "", page, flags=re.S)


def test_nothing_is_fetched(page):
    text = without_scripts(page)
    assert not re.search(r'(?:src|href)="(?!https?:|#)', text) and "@import" not in text
    assert "<link" not in text and "<img" not in text


def test_formulas_are_mathml_and_numbers_are_put_in(page):
    text = without_scripts(page)
    assert "<math" in text and "$" not in text and not re.search(r"\{[a-z_]+\.", text)
    assert LESSON.title in text and "For the lecturer" in text


def test_the_truths_lie_in_it(page):
    found = json.loads(
        re.search(r'<script type="application/json" id="lesson">(.*?)</script>', page, re.S)[1]
    )
    assert len(found["questions"]) == len(LESSON.questions)
    for told, question in zip(found["questions"], LESSON.questions, strict=True):
        truth = truth_of(question, case(LESSON, question))
        assert told["truth"] == ([list(place) for place in truth.places] or truth.value)
    assert page.count("data-scene=") == len(found["scenes"])


def test_a_dark_page_has_dark_figures():
    assert "color-scheme: dark" in lesson_page(LESSON, STORE, ask, dark=True)


def test_text_is_no_html():
    bad = LESSON.model_copy(
        update={"parts": (Text(markdown="<script>alert(1)</script> $x$"),), "title": "<b>"}
    )
    text = lesson_page(bad, STORE, ask)
    assert "<script>alert(1)" not in text and "&lt;script&gt;" in text and "<h1>8. &lt;b&gt;" in text
