"""The samples moved beside a histogram moved, as pictures and in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.figures.log_axis import power_axis
from autoencode_core.figures.mean_field.density import HEIGHT, Array, cells_table
from autoencode_core.figures.panels import GLYPHS, plot
from autoencode_core.store.record import RunRecord

_MOMENTS = ("t = 0", "T/2, before", "T/2, after", "T")
_LOOKS = ("train", "test", "now", "bottleneck")


def law_table(answer: Mapping[str, Any]) -> dict[str, Array]:
    """The two laws as columns: t, middle of the drawn cell, mass of the samples and of the histogram in it.

    Args:
        answer: what analysis.push says.
    """
    edges = [np.asarray(answer[axis], float) for axis in "xy"]
    names = {"samples": "samples", "histogram": "pushed"}
    return cells_table(answer, names, [(edge[1:] + edge[:-1]) / 2 for edge in edges])


def push_figure(answer: Mapping[str, Any], record: RunRecord, *, dark: bool = False) -> go.Figure:
    """Total variation between samples moved and histogram moved against the cells of the histogram.

    Args:
        answer: what analysis.push says.
        record: the run.
        dark: whether the page is dark.
    """
    cells = np.asarray(answer["cells"], float)
    table = np.asarray(answer["total_variation"], float)
    traces, entries = list[dict[str, Any]](), []
    for (words, frame), look in zip(_moments(answer, record), _LOOKS, strict=False):
        role = theme.ROLES[look]
        colour, values = role.colour(dark), table[:, frame]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": cells,
                "y": np.where(values > 0, values, np.nan),
                "line": {"color": colour, "width": theme.LINE, "dash": role.dash},
                "marker": {"color": colour, "symbol": role.symbol, "size": theme.MARKER + 1},
                "hovertemplate": f"%{{x}} cells, {words}<br>%{{y:.3g}} of the mass<extra></extra>",
            }
        )
        entries.append((GLYPHS[role.symbol], colour, words))
    x = theme.axis(
        dark,
        "cells along each component",
        type="log",
        tickvals=cells.tolist(),
        ticktext=[f"{cell:g}" for cell in cells],
    )
    axes = (x, power_axis(table.ravel(), dark))
    return plot(dark, "Total variation", "share of the mass", traces, [entries], axes, HEIGHT + 40, 2)


def push_table(answer: Mapping[str, Any]) -> dict[str, list[float]]:
    """The same as columns: cells, how many hold mass, t, total variation."""
    cells, times = np.asarray(answer["cells"]), np.asarray(answer["times"], float)
    rows, columns = np.meshgrid(np.arange(len(cells)), np.arange(len(times)), indexing="ij")
    return {
        "cells": cells[rows].ravel().tolist(),
        "occupied": np.asarray(answer["occupied"])[rows].ravel().tolist(),
        "t": times[columns].ravel().tolist(),
        "total_variation": np.asarray(answer["total_variation"], float).ravel().tolist(),
    }


def push_words(answer: Mapping[str, Any]) -> str:
    """Whether the two become one as the cells shrink, in a sentence or two.

    Args:
        answer: what analysis.push says.
    """
    cells, table = np.asarray(answer["cells"]), np.asarray(answer["total_variation"], float)
    count, most = int(answer["particles"]), table.max(axis=1)
    finest = int(np.asarray(answer["occupied"])[-1])
    if len(cells) < 2 or most[0] <= 1e-9:
        return f"With {cells[-1]} cells along each component the two differ by at most {most[-1]:.1%}."
    shrinks = most[-1] < most[0] / 2
    verdict = "the histogram moves as the samples do" if shrinks else "the two do not yet become one"
    return (
        f"With {cells[0]} cells along each component up to {most[0]:.1%} of the mass is elsewhere, with "
        f"{cells[-1]} at most {most[-1]:.1%}: {verdict}. The finest histogram has {finest:,} cells with mass "
        f"for {count:,} particles."
    )


def _moments(answer: Mapping[str, Any], record: RunRecord) -> list[tuple[str, int]]:
    """What is drawn, and its frame: beginning, bottleneck before and after the projection, end."""
    times = np.asarray(answer["times"])
    last, half = len(times) - 1, int(np.flatnonzero(np.diff(times) == 0)[0])  # T/2 is there twice
    found = list(zip(_MOMENTS, [0, half, half + 1, last], strict=True))
    if record.spec.task == "classify":
        found.pop()
    table = np.asarray(answer["total_variation"], float)
    if np.array_equal(table[:, half], table[:, half + 1]):  # the drawn axes do not see the projection
        found[1:3] = [("T/2", half)]
    return found
