"""Widgets whose value is in the link, under a short name and in plain words; what is usual is left out."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from autoencode_core.knob_links import plain_number
from pages.shared.session import LinkKey, SessionKey, put
from pages.shared.setup import escape

_HERE = SessionKey[set[str]]("link_of_view", set)
"""Names that the widgets of this view have in the link."""
_LONGEST = 80
"""Longest text of a link, in characters."""
T = TypeVar("T", str, int, float)


def linked_choice(
    widget: Callable[..., Any],
    label: str,
    options: Sequence[T],
    usual: T,
    *,
    link: str,
    key: str,
    **settings: Any,
) -> T:
    """One of several values, chosen in a menu or by the link.

    Args:
        widget: of Streamlit, such as st.selectbox.
        label: of the widget.
        options: words or numbers; the link has them as they are.
        usual: where it stands at first.
        link: its short name.
        key: of the widget.
        settings: of the widget.
    """
    place, told = SessionKey[object](key, object), LinkKey(link)
    texts = {_plain(option): option for option in options}
    _follow(place, told, texts, label, key)
    if place.get() not in options:
        place.set(usual)
    chosen = widget(label, options, key=key, persist_state="session", **settings)
    found = chosen if chosen in options else usual
    told.set("" if found == usual else _plain(found))
    _tell_refused(key)
    return found


def linked_switch(label: str, usual: bool = False, *, link: str, key: str, **settings: Any) -> bool:
    """On or off, switched by hand or by the link.

    Args:
        label: of the switch.
        usual: where it stands at first.
        link: its short name.
        key: of the widget.
        settings: of the widget.
    """
    place, told = SessionKey[object](key, object), LinkKey(link)
    _follow(place, told, {"on": True, "off": False}, label, key)
    if not place.there():
        place.set(usual)
    found = bool(st.toggle(label, key=key, persist_state="session", **settings))
    told.set("" if found == usual else "on" if found else "off")
    _tell_refused(key)
    return found


def linked_text(label: str, *, link: str, key: str, **settings: Any) -> str:
    """Text, typed or given by the link.

    Args:
        label: of the field.
        link: its short name.
        key: of the widget.
        settings: of the widget.
    """
    place, told = SessionKey[str](key, str), LinkKey(link)
    if told.news():
        place.set(told.get()[:_LONGEST])
        told.heed()
    found = str(st.text_input(label, key=key, max_chars=_LONGEST, persist_state="session", **settings))
    told.set(found)
    return found


def forget_view() -> None:
    """Takes out of the link what the widgets of a view have put there: another one is shown."""
    put({LinkKey(name): () for name in _HERE.get() or ()})
    _HERE.drop()


def _follow(place: SessionKey[object], told: LinkKey, texts: dict[str, Any], label: str, key: str) -> None:
    """Takes over what the link says, if that is news."""
    _HERE.set((_HERE.get() or set()) | {told.name})
    if not told.news():
        return
    text = told.get()
    told.heed()
    refused = _refused(key)
    if text in texts:
        place.set(texts[text])
    else:
        place.drop()
    said = f"{label} “{text[:40]}” in the link is not taken: allowed is {', '.join(texts)}."
    refused.set(said if text and text not in texts else "")


def _plain(option: Any) -> str:
    return plain_number(option) if isinstance(option, float) else str(option)


def _refused(key: str) -> SessionKey[str]:
    """What the link asked of a widget in vain, in a sentence."""
    return SessionKey(f"{key}_refused", str)


def _tell_refused(key: str) -> None:
    if said := _refused(key).get():
        st.caption(escape(said))
