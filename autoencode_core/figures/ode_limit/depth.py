"""The limit T/L -> 0 as pictures and in words: a run at its own depth, twice that, four times."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.figures.findings import course
from autoencode_core.figures.log_axis import power_axis
from autoencode_core.figures.numbers import give_or_take, percent
from autoencode_core.figures.panels import GLYPHS, Entry, plot
from autoencode_core.questions.ode_limit import Depth
from autoencode_core.words import measured

Picture = Literal["cost", "outputs", "control"]
"""What is drawn of the levels."""
Curve = tuple[Literal["refined_cost", "cost", "ode_difference", "output_change", "moved"], str, str]
"""Entry of the answer, whose look it has, and its words."""
_PICTURES: Mapping[Picture, tuple[str, str, tuple[Curve, ...]]] = {
    "cost": (
        "Cost J",
        "flow coordinates",
        (
            ("refined_cost", "decoder", "of the refined control, before training"),
            ("cost", "cost", "after training on"),
        ),
    ),
    "outputs": (
        "Differences",
        "of outputs, rms, flow coordinates",
        (
            ("ode_difference", "encoder", "network and its own ODE"),
            ("output_change", "decoder", "network and the one half as deep"),
        ),
    ),
    "control": ("Change of the control", "in L²(0,T)", (("moved", "encoder", "by training on"),)),
}
PICTURES: tuple[Picture, ...] = tuple(_PICTURES)
_STILL = 1e-11


def depth_figure(answer: Depth, name: Picture, *, dark: bool = False) -> go.Figure:
    """One picture of the levels against T/L, log-log.

    Args:
        answer: of DEPTH.
        name: one of PICTURES.
        dark: whether the page is dark.
    """
    title, unit, curves = _PICTURES[name]
    steps, shown = answer["steps"], list[float]()
    traces, groups = list[dict[str, Any]](), list[list[Entry]]()
    for column, look, words in curves:
        role, values = theme.ROLES[look], answer[column]
        known = np.isfinite(values) & (values > 0)
        shown += values[known].tolist()
        traces.append(
            {
                "x": steps[known],
                "y": values[known],
                "customdata": answer["depths"][known],
                "mode": "lines+markers",
                "line": {"color": role.colour(dark), "dash": role.dash, "width": theme.LINE},
                "marker": {"symbol": role.symbol, "size": theme.MARKER + 1, "color": role.colour(dark)},
                "hovertemplate": f"L = %{{customdata}}<br>{words}: %{{y:.4g}}<extra></extra>",
            }
        )
        groups.append([(GLYPHS[role.symbol], role.colour(dark), words)])
    depths = [f"{measured(step)}<br>L = {depth}" for step, depth in zip(steps, answer["depths"], strict=True)]
    ends = np.log10(steps[[-1, 0]]) + np.array([-0.12, 0.12])
    ticks = {"tickvals": steps, "ticktext": depths, "range": ends.tolist(), "type": "log"}
    x = theme.axis(dark, "length of a layer T/L (flow time)", **ticks) | {"automargin": "height"}
    return plot(dark, title, unit, traces, groups, (x, power_axis(shown, dark, most=5)), 220, 2)


def depth_table(answer: Depth) -> dict[str, Sequence[Any]]:
    """The levels as columns."""
    return {
        "depths": answer["depths"].tolist(),
        "steps": answer["steps"].tolist(),
        "refined_cost": answer["refined_cost"].tolist(),
        "cost": answer["cost"].tolist(),
        "data_term": answer["data_term"].tolist(),
        "penalty": answer["penalty"].tolist(),
        "test_error": answer["test_error"].tolist(),
        "moved": answer["moved"].tolist(),
        "output_change": answer["output_change"].tolist(),
        "ode_difference": answer["ode_difference"].tolist(),
        "iterations": answer["iterations"].tolist(),
        "ended": answer["ended"],
    }


def depth_alt(answer: Depth, name: Picture) -> str:
    """What the curves of a picture do as the layers get shorter, with the arguments of depth_figure."""
    title, unit, curves = _PICTURES[name]
    said = [course(words, answer[column]) for column, _, words in curves]
    depths = answer["depths"]
    return f"{title} {unit}, from L = {depths[0]} to L = {depths[-1]}: {'; '.join(said)}."


def depth_words(answer: Depth) -> list[str]:
    """What refining and training on do, a sentence each."""
    cost, before = answer["cost"], answer["refined_cost"]
    difference, spread = answer["ode_difference"], answer["spread"]
    if len(cost) < 2:
        return ["No level but the first could be trained."]
    if (difference <= _STILL).all():
        return ["The flow is at rest: it is the same network at every depth."]
    jump = before[1] / cost[0] if cost[0] > 0 else np.inf
    first = (
        f"Cutting every layer in two, with θ as it was, takes J from {measured(cost[0])} to "
        f"{measured(before[1])}; "
        f"training on brings it to {measured(cost[1])}."
    )
    first += (
        " The control hardly notices the finer steps: what was optimal stays nearly so."
        if abs(jump - 1) <= 0.1
        else " The control was made for its own step length and has to be trained anew."
        if jump > 1
        else ""
    )
    share = difference / spread if spread > 0 else difference
    said = [
        first,
        f"The network and its own ODE differ by {percent(share[0])} of the spread at "
        f"L = {answer['depths'][0]}, by {percent(share[-1])} at L = {answer['depths'][-1]}.",
    ]
    rate, error, order = answer["rate"], answer["rate_error"], answer["order"]
    if np.isfinite(rate):
        near = abs(rate - order) <= max(0.15 * order, 2 * error)
        like = "T/L" if order == 1 else f"(T/L)^{order}"
        said.append(
            f"That falls like (T/L)^{rate:.2f} {give_or_take(error)}"
            + (
                f", as it does for a scheme of order {order} on one smooth ODE: the limit is in sight."
                if near
                else f", not like {like}: at these depths the limit is not yet in sight."
            )
        )
    return said
