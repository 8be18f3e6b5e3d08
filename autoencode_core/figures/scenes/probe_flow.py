"""The probe batch on a way of its own: states that an analysis computed, in the panes of the player."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures.arrays import View, bottleneck_index, limits, view
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.figures.scenes.flow import Particles, colours_of, particles_digest, probe_particles
from autoencode_core.figures.scenes.parts import Part, flow_timeline, knots, of_run, scene
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]


def pane_view(record: RunRecord) -> View:
    """The axes of the panes: three, of images two."""
    return view(record, 2 if is_image_run(record) else 3)


def moved(record: RunRecord, shown: View, states: Array, dropped: Array) -> Particles:
    """The probe batch on a way; its squared errors are not those of the run.

    Args:
        record: the run, at the ends of its layers alone.
        shown: the axes.
        states: (S, n, d) in flow coordinates, at T/2 after the projection.
        dropped: (n, d), at T/2 before it.
    """
    probe = probe_particles(record, shown)
    ways = knots(shown.project(states), shown.project(dropped), bottleneck_index(record))
    return replace(probe, knots=ways, errors=np.empty(0), codes=probe.codes[:0])


def ranges_of(drawn: Sequence[Particles]) -> Array:
    """What is in view at first, (c, 2): all ways and goals."""
    count = drawn[0].knots.shape[-1]
    start = np.concatenate([drawn[0].knots[0], drawn[0].goal])
    everything = [part.reshape(-1, count) for each in drawn for part in (each.knots, each.goal)]
    return limits(np.concatenate(everything), start)


def probe_scene(
    record: RunRecord, identity: str, drawn: Particles, panes: Sequence[Part], settings: Mapping[str, Any]
) -> Part:
    """A scene of the probe batch on the clock of the run.

    Args:
        record: the run.
        identity: what is shown; another one forgets camera, time and picks.
        drawn: the particles of the first pane.
        panes: of the scene.
        settings: entries of the scene's header.
    """
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
