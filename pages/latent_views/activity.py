"""Activity: what the numbers of the code do, and whether neighbours in the code are alike."""

from functools import partial

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
        asked = ask(ACTIVITY, record)
        found = told(asked, "Activity of the code")
        if found:
            figure = partial(activity_figure, found, dark=dark())
            chart("latent_activity", figure, activity_alt(found), about=(asked.answer_id,))
    with right, guard():
        if not len(np.asarray(record.probe.get("labels", ()))):
            st.caption("These data have no classes: there are no neighbours' votes to count.")
            return
        counted = ask(NEIGHBOURS, record)
        votes = told(counted, "Votes of the nearest neighbours")
        if votes:
            figure = partial(neighbours_figure, votes, dark=dark())
            chart("latent_neighbours", figure, neighbours_alt(votes), about=(counted.answer_id,))
