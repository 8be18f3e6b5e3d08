"""How the training went: cost and errors against the iteration."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.geometry import finite

Array = NDArray[Any]

_HEIGHT, _TOP, _BOTTOM, _APART = 470, 34, 46, 46
_COST = {"cost": "cost J", "data_term": "data term", "penalty": "penalty λ‖θ‖²"}
_ERRORS = {"train_error": "train", "test_error": "test"}
_LABEL = 16
"""Pixels between two labels at least."""


def history_figure(
    history: Mapping[str, Sequence[float]], *, dark: bool = False, pca_error: float | None = None
) -> go.Figure:
    """Cost with its two parts, and the errors with the level of PCA, against the iteration.

    Axes are logarithmic where everything on them is positive; what is not finite (a diverged run) is
    left out. Each line has its name and last value at its end. Where the sub-steps were doubled to keep to
    the ODE, a line says so.

    Args:
        history: HISTORY keys to equal-length lists; lines whose key is missing are left out.
        dark: whether the page is dark.
        pca_error: error of PCA with as many components, None where it does not apply.
    """
    x = np.asarray(history.get("iteration", ()), float)
    costs = {word: _series(history, key, x) for key, word in _COST.items() if key in history}
    errors = {word: _series(history, key, x) for key, word in _ERRORS.items() if key in history}
    level = pca_error if pca_error is not None and np.isfinite(pca_error) else None
    if level is not None:
        errors["PCA"] = np.full(len(x), float(level))
    tall = (_HEIGHT - _TOP - _BOTTOM - _APART) / 2
    half = tall / (_HEIGHT - _TOP - _BOTTOM)
    span = [float(x.min()), max(float(x.max()), float(x.min()) + 1)] if len(x) else [0.0, 1.0]
    upper = _panel(x, costs, ("x", "y"), tall, dark)
    lower = _panel(x, errors, ("x2", "y2"), tall, dark)
    unit = "mean squared distance<br>(data units²)"
    marks = _doublings(history, x)
    layout = theme.layout(
        dark,
        height=_HEIGHT,
        shapes=[_upright(place, dark) for place, _ in marks],
        margin={"l": 84, "r": 150, "t": _TOP, "b": _BOTTOM},
        hovermode="x",
        annotations=[
            *upper.pop("labels"),
            *lower.pop("labels"),
            theme.note(dark, "Cost J = data term + penalty", 0, 1, yshift=4, font=_title(dark)),
            theme.note(dark, "Errors", 0, half, yshift=4, font=_title(dark)),
            *(_mark(place, substeps, dark) for place, substeps in marks),
        ],
        xaxis=theme.axis(dark, range=span, anchor="y", matches="x2", showticklabels=False),
        xaxis2=theme.axis(dark, "iteration", range=span, anchor="y2"),
        yaxis=theme.axis(dark, "cost", domain=[1 - half, 1], anchor="x", **upper.pop("axis")),
        yaxis2=theme.axis(dark, unit, domain=[0, half], anchor="x2", **lower.pop("axis")),
    )
    return go.Figure(data=[*upper["traces"], *lower["traces"]], layout=layout)


def _series(history: Mapping[str, Sequence[float]], key: str, x: Array) -> Array:
    values = [np.nan if value is None else value for value in history[key]]
    return finite(np.asarray(values, float))[: len(x)]


def _doublings(history: Mapping[str, Sequence[float]], x: Array) -> list[tuple[float, int]]:
    """The iterations at which the sub-steps were doubled, and to how many."""
    substeps = [int(r) for r in history.get("substeps", ())][: len(x)]
    return [(float(x[i]), r) for i, r in enumerate(substeps) if i and r != substeps[i - 1]]


def _upright(place: float, dark: bool) -> dict[str, Any]:
    line = {"color": theme.colour("ink", dark), "width": 1, "dash": "dot"}
    return {"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _mark(place: float, substeps: int, dark: bool) -> dict[str, Any]:
    return {
        "text": f"r = {substeps}",
        "hovertext": f"From here on {substeps} sub-steps a layer, so that the network keeps to its ODE.",
        "x": place,
        "y": 1,
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "top",
        "showarrow": False,
        "font": {"color": theme.colour("ink", dark), "size": theme.TEXT},
    }


def _title(dark: bool) -> dict[str, Any]:
    return {"color": theme.colour("ink", dark), "size": theme.TITLE}


def _panel(
    x: Array, lines: Mapping[str, Array], axes: tuple[str, str], tall: float, dark: bool
) -> dict[str, Any]:
    """Traces, y axis settings and end labels of one panel."""
    shown = {word: y for word, y in lines.items() if np.isfinite(y).any() and (np.nan_to_num(y) != 0).any()}
    values = np.concatenate([y[np.isfinite(y)] for y in shown.values()]) if shown else np.array([0.0, 1.0])
    log = bool(shown) and bool((values > 0).all())
    low, high = float(values.min()), float(values.max())
    if log:
        low, high = np.log10(low), np.log10(high)
    pad = 0.08 * (high - low) if high > low else (0.3 if log else max(0.1 * abs(high), 0.1))
    span = [float(low - pad), float(high + pad)]
    axis = {"type": "log" if log else "linear", "range": span, "nticks": 5}
    if log:
        decades = span[1] - span[0]
        axis |= {"tickformat": "~g", **({"dtick": "D2" if decades < 2 else 1} if 0.7 < decades < 6 else {})}
    traces = [_line(word, x, y, axes, dark) for word, y in shown.items()]
    return {"traces": traces, "axis": axis, "labels": _end_labels(x, shown, axes, span, log, tall, dark)}


def _line(word: str, x: Array, y: Array, axes: tuple[str, str], dark: bool) -> dict[str, Any]:
    role = theme.ROLES[_role(word)]
    colour = role.colour(dark)
    few = len(x) <= 30 and word != "PCA"
    return {
        "type": "scatter",
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
        "name": word,
        "mode": "lines+markers" if few else "lines",
        "line": {"color": colour, "dash": role.dash, "width": theme.LINE},
        "marker": {"color": colour, "symbol": role.symbol, "size": 6},
        "hovertemplate": f"{word} %{{y:.4g}}<extra></extra>",
        "xaxis": axes[0],
        "yaxis": axes[1],
    }


def _end_labels(
    x: Array,
    lines: Mapping[str, Array],
    axes: tuple[str, str],
    span: list[float],
    log: bool,
    tall: float,
    dark: bool,
) -> list[dict[str, Any]]:
    """Name and last value at the end of each line, pushed apart until none covers another."""
    ends = {word: np.flatnonzero(np.isfinite(y))[-1] for word, y in lines.items()}
    last = {word: float(lines[word][i]) for word, i in ends.items()}
    at = {word: np.log10(value) if log else value for word, value in last.items()}
    order = sorted(at, key=lambda word: at[word])
    pixels = [(at[word] - span[0]) / (span[1] - span[0]) * tall for word in order]
    placed = spread(pixels, _LABEL, 0, tall)
    return [
        {
            "text": f"{word} {last[word]:.3g}",
            "x": 1,
            "xref": "paper",
            "y": float(at[word]),
            "yref": axes[1],
            "yshift": float(new - old),
            "xshift": 6,
            "xanchor": "left",
            "yanchor": "middle",
            "showarrow": False,
            "font": {"color": theme.colour(_role(word), dark), "size": theme.TEXT},
        }
        for word, old, new in zip(order, pixels, placed, strict=True)
    ]


def spread(places: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Ascending places moved as little as needed to be `apart`, within low and high where they fit."""
    out: list[float] = []
    for place in places:
        out.append(max(place, out[-1] + apart) if out else max(place, low))
    ceiling = high
    for i in reversed(range(len(out))):
        out[i] = min(out[i], ceiling)
        ceiling = out[i] - apart
    return out


def _role(word: str) -> str:
    return {"cost J": "cost", "penalty λ‖θ‖²": "penalty"}.get(word, word)
