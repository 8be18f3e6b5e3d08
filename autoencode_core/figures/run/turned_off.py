"""Which components of images are turned off, and when: principal axes as images, or pixels by their time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.data.coordinates import ROTATING
from autoencode_core.figures import theme
from autoencode_core.figures.run.images import image_shape, mosaic, scaled, tile_axes
from autoencode_core.figures.theme import titled
from autoencode_core.flow.widths import active_counts
from autoencode_core.store.record import RunRecord
from autoencode_core.words import measured

Array = NDArray[Any]

TILES = 9
"""Axes of a row that are drawn: those of the components that would have been kept longest."""
MOST_ROWS = 8
_LEVELS = 254


@dataclass(frozen=True)
class TurnedOff:
    """Components that are turned off together.

    Attributes:
        t: flow time from which they are frozen; T/2 for those that pass the bottleneck.
        components: their numbers, the one kept longest first.
        kept: whether they pass the bottleneck.
    """

    t: float
    components: Array
    kept: bool = False


def turned_off(record: RunRecord) -> list[TurnedOff]:
    """The components of a run by when they are turned off, those that pass the bottleneck last."""
    spec, order = record.spec, np.asarray(record.weights["order"])
    half, step = spec.depth // 2, spec.horizon / spec.depth
    counts = active_counts(len(order), spec.bottleneck, spec.depth, spec.profile)[:half]
    found = [
        TurnedOff(n * step, order[counts[n] : counts[n - 1]])
        for n in range(1, half)
        if counts[n] < counts[n - 1]
    ]
    return [*found, TurnedOff(half * step, order[: spec.bottleneck], kept=True)]


def turned_off_figure(record: RunRecord, *, dark: bool = False) -> go.Figure:
    """The components that are turned off, as images.

    On principal axes a row for each time of turning off, with the axes of its leading components; else one
    image whose pixels tell when they are turned off.

    Args:
        record: a run on images.
        dark: whether the page is dark.

    Raises:
        InputError: the run's data are not images.
    """
    shape = image_shape(record)
    return _axes(record, shape, dark) if record.spec.coordinates in ROTATING else _pixels(record, shape, dark)


def turned_off_words(record: RunRecord) -> str:
    """What the figure shows, in a sentence."""
    parts = turned_off(record)
    first = parts[0]
    kept = f"{len(parts[-1].components)} are kept to T/2"
    if first.kept:
        return f"No component is turned off before the bottleneck: all {len(first.components)} are kept."
    what = "principal axes" if record.spec.coordinates in ROTATING else "pixels"
    off = ", then ".join(
        f"{len(part.components)} at t = {measured(part.t)}" for part in parts[:-1][:MOST_ROWS]
    )
    return f"Of {len(record.weights['order'])} {what} {off} are turned off; {kept}."


def _axes(record: RunRecord, shape: tuple[int, int], dark: bool) -> go.Figure:
    parts = turned_off(record)
    places = np.unique(np.linspace(0, len(parts) - 1, MOST_ROWS).round().astype(int))
    shown = [parts[place] for place in places]
    axes = np.asarray(record.weights["axes"], float)
    rows = [axes[:, part.components[:TILES]].T for part in shown]
    rows = [row / np.maximum(np.abs(row).max(axis=1, keepdims=True), 1e-12) for row in rows]
    picture = mosaic(rows, shape, [(-1.0, 1.0)] * len(rows), _LEVELS)
    names = [
        f"{len(part.components)} kept" if part.kept else f"t = {measured(part.t)}: {len(part.components)} off"
        for part in shown
    ]
    low, _, high = theme.DIFFERENCES[dark]
    key = f"<span style='color:{low}'>■</span> below, <span style='color:{high}'>■</span> above the mean"
    layout = theme.layout(
        dark,
        height=70 * len(rows) + 84,
        margin={"l": 118, "r": 18, "t": 56, "b": 16},
        annotations=titled("Principal axes, by when they go off", key, 0, dark),
        **tile_axes(dark, picture.shape, names),
    )
    colours = scaled([(0, _LEVELS, list(theme.DIFFERENCES[dark]))])
    return go.Figure(data=[{"type": "heatmap", "z": picture, **colours}], layout=layout)


def _pixels(record: RunRecord, shape: tuple[int, int], dark: bool) -> go.Figure:
    times = np.empty(shape[0] * shape[1])
    for part in turned_off(record):
        times[part.components] = part.t
    half = record.spec.horizon / 2
    low, middle, high = theme.DIFFERENCES[dark]
    frame: dict[str, Any] = {"showgrid": False, "showline": False, "showticklabels": False, "ticks": ""}
    heat = {
        "type": "heatmap",
        "z": times.reshape(shape),
        "zmin": 0,
        "zmax": half,
        "colorscale": [[0, low], [0.5, middle], [1, high]],
        "colorbar": {"title": {"text": "off at t"}, "thickness": 12, "outlinewidth": 0},
        "hovertemplate": "row %{y}, column %{x}: t = %{z:.3g}<extra></extra>",
        "name": "pixels",
    }
    layout = theme.layout(
        dark,
        height=360,
        margin={"l": 18, "r": 18, "t": 56, "b": 16},
        annotations=titled("Pixels, by when they go off", f"at T/2 = {measured(half)}: kept", 0, dark),
        xaxis=theme.axis(dark, constrain="domain", **frame),
        yaxis=theme.axis(dark, scaleanchor="x", autorange="reversed", constrain="domain", **frame),
    )
    return go.Figure(data=[heat], layout=layout)
