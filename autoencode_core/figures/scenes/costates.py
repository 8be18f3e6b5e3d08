"""Costates as arrows on the particles, running backwards; and the particles of one iteration of pmp."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.arrays import View, at_layer_ends, bottleneck_index, finite, limits, view
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.figures.scenes.encoding import quanta, quantised
from autoencode_core.figures.scenes.flow import (
    Particles,
    colours_of,
    flow_pane,
    particles_digest,
    probe_particles,
)
from autoencode_core.figures.scenes.parts import Part, flow_timeline, knots, layer, of_run, scene
from autoencode_core.figures.trajectory_table import trajectory_table
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]

LONG, _QUANTILE = 0.16, 0.95
"""Length of a long arrow as a share of what is in view; which of all arrows is a long one."""


def costate_scene(
    record: RunRecord, identity: str, answer: Mapping[str, Any], length: float = 1.0, **settings: Any
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
    shown = _view(record)
    drawn = _moved(record, shown, answer)
    pane = flow_pane(record, shown, drawn, {}, _ranges([drawn]))
    tips = drawn.knots + length * arrow_scale(record, answer) * _costates(record, shown, answer)
    box = quanta(tips)
    pane["arrows"] = {"positions": quantised(tips, box), "quanta": box.tolist()}
    pane["title"], pane["unrolled"] = "Particles x(t), costates p(t)", False
    goals = [each for each in pane["layers"] if each["name"] in ("residuals", "ghost")]
    pane["layers"] = [layer("particles", True), layer("costates", True), *goals]
    alt = "Particles with their costates as arrows, going back from t = T to t = 0."
    return _scene(record, identity, drawn, [pane], {"reverse": True, "alt": alt, **settings})


def arrow_scale(record: RunRecord, answer: Mapping[str, Any]) -> float:
    """Length of the arrow of a costate of size 1, in flow coordinates.

    Args:
        record: the run.
        answer: as in costate_scene.
    """
    record = at_layer_ends(record)
    shown = _view(record)
    sizes = np.linalg.norm(_costates(record, shown, answer), axis=-1)
    sizes = sizes[np.isfinite(sizes)]
    long = float(np.quantile(sizes, _QUANTILE)) if len(sizes) else 0.0
    span = float(np.diff(_ranges([_moved(record, shown, answer)]), axis=1).max())
    return LONG * span / long if long > 0 else 0.0


def costates_table(answer: Mapping[str, Any]) -> dict[str, Array]:
    """States and costates as columns, in flow coordinates: a row for each particle at each t.

    Args:
        answer: what analysis.costates says.
    """
    return trajectory_table(answer["times"], {"x": answer["states"], "p": answer["costates"]})


def forward_scene(record: RunRecord, identity: str, answer: Mapping[str, Any], **settings: Any) -> Part:
    """The particles under the control that an iteration of pmp begins with.

    Args:
        record: the run.
        identity: as in costate_scene.
        answer: what analysis.iteration says.
        settings: entries of the scene's header.
    """
    record = at_layer_ends(record)
    shown = _view(record)
    drawn = _moved(record, shown, answer)
    pane = _plain(record, shown, drawn, "Particles under θʲ", _ranges([drawn]))
    alt = "The particles under the control before the iteration, from t = 0 to t = T."
    return _scene(record, identity, drawn, [pane], {"alt": alt, **settings})


def compared_scene(record: RunRecord, identity: str, answer: Mapping[str, Any], **settings: Any) -> Part:
    """The particles before and after an iteration of pmp, side by side on one clock.

    Args:
        record: the run.
        identity: as in costate_scene.
        answer: what analysis.iteration says.
        settings: entries of the scene's header.
    """
    record = at_layer_ends(record)
    shown = _view(record)
    titles = {"": "Before: θʲ", "_after": "After: θʲ⁺¹" if answer["accepted"] else "At the last trial"}
    drawn = [_moved(record, shown, answer, key) for key in titles]
    panes = [
        _plain(record, shown, each, title, _ranges(drawn)) | {"key": f"particles{key}"}
        for each, (key, title) in zip(drawn, titles.items(), strict=True)
    ]
    alt = "The particles before and after one iteration of pmp, side by side."
    return _scene(record, identity, drawn[0], panes, {"alt": alt, **settings})


def _view(record: RunRecord) -> View:
    return view(record, 2 if is_image_run(record) else 3)


def _moved(record: RunRecord, shown: View, answer: Mapping[str, Any], key: str = "") -> Particles:
    """The probe batch on the way that an answer gives it; its exit errors are not those of the run."""
    states, dropped = shown.project(answer[f"states{key}"]), shown.project(answer[f"dropped{key}"])
    probe = probe_particles(record, shown)
    ways = knots(states, dropped, bottleneck_index(record))
    return replace(probe, knots=ways, errors=np.empty(0), codes=probe.codes[:0])


def _costates(record: RunRecord, shown: View, answer: Mapping[str, Any]) -> Array:
    """Costates (F, n, c) on the drawn axes, frames as in parts.knots: the encoder meets Π p at T/2."""
    middle = bottleneck_index(record)
    found = finite(answer["costates"])
    frames = [found[: middle + 1], finite(answer["unprojected"])[None], found[middle + 1 :]]
    return np.concatenate(frames) @ shown.basis


def _ranges(drawn: Sequence[Particles]) -> Array:
    """What is in view at first, (c, 2): all ways and goals."""
    count = drawn[0].knots.shape[-1]
    start = np.concatenate([drawn[0].knots[0], drawn[0].goal])
    everything = [part.reshape(-1, count) for each in drawn for part in (each.knots, each.goal)]
    return limits(np.concatenate(everything), start)


def _plain(record: RunRecord, shown: View, drawn: Particles, title: str, ranges: Array) -> Part:
    """A pane of moving particles without what would have to be computed for it."""
    pane = flow_pane(record, shown, drawn, {}, ranges)
    pane["layers"] = [each for each in pane["layers"] if not each["missing"]]
    pane["title"] = title
    return pane


def _scene(
    record: RunRecord, identity: str, drawn: Particles, panes: Sequence[Part], settings: Mapping[str, Any]
) -> Part:
    return scene(
        identity,
        panes,
        **{
            "timeline": flow_timeline(record),
            "n": len(drawn),
            "colours": colours_of(record, drawn),
            "group": particles_digest(record),
            "height": 400,
            **of_run(record),
            **settings,
        },
    )
