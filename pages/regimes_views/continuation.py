"""Continuation: λ downwards and upwards, each run warm-started from the one before; hysteresis."""

import streamlit as st

from autoencode_core.figures.regimes.continuation import continuation_figure, continuation_words
from pages.regimes_views.studies import runs_table, study_chart, study_heading, study_shown
from pages.shared.setup import escape, guard


def continuation_view() -> None:
    """Draws the view."""
    found = study_shown("continuation")
    if found is None:
        return
    study_id, study = found
    study_heading(study_id, study)
    words = continuation_words(study)
    study_chart(study_id, study, "continuation", continuation_figure, words)
    st.caption(
        f"{escape(words)} A jump is a step between two converged runs that changes the map and from which no "
        "warm start leads back. "
        "Click a mark to open its run on the page Flow."
    )
    with guard():
        runs_table(study_id, study)
