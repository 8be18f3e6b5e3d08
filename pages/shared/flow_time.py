"""The flow time of a player in the link: where it opens, and where it was stopped."""

from collections.abc import Callable, Mapping
from typing import Any

from autoencode_core.figures.scenes.encoding import encode
from autoencode_core.figures.scenes.parts import clock_place
from pages.shared.player import Said, player
from pages.shared.session import LinkKey, SessionKey

TIME = LinkKey("t")
"""Flow time at which a player was stopped."""


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
    keep_time(said)
    return said


def keep_time(said: Said) -> None:
    """Puts the flow time at which a player was stopped into the link."""
    if said.t is not None:
        TIME.set(f"{said.t:.4g}")


def opened_at(key: str, run_id: str, horizon: float) -> float | None:
    """The clock's place for the t of the link that opened the page, None for every later run.

    Args:
        key: of the player.
        run_id: the run that it shows.
        horizon: T of that run.
    """
    opened = SessionKey[tuple[str, float | None]](f"{key}_start", tuple)
    shown = SessionKey(f"{key}_shown", str)
    known = opened.get()
    if known is None:
        known = run_id, _linked_place(horizon)
        opened.set(known)
    elif shown.get() != run_id:
        TIME.drop()  # it was another run's
    shown.set(run_id)
    return known[1] if known[0] == run_id else None


def _linked_place(horizon: float) -> float | None:
    """The place of the link's t on the clock, None where it names no time of the flow."""
    try:
        t = float(TIME.get())
    except ValueError:
        return None
    return clock_place(t, horizon) if 0 <= t <= horizon else None
