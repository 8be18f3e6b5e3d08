"""The particles of one iteration of pmp: at its start, and after it."""

from typing import Any

from autoencode_core.figures.arrays import View, at_layer_ends
from autoencode_core.figures.scenes.flow import Particles, flow_pane
from autoencode_core.figures.scenes.parts import Part
from autoencode_core.figures.scenes.probe_flow import Array, moved, pane_view, probe_scene, ranges_of
from autoencode_core.questions.control import Iteration
from autoencode_core.store.record import RunRecord


def iteration_start_scene(record: RunRecord, identity: str, answer: Iteration, **settings: Any) -> Part:
    """The particles under the control that an iteration of pmp begins with.

    Args:
        record: the run.
        identity: what is shown; another one forgets camera, time and picks.
        answer: what analysis.iteration says.
        settings: entries of the scene's header.
    """
    record = at_layer_ends(record)
    shown = pane_view(record)
    drawn = moved(record, shown, answer["states"], answer["dropped"])
    pane = _pane(record, shown, drawn, "Particles under θʲ", ranges_of([drawn]))
    alt = "The particles under the control before the iteration, from t = 0 to t = T."
    return probe_scene(record, identity, drawn, [pane], {"alt": alt, **settings})


def iteration_scene(record: RunRecord, identity: str, answer: Iteration, **settings: Any) -> Part:
    """The particles before and after an iteration of pmp, side by side on one clock.

    Args:
        record: the run.
        identity: as in iteration_start_scene.
        answer: what analysis.iteration says.
        settings: entries of the scene's header.
    """
    record = at_layer_ends(record)
    shown = pane_view(record)
    before = moved(record, shown, answer["states"], answer["dropped"])
    after = moved(record, shown, answer["states_after"], answer["dropped_after"])
    ranges, ended = ranges_of([before, after]), "After: θʲ⁺¹" if answer["accepted"] else "At the last trial"
    panes = [
        _pane(record, shown, before, "Before: θʲ", ranges) | {"key": "particles"},
        _pane(record, shown, after, ended, ranges) | {"key": "particles_after"},
    ]
    alt = "The particles before and after one iteration of pmp, side by side."
    return probe_scene(record, identity, before, panes, {"alt": alt, **settings})


def _pane(record: RunRecord, shown: View, drawn: Particles, title: str, ranges: Array) -> Part:
    """A pane of moving particles without what would have to be computed for it."""
    pane = flow_pane(record, shown, drawn, {}, ranges)
    pane["layers"] = [each for each in pane["layers"] if not each["missing"]]
    pane["title"] = title
    return pane
