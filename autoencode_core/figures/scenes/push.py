"""The samples moved beside a histogram moved, as a scene."""

from typing import Any

from autoencode_core.figures.scenes.density import drawn_view, few
from autoencode_core.figures.scenes.flow import Particles, probe_particles
from autoencode_core.figures.scenes.law import darkest, moving_law
from autoencode_core.figures.scenes.parts import Part, axis_titles, cloud, flow_timeline, layer, of_run, scene
from autoencode_core.questions.mean_field import Push
from autoencode_core.store.record import RunRecord


def push_scene(record: RunRecord, answer: Push, identity: str, **settings: Any) -> Part:
    """The samples moved, counted in drawn cells, beside the finest histogram moved.

    Args:
        record: the run.
        answer: of PUSH on the axes of drawn_view.
        identity: what is shown; another one forgets camera and time.
        settings: entries of the scene's header.
    """
    particles = few(probe_particles(record, drawn_view(record)))
    finest = answer["cells"][-1]
    most = darkest(answer["samples"], answer["pushed"])
    places, count = answer["places"], answer["particles"]
    note = "" if places.shape[1] == count else f"drawn from {places.shape[1]:,} of {count:,}"
    samples = moving_law(answer, places, most)
    pushed = moving_law(answer, answer["pushed_places"], most, answer["pushed_masses"])
    panes = [
        _law_pane(record, answer, particles, samples, ("Samples moved", note)),
        _law_pane(
            record, answer, particles, pushed, ("Histogram moved", f"{finest} cells along each component")
        ),
    ]
    return scene(
        identity,
        panes,
        **{
            "alt": "The moved samples beside the moved histogram, as mass per cell.",
            "timeline": flow_timeline(record),
            "n": len(particles),
            "height": 360,
            **of_run(record),
            **settings,
        },
    )


def _law_pane(
    record: RunRecord,
    answer: Push,
    particles: Particles,
    law: Part,
    words: tuple[str, str],
) -> Part:
    """Mass per drawn cell."""
    shown = drawn_view(record)
    pane = cloud(
        words[0],
        words[0],
        particles.knots,
        shown.names,
        ranges=answer["ranges"],
        axes=axis_titles(shown),
        group="law",
        note=words[1],
    )
    pane["density"] = law
    pane["layers"] = [
        layer("density", True, "mass", "The darker a cell, the more mass it holds at this t."),
        layer("particles", False),
    ]
    return pane
