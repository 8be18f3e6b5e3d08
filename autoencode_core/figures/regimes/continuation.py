"""A continuation in λ: the branch that comes down and the branch that goes up in one picture."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.panels import GLYPHS, Entry, Panel, WeightAxis, level, three_panels, value_axis
from autoencode_core.figures.regimes.bands import band_shapes, band_words, bands
from autoencode_core.figures.regimes.endings import ending_words, on_the_way, pale_key
from autoencode_core.figures.regimes.ode_difference import ode_words, stroke_key, strokes
from autoencode_core.figures.regimes.strip import panel_figure
from autoencode_core.figures.regimes.study_marks import edge, run_words
from autoencode_core.glossary import plain
from autoencode_core.rest import rest_name
from autoencode_core.store.study import Outcome, Study
from autoencode_core.words import as_set, measured, stretches

Array = NDArray[Any]

_BRANCHES = {"down": "◀ down: λ falls", "up": "up: λ grows ▶"}
_ABOVE = 1e-3
"""J is above that of the flow at rest from this share on."""
_NEAR = 0.18
"""Jumps no further apart than this share of both axes have one word."""
_BANDS = {True: ("hysteresis", "several"), False: ("the branches agree", "agree"), None: ("", "")}


def continuation_figure(study: Study, *, dark: bool = False, stacked: bool = False) -> go.Figure:
    """J, test data term and ‖θ‖² along both branches, with jumps and the stretch where the branches differ.

    The customdata of a mark is its place in study.outcomes; one that has not converged is hollow, and a
    stroke goes through one that left its ODE.

    Args:
        study: a continuation.
        dark: whether the page is dark.
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
    values = [
        [read(study.outcomes[i]) for branch in _BRANCHES for i in _steps(study, branch)] for read in readings
    ]
    head = 0.26 if metastable(study) else 0.18
    y_cost = value_axis([*values[0], study.zero[0]], dark, head)
    y_term = value_axis([*values[1], study.zero[1]], dark)
    rest, log = rest_name(study.spec), y_cost["type"] == "log"
    lines = [
        level(panels[0], study.zero[0], f"{rest}, train: {measured(study.zero[0])}", dark, log, below=True),
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
            *_jump_words(study, axis, panels[0], y_cost, dark),
            *_metastable_words(study, axis, panels[0], log, dark),
            panels[0].heading(dark, "Cost J", "flow coordinates"),
            panels[1].heading(dark, "Data term, test"),
            panels[2].heading(dark, "‖θ‖²", "in L²(0,T)"),
        ],
        groups=[_key(study, dark)],
        stacked=stacked,
    )


def differs(study: Study, weight: float) -> bool | None:
    """Whether the branches stand at different minimisers of a λ; None where one has not converged there."""
    there = {study.outcomes[i].branch: study.outcomes[i].minimiser for i in study.at(weight)}
    if there.get("down") is None or there.get("up") is None:
        return None
    return there["down"] != there["up"]


def metastable(study: Study) -> list[float]:
    """Values of λ at which the branch that goes up has converged elsewhere than at rest, where J is lower."""
    return [
        study.outcomes[i].tikhonov
        for i in _steps(study, "up")
        if study.outcomes[i].converged
        and study.outcomes[i].cost > (1 + _ABOVE) * study.zero[0]
        and differs(study, study.outcomes[i].tikhonov) is not False
    ]


def continuation_words(study: Study) -> str:
    """What the two branches show, in sentences."""
    known = {weight: differs(study, weight) for weight in study.weights}
    apart, open_ = (
        stretches([weight for weight in study.weights if known[weight] is word], study.weights)
        for word in (True, None)
    )
    said = (
        f"The branches differ at λ = {apart}: hysteresis, what is found depends on where one came from."
        if apart
        else "The branches do not differ."
    )
    if open_:
        unknown = f"Whether the branches differ at λ = {open_} is not known: not both converged there."
        said = f"{said} {unknown}" if apart else unknown
    jumps = [f"{o.branch} at λ = {as_set(o.tikhonov, 2)}" for o in study.outcomes if o.jump]
    above = [as_set(weight, 2) for weight in metastable(study)]
    more = [f"Jumps: {theme.join(jumps)}."] * bool(jumps)
    if above:
        more.append(
            f"At λ = {theme.join(above)} the upward branch is metastable, a minimiser but not the "
            f"best one: J is above {rest_name(study.spec)}."
        )
    parts = ["J, data term and ‖θ‖² as λ falls and as it grows.", said, *more]
    parts += [ending_words(study), ode_words(study)]
    return " ".join(filter(None, parts))


def _steps(study: Study, branch: str) -> list[int]:
    """Places of a branch in the order in which it was walked; what diverged is left out."""
    return [
        i
        for i, o in enumerate(study.outcomes)
        if o.branch == branch and o.status != "diverged" and np.isfinite([o.cost, o.square]).all()
    ]


