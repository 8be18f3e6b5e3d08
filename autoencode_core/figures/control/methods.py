"""The three methods from the same start: J against iterations, gradients and seconds, and who is ahead."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.log_axis import power_axis
from autoencode_core.figures.panels import GLYPHS, plot
from autoencode_core.questions.arrays import Floats
from autoencode_core.questions.control import Ending, Methods
from autoencode_core.words import measured

Array = NDArray[Any]

Clock = Literal["iteration", "evaluations", "seconds"]
CLOCKS: Mapping[Clock, tuple[str, str]] = {
    "iteration": ("Against iterations", "iteration"),
    "evaluations": ("Against gradients", "gradient evaluations"),
    "seconds": ("Against seconds", "seconds of computing"),
}
"""What J may be drawn against: title and name of the axis."""
_LOOKS = {"pmp": "encoder", "adam": "decoder", "lbfgs": "penalty"}
"""Roles of the theme that the methods look like."""
_HEIGHT = 216
_MARKS = 12
"""About so many marks along a line."""
_CLOSE = 0.01
_ENDS: Mapping[Ending, str] = {
    "converged": "converged: its gradient is all but 0",
    "stalled": "stopped: it finds no lower J in its direction",
    "diverged": "diverged: J is no finite number any more",
    "finished": "all iterations used",
}


def methods_figure(answer: Methods, clock: Clock, *, log: bool = False, dark: bool = False) -> go.Figure:
    """J of the methods, logarithmic, with a large mark where each ends.

    Args:
        answer: what analysis.methods says.
        clock: one of CLOCKS.
        log: whether iterations, gradients or seconds are logarithmic too (iteration 0 is then left out).
        dark: whether the page is dark.
    """
    title, words = CLOCKS[clock]
    curves = {name: _curve(answer, row, clock, log) for row, name in enumerate(answer["methods"])}
    x, costs = (np.concatenate([curve[i] for curve in curves.values()]) for i in range(2))
    across = (
        power_axis(x, dark, words, most=6, whole=clock != "seconds")
        if log
        else theme.axis(dark, words, range=[0, 1.03 * float(x.max(initial=0.0)) or 1.0], nticks=6)
    )
    looks = {name: theme.ROLES[_LOOKS[name]] for name in curves}
    entries = [(GLYPHS[look.symbol], look.colour(dark), name) for name, look in looks.items()]
    traces = [
        trace for name, curve in curves.items() for trace in _traces(name, curve, clock, looks[name], dark)
    ]
    axes = (across, power_axis(costs, dark, most=6))
    return plot(dark, title, "cost J", traces, [entries], axes, _HEIGHT, 1)


def methods_table(answer: Methods) -> dict[str, Any]:
    """The same as columns: method, iteration, J, ‖∇J‖, gradients and seconds until then."""
    known = np.isfinite(answer["cost"])
    rows, iterations = np.nonzero(known)
    return {
        "method": [str(answer["methods"][row]) for row in rows],
        "iteration": iterations,
        "cost": answer["cost"][known],
        "gradient_norm": answer["gradient_norm"][known],
        "evaluations": answer["evaluations"][known],
        "seconds": answer["seconds"][known],
    }


def methods_words(answer: Methods) -> str:
    """Which method is ahead at the end, and after the same work, in sentences."""
    ends = {name: end for name in answer["methods"] if np.isfinite(end := final_cost(answer, name))}
    if not ends:
        return "All methods diverged: there is nothing to compare."
    best = min(ends, key=lambda name: ends[name])
    near = [name for name in ends if ends[name] <= (1 + _CLOSE) * ends[best]]
    if len(near) == len(ends) > 1:
        return f"All of them end at about the same J, {measured(ends[best])}: what differs is the way there."
    said = f"**{theme.join(near)} end{'s' * (len(near) == 1)} lowest**, at J = {measured(ends[best])}"
    rest = [f"{name} at {measured(ends[name])}" for name in ends if name not in near]
    said += f"; {theme.join(rest)}. " if rest else ". "
    rows = {name: answer["methods"].index(name) for name in ends}
    for used, unit, scale in ((answer["evaluations"], "gradients", 1), (answer["seconds"], "ms", 1000)):
        work = min(_last(used[row]) for row in rows.values())
        at = {name: _after(answer["cost"][row], used[row], work) for name, row in rows.items()}
        ahead = min(at, key=lambda name: at[name])
        same = f"the same {scale * work:,.0f} {unit}"
        said += f"With {same} {ahead} is ahead (J = {measured(at[ahead])}). "
    return said.strip()


def ending(answer: Methods, name: str) -> str:
    """How and after what a method ended, in words."""
    row = answer["methods"].index(name)
    done = max(0, int(np.isfinite(answer["cost"][row]).sum()) - 1)
    gradients, seconds = _last(answer["evaluations"][row]), _last(answer["seconds"][row])
    if not np.isfinite(gradients):
        return "diverged at its start"
    return (
        f"{_ENDS[answer['ended'][row]]}, after {done:,} iteration{'s' * (done != 1)}, {gradients:,.0f} "
        f"gradients and {measured(seconds, 2)} s"
    )


def final_cost(answer: Methods, name: str) -> float:
    """The last J of a method, NaN where it has none or diverged."""
    row = answer["methods"].index(name)
    return float("nan") if answer["ended"][row] == "diverged" else _last(answer["cost"][row])


def _last(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else float("nan")


def _after(cost: Floats, used: Floats, work: float) -> float:
    """The lowest J of a method with so much work."""
    within = np.isfinite(cost) & (used <= work * (1 + 1e-9))
    return float(cost[within].min()) if within.any() else float("inf")


def _curve(answer: Methods, row: int, clock: Clock, log: bool) -> tuple[Array, Array]:
    cost = answer["cost"][row]
    x = np.arange(len(cost)) * 1.0 if clock == "iteration" else answer[clock][row]
    known = np.isfinite(cost) & (cost > 0) & np.isfinite(x) & ((x > 0) | (not log))
    return x[known], cost[known]


def _traces(
    name: str, curve: tuple[Array, Array], clock: Clock, look: theme.Role, dark: bool
) -> list[dict[str, Any]]:
    """The line with a few marks, and the end as a large one."""
    x, y = curve
    if not len(x):
        return []
    colour, few = look.colour(dark), np.unique(np.linspace(0, len(x) - 1, _MARKS).astype(int))
    told = f"{name}<br>{CLOCKS[clock][1]} %{{x:.4g}}: J = %{{y:.4g}}<extra></extra>"
    line = {"color": colour, "dash": look.dash, "width": theme.LINE}
    mark = {"color": colour, "symbol": look.symbol}
    edge = {"width": 2, "color": theme.colour("ink", dark)}
    return [
        {"name": name, "x": x, "y": y, "mode": "lines", "line": line, "hovertemplate": told},
        {"x": x[few], "y": y[few], "mode": "markers", "marker": mark | {"size": 5}, "hoverinfo": "skip"},
        {
            "x": x[-1:],
            "y": y[-1:],
            "mode": "markers",
            "marker": mark | {"size": 13, "line": edge},
            "hovertemplate": told,
            "cliponaxis": False,
        },
    ]
