"""Depth: the run at twice its depth and more, trained on from the refined control; the limit T/L -> 0."""

import streamlit as st

from autoencode_core.figures.ode_limit.depth import (
    PICTURES,
    depth_alt,
    depth_figure,
    depth_table,
    depth_words,
)
from autoencode_core.questions.ode_limit import DEPTH
from autoencode_core.store.record import RunRecord
from pages.shared.answers import ask, ask_for, told
from pages.shared.charts import chart
from pages.shared.linked import linked_choice
from pages.shared.setup import dark, escape, guard

_DOUBLINGS, _ITERATIONS = (1, 2, 3, 4), (20, 50, 100, 200, 500)
_USUAL = {"doublings": 2, "iterations": 100}
_HEAVY = 4e9
"""Entries of the control times particles times iterations from which the training waits for a click."""


def depth_view(run_id: str, record: RunRecord) -> None:
    """Draws the view.

    Args:
        run_id: id of the run.
        record: the run.
    """
    doublings, iterations = _knobs()
    wanted = f"depth {run_id} {doublings} {iterations}"
    work = len(record.weights["control"]) * (2 ** (doublings + 1) - 2) * record.spec.particles * iterations
    if work > _HEAVY and not st.session_state.get(wanted):
        st.caption(
            f"{doublings} trainings, up to L = {record.spec.depth * 2**doublings}: that takes a while."
        )
        words = "It runs beside the page and can be cancelled."
        st.button("Retrain at doubled depth", help=words, on_click=ask_for, args=(DEPTH, wanted))
        return
    question = ask(DEPTH, record, doublings=doublings, iterations=iterations)
    found = told(question, "Training at doubled depth")
    if found is None:
        return
    st.markdown("\n".join(f"- {escape(sentence)}" for sentence in depth_words(found)))
    for name, column in zip(PICTURES, st.columns(len(PICTURES), gap="medium"), strict=True):
        with column, guard():
            table = (lambda: depth_table(found)) if name == PICTURES[0] else None
            chart(
                f"ode_depth_{name}",
                depth_figure(found, name, dark=dark()),
                depth_alt(found, name),
                f"{run_id}-{name}",
                table,
            )
    ended = [
        f"L = {depth}: {status} after {count:,} iterations"
        for depth, status, count in zip(found["depths"], found["ended"], found["iterations"], strict=True)
    ]
    st.caption(escape(f"{'; '.join(ended)}. Training particles moved: {found['moved_particles']:,}."))


def _knobs() -> tuple[int, int]:
    """How often the depth is doubled, and the iterations of each training."""
    left, right = st.columns(2)
    with left:
        doublings = linked_choice(
            st.select_slider,
            "Doublings",
            _DOUBLINGS,
            _USUAL["doublings"],
            link="doublings",
            key="depth_doublings",
            help="How often every layer is cut in two, with the same θ in both halves, and trained on.",
        )
    with right:
        iterations = linked_choice(
            st.select_slider,
            "Iterations of each training",
            _ITERATIONS,
            _USUAL["iterations"],
            link="each",
            key="depth_iterations",
            help="Most of them; the run's own method, from the refined control.",
        )
    return doublings, iterations
