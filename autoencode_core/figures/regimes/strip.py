"""The regime strip: what λ does to J, its two parts and the ODE, and for which λ all seeds agree."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.figures.panels import (
    BOTTOM,
    KEY,
    KEY_LINE,
    LEFT,
    RIGHT,
    Entry,
    Panel,
    WeightAxis,
    four_panels,
    key,
    level,
    numbers_above,
    three_panels,
    value_axis,
)
from autoencode_core.figures.regimes.bands import band_shapes, band_words, bands
from autoencode_core.figures.regimes.endings import ending_words, pale_key, sound
from autoencode_core.figures.regimes.ode_difference import (
    difference_axis,
    drawn,
    left_ode,
    levels,
    ode_known,
    ode_words,
    stroke_key,
)
from autoencode_core.figures.regimes.study_marks import mark_traces, rank_key, run_words
from autoencode_core.rest import rest_name
from autoencode_core.store.study import Study
from autoencode_core.words import measured, stretches

_TALL, _STACKED_TALL = {3: 286, 4: 410}, {3: 560, 4: 720}
"""Pixels from the foot of the lowest panel to the head of the highest, by how many there are."""
_STATES = {"several": ("several minimisers", "several"), "agree": ("all seeds agree", "agree")}
_STATES |= {"some": ("those that converged agree", "agree"), "one": ("one seed", "PCA")}
_STATES |= {"single": ("one has converged", "PCA"), "waiting": ("none has converged", "PCA")}
_STATES |= {"none": ("all diverged", "PCA")}
"""What is said of a λ, and the role of its band."""


def strip_figure(study: Study, *, dark: bool = False, stacked: bool = False) -> go.Figure:
    """J, data term and ‖θ‖² against λ: a mark a seed, their spread shaded, their median a line.

    Where it is known, below them the ODE difference. The symbol of a mark says which minimiser of its λ it
    is, a bowtie that its run has not converged, a stroke through it that it left its ODE; its customdata is
    its place in study.outcomes.

    Args:
        study: a strip.
        dark: whether the page is dark.
        stacked: whether the panels stand below each other, for narrow pages.
    """
    axis, panels = WeightAxis(study.weights), (four_panels if ode_known(study) else three_panels)(stacked)
    cost, term, square = panels[:3]
    states = [state(study, weight) for weight in study.weights]
    found = bands(axis, [_STATES[word] for word in states])
    head = 0.22 if found else 0.06
    lost = [i for i, outcome in enumerate(study.outcomes) if outcome.status == "diverged"]
    draw, rest = _Drawn(study, axis, dark), rest_name(study.spec)
    traces = [*draw.spread(cost, "cost"), *draw.spread(term, "data_term")]
    traces += [*draw.spread(term, "test_term", test=True), *draw.spread(square, "square")]
    traces += [*draw.marks(cost, "cost"), *draw.marks(term, "data_term")]
    traces += [*draw.marks(term, "test_term", test=True), *draw.marks(square, "square")]
    names = ("cost", "data_term", "test_term", "square")
    columns = {name: [getattr(o, name) for o in sound(study)] for name in names}
    y_cost = value_axis([*columns["cost"], study.zero[0]], dark, head)
    y_term = value_axis([*columns["data_term"], *columns["test_term"], *study.zero], dark)
    y_square = value_axis([*columns["square"], 0.0], dark, zero=True)
    traces += draw.lost(cost, lost, y_cost)
    zero = [
        level(
            cost, study.zero[0], f"{rest}, train: {measured(study.zero[0])}", dark, y_cost["type"] == "log"
        ),
        level(term, study.zero[0], rest, dark, y_term["type"] == "log"),
    ]
    beside = [_difference(panel, study, draw, dark) for panel in panels[3:]]
    return panel_figure(
        dark,
        panels,
        axis,
        (y_cost, y_term, y_square, *(part.axis for part in beside)),
        [*traces, *(trace for part in beside for trace in part.traces)],
        shapes=[
            *band_shapes(found, panels[:3], dark),
            *(shape for shape, _ in zero),
            *(shape for part in beside for shape in part.shapes),
        ],
        notes=[
            *band_words(found, cost, axis, dark),
            *numbers_above(_counts(study), "minimisers", axis, cost, dark),
            *(note for _, note in zero),
            cost.heading(dark, "Cost J", "flow coordinates", raised=22),
            term.heading(dark, "Data term"),
            square.heading(dark, "‖θ‖²", "in L²(0,T)"),
            *(_nothing(panel, dark) for panel in panels[1:] if lost and not sound(study)),
            *(note for part in beside for note in part.notes),
        ],
        groups=[rank_key(study, dark), _line_key(study, dark)],
        raised=KEY + KEY_LINE,
        stacked=stacked,
    )


def state(study: Study, weight: float) -> str:
    """What the runs of a λ say.

    "several" minimisers; all seeds "agree", or "some" do, namely those that converged; a "single" one did;
    all are still "waiting" for it; there is but "one" seed; "none" is finite.
    """
    runs = [study.outcomes[place] for place in study.at(weight)]
    converged = sum(outcome.converged for outcome in runs)
    if all(outcome.status == "diverged" for outcome in runs):
        return "none"
    if not converged:
        return "waiting"
    if study.minimisers(weight) > 1:
        return "several"
    if len(runs) == 1:
        return "one"
    return "single" if converged == 1 else "agree" if converged == len(runs) else "some"


def strip_words(study: Study) -> str:
    """What the strip shows, in sentences."""
    said: dict[str, list[float]] = {}
    for weight in study.weights:
        said.setdefault(_STATES[state(study, weight)][0], []).append(weight)
    parts = [f"{words} at λ = {stretches(weights, study.weights)}" for words, weights in said.items()]
    seeds = len(study.seeds)
    head = f"J, data term and ‖θ‖² of {seeds} seed{'s' * (seeds != 1)} against λ"
    if not parts:
        return f"{head}: no run has ended."
    return " ".join(filter(None, (f"{head}: {'; '.join(parts)}.", ending_words(study), ode_words(study))))


def panel_figure(
    dark: bool,
    panels: Sequence[Panel],
    axis: WeightAxis,
    values: Sequence[dict[str, Any]],
    traces: list[dict[str, Any]],
    shapes: list[dict[str, Any]],
    notes: list[dict[str, Any]],
    groups: Sequence[Sequence[Entry]],
    raised: int = KEY,
    stacked: bool = False,
    empty: str = "No run has ended.",
) -> go.Figure:
    """A figure of panels over λ.

    Args:
        dark: whether the page is dark.
        panels: the panels; the first is the large one.
        axis: the axis of λ.
        values: settings of each panel's y axis.
        traces: of all panels.
        shapes: of all panels.
        notes: of all panels.
        groups: entries of the key, by lines.
        raised: pixels from the panels to their key.
        stacked: whether the panels stand below each other.
        empty: words where there is nothing to show.
    """
    explained = key(dark, groups, raised)
    top = raised + KEY_LINE * len(explained) + 6
    height = top + (_STACKED_TALL if stacked else _TALL)[len(panels)] + BOTTOM
    axes: dict[str, Any] = {}
    for panel, y in zip(panels, values, strict=True):
        small = panel.across[1] - panel.across[0] < 0.5
        words = "" if panel.up[0] else "λ" if small else "Tikhonov weight λ"
        x = axis.settings(dark, small or stacked, words)
        axes[f"xaxis{panel.number}"] = {**x, "domain": panel.across, "anchor": f"y{panel.number}"}
        axes[f"yaxis{panel.number}"] = {**y, "domain": panel.up, "anchor": f"x{panel.number}"}
    marked = [trace["y"] for trace in traces if trace["mode"] == "markers"]
    if not any(y is not None for places in marked for y in places):
        traces = [{"type": "scatter", "x": [None], "y": [None], **panel.axes} for panel in panels]
        notes = [*notes, theme.note(dark, empty, panels[0].across[0], _middle(panels[0]) + 0.06, xshift=8)]
    layout = theme.layout(
        dark,
        height=height,
        margin={"l": LEFT, "r": RIGHT, "t": top, "b": BOTTOM},
        annotations=[*notes, *explained, *axis.breaks(dark, panels)],
        shapes=shapes,
        hovermode="closest",
        **axes,
    )
    return go.Figure(data=traces, layout=layout)


def _line_key(study: Study, dark: bool) -> list[Entry]:
    ink, muted = theme.colour("ink", dark), theme.colour("muted", dark)
    entries: list[Entry] = []
    if len(study.seeds) > 1 and sound(study):
        entries += [("━", ink, "median"), ("█", theme.translucent(ink, 0.25), "spread of the seeds")]
    if sound(study):
        entries.append(("○", ink, "test particles"))
    lost = len(sound(study)) < len(study.outcomes)
    return [*entries, *[("✕", muted, "diverged")] * lost, *pale_key(study, dark), *stroke_key(study, dark)]


class _Part(NamedTuple):
    """What a panel adds to a figure."""

    axis: dict[str, Any]
    traces: list[dict[str, Any]]
    shapes: list[dict[str, Any]]
    notes: list[dict[str, Any]]


def _difference(panel: Panel, study: Study, draw: "_Drawn", dark: bool) -> _Part:
    """The panel of the ODE difference."""
    lines, words = levels(panel, dark)
    heading = panel.heading(dark, "ODE difference", "of the spread")
    marks = mark_traces(study, panel, dark, draw.place, drawn)
    return _Part(difference_axis(study, dark), marks, lines, [heading, *words])


def _counts(study: Study) -> list[str]:
    """How many minimisers were found at each λ, in brackets where runs that left their ODE are among them."""
    counts = []
    for weight in study.weights:
        count = str(study.minimisers(weight) or "–")
        runs = (study.outcomes[i] for i in study.at(weight))
        counts.append(f"({count})" if any(o.converged and left_ode(o) for o in runs) else count)
    return counts


def _nothing(panel: Panel, dark: bool) -> dict[str, Any]:
    """What a panel says where every run diverged."""
    anchors = {"xanchor": "center", "yanchor": "middle"}
    return theme.note(dark, "all runs diverged", sum(panel.across) / 2, _middle(panel), **anchors)


def _middle(panel: Panel) -> float:
    return sum(panel.up) / 2


class _Drawn:
    """The parts of a strip, each as traces."""

    def __init__(self, study: Study, axis: WeightAxis, dark: bool) -> None:
        self.study, self.axis, self.dark = study, axis, dark

    def place(self, i: int) -> float:
        """Where a run stands, by its number."""
        outcome, seeds = self.study.outcomes[i], self.study.seeds
        return self.axis.place(outcome.tikhonov, seeds.index(outcome.seed), len(seeds))

    def marks(self, panel: Panel, key: str, test: bool = False) -> list[dict[str, Any]]:
        """Every seed."""
        return mark_traces(self.study, panel, self.dark, self.place, lambda o: getattr(o, key), test)

    def lost(self, panel: Panel, places: Sequence[int], y: dict[str, Any]) -> list[dict[str, Any]]:
        """Runs that diverged, at the foot of a panel."""
        if not places:
            return []
        low, high = y["range"]
        foot = low + 0.03 * (high - low)
        mark = {"symbol": "x-open", "size": 9, "color": theme.colour("muted", self.dark)}
        return [
            {
                "type": "scatter",
                "mode": "markers",
                "name": "diverged",
                "x": [self.place(place) for place in places],
                "y": [float(10**foot if y["type"] == "log" else foot)] * len(places),
                "customdata": list(places),
                "hovertext": [run_words(self.study.outcomes[place], None) for place in places],
                "hovertemplate": "%{hovertext}<extra></extra>",
                "marker": {**mark, "line": {"width": 1.4}},
                **panel.axes,
            }
        ]

    def spread(self, panel: Panel, key: str, test: bool = False) -> list[dict[str, Any]]:
        """From the lowest to the highest seed as a shade, the median as a line."""
        many, ends = len(self.study.seeds) > 1, 10 ** (self.axis.room / 2)
        ink = theme.colour("muted" if test else "ink", self.dark)
        common = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", **panel.axes}
        traces = []
        for run in self.axis.runs():
            there = [(weight, values) for weight in run if (values := self._sound(weight, key))]
            if not there:
                continue
            x = [self.axis.place(weight) for weight, _ in there]
            curves = [[float(of(values)) for _, values in there] for of in (min, np.median, max)]
            if many:  # as far as the marks of the first and the last λ reach
                x = [x[0] / ends, *x, x[-1] * ends]
                curves = [[values[0], *values, values[-1]] for values in curves]
                low, _, high = curves
                shade: dict[str, Any] = {"fill": "toself", "fillcolor": theme.translucent(ink, 0.16)}
                shade |= {"x": [*x, *x[::-1]], "y": [*high, *low[::-1]], "line": {"width": 0}}
                traces.append({**common, **shade, "name": "spread of the seeds"})
            line = {"color": ink, "width": 1.6, "dash": "dash" if test else "solid"}
            traces.append({**common, "x": x, "y": curves[1], "line": line, "name": "median"})
        return traces

    def _sound(self, weight: float, key: str) -> list[float]:
        values = [getattr(outcome, key) for outcome in sound(self.study) if outcome.tikhonov == weight]
        return [value for value in values if np.isfinite(value)]
