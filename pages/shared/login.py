"""Who may come in: everybody, or, where the server's secrets configure a login, who has logged in."""

from collections.abc import Mapping
from typing import NoReturn

import streamlit as st

_NO_PROVIDER = ("client_kwargs",)


def let_in() -> None:
    """Goes on where no login is configured or the visitor has logged in; else shows a button and ends."""
    if not st.user.get("is_logged_in", True):  # Streamlit says so only where a login is configured
        _ask()


def log_out_button() -> None:
    """A button to log out, for who has logged in."""
    if st.user.get("is_logged_in"):
        st.button("Log out", on_click=st.logout, width="stretch", key="log_out")


def _ask() -> NoReturn:
    st.title("AutoencODE Lab", anchor=False)
    st.markdown("This laboratory is open to people who log in.")
    for provider in _providers():
        words = f"Log in with {provider.capitalize()}" if provider else "Log in"
        st.button(words, on_click=st.login, args=(provider or None,), type="primary", key=f"login_{provider}")
    st.stop()


def _providers() -> list[str]:
    """Names of the providers that the secrets have, "" for the one without a name."""
    section = st.secrets.get("auth", {})
    named = [name for name, value in section.items() if isinstance(value, Mapping)]
    found = [name for name in named if name not in _NO_PROVIDER]
    return [""] * ("client_id" in section or not found) + found
