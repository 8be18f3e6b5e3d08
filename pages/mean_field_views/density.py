"""Density: the law μ_t of all particles as it moves, and its mass on screen."""

from functools import partial

import numpy as np
import streamlit as st

from autoencode_core.figures.mean_field.density import density_table, mass_figure, mass_table, mass_words
from autoencode_core.figures.numbers import power
from autoencode_core.figures.scenes.density import drawn_view, grid_ranges, mass_scene
from autoencode_core.questions.mean_field import DENSITY
from autoencode_core.store.record import RunRecord
from pages.shared.answers import ask, told
from pages.shared.charts import chart, table_button
from pages.shared.flow_time import linked_player
from pages.shared.setup import dark, escape, guard

_GRIDS = {"way": "the whole way", "start": "only where they start"}


def density_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run.
    """
    grid = st.segmented_control(
        "The grid holds",
        list(_GRIDS),
        default="way",
        format_func=_GRIDS.__getitem__,
        key="mass_grid",
        bind="query-params",
        persist_state="session",
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
    draw = partial(mass_scene, record, found, identity)
    linked_player("mean_field_mass", run_id, record.spec.horizon, draw, identity)
    words = "Mass of every cell of the grid at every t; empty cells are left out."
    table_button("density_csv", f"{run_id}-density", lambda: density_table(found), words=words)
    cells = st.container(horizontal=True, gap="small")
    off = float(found["deviation"])
    cells.metric(
        "Mass, all t",
        f"1 ± {power(off)}",
        width=190,
        help="On the grid, beside it and lost together: the largest deviation from 1 over all frames.",
    )
    cells.metric("Particles", f"{int(found['particles']):,}", width=130, help="All that the run trained on.")
    for name, word, about_it in (
        ("outside", "Most beside", "Largest share of the particles that lie beside the grid at one time."),
        ("lost", "Most lost", "Largest share of the particles beyond the finite numbers at one time."),
    ):
        cells.metric(word, f"{np.asarray(found[name]).max():.1%}", width=130, help=about_it)
    st.markdown(escape(mass_words(found)))
    with guard():
        words = "Shares of the particles on the grid, beside it and lost, stacked, against t."
        figure = mass_figure(found, dark=dark())
        chart("mean_field_account", figure, words, f"{run_id}-mass", lambda: mass_table(found))
