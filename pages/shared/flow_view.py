"""The flow of a stored run in the player: layers computed when asked for, the screen saved as a file."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from autoencode_core.figures.arrays import View, view
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.flow import drawn_particles, flow_range, flow_scene
from autoencode_core.questions.flow import FIELD_GRID, LAW, TRAJECTORIES
from autoencode_core.questions.question import Answer, Question
from autoencode_core.store.record import RunRecord
from pages.shared.answers import Asked, ask, note, told
from pages.shared.flow_time import keep_time, opened_at
from pages.shared.player import Said, player
from pages.shared.save_menu import save_menu

_CELLS, _ARROWS = 96, 19
_WORDS = {
    "field": "The vector field",
    "density": "The density of all particles",
    "particles": "More particles",
}


def flow_view(
    run_id: str,
    record: RunRecord,
    *,
    key: str,
    particles: int = 0,
    beside: bool = True,
    linked: bool = True,
    **settings: Any,
) -> Said:
    """The flow of a run over t in [0, T], playing.

    Args:
        run_id: its id.
        record: the run.
        key: the same for all runs that are shown in this place.
        particles: how many particles are drawn; 0 for those that the run keeps.
        beside: whether code or images stand beside the particles.
        linked: whether its t is that of the link.
        settings: entries of the scene's header, such as clock and group.

    Returns:
        What the person did; picks are numbers among the particles that are drawn.
    """
    shown = view(record, 2 if is_image_run(record) else 3)
    wanted: set[str] = st.session_state.setdefault(f"{key}_wanted_{run_id}", set())
    questions = _questions(record, shown, wanted, particles)
    found = {name: ask(question, record, **arguments) for name, question, arguments in questions}
    there = {name: asked.value for name, asked in found.items() if asked.value is not None}
    drawn = np.asarray(there["particles"]["states"]).shape[1] if "particles" in there else 0
    identity = f"{run_id} {drawn}" if drawn else run_id
    if linked:
        settings["start"] = opened_at(key, run_id, record.spec.horizon)
    data = _scene(identity, tuple(sorted(there)), beside, settings, record, shown, there)
    said = player(f"{key}_player", data, identity, drawn or len(record.probe["inputs"]))
    if linked:
        keep_time(said)
    _tell(found, there)
    fresh = set(said.wanted) - wanted
    if fresh:
        wanted |= fresh
        st.rerun()
    save_menu(run_id, record, said.save, key, said.picked if not drawn else ())
    return said


def _questions(
    record: RunRecord, shown: View, wanted: set[str], particles: int
) -> list[tuple[str, Question[Answer], dict[str, Any]]]:
    """What must be computed for the wanted layers: name, question and arguments."""
    ranges = flow_range(record, shown)
    found: list[tuple[str, Question[Answer], dict[str, Any]]] = []
    if "field" in wanted:
        x, y = (np.linspace(low, high, _ARROWS) for low, high in ranges[:2])
        found.append(("field", FIELD_GRID, {"x": x, "y": y}))
    if "density" in wanted:
        drawn = {"center": shown.center, "basis": shown.basis[:, :2], "ranges": ranges[:2], "bins": _CELLS}
        found.append(("density", LAW, drawn))
    if particles:
        drawn = {"particles": particles, "center": shown.center, "basis": shown.basis}
        found.append(("particles", TRAJECTORIES, drawn))
    return found


def _tell(found: Mapping[str, Asked], there: Mapping[str, Any]) -> None:
    """Below the player: what is still being computed, what cannot be, what should be known."""
    for name, asked in found.items():
        if name not in there:
            told(asked, _WORDS[name])
    for value in there.values():
        note(value)
    if "particles" in there:
        st.caption(
            "So many particles are drawn without their codes; tails are off until they are switched on."
        )


@st.cache_data(max_entries=32, show_spinner=False)
def _scene(
    identity: str,
    names: tuple[str, ...],
    beside: bool,
    settings: Mapping[str, Any],
    _record: RunRecord,
    _shown: View,
    _there: Mapping[str, Mapping[str, Any]],
) -> bytes:
    """The scene as bytes; identity and names say all that it depends on."""
    drawn = drawn_particles(_record, _shown, _there["particles"]) if "particles" in _there else None
    scene = flow_scene(_record, identity, particles=drawn, around=_there, beside=beside, **settings)
    return encode(scene)
