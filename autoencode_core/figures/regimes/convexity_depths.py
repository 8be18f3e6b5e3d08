"""ν and 2λ + ν against the number of layers as a picture and a table."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.numbers import rounded
from autoencode_core.figures.panels import GLYPHS, Entry, Panel, level, plot
from autoencode_core.figures.regimes.convexity import CONVEX
from autoencode_core.figures.symlog_axis import SymlogAxis, words

Array = NDArray[Any]
Answer = Mapping[str, Any]

_CURVES = {"2λ + ν": ("convexity", "convexity"), "ν": ("nu", "curvature")}
"""Name of a curve: its column and its role."""
_LIMIT = {"convexity": "limit_convexity", "nu": "limit"}


def curvature_depths_figure(answer: Answer, *, dark: bool = False) -> go.Figure:
    """ν and 2λ + ν of the same θ(t) against the number of layers, with the limit where it is told.

    Args:
        answer: what analysis.curvature_depths says.
        dark: whether the page is dark.
    """
    depths, told = np.asarray(answer["depths"], float), bool(np.isfinite(answer["limit"]))
    spans = {name: _spans(answer, column) for name, (column, _) in _CURVES.items()}
    scale = SymlogAxis([0.0, *(end for span in spans.values() for pair in span for end in pair)])
    end = 2 * depths[-1]
    traces, groups = list[dict[str, Any]](), list[Entry]()
    for name, (column, look) in _CURVES.items():
        role, values = theme.ROLES[look], np.asarray(answer[column], float)
        said = [
            f"{int(depth):,} layers<br>{name} = {words(value, 4)}<br>from {words(low)} to {words(high)}"
            for depth, value, (low, high) in zip(depths, values, spans[name], strict=False)
        ]
        traces += [
            _bars([*depths, end] if told else depths, spans[name], scale, role.colour(dark)),
            _curve(depths, scale.place(values), said, role, dark),
        ]
        if told:
            limit, error = float(answer[_LIMIT[column]]), float(answer["limit_error"])
            said = [f"limit<br>{name} ≈ {words(limit)}<br>give or take {rounded(error)}"]
            last = scale.place(np.array([values[-1], limit]))
            traces.append(_further(np.array([depths[-1], end]), last, said, role, dark))
        groups.append((GLYPHS[role.symbol], role.colour(dark), name))
    key = [[*groups, ("○", theme.colour("ink", dark), "hollow: the limit")] if told else groups]
    zero, _ = level(Panel("", (0, 1), (0, 1)), 0.0, "", dark)
    ticks = [f"{int(depth):,}" for depth in depths] + ["limit"] * told
    places = [*depths, end] if told else depths.tolist()
    reach = [float(np.log10(places[0])) - 0.1, float(np.log10(places[-1])) + 0.1]
    ticked = {"type": "log", "tickvals": places, "ticktext": ticks, "range": reach}
    axes = (theme.axis(dark, "layers of the same θ(t)", **ticked), scale.settings(dark, most=6))
    unit = f"2λ + ν above 0: J is {CONVEX}"
    return plot(dark, "More layers", unit, traces, key, axes, 220, 1, shapes=[zero])


def curvature_depths_table(answer: Answer) -> dict[str, Sequence[Any]]:
    """The levels as columns, the limit as the last row where it is told (its layers are inf)."""
    names = ("nu", "bound", "floor", "convexity", "gradient_norm", "remaining", "cost", "data_term")
    table: dict[str, list[Any]] = {"layers": np.asarray(answer["depths"]).tolist()}
    table |= {name: np.asarray(answer[name]).tolist() for name in names}
    if np.isfinite(answer["limit"]):
        last = {
            "layers": np.inf,
            "nu": float(answer["limit"]),
            "bound": float(answer["limit_error"]),
            "convexity": float(answer["limit_convexity"]),
        }
        for name, column in table.items():
            column.append(last.get(name, np.nan))
    return dict(table)


def curvature_depths_alt(answer: Answer) -> str:
    """The picture in words."""
    pairs = zip(answer["depths"], answer["convexity"], strict=True)
    said = ", ".join(f"{words(float(value))} with {int(depth)} layers" for depth, value in pairs)
    limit = float(answer["limit_convexity"])
    ends = f"; its limit is about {words(limit)}" if np.isfinite(limit) else "; no limit is told"
    return f"ν and 2λ + ν of the same θ(t) against the number of layers. 2λ + ν is {said}{ends}."


def _spans(answer: Answer, column: str) -> list[tuple[float, float]]:
    """Between what a curve's values lie for certain, that of the limit last where it is told."""
    shift = np.asarray(answer[column], float) - np.asarray(answer["nu"], float)
    nu, floor, bound = (np.asarray(answer[name], float) for name in ("nu", "floor", "bound"))
    lows, highs = (np.minimum(floor, nu) + shift).tolist(), (nu + bound + shift).tolist()
    limit, error = float(answer[_LIMIT[column]]), float(answer["limit_error"])
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


def _curve(x: Array, y: Array, said: list[str], role: theme.Role, dark: bool) -> dict[str, Any]:
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
    curve = _curve(x, y, ["", *said], role, dark)
    marker = curve["marker"] | {"symbol": [role.symbol, f"{role.symbol}-open"]}
    return curve | {"line": curve["line"] | {"dash": "dot"}, "marker": marker}
