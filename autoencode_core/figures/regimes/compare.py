"""Histories of several runs on top of each other: cost and unexplained share against the iteration."""

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.errors import InputError
from autoencode_core.figures import theme
from autoencode_core.figures.arrays import finite
from autoencode_core.figures.findings import course
from autoencode_core.figures.log_axis import power_marks
from autoencode_core.figures.panels import Panel, level, value_axis
from autoencode_core.figures.run.history import spread
from autoencode_core.store.record import RunRecord
from autoencode_core.words import measured

Array = NDArray[Any]

MOST_RUNS = 4
_DASHES = {"solid": "━━", "dash": "╸╸╸", "dot": "▪▪▪", "longdashdot": "━▪━"}
"""How the line of each run is drawn, and the same as letters."""
_HEIGHT, _TOP, _BOTTOM, _LEFT, _LABEL = 520, 34, 50, 58, 17
_NAME, _LINE, _LETTER = 20, 14, 6.6
"""Most letters of a name at the end of a curve, and of one beside its value; pixels of a letter, about."""
_PANELS = {
    "cost": (Panel("", (0, 1), (0.56, 1)), "Cost J", "flow coordinates"),
    "test_error": (Panel("2", (0, 1), (0, 0.44)), "Test error", "mean squared distance, flow coordinates"),
}


def histories_figure(
    records: Sequence[RunRecord], names: Sequence[str], *, dark: bool = False, log_iterations: bool = False
) -> go.Figure:
    """Cost and test error of up to four runs, each with its own colour, dash and a name at its end.

    The test error is told as the share of the variance that it leaves unexplained, but where a run of old
    does not know its variance.

    Args:
        records: the runs.
        names: what they are called.
        dark: whether the page is dark.
        log_iterations: whether the iterations are on a logarithmic axis too (iteration 0 is then left out).

    Raises:
        InputError: there are more than four runs.
    """
    if not 1 <= len(records) <= MOST_RUNS:
        raise InputError("runs", len(records), f"1 to {MOST_RUNS} runs")
    names = _apart(names)
    traces: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    words = _Ends(names)
    x = _iterations(records, dark, log_iterations)
    shares = all(record.summary.get("test_variance") for record in records)
    for column, (panel, title, unit) in _PANELS.items():
        curves = [_curve(record, column, log_iterations) for record in records]
        if column == "test_error" and shares:
            title, unit = "Unexplained", "test error as a share of the variance of the test particles"
            curves = [
                (at, y / record.summary["test_variance"])
                for record, (at, y) in zip(records, curves, strict=True)
            ]
        levels = _levels(records, shares) if column == "test_error" else []
        shown = [*(v for _, values in curves for v in values), *levels]
        y = value_axis([v for v in shown if v > 0], dark)
        if all(v > 0 for v in shown if np.isfinite(v)):
            y |= _logarithmic(shown)
        drawn = [
            level(panel, v, f"PCA, test {measured(v)}", dark, y["type"] == "log", right=True) for v in levels
        ]
        shapes += [shape for shape, _ in drawn]
        notes += [note for _, note in drawn]
        traces += [_line(i, names[i], curve, panel, dark) for i, curve in enumerate(curves)]
        notes += [panel.heading(dark, title, unit), *words.notes(curves, panel, y, dark)]
        last = panel.up[0] == 0
        axes[f"xaxis{panel.number}"] = x | {
            "domain": panel.across,
            "anchor": f"y{panel.number}",
            "showticklabels": last,
            "title": theme.axis(dark, "iteration" if last else "")["title"],
            **({} if last else {"matches": "x2"}),
        }
        axes[f"yaxis{panel.number}"] = y | {"domain": panel.up, "anchor": f"x{panel.number}"}
    margin = {"l": _LEFT, "r": words.room, "t": _TOP, "b": _BOTTOM}
    layout = theme.layout(
        dark, height=_HEIGHT, margin=margin, annotations=notes, shapes=shapes, hovermode="closest", **axes
    )
    return go.Figure(data=traces, layout=layout)


