"""Latent: the codes of a run, what they stand for, and how they came about."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from autoencode_core.figures.arrays import codes
from autoencode_core.figures.latent.activity import activity_figure, neighbours_figure
from autoencode_core.figures.latent.decoded_grid import decoded_grid_figure
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.figures.scenes.code import Decoded, code_scene, decoded, training_scene, walk_scene
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.plane import (
    CodePlane,
    central_code,
    code_ranges,
    embedded_plane,
    far_apart,
    plain_plane,
)
from autoencode_core.questions.latent import ACTIVITY, DECODE, DECODED_GRID, EMBEDDING, NEIGHBOURS, WALK
from autoencode_core.store.record import RunRecord
from autoencode_core.units import length_unit
from pages.latent_views.rows import rows
from pages.shared.answers import ask, note, told
from pages.shared.charts import chart
from pages.shared.player import Said, player
from pages.shared.run_menu import choose_runs
from pages.shared.setup import dark, explanation, guard, page_setup, unusual

_MODES = {
    "decode": "Decode",
    "walk": "Walk",
    "training": "Training",
    "rows": "Rows",
}
_PLANES = {"2": "2 axes", "3": "3 axes", "tsne": "t-SNE"}
_SHEET = {1: 200, 2: 21}
_TILES = 11
_WALK_STEPS = 41
_MOST_SLIDERS = 8


def render() -> None:
    """Draws the page."""
    page_setup("Latent")
    runs: list[tuple[str, RunRecord]] = []
    with guard():
        runs = choose_runs("latent", "The run whose latent space is shown.", most=1)
    if not runs:
        st.info("Choose a run above to see its latent space.")
        return
    run_id, record = runs[0]
    with guard():
        unusual(record)
        mode, plane = _controls(run_id, record)
        if mode == "rows":
            rows(run_id, record)
        elif plane is not None:
            {"decode": _decode, "walk": _walk, "training": _training}[mode](run_id, record, plane)
    with guard():
        _figures(record)
        explanation("latent")


def _controls(run_id: str, record: RunRecord) -> tuple[str, CodePlane | None]:
    """What is looked at, and on which axes; no axes while they are being computed."""
    k, left, right = record.spec.bottleneck, *st.columns(2, vertical_alignment="bottom")
    modes = [name for name in _MODES if record.spec.task != "classify" or name in ("training", "rows")]
    with left:
        mode = st.segmented_control(
            "Show",
            modes,
            default=modes[0],
            format_func=_MODES.__getitem__,
            key=f"latent_mode_{len(modes)}",
            required=True,
            help="Decode any code; walk straight from one code to another; see the codes form in training; "
            "take the codes of all rows along, or see where the rows of a new file fall.",
        )
    kind = "2"
    if k > 3 and mode != "rows":
        kinds = [name for name in _PLANES if mode != "training" or name != "tsne"]
        with right:
            kind = st.segmented_control(
                f"{k} numbers drawn on",
                kinds,
                default="2",
                format_func=_PLANES.__getitem__,
                key=f"latent_plane_{len(kinds)}",
                required=True,
                help="Principal axes keep distances as far as they can; t-SNE keeps neighbours together.",
            )
    if record.spec.task == "classify":
        st.caption("A classifier has no decoder: its codes are shown, but they stand for no data.")
    return str(mode or modes[0]), _plane(record, str(kind or "2"))


def _plane(record: RunRecord, kind: str) -> CodePlane | None:
    z = codes(record)
    if kind != "tsne":
        return plain_plane(z, int(kind))
    found = told(ask(EMBEDDING, record, codes=z, kind="tsne"), "t-SNE of the codes")
    return embedded_plane(np.asarray(found["points"]), record.spec.bottleneck) if found else None


# ---- decode a code


def _decode(run_id: str, record: RunRecord, plane: CodePlane) -> None:
    """A click in the plane of codes chooses the code that is decoded."""
    z = codes(record)
    slot = f"latent_code_{run_id}"
    chosen = np.asarray(st.session_state.setdefault(slot, central_code(z).tolist()))
    question = ask(DECODE, record, z=chosen[None])
    sheet = _sheet(record, z)
    found = decoded(record, chosen, question.value) if question.value else None
    identity = f"{run_id} codes"
    data = encode(code_scene(record, identity, plane, found, sheet))
    said = player("latent_decode", data, identity, len(z))
    if found is None:
        told(question, "The decoded point")
    moved = _moved(said, plane, z, f"{slot}_picked")
    if moved is not None and not np.array_equal(moved, chosen):
        st.session_state[slot] = moved.tolist()
        st.rerun()
    st.caption(
        "Click a particle to decode its code. "
        + (
            "A click between them takes the nearest one: t-SNE has no way back."
            if plane.center is None
            else "Click between the codes to decode a point that no datum has."
        )
    )
    if found is not None:
        _say(found, length_unit(record.spec))
        note(question.value)
    _numbers(slot, z)
    if is_image_run(record):
        _grid(record, plane, sheet)


def _moved(said: Said, plane: CodePlane, z: np.ndarray, slot: str) -> np.ndarray | None:
    """The code that was just chosen, by a place or by a particle; None when none was."""
    if said.place is not None and said.place[0] == "code":
        return plane.code_at(said.place[1], z)
    if said.picked[:1] != st.session_state.get(slot, ()):
        st.session_state[slot] = said.picked[:1]
        return z[said.picked[0]] if said.picked else None
    return None


def _say(found: Decoded, unit: str) -> None:
    numbers = ", ".join(f"{value:.3g}" for value in found.z[:8]) + (", …" if len(found.z) > 8 else "")
    st.markdown(
        f"**z = ({numbers})** decodes to a point that is {found.distance:.3g} {unit} away from training "
        f"particle {found.nearest}, whose code is the nearest."
        if found.nearest >= 0
        else f"**z = ({numbers})** decodes to no finite point."
    )


def _numbers(slot: str, z: np.ndarray) -> None:
    """The code in numbers, for keys and for exact values."""
    k = min(z.shape[1], _MOST_SLIDERS)
    with st.expander("The code in numbers"), st.form(f"{slot}_form", border=False):
        cells = st.columns(min(k, 4))
        chosen = list(st.session_state[slot])
        for j in range(k):
            chosen[j] = cells[j % 4].number_input(
                f"z{j + 1}", value=float(chosen[j]), format="%.4f", key=f"{slot}_{j}_{chosen[j]!r}"
            )
        if st.form_submit_button("Decode it"):
            st.session_state[slot] = chosen
            st.rerun()


def _grid(record: RunRecord, plane: CodePlane, sheet: Mapping[str, Any] | None) -> None:
    """Images decoded from a grid of codes, or of the plane on which codes of many numbers are drawn."""
    names = ("z₁", "z₂")
    if sheet is None and plane.center is not None and plane.points.shape[1] == 2:
        low, high = code_ranges(plane.points).T
        grid = {"low": low, "high": high, "points": _TILES, "center": plane.center, "axes": plane.axes}
        sheet, names = told(ask(DECODED_GRID, record, **grid), "The decoded grid"), plane.names[:2]
    if sheet is not None:
        figure = decoded_grid_figure(record, sheet, names=(names[0], names[1]), dark=dark())
        chart("latent_sheet", figure, "Images decoded from a grid of codes.")


def _sheet(record: RunRecord, z: np.ndarray) -> Mapping[str, Any] | None:
    """A net of decoded codes where the code has one or two numbers."""
    k = record.spec.bottleneck
    if k not in _SHEET:
        return None
    low, high = code_ranges(z).T
    return ask(DECODED_GRID, record, low=low, high=high, points=_SHEET[k]).value


# ---- walk, training


def _walk(run_id: str, record: RunRecord, plane: CodePlane) -> None:
    """Between the two particles that were picked first, else between two codes far apart."""
    z = codes(record)
    ends = st.session_state.get(f"latent_ends_{run_id}") or far_apart(z)
    question = ask(WALK, record, a=z[ends[0]], b=z[ends[1]], steps=_WALK_STEPS)
    found = told(question, "The walk")
    if found is None:
        return
    identity = f"{run_id} walk {ends[0]} {ends[1]}"
    scene = walk_scene(record, identity, plane, found, group=f"{run_id} walk")
    said = player("latent_walk", encode(scene), identity, len(z))
    if len(said.picked) >= 2 and tuple(said.picked[:2]) != tuple(ends):
        st.session_state[f"latent_ends_{run_id}"] = said.picked[:2]
        st.rerun()
    st.caption(
        f"From particle {ends[0]} to particle {ends[1]}, straight in the latent space; decoded the way is "
        f"{float(found['length']):.3g} {length_unit(record.spec)} long, the straight line "
        f"{float(found['distance']):.3g}. "
        "Pick two particles (the second with Shift) to walk between them."
    )


def _training(run_id: str, record: RunRecord, plane: CodePlane) -> None:
    """The codes as they were while the run was trained."""
    count = len(np.asarray(record.probe["snapshot_iterations"]))
    if count < 2:
        st.info("This run keeps only one moment of its training: it ended too soon for more.")
        return
    identity = f"{run_id} training"
    scene = training_scene(record, identity, max(2, plane.points.shape[1]))
    player("latent_training", encode(scene), identity, len(plane.points))
    st.caption(f"{count} moments of the training; between them the codes are joined by straight lines.")


# ---- figures


def _figures(record: RunRecord) -> None:
    """What the numbers of the code do, and whether neighbours in the code are alike."""
    left, right = st.columns(2)
    with left, guard():
        found = told(ask(ACTIVITY, record), "Activity of the code")
        if found:
            chart(
                "latent_activity", activity_figure(found, dark=dark()), "Variance of each number of the code."
            )
    with right, guard():
        if not len(np.asarray(record.probe.get("labels", ()))):
            st.caption("These data have no classes: there are no neighbours' votes to count.")
        elif found := told(ask(NEIGHBOURS, record), "Votes of the nearest neighbours"):
            words = "Share of right votes of the nearest neighbours on code, PCA and raw data."
            chart("latent_neighbours", neighbours_figure(found, dark=dark()), words)


if __name__ == "__main__":
    render()
