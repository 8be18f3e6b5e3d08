"""Regimes: what the Tikhonov weight does to a flow, and when its training is convex."""

from collections.abc import Callable

import streamlit as st

from pages.regime_views.compare import compare_view
from pages.regime_views.continuation import continuation_view
from pages.regime_views.convexity import convexity_view
from pages.regime_views.landscape import landscape_view
from pages.regime_views.strip import strip_view
from pages.regime_views.studies import VIEW
from pages.shared.setup import explanation, guard, page_setup

VIEWS: dict[str, tuple[str, Callable[[], None]]] = {
    "strip": ("Strip", strip_view),
    "continuation": ("Continuation", continuation_view),
    "convexity": ("Convexity", convexity_view),
    "landscape": ("Landscape", landscape_view),
    "compare": ("Compare", compare_view),
}
_LINKED = "view_linked"
_HELP = (
    "Strip: every λ with every seed. Continuation: λ down and up, each run from the one before. Convexity: "
    "the smallest curvature at a minimiser. Landscape: J on lines and planes. Compare: up to four runs."
)


def render() -> None:
    """Draws the page."""
    page_setup("Regimes")
    name = _view()
    with guard():
        VIEWS[name][1]()
    with guard():
        explanation(f"regimes_{name}")


def _view() -> str:
    """Which view is shown; it is in the link as view=…."""
    asked = st.query_params.get(VIEW, "")
    if asked in VIEWS and st.session_state.get(_LINKED) != asked:
        st.session_state[VIEW] = asked
    st.session_state.setdefault(VIEW, "strip")
    shown = st.segmented_control(
        "Show",
        list(VIEWS),
        format_func=lambda name: VIEWS[name][0],
        key=VIEW,
        required=True,
        persist_state="session",
        help=_HELP,
    )
    name = shown if shown in VIEWS else "strip"
    st.query_params[VIEW] = st.session_state[_LINKED] = name
    return name


if __name__ == "__main__":
    render()
