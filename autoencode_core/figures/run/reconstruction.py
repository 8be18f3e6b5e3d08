"""What the network makes of its input, on top of what it should be."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.errors import InputError
from autoencode_core.figures import theme
from autoencode_core.figures.arrays import data_view, finite, goal_name, limits, outputs, pick
from autoencode_core.figures.marks import box, cloud, marks
from autoencode_core.figures.theme import titled
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]


def reconstruction_figure(
    record: RunRecord, *, dark: bool = False, particles: int = 300, snapshot: int = -1
) -> go.Figure:
    """Targets hollow, reconstructions filled, a thin line from one to the other, on the axes of `data_view`.

    One component is laid out in two rows, two flat, three in space, more on the targets' first three
    principal axes.

    Args:
        record: the run.
        dark: whether the page is dark.
        particles: at most so many particles are drawn.
        snapshot: which snapshot, the last one by default.

    Raises:
        InputError: the task is classify, which reconstructs nothing.
    """
    if record.spec.task == "classify":
        raise InputError(
            "task", "classify", "reconstruct, denoise or transport: a classifier reconstructs nothing"
        )
    targets, made = finite(record.probe["targets"]), outputs(record, snapshot)
    chosen = pick(len(targets), particles)
    shown = data_view(record)
    goal, got, names = shown.project(targets[chosen]), shown.project(made[chosen]), shown.names
    solid = len(names) == 3
    look = marks(record, chosen, dark, few=solid)
    layout = _axes(names, shown.unit, limits(np.concatenate([goal, got]), goal), dark)
    if len(names) == 1:
        goal, got = (
            np.stack([v[:, 0], np.full(len(v), row)], axis=1) for v, row in ((goal, 1.0), (got, 0.0))
        )
    axes = {"scene": "scene"} if solid else {"xaxis": "x", "yaxis": "y"}
    line = {"color": theme.translucent(theme.colour("muted", dark), 0.5), "width": theme.THIN}
    hover = {"hoverinfo": "skip"}
    traces = [
        cloud(_segments(goal, got), axes, mode="lines", line=line, name="error", **hover),
        cloud(goal, axes, marker=look.marker(solid, hollow=True), name=goal_name(record), **hover),
        cloud(got, axes, marker=look.marker(solid), name="reconstruction", **hover),
    ]
    made_name = "output" if record.spec.task == "transport" else "reconstruction"
    hint = f"○ {goal_name(record)} · ● {made_name} · lines: the error"
    legend = look.legend(**({"xaxis": "x2", "yaxis": "y2"} if solid else {}))
    blank = (
        {"xaxis2": theme.blank_axis(anchor="y2"), "yaxis2": theme.blank_axis(anchor="x2")} if solid else {}
    )
    whole = theme.layout(
        dark,
        height=460,
        margin={"l": 62 if len(names) > 1 else 106, "r": 18, "t": 84 if legend else 56, "b": 50},
        annotations=titled(made_name.capitalize(), hint, 0, dark),
        showlegend=bool(legend),
        legend=theme.legend(dark, 1 + 46 / 326),
        **blank,
        **layout,
    )
    return go.Figure(data=[*traces, *legend], layout=whole)


def _axes(names: tuple[str, ...], unit: str, ranges: Array, dark: bool) -> dict[str, Any]:
    titles = [f"{name} ({unit})" for name in names]
    if len(names) == 3:
        shown = zip("xyz", names, ranges, strict=True)
        scene = {
            f"{axis}axis": theme.scene_axis(dark, name, range=span.tolist()) for axis, name, span in shown
        }
        return {"scene": {**scene, **box(ranges)}}
    x = theme.axis(dark, titles[0], range=ranges[0].tolist())
    if len(names) == 1:
        rows: dict[str, Any] = {"tickvals": [0, 1], "ticktext": ["output", "target"], "range": [-0.4, 1.4]}
        return {"xaxis": x, "yaxis": theme.axis(dark, **rows, showgrid=False)}
    return {"xaxis": x, "yaxis": theme.axis(dark, titles[1], range=ranges[1].tolist(), scaleanchor="x")}


def _segments(start: Array, end: Array) -> Array:
    """One line for all segments: (3 n, c), NaN after each."""
    return np.stack([start, end, np.full_like(start, np.nan)], axis=1).reshape(-1, start.shape[1])
