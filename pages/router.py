"""The router: the menu of the pages. Every page draws itself, this only lists them."""

import streamlit as st

from pages.shared.login import log_out_button
from pages.shared.looks import projector_switch
from pages.shared.setup import page_setup
from pages.shared.share import share_button
from pages.shared.teaching import follow_teaching, only_page

PAGES = {
    "playground": "Playground",
    "lessons": "Lessons",
    "flow": "Flow",
    "latent": "Latent",
    "regimes": "Regimes",
    "control": "Control",
    "ode_limit": "ODE limit",
    "mean_field": "Mean field",
    "runs": "Runs",
    "share": "Share",
    "mathematics": "The mathematics",
    "glossary": "Words and symbols",
    "status": "Status",
}
"""Titles of the pages by the names of their modules, in the order of the menu; the first opens the app."""


def route() -> None:
    """Draws the page of the address, and the menu beside it."""
    page_setup("Lab")
    follow_teaching()
    st.navigation(
        [
            st.Page(f"pages/{name}.py", title=title, default=place == 0)
            for place, (name, title) in enumerate(PAGES.items())
        ],
        position="hidden" if only_page() else "sidebar",
        expanded=True,  # else the last of so many are out of sight
    ).run()
    with st.sidebar:
        share_button()
        projector_switch()
        log_out_button()
