"""Doubled state: the flow of (x, s) that needs no projection, and its shadow variables."""

from functools import partial

import streamlit as st

from autoencode_core.figures.mean_field.doubled import (
    doubled_figure,
    doubled_table,
    jump,
    longest_steps,
    states_table,
)
from autoencode_core.figures.numbers import power
from autoencode_core.figures.scenes.doubled import doubled_scene, doubled_words
from autoencode_core.glossary import explained
from autoencode_core.questions.mean_field import DOUBLED
from autoencode_core.store.record import RunRecord
from autoencode_core.words import measured
from pages.shared.answers import ask, told
from pages.shared.charts import chart, table_button
from pages.shared.flow_time import linked_player
from pages.shared.setup import dark, escape, guard

_PARTICLES = 200


def doubled_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run.
    """
    found = told(ask(DOUBLED, record, particles=_PARTICLES), "The doubled state")
    if found is None:
        return
    identity = f"{run_id} doubled"
    count = found["states"].shape[1]
    draw = partial(doubled_scene, record, found, identity)
    linked_player("mean_field_doubled", run_id, record.spec.horizon, draw, identity, count)
    words = "State x and shadow variables s of each particle at every t, flow coordinates."
    table_button("doubled_csv", f"{run_id}-doubled", lambda: states_table(found), words=words)
    cells = st.container(horizontal=True, gap="small")
    cells.metric("Outputs apart", power(found["apart"]), width=150, help=explained("apart"))
    cells.metric(
        "Jump of the projection", measured(jump(found)), width=190, help=explained("projection_jump")
    )
    fastest = f"Its speed is {measured(found['speed'])} per flow time."
    cells.metric(
        "Largest step of (x, s)",
        measured(longest_steps(found).max()),
        width=180,
        help=explained("longest_step", fastest),
    )
    st.markdown("\n".join(f"- {escape(sentence)}" for sentence in doubled_words(record, found)))
    with guard():
        words = "The longest way of a particle in each layer, and over which the projection moves one at T/2."
        figure = doubled_figure(found, dark=dark())
        chart("mean_field_steps", figure, words, f"{run_id}-steps", lambda: doubled_table(found))
