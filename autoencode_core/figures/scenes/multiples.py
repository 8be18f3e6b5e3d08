"""Small multiples: the particles of several runs side by side, on one clock, one camera, one colour scale."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autoencode_core.errors import InputError
from autoencode_core.figures.arrays import at_layer_ends, class_names, classes, flow_states, view
from autoencode_core.figures.regimes.ode_difference import left_ode
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.figures.scenes.flow import (
    exit_errors,
    flow_pane,
    flow_range,
    particles_digest,
    probe_hue,
    probe_particles,
)
from autoencode_core.figures.scenes.live import MOST_PARTICLES, live_colours, output_pane
from autoencode_core.figures.scenes.parts import EXIT_ERROR, Part, colourings, flow_timeline, scene
from autoencode_core.figures.scenes.pictures import images_pane
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord
from autoencode_core.store.study import Outcome
from autoencode_core.units import error_unit
from autoencode_core.words import as_set, measured

HEIGHT = 190
"""css px of a small pane."""
_WANTED = "runs of the same data and architecture"


def multiples_scene(
    records: Sequence[RunRecord], titles: Sequence[str], identity: str, **settings: Any
) -> Part:
    """The flows of several runs over t in [0, T]; a click enlarges one.

    Args:
        records: the runs, all of the same data and architecture.
        titles: one short line for each, such as its λ.
        identity: what is shown; another one forgets camera, time and which one is enlarged.
        settings: entries of the scene's header.

    Raises:
        InputError: there is no run, a title is missing, the runs are not alike, or one has no stored flow.
    """
    if len({len(flow_states(record)) for record in records}) > 1:  # sub-steps were doubled in some of them
        records = [at_layer_ends(record) for record in records]
    if len(records) != len(titles):
        raise InputError("titles", len(titles), f"one for each of the {len(records)} runs, at least one")
    check_alike(records)
    first, n = records[0], flow_states(records[0]).shape[1]
    panes = [images_pane(record) for record in records] if is_image_run(first) else _clouds(records)
    return scene(
        identity,
        _titled(panes, titles),
        **{
            "small": True,
            "height": HEIGHT,
            "alt": _alt(titles, "The flow of", f"{n} particles"),
            "timeline": flow_timeline(first),
            "n": n,
            "colours": _colours(records),
            "group": particles_digest(first),
            "save": ["png", "html"],
            **settings,
        },
    )


def outcome_title(outcome: Outcome) -> str:
    """What stands above the small flow of a study's run; the stroke as in the study's figure."""
    return f"λ = {as_set(outcome.tikhonov, 2)}, J = {measured(outcome.cost)}" + " ╱" * left_ode(outcome)


def live_multiples(
    identity: str, snapshot: Mapping[str, Any], titles: Sequence[str], spec: RunSpec | None = None
) -> Part:
    """What several regimes that train make of the same particles now; a click enlarges one.

    Args:
        identity: the same for all snapshots of one study.
        snapshot: inputs (n, d), targets, hue (n,), labels (n,) or empty, outputs (r, n, ·), iterations (r,).
        titles: one short line for each of the r regimes.
        spec: the study's spec, which tells of column names and the task.

    Raises:
        InputError: a title is missing.
    """
    outputs = np.asarray(snapshot["outputs"])
    if len(outputs) != len(titles):
        raise InputError("titles", len(titles), f"one for each of the {len(outputs)} regimes")
    iterations = [int(iteration) for iteration in snapshot["iterations"]]
    panes = [output_pane(snapshot, points, spec) for points in outputs]
    for pane, iteration in zip(panes, iterations, strict=True):
        pane["note"] = f"iteration {iteration:,}"
    furthest, n = max(iterations, default=0), min(outputs.shape[1], MOST_PARTICLES)
    return scene(
        identity,
        _titled(panes, titles),
        small=True,
        height=HEIGHT,
        controls=False,
        alt=_alt(titles, f"The outputs at iteration {furthest:,} of", f"{n} particles"),
        caption=f"iteration {furthest:,}",
        n=n,
        colours=live_colours(snapshot, spec),
    )


def _clouds(records: Sequence[RunRecord]) -> list[Part]:
    """The particles of each run on the axes and in the range of all of them."""
    shown = view(records[0])
    spans = np.stack([flow_range(record, shown) for record in records])
    ranges = np.stack([spans[..., 0].min(axis=0), spans[..., 1].max(axis=0)], axis=-1)
    panes = [flow_pane(record, shown, probe_particles(record, shown), {}, ranges) for record in records]
    for pane in panes:
        pane["layers"] = [layer for layer in pane["layers"] if not layer["missing"]]
    return panes


def _titled(panes: Sequence[Part], titles: Sequence[str]) -> list[Part]:
    """The panes under their titles, with keys of their own, all turned by one camera."""
    return [
        pane | {"key": str(place), "group": "multiples", "title": title}
        for place, (pane, title) in enumerate(zip(panes, titles, strict=True))
    ]


def check_alike(records: Sequence[RunRecord]) -> None:
    """Whether runs may be drawn together: the same particles, architecture and moments.

    Args:
        records: the runs.

    Raises:
        InputError: there is none, or they are not alike, or one has no stored flow.
    """
    if not records:
        raise InputError("records", "none", "at least one run")
    kinds = {
        (spec.task, spec.depth, spec.horizon, spec.bottleneck, flow_states(record).shape, digest)
        for record in records
        for spec, digest in [(record.spec, particles_digest(record))]
    }
    if len(kinds) > 1:
        raise InputError("records", f"{len(kinds)} kinds of runs", _WANTED)


def _colours(records: Sequence[RunRecord]) -> list[Part]:
    """The colourings of the particles; squared errors differ from run to run, and share their scale."""
    first = records[0]
    errors = np.stack([exit_errors(record) for record in records])
    units, hue_name = error_unit(first.spec), first.spec.reading.coloured
    names = class_names(first)
    found = colourings(probe_hue(first), classes(first), names, errors.ravel(), (), units, hue_name)
    for colour in found:
        if colour["name"] == EXIT_ERROR:
            rows = colour.pop("values").reshape(errors.shape)
            colour["each"] = {str(place): row for place, row in enumerate(rows)}
    return found


def _alt(titles: Sequence[str], what: str, who: str) -> str:
    return f"{what} {len(titles)} runs side by side, {who} each: {'; '.join(titles)}."
