"""One iteration of pmp in slow motion: forward, backward, maximise, accept or halve τ."""

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from autoencode_core.figures.control.iteration import (
    PHASES,
    formula,
    layers_table,
    maximise_figure,
    phase_words,
    trials_figure,
    trials_table,
)
from autoencode_core.figures.scenes.costates import costates_scene, costates_table
from autoencode_core.figures.scenes.iteration import iteration_scene, iteration_start_scene
from autoencode_core.figures.scenes.parts import Part
from autoencode_core.glossary import explained, find
from autoencode_core.questions.control import ITERATION, Iteration
from autoencode_core.store.record import PATH, RunRecord
from autoencode_core.words import measured
from pages.shared.answers import ask, told
from pages.shared.charts import chart, table_button
from pages.shared.flow_time import linked_player
from pages.shared.linked import linked_choice
from pages.shared.setup import dark, guard

_PHASE, _FROM = "iteration_phase", "iteration_from"
_TABLE = "t, state x and costate p of each particle, in flow coordinates; at T/2 after the projection."


def iteration_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run.
    """
    iteration = _chosen(record)
    found = told(ask(ITERATION, record, iteration=iteration), "One iteration of pmp")
    if found is None:
        return
    phase = _phase()
    st.latex(formula(phase, record.spec.scheme, int(record.summary.get("substeps") or record.spec.substeps)))
    st.markdown(phase_words(found, phase, record.spec.weight))
    _metrics(found, phase)
    identity = f"{run_id} iteration {iteration} {phase}"
    with guard():
        (_forward, _backward, _maximise, _accept)[phase](run_id, record, identity, found)


def _chosen(record: RunRecord) -> int | None:
    """From which control of the training the iteration starts, None for the trained one."""
    if PATH[0] not in record.weights:
        st.caption(
            "This run was stored without the controls along its training: the iteration starts at its end."
        )
        return None
    kept = [int(number) for number in np.unique(record.weights[PATH[0]])]
    if len(kept) < 2:
        return kept[0] if kept else None
    return linked_choice(
        st.select_slider,
        "From the control of iteration",
        kept,
        kept[0],
        link="from",
        key=_FROM,
        help="Those that the run keeps along its training, by whatever method; 0 is its start.",
    )


def _phase() -> int:
    """Which of the four phases is looked at; the two buttons go on and back."""
    left, middle, right = st.columns([6, 1, 1], vertical_alignment="bottom")
    with left:
        chosen = linked_choice(
            st.segmented_control,
            "Phase",
            PHASES,
            PHASES[0],
            link="phase",
            key=_PHASE,
            required=True,
            help="The four phases of an iteration of pmp, the method of the maximum principle.",
        )
    place = PHASES.index(chosen) if chosen in PHASES else 0
    middle.button(
        "Back", key="phase_back", disabled=place == 0, on_click=_go, args=(place - 1,), width="stretch"
    )
    right.button(
        "Next", key="phase_next", disabled=place == 3, on_click=_go, args=(place + 1,), width="stretch"
    )
    return place


def _go(place: int) -> None:
    st.session_state[_PHASE] = PHASES[place]


def _metrics(found: Iteration, phase: int) -> None:
    cost, tau = found["cost"], float(found["tau"][-1])
    shown = (
        {"J": cost, "data term": found["data_term"]},
        {"‖∇J‖": found["gradient_norm"]},
        {"τ": tau, "change ‖θ − θʲ‖": float(found["move"][-1])},
        {"J before": cost, "J after": float(found["trial_cost"][-1]), "τ": tau, "next τ": found["next_tau"]},
    )[phase]
    cells = st.container(horizontal=True, gap="small")
    for title, value in shown.items():
        cells.metric(title, measured(value, 4), width=180, help=explained(find(title) or "cost"))


def _forward(run_id: str, record: RunRecord, identity: str, found: Iteration) -> None:
    _player("iteration_forward", iteration_start_scene, run_id, record, identity, found)
    table_button("iteration_states_csv", f"{run_id}-iteration", lambda: costates_table(found), words=_TABLE)


def _backward(run_id: str, record: RunRecord, identity: str, found: Iteration) -> None:
    _player("iteration_backward", costates_scene, run_id, record, identity, found)
    table_button("iteration_costates_csv", f"{run_id}-iteration", lambda: costates_table(found), words=_TABLE)


def _maximise(run_id: str, record: RunRecord, identity: str, found: Iteration) -> None:
    alts = {
        "hamiltonian": "The Hamiltonian of every layer before the step, and the augmented one after it.",
        "move": "How far the control of every layer moves.",
    }
    for name, column in zip(alts, st.columns(2, gap="medium"), strict=True):
        with column:
            table = (lambda: layers_table(found)) if name == "hamiltonian" else None
            figure = maximise_figure(found, name, dark=dark())
            chart(f"iteration_{name}", figure, alts[name], f"{run_id}-iteration-layers", table)


def _accept(run_id: str, record: RunRecord, identity: str, found: Iteration) -> None:
    words = "Cost at every length of the step that was tried, beside what it had to reach."
    figure = trials_figure(found, dark=dark())
    chart("iteration_trials", figure, words, f"{run_id}-iteration-trials", lambda: trials_table(found))
    _player("iteration_compared", iteration_scene, run_id, record, identity, found)


def _player(
    key: str,
    scene: Callable[[RunRecord, str, Iteration], Part],
    run_id: str,
    record: RunRecord,
    identity: str,
    found: Iteration,
) -> None:
    draw = partial(scene, record, identity, found)
    linked_player(key, run_id, record.spec.horizon, draw, identity, len(found["hue"]))
