"""The views of a page: which one is shown, chosen in a menu or by the link."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shared.setup import explanation, guard

VIEW = "view"
"""Where the link keeps the view; the session keeps it under state_key(page)."""


@dataclass(frozen=True)
class View:
    """One view of a page, registered here and nowhere else; the first of a page is shown at first.

    Attributes:
        name: its word, in the link and in the names of its module, analysis, figure and text.
        title: what the menu calls it.
        help: what it shows, in a clause; the help of the menu has those of all views.
        draw: draws it; called with what the page is about.
    """

    name: str
    title: str
    help: str
    draw: Callable[..., None]


Views = tuple[View, ...]


def state_key(page: str) -> str:
    """Where the session keeps which view of a page is shown.

    Args:
        page: its name in texts and keys, such as "regimes".
    """
    return f"{page}_{VIEW}"


def show_view(page: str, views: Views, *about: Any) -> None:
    """The menu of the views, the chosen one, and below it what it is about.

    Args:
        page: as in state_key; the texts are assets/texts/{page}_{view}.md.
        views: the views.
        about: what they are called with.
    """
    shown = _chosen(page, views)
    with guard():
        shown.draw(*about)
    with guard():
        explanation(f"{page}_{shown.name}")


def switch_view(page: str, view: str) -> None:
    """Shows another view of a page from now on; for what is done on a click.

    Args:
        page: as in state_key.
        view: its name in the link.
    """
    st.session_state[state_key(page)] = view
    st.query_params[VIEW] = view


def menu_help(views: Views) -> str:
    """What each of the views shows, in a sentence each."""
    return " ".join(f"{view.title}: {view.help}." for view in views)


def _chosen(page: str, views: Views) -> View:
    known = {view.name: view for view in views}
    key, first = state_key(page), views[0].name
    asked, linked = st.query_params.get(VIEW, ""), f"{key}_linked"
    if asked in known and st.session_state.get(linked) != asked:
        st.session_state[key] = asked
    st.session_state.setdefault(key, first)
    shown = st.segmented_control(
        "Show",
        list(known),
        format_func=lambda name: known[name].title,
        key=key,
        required=True,
        persist_state="session",
        help=menu_help(views),
    )
    name = shown if shown in known else first
    st.query_params[VIEW] = st.session_state[linked] = name
    return known[name]
