"""Activity: what the numbers of the code do, and whether neighbours in the code are alike."""

import numpy as np
import streamlit as st

from autoencode_core.figures.latent.activity import (
    activity_alt,
    activity_figure,
    neighbours_alt,
    neighbours_figure,
)
from autoencode_core.questions.latent import ACTIVITY, NEIGHBOURS
from autoencode_core.store.record import RunRecord
from pages.shared.answers import ask, told
from pages.shared.charts import chart
from pages.shared.setup import dark, guard


def activity(record: RunRecord) -> None:
    """Draws both figures, below whatever view is shown.

    Args:
        record: the run.
    """
    left, right = st.columns(2)
    with left, guard():
        found = told(ask(ACTIVITY, record), "Activity of the code")
        if found:
            chart("latent_activity", activity_figure(found, dark=dark()), activity_alt(found))
    with right, guard():
        if not len(np.asarray(record.probe.get("labels", ()))):
            st.caption("These data have no classes: there are no neighbours' votes to count.")
        elif votes := told(ask(NEIGHBOURS, record), "Votes of the nearest neighbours"):
            chart("latent_neighbours", neighbours_figure(votes, dark=dark()), neighbours_alt(votes))
