"""Convexity: the smallest curvature at a run's minimiser, along its training, and what its direction does."""

import streamlit as st

from autoencode_core.figures.numbers import percent
from autoencode_core.figures.regimes.certificate import certificate_words, limit_words
from autoencode_core.figures.regimes.convexity import (
    curvature_path_alt,
    curvature_path_figure,
    spectrum_alt,
    spectrum_figure,
)
from autoencode_core.figures.regimes.convexity_depths import (
    curvature_depths_alt,
    curvature_depths_figure,
    curvature_depths_table,
)
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.flat_direction import flat_direction_scene
from autoencode_core.glossary import explained
from autoencode_core.questions.regimes import (
    CURVATURE,
    CURVATURE_DEPTHS,
    CURVATURE_PATH,
    FLAT_DIRECTION,
    Curvature,
)
from autoencode_core.store.record import PATH, RunRecord
from autoencode_core.words import as_set, measured
from pages.regimes_views.studies import opening_runs
from pages.shared.answers import ask, ask_for, told
from pages.shared.charts import chart
from pages.shared.player import player
from pages.shared.run_menu import choose_runs
from pages.shared.setup import dark, escape, guard, unusual
from pages.shared.words import regime

DIRECTIONS = 4
_DOUBLINGS = (2, 3, 4)
_HEAVY = 1e8
"""Entries of all controls times particles from which finer layers wait for a click."""


def convexity_view() -> None:
    """Draws the view."""
    runs = choose_runs(
        "convexity", "The run at whose control the curvature is taken.", most=1, opening=opening_runs()[:1]
    )
    if not runs:
        st.info("Choose a run above to see how J bends around its control.")
        return
    run_id, record = runs[0]
    st.caption(escape(regime(record.spec, record.substeps)))
    unusual(record)
    found = told(ask(CURVATURE, record, count=DIRECTIONS), "ν, the smallest curvature of the data term")
    if found is None:
        return
    _certificate(record, found)
    with guard():
        _depths(run_id, record)
    with guard():
        figure = spectrum_figure(found, record.spec.weight, dark=dark())
        chart(
            "convexity_spectrum",
            figure,
            spectrum_alt(found, record.spec.weight),
        )
    with guard():
        _path(run_id, record)
    with guard():
        _directions(run_id, record, found)


def _certificate(record: RunRecord, found: Curvature) -> None:
    """ν with its bound, and what follows."""
    weight, nu = record.spec.weight, found["nu"]
    bound = float(found["bound"][0])
    cells = st.container(horizontal=True, gap="small")
    how = "The whole Hessian was taken." if found["exact"] else "By Lanczos, without the whole Hessian."
    cells.metric("ν, smallest curvature", _short(nu), width=180, help=explained("nu", how))
    cells.metric("Residual bound", f"± {measured(bound, 1)}", width=145, help=explained("nu_bound"))
    cells.metric("2λ + ν", _short(2 * weight + nu), width=155, help=explained("convexity"))
    cells.metric(r"$λ_\mathrm{conv}$", _short(found["lambda_conv"]), width=145, help=explained("lambda_conv"))
    cells.metric("λ of this run", as_set(weight), width=145, help=explained("tikhonov"))
    st.markdown(certificate_words(found, weight, record.spec.depth))
    st.caption(_certainty(found))


def _short(value: float) -> str:
    return measured(value)


def _certainty(found: Curvature) -> str:
    """How sure the certificate is, and how near to stationary the control."""
    how = (
        "The whole Hessian was formed, so no eigenvalue is lower than ν."
        if found["exact"]
        else f"{found['products']:,} products with the Hessian; with probability 0.999 no eigenvalue is "
        f"lower than {measured(found['floor'], 4)}."
    )
    return (
        f"{how} ‖∇J‖ = {measured(found['gradient_norm'], 2)} leaves "
        f"{percent(found['remaining'])} of J to fall, and at most 0.1% counts as stationary."
    )


def _depths(run_id: str, record: RunRecord) -> None:
    """ν of the same θ(t) with more layers, and its limit."""
    doublings = st.select_slider(
        "Doublings",
        _DOUBLINGS,
        key="convexity_doublings",
        persist_state="session",
        width=220,
        help="How often every layer is cut in two, with the same θ in both halves, to see where ν tends to.",
    )
    slot = f"curvature_depths_{run_id}_{doublings}"
    work = len(record.weights["control"]) * (2 ** (doublings + 1) - 1) * record.spec.particles
    if work > _HEAVY and not st.session_state.get(slot):
        st.caption("This certificate is one for the layers of this run. What becomes of ν with more of them:")
        st.button(
            "ν with more layers",
            key=f"{slot}_button",
            help="That takes a while here.",
            on_click=ask_for,
            args=(CURVATURE_DEPTHS, slot),
        )
        return
    found = told(ask(CURVATURE_DEPTHS, record, doublings=doublings), "ν with more layers")
    if found is None:
        return
    st.markdown(limit_words(found))
    chart(
        "convexity_depths",
        curvature_depths_figure(found, dark=dark()),
        curvature_depths_alt(found),
        f"{run_id}-curvature-depths",
        lambda: curvature_depths_table(found),
    )


def _path(run_id: str, record: RunRecord) -> None:
    """ν along the training, when asked for: it takes as long as several certificates."""
    if PATH[0] not in record.weights:
        st.caption("This run was stored without the controls along its training: only its end has a ν.")
        return
    slot = f"curvature_path_{run_id}"
    st.button(
        "ν along the training",
        key=f"{slot}_button",
        help="At up to twelve moments.",
        on_click=ask_for,
        args=(CURVATURE_PATH, slot),
    )
    if st.session_state.get(slot):
        found = told(ask(CURVATURE_PATH, record), "ν along the training")
        if found is not None:
            figure = curvature_path_figure(found, record.spec.weight, dark=dark())
            chart("convexity_curvature_path", figure, curvature_path_alt(found, record.spec.weight))


def _directions(run_id: str, record: RunRecord, found: Curvature) -> None:
    """The directions of lowest curvature, as what they do to codes and outputs."""
    st.subheader("Directions of lowest curvature", anchor=False)
    values, vectors = found["values"].tolist(), found["vectors"]
    chosen = st.segmented_control(
        "Direction",
        list(range(len(values))),
        default=0,
        format_func=lambda i: f"{i + 1}: {_short(values[i])}",
        key=f"direction_{run_id}",
        required=True,
        help="Eigenvectors of the data term's Hessian, by their curvature, the lowest first.",
    )
    place = int(chosen or 0)
    moved = told(ask(FLAT_DIRECTION, record, vector=vectors[place]), "What the direction does")
    if moved is None:
        return
    identity = f"{run_id} direction {place}"
    scene = flat_direction_scene(record, identity, moved)
    player("convexity_direction", encode(scene), identity, len(record.probe["inputs"]))
    st.caption(
        "From left to right the control goes from θ* − s v through θ* to θ* + s v, with ‖v‖ = 1 in L²(0,T): "
        "codes and outputs as the control moves where the data term bends least, or downwards."
    )
