"""How far the doubled state moves in each layer, beside the jump of the projection."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.arrays import finite, middle_index
from autoencode_core.figures.panels import GLYPHS, plot, value_axis
from autoencode_core.figures.trajectory_table import trajectory_table

Array = NDArray[Any]

_HEIGHT = 190


def steps(answer: Mapping[str, Any]) -> Array:
    """The longest way of a particle of the doubled state from each knot to the next, (S - 1,).

    Args:
        answer: what analysis.doubled says.
    """
    moved = sum(np.square(np.diff(finite(answer[half]), axis=0)) for half in ("states", "shadows"))
    return np.asarray(np.sqrt(np.asarray(moved).sum(axis=2)).max(axis=1))


def jump(answer: Mapping[str, Any]) -> float:
    """The longest way over which the projection moves a particle at T/2, flow coordinates.

    Args:
        answer: what analysis.doubled says.
    """
    states, kept = finite(answer["states"]), np.asarray(answer["kept"], int)
    gone = np.delete(states[_half(answer)], kept, axis=1)
    return float(np.sqrt(np.square(gone).sum(axis=1)).max(initial=0.0))


def _half(answer: Mapping[str, Any]) -> int:
    """Index of T/2 among the knots."""
    return middle_index(answer["times"], float(np.asarray(answer["times"])[-1]))


def steps_figure(answer: Mapping[str, Any], *, dark: bool = False) -> go.Figure:
    """The longest way per unit of time in each layer, and at T/2 the jump, which takes no time.

    Args:
        answer: what analysis.doubled says.
        dark: whether the page is dark.
    """
    times = np.asarray(answer["times"], float)
    far, at_once, middle = steps(answer), jump(answer), float(times[_half(answer)])
    state, drop = theme.ROLES["train"], theme.ROLES["decoder"]
    line = {"color": state.colour(dark), "width": theme.LINE, "shape": "hv", "dash": state.dash}
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": times,
            "y": [*far, far[-1]],
            "line": line,
            "hovertemplate": "layer from t = %{x:.3g}: %{y:.3g}<extra></extra>",
        }
    ]
    entries = [("━", state.colour(dark), "doubled state (x, s), in a layer")]
    if at_once > 0:
        mark = {"color": drop.colour(dark), "symbol": drop.symbol, "size": theme.MARKER + 2}
        stem = {"color": drop.colour(dark), "width": theme.LINE, "dash": drop.dash}
        hover = f"projection at t = {middle:.3g}: {at_once:.3g}, at once<extra></extra>"
        spot = {"x": [middle, middle], "y": [0, at_once], "mode": "lines+markers", "hovertemplate": hover}
        traces.append({"type": "scatter", **spot, "marker": mark, "line": stem})
        entries.append((GLYPHS[drop.symbol], drop.colour(dark), "projection, at once"))
    axes = (
        theme.axis(dark, "flow time t", range=[times[0], times[-1]], nticks=8),
        value_axis([*far, at_once], dark, zero=True),
    )
    return plot(dark, "Longest way of a particle", "flow coordinates", traces, [entries], axes, _HEIGHT, 1)


def doubled_table(answer: Mapping[str, Any]) -> dict[str, Array]:
    """The doubled state as columns, in flow coordinates: a row for each particle at each t.

    Args:
        answer: what analysis.doubled says.
    """
    return trajectory_table(answer["times"], {"x": answer["states"], "s": answer["shadows"]})


def steps_table(answer: Mapping[str, Any]) -> dict[str, list[float]]:
    """The figure as columns: when each layer begins and ends, the longest way in it, the jump at its end."""
    times, far = np.asarray(answer["times"], float), steps(answer)
    ends = np.zeros(len(far))
    ends[_half(answer) - 1] = jump(answer)
    return {
        "t_from": times[:-1].tolist(),
        "t_to": times[1:].tolist(),
        "doubled": far.tolist(),
        "projection_at_t_to": ends.tolist(),
    }
