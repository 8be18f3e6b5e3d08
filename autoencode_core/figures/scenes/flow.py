"""The flow of a run as a scene: its particles over t, beside them the latent code or the images."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autoencode_core.figures.alt import alt_text
from autoencode_core.figures.arrays import (
    View,
    bottleneck_index,
    class_names,
    classes,
    code_view,
    codes,
    finite,
    flow_states,
    goal_name,
    limits,
    outputs,
    to_flow,
    view,
)
from autoencode_core.figures.run.codes import label_positions
from autoencode_core.figures.run.images import is_image_run
from autoencode_core.figures.scenes.law import darkest, law_words, moving_law
from autoencode_core.figures.scenes.parts import (
    EXIT_ERROR,
    Part,
    axes_note,
    axis_titles,
    cloud,
    colourings,
    dropped_states,
    flow_timeline,
    intervals,
    knots,
    layer,
    of_run,
    one_line,
    scene,
    within,
)
from autoencode_core.figures.scenes.pictures import images_pane
from autoencode_core.figures.scenes.plane import width_note
from autoencode_core.figures.timeline import NOT_DRIVEN
from autoencode_core.questions.flow import DrawnLaw, FieldGrid, Trajectories
from autoencode_core.store.record import RunRecord
from autoencode_core.units import error_unit

Array = NDArray[Any]

SAVE = ("png", "pdf", "svg", "gif", "mp4", "html", "csv")
"""Formats in which the screen may be saved; the first is made by the browser."""

HEIGHT, FLAT_HEIGHT = 400, 480
"""css px of the panes; in the plane one unit holds for both axes, so that room upwards makes it larger."""
NARROW = 0.55
"""Width of the pane of codes of one number, where others have 1."""
_MOST_TAILS = 3000
_CELLS, _ARROWS = 96, 19
"""Cells of the density and arrows of the field along each axis."""


class Around(TypedDict, total=False):
    """What was computed besides the particles."""

    field: FieldGrid
    density: DrawnLaw


@dataclass(frozen=True)
class Particles:
    """The particles that are drawn, m of them, on c axes.

    Attributes:
        knots: (F, m, c), see parts.knots.
        goal: (m, c) where they should end, empty (0, c) for classify.
        codes: (m, k), empty (0, k) when they are not drawn.
        hue: (m,) in [0, 1], or empty.
        labels: (m,) class numbers, or empty.
        errors: (m,) squared distance of output and target, flow coordinates, or empty.
        stored: whether they are the run's own probe batch, so that their numbers name its particles.
    """

    knots: Array
    goal: Array
    codes: Array
    hue: Array
    labels: Array
    errors: Array
    stored: bool = True

    def __len__(self) -> int:
        return int(self.knots.shape[1])


def probe_particles(record: RunRecord, shown: View) -> Particles:
    """The probe batch that a run keeps.

    Args:
        record: the run.
        shown: the drawn axes.

    Raises:
        InputError: the run has no stored flow.
    """
    states = shown.project(flow_states(record))
    dropped = shown.project(dropped_states(record))
    return Particles(
        knots(states, dropped, bottleneck_index(record)),
        _goal(record, shown),
        codes(record),
        probe_hue(record),
        classes(record),
        exit_errors(record),
    )


def drawn_particles(record: RunRecord, shown: View, answer: Trajectories) -> Particles:
    """More particles than a run keeps.

    Args:
        record: the run.
        shown: the drawn axes, those of the question.
        answer: of TRAJECTORIES on these axes.
    """
    states = finite(answer["states"])
    return Particles(
        knots(states, finite(answer["dropped"]), bottleneck_index(record)),
        _answered_goal(record, shown, answer, states[0]),
        np.empty((0, record.spec.bottleneck)),
        answer["hue"],
        answer["labels"],
        answer["errors"],
        stored=False,
    )


def colours_of(
    record: RunRecord, drawn: Particles | None = None, columns: Sequence[tuple[str, Array]] = ()
) -> list[Part]:
    """The ways in which a run's particles are coloured.

    Args:
        record: the run.
        drawn: the particles, by default the probe batch.
        columns: further quantities of them, name and (n,) values.
    """
    names, unit, hue_name = class_names(record), error_unit(record.spec), record.spec.reading.coloured
    if drawn is not None:
        return colourings(drawn.hue, drawn.labels, names, drawn.errors, columns, unit, hue_name)
    errors = exit_errors(record)
    return colourings(probe_hue(record), classes(record), names, errors, columns, unit, hue_name)


def probe_hue(record: RunRecord) -> Array:
    """Places along the data in [0, 1] of the probe, (n,), or empty."""
    hue = np.asarray(record.probe.get("hue", ()), float)
    return hue if len(hue) == len(np.asarray(record.probe["inputs"])) else hue[:0]


def exit_errors(record: RunRecord) -> Array:
    """Squared distance between output and target of the probe, (n,) in flow coordinates."""
    made, wanted = finite(outputs(record)), finite(record.probe["targets"])
    if made.shape != wanted.shape:
        return np.empty(0)
    scale = 1.0 if record.spec.task == "classify" else np.asarray(record.weights["scale"], float)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray((((made - wanted) / scale) ** 2).sum(axis=1))


def error_range(records: Sequence[RunRecord]) -> tuple[float, float] | None:
    """Smallest and largest squared error of several runs, to colour them alike; None without errors."""
    found = [exit_errors(record) for record in records]
    some = np.concatenate([errors[np.isfinite(errors) & (errors > 0)] for errors in found] or [np.empty(0)])
    return (float(np.quantile(some, 0.02)), float(some.max())) if len(some) else None


def particles_digest(record: RunRecord) -> str:
    """A name for the probe's particles: runs of the same data have the same, and share picks."""
    inputs = np.ascontiguousarray(record.probe["inputs"])
    return hashlib.blake2b(inputs.tobytes(), digest_size=8).hexdigest()


