"""Along t: the trained control, its Hamiltonian, and how far from optimal it is at every layer."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from autoencode_core.figures.control import along_figure, along_table
from autoencode_core.figures.hamiltonian import (
    hamiltonian_words,
    largest_drift,
    maximality_words,
    path_figure,
    path_table,
    path_words,
)
from autoencode_core.figures.numbers import rounded
from autoencode_core.figures.strip import strip_words
from autoencode_core.record import PATH, RunRecord
from pages.shared.asking import ask, told
from pages.shared.charts import chart
from pages.shared.setup import dark, escape, guard

PATIENCE = 1.5
"""Seconds to wait for the residuals, so that the figure need not be drawn twice."""


def along_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run.
    """
    asked = ask("control_strip", record), ask("hamiltonian", record)
    waited = ask("maximality", record, patience=PATIENCE)
    strip = told(asked[0], "The control")
    about = told(asked[1], "The Hamiltonian") if strip is not None else None
    if strip is None or about is None:
        return
    residuals = waited.value
    _metrics(about, residuals)
    with guard():
        figure = along_figure(strip, about, residuals, decoder=record.spec.task != "classify", dark=dark())
        alt = (
            "Against flow time t: the control as a heat strip, its size, the speed of the flow, the "
            "Hamiltonian, and the residuals of the maximum principle at every layer."
        )
        chart("control_along", figure, alt, f"{run_id}-control", lambda: along_table(strip, about, residuals))
        st.caption(escape(strip_words(strip)))
    st.markdown(hamiltonian_words(about))
    if told(waited, "R, the search for a better θ at every layer") is not None and residuals is not None:
        st.markdown(maximality_words(residuals))
    with guard():
        _path(run_id, record)


def _metrics(about: Mapping[str, Any], residuals: Mapping[str, Any] | None) -> None:
    """The numbers that say how near the control is to what the maximum principle asks."""
    drift = largest_drift(about)
    cells = st.container(horizontal=True, gap="small")
    cells.metric(
        "Cost J",
        f"{float(about['cost']):.3g}",
        width=150,
        help="Mean squared error of the training particles plus λ‖θ‖², in flow coordinates.",
    )
    cells.metric(
        "‖∇J‖, stationarity",
        rounded(float(about["gradient_norm"])),
        width=165,
        help="Norm of the gradient in L²(0,T). It is 0 at a minimiser, and it is what training lowers.",
    )
    cells.metric(
        "δ Σ R, maximality",
        "…" if residuals is None else rounded(float(residuals["total"])),
        width=165,
        help="R_n = max H_n(θ) − H_n(θ_n) ≥ 0, summed over the layers of length δ; from below, since the "
        "search for the maximum may miss it. 0 where the maximum principle holds.",
    )
    cells.metric(
        "Drift of H",
        "–" if drift != drift else f"{drift:.1%}" if drift < 0.1 else f"{drift:.0%}",
        width=140,
        help="Largest less smallest H within an interval of constant width, as a share of its largest |H|; "
        "the worst of the intervals. 0 along an optimal control as the layers get thin.",
    )


def _path(run_id: str, record: RunRecord) -> None:
    """The residuals along the training, when asked for."""
    st.subheader("Over the training", anchor=False)
    if PATH[0] not in record.weights:
        st.caption(
            "This run was stored without the controls along its training. Train it on the page Playground: "
            "runs from there keep them."
        )
        return
    if not st.toggle(
        "R along the training",
        key="along_training",
        bind="query-params",
        persist_state="session",
        help="At eight moments of the training: R and the gradient at every layer. It takes some seconds.",
    ):
        return
    found = told(ask("maximality_path", record), "R along the training")
    if found is not None:
        alt = "R of every layer as a heat map over iterations, and below it its sum and the gradient's norm."
        figure = path_figure(found, dark=dark())
        chart("control_path", figure, alt, f"{run_id}-maximality", lambda: path_table(found))
        st.markdown(path_words(found))
