"""Lessons in a real browser: every one is walked and answered, and one is opened from a file, offline."""

import re

import pytest
from playwright.sync_api import expect
from settled import seen, settled

from autoencode_core.lessons.reading import lessons

LESSONS = lessons()
_FIRST_PICTURE_MS = 60_000
"""Patience, not the aim of 2 s: tests share their processors."""


def predict(question, page):
    """Some prediction: the first option, or the slider a few steps on."""
    if question.get_by_role("radio").count():
        question.locator("label").filter(has=page.get_by_role("radio")).first.click()
        return
    question.get_by_role("slider").first.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_walked(page, name, console_errors):
    lesson = LESSONS[name]
    page.goto(f"/lessons?lesson={name}")
    page.locator("canvas, .js-plotly-plot").first.wait_for(timeout=_FIRST_PICTURE_MS)
    settled(page)
    for asked in lesson.questions:
        question = page.locator(f".st-key-question_{name}_{asked.id}")
        reveal = question.get_by_role("button", name="Reveal")
        expect(reveal).to_be_disabled()
        predict(question, page)
        expect(reveal).to_be_enabled()
        settled(page)
        reveal.click()
        question.get_by_role("button", name="Try again").wait_for(timeout=120_000)
        seen(question.get_by_text(re.compile("^(Right:|Not quite:|Not so)")))
    expect(page).to_have_url(re.compile(rf"done={lesson.number}-[12]{{{len(lesson.questions)}}}"))
    assert [error for error in console_errors if "404" not in error] == []


def test_a_click_in_the_picture_is_a_guess(page):
    page.goto("/lessons?lesson=circle_onto_line")
    question = page.locator(".st-key-question_circle_onto_line_cut")
    question.locator("canvas").first.wait_for(timeout=_FIRST_PICTURE_MS)
    settled(page)
    panes = question.locator(".panes")
    panes.scroll_into_view_if_needed()
    box = panes.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.55)
    expect(question.get_by_role("button", name="Reveal")).to_be_enabled()


def test_a_file_works_without_a_network(tmp_path, page):
    page.goto("/lessons?lesson=circle_onto_line")
    page.get_by_role("button", name="Make one file of it").click()
    button = page.get_by_role("button", name=re.compile("Download .* MB"))
    button.wait_for(timeout=120_000)
    with page.expect_download() as started:
        button.click()
    file = tmp_path / "lesson.html"
    started.value.save_as(file)
    browser = page.context.browser
    context = browser.new_context(offline=True, viewport={"width": 1000, "height": 900})
    offline, errors = context.new_page(), []
    offline.on("pageerror", lambda error: errors.append(str(error)))
    offline.goto(file.as_uri())
    expect(offline.locator("math").first).to_be_visible() if offline.locator("math").count() else None
    questions = offline.locator(".question")
    for i in range(questions.count()):
        question = questions.nth(i)
        reveal = question.get_by_role("button", name="Reveal")
        expect(reveal).to_be_disabled()
        predict(question, offline)
        reveal.click()
        expect(question.locator(".verdict")).to_have_text(re.compile("you said .*, it is "))
        expect(question.locator(".answer canvas, .answer .js-plotly-plot").first).to_be_visible()
    assert errors == []
    context.close()
