"""The latent code, standing still."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.arrays import class_names, classes, code_view, codes, limits, pick, swarm
from autoencode_core.figures.marks import Marks, box, cloud, marks
from autoencode_core.figures.theme import titled
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]


@dataclass
class _Panel:
    """Traces and axes of one picture, and a line of text that explains it."""

    traces: list[dict[str, Any]]
    layout: dict[str, Any]
    hint: str


def code_figure(
    record: RunRecord, *, dark: bool = False, particles: int = 500, snapshot: int = -1
) -> go.Figure:
    """The latent codes of the probe; for classify also where the labels' positions are.

    One number is laid out like a histogram on its side, two flat, three in space, more on the
    first two principal axes of the codes.

    Args:
        record: the run.
        dark: whether the page is dark.
        particles: at most so many particles are drawn.
        snapshot: which snapshot, the last one by default.
    """
    z = codes(record, snapshot)
    chosen = pick(len(z), particles)
    look = marks(record, chosen, dark, few=z.shape[1] == 3)
    panel = _panel(z[chosen], look, *label_positions(record))
    legend = look.legend()
    solid = "scene" in panel.layout
    blank = {"xaxis": theme.blank_axis(), "yaxis": theme.blank_axis()} if solid else {}
    layout = theme.layout(
        dark,
        height=460,
        margin={"l": 62, "r": 18, "t": 84 if legend else 56, "b": 50},
        annotations=titled("Latent code z", panel.hint, 0, dark),
        showlegend=bool(legend),
        legend=theme.legend(dark, 1 + 46 / 320),
        **blank,
        **panel.layout,
    )
    return go.Figure(data=[*panel.traces, *legend], layout=layout)


def label_positions(record: RunRecord) -> tuple[Array, tuple[str, ...]]:
    """Positions (c, k) that the codes of each class are sent to, and their names; none unless classify."""
    labels, targets = classes(record), np.asarray(record.probe["targets"], float)
    if record.spec.task != "classify" or not len(labels):
        return np.empty((0, record.spec.bottleneck)), ()
    found, first = np.unique(labels, return_index=True)
    names = class_names(record)
    return targets[first], tuple(names[c] for c in found)


def _panel(z: Array, look: Marks, spots: Array, spot_names: tuple[str, ...]) -> _Panel:
    """Codes (m, k) with their marks, and the positions (c, k) of labels with their names, if any."""
    points, names = code_view(np.concatenate([z, spots]))
    points, spots = points[: len(z)], points[len(z) :]
    k, count = z.shape[1], points.shape[1]
    ranges = limits(np.concatenate([points, spots]), pad=0.14 if len(spots) else 0.06)
    hint = "k = 1, width: how many" if k == 1 else f"k = {k}"
    if count == 3:
        scene = {
            f"{axis}axis": theme.scene_axis(look.dark, name, range=span.tolist())
            for axis, name, span in zip("xyz", names, ranges, strict=True)
        }
        layout = {"scene": {**scene, **box(ranges), "domain": {"x": [0, 1], "y": [0, 1]}}}
        axes = {"scene": "scene"}
    else:
        layout = _flat_axes(names, ranges, look.dark)
        axes = {"xaxis": "x", "yaxis": "y"}
    if count == 1:
        points = np.stack([swarm(points[:, 0]), points[:, 0]], axis=1)
        spots = np.stack([np.full(len(spots), 1.15), spots[:, 0]], axis=1)
    letters = "y" if count == 1 else "xyz"[:count]
    values = [f"{name} = %{{{letter}:.3g}}" for name, letter in zip(names, letters, strict=True)]
    traces = [
        cloud(
            points,
            axes,
            marker=look.marker(count == 3),
            name="code",
            hovertemplate="<br>".join(values) + "<extra></extra>",
        )
    ]
    if len(spots):
        traces.append(_spots(spots, spot_names, axes, look.dark, edge=count == 1))
        hint += " · ★ where labels belong"
    return _Panel(traces, layout, hint)


def _flat_axes(names: tuple[str, ...], ranges: Array, dark: bool) -> dict[str, Any]:
    place_x, place_y = {"domain": [0, 1], "anchor": "y"}, {"domain": [0, 1], "anchor": "x"}
    if len(names) == 1:
        x = theme.axis(dark, "", range=[-1.3, 1.3], showticklabels=False, showgrid=False, **place_x)
        return {"xaxis": x, "yaxis": theme.axis(dark, names[0], range=ranges[0].tolist(), **place_y)}
    x = theme.axis(dark, names[0], range=ranges[0].tolist(), **place_x)
    y = theme.axis(dark, names[1], range=ranges[1].tolist(), scaleanchor="x", **place_y)
    return {"xaxis": x, "yaxis": y}


def _spots(
    spots: Array, names: tuple[str, ...], axes: dict[str, Any], dark: bool, edge: bool
) -> dict[str, Any]:
    ink, solid = theme.colour("ink", dark), "scene" in axes
    marker = {
        "size": 8 if solid else 15,
        "symbol": "x" if solid else theme.ROLES["target"].symbol,
        "color": ink,
        "line": {"width": 1, "color": theme.colour("page", dark)},
    }
    text = {
        "mode": "markers+text",
        "text": list(names),
        "textposition": "top left" if edge else "top center",
        "textfont": {"color": ink},
    }
    return cloud(spots, axes, marker=marker, name="label positions", hoverinfo="text", **text)
