"""A continuation in λ: the branch that comes down and the branch that goes up in one picture."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.figures.panels import (
    GLYPHS,
    Panel,
    WeightAxis,
    band_shapes,
    band_words,
    bands,
    key,
    level,
    three_panels,
    value_axis,
)
from autoencode_core.figures.regimes import panel_figure, ring, run_words, zero_name
from autoencode_core.study import Outcome, Study

_BRANCHES = {"down": "◀ down: λ falls", "up": "up: λ grows ▶"}
_BANDS = {True: ("hysteresis", "several"), False: ("the branches agree", "agree"), None: ("", "")}


def continuation_figure(
    study: Study, *, dark: bool = False, picked: int | None = None, stacked: bool = False
) -> go.Figure:
    """J, test data term and ‖θ‖² along both branches, with jumps and the stretch where the branches differ.

    The customdata of a mark is its place in study.outcomes.

    Args:
        study: a continuation.
        dark: whether the page is dark.
        picked: place of a run that is ringed.
        stacked: whether the three panels stand below each other, for narrow pages.
    """
    axis, panels = WeightAxis(study.weights), three_panels(stacked)
    found = bands(axis, [_BANDS[differs(study, weight)] for weight in study.weights])
    readings: list[Callable[[Outcome], float]] = [
        lambda o: o.cost,
        lambda o: o.test_term,
        lambda o: o.square,
    ]
    traces: list[dict[str, Any]] = []
    for panel, read in zip(panels, readings, strict=True):
        traces += _between(study, axis, panel, read, dark)
        for branch in _BRANCHES:
            traces += _branch(study, axis, panel, branch, read, dark)
        if picked is not None and 0 <= picked < len(study.outcomes):
            traces.append(
                ring(panel, axis.place(study.outcomes[picked].tikhonov), read(study.outcomes[picked]), dark)
            )
    values = [[read(outcome) for outcome in study.outcomes] for read in readings]
    y_cost = value_axis([*values[0], study.zero[0]], dark, 0.16 if found else 0.06)
    y_term = value_axis([*values[1], study.zero[1]], dark)
    rest, log = zero_name(study), y_cost["type"] == "log"
    lines = [
        level(panels[0], study.zero[0], f"{rest} {study.zero[0]:.3g}", dark, log, below=True),
        level(panels[1], study.zero[1], rest, dark, y_term["type"] == "log", below=True),
    ]
    return panel_figure(
        dark,
        panels,
        axis,
        (y_cost, y_term, value_axis([*values[2], 0.0], dark, zero=True)),
        traces,
        shapes=[*band_shapes(found, panels, dark), *(shape for shape, _ in lines)],
        notes=[
            *band_words(found, panels[0], axis, dark),
            *(note for _, note in lines),
            *_jump_words(study, axis, panels[0], log, dark),
            panels[0].heading(dark, "Cost J", "flow coordinates"),
            panels[1].heading(dark, "Data term, test", "flow coordinates"),
            panels[2].heading(dark, "‖θ‖²", "control, in L²(0,T)"),
            *key(dark, _key(study, dark)),
        ],
        stacked=stacked,
    )


def differs(study: Study, weight: float) -> bool | None:
    """Whether the branches stand at different minimisers of a λ; None where one of them is missing."""
    there = {study.outcomes[i].branch: study.outcomes[i].minimiser for i in study.at(weight)}
    if there.get("down") is None or there.get("up") is None:
        return None
    return there["down"] != there["up"]


def continuation_words(study: Study) -> str:
    """What the two branches show, in sentences."""
    apart = [f"{weight:.2g}" for weight in study.weights if differs(study, weight)]
    said = f"The branches differ at λ = {theme.join(apart)}." if apart else "The branches do not differ."
    jumps = [f"{o.branch} at λ = {o.tikhonov:.2g}" for o in study.outcomes if o.jump]
    return f"J, data term and ‖θ‖² as λ falls and as it grows. {said}" + (
        f" Jumps: {theme.join(jumps)}." if jumps else ""
    )


def _steps(study: Study, branch: str) -> list[int]:
    """Places of a branch in the order in which it was walked; what diverged is left out."""
    return [
        i
        for i, o in enumerate(study.outcomes)
        if o.branch == branch and np.isfinite([o.cost, o.square]).all()
    ]


def _branch(
    study: Study,
    axis: WeightAxis,
    panel: Panel,
    branch: str,
    read: Callable[[Outcome], float],
    dark: bool,
) -> list[dict[str, Any]]:
    """A branch: its line, dotted where it jumps, and its marks."""
    places, role = _steps(study, branch), theme.ROLES[branch]
    colour = role.colour(dark)
    calm: list[tuple[int, int]] = []
    jumps: list[tuple[int, int]] = []
    for pair in pairwise(places):
        (jumps if study.outcomes[pair[1]].jump else calm).append(pair)
    common = {"type": "scatter", "hoverinfo": "skip", **panel.axes}

    def segments(pairs: Sequence[tuple[int, int]], **line: Any) -> dict[str, Any]:
        x = [at for a, b in pairs for at in (_x(study, axis, a), _x(study, axis, b), None)]
        y = [at for a, b in pairs for at in (read(study.outcomes[a]), read(study.outcomes[b]), None)]
        return {**common, "mode": "lines", "x": x, "y": y, "line": {"color": colour, **line}}

    traces = [segments(calm, width=theme.LINE, dash=role.dash)] if calm else []
    traces += [segments(jumps, width=theme.LINE, dash="dot")] if jumps else []
    marks = {
        "type": "scatter",
        "mode": "markers",
        "name": branch,
        "x": [_x(study, axis, i) for i in places],
        "y": [read(study.outcomes[i]) for i in places],
        "customdata": places,
        "hovertext": [_words(study.outcomes[i]) for i in places],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {
            "symbol": role.symbol,
            "color": colour,
            "size": 11 if panel.number == "" else 8,
            "line": {"color": theme.colour("page", dark), "width": 0.8},
        },
        **panel.axes,
    }
    return [*traces, marks]


def _x(study: Study, axis: WeightAxis, place: int) -> float:
    return axis.place(study.outcomes[place].tikhonov)


def _words(outcome: Outcome) -> str:
    lines = [run_words(outcome, None)]
    if outcome.moved is not None:
        lines.append(
            f"reconstructions moved by {outcome.moved:.2g} of the variance" + ": a jump" * outcome.jump
        )
    return "<br>".join(lines)


def _between(
    study: Study, axis: WeightAxis, panel: Panel, read: Callable[[Outcome], float], dark: bool
) -> list[dict[str, Any]]:
    """What the branches enclose, shaded."""
    values = {
        branch: {study.outcomes[i].tikhonov: read(study.outcomes[i]) for i in _steps(study, branch)}
        for branch in _BRANCHES
    }
    traces = []
    for run in axis.runs():
        common = [weight for weight in run if weight in values["down"] and weight in values["up"]]
        if len(common) < 2:
            continue
        x = [axis.place(weight) for weight in common]
        y = [values["down"][w] for w in common] + [values["up"][w] for w in reversed(common)]
        fill = theme.translucent(theme.colour("ink", dark), 0.14)
        trace = {"type": "scatter", "mode": "lines", "x": [*x, *x[::-1]], "y": y, "fill": "toself"}
        traces.append({**trace, "fillcolor": fill, "line": {"width": 0}, "hoverinfo": "skip", **panel.axes})
    return traces


def _jump_words(study: Study, axis: WeightAxis, panel: Panel, log: bool, dark: bool) -> list[dict[str, Any]]:
    """The word "jump" where a branch arrives after one."""
    notes = []
    for outcome in study.outcomes:
        if not outcome.jump or not np.isfinite(outcome.cost):
            continue
        font = {"color": theme.colour(outcome.branch, dark), "size": theme.SMALL}
        y = float(np.log10(outcome.cost)) if log else outcome.cost
        place = {"xref": panel.axes["xaxis"], "yref": panel.axes["yaxis"]}
        place |= {"xanchor": "center", "yanchor": "top"}
        notes.append(theme.note(dark, "jump", axis.log(outcome.tikhonov), y, font=font, yshift=-9, **place))
    return notes


def _key(study: Study, dark: bool) -> list[tuple[str, str, str]]:
    entries = [
        (GLYPHS[theme.ROLES[branch].symbol], theme.colour(branch, dark), words)
        for branch, words in _BRANCHES.items()
        if _steps(study, branch)
    ]
    if any(outcome.jump for outcome in study.outcomes):
        entries.append(("┄", theme.colour("ink", dark), "dotted: a jump"))
    return entries
