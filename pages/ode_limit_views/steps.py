"""Step size: a trained network integrated more and more finely, beside an adaptive solver."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from autoencode_core.figures.numbers import percent
from autoencode_core.figures.ode_limit.steps import (
    Quantity,
    order_words,
    steps_figure,
    steps_table,
    verdict_words,
)
from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.glossary import explained
from autoencode_core.questions.ode_limit import STEPS, Steps
from autoencode_core.store.record import RunRecord
from autoencode_core.words import as_set, measured
from pages.shared.answers import ask, told
from pages.shared.charts import chart
from pages.shared.run_menu import LEFT, OPENINGS, show_run
from pages.shared.setup import dark, guard

_LEFT = "For contrast: a residual network that left its ODE"
_ALT: Mapping[Quantity, str] = {
    "difference": "Distance of the outputs to those of the ODE against the step size, by three methods.",
    "error": "Mean squared error of the outputs against the step size, by three methods.",
}


def steps_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run.
    """
    _contrast(run_id)
    asked = ask(STEPS, record)
    found = told(asked, "Finer steps, and the adaptive solver")
    if found is None:
        return
    st.markdown(verdict_words(found, record.spec.task == "classify"))
    _metrics(found)
    for name, column in zip(_ALT, st.columns(2, gap="medium"), strict=True):
        with column, guard():
            figure = partial(steps_figure, found, name, dark=dark())
            table = (lambda: steps_table(found)) if name == "difference" else None
            chart(f"ode_{name}", figure, _ALT[name], f"{run_id}-{name}", table, (asked.answer_id,))
    st.caption(
        f"The ODE: scipy's {found['reference']} on every interval of constant control, rtol = atol = "
        f"{as_set(found['rtol'], 1)}, {found['evaluations']:,} evaluations of the field; a solve with "
        f"ten times the tolerance ends {measured(found['floor'], 2)} away. Training particles: "
        f"{found['moved']:,}. Orders are fitted to the finest steps whose differences stand out from "
        "that."
    )


def _contrast(run_id: str) -> None:
    """One click to the run that left its ODE, or to the one that shows how a discretised ODE looks."""
    other, words = (OPENINGS["ode_limit"], "A run that is an ODE") if run_id == LEFT else (LEFT, _LEFT)
    st.button(words, key="ode_contrast", on_click=show_run, args=(other,))


def _metrics(found: Steps) -> None:
    cells = st.container(horizontal=True, gap="small")
    for row, method in enumerate(found["methods"]):
        order = float(found["order"][row])
        cells.metric(
            f"Order of {SCHEMES[method].title}",
            f"{order:.2f}" if order == order else "–",
            width=140,
            help=explained("scheme_order", f"Here: {order_words(found, row)}."),
        )
    cells.metric("Network to ODE", percent(found["relative"]), width=150, help=explained("ode_difference"))
    cells.metric(
        "Error, network", measured(found["network_error"]), width=140, help=explained("network_error")
    )
    cells.metric(
        "Error, ODE", measured(found["reference_error"]), width=140, help=explained("ode_test_error")
    )
