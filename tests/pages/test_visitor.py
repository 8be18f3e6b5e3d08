"""Who looks: the same over masks, tabs and pages, another for each browser, and nothing of the cookie."""

import re

import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from pages.shared import streamlit_internals as internals
from pages.shared.visitor import visitor


def masked(secret: bytes, mask: bytes) -> str:
    """A cookie as the server writes it: the format is tornado's."""
    hidden = bytes(byte ^ mask[place % 4] for place, byte in enumerate(secret))
    return f"2|{mask.hex()}|{hidden.hex()}|1700000000"


def app(user=None) -> AppTest:
    def script():
        import streamlit as st

        from pages.shared.visitor import visitor

        st.text(visitor())

    at = AppTest.from_function(script)
    at.user = user or {}
    return at.run()


def seen_with(cookie: str) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        cookies = {internals.XSRF_COOKIE_NAME: cookie}
        patch.setattr(st, "context", type("Context", (), {"cookies": cookies}))
        return internals.browser_secret()


@given(some.binary(min_size=16, max_size=16), some.binary(min_size=4, max_size=4))
def test_a_cookie_is_the_same_under_every_mask(secret, mask):
    assert seen_with(masked(secret, mask)) == secret


@given(some.text(max_size=80) | some.sampled_from(["", "2|00||0", "2|||", "00", "2|zz|zz|zz", "2|" * 50]))
def test_what_is_no_cookie_of_ours_tells_nobody(text):
    assert seen_with(text) == b""


def test_a_browser_is_known_again_and_is_no_other(monkeypatch):
    cookies = {}
    monkeypatch.setattr(st, "context", type("Context", (), {"cookies": cookies}))
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "user", {})
    found = []
    for secret, mask in ((b"a" * 16, b"1234"), (b"a" * 16, b"5678"), (b"b" * 16, b"1234")):
        cookies[internals.XSRF_COOKIE_NAME] = masked(secret, mask)
        found.append(visitor())
    assert found[0] == found[1] != found[2]
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in found)
    assert (b"a" * 16).hex() not in found[0]


def test_without_a_cookie_it_is_the_session():
    first, second = app(), app()
    assert first.text[0].value == first.run().text[0].value != second.text[0].value


def test_who_has_logged_in_is_the_same_in_every_browser():
    mail = {"email": "Ada@example.org", "is_logged_in": True}
    first, second = app(mail).text[0].value, app({**mail, "email": "ada@example.org "}).text[0].value
    assert first == second != app({**mail, "email": "eve@example.org"}).text[0].value
    assert "ada" not in first
