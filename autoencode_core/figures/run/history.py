"""How the training went: cost and errors against the iteration."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.changes import Change, change_in_words
from autoencode_core.figures import theme
from autoencode_core.figures.arrays import finite
from autoencode_core.figures.log_axis import power_marks
from autoencode_core.figures.run.live_history import labelled
from autoencode_core.ode import share
from autoencode_core.units import percent
from autoencode_core.words import measured

Array = NDArray[Any]

_TALL, _SMALL, _TOP, _BOTTOM, _APART = 172, 96, 34, 46, 46
"""Pixels: height of a panel, of the small one, and what is above, below and between them."""
_COST = {"cost": "cost J", "data_term": "data term", "penalty": "penalty λ‖θ‖²"}
_ERRORS = {"train_error": "train", "test_error": "test"}
_ROLES = {
    "cost J": "cost",
    "penalty λ‖θ‖²": "penalty",
    "network": "ODE difference",
    "allowed": "level",
    "PCA, test": "PCA",
}
_LEVELS = ("PCA, test", "allowed")
_LABEL = 16
"""Pixels between two labels at least."""
_CLOSE = 0.25
"""Doublings that are no further apart than this share of the axis have one mark."""


_DOUBLED = "Sub-steps r of a layer from here on: doubled so that the network keeps to its ODE."
_BY_HAND = "Changed by hand as it trained: from the next iteration on J has this λ, the method this step."


class _Plot(NamedTuple):
    """What one panel shows: heading, title of its axis, lines by name, pixels, whether in per cent."""

    heading: str
    title: str
    lines: dict[str, Array]
    tall: int = _TALL
    share: bool = False


def history_figure(
    history: Mapping[str, Sequence[float]],
    *,
    dark: bool = False,
    changes: Sequence[Change] = (),
    pca_error: float | None = None,
    tolerance: float | None = None,
    unit: str = "flow coordinates",
) -> go.Figure:
    """Cost with its two parts, errors with the level of PCA, and ODE difference, against the iteration.

    Axes are logarithmic where everything on them is positive; what is not finite (a diverged run) is
    left out. Each line has its name and last value at its end. Where the sub-steps were doubled to keep to
    the ODE, or where λ or the step was changed by hand, a line says so. The ODE difference has a panel only
    where it is known (not in runs of old) and anywhere above 0.

    Args:
        history: HISTORY keys to equal-length lists; lines whose key is missing are left out.
        dark: whether the page is dark.
        changes: that were made by hand.
        pca_error: error of PCA with as many components, None where it does not apply.
        tolerance: largest ODE difference that training allows (RunSpec.fidelity), None where there is none.
        unit: of the errors.
    """
    x = np.asarray(history.get("iteration", ()), float)
    panels = _panels(history, x, pca_error, tolerance, unit)
    height = sum(panel.tall for panel in panels) + _APART * (len(panels) - 1)
    span = [float(x.min()), max(float(x.max()), float(x.min()) + 1)] if len(x) else [0.0, 1.0]
    doublings = _doublings(history, x)
    annotations = [_mark(place, words, span, dark, _DOUBLED) for place, words in _marks(doublings, span)]
    places = [float(change.iteration) for change in changes]
    for change, named in zip(changes, labelled(places, _CLOSE * (span[1] - span[0])), strict=True):
        if named:
            about = change.iteration, change_in_words(change), span, dark, _BY_HAND, _LABEL
            annotations.append(_mark(*about))
    traces, axes = [], {}
    top, last = float(height), len(panels)
    for i, panel in enumerate(panels, 1):
        number, bottom = str(i) if i > 1 else "", max(0.0, top - panel.tall)
        drawn = _draw(x, panel, (f"x{number}", f"y{number}"), dark)
        traces += drawn["traces"]
        heading = theme.note(dark, panel.heading, 0, top / height, yshift=4, font=_title(dark))
        annotations += [*drawn["labels"], heading]
        below = {"title": "iteration"} if i == last else {"matches": f"x{last}", "showticklabels": False}
        axes[f"xaxis{number}"] = theme.axis(dark, range=span, anchor=f"y{number}", **below)
        domain = [bottom / height, top / height]
        axes[f"yaxis{number}"] = theme.axis(
            dark, panel.title, domain=domain, anchor=f"x{number}", **drawn["axis"]
        )
        top = bottom - _APART
    layout = theme.layout(
        dark,
        height=height + _TOP + _BOTTOM,
        shapes=[_upright(place, dark) for place in (*(place for place, _ in doublings), *places)],
        margin={"l": 84, "r": 134, "t": _TOP, "b": _BOTTOM},
        hovermode="x",
        annotations=annotations,
        **axes,
    )
    return go.Figure(data=traces, layout=layout)


def _panels(
    history: Mapping[str, Sequence[float]],
    x: Array,
    pca_error: float | None,
    tolerance: float | None,
    unit: str,
) -> list[_Plot]:
    costs = {word: _series(history, key, x) for key, word in _COST.items() if key in history}
    errors = {word: _series(history, key, x) for key, word in _ERRORS.items() if key in history}
    if pca_error is not None and np.isfinite(pca_error):
        errors["PCA, test"] = np.full(len(x), float(pca_error))
    panels = [
        _Plot("Cost J = data term + penalty", "cost", costs),
        _Plot("Errors", f"mean squared distance<br>({unit})", errors),
    ]
    differences = _series(history, "ode_difference", x) if "ode_difference" in history else x[:0]
    differences[differences <= 0] = np.nan
    if np.isfinite(differences).any():
        lines = {"network": differences}
        if tolerance:
            lines["allowed"] = np.full(len(x), float(tolerance))
        panels.append(_Plot("ODE difference, roughly", "of the spread", lines, _SMALL, True))
    return panels


def _series(history: Mapping[str, Sequence[float]], key: str, x: Array) -> Array:
    values = [np.nan if value is None else value for value in history[key]]
    return finite(np.asarray(values, float))[: len(x)]


def _doublings(history: Mapping[str, Sequence[float]], x: Array) -> list[tuple[float, int]]:
    """The iterations at which the sub-steps were doubled, and to how many."""
    substeps = _series(history, "substeps", x) if "substeps" in history else x[:0]
    known = np.flatnonzero(np.isfinite(substeps))
    return [(float(x[i]), int(substeps[i])) for k, i in pairwise(known) if substeps[i] != substeps[k]]


def _marks(doublings: Sequence[tuple[float, int]], span: Sequence[float]) -> list[tuple[float, str]]:
    """Place and words of the marks: doublings close to each other have one, at the first of them."""
    marks: list[tuple[float, str]] = []
    for place, substeps in doublings:
        if marks and place - marks[-1][0] <= _CLOSE * (span[1] - span[0]):
            marks[-1] = (marks[-1][0], f"{marks[-1][1]}, {substeps}")
        else:
            marks.append((place, f"r = {substeps}"))
    return marks


def _upright(place: float, dark: bool) -> dict[str, Any]:
    line = {"color": theme.colour("ink", dark), "width": 1, "dash": "dot"}
    return {"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _mark(
    place: float, words: str, span: Sequence[float], dark: bool, hover: str, lower: int = 0
) -> dict[str, Any]:
    return {
        "text": words,
        "hovertext": hover,
        "x": place,
        "y": 1,
        "yref": "paper",
        "xanchor": "left" if place < 0.25 * span[0] + 0.75 * span[1] else "right",
        "yanchor": "top",
        "yshift": -lower,
        "showarrow": False,
        "font": {"color": theme.colour("ink", dark), "size": theme.TEXT},
    }


def _title(dark: bool) -> dict[str, Any]:
    return {"color": theme.colour("ink", dark), "size": theme.TITLE}


def _draw(x: Array, panel: _Plot, axes: tuple[str, str], dark: bool) -> dict[str, Any]:
    """Traces, y axis settings and end labels of one panel."""
    shown = {word: y for word, y in panel.lines.items() if np.nan_to_num(y).any()}
    values = np.concatenate([y[np.isfinite(y)] for y in shown.values()]) if shown else np.array([0.0, 1.0])
    log = bool(shown) and bool((values > 0).all())
    low, high = float(values.min()), float(values.max())
    if log:
        low, high = np.log10(low), np.log10(high)
    pad = 0.08 * (high - low) if high > low else (0.3 if log else max(0.1 * abs(high), 0.1))
    span = [float(low - pad), float(high + pad)]
    axis: dict[str, Any] = {"type": "log" if log else "linear", "range": span, "nticks": 5}
    if log:
        marks = power_marks(span[0], span[1], 5)
        axis |= marks | ({"ticktext": [percent(at) for at in marks["tickvals"]]} if panel.share else {})
    traces = [_line(word, x, y, axes, panel, dark) for word, y in shown.items()]
    return {"traces": traces, "axis": axis, "labels": _end_labels(shown, axes, span, log, panel, dark)}


def _line(word: str, x: Array, y: Array, axes: tuple[str, str], panel: _Plot, dark: bool) -> dict[str, Any]:
    role = theme.ROLES[_role(word)]
    colour = role.colour(dark)
    shape = "hv" if word == "network" else "linear"  # it is looked at now and then, and kept in between
    few = len(x) <= 30 and word not in _LEVELS
    return {
        "type": "scatter",
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
        "name": word,
        "mode": "lines+markers" if few else "lines",
        "line": {"color": colour, "dash": role.dash, "shape": shape, "width": theme.LINE},
        "marker": {"color": colour, "symbol": role.symbol, "size": 6},
        "hovertemplate": f"{word} %{{y:{'.2~%' if panel.share else '.4g'}}}<extra></extra>",
        "xaxis": axes[0],
        "yaxis": axes[1],
    }


def _end_labels(
    lines: Mapping[str, Array],
    axes: tuple[str, str],
    span: list[float],
    log: bool,
    panel: _Plot,
    dark: bool,
) -> list[dict[str, Any]]:
    """Name and last value at the end of each line, pushed apart until none covers another."""
    ends = {word: np.flatnonzero(np.isfinite(y))[-1] for word, y in lines.items()}
    last = {word: float(lines[word][i]) for word, i in ends.items()}
    at = {word: np.log10(value) if log else value for word, value in last.items()}
    order = sorted(at, key=lambda word: at[word])
    pixels = [(at[word] - span[0]) / (span[1] - span[0]) * panel.tall for word in order]
    placed = spread(pixels, _LABEL, 0, panel.tall)
    return [
        {
            "text": f"{word.split(' λ')[0]} {share(last[word]) if panel.share else measured(last[word])}",
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
    return _ROLES.get(word, word)
