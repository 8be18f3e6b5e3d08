"""The views of a page: which one is shown, chosen in a menu or by the link."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.shared.linked import forget_view
from pages.shared.session import LinkKey, SessionKey
from pages.shared.setup import explanation, guard

VIEW = LinkKey("view")
"""Name of the view that is shown."""


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


def show_view(page: str, views: Views, *about: Any) -> None:
    """The menu of the views, the chosen one, and below it what it is about.

    Args:
        page: its name in texts and keys, such as "regimes"; the texts are assets/texts/{page}_{view}.md.
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
        page: as in show_view.
        view: its name in the link.
    """
    _shown(page).set(view)
    VIEW.set(view)


def menu_help(views: Views) -> str:
    """What each of the views shows, in a sentence each."""
    return " ".join(f"{view.title}: {view.help}." for view in views)


def _chosen(page: str, views: Views) -> View:
    known = {view.name: view for view in views}
    key, linked = _shown(page), SessionKey(f"{page}_view_linked", str)
    asked, first = VIEW.get(), views[0].name
    if asked in known and linked.get() != asked:
        key.set(asked)
    if key.get() is None:
        key.set(first)
    shown = st.segmented_control(
        "Show",
        list(known),
        default=key.get(),
        format_func=lambda name: known[name].title,
        key=key.name,
        required=True,
        persist_state="session",
        help=menu_help(views),
    )
    name = shown if shown in known else first
    if linked.get() not in (None, name):
        forget_view()
    linked.set(name)
    if name == first:
        VIEW.imply(name)
    else:
        VIEW.set(name)
    return known[name]


def _shown(page: str) -> SessionKey[str]:
    """Which view of a page is shown: the key of its menu."""
    return SessionKey(f"{page}_view", str)
