"""Questions on a page, and saving what is on the screen."""

import numpy as np
from streamlit.testing.v1 import AppTest

from autoencode_core.desk.answers import Answer
from pages.shared import answers as shared_answers
from pages.shared import saving


def app(body: str) -> AppTest:
    head = "import streamlit as st\nfrom pages.shared.choose import record_of\n"
    at = AppTest.from_string(head + body, default_timeout=30).run()
    assert not at.exception
    return at


ASK = """
from autoencode_core.questions.latent import ACTIVITY
from pages.shared.answers import ask, told
found = told(ask(ACTIVITY, record_of("gallery-moons")), "Activity")
st.write("there" if found else "not there")
"""


def test_an_answer_is_given(desk):
    at = app(ASK)
    assert at.markdown[0].value == "there" and desk.asked[0][0] == "activity"


def test_what_takes_long_shows_how_far_it_is_and_can_be_given_up(desk):
    desk.hold.add("activity")
    at = app(ASK)
    assert at.markdown[0].value == "not there"
    bar = at.get("progress")[0]
    assert bar.value == 25 and bar.text == "Activity · half way"
    at.button[0].click().run()
    assert len(desk.cancelled) == 1
    assert "given up" in at.caption[0].value
    desk.hold.clear()
    at.run()
    assert at.markdown[0].value == "not there"  # nobody asked for it again
    at.button[0].click().run()
    assert at.markdown[0].value == "there"


def test_what_cannot_be_computed_says_why(desk, monkeypatch):
    message = "field activity is x; allowed is <b>y</b>"
    monkeypatch.setattr(desk, "_compute", lambda *_: Answer("failed", message=message))
    at = app(ASK)
    assert "allowed is" in at.warning[0].value and "<b>" not in at.warning[0].value


SAVE = """
from pages.shared.saving import save_menu
asked = {"format": "csv", "at": 1.0} if not st.session_state.get("done") else None
st.session_state["done"] = True
save_menu("gallery-moons", record_of("gallery-moons"), asked, "p")
"""


def test_a_file_is_made_and_offered(desk, monkeypatch):
    made = {"data": np.frombuffer(b"a,b\n", np.uint8), "name": "moons.csv", "mime": "text/csv"}
    monkeypatch.setattr(desk, "_compute", lambda *_: Answer("done", 1.0, value=made))
    at = app(SAVE)
    task, arguments = desk.asked[0]
    assert task == "export" and arguments["format"] == "csv"
    assert arguments["screen"] == {"at": 1.0, "dark": False}
    assert at.get("download_button")[0].proto.label == "Download CSV, 1 KB"
    next(b for b in at.button if b.label == "Done").click().run()
    assert not at.get("download_button")


def test_a_format_that_is_not_there_is_not_made(desk):
    at = app(SAVE.replace('"csv"', '"exe"'))
    assert not desk.asked and not at.get("download_button")


def test_the_formats_are_those_of_the_export():
    from autoencode_core.export.run import FORMATS

    assert set(saving._FORMATS) <= set(FORMATS)
    assert shared_answers.PATIENCE < 1
