"""Density: the law μ_t of all particles as it moves, and its mass on screen."""

from functools import partial

import streamlit as st

from autoencode_core.figures.mean_field.density import (
    density_figure,
    density_table,
    density_words,
    law_table,
)
from autoencode_core.figures.numbers import power
from autoencode_core.figures.scenes.density import density_scene, drawn_view, grid_ranges
from autoencode_core.glossary import TERMS, explained
from autoencode_core.questions.mean_field import DENSITY
from autoencode_core.store.record import RunRecord
from pages.shared.answers import ask, told
from pages.shared.charts import chart, table_button
from pages.shared.flow_time import linked_player
from pages.shared.linked import linked_choice
from pages.shared.setup import dark, escape, guard

_GRIDS = {"way": "the whole way", "start": "only where they start"}


def density_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run.
    """
    grid = linked_choice(
        st.segmented_control,
        "The grid holds",
        list(_GRIDS),
        "way",
        link="grid",
        format_func=_GRIDS.__getitem__,
        key="mass_grid",
        required=True,
        help="On the smaller grid particles leave the picture: their mass is then counted beside it.",
    )
    shown = drawn_view(record)
    ranges = grid_ranges(record, grid == "start")
    question = ask(DENSITY, record, basis=shown.basis, center=shown.center, ranges=ranges)
    found = told(question, "The law of all particles")
    if found is None:
        return
    identity = f"{run_id} mass {grid}"
    draw = partial(density_scene, record, found, identity)
    linked_player("mean_field_mass", run_id, record.spec.horizon, draw, identity)
    words = "Mass of every cell of the grid at every t; empty cells are left out."
    table_button("density_csv", f"{run_id}-density", lambda: law_table(found), words=words)
    cells = st.container(horizontal=True, gap="small")
    cells.metric("Mass, all t", f"1 ± {power(found['deviation'])}", width=190, help=explained("mass"))
    cells.metric("Particles", f"{found['particles']:,}", width=130, help=explained("particles"))
    for key in ("outside", "lost"):
        cells.metric(TERMS[key].name, f"{found[key].max():.1%}", width=180, help=explained(key))
    st.markdown(escape(density_words(found)))
    with guard():
        words = "Shares of the particles on the grid, beside it and lost, stacked, against t."
        figure = partial(density_figure, found, dark=dark())
        table = partial(density_table, found)
        chart("mean_field_account", figure, words, f"{run_id}-mass", table, (question.answer_id,))
