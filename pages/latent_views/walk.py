"""Walk: straight from one code to another, decoded on the way."""

import streamlit as st

from autoencode_core.figures.arrays import codes
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.plane import CodePlane, far_apart
from autoencode_core.figures.scenes.walk import walk_scene
from autoencode_core.questions.latent import WALK
from autoencode_core.store.record import RunRecord
from autoencode_core.units import length_unit
from autoencode_core.words import measured
from pages.shared.answers import ask, told
from pages.shared.player import player

_STEPS = 41


def walk_view(run_id: str, record: RunRecord, plane: CodePlane) -> None:
    """Draws the view, between the two particles that were picked first, else between two codes far apart.

    Args:
        run_id: id of the run.
        record: the run.
        plane: how codes are drawn.
    """
    z = codes(record)
    ends = st.session_state.get(f"latent_ends_{run_id}") or far_apart(z)
    question = ask(WALK, record, a=z[ends[0]], b=z[ends[1]], steps=_STEPS)
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
        f"{measured(found['length'])} {length_unit(record.spec)} long, the straight line "
        f"{measured(found['distance'])}. "
        "Pick two particles (the second with Shift) to walk between them."
    )
