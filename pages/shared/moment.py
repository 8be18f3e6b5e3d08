"""The flow time of a player in the link: where it opens, and where it was stopped."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.parts import clock_place
from pages.shared.player import Said, player

TIME = "t"
"""Where the link keeps the flow time at which a player was stopped."""


def linked_player(
    key: str,
    run_id: str,
    horizon: float,
    draw: Callable[..., Mapping[str, Any]],
    identity: str = "",
    particles: int = 0,
) -> Said:
    """Shows a scene over t in [0, T]; its t is that of the link.

    Args:
        key: the same for all scenes of one player.
        run_id: the run that the scene is about.
        horizon: T.
        draw: makes the scene; takes its header's entry `start`.
        identity: the scene's id.
        particles: number of particles drawn.
    """
    data = encode(draw(start=opened_at(key, run_id, horizon)))
    said = player(key, data, identity, particles)
    keep_moment(said)
    return said


def keep_moment(said: Said) -> None:
    """Puts the flow time at which a player was stopped into the link."""
    if said.t is not None:
        st.query_params[TIME] = f"{said.t:.4g}"


def opened_at(key: str, run_id: str, horizon: float) -> float | None:
    """The clock's place for the t of the link that opened the page, None for every later run.

    On the clock the encoder goes from 0 to 1, the decoder from 2 to 3.

    Args:
        key: of the player.
        run_id: the run that it shows.
        horizon: T of that run.
    """
    slot, shown = f"{key}_start", f"{key}_shown"
    if slot not in st.session_state:
        try:
            t = float(st.query_params.get(TIME, ""))
        except ValueError:
            t = -1.0
        st.session_state[slot] = (run_id, clock_place(t, horizon) if 0 <= t <= horizon else None)
    elif st.session_state.get(shown) != run_id:
        st.query_params.pop(TIME, None)  # it was another run's
    st.session_state[shown] = run_id
    opened, start = st.session_state[slot]
    return start if opened == run_id else None
