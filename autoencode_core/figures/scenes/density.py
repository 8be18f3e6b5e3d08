"""The law of the particles as a scene: its density as it moves, and its mass."""

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.arrays import View, limits, pick, view
from autoencode_core.figures.numbers import power
from autoencode_core.figures.scenes.flow import Particles, colours_of, flow_pane, probe_particles
from autoencode_core.figures.scenes.parts import Part, flow_timeline, of_run, one_line, scene
from autoencode_core.questions.mean_field import Density
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]

FEW = 60
"""Particles that are drawn on a density."""
_ROOM = 0.15


def drawn_view(record: RunRecord) -> View:
    """The two axes, or the one, on which the law is drawn.

    Args:
        record: the run.
    """
    return view(record, 2)


def grid_ranges(record: RunRecord, start: bool = False) -> Array:
    """What the grid holds, (c, 2): the probe's whole way with room for the smoothing.

    Args:
        record: the run.
        start: whether it holds the particles at t = 0 only, so that mass may leave it.
    """
    places = probe_particles(record, drawn_view(record)).knots
    return limits(places[0]) if start else limits(places, places[:1], pad=_ROOM)


def density_scene(record: RunRecord, answer: Density, identity: str, **settings: Any) -> Part:
    """μ_t as an evolving density, few particles on it, and its mass against t on the same clock.

    Args:
        record: the run.
        answer: of DENSITY on the axes of drawn_view.
        identity: what is shown; another one forgets camera and time.
        settings: entries of the scene's header.
    """
    shown = drawn_view(record)
    particles = few(probe_particles(record, shown))
    pane = flow_pane(record, shown, particles, {"density": answer}, answer["ranges"])
    pane["title"] = "Density of μₜ"
    on = {"density", "particles"}
    pane["layers"] = [{**one, "on": one["name"] in on} for one in pane["layers"] if one["name"] != "field"]
    count, shown_count = answer["particles"], answer["places"].shape[1]
    if shown_count < count:
        pane["note"] = one_line([pane["note"], f"drawn from {shown_count:,} of {count:,} particles"])
    return scene(
        identity,
        [pane, _mass_pane(answer)],
        **{
            "alt": f"The density of {count} particles as it moves, and its mass, which stays 1.",
            "caption": f"mass of μₜ = 1 ± {power(answer['deviation'])} at every t",
            "timeline": flow_timeline(record),
            "n": len(particles),
            "colours": colours_of(record, particles),
            "height": 380,
            **of_run(record),
            **settings,
        },
    )


def few(particles: Particles) -> Particles:
    """Evenly chosen ones of the particles, FEW at most."""
    chosen = pick(len(particles), FEW)
    parts: dict[str, Any] = {"knots": particles.knots[:, chosen], "stored": False}
    for name in ("goal", "codes", "hue", "labels", "errors"):
        values: Array = getattr(particles, name)
        parts[name] = values[chosen] if len(values) else values
    return replace(particles, **parts)


def _mass_pane(answer: Density) -> Part:
    """Mass against t; what is always 0 is left out."""
    dashes: tuple[tuple[Literal["total", "on_grid", "outside", "lost"], str, str], ...] = (
        ("total", "sum", "solid"),
        ("on_grid", "on grid", "dash"),
        ("outside", "beside", "dot"),
        ("lost", "lost", "longdash"),
    )
    idle = not (answer["outside"].any() or answer["lost"].any())
    series = [
        {
            "name": words,
            "values": np.asarray(answer[name], np.float32),
            "particle": None,
            "colour": None,
            "dash": dash,
        }
        for name, words, dash in dashes
        if name == "total" or (not idle and answer[name].any())
    ]
    return {
        "kind": "curves",
        "key": "mass",
        "title": "Mass",
        "note": "all of it on the grid" if idle else "",
        "axes": ["flow time t", "share of the particles"],
        "x": np.asarray(answer["times"], np.float32),
        "series": series,
        "active": None,
        "span": 0.7,
    }