def flow_scene(
    record: RunRecord,
    identity: str,
    *,
    particles: Particles | None = None,
    around: Around | None = None,
    beside: bool = True,
    errors_within: tuple[float, float] | None = None,
    ranges: ArrayLike | None = None,
    **settings: Any,
) -> Part:
    """The flow over t in [0, T].

    Args:
        record: the run.
        identity: its id; another one forgets camera, time and picks.
        particles: what is drawn, by default the probe batch.
        around: what was computed besides.
        beside: whether the code, or the images, stand beside the particles.
        errors_within: what the colour scale of the squared errors spans, by default those of this run.
        ranges: (c, 2) what is in view at first, by default this run's own way.
        settings: entries of the scene's header.

    Raises:
        InputError: the run has no stored flow.
    """
    shown = view(record, 2 if is_image_run(record) else 3)
    drawn = particles or probe_particles(record, shown)
    within_ = None if ranges is None else np.asarray(ranges, float)
    panes = [flow_pane(record, shown, drawn, around or {}, within_)]
    if beside and is_image_run(record):
        panes.append(images_pane(record))
    elif beside and len(drawn.codes):
        panes.append(code_pane(record, drawn.codes))
    settings = {
        **of_run(record),
        "alt": alt_text(record, "images" if is_image_run(record) else "flow"),
        "save": list(SAVE),
        "height": FLAT_HEIGHT if shown.count == 2 and not is_image_run(record) else HEIGHT,
        "group": particles_digest(record),
        **settings,
    }
    colours = colours_of(record, drawn)
    for colour in colours:
        if errors_within is not None and colour["name"] == EXIT_ERROR:
            colour["range"] = list(errors_within)
    return scene(
        identity,
        panes,
        timeline=flow_timeline(record),
        n=len(drawn),
        colours=colours,
        **settings,
    )


def flow_range(record: RunRecord, shown: View) -> Array:
    """What is in view at first, (c, 2): the probe's whole way and its goal."""
    particles = probe_particles(record, shown)
    start = np.concatenate([particles.knots[0], particles.goal])
    return limits(np.concatenate([particles.knots.reshape(-1, shown.count), particles.goal]), start)


def field_places(record: RunRecord, shown: View, ranges: ArrayLike | None = None) -> dict[str, Any]:
    """Where the arrows of the vector field begin: the arguments of FIELD_GRID, for data of two components."""
    x, y = (np.linspace(low, high, _ARROWS) for low, high in _within(record, shown, ranges))
    return {"x": x, "y": y}


def law_places(record: RunRecord, shown: View, ranges: ArrayLike | None = None) -> dict[str, Any]:
    """The cells in which the density of μₜ is counted: the arguments of LAW."""
    basis = shown.basis[:, :2]
    return {"center": shown.center, "basis": basis, "ranges": _within(record, shown, ranges), "bins": _CELLS}


def _within(record: RunRecord, shown: View, ranges: ArrayLike | None) -> Array:
    """What is in view of the first two axes, (2, 2): by default the run's own way."""
    return (flow_range(record, shown) if ranges is None else np.asarray(ranges, float))[:2]


