"""Costates: p(t) as arrows on the particles, running backwards."""

from functools import partial

import streamlit as st

from autoencode_core.figures.scenes.costates import arrow_scale, costates_scene, costates_table
from autoencode_core.questions.control import COSTATES
from autoencode_core.store.record import RunRecord
from autoencode_core.words import measured
from pages.shared.answers import ask, told
from pages.shared.charts import table_button
from pages.shared.flow_time import linked_player
from pages.shared.linked import linked_choice

_LENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0)


def costates_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run.
    """
    length = linked_choice(
        st.select_slider,
        "Length of the arrows",
        _LENGTHS,
        1.0,
        link="arrows",
        format_func=lambda value: f"{value:g}×",
        key="costate_length",
        help="All arrows keep their proportions, over all particles and all t.",
    )
    found = told(ask(COSTATES, record), "The costates")
    if found is None:
        return
    identity = f"{run_id} costates {length}"
    linked_player(
        "control_costates",
        run_id,
        record.spec.horizon,
        partial(costates_scene, record, identity, found, length),
        identity,
        len(found["hue"]),
    )
    scale = float(length) * arrow_scale(record, found)
    words = (
        f"An arrow as long as 1 on the axes stands for |p| = {measured(1 / scale)}. "
        if scale
        else "All p are 0. "
    )
    st.caption(
        f"{words}p is that of one particle, N times the p of the sum: at t = T it is twice the way from "
        "where the particle should be to where it is. Play goes from T back to 0; the button with the two "
        "arrows turns it round."
    )
    words = (
        "Flow time, state x and costate p of each particle, in flow coordinates; at T/2 after the projection."
    )
    table_button("costates_csv", f"{run_id}-costates", lambda: costates_table(found), words=words)
