"""What every page needs: set-up, store, guard."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import setup


@pytest.fixture(autouse=True)
def _fresh_store():
    setup.store.clear()
    yield
    setup.store.clear()


def guarded(case: str) -> AppTest:
    def script(case):
        import streamlit as st

        from autoencode_core.errors import InputError
        from autoencode_core.spec import RunSpec
        from pages.shared.setup import guard, page_setup

        page_setup("Test")
        with guard():
            if case == "input":
                raise InputError("tikhonov", -1.0, "a number from 0 to 1000")
            if case == "spec":
                RunSpec(depth=7, horizon=-2)
            if case == "bug":
                _ = {}["secret path /home/me"]
            if case == "stop":
                st.stop()
            if case == "rerun" and "again" not in st.session_state:
                st.session_state.again = True
                st.rerun()
            st.write("body")
        st.write("after")

    return AppTest.from_function(script, args=(case,), default_timeout=20).run()


def texts(app: AppTest) -> list[str]:
    return [element.value for element in app.markdown]


def test_what_goes_well_passes_untouched():
    app = guarded("none")
    assert texts(app) == ["body", "after"]
    assert not app.error


def test_a_bad_value_is_named_with_its_title_and_what_is_allowed():
    app = guarded("input")
    assert len(app.error) == 1
    assert app.error[0].value.startswith("**Tikhonov weight** is \\-1\\.0")
    assert "a number from 0 to 1000" in app.error[0].value
    assert texts(app) == ["after"]


def test_every_complaint_of_a_spec_is_shown():
    app = guarded("spec")
    assert {line.value.split("**")[1] for line in app.error} == {"Depth", "Time horizon"}


def test_a_bug_becomes_a_plain_sentence_and_is_logged(caplog):
    app = guarded("bug")
    assert not app.exception
    assert len(app.error) == 1
    assert "secret" not in app.error[0].value
    assert "Traceback" not in app.error[0].value
    assert "secret path" in caplog.text
    reference = next(record.reference for record in caplog.records if hasattr(record, "reference"))
    assert f"under {reference}." in app.error[0].value
    assert texts(app) == ["after"]


def test_stop_and_rerun_are_no_errors():
    assert texts(guarded("stop")) == []
    app = guarded("rerun")
    assert texts(app) == ["body", "after"]
    assert not app.error


def test_guard_is_a_decorator_too():
    @setup.guard()
    def fine() -> int:
        return 3

    assert fine() == 3


def test_a_long_value_is_shortened():
    def script():
        from autoencode_core.errors import InputError
        from pages.shared.setup import complain

        complain(InputError("file", "x" * 5000, "less"))

    assert len(AppTest.from_function(script).run().error[0].value) < 150


def test_the_store_is_one_and_lives_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOENCODE_RUNS", str(tmp_path / "mine"))
    assert setup.store() is setup.store()
    assert setup.store().root == tmp_path / "mine"
    assert any(entry.read_only for entry in setup.store().list())


def test_without_the_environment_the_runs_are_in_runs(monkeypatch):
    monkeypatch.delenv("AUTOENCODE_RUNS", raising=False)
    assert str(setup.runs_root()) == "runs"


def test_the_logo_is_drawn_here_and_small():
    text = (setup.ASSETS / "logo.svg").read_text()
    assert text.startswith("<svg")
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert len(text) < 4000


@pytest.mark.parametrize("visitors, given_back", [(0, 1), (3, 0)])
def test_a_server_that_nobody_visits_gives_memory_back(monkeypatch, visitors, given_back):
    said = []
    monkeypatch.setattr(setup, "forget_who_left", lambda: visitors)
    monkeypatch.setattr(setup, "give_back_memory", lambda: said.append("back"))
    setup.rest()
    assert len(said) == given_back
