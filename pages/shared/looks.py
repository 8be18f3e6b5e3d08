"""How everything looks: the style sheet of the pages, and the projector switch, which is in the link."""

from typing import Final

import streamlit as st

from autoencode_core.figures.theme import colour
from autoencode_core.home import asset_text
from pages.shared.session import LinkKey, SessionKey

BIG: Final = 1.35
"""How much larger marks, lines and type are for a projector."""

_LINK = LinkKey("big")
_SWITCH = SessionKey("big", bool)


def dark() -> bool:
    """Whether the visitor's theme is dark."""
    return st.context.theme.type == "dark"


def scale() -> float:
    """How large marks, lines and type are: 1, or BIG for a projector."""
    return BIG if _SWITCH.get() else 1.0


def style_page() -> None:
    """Puts the style sheet on the page, as large as the link or the switch asks for."""
    if _LINK.news():
        _SWITCH.set(_LINK.get() == "1")
        _LINK.heed()
    sheet = asset_text("page.css")
    accent = (
        f"light-dark({colour('encoder', False)}, {colour('encoder', True)})"  # at once when a theme turns
    )
    words = f":root {{ --accent: {accent}; --focus: {accent}; font-size: {16 * scale():g}px !important; }}"
    st.html(f"<style>{words}\n{sheet}</style>")


def projector_switch() -> None:
    """The switch, and what it says in the link."""
    on = st.toggle(
        "For a projector",
        key=_SWITCH.name,
        persist_state="session",
        help="Larger marks, lines and type, to be read from the last row. The link keeps it.",
    )
    _LINK.set("1" if on else "")
