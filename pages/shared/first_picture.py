"""What lies below the first screen comes once the first picture stands.

The browser would else load and run all of Plotly before the player's first frame, which a visitor waits for.
"""

import time
from typing import Final

import streamlit as st

from pages.shared.session import SessionKey

FIRST_PICTURE = SessionKey("first_picture", bool)
"""Whether a player of this visit has said that its first frame stands, or has had its time."""
_BEGUN = SessionKey("first_picture_begun", float)
"""When a page began to wait for it, on the clock of the server."""
_PATIENCE: Final = 8.0
"""Seconds after which the rest comes though no player has said anything."""


def first_picture_stands() -> bool:
    """Whether the rest of the page can be drawn; if not, the page runs again when it can."""
    if not FIRST_PICTURE.get():
        st.fragment(_wait, run_every=_PATIENCE)()
    return bool(FIRST_PICTURE.get())


def _wait() -> None:
    """Runs with every run of the page, and again when patience is over."""
    begun = _BEGUN.get()
    if begun is None:
        _BEGUN.set(time.monotonic())
    elif time.monotonic() - begun >= _PATIENCE:
        FIRST_PICTURE.set(True)
        st.rerun()