def histories_table(records: Sequence[RunRecord], names: Sequence[str]) -> dict[str, list[Any]]:
    """The curves as columns of one length: run, iteration, and what is known of it.

    Args:
        records: the runs.
        names: what they are called.
    """
    columns = ("iteration", "cost", "data_term", "penalty", "train_error", "test_error")
    table: dict[str, list[Any]] = {"run": [], **{column: [] for column in columns}}
    for record, name in zip(records, names, strict=True):
        count = len(record.history.get("iteration", ()))
        table["run"] += [name] * count
        for column in columns:
            values = list(record.history.get(column, ()))[:count]
            table[column] += [*values, *[None] * (count - len(values))]
    return table


def _levels(records: Sequence[RunRecord], shares: bool) -> list[float]:
    """Where PCA stands on the test particles, once where it is the same for several runs."""
    found = [record.summary.get("pca_unexplained" if shares else "pca_test_error") for record in records]
    return list(dict.fromkeys(float(f"{value:.3g}") for value in found if value and np.isfinite(value)))


def _apart(names: Sequence[str]) -> list[str]:
    """Names without what all of them share: parts between commas, and in long names words at their ends."""
    parts = [name.split(", ") for name in names]
    common = set(parts[0]).intersection(*parts[1:]) if len(parts) > 1 else set()
    short = _distinct([", ".join(part for part in own if part not in common) for own in parts], names)
    if max(map(len, short)) <= _NAME or len(short) == 1:
        return short
    return _distinct([middle for _, middle in _middles(short)], short)


def _middles(names: Sequence[str]) -> list[tuple[str, str]]:
    """Each name without the words that all share at its ends: what stood before, and what is left."""
    words = [re.findall(r"\S+ = \S+|\S+", name) for name in names]  # a knob is one word with its value
    start = _shared(words)
    rest = [own[start:] for own in words]
    end = _shared([own[::-1] for own in rest])
    return [(" ".join(words[0][:start]), " ".join(own[: len(own) - end])) for own in rest]


def _shared(words: Sequence[Sequence[str]]) -> int:
    """How many words all begin with."""
    same = (len(set(column)) == 1 for column in zip(*words, strict=False))
    return sum(1 for _ in takewhile(bool, same))


def _distinct(short: list[str], names: Sequence[str]) -> list[str]:
    """The short names where all have one of their own, else the others."""
    return short if all(short) and len(set(short)) == len(short) else list(names)


