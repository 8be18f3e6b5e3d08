"""How far the doubled state moves in each layer, beside the jump of the projection."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.arrays import finite, middle_index
from autoencode_core.figures.panels import GLYPHS, plot, value_axis
from autoencode_core.figures.trajectory_table import trajectory_table
from autoencode_core.questions.mean_field import Doubled
from autoencode_core.words import measured

Array = NDArray[Any]

_HEIGHT = 190


def longest_steps(answer: Doubled) -> Array:
    """The longest way of a particle of the doubled state from each knot to the next, (S - 1,).

    Args:
        answer: of DOUBLED.
    """
    moved = sum(np.square(np.diff(finite(half), axis=0)) for half in (answer["states"], answer["shadows"]))
    return np.asarray(np.sqrt(np.asarray(moved).sum(axis=2)).max(axis=1))


def jump(answer: Doubled) -> float:
    """The longest way over which the projection moves a particle at T/2, flow coordinates.

    Args:
        answer: of DOUBLED.
    """
    gone = np.delete(finite(answer["states"])[_half(answer)], answer["kept"], axis=1)
    return float(np.sqrt(np.square(gone).sum(axis=1)).max(initial=0.0))


def _half(answer: Doubled) -> int:
    """Index of T/2 among the knots."""
    return middle_index(answer["times"], float(answer["times"][-1]))


def doubled_figure(answer: Doubled, *, dark: bool = False) -> go.Figure:
    """The longest way per unit of time in each layer, and at T/2 the jump, which takes no time.

    Args:
        answer: of DOUBLED.
        dark: whether the page is dark.
    """
    times = answer["times"]
    far, at_once, middle = longest_steps(answer), jump(answer), float(times[_half(answer)])
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
        hover = f"projection at t = {measured(middle)}: {measured(at_once)}, at once<extra></extra>"
        spot = {"x": [middle, middle], "y": [0, at_once], "mode": "lines+markers", "hovertemplate": hover}
        traces.append({"type": "scatter", **spot, "marker": mark, "line": stem})
        entries.append((GLYPHS[drop.symbol], drop.colour(dark), "projection, at once"))
    axes = (
        theme.axis(dark, "flow time t", range=[times[0], times[-1]], nticks=8),
        value_axis([*far, at_once], dark, zero=True),
    )
    return plot(dark, "Longest way of a particle", "flow coordinates", traces, [entries], axes, _HEIGHT, 1)


def states_table(answer: Doubled) -> dict[str, Array]:
    """The doubled state as columns, in flow coordinates: a row for each particle at each t.

    Args:
        answer: of DOUBLED.
    """
    return trajectory_table(answer["times"], {"x": answer["states"], "s": answer["shadows"]})


def doubled_table(answer: Doubled) -> dict[str, Sequence[float]]:
    """The figure as columns: when each layer begins and ends, the longest way in it, the jump at its end."""
    times, far = answer["times"], longest_steps(answer)
    ends = np.zeros(len(far))
    ends[_half(answer) - 1] = jump(answer)
    return {
        "t_from": times[:-1].tolist(),
        "t_to": times[1:].tolist(),
        "doubled": far.tolist(),
        "projection_at_t_to": ends.tolist(),
    }
