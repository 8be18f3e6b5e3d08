"""Where the mass of the particles is, as a picture, a table and in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.numbers import power
from autoencode_core.figures.panels import plot
from autoencode_core.questions.mean_field import Density
from autoencode_core.words import measured

Array = NDArray[Any]
CONSERVED = 1e-6
"""Deviations from 1 up to this are rounding."""
HEIGHT = 170
_PARTS: Mapping[Literal["on_grid", "outside", "lost"], tuple[str, str]] = {
    "on_grid": ("on the grid", "train"),
    "outside": ("beside the grid", "test"),
    "lost": ("lost", "now"),
}


def density_figure(answer: Density, *, dark: bool = False) -> go.Figure:
    """Where the mass is against t: on the grid, beside it, beyond the finite numbers; together 1.

    Args:
        answer: of DENSITY.
        dark: whether the page is dark.
    """
    times = answer["times"]
    traces, entries = list[dict[str, Any]](), []
    for name, (words, look) in _PARTS.items():
        values = answer[name]
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


def density_table(answer: Density) -> dict[str, Sequence[float]]:
    """The same as columns: t, the three shares and their sum."""
    return {
        "times": answer["times"].tolist(),
        "on_grid": answer["on_grid"].tolist(),
        "outside": answer["outside"].tolist(),
        "lost": answer["lost"].tolist(),
        "total": answer["total"].tolist(),
    }


def law_table(answer: Density) -> dict[str, Array]:
    """The law as columns: t, middle of the cell on each drawn axis, its mass; empty cells are left out.

    Args:
        answer: of DENSITY.
    """
    return cells_table(answer["times"], {"mass": answer["values"]}, [answer["x"], answer["y"]])


def cells_table(times: Array, laws: Mapping[str, Array], axes: Sequence[Array]) -> dict[str, Array]:
    """A row for each cell that is not empty.

    Args:
        times: of the frames (F,).
        laws: mass per cell by name, each (F, ny, nx).
        axes: the place of the cells along each axis, empty for an axis that is not drawn.
    """
    laws = {name: np.asarray(law, float) for name, law in laws.items()}
    frame, *cell = np.nonzero(np.any([law > 0 for law in laws.values()], axis=0))
    places = {f"u{i + 1}": axis for i, axis in enumerate(axes)}
    found = {"time": times[frame]}
    found |= {
        name: axis[rows] for (name, axis), rows in zip(places.items(), cell[::-1], strict=True) if len(axis)
    }
    return found | {name: law[frame, cell[0], cell[1]] for name, law in laws.items()}


def density_words(answer: Density) -> str:
    """Whether the mass is kept, and where it goes, in a sentence or two.

    Args:
        answer: of DENSITY.
    """
    off = answer["deviation"]
    kept = off <= CONSERVED
    moments = len(answer["times"])
    said = [
        f"At each of {moments} moments the mass on the grid, beside it and lost is together "
        f"1 ± {power(off)}: {'mass is conserved' if kept else 'the picture loses mass, which is an error'}."
    ]
    outside, lost = answer["outside"], answer["lost"]
    if outside.max() > 0:
        at = float(answer["times"][outside.argmax()])
        said.append(f"At t = {measured(at)} most lies beside the grid, {outside.max():.1%}.")
    if lost.max() > 0:
        said.append(f"{lost.max():.1%} of the particles leave the finite numbers.")
    return " ".join(said)