def _fitted(names: Sequence[str]) -> list[str]:
    """Names that fit at the end of a curve: cut in the middle, those that then look alike elsewhere."""
    cut = [_cut(name, _NAME) for name in names]
    for alike in set(cut):
        places = [i for i, other in enumerate(cut) if other == alike]
        if len(places) > 1 and len({names[i] for i in places}) > 1:
            for i, (before, middle) in zip(places, _middles([names[i] for i in places]), strict=True):
                left = max(2, _NAME - 1 - min(len(middle), _NAME // 2))
                head = before[:left].rstrip(" ,") + "…" if before else ""
                cut[i] = head + _cut(middle, _NAME // 2)
    return cut


def _cut(name: str, most: int) -> str:
    """A name of at most so many letters: where it is longer, its middle goes."""
    if len(name) <= most:
        return name
    start = most // 2
    return f"{name[:start].rstrip(' ,')}…{name[start + 1 - most :].lstrip(' ,')}"


def histories_alt(records: Sequence[RunRecord], names: Sequence[str]) -> str:
    """What the curves of histories_figure do, run by run.

    Args:
        records: the runs.
        names: what they are called.
    """
    said = [
        f"{name}: {course('cost J', _curve(record, 'cost', False)[1])}, "
        f"{course('test error', _curve(record, 'test_error', False)[1])}"
        for record, name in zip(records, names, strict=True)
    ]
    return "Against the iteration, on logarithmic axes. " + "; ".join(said) + "."


def _curve(record: RunRecord, column: str, log: bool) -> tuple[Array, Array]:
    x = np.asarray(record.history.get("iteration", ()), float)
    values = [np.nan if value is None else value for value in record.history.get(column, ())]
    y = finite(np.asarray(values, float))
    count = min(len(x), len(y))
    shown = slice(int(log and count > 0 and x[0] == 0), count)
    return x[shown], y[shown]


def _iterations(records: Sequence[RunRecord], dark: bool, log: bool) -> dict[str, Any]:
    most = max([1.0, *(float(max(record.history.get("iteration") or [1])) for record in records)])
    if log:
        return theme.axis(
            dark, type="log", range=[0, float(np.log10(max(most, 2.0)))], tickformat=",d", dtick=1
        )
    return theme.axis(dark, range=[0, most], nticks=8, tickformat=",d")


def _logarithmic(values: Sequence[float]) -> dict[str, Any]:
    """A logarithmic axis, however little the values differ."""
    shown = np.log10([value for value in values if np.isfinite(value)] or [1.0])
    low, high = float(shown.min()), float(shown.max())
    pad = 0.08 * (high - low) or 0.3
    return {"type": "log", "range": [low - pad, high + pad], **power_marks(low - pad, high + pad)}


def _line(number: int, name: str, curve: tuple[Array, Array], panel: Panel, dark: bool) -> dict[str, Any]:
    colour, _ = theme.class_colours(MOST_RUNS, dark)[number]
    return {
        "type": "scatter",
        "mode": "lines" if len(curve[0]) > 1 else "markers",
        "name": theme.plain(name),
        "x": curve[0].astype(np.float32),
        "y": curve[1].astype(np.float32),
        "line": {"color": colour, "dash": list(_DASHES)[number], "width": theme.LINE},
        "marker": {"color": colour, "size": 7},
        "hovertemplate": f"{theme.plain(name)}<br>iteration %{{x:,d}}: %{{y:.4g}}<extra></extra>",
        **panel.axes,
    }


class _Ends:
    """Name and last value at the end of each line, on two lines where names are long.

    Attributes:
        room: pixels that they need beside the panel.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = _fitted(names)
        longest = max(map(len, self._names))
        self._two = longest > _LINE
        letters = longest + (0 if self._two else len(": 0.0000"))
        self.room = round(38 + _LETTER * letters)

    def notes(
        self, curves: Sequence[tuple[Array, Array]], panel: Panel, y: dict[str, Any], dark: bool
    ) -> list[dict[str, Any]]:
        """The words of a panel, none on top of another."""
        tall = (panel.up[1] - panel.up[0]) * (_HEIGHT - _TOP - _BOTTOM)
        low, high = y["range"]
        ends = []
        for number, (_, values) in enumerate(curves):
            sound = values[np.isfinite(values)]
            if len(sound):
                at = float(np.log10(sound[-1])) if y["type"] == "log" else float(sound[-1])
                ends.append((at, number, float(sound[-1])))
        ends.sort()
        pixels = [(at - low) / (high - low) * tall for at, *_ in ends]
        moved = spread(pixels, _LABEL * (1 + self._two), 0, tall)
        looks = theme.class_colours(MOST_RUNS, dark)
        return [
            theme.note(
                dark,
                self._words(number, value),
                1,
                at,
                yref=panel.axes["yaxis"],
                xshift=6,
                yshift=new - old,
                yanchor="middle",
                font={"color": looks[number][0], "size": theme.TEXT},
            )
            for (at, number, value), old, new in zip(ends, pixels, moved, strict=True)
        ]

    def _words(self, number: int, value: float) -> str:
        between = ":<br>" if self._two else ": "
        name = theme.plain(self._names[number])
        return f"{list(_DASHES.values())[number]} {name}{between}{measured(value)}"
