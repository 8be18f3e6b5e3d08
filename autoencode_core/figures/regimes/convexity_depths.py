"""ν and 2λ + ν against the number of layers as a picture and a table."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.numbers import rounded
from autoencode_core.figures.panels import GLYPHS, Entry, Panel, level, plot
from autoencode_core.figures.regimes.convexity import CONVEX
from autoencode_core.figures.symlog_axis import SymlogAxis
from autoencode_core.questions.arrays import Floats
from autoencode_core.questions.regimes import CurvatureDepths
from autoencode_core.words import measured

Array = NDArray[Any]


class _Curve(NamedTuple):
    """What is drawn against the number of layers L: its name and role, its values (g,), and its limit."""

    name: str
    role: theme.Role
    values: Floats
    limit: float


def curvature_depths_figure(answer: CurvatureDepths, *, dark: bool = False) -> go.Figure:
    """ν and 2λ + ν of the same θ(t) against the number of layers, with the limit where it is told.

    Args:
        answer: what analysis.curvature_depths says.
        dark: whether the page is dark.
    """
    depths, told = np.asarray(answer["depths"], float), bool(np.isfinite(answer["limit"]))
    curves = [
        _Curve("2λ + ν", theme.ROLES["convexity"], answer["convexity"], answer["limit_convexity"]),
        _Curve("ν", theme.ROLES["curvature"], answer["nu"], answer["limit"]),
    ]
    spans = [_spans(answer, curve) for curve in curves]
    scale = SymlogAxis([0.0, *(end for span in spans for pair in span for end in pair)])
    end = 2 * depths[-1]
    traces, groups = list[dict[str, Any]](), list[Entry]()
    for (name, role, values, limit), span in zip(curves, spans, strict=True):
        said = [
            f"{int(depth):,} layers<br>{name} = {measured(value, 4)}<br>"
            f"from {measured(low)} to {measured(high)}"
            for depth, value, (low, high) in zip(depths, values, span, strict=False)
        ]
        traces += [
            _bars([*depths, end] if told else depths, span, scale, role.colour(dark)),
            _line(depths, scale.place(values), said, role, dark),
        ]
        if told:
            said = [f"limit<br>{name} ≈ {measured(limit)}<br>give or take {rounded(answer['limit_error'])}"]
            last = scale.place(np.array([values[-1], limit]))
            traces.append(_further(np.array([depths[-1], end]), last, said, role, dark))
        groups.append((GLYPHS[role.symbol], role.colour(dark), name))
    key = [[*groups, ("○", theme.colour("ink", dark), "the limit")] if told else groups]
    zero, _ = level(Panel("", (0, 1), (0, 1)), 0.0, "", dark)
    ticks = [f"{int(depth):,}" for depth in depths] + ["limit"] * told
    places = [*depths, end] if told else depths.tolist()
    reach = [float(np.log10(places[0])) - 0.1, float(np.log10(places[-1])) + 0.1]
    ticked = {"type": "log", "tickvals": places, "ticktext": ticks, "range": reach}
    axes = (theme.axis(dark, "layers of the same θ(t)", **ticked), scale.settings(dark, most=6))
    unit = f"2λ + ν above 0: J is {CONVEX}"
    return plot(dark, "More layers", unit, traces, key, axes, 220, 1, shapes=[zero])


def curvature_depths_table(answer: CurvatureDepths) -> dict[str, Sequence[Any]]:
    """The levels as columns, the limit as the last row where it is told (its layers are inf)."""
    table: dict[str, list[Any]] = {
        "layers": answer["depths"].tolist(),
        "nu": answer["nu"].tolist(),
        "bound": answer["bound"].tolist(),
        "floor": answer["floor"].tolist(),
        "convexity": answer["convexity"].tolist(),
        "gradient_norm": answer["gradient_norm"].tolist(),
        "remaining": answer["remaining"].tolist(),
        "cost": answer["cost"].tolist(),
        "data_term": answer["data_term"].tolist(),
    }
    if np.isfinite(answer["limit"]):
        last = {
            "layers": np.inf,
            "nu": answer["limit"],
            "bound": answer["limit_error"],
            "convexity": answer["limit_convexity"],
        }
        for name, column in table.items():
            column.append(last.get(name, np.nan))
    return dict(table)


def curvature_depths_alt(answer: CurvatureDepths) -> str:
    """The picture in words."""
    pairs = zip(answer["depths"], answer["convexity"], strict=True)
    said = ", ".join(f"{measured(float(value))} with {int(depth)} layers" for depth, value in pairs)
    limit = answer["limit_convexity"]
    ends = f"; its limit is about {measured(limit)}" if np.isfinite(limit) else "; no limit is told"
    return f"ν and 2λ + ν of the same θ(t) against the number of layers. 2λ + ν is {said}{ends}."


def _spans(answer: CurvatureDepths, curve: _Curve) -> list[tuple[float, float]]:
    """Between what a curve's values lie for certain, that of the limit last where it is told."""
    nu, shift = answer["nu"], curve.values - answer["nu"]
    lows = (np.minimum(answer["floor"], nu) + shift).tolist()
    highs = (nu + answer["bound"] + shift).tolist()
    limit, error = curve.limit, answer["limit_error"]
    if np.isfinite(limit):
        lows, highs = [*lows, limit - error], [*highs, limit + error]
    return list(zip(lows, highs, strict=True))


def _bars(
    x: Sequence[float] | Array, spans: Sequence[tuple[float, float]], scale: SymlogAxis, colour: str
) -> dict[str, Any]:
    """Upright bars."""
    places, ends = list[float | None](), list[float | None]()
    for place, span in zip(x, spans, strict=True):
        places += [float(place), float(place), None]
        ends += [*(float(scale.place(end)) for end in span), None]
    line = {"color": colour, "width": 1.4}
    return {"type": "scatter", "mode": "lines", "x": places, "y": ends, "line": line, "hoverinfo": "skip"}


def _line(x: Array, y: Array, said: list[str], role: theme.Role, dark: bool) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": y,
        "line": {"color": role.colour(dark), "dash": role.dash, "width": theme.LINE},
        "marker": {"symbol": role.symbol, "size": theme.MARKER + 1, "color": role.colour(dark)},
        "hovertext": said,
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _further(x: Array, y: Array, said: list[str], role: theme.Role, dark: bool) -> dict[str, Any]:
    """From the last value to the limit, which is hollow."""
    curve = _line(x, y, ["", *said], role, dark)
    marker = curve["marker"] | {"symbol": [role.symbol, f"{role.symbol}-open"]}
    return curve | {"line": curve["line"] | {"dash": "dot"}, "marker": marker}
