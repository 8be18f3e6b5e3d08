"""How the data chose λ of a run, as a figure."""

import streamlit as st

from autoencode_core.figures.run.choice import choice_alt, choice_figure, choice_table
from autoencode_core.store.choice import Choice, choice_words
from pages.shared.charts import chart
from pages.shared.setup import dark, escape, guard


@guard()
def choice_chart(run_id: str, choice: Choice, key: str) -> None:
    """The curve of held-out error against λ, and how the choice is to be read.

    Args:
        run_id: id of the run.
        choice: how its λ was chosen.
        key: the same for all figures in this place.
    """
    figure = choice_figure(choice, dark=dark())
    chart(key, figure, choice_alt(choice), f"{run_id}-choice", lambda: choice_table(choice))
    st.caption(
        escape(
            f"{choice_words(choice)} A fold is trained on the other rows and judged on its own; bars "
            "are standard errors over the folds. Chosen is the largest λ, hence the simplest flow, that is "
            "within one standard error of the best (Breiman et al. 1984)."
        )
    )