def flow_pane(
    record: RunRecord,
    shown: View,
    drawn: Particles,
    around: Around,
    ranges: Array | None = None,
) -> Part:
    """The moving particles.

    Args:
        record: the run.
        shown: the drawn axes.
        drawn: the particles.
        around: as in flow_scene.
        ranges: (c, 2) what is in view at first, by default the run's own way.
    """
    title = "Particles x(t)"
    hollow = shown.hollow(intervals(record))
    pane = cloud(
        "particles",
        title,
        drawn.knots,
        shown.names,
        shown.unit,
        ranges=flow_range(record, shown) if ranges is None else ranges,
        extra=[drawn.goal],
        axes=axis_titles(shown),
        note=one_line([axes_note(shown), f"hollow: {NOT_DRIVEN}" if hollow.any() else ""]),
        hollow=hollow.astype(int).tolist(),
        unrolled=True,
        span=1.35,
    )
    pane["ghost"] = {"positions": within(pane, drawn.goal)} if len(drawn.goal) else None
    pane["field"], pane["density"] = _field(around), _density(around)
    pane["layers"] = _layers(record, shown, drawn, around)
    return pane


def _layers(record: RunRecord, shown: View, drawn: Particles, around: Around) -> list[Part]:
    goal = goal_name(record)
    found = [layer("particles", True), layer("tails", len(drawn) <= _MOST_TAILS)]
    if flow_states(record).shape[2] == 2:
        found.append(layer("field", False, missing="field" not in around))
    law = around.get("density")
    words = law_words(law["places"].shape[1], law["particles"]) if law else ""
    found.append(layer("density", False, "", words, missing=law is None))
    if len(drawn.goal):
        found.append(layer("residuals", False, *_way(record, goal)))
        found.append(
            layer("ghost", True, f"ghost of the {goal}", f"The {goal}, where the particles should end.")
        )
    return found


def _way(record: RunRecord, goal: str) -> tuple[str, str]:
    """The switch of the lines to the goal, and its help: only at t = T are they residuals."""
    end = "At t = T, and only there, it is the residual"
    if record.spec.task == "reconstruct":
        words = f"From where each particle began to where it is now. {end} x̂ − x, the error."
        return "displacement x(t) − x(0)", words
    return f"way to the {goal}", f"From each particle to its {goal}, what is left to go. {end}, the error."


def _field(around: Around) -> Part | None:
    found = around.get("field")
    if found is None:
        return None
    x, y = (np.asarray(places, np.float32).tolist() for places in (found["x"], found["y"]))
    return {"x": x, "y": y, "vectors": np.nan_to_num(np.asarray(found["vectors"], np.float32))}


def _density(around: Around) -> Part | None:
    found = around.get("density")
    if found is None:
        return None
    return moving_law(found, found["places"], darkest(found["values"]), smooth=True)


def _answered_goal(record: RunRecord, shown: View, answer: Trajectories, start: Array) -> Array:
    """What more particles must become, on the drawn axes."""
    if record.spec.task == "classify":
        return start[:0]
    return start if record.spec.task == "reconstruct" else shown.project(to_flow(record, answer["targets"]))


def _goal(record: RunRecord, shown: View) -> Array:
    """What the probe must become, on the drawn axes; nothing for classify, whose targets are codes."""
    if record.spec.task == "classify":
        return np.empty((0, shown.count))
    if record.spec.task == "reconstruct":
        return shown.project(flow_states(record)[0])
    return shown.project(to_flow(record, np.asarray(record.probe["targets"])))


def code_pane(record: RunRecord, z: Array, **settings: Any) -> Part:
    """The codes, standing still; for classify with the places where the labels belong.

    Args:
        record: the run.
        z: codes (m, k).
        settings: entries of the pane.
    """
    spots, words = label_positions(record)
    points, names = code_view(np.concatenate([z, spots]))
    points, spots = points[: len(z)], points[len(z) :]
    k = z.shape[1]
    pane = cloud(
        "code",
        "Latent code z = x(T/2)",
        points[None],
        names,
        ranges=limits(np.concatenate([points, spots]), pad=0.14 if len(spots) else 0.06),
        extra=[spots],
        note=width_note(k) + ("" if k <= 3 else ", on two principal axes"),
        **{"span": NARROW if k == 1 else 1, **settings},
    )
    if len(spots):
        pane["points"] = [
            {"name": "labels", "role": "target", "positions": within(pane, spots), "words": list(words)}
        ]
        pane["layers"] = [layer("labels", True, "★ where labels belong", "The place of each class's codes.")]
    return pane
