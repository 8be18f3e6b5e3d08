"""A network integrated more finely, as pictures and in words: is it a discretised ODE?"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.log_axis import power_axis
from autoencode_core.figures.numbers import give_or_take, percent
from autoencode_core.figures.panels import GLYPHS, Entry, plot
from autoencode_core.flow.schemes import SCHEMES
from autoencode_core.questions.ode_limit import Steps
from autoencode_core.words import measured

Array = NDArray[Any]
Quantity = Literal["difference", "error"]
"""What is drawn against the step size."""

LOOKS = {"euler": "encoder", "midpoint": "decoder", "rk4": "penalty"}
"""Roles of the theme that the methods look like."""
_TITLES: Mapping[Quantity, tuple[str, str]] = {
    "difference": ("Output difference", "to the ODE, flow coordinates"),
    "error": ("Error of the outputs", "mean squared, flow coordinates"),
}
_LINES = 4


def steps_figure(answer: Steps, name: Quantity, *, dark: bool = False) -> go.Figure:
    """One quantity of every method against the step size, log-log, with the fitted orders.

    Args:
        answer: of STEPS.
        name: what is drawn.
        dark: whether the page is dark.
    """
    steps, values = answer["steps"], answer[name]
    traces, groups = list[dict[str, Any]](), list[list[Entry]]()
    for row, method in enumerate(answer["methods"]):
        look = theme.ROLES[LOOKS[method]]
        words = f"{SCHEMES[method].title}{', ' + order_words(answer, row) if name == 'difference' else ''}"
        traces += _curve(steps, values[row], look, SCHEMES[method].title, dark)
        groups.append([(GLYPHS[look.symbol], look.colour(dark), words)])
    if name == "error":
        groups = [[entry for group in groups for entry in group]]
    traces.append(_network(answer, name, dark))
    groups.append([("◯", theme.colour("ink", dark), f"the network itself ({_named(answer)})")])
    level = answer["floor"] if name == "difference" else answer["reference_error"]
    words = "how well the reference is known" if name == "difference" else f"the ODE ({answer['reference']})"
    y = power_axis([*values.ravel(), level], dark)
    shapes, notes = _level(level, words, y, name == "difference", dark)
    title, unit = _TITLES[name]
    x = power_axis(steps, dark, "step size δ/r (flow time)")
    traces += _fits(answer, dark) if name == "difference" else []
    return plot(dark, title, unit, traces, groups, (x, y), 250, _LINES, shapes=shapes, annotations=notes)


def steps_table(answer: Steps) -> dict[str, Sequence[Any]]:
    """The same as columns: method, sub-steps, step size, output difference, error, whether it was fitted."""
    methods, sizes = answer["methods"], answer["substeps"]
    rows, columns = np.meshgrid(np.arange(len(methods)), np.arange(len(sizes)), indexing="ij")
    return {
        "method": [methods[row] for row in rows.ravel()],
        "substeps": sizes[columns.ravel()].tolist(),
        "step": answer["steps"][columns.ravel()].tolist(),
        "difference": answer["difference"].ravel().tolist(),
        "error": answer["error"].ravel().tolist(),
        "fitted": answer["fitted"].ravel().tolist(),
    }


def order_words(answer: Steps, row: int) -> str:
    """The fitted order of a method beside the declared one, short."""
    order, error = float(answer["order"][row]), float(answer["order_error"][row])
    declared = f"{answer['declared'][row]} by theory"
    if not np.isfinite(order):
        return f"order not settled ({declared})"
    return f"order {order:.2f} {give_or_take(error)} ({declared})"


def verdict_words(answer: Steps, classify: bool = False) -> str:
    """Whether the network is a discretised ODE, and why, in sentences.

    Args:
        answer: of STEPS.
        classify: whether the outputs are codes.
    """
    relative, verdict = answer["relative"], answer["verdict"]
    error, exact = answer["network_error"], answer["reference_error"]
    things = "codes" if classify else "outputs"
    apart = percent(relative) if np.isfinite(relative) else measured(answer["network_difference"], 2)
    whose = " of the targets' spread" if np.isfinite(relative) else " in flow coordinates"
    how = (
        f"Integrated exactly, the same control moves its {things} by {apart}{whose}, and the mean squared "
        f"error from {measured(error)} to {measured(exact)}."
    )
    if verdict == "ode":
        return f"**This network is a discretised ODE.** {how} Finer steps make no other map of it."
    if verdict == "nearly":
        return f"**This network is nearly a discretised ODE.** {how} Its steps still leave their mark."
    return (
        f"**This network is not a discretised ODE.** {how} What it does rests on the length of its steps: it "
        "has learnt with them, and is a residual network of its own. A higher λ, more layers, or training on "
        "at twice the depth (view Depth) bring it nearer to one."
    )


def _curve(steps: Array, values: Array, look: theme.Role, name: str, dark: bool) -> list[dict[str, Any]]:
    known = np.isfinite(values) & (values > 0)
    mark = {"symbol": look.symbol, "color": look.colour(dark), "size": theme.MARKER}
    line = {"color": look.colour(dark), "width": 1.2, "dash": look.dash}
    said = f"{name}<br>step %{{x:.4g}}: %{{y:.3g}}<extra></extra>"
    return [
        {
            "name": name,
            "x": steps[known],
            "y": values[known],
            "mode": "lines+markers",
            "marker": mark,
            "line": line,
            "opacity": 0.9,
            "hovertemplate": said,
        }
    ]


def _delta(answer: Steps) -> float:
    """The layer length δ."""
    return float(answer["steps"][0]) * int(answer["substeps"][0])


def _fits(answer: Steps, dark: bool) -> list[dict[str, Any]]:
    """The fitted lines, over all steps."""
    steps, traces = answer["steps"], list[dict[str, Any]]()
    for row, method in enumerate(answer["methods"]):
        order, start = float(answer["order"][row]), float(answer["order_start"][row])
        if np.isfinite(order):
            line = {"color": theme.ROLES[LOOKS[method]].colour(dark), "width": 5}
            fitted = steps[answer["fitted"][row]]
            y = np.exp(start + order * np.log(fitted))
            traces.append(
                {"x": fitted, "y": y, "mode": "lines", "line": line, "opacity": 0.3, "hoverinfo": "skip"}
            )
    return traces


def _named(answer: Steps) -> str:
    """The network's own scheme and sub-steps in words."""
    r = answer["network_substeps"]
    return f"{SCHEMES[answer['network_scheme']].title}, {r} step{'s' * (r != 1)} a layer"


