"""The pictures of a stored run that stand still."""

import plotly.graph_objects as go
import streamlit as st

from autoencode_core.figures.large import enlarged
from autoencode_core.figures.run.pictures import Name, picture, words
from autoencode_core.figures.terms import told_when_pointed_at, words_of
from autoencode_core.store.record import RunRecord
from pages.shared.charts import settings, words_button
from pages.shared.looks import scale
from pages.shared.setup import dark, guard


def run_picture(run_id: str, record: RunRecord, name: Name) -> None:
    """One picture of a run; as long as nothing about it changes, the browser leaves it alone.

    Args:
        run_id: its id.
        record: the run.
        name: which picture.
    """
    with guard():
        figure = _drawn(run_id, name, dark(), record)
        st.plotly_chart(
            enlarged(figure, scale()),
            theme=None,
            key=f"picture_{name}",
            alt=words(record, name),
            config=settings(f"{run_id}-{name}"),
        )
        words_button(words_of(figure))


@st.cache_data(max_entries=64, show_spinner=False)
def _drawn(run_id: str, name: Name, dark: bool, _record: RunRecord) -> go.Figure:
    return told_when_pointed_at(picture(_record, name, dark=dark))
