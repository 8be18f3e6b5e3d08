"""Where the mass of the particles is, as a picture, a table and in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.numbers import power
from autoencode_core.figures.panels import plot

Array = NDArray[Any]
CONSERVED = 1e-6
"""Deviations from 1 up to this are rounding."""
HEIGHT = 170
_PARTS = {
    "on_grid": ("on the grid", "train"),
    "outside": ("beside the grid", "test"),
    "lost": ("lost", "now"),
}


def mass_figure(answer: Mapping[str, Any], *, dark: bool = False) -> go.Figure:
    """Where the mass is against t: on the grid, beside it, beyond the finite numbers; together 1.

    Args:
        answer: what analysis.density says.
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
    return plot(dark, title, unit, traces, [entries], axes, HEIGHT, 1, hovermode="x")


def mass_table(answer: Mapping[str, Any]) -> dict[str, list[float]]:
    """The same as columns: t, the three shares and their sum."""
    return {name: np.asarray(answer[name], float).tolist() for name in ("times", *_PARTS, "total")}


def density_table(answer: Mapping[str, Any]) -> dict[str, Array]:
    """The density as columns: t, middle of the cell on each drawn axis, its mass; empty cells are left out.

    Args:
        answer: what analysis.density says.
    """
    return cells_table(answer, {"mass": "values"}, [answer["x"], answer["y"]])


def cells_table(
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
        answer: what analysis.density says.
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
