"""What a person asked of the knobs: a partial spec, which outlives page changes."""

from typing import Any

import streamlit as st

WISHES = "knobs_wished"
"""Where it is kept in the session."""


def wishes() -> dict[str, Any]:
    """The values asked for, by knob; a knob that was not touched has none."""
    found: dict[str, Any] = st.session_state.setdefault(WISHES, {})
    return found


def choose_dataset(name: str) -> None:
    """Turn the knob of the data set, when it is drawn next.

    Args:
        name: that of a data set, such as the path of a table that was just kept.
    """
    wishes()["dataset"] = name
