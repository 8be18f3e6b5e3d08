"""Records and studies made by hand, so that the runs room is tested without torch."""

from dataclasses import replace
from typing import Any

import numpy as np

from autoencode_core.flow.widths import active_counts
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import HISTORY, RunRecord
from autoencode_core.store.study import Outcome, Plan, Study

WIDTHS = {"circle": 2, "s_curve": 3, "digits": 64, "bimodal": 1}


def record_by_hand(spec: RunSpec | None = None, rows: int = 5, seed: int = 0, **changes: Any) -> RunRecord:
    spec = spec or RunSpec(dataset="s_curve", iterations=5)
    rng = np.random.default_rng(seed)
    d, k, n, s = WIDTHS[spec.dataset], spec.bottleneck, 7, 3
    counts = active_counts(d, k, spec.depth, spec.profile)
    counts = counts[: spec.depth // 2] if spec.task == "classify" else counts
    m = spec.expansion
    layers = [2 * m * a * a + m * a if spec.field == "two_layer" else a * a + a for a in counts]
    t = k if spec.task == "classify" else d
    S = len(counts) + 1
    f32 = lambda *shape: rng.standard_normal(shape).astype(np.float32)  # noqa: E731
    values = {
        "spec": spec,
        "status": "finished",
        "message": "All iterations done.",
        "history": {key: [float(i) for i in range(rows)] for key in HISTORY},
        "summary": {
            "train_error": 0.1,
            "test_error": 1 / 3,
            "pca_train_error": None,
            "pca_test_error": None,
            "accuracy": None,
            "iterations": float(rows - 1),
            "seconds": 0.5,
            "parameters": float(sum(layers)),
        },
        "weights": {
            "control": rng.standard_normal(sum(layers)).astype(spec.dtype),
            "center": rng.standard_normal(d),
            "scale": np.ones(d),
            "axes": np.eye(d),
            "order": np.arange(d),
        },
        "probe": {
            "inputs": f32(n, d),
            "targets": f32(n, t),
            "hue": rng.random(n).astype(np.float32),
            "labels": np.zeros(0, np.int64),
            "snapshot_iterations": np.array([0, 2, 4]),
            "snapshot_codes": f32(s, n, k),
            "snapshot_outputs": f32(s, n, t),
            "flow_times": np.linspace(0, spec.horizon, S),
            "flow_states": f32(S, n, d),
            "flow_active": rng.random((S, d)) > 0.5,
            "flow_dropped": f32(n, d),
        },
        "created": "2026-11-23T18:45:12+00:00",
    }
    return RunRecord(**{**values, **changes})


def plan_by_hand(**changes: Any) -> Plan:
    spec = RunSpec(dataset="s_curve", iterations=5)
    return Plan(**{"kind": "strip", "spec": spec, "tikhonov": (0.01, 0.001), "seeds": (0, 1), **changes})


def study_by_hand(plan: Plan | None = None, **changes: Any) -> tuple[Study, list[RunRecord]]:
    plan = plan or plan_by_hand()
    rng = np.random.default_rng(0)
    outcomes, records = [], []
    for place in plan.settings():
        spec = plan.spec.but(tikhonov=place.tikhonov, seed=place.seed, data_seed=plan.spec.sample)
        records.append(record_by_hand(spec, seed=len(records), status="converged"))
        numbers = [float(x) for x in rng.random(7)]
        outcomes.append(
            Outcome(place.tikhonov, place.seed, place.branch, "converged", 5, *numbers, minimiser=0)
        )
    study = Study(plan.kind, plan.spec, tuple(outcomes), (0.5, 0.6), 1.5)
    return replace(study, **changes), records
