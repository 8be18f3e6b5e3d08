"""Truths about a strip, against its runs one by one."""

import numpy as np
import pytest
from lessons.direct import STORE, about

from autoencode_core.errors import InputError
from autoencode_core.lessons.checks import CHECKS

STRIP = "gallery.regimes"


@pytest.fixture(scope="module")
def runs():
    """The runs of the strip by λ."""
    found = {}
    for run_id in STORE.member_ids(STRIP):
        record = STORE.record(run_id)
        found.setdefault(record.spec.tikhonov, []).append(record)
    return found


def travelled(record):
    """The furthest that any particle's component goes before the projection."""
    states = np.asarray(record.probe["flow_states"], float)
    return float(np.abs(np.asarray(record.probe["flow_dropped"], float) - states[0]).max())


def test_the_flow_gives_up_where_no_particle_moves_any_more(runs):
    resting = [weight for weight in sorted(runs) if all(travelled(record) < 0.05 for record in runs[weight])]
    moving = [weight for weight in runs if weight not in resting]
    found = CHECKS["where_the_flow_gives_up"](about(study=STRIP))
    assert max(moving) < min(resting) == found.value
    best = min(runs[max(moving)], key=lambda record: record.history["cost"][-1])
    square = best.history["penalty"][-1] / best.spec.tikhonov
    even = (best.summary["pca_train_error"] - best.summary["train_error"]) / square
    assert float(found.facts["even"]) == pytest.approx(even, rel=0.05)


def test_minimisers_are_told_apart_by_what_they_make(runs):
    lowest = runs[min(runs)]
    outputs = [np.asarray(record.probe["flow_states"], float)[-1] for record in lowest]
    spread = np.square(outputs[0] - outputs[0].mean(axis=0)).sum(axis=1).mean()
    kinds = []
    for made in outputs:
        if all(np.square(made - known).sum(axis=1).mean() > 1e-3 * spread for known in kinds):
            kinds.append(made)
    assert CHECKS["minimisers_at_the_lowest"](about(study=STRIP)).value == len(kinds)


def test_the_worst_and_the_best_cost(runs):
    costs = [record.history["cost"][-1] for record in runs[min(runs)]]
    found = CHECKS["worst_against_best"](about(study=STRIP))
    assert found.value == pytest.approx(max(costs) / min(costs), rel=1e-3)


def test_a_continuation_that_never_rests_is_refused(monkeypatch):
    case = about(study=STRIP)
    monkeypatch.setattr("autoencode_core.lessons.checks.high_low_lambda.STILL", -1.0)
    with pytest.raises(InputError):
        CHECKS["where_the_flow_gives_up"](case)
