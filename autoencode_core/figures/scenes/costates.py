"""Costates as arrows on the particles, running backwards."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.arrays import View, at_layer_ends, bottleneck_index, finite
from autoencode_core.figures.scenes.encoding import quanta, quantised
from autoencode_core.figures.scenes.flow import flow_pane
from autoencode_core.figures.scenes.parts import Part, layer
from autoencode_core.figures.scenes.probe_flow import moved, pane_view, probe_scene, ranges_of
from autoencode_core.figures.trajectory_table import trajectory_table
from autoencode_core.questions.control import Costates
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]

LONG, _QUANTILE = 0.16, 0.95
"""Length of a long arrow as a share of what is in view; which of all arrows is a long one."""


def costates_scene(
    record: RunRecord, identity: str, answer: Costates, length: float = 1.0, **settings: Any
) -> Part:
    """The particles of the probe batch with their costates as arrows, from t = T back to 0.

    Args:
        record: the run.
        identity: what is shown; another one forgets camera, time and picks.
        answer: what analysis.costates or analysis.iteration says.
        length: how many times the usual length the arrows have.
        settings: entries of the scene's header.
    """
    record = at_layer_ends(record)
    shown = pane_view(record)
    drawn = moved(record, shown, answer["states"], answer["dropped"])
    pane = flow_pane(record, shown, drawn, {}, ranges_of([drawn]))
    tips = drawn.knots + length * arrow_scale(record, answer) * _costates(record, shown, answer)
    box = quanta(tips)
    pane["arrows"] = {"positions": quantised(tips, box), "quanta": box.tolist()}
    pane["title"], pane["unrolled"] = "Particles x(t), costates p(t)", False
    goals = [each for each in pane["layers"] if each["name"] in ("residuals", "ghost")]
    pane["layers"] = [layer("particles", True), layer("costates", True), *goals]
    alt = "Particles with their costates as arrows, going back from t = T to t = 0."
    return probe_scene(record, identity, drawn, [pane], {"reverse": True, "alt": alt, **settings})


def arrow_scale(record: RunRecord, answer: Costates) -> float:
    """Length of the arrow of a costate of size 1, in flow coordinates.

    Args:
        record: the run.
        answer: as in costates_scene.
    """
    record = at_layer_ends(record)
    shown = pane_view(record)
    sizes = np.linalg.norm(_costates(record, shown, answer), axis=-1)
    sizes = sizes[np.isfinite(sizes)]
    long = float(np.quantile(sizes, _QUANTILE)) if len(sizes) else 0.0
    span = float(
        np.diff(ranges_of([moved(record, shown, answer["states"], answer["dropped"])]), axis=1).max()
    )
    return LONG * span / long if long > 0 else 0.0


def costates_table(answer: Costates) -> dict[str, Array]:
    """States and costates as columns, in flow coordinates: a row for each particle at each t.

    Args:
        answer: what analysis.costates says.
    """
    return trajectory_table(answer["times"], {"x": answer["states"], "p": answer["costates"]})


def _costates(record: RunRecord, shown: View, answer: Costates) -> Array:
    """Costates (F, n, c) on the drawn axes, frames as in parts.knots: the encoder meets Π p at T/2."""
    middle = bottleneck_index(record)
    found = finite(answer["costates"])
    frames = [found[: middle + 1], finite(answer["unprojected"])[None], found[middle + 1 :]]
    return np.concatenate(frames) @ shown.basis