def _network(answer: Steps, name: Quantity, dark: bool) -> dict[str, Any]:
    """A ring round the network's own value, at its own step."""
    value = answer["network_difference"] if name == "difference" else answer["network_error"]
    ring = {"symbol": "circle-open", "size": 17, "color": theme.colour("ink", dark), "line": {"width": 2}}
    known = [value] if value > 0 else []
    said = "the network<br>%{y:.3g}<extra></extra>"
    return {
        "x": [_delta(answer) / answer["network_substeps"]][: len(known)],
        "y": known,
        "mode": "markers",
        "marker": ring,
        "hovertemplate": said,
        "cliponaxis": False,
    }


def _level(
    value: float, words: str, axis: dict[str, Any], below: bool, dark: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A dotted line at a value, or the shade of all below it, with its words at the left."""
    if not value > 0:
        return [], []
    role = theme.ROLES["PCA"]
    across = {"xref": "paper", "yref": "y", "x0": 0, "x1": 1, "layer": "below"}
    line = {"color": role.colour(dark), "dash": role.dash, "width": 1.6}
    shapes = [{"type": "line", "y0": value, "y1": value, "line": line, **across}]
    if below:
        fill = {"fillcolor": theme.translucent(role.colour(dark), 0.15), "line": {"width": 0}}
        shapes.append({"type": "rect", "y0": 10 ** axis["range"][0], "y1": value, **fill, **across})
    font = {"color": role.colour(dark), "size": theme.SMALL}
    note = theme.note(dark, words, 0, float(np.log10(value)), yref="y", xshift=4, font=font)
    return shapes, [note]
