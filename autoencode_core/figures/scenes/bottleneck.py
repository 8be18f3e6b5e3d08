"""The latent moment: the particles at T/2 before the projection, and after it."""

from typing import Any

import numpy as np

from autoencode_core.figures.arrays import (
    Array,
    bottleneck_index,
    component_names,
    finite,
    flow_states,
    limits,
    view,
)
from autoencode_core.figures.scenes.flow import colours_of, particles_digest, probe_particles
from autoencode_core.figures.scenes.parts import Part, cloud, dropped_states, layer, of_run, scene, within
from autoencode_core.store.record import RunRecord

MARKED = "the marked particle"
_BEFORE, _AFTER = "T/2, before the projection", "T/2, after it"


def bottleneck_scene(
    record: RunRecord, identity: str, *, after: bool = False, places: bool = False, **settings: Any
) -> Part:
    """The probe at T/2: a component of the code across, one that is dropped upwards; one particle is marked.

    Args:
        record: a run whose bottleneck drops a component.
        identity: what is shown; another one forgets camera and picks.
        after: whether the moment after the projection stands beside it.
        places: whether a click names a place.
        settings: entries of the scene's header.
    """
    states = {_BEFORE: bottleneck_states(record, False), _AFTER: bottleneck_states(record, True)}
    ranges, one = limits(np.concatenate(list(states.values()))), ringed(record)
    names = component_names(record)
    drawn = [names[i] for i in drawn_components(record)]
    axes = [f"{drawn[0]}, a number of the code", f"{drawn[1]}, dropped at T/2"]
    panes = []
    for key, title in (("before", _BEFORE), ("after", _AFTER))[: 1 + after]:
        pane = cloud(key, title, states[title][None], drawn, ranges=ranges, axes=axes, places=places)
        panes.append(spotted(pane, states[title][[one]], MARKED))
    alt = f"{len(states[_BEFORE])} particles at T/2, {drawn[0]} across and {drawn[1]} upwards" + (
        ": before the projection, and after it, when all lie on a line." if after else "."
    )
    settings = {**of_run(record), "alt": alt, "group": particles_digest(record), **settings}
    colours = colours_of(record, probe_particles(record, view(record, 2)))
    return scene(identity, panes, n=len(states[_BEFORE]), colours=colours, **settings)


def spotted(pane: Part, places: Array, words: str, role: str = "new row") -> Part:
    """A pane with places (m, c) that bear words."""
    spot = {"name": words, "role": role, "positions": within(pane, places), "words": [words] * len(places)}
    pane["points"] = [*pane["points"], spot]
    pane["layers"] = [*pane["layers"], layer(words, True, words)]
    return pane


def drawn_components(record: RunRecord) -> tuple[int, int]:
    """Of the code the component that varies most at T/2, and of the dropped ones likewise, by number."""
    kept = np.asarray(record.probe["flow_active"], bool)[bottleneck_index(record)]
    spread = np.nan_to_num(finite(dropped_states(record)).std(axis=0))
    inside, outside = (np.flatnonzero(mask) for mask in (kept, ~kept))
    return int(inside[spread[inside].argmax()]), int(outside[spread[outside].argmax()])


def bottleneck_states(record: RunRecord, projected: bool) -> Array:
    """The drawn components of the probe at T/2, (n, 2), before the projection or after it."""
    states = flow_states(record)[bottleneck_index(record)] if projected else dropped_states(record)
    return np.asarray(finite(states)[:, drawn_components(record)])


def ringed(record: RunRecord) -> int:
    """The particle whose drawn dropped component lies farthest from 0 just before the projection."""
    return int(np.nanargmax(np.abs(bottleneck_states(record, False)[:, 1])))
