"""A page about one run: the run is chosen, told in a line, and looked at in several views."""

import streamlit as st

from autoencode_core.store.record import RunRecord
from pages.shared.run_menu import choose_runs
from pages.shared.setup import escape, guard, page_setup, unusual
from pages.shared.views import Views, show_view
from pages.shared.words import regime


def run_page(page: str, title: str, views: Views, choice: str, empty: str) -> None:
    """Draws the page.

    Args:
        page: its name in texts and keys, as in views.show_view.
        title: its name in the browser.
        views: each is called with the run's id and record.
        choice: what the chosen run is for.
        empty: what stands there while no run is chosen.
    """
    page_setup(title)
    runs: list[tuple[str, RunRecord]] = []
    with guard():
        runs = choose_runs(page, choice, most=1)
    if not runs:
        st.info(empty)
        return
    run_id, record = runs[0]
    with guard():
        st.caption(escape(regime(record.spec, record.substeps)))
        unusual(record)
    show_view(page, views, run_id, record)
