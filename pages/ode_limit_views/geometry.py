"""Flow map: what its Jacobian says along t, whether trajectories meet, and how far the horizon reaches."""

import pandas as pd
import streamlit as st

from autoencode_core.figures.ode_limit.geometry import (
    frames_table,
    geometry_alt,
    geometry_figure,
    geometry_table,
    lipschitz_rows,
    meeting_words,
    speed_words,
)
from autoencode_core.glossary import explained
from autoencode_core.questions.ode_limit import GEOMETRY
from autoencode_core.store.record import RunRecord
from pages.shared.answers import ask, told
from pages.shared.charts import chart, table_button
from pages.shared.setup import dark, guard


def geometry_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run.
    """
    found = told(ask(GEOMETRY, record), "Jacobians along t")
    if found is None:
        return
    st.markdown(meeting_words(found))
    st.markdown(speed_words(found))
    with guard():
        chart(
            "ode_geometry",
            geometry_figure(found, dark=dark()),
            geometry_alt(found),
            f"{run_id}-layers",
            lambda: geometry_table(found),
        )
        words = "Quantiles of log|det| over the particles, and the stretching, at each flow time."
        label = "CSV of the maps X₀ → X(t)"
        table_button("ode_maps_csv", f"{run_id}-maps", lambda: frames_table(found), label, words)
    with guard():
        st.subheader("Lipschitz constants", anchor=False)
        number = st.column_config.NumberColumn
        st.dataframe(
            pd.DataFrame(lipschitz_rows(found)),
            hide_index=True,
            column_config={
                "at least": number(
                    format="%.4g", help=explained("lipschitz", "At a particle, or between two of them.")
                ),
                "at most": number(
                    format="%.3g",
                    help=explained("lipschitz", "1 + the bound of a step, over all steps; loose."),
                ),
            },
            alt="Lower and upper bounds of the Lipschitz constants of encoder, decoder and both.",
        )
        st.caption(
            f"Training particles: {found['particles']:,}; in flow coordinates. A large constant pulls "
            "neighbours apart: small changes of the input, or of the code, then change the output much."
        )
