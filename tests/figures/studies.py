"""Made-up studies: the strip and the hysteresis of the S-curve, as they were first seen."""

from dataclasses import replace
from typing import Any

from autoencode_core.spec import RunSpec
from autoencode_core.store.study import Branch, Outcome, Study

SPEC = RunSpec(dataset="s_curve", bottleneck=2, depth=20, horizon=5.0, field="single_layer")
PCA = 0.3277
SEEDS = {
    0.1: [PCA, PCA, PCA, PCA],
    0.03: [PCA, PCA, PCA, PCA],
    0.01: [0.318, 0.318, 0.318, 0.307],
    0.003: [0.160, 0.260, 0.276, 0.216],
    0.001: [0.105, 0.190, 0.086, 0.141],
}
UP = {0.001: 0.071, 0.01: 0.262, 0.02: 0.326, 0.025: 0.345, 0.03: PCA, 0.1: PCA}


def outcome(weight: float, seed: int, cost: float, branch: Branch = "", **more: Any) -> Outcome:
    """A run whose data term is nine tenths of J."""
    known: dict[str, Any] = {
        "status": "converged",
        "iterations": 200,
        "cost": cost,
        "data_term": 0.9 * cost,
        "test_term": cost,
        "square": max(0.0, PCA - cost) * 100,
        "train_error": cost,
        "test_error": cost,
        "gradient_norm": 1e-5,
    }
    return Outcome(weight, seed, branch, **(known | more))


def lost(weight: float, seed: int) -> Outcome:
    """A run that diverged."""
    nan = float("nan")
    gone = {"status": "diverged", "data_term": nan, "test_term": nan, "square": float("inf")}
    return outcome(weight, seed, nan, minimiser=None, **gone)


def strip(seeds: int = 4, **changes: Any) -> Study:
    """Five weights and up to four seeds."""
    outcomes = []
    for weight in sorted(SEEDS):
        costs = SEEDS[weight][:seeds]
        numbers = {cost: i for i, cost in enumerate(sorted(set(costs)))}
        outcomes += [outcome(weight, s, cost, minimiser=numbers[cost]) for s, cost in enumerate(costs)]
    study = Study("strip", SPEC, tuple(outcomes), (PCA, 0.34), 1.5)
    return replace(study, **changes)


def continuation() -> Study:
    """Down along PCA, up along another minimiser, which is gone at 0.03."""
    low = (0.001, 0.01, 0.02)
    down = [outcome(w, 2, PCA, "down", minimiser=int(w in low)) for w in sorted(UP, reverse=True)]
    up = [
        outcome(w, 2, cost, "up", minimiser=int(w == 0.025), moved=0.02, jump=w == 0.03)
        for w, cost in UP.items()
    ]
    return Study("continuation", SPEC, (*down, *up), (PCA, 0.34), 1.5)


def curved(study: Study) -> Study:
    """ν = -2 · 0.005 wherever a run left PCA, else 0."""
    nu = [-0.01 if o.cost < PCA else 0.0 for o in study.outcomes]
    bound = [1e-4] * len(nu)
    return study.curved(nu, bound, [value - 2e-4 for value in nu])


def fidelities(study: Study, found: dict[int, float], rest: float | None = 0.001) -> Study:
    """The study with the ODE differences of some runs, and one that all others have."""
    outcomes = [
        replace(o, ode_difference=None if o.status == "diverged" else found.get(i, rest))
        for i, o in enumerate(study.outcomes)
    ]
    return replace(study, outcomes=tuple(outcomes))
