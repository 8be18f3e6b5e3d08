"""Log-in: nothing but a button for who has not, everything for who has, no question where none is wanted."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem not in ("__init__", "router"))
PROVIDER = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": "x" * 40,
    "client_id": "id",
    "client_secret": "secret",
    "server_metadata_url": "https://provider.test/.well-known/openid-configuration",
}


def opened(page, user, auth=None):
    at = AppTest.from_string(f"import pages.{page} as page; page.render()", default_timeout=60)
    at.user = user
    if auth:
        at.secrets["auth"] = auth
    return at.run()


@pytest.mark.parametrize("page", PAGES)
def test_nobody_sees_a_page_without_having_logged_in(page):
    at = opened(page, {"is_logged_in": False}, PROVIDER)
    assert not at.exception
    assert [button.label for button in at.button] == ["Log in"] and len(at.title) == 1
    elements = [*at.get("plotly_chart"), *at.get("bidi_component"), *at.dataframe, *at.selectbox, *at.metric]
    assert elements == []


def test_a_provider_with_a_name_has_a_button_of_its_own(monkeypatch):
    begun = []
    monkeypatch.setattr(st, "login", begun.append)
    named = {**PROVIDER, "client_kwargs": {"prompt": "login"}, "microsoft": {"client_id": "other"}}
    at = opened("glossary", {"is_logged_in": False}, named)
    assert [button.label for button in at.button] == ["Log in", "Log in with Microsoft"]
    at.button[1].click().run()
    at.button[0].click().run()
    assert begun == ["microsoft", None]


@pytest.mark.parametrize("user", [{}, {"is_logged_in": True, "email": "ada@example.org"}])
def test_who_has_logged_in_or_need_not_sees_the_page(user):
    at = opened("glossary", user)
    assert not at.exception and at.title[0].value == "Words and symbols"
    assert "ada" not in " ".join(part.value for part in (*at.markdown, *at.caption))


def test_who_has_logged_in_can_log_out(monkeypatch):
    ended = []
    monkeypatch.setattr(st, "logout", lambda: ended.append(True))

    def script():
        from pages.shared.login import log_out_button

        log_out_button()

    at = AppTest.from_function(script)
    assert not at.run().button
    at.user = {"is_logged_in": True, "email": "ada@example.org"}
    at.run().button(key="log_out").click().run()
    assert ended == [True]
