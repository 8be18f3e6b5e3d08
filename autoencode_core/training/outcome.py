"""From what a training recorded to its Run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from autoencode_core.changes import Change
from autoencode_core.store.history import HISTORY, Row, Status
from autoencode_core.training.endings import remedy
from autoencode_core.training.fidelity import Fidelity, spread
from autoencode_core.training.group import Group
from autoencode_core.training.problem import Problem
from autoencode_core.training.run import Array, Run, Snapshot
from autoencode_core.words import as_set, measured

WORSE, WORSE_SHARE = 1.1, 0.01
"""A run ends worse than at rest where its data term is that many times the one at θ = 0, and more by that
share of the targets' variance."""


@dataclass
class Story:
    """What was recorded of a regime.

    Attributes:
        regime: its number.
        rest: its data term at θ = 0.
        rows: iteration by iteration.
        ending: status and message.
        snapshots, path: probe batches and controls (P,) by iteration.
        exact: the network beside its exact flow on the training particles, where that is known.
        seconds: how long it took.
    """

    regime: int
    rest: float
    rows: list[Row]
    ending: tuple[Status, str]
    snapshots: dict[int, Snapshot]
    path: dict[int, Array]
    exact: Fidelity | None = None
    seconds: float = field(default=math.nan)

    @property
    def last(self) -> Row:
        """The row that the kept control belongs to, also in a run that diverged."""
        sound = [row for row in self.rows if row.finite]
        return (sound or self.rows[:1])[-1]


def runs_of(problem: Problem, group: Group, stories: Sequence[Story], changes: Sequence[Change]) -> list[Run]:
    """The runs of regimes that have ended in a group.

    Args:
        problem: the problem.
        group: theirs.
        stories: what was recorded of each.
        changes: that were made by hand.
    """
    regimes = [story.regime for story in stories]
    if group.method.partial:
        lasts = group.on_all(regimes, [story.last for story in stories])
        for story, row in zip(stories, lasts, strict=True):
            story.rows[story.rows.index(story.last)] = row
    late = [story for story in stories if story.last.iteration not in story.snapshots]
    for story, shown in zip(late, group.snapshots([story.regime for story in late]), strict=True):
        story.snapshots[story.last.iteration] = shown
    sound = [story for story in stories if story.ending[0] != "diverged"]
    unknown = [story for story in sound if story.exact is None]
    for story, exact in zip(unknown, group.fidelity([s.regime for s in unknown]), strict=True):
        story.exact = exact
    tested = dict(zip(map(id, sound), group.fidelity([s.regime for s in sound], test=True), strict=True))
    return [_run(problem, group, story, tested.get(id(story)), changes) for story in stories]


def _run(
    problem: Problem, group: Group, story: Story, tested: Fidelity | None, changes: Sequence[Change]
) -> Run:
    rows, place, last, path = story.rows, problem.regimes[story.regime], story.last, story.path
    control = group.control(story.regime)
    model = problem.model(story.regime, control, group.substeps)
    held = {} if tested is None or story.exact is None else _held(story.exact, tested)
    status, message = story.ending
    worse = _worse(problem, group, story) if status in ("finished", "converged") else ""
    summary: dict[str, float | None] = {
        **place.summary(model),
        "train_error": last.train_error,
        "test_error": last.test_error,
        **held,
        "substeps": float(group.substeps),
        "iterations": float(rows[-1].iteration),
        "seconds": rows[-1].seconds if math.isnan(story.seconds) else story.seconds,
    }
    for whose in ("", "pca_"):
        error, variance = summary[f"{whose}test_error"], summary["test_variance"]
        summary[f"{whose}unexplained"] = error / variance if error is not None and variance else None
    probe: dict[str, Array] = {
        **place.probe,
        "snapshot_iterations": np.array(list(story.snapshots), dtype=np.int64),
        "snapshot_codes": np.stack([shown.codes for shown in story.snapshots.values()]),
        "snapshot_outputs": np.stack([shown.outputs for shown in story.snapshots.values()]),
    }
    if path:
        path[last.iteration] = array_of(control)
    return Run(
        place.spec.model_copy(update={"changes": tuple(changes)}),
        model,
        {key: list(column) for key, column in zip(HISTORY, zip(*rows, strict=True), strict=True)},
        status,
        f"{message}{worse}{_warning(problem, group, held)}",
        summary,
        probe,
        place.data.source.label_names,
        place.data.source.columns,
        path=(np.array(list(path), dtype=np.int64), np.stack(list(path.values()))) if path else None,
        loaded=place.data,
    )


def _held(exact: Fidelity, tested: Fidelity) -> dict[str, float | None]:
    """The network beside its exact flow, for the summary."""
    return {
        "ode_difference": _number(exact.difference),
        "ode_test_error": _number(tested.error),
        "ode_settled": float(exact.settled),
    }


def _worse(problem: Problem, group: Group, story: Story) -> str:
    """What to know of a run that ended worse than at rest, with a space before it, or nothing."""
    last, rest = story.last, story.rest
    allowance = WORSE_SHARE * float(spread(group.train.part(group.rows([story.regime])).y)) ** 2
    if last.data_term <= max(WORSE * rest, rest + allowance):
        return ""
    return (
        f" That is worse than no control at all: the data term is {measured(last.data_term)}, "
        f"{measured(rest)} at "
        f"θ = 0. {remedy(problem.spec)}"
    )


def _warning(problem: Problem, group: Group, held: dict[str, float | None]) -> str:
    """What to know of a run that could not be held, a sentence with a space before it, or nothing."""
    allowed, difference = problem.spec.fidelity, held.get("ode_difference", 0.0)
    if allowed is None or (difference is not None and difference <= allowed):
        return ""
    how = "without bound" if difference is None else f"by {measured(difference, 2)} of the spread"
    return (
        f" It could not be held to its ODE with {group.substeps} sub-steps: the network differs {how}, "
        f"where {as_set(allowed)} is allowed. Try a larger λ or more layers."
    )


def _number(value: Tensor) -> float | None:
    """A number, None where it is not finite."""
    return float(value) if math.isfinite(float(value)) else None


def array_of(control: Tensor) -> Array:
    """A control as NumPy has it, on its own memory."""
    kept: Array = control.detach().cpu().numpy().copy()
    return kept
