"""Decode: what any code stands for, chosen by a click or in numbers."""

import numpy as np
import streamlit as st

from autoencode_core.figures.arrays import codes
from autoencode_core.figures.latent.decoded_grid import decoded_grid_figure
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.figures.scenes.decode import Decoded, decode_scene, decoded
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.plane import CodePlane, central_code, code_ranges
from autoencode_core.questions.arrays import Floats
from autoencode_core.questions.latent import DECODE, DECODED_GRID, DecodedGrid
from autoencode_core.store.record import RunRecord
from autoencode_core.units import length_unit
from autoencode_core.words import measured
from pages.shared.answers import ask, note, told
from pages.shared.charts import chart
from pages.shared.player import Said, player
from pages.shared.setup import dark

_POINTS = {1: 200, 2: 21}
_TILES = 11
_MOST_SLIDERS = 8


def decode_view(run_id: str, record: RunRecord, plane: CodePlane) -> None:
    """Draws the view; a click in the plane of codes chooses the code that is decoded.

    Args:
        run_id: id of the run.
        record: the run.
        plane: how codes are drawn.
    """
    z = codes(record)
    slot = f"latent_code_{run_id}"
    chosen = np.asarray(st.session_state.setdefault(slot, central_code(z).tolist()))
    question = ask(DECODE, record, z=chosen[None])
    grid = _grid(record, z)
    found = decoded(record, chosen, question.value) if question.value else None
    identity = f"{run_id} codes"
    data = encode(decode_scene(record, identity, plane, found, grid))
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
        _images(record, plane, grid)


def _moved(said: Said, plane: CodePlane, z: Floats, slot: str) -> Floats | None:
    """The code that was just chosen, by a place or by a particle; None when none was."""
    if said.place is not None and said.place[0] == "code":
        return plane.code_at(said.place[1], z)
    if said.picked[:1] != st.session_state.get(slot, ()):
        st.session_state[slot] = said.picked[:1]
        return np.asarray(z[said.picked[0]]) if said.picked else None
    return None


def _say(found: Decoded, unit: str) -> None:
    numbers = ", ".join(measured(value) for value in found.z[:8]) + (", …" if len(found.z) > 8 else "")
    st.markdown(
        f"**z = ({numbers})** decodes to a point that is {measured(found.distance)} {unit} away from "
        "training "
        f"particle {found.nearest}, whose code is the nearest."
        if found.nearest >= 0
        else f"**z = ({numbers})** decodes to no finite point."
    )


def _numbers(slot: str, z: Floats) -> None:
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


def _images(record: RunRecord, plane: CodePlane, grid: DecodedGrid | None) -> None:
    """Images decoded from a grid of codes, or of the plane on which codes of many numbers are drawn."""
    first, second = "z₁", "z₂"
    if grid is None and plane.center is not None and plane.points.shape[1] == 2:
        low, high = code_ranges(plane.points).T
        span = {"low": low, "high": high, "center": plane.center, "axes": plane.axes}
        grid = told(ask(DECODED_GRID, record, points=_TILES, **span), "The decoded grid")
        first, second = plane.names[:2]
    if grid is not None:
        figure = decoded_grid_figure(record, grid, names=(first, second), dark=dark())
        chart("latent_sheet", figure, "Images decoded from a grid of codes.")


def _grid(record: RunRecord, z: Floats) -> DecodedGrid | None:
    """A net of decoded codes where the code has one or two numbers."""
    k = record.spec.bottleneck
    if k not in _POINTS:
        return None
    low, high = code_ranges(z).T
    return ask(DECODED_GRID, record, low=low, high=high, points=_POINTS[k]).value