def _branch(
    study: Study,
    axis: WeightAxis,
    panel: Panel,
    branch: str,
    read: Callable[[Outcome], float],
    dark: bool,
) -> list[dict[str, Any]]:
    """A branch: its line, dotted where it jumps, and its marks, hollow where it has not converged."""
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
    outcomes, size = [study.outcomes[i] for i in places], 11 if panel.number == "" else 8
    x, y = [_x(study, axis, i) for i in places], [read(outcome) for outcome in outcomes]
    waits = [on_the_way(outcome) for outcome in outcomes]
    looks = [edge(colour, dark, wait) for wait in waits]
    marks = {
        "type": "scatter",
        "mode": "markers",
        "name": branch,
        "x": x,
        "y": y,
        "customdata": places,
        "hovertext": [_words(outcome) for outcome in outcomes],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "marker": {
            "symbol": [role.symbol + "-open" * wait for wait in waits],
            "color": [colour] * len(places),
            "size": size,
            "line": {name: [look[name] for look in looks] for name in ("color", "width")},
        },
        **panel.axes,
    }
    return [*traces, marks, *strokes(outcomes, x, y, size, panel, dark)]


def _x(study: Study, axis: WeightAxis, place: int) -> float:
    return axis.place(study.outcomes[place].tikhonov)


def _words(outcome: Outcome) -> str:
    lines = [run_words(outcome, None)]
    if outcome.moved is not None:
        lines.append(
            f"reconstructions moved by {measured(outcome.moved, 2)} of the variance"
            + ": a jump" * outcome.jump
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


def _jump_words(
    study: Study, axis: WeightAxis, panel: Panel, y: dict[str, Any], dark: bool
) -> list[dict[str, Any]]:
    """The word "jump" where a branch arrives after one; neighbouring jumps share theirs."""
    log, (low, high) = y["type"] == "log", y["range"]
    notes = []
    ends = axis.edges()

    def place(outcome: Outcome) -> Array:
        across = (axis.log(outcome.tikhonov) - ends[0]) / (ends[-1] - ends[0])
        return np.array([across, (_height(outcome, log) - low) / (high - low)])

    for group in _neighbours(study, place):
        branches = {outcome.branch for outcome in group}
        role = group[0].branch if len(branches) == 1 else "ink"
        refs = {"xref": panel.axes["xaxis"], "yref": panel.axes["yaxis"]}
        refs |= {"xanchor": "center", "yanchor": "top"}
        x = float(np.mean([axis.log(outcome.tikhonov) for outcome in group]))
        lowest = min(_height(outcome, log) for outcome in group)
        font = {"color": theme.colour(role, dark), "size": theme.SMALL}
        word = "jump" if len(group) == 1 else "jumps"
        notes.append(theme.note(dark, word, x, lowest, font=font, yshift=-9, **refs))
    return notes


def _neighbours(study: Study, place: Callable[[Outcome], Array]) -> list[list[Outcome]]:
    """Runs after a jump, those together that stand near each other.

    Args:
        study: the study.
        place: where a run stands, (2,) as shares of the panel.
    """
    jumped = [study.outcomes[i] for branch in _BRANCHES for i in _steps(study, branch)]
    jumped = sorted((o for o in jumped if o.jump), key=lambda o: o.tikhonov)
    groups: list[list[Outcome]] = []
    for outcome in jumped:
        for group in groups:
            if (np.abs(place(outcome) - place(group[-1])) <= _NEAR).all():
                group.append(outcome)
                break
        else:
            groups.append([outcome])
    return groups


def _metastable_words(
    study: Study, axis: WeightAxis, panel: Panel, log: bool, dark: bool
) -> list[dict[str, Any]]:
    """The word "metastable" above the stretch of which it is true."""
    weights = metastable(study)
    if not weights:
        return []
    there = [o for o in study.outcomes if o.branch == "up" and o.tikhonov in weights]
    x = (axis.log(min(weights)) + axis.log(max(weights))) / 2
    font = {"color": theme.colour("up", dark), "size": theme.SMALL}
    place = {"xref": panel.axes["xaxis"], "yref": panel.axes["yaxis"], "xanchor": "center", "yshift": 8}
    place["hovertext"] = plain("metastable")
    return [theme.note(dark, "metastable", x, max(_height(o, log) for o in there), font=font, **place)]


def _height(outcome: Outcome, log: bool) -> float:
    return float(np.log10(outcome.cost)) if log else outcome.cost


def _key(study: Study, dark: bool) -> list[Entry]:
    entries = [
        (GLYPHS[theme.ROLES[branch].symbol], theme.colour(branch, dark), words)
        for branch, words in _BRANCHES.items()
        if _steps(study, branch)
    ]
    if any(outcome.jump for outcome in study.outcomes):
        entries.append(("┄", theme.colour("ink", dark), "dotted: a jump"))
    return [*entries, *pale_key(study, dark, "△"), *stroke_key(study, dark)]
