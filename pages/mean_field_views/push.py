"""Push-forward: the samples moved beside a histogram moved, and how far the two are apart."""

from functools import partial

import streamlit as st

from autoencode_core.figures.mean_field.push import law_table, push_figure, push_table, push_words
from autoencode_core.figures.scenes.density import drawn_view
from autoencode_core.figures.scenes.push import push_scene
from autoencode_core.questions.mean_field import PUSH
from autoencode_core.store.record import RunRecord
from pages.shared.answers import ask, told
from pages.shared.charts import chart, table_button
from pages.shared.flow_time import linked_player
from pages.shared.setup import dark, escape, guard


def push_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run.
    """
    shown = drawn_view(record)
    question = ask(PUSH, record, basis=shown.basis, center=shown.center)
    found = told(question, "Samples and histograms on their way")
    if found is None:
        return
    identity = f"{run_id} push"
    draw = partial(push_scene, record, found, identity)
    linked_player("mean_field_push", run_id, record.spec.horizon, draw, identity)
    words = "Mass of every drawn cell at every t, of the samples and of the histogram."
    table_button("push_csv", f"{run_id}-laws", lambda: law_table(found), words=words)
    st.markdown(escape(push_words(found)))
    with guard():
        words = "Total variation between samples and histogram moved, against the cells of the histogram."
        figure = push_figure(found, record, dark=dark())
        chart("mean_field_cells", figure, words, f"{run_id}-push", lambda: push_table(found))
