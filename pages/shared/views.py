"""The views of a page: which one is shown, chosen in a menu or by the link."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.shared.setup import explanation, guard

VIEW = "view"
"""Where the link keeps the view; the session keeps it under state_key(page)."""
Views = Mapping[str, tuple[str, Callable[..., None]]]
"""Name in the link: title, and what draws it. The first one is shown at first."""


def state_key(page: str) -> str:
    """Where the session keeps which view of a page is shown.

    Args:
        page: its name in texts and keys, such as "regimes".
    """
    return f"{page}_{VIEW}"


def show_view(page: str, views: Views, help_text: str, *about: Any) -> None:
    """The menu of the views, the chosen one, and below it what it is about.

    Args:
        page: as in state_key; the texts are assets/texts/{page}_{view}.md.
        views: the views.
        help_text: what each of them shows.
        about: what they are called with.
    """
    name = _chosen(page, views, help_text)
    with guard():
        views[name][1](*about)
    with guard():
        explanation(f"{page}_{name}")


def switch_view(page: str, view: str) -> None:
    """Shows another view of a page from now on; for what is done on a click.

    Args:
        page: as in state_key.
        view: its name in the link.
    """
    st.session_state[state_key(page)] = view
    st.query_params[VIEW] = view


def _chosen(page: str, views: Views, help_text: str) -> str:
    key, first = state_key(page), next(iter(views))
    asked, linked = st.query_params.get(VIEW, ""), f"{key}_linked"
    if asked in views and st.session_state.get(linked) != asked:
        st.session_state[key] = asked
    st.session_state.setdefault(key, first)
    shown = st.segmented_control(
        "Show",
        list(views),
        format_func=lambda name: views[name][0],
        key=key,
        required=True,
        persist_state="session",
        help=help_text,
    )
    name = shown if shown in views else first
    st.query_params[VIEW] = st.session_state[linked] = name
    return name
