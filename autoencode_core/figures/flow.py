"""The width-varying flow in motion: particles, code and staircase on one time axis."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.arrays import View, codes, flow_states, limits, pick, to_flow, view
from autoencode_core.figures.marks import Marks, Shade, box, cloud, coordinates, marks
from autoencode_core.figures.run.codes import code_panel, label_positions
from autoencode_core.figures.stage import Moving, Pictures, pictures_domain, stage, titled
from autoencode_core.figures.timeline import NOT_DRIVEN, Timeline, timeline
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]

_LEFT, _RIGHT = (0.0, 0.6), (0.69, 1.0)
_HALVES = (0.0, 0.49), (0.51, 1.0)
"""Room for two scenes: in 3-D a narrow picture loses the names of its axes."""


def flow_figure(
    record: RunRecord,
    *,
    dark: bool = False,
    frames: int = 60,
    particles: int = 300,
    shade: Shade | None = None,
) -> go.Figure:
    """The flow of the probe over t in [0, T], animated, beside its latent code and above the staircase.

    One component is drawn against t, two flat, three in space, more on their first principal axes.
    Marks are hollow while a drawn axis lies in inactive components; small dots show what the
    particles must become.

    Args:
        record: the run.
        dark: whether the page is dark.
        frames: number of frames over [0, T]; the projection at T/2 gets some more of its own.
        particles: at most so many particles are drawn.
        shade: a quantity that colours them in the place of class and hue.

    Raises:
        InputError: the run has no stored flow.
    """
    line, shown = timeline(record, frames), view(record)
    chosen = pick(flow_states(record).shape[1], particles)
    z, places = codes(record)[chosen], label_positions(record)
    look = marks(record, chosen, dark, few=shown.count == 3 or z.shape[1] == 3, shade=shade)
    left, right = _HALVES if z.shape[1] == shown.count == 3 else (_LEFT, _RIGHT)
    pictures = particle_pictures(record, line, shown, chosen, look, left)
    beside = code_panel(z, look, ("x2", "y2", "scene2"), right, pictures_domain(), places)
    pictures.traces += beside.traces
    pictures.layout |= beside.layout
    pictures.annotations += titled("Latent code z", beside.hint, right[0], dark)
    pictures.legend = look.legend(xaxis="x4", yaxis="y4")
    return stage(line, pictures, dark)


def particle_pictures(
    record: RunRecord, line: Timeline, shown: View, chosen: Array, look: Marks, across: tuple[float, float]
) -> Pictures:
    """The moving particles on the axes x, y or in the scene.

    Args:
        record: the run.
        line: the frames.
        shown: the drawn axes, one to three.
        chosen: (m,) particles to draw.
        look: their marks.
        across: horizontal domain.
    """
    states = shown.project(flow_states(record)[:, chosen])
    moving = line.along(states, _before_projection(record, shown, chosen, states[line.middle]))
    goal = _goal(record, shown, chosen)
    ranges = limits(
        np.concatenate([moving.reshape(-1, shown.count), goal]), np.concatenate([moving[0], goal])
    )
    layout = (
        _space(shown, ranges, across, look.dark)
        if shown.count == 3
        else _plane(line, shown, ranges, across, look.dark)
    )
    if shown.count == 1:
        moving = _with_time(moving, line.times)
        goal = np.stack([np.full(len(goal), line.times[-1]), goal[:, 0]], axis=1)
    axes = {"scene": "scene"} if shown.count == 3 else {"xaxis": "x", "yaxis": "y"}
    hollow, solid = shown.hollow(line.active), shown.count == 3
    still = [_dots(goal, axes, look.dark)]
    if shown.count == 1:
        still.append(_trajectories(moving, axes, look.dark))
    kinds = [False, True] if hollow.any() else [False]
    traces = [_particles(moving[0], axes, look, shown, kind) for kind in kinds]
    runs = {len(still) + i: _only(moving, hollow == kind) for i, kind in enumerate(kinds)}
    for number, run in runs.items():
        traces[number - len(still)] |= run(0)
    words = [look.colouring, f"hollow: {NOT_DRIVEN}" if hollow.any() else ""]
    words.append(f"small dots: {goal_name(record)}" if len(goal) else "")
    title = f"Particles x(t), {shown.axes}" if shown.axes else "Particles x(t)"
    annotations = titled(title, " · ".join(filter(None, words)), across[0], look.dark)
    return Pictures([*still, *traces], runs, layout, annotations, redraw=solid)


def goal_name(record: RunRecord) -> str:
    """What the particles must become, in a word."""
    return {"denoise": "clean input", "transport": "target"}.get(record.spec.task, "input")


def _before_projection(record: RunRecord, shown: View, chosen: Array, projected: Array) -> Array:
    dropped = np.asarray(record.probe.get("flow_dropped", ()))
    whole = dropped.shape == flow_states(record).shape[1:]
    return shown.project(dropped[chosen]) if whole else projected


def _goal(record: RunRecord, shown: View, chosen: Array) -> Array:
    """What the particles must become, on the drawn axes; nothing for classify, whose targets are codes."""
    if record.spec.task == "classify":
        return np.empty((0, shown.count))
    if record.spec.task == "reconstruct":
        return shown.project(flow_states(record)[0, chosen])
    return shown.project(to_flow(record, np.asarray(record.probe["targets"])[chosen]))


def _with_time(moving: Array, times: Array) -> Array:
    across = np.broadcast_to(times[:, None, None], moving.shape)
    return np.concatenate([across, moving], axis=2)


def _plane(
    line: Timeline, shown: View, ranges: Array, across: tuple[float, float], dark: bool
) -> dict[str, Any]:
    """Axes of a flat picture: two components at equal aspect, or one against time."""
    names = [f"{title}, {shown.unit}" for title in shown.titles]
    place: dict[str, Any] = {"domain": list(pictures_domain()), "anchor": "x"}
    if shown.count == 1:
        start, end = float(line.times[0]), float(line.times[-1])
        pad = 0.03 * (end - start)
        x = theme.axis(dark, "flow time t", range=[start - pad, end + pad], fixedrange=True)
        y = theme.axis(dark, names[0], range=ranges[0].tolist(), **place)
    else:
        x = theme.axis(dark, names[0], range=ranges[0].tolist())
        y = theme.axis(dark, names[1], range=ranges[1].tolist(), scaleanchor="x", **place)
    return {"xaxis": {**x, "domain": list(across), "anchor": "y"}, "yaxis": y}


def _space(shown: View, ranges: Array, across: tuple[float, float], dark: bool) -> dict[str, Any]:
    axes = {
        f"{axis}axis": theme.scene_axis(dark, name, range=span.tolist())
        for axis, name, span in zip("xyz", shown.names, ranges, strict=True)
    }
    return {"scene": {**axes, **box(ranges), "domain": {"x": list(across), "y": list(pictures_domain())}}}


def _dots(goal: Array, axes: dict[str, Any], dark: bool) -> dict[str, Any]:
    size = theme.GHOST / (2 if "scene" in axes else 1)
    marker = {"size": size, "color": theme.colour("muted", dark), "opacity": 0.45, "line": {"width": 0}}
    return cloud(goal, axes, marker=marker, hoverinfo="skip", name="goal")


def _particles(points: Array, axes: dict[str, Any], look: Marks, shown: View, hollow: bool) -> dict[str, Any]:
    letters = "y" if shown.count == 1 else "xyz"[: shown.count]
    values = [f"{name} = %{{{letter}:.3g}}" for name, letter in zip(shown.names, letters, strict=True)]
    hover = "<br>".join(values) + "<extra></extra>"
    return cloud(
        points,
        axes,
        marker=look.marker("scene" in axes, hollow),
        name="hollow" if hollow else "particles",
        hovertemplate=hover,
    )


def _only(moving: Array, there: Array) -> Moving:
    """The particles in the frames in which they are there, otherwise one point that is nowhere.

    Filled and hollow marks are two traces, because a new array of symbols in every frame is slow to check.
    """
    nowhere = np.full((1, moving.shape[2]), np.nan)
    kind = "scatter3d" if moving.shape[2] == 3 else "scatter"
    return lambda frame: {"type": kind, **coordinates(moving[frame] if there[frame] else nowhere)}


def _trajectories(plane: Array, axes: dict[str, Any], dark: bool, most: int = 100) -> dict[str, Any]:
    """Where the particles have been and will be, as thin lines; NaN parts one from the next."""
    kept = plane[:, pick(plane.shape[1], most)].transpose(1, 0, 2)
    parted = np.concatenate([kept, np.full((len(kept), 1, 2), np.nan)], axis=1).reshape(-1, 2)
    line = {"color": theme.translucent(theme.colour("muted", dark), 0.35), "width": theme.THIN}
    return cloud(parted, axes, mode="lines", line=line, hoverinfo="skip", name="trajectories")
