"""Why the decoder must forget: what the bottleneck drops, and what the output may depend on."""

import numpy as np

from autoencode_core.figures.arrays import Array, bottleneck_index, flow_states
from autoencode_core.figures.numbers import percent, power
from autoencode_core.figures.scenes.bottleneck import bottleneck_states, ringed
from autoencode_core.figures.scenes.parts import dropped_states
from autoencode_core.lessons.case import Case
from autoencode_core.lessons.judging import Truth
from autoencode_core.lessons.wording import plain
from autoencode_core.questions.lessons import REMEMBERING
from autoencode_core.store.record import RunRecord

NOTHING = 1e-6
"""A share of the error with a bottleneck up to which an error counts as none."""
SAME = 0.05
"""Errors that differ by a smaller share are the same."""


def error_if_remembered(case: Case) -> Truth:
    """What error is left at θ = 0 if the decoder finds the dropped components where they were left."""
    found = case.ask(REMEMBERING, case.record)
    kept, lost = found["rest_remembers"], found["rest_forgets"]
    ratio = kept / lost if lost else 1.0
    word = "none" if ratio <= NOTHING else "same" if ratio >= 1 - SAME else "less"
    return Truth(word, {"remembers": plain(kept), "forgets": plain(lost)})


def spread_before(case: Case) -> Truth:
    """How many times their size at t = 0 the dropped components have just before the projection.

    Sizes are root mean squares. Of a second run it is only told how well its codes tell what it drops.
    """
    record = case.record
    gone = gone_components(record)
    start, before = (_size(states[:, gone]) for states in (flow_states(record)[0], dropped_states(record)))
    told = [percent(untold(each, gone_components(each))) for each in case.records]
    facts = {"start": plain(start, 2), "before": plain(before, 2), "told": told[0], "told_at_rest": told[-1]}
    return Truth(before / start, facts)


def after_bottleneck(case: Case) -> Truth:
    """Where the ringed particle stands right after the projection, on the picture's axes."""
    record = case.record
    one = ringed(record)
    before, after = (bottleneck_states(record, projected)[one] for projected in (False, True))
    return Truth(tuple(map(float, after)), {"before": f"({plain(before[0], 2)}, {plain(before[1], 2)})"})


def twins_apart(case: Case) -> Truth:
    """How far apart two particles end that start far apart and have nearly the same code."""
    record = case.record
    one, other = twins(record)
    states = flow_states(record)
    start, end = (float(np.linalg.norm(states[at][one] - states[at][other])) for at in (0, -1))
    codes = states[bottleneck_index(record)]
    apart = float(np.linalg.norm(codes[one] - codes[other]))
    return Truth(end, {"start": plain(start, 2), "codes": power(apart), "end": plain(end, 2)})


def gone_components(record: RunRecord) -> Array:
    """The components that the bottleneck drops, by number."""
    return np.flatnonzero(~np.asarray(record.probe["flow_active"], bool)[bottleneck_index(record)])


def twins(record: RunRecord) -> tuple[int, int]:
    """Two drawn particles: of the hundred pairs with the nearest codes that which starts farthest apart."""
    states = flow_states(record)
    codes, starts = states[bottleneck_index(record)].astype(float), states[0].astype(float)
    rows, columns = np.triu_indices(len(codes), 1)
    near = np.argsort(((codes[rows] - codes[columns]) ** 2).sum(axis=1))[:100]
    far = ((starts[rows[near]] - starts[columns[near]]) ** 2).sum(axis=1)
    best = near[int(far.argmax())]
    return int(rows[best]), int(columns[best])


def _size(values: Array) -> float:
    return float(np.sqrt(np.square(values.astype(float)).sum(axis=1).mean()))


def untold(record: RunRecord, gone: Array) -> float:
    """Share of the dropped components' variance that the particle of the nearest code does not tell."""
    codes = flow_states(record)[bottleneck_index(record)].astype(float)
    dropped = dropped_states(record)[:, gone].astype(float)
    apart = ((codes[:, None] - codes[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.argmin(axis=1)
    unlike = np.square(dropped - dropped[nearest]).sum(axis=1).mean() / 2
    return float(unlike / dropped.var(axis=0).sum())


CHECKS = {
    "error_if_remembered": error_if_remembered,
    "spread_before": spread_before,
    "after_bottleneck": after_bottleneck,
    "twins_apart": twins_apart,
}
