"""The particles of a run where they begin, standing still, for a person to point at a place among them."""

from typing import Any

from autoencode_core.figures.arrays import view
from autoencode_core.figures.scenes.flow import colours_of, particles_digest, probe_particles
from autoencode_core.figures.scenes.parts import Part, axes_note, axis_titles, cloud, of_run, scene
from autoencode_core.store.record import RunRecord


def inputs_scene(record: RunRecord, identity: str, **settings: Any) -> Part:
    """The probe's particles at t = 0 on two axes; a click between them names a place.

    Args:
        record: the run.
        identity: what is shown; another one forgets camera and picks.
        settings: entries of the scene's header.
    """
    shown = view(record, 2)
    drawn = probe_particles(record, shown)
    pane = cloud(
        "inputs",
        "Particles at t = 0",
        drawn.knots[:1],
        shown.names,
        shown.unit,
        axes=axis_titles(shown),
        note=axes_note(shown),
        places=True,
    )
    alt = f"{len(drawn)} particles where they begin, on {' and '.join(shown.names)}."
    settings = {**of_run(record), "alt": alt, "group": particles_digest(record), **settings}
    return scene(identity, [pane], n=len(drawn), colours=colours_of(record, drawn), **settings)
