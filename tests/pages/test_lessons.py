"""The page Lessons: every lesson is walked, its questions answered wrongly, tried again, answered rightly."""

from pathlib import Path

import pytest
from lessons.direct import case
from streamlit.testing.v1 import AppTest

from autoencode_core.lessons.checks import truth_of
from autoencode_core.lessons.judging import right
from autoencode_core.lessons.reading import lessons
from autoencode_core.lessons.scales import number_values
from pages.shared import setup

ROOT = Path(__file__).parents[2]
LESSONS = lessons()


@pytest.fixture(autouse=True)
def _computed(answers, monkeypatch):
    monkeypatch.setattr(setup, "WORKERS_AFTER_SECONDS", 3600.0)
    setup.jobs.clear()
    yield
    setup.jobs.clear()


def opened(**link):
    return checked(visited(**link))


def visited(**link):
    """The page in its app, which knows the pages that lessons lead to."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180).run()
    at.switch_page("pages/lessons.py")
    for name, value in link.items():
        at.query_params[name] = value
    return at.run()


def checked(at):
    assert not at.exception and not at.error, [box.value for box in at.error]
    return at


def guesses(question, truth):
    """A wrong guess and a right one that the widgets can make."""
    if question.kind == "choice":
        return next(word for word in question.options if word != truth.value), truth.value
    values = number_values(question)
    wrong = next(value for value in values[1:] if not right(question, truth, value))
    return wrong, next(value for value in values[1:] if right(question, truth, value))


def predict(at, name, question, guess):
    if question.kind == "choice":
        at.radio(key=f"{name}_choice").set_value(guess).run()
    elif question.scale == "log":
        at.select_slider(key=f"{name}_number").set_value(guess).run()
    else:
        at.slider(key=f"{name}_number").set_value(guess).run()
    return checked(at)


def verdicts(at):
    return [box.value for box in (*at.success, *at.warning)]


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_a_lesson_is_walked(lesson):
    at = opened(lesson=lesson.name)
    assert at.title[0].value.endswith(lesson.title)
    assert verdicts(at) == []
    for place, question in enumerate(lesson.questions):
        name = f"lesson_{lesson.name}_{question.id}"
        assert at.button(key=f"{name}_reveal").disabled  # nothing was predicted yet
        if question.kind == "mark":
            continue  # its places are those of a picture: the next test
        wrong, good = guesses(question, truth_of(question, case(lesson, question)))
        predict(at, name, question, wrong)
        checked(at.button(key=f"{name}_reveal").click().run())
        assert verdicts(at)[-1].startswith("**Not ")
        assert at.session_state["lessons_done"][lesson.name][place] == "1"
        checked(at.button(key=f"{name}_again").click().run())
        predict(at, name, question, good)
        checked(at.button(key=f"{name}_reveal").click().run())
        assert any(words.startswith("**Right:**") for words in verdicts(at))
        assert at.session_state["lessons_done"][lesson.name][place] == "2"
        checked(at.button(key=f"{name}_again").click().run())


def test_a_mark_is_set_with_sliders():
    lesson = LESSONS["circle_onto_line"]
    question = lesson.questions[0]
    name = f"lesson_{lesson.name}_{question.id}"
    at = opened(lesson=lesson.name)
    assert at.button(key=f"{name}_reveal").disabled
    place = truth_of(question, case(lesson, question)).places[0]
    for i, value in enumerate(place):
        slider = at.slider(key=f"{name}_axis{i}")
        slider.set_value(slider.min + round((value - slider.min) / slider.step) * slider.step).run()
    checked(at.button(key=f"{name}_reveal").click().run())
    assert at.success[0].value.startswith("**Right:**")


def test_the_list_has_every_lesson_and_what_was_done():
    at = opened(done="1-21.8-0")
    text = " ".join(caption.value for caption in at.caption)
    assert "2 of 3 answered, 1 right" in text and text.count("minutes ·") == len(LESSONS)


def test_progress_in_the_link_is_kept_with_the_lesson():
    at = opened(lesson="turning_off", done="1-2")
    assert at.session_state["lessons_done"]["resnet_to_ode"] == "200"
    assert "3 questions" in " ".join(caption.value for caption in at.caption)


@pytest.mark.parametrize("done", ["x", "1-3", "77-1", "1-" + "2" * 50, "1-2.."])
def test_a_bad_progress_is_named_and_left_out(done):
    at = visited(done=done)
    assert not at.exception and "done" in at.error[0].value


def test_an_unknown_lesson_is_named_and_the_list_is_shown():
    at = visited(lesson="alchemy")
    assert not at.exception and "alchemy" in at.error[0].value
    assert at.title[0].value == "Lessons"


def test_the_lecturers_note_stands_behind_a_switch_and_in_the_link():
    at = opened(lesson="turning_off")
    assert not any("For the lecturer" in text.value for text in at.markdown)
    checked(at.toggle(key="lesson_note").set_value(True).run())
    assert any("For the lecturer" in text.value for text in at.markdown)
    assert any("For the lecturer" in text.value for text in opened(lesson="turning_off", note="1").markdown)


def test_one_file_is_made_of_a_lesson():
    at = opened(lesson="circle_onto_line")
    assert not at.get("download_button")
    checked(at.button(key="lesson_file_button").click().run())
    (found,) = [b for b in at.get("download_button") if "lesson_file_download" in b.proto.id]
    assert "MB" in found.proto.label
