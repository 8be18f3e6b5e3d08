"""Which runs of a study are ODEs: a panel, a stroke through the marks of those that are none, words."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autoencode_core.figures import theme
from autoencode_core.figures.panels import Entry, Panel, level
from autoencode_core.figures.regimes.endings import counted, sound
from autoencode_core.ode import NEARLY, ODE, share
from autoencode_core.store.study import Outcome, Study
from autoencode_core.words import stretches

LOWEST, HIGHEST = 1e-4, 10.0
"""ODE differences beyond these are drawn there."""
STROKE = "line-ne-open"
"""Symbol that goes through the mark of a run that left its ODE."""
_BESIDE = 0.16
"""Decades of the axis beyond the outermost values."""
_TICKS = (LOWEST, 1e-3, ODE, NEARLY, 1.0, HIGHEST)


def ode_known(study: Study) -> bool:
    """Whether the ODE difference of any run is known."""
    return any(outcome.ode_difference is not None for outcome in study.outcomes)


def left_ode(outcome: Outcome) -> bool:
    """Whether a run is known to have left its ODE."""
    return outcome.verdict == "not"


def drawn(outcome: Outcome) -> float | None:
    """Where the ODE difference of a run stands in the panel, None where it is not known."""
    found = outcome.ode_difference
    return None if found is None else min(max(found, LOWEST), HIGHEST)


def difference_axis(study: Study, dark: bool) -> dict[str, Any]:
    """Settings of the panel's axis: both levels are on it, values beyond its ends are said to be so.

    Args:
        study: the study.
        dark: whether the page is dark.
    """
    found = [outcome.ode_difference for outcome in study.outcomes if outcome.ode_difference is not None]
    shown = np.log10(np.clip([*found, ODE / 2, 2 * NEARLY], LOWEST, HIGHEST))
    low, high = float(shown.min()) - _BESIDE, float(shown.max()) + _BESIDE
    ticks = [tick for tick in _TICKS if low <= np.log10(tick) <= high]
    beyond = {LOWEST: "≤ " * (min(found) < LOWEST), HIGHEST: "≥ " * (max(found) > HIGHEST)}
    words = [beyond.get(tick, "") + f"{100 * tick:g} %" for tick in ticks]
    return theme.axis(dark, type="log", range=[low, high], tickvals=ticks, ticktext=words)


def levels(panel: Panel, dark: bool) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The levels up to which a network is an ODE or nearly one: their lines, and words between them."""
    lines = [
        level(panel, NEARLY, "left its ODE", dark, log=True, right=True),
        level(panel, ODE, "nearly", dark, log=True, right=True),
        level(panel, ODE, "ODE", dark, log=True, right=True, below=True),
    ]
    return [shape for shape, _ in lines[:2]], [note for _, note in lines]


def strokes(
    outcomes: Sequence[Outcome], x: Sequence[float], y: Sequence[float], size: float, panel: Panel, dark: bool
) -> list[dict[str, Any]]:
    """A stroke through each mark whose run left its ODE, as a trace; none where none did.

    Args:
        outcomes: the runs of the marks.
        x: where the marks stand.
        y: at which height.
        size: of the marks, pixels.
        panel: where.
        dark: whether the page is dark.
    """
    gone = [i for i, outcome in enumerate(outcomes) if left_ode(outcome)]
    if not gone:
        return []
    ink = theme.colour("ink", dark)
    mark = {"symbol": STROKE, "size": 1.6 * size, "color": ink, "line": {"color": ink, "width": 1.6}}
    trace = {"type": "scatter", "mode": "markers", "name": "left its ODE", "hoverinfo": "skip"}
    return [{**trace, "x": [x[i] for i in gone], "y": [y[i] for i in gone], "marker": mark, **panel.axes}]


def stroke_key(study: Study, dark: bool) -> list[Entry]:
    """What the stroke stands for, where there is one."""
    words = "left its ODE, counted in ( ): no evidence of a flow"
    return [("╱", theme.colour("ink", dark), words)] * any(map(left_ode, study.outcomes))


def run_line(outcome: Outcome) -> str:
    """What the pointer says of a run's ODE difference."""
    found = outcome.ode_difference
    if found is None:
        return "ODE difference not known"
    kind = {"ode": "an ODE", "nearly": "nearly an ODE", "not": "it left its ODE"}[outcome.verdict or "not"]
    return f"ODE difference {_size(found)}: {kind}"


def ode_words(study: Study) -> str:
    """At which λ the runs left their ODE, as sentences; "" where all diverged."""
    runs = sound(study)
    found = [outcome for outcome in runs if outcome.ode_difference is not None]
    if not found:
        return "Whether these runs are ODEs is not known: they were stored without it." * bool(runs)
    gone, near = ([o for o in found if o.verdict == word] for word in ("not", "nearly"))
    said = []
    if gone:
        its, they = ("its", "it shows") if len(gone) == 1 else ("their", "they show")
        said.append(
            f"{counted(len(gone), len(study.outcomes))} left {its} ODE, at {_where(gone, study)}: "
            f"{they} what the layers do, not what a flow does."
        )
    if near:
        is_ = "is nearly an ODE" if len(near) == 1 else "are nearly ODEs"
        said.append(f"{counted(len(near), len(study.outcomes))} {is_}, at {_where(near, study)}.")
    if not said:
        most = _size(max(outcome.ode_difference or 0.0 for outcome in found))
        said = [f"Every run is a discretised ODE, at most {most} from its exact flow."]
    missing = len(runs) - len(found)
    return " ".join([*said, *[f"Of {missing} it is not known."] * bool(missing)])


def _where(runs: Sequence[Outcome], study: Study) -> str:
    """The λ of some runs, and how far they are from their ODEs."""
    most = max(outcome.ode_difference or 0.0 for outcome in runs)
    weights = stretches([outcome.tikhonov for outcome in runs], study.weights)
    return f"λ = {weights} ({'up to ' * (len(runs) > 1)}{_size(most)} from the exact flow)"


def _size(difference: float) -> str:
    return share(difference) if np.isfinite(difference) else "without bound"
