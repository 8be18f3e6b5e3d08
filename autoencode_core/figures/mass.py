"""The law of the particles as pictures: where its mass is, and a histogram moved beside the samples moved."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.numbers import power
from autoencode_core.figures.panels import GLYPHS, plot
from autoencode_core.figures.powers import power_axis
from autoencode_core.record import RunRecord

Array = NDArray[Any]

CONSERVED = 1e-6
"""Deviations from 1 up to this are rounding."""
_HEIGHT = 170
_PARTS = {
    "on_grid": ("on the grid", "train"),
    "outside": ("beside the grid", "test"),
    "lost": ("lost", "now"),
}
_MOMENTS = ("t = 0", "T/2, before", "T/2, after", "T")
_LOOKS = ("train", "test", "now", "bottleneck")


def mass_figure(answer: Mapping[str, Any], *, dark: bool = False) -> go.Figure:
    """Where the mass is against t: on the grid, beside it, beyond the finite numbers; together 1.

    Args:
        answer: what analysis.mass says.
        dark: whether the page is dark.
    """
    times = np.asarray(answer["times"], float)
    traces, entries = list[dict[str, Any]](), []
    for name, (words, look) in _PARTS.items():
        values = np.asarray(answer[name], float)
        if name != "on_grid" and not values.any():
            continue
        role = theme.ROLES[look]
        colour = role.colour(dark)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "stackgroup": "mass",
                "x": times,
                "y": values,
                "line": {"color": colour, "width": theme.LINE, "dash": role.dash},
                "fillcolor": theme.translucent(colour, 0.22),
                "hovertemplate": f"t = %{{x:.3g}}<br>{words}: %{{y:.4f}}<extra></extra>",
            }
        )
        entries.append(("━", colour, words))
    axes = (
        theme.axis(dark, "flow time t", range=[times[0], times[-1]], nticks=8),
        theme.axis(dark, "", range=[0, 1.08], tickformat="~g"),
    )
    title, unit = "Where the mass is", "shares, stacked"
    return plot(dark, title, unit, traces, [entries], axes, _HEIGHT, 1, hovermode="x")


def mass_table(answer: Mapping[str, Any]) -> dict[str, list[float]]:
    """The same as columns: t, the three shares and their sum."""
    return {name: np.asarray(answer[name], float).tolist() for name in ("times", *_PARTS, "total")}


def density_table(answer: Mapping[str, Any]) -> dict[str, Array]:
    """The density as columns: t, middle of the cell on each drawn axis, its mass; empty cells are left out.

    Args:
        answer: what analysis.mass says.
    """
    return _cells_table(answer, {"mass": "values"}, [answer["x"], answer["y"]])


def law_table(answer: Mapping[str, Any]) -> dict[str, Array]:
    """The two laws as columns: t, middle of the drawn cell, mass of the samples and of the histogram in it.

    Args:
        answer: what analysis.push_forward says.
    """
    edges = [np.asarray(answer[axis], float) for axis in "xy"]
    names = {"samples": "samples", "histogram": "pushed"}
    return _cells_table(answer, names, [(edge[1:] + edge[:-1]) / 2 for edge in edges])


def _cells_table(
    answer: Mapping[str, Any], names: Mapping[str, str], axes: Sequence[ArrayLike]
) -> dict[str, Array]:
    """A row for each cell (F, ny, nx) that is not empty; of one axis the second one is left out."""
    laws = {name: np.asarray(answer[key], float) for name, key in names.items()}
    frame, *cell = np.nonzero(np.any([law > 0 for law in laws.values()], axis=0))
    places = {f"u{i + 1}": np.asarray(axis, float) for i, axis in enumerate(axes)}
    found = {"time": np.asarray(answer["times"], float)[frame]}
    found |= {
        name: axis[rows] for (name, axis), rows in zip(places.items(), cell[::-1], strict=True) if len(axis)
    }
    return found | {name: law[frame, cell[0], cell[1]] for name, law in laws.items()}


def mass_words(answer: Mapping[str, Any]) -> str:
    """Whether the mass is kept, and where it goes, in a sentence or two.

    Args:
        answer: what analysis.mass says.
    """
    off = float(answer["deviation"])
    kept = off <= CONSERVED
    moments = len(np.asarray(answer["times"]))
    said = [
        f"At each of {moments} moments the mass on the grid, beside it and lost is together "
        f"1 ± {power(off)}: {'mass is conserved' if kept else 'the picture loses mass, which is an error'}."
    ]
    outside, lost = (np.asarray(answer[name], float) for name in ("outside", "lost"))
    if outside.max() > 0:
        at = float(np.asarray(answer["times"])[outside.argmax()])
        said.append(f"At t = {at:.3g} most lies beside the grid, {outside.max():.1%}.")
    if lost.max() > 0:
        said.append(f"{lost.max():.1%} of the particles leave the finite numbers.")
    return " ".join(said)


def push_figure(answer: Mapping[str, Any], record: RunRecord, *, dark: bool = False) -> go.Figure:
    """Total variation between samples moved and histogram moved against the cells of the histogram.

    Args:
        answer: what analysis.push_forward says.
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
    return plot(dark, "Total variation", "share of the mass", traces, [entries], axes, _HEIGHT + 40, 2)


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
        answer: what analysis.push_forward says.
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
