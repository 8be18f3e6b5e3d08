"""Along t: the trained control, its Hamiltonian, and how far from optimal it is at every layer."""

from functools import partial

import streamlit as st

from autoencode_core.figures.control.along import along_alt, along_figure, along_table
from autoencode_core.figures.control.heat_strip import control_words
from autoencode_core.figures.control.maximality import (
    anywhere_words,
    hamiltonian_words,
    largest_drift,
    maximality_path_figure,
    maximality_path_table,
    maximality_path_words,
    nearby_words,
    portion,
)
from autoencode_core.figures.numbers import rounded
from autoencode_core.flow.fields import FIELDS
from autoencode_core.glossary import explained
from autoencode_core.questions.control import (
    ALONG,
    HAMILTONIAN,
    LOCAL_MAXIMALITY,
    MAXIMALITY,
    MAXIMALITY_PATH,
    Hamiltonian,
    LocalMaximality,
)
from autoencode_core.store.record import PATH, RunRecord
from autoencode_core.words import measured
from pages.shared.answers import ask, ask_for, told
from pages.shared.charts import chart
from pages.shared.linked import linked_choice, linked_switch
from pages.shared.setup import dark, escape, guard

PATIENCE = 1.5
"""Seconds to wait for the residuals nearby, so that the figure need not be drawn twice."""
_SHARES = (0.05, 0.1, 0.2, 0.5, 1.0)


def along_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run.
    """
    share = linked_choice(
        st.select_slider,
        "Nearby: ρ as a share of |θ|",
        _SHARES,
        0.1,
        link="nearby",
        format_func=lambda value: f"{value:g}",
        key="nearby_share",
        width=420,
        help="How far from θₙ a better θ is looked for: ρ is this share of the root mean square of |θₙ|.",
    )
    by_units = FIELDS[record.spec.field].units is not None
    asked, asked_too = ask(ALONG, record), ask(HAMILTONIAN, record)
    nearby = ask(LOCAL_MAXIMALITY, record, patience=PATIENCE, share=share)
    anywhere = ask(MAXIMALITY, record) if by_units else None
    along = told(asked, "The control")
    hamiltonian = told(asked_too, "The Hamiltonian") if along is not None else None
    if along is None or hamiltonian is None:
        return
    near, far = nearby.value, anywhere.value if anywhere else None
    _metrics(hamiltonian, near)
    with guard():
        whole = record.spec.task != "classify"
        figure = partial(along_figure, along, hamiltonian, near, far, decoder=whole, dark=dark())
        alt = along_alt(along, hamiltonian)
        table = partial(along_table, along, hamiltonian, near, far)
        about = (asked.answer_id, near and nearby.answer_id, far and anywhere and anywhere.answer_id)
        chart("control_along", figure, alt, f"{run_id}-control", table, about)
        st.caption(escape(control_words(along)))
    st.markdown(hamiltonian_words(hamiltonian))
    if told(nearby, "R, the search for a better θ near that of every layer") is not None and near is not None:
        st.markdown(nearby_words(near))
    if anywhere is None:
        st.caption("R over all θ: not available for this field, since it is no sum over hidden units.")
    elif told(anywhere, "R over all θ, at every layer") is not None and far is not None:
        st.caption(anywhere_words(far))
    with guard():
        _path(run_id, record, share)


def _metrics(hamiltonian: Hamiltonian, near: LocalMaximality | None) -> None:
    """The numbers that say how near the control is to what the maximum principle asks."""
    drift = largest_drift(hamiltonian)
    cells = st.container(horizontal=True, gap="small")
    cells.metric("Cost J", measured(hamiltonian["cost"]), width=150, help=explained("cost"))
    cells.metric(
        "‖∇J‖, stationarity",
        rounded(hamiltonian["gradient_norm"]),
        width=165,
        help=explained("gradient_norm"),
    )
    here = "Here over θ with |θ − θₙ| ≤ ρ."
    cells.metric(
        "δ Σ R / J, maximality",
        "…" if near is None else portion(near["gap"]),
        width=175,
        help=explained("maximality", here),
    )
    cells.metric("Drift of H", "–" if drift != drift else portion(drift), width=140, help=explained("drift"))


def _path(run_id: str, record: RunRecord, share: float) -> None:
    """The residuals along the training, when asked for."""
    st.subheader("Over the training", anchor=False)
    if PATH[0] not in record.weights:
        st.caption(
            "This run was stored without the controls along its training. Train it on the page Playground: "
            "runs from there keep them."
        )
        return
    if not linked_switch(
        "R along the training",
        link="along",
        key="along_training",
        help="At eight moments of the training: R and the gradient at every layer. It takes some seconds.",
        on_change=ask_for,
        args=(MAXIMALITY_PATH,),
    ):
        return
    found = told(ask(MAXIMALITY_PATH, record, share=share), "R along the training")
    if found is not None:
        alt = maximality_path_words(found)
        figure = maximality_path_figure(found, dark=dark())
        chart("control_path", figure, alt, f"{run_id}-maximality", lambda: maximality_path_table(found))
        st.markdown(maximality_path_words(found))
