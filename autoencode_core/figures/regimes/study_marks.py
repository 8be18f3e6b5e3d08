"""The marks of a study's runs: which minimiser of its λ it is, how the run ended, whether it is an ODE."""

from collections.abc import Callable
from typing import Any

import numpy as np

from autoencode_core.figures import theme
from autoencode_core.figures.panels import GLYPHS, Entry, Panel
from autoencode_core.figures.regimes.endings import UNCONVERGED, ended, pale
from autoencode_core.figures.regimes.ode_difference import run_line, strokes
from autoencode_core.store.study import Outcome, Study
from autoencode_core.words import as_set, measured

_MOST_NAMED = 5


def ranks(study: Study) -> list[int | None]:
    """For each run which minimiser of its λ it found, 0 the one with the lowest J; None: not converged."""
    found: list[int | None] = [None] * len(study.outcomes)
    for weight in study.weights:
        places = study.at(weight)
        numbers = sorted({n for i in places if (n := study.outcomes[i].minimiser) is not None})
        for i in places:
            number = study.outcomes[i].minimiser
            found[i] = None if number is None else numbers.index(number)
    return found


def run_words(outcome: Outcome, rank: int | None) -> str:
    """What the pointer says of a run."""
    which = "" if rank is None else f"<br>minimiser {rank + 1} of its λ" + " (lowest J)" * (rank == 0)
    branch = f", {outcome.branch}" if outcome.branch else ""
    lines = [
        f"λ = {as_set(outcome.tikhonov, 4)}, seed {outcome.seed}{branch}",
        f"J = {measured(outcome.cost, 4)}",
    ]
    lines.append(f"data term {measured(outcome.data_term, 4)}, test {measured(outcome.test_term, 4)}")
    lines.append(f"‖θ‖² = {measured(outcome.square, 4)}")
    lines.append(f"‖∇J‖ = {measured(outcome.gradient_norm, 2)}")
    ending = f"<br>{ended(outcome)}, {outcome.iterations:,} iterations"
    return "<br>".join(lines) + which + ending + (f"<br>{run_line(outcome)}" if outcome.verdict else "")


def mark_traces(
    study: Study,
    panel: Panel,
    dark: bool,
    place: Callable[[int], float],
    value: Callable[[Outcome], float | None],
    hollow: bool = False,
    said: Callable[[Outcome, int | None], str] = run_words,
) -> list[dict[str, Any]]:
    """A mark for every run, one trace for each rank of its minimiser, so that the symbol tells it.

    Runs that have not converged come first, as pale bowties; a stroke goes through those that left their ODE.

    Args:
        study: the study.
        panel: where.
        dark: whether the page is dark.
        place: x of a run by its number.
        value: y of a run; what is None or not finite is left out.
        hollow: whether the marks are outlines.
        said: what the pointer says.
    """
    order = ranks(study)
    found = sorted({rank for rank in order if rank is not None})
    looks: dict[int | None, tuple[str, str]] = {None: (theme.colour("muted", dark), UNCONVERGED)}
    looks |= dict(enumerate(theme.class_colours(max(found, default=0) + 1, dark)))
    traces: list[dict[str, Any]] = []
    over: list[dict[str, Any]] = []
    for rank in (None, *found):
        chosen = [i for i, o in enumerate(study.outcomes) if order[i] == rank and o.status != "diverged"]
        values = [value(study.outcomes[i]) for i in chosen]
        shown = [(i, v) for i, v in zip(chosen, values, strict=True) if v is not None and np.isfinite(v)]
        if not shown:
            continue
        colour, symbol = looks[rank]
        size = 9.5 if panel.number == "" else 7.0
        x, y = [place(i) for i, _ in shown], [v for _, v in shown]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "not converged" if rank is None else f"minimiser {rank + 1}",
                "x": x,
                "y": y,
                "customdata": [i for i, _ in shown],
                "hovertext": [said(study.outcomes[i], rank) for i, _ in shown],
                "hovertemplate": "%{hovertext}<extra></extra>",
                "marker": {
                    "symbol": symbol + "-open" * hollow,
                    "color": pale(colour, dark) if rank is None and not hollow else colour,
                    "size": size,
                    "line": edge(colour, dark, rank is None or hollow),
                },
                **panel.axes,
            }
        )
        over += strokes([study.outcomes[i] for i, _ in shown], x, y, size, panel, dark)
    return [*traces, *over]


def edge(colour: str, dark: bool, own: bool) -> dict[str, Any]:
    """Outline of a mark: of its own colour around a pale or hollow one, thin and of the page's else."""
    return {"color": colour if own else theme.colour("page", dark), "width": 1.4 if own else 0.8}


def rank_key(study: Study, dark: bool) -> list[Entry]:
    """The key of the symbols: which minimiser of its λ a run found."""
    found = sorted({rank for rank in ranks(study) if rank is not None})
    entries = []
    for rank, (colour, symbol) in zip(found, theme.class_colours(len(found), dark), strict=True):
        words = "minimiser 1 (lowest J)" if rank == 0 else f"{rank + 1}"
        last = rank + 1 == _MOST_NAMED < len(found)
        entries.append((GLYPHS[symbol], colour, words + " and more" * last))
    return entries[:_MOST_NAMED]
