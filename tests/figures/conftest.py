"""Made-up run records: a small width-varying flow in numpy, its decoder the encoder run backwards."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autoencode_core.data.coordinates import Coordinates
from autoencode_core.flow.widths import active_counts
from autoencode_core.spec import RunSpec
from autoencode_core.store.record import RunRecord

NAMED = {1: "bimodal", 2: "moons", 3: "s_curve", 64: "digits"}


def points(d: int, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, d) along a curve and their hue."""
    hue = np.linspace(0, 1, n)
    angle = 3 * np.pi * (hue - 0.5)
    if d == 1:
        return np.where(hue < 0.5, -1.0, 1.0)[:, None] + 0.2 * rng.normal(size=(n, 1)), hue
    if d == 2:
        return np.stack([np.cos(2 * np.pi * hue), np.sin(2 * np.pi * hue)], 1) * [1.5, 0.8], hue
    if d == 3:
        bent = np.sign(angle) * (np.cos(angle) - 1)
        return np.stack([np.sin(angle), 2 * rng.random(n), bent], 1), hue
    grid = np.stack(np.meshgrid(np.arange(8), np.arange(8), indexing="ij"), -1).reshape(1, 64, 2)
    at = np.stack([3.5 + 2.5 * np.cos(angle), 3.5 + 2.5 * np.sin(angle)], 1)[:, None]
    bump = np.exp(-((grid - at) ** 2).sum(-1) / 3)
    return bump[:, :d] if d <= 64 else np.pad(bump, ((0, 0), (0, d - 64))), hue


def made_up(
    d: int = 3,
    k: int | None = None,
    n: int = 40,
    depth: int = 12,
    classes: int = 0,
    push: float = 0.6,
    **knobs: Any,
) -> RunRecord:
    """A record of n particles in d components onto k."""
    rng = np.random.default_rng(0)
    x, hue = points(d, n, rng)
    k = max(1, min(2, d - 1)) if k is None else k
    known = {"dataset": NAMED[d]} if d in NAMED else {"dataset": "digits"}
    spec = RunSpec(
        **{**known, "bottleneck": k, "depth": depth, "horizon": 3.0, "particles": max(1, n), **knobs}
    )
    coordinates = Coordinates.fit(spec.coordinates, x)
    counts = active_counts(d, k, depth, "linear")
    order = np.arange(d) if spec.order == "natural" else np.arange(d)[::-1]
    step, half = spec.horizon / depth, depth // 2
    weights = [push * rng.normal(size=(d, d)) / np.sqrt(d) for _ in range(half)]

    u = np.asarray(coordinates.to_flow(x), float).copy()
    states, active, dropped = [u.copy()], [], u
    layers = half if spec.task == "classify" else depth
    for layer in range(layers):
        on = np.zeros(d, bool)
        on[order[: counts[layer]]] = True
        w, sign = (weights[layer], 1) if layer < half else (weights[depth - 1 - layer], -1)
        u = u + step * sign * np.where(on, np.tanh(u @ np.where(on, w.T, 0)), 0)
        if layer == half - 1:
            dropped, u = u, np.where(on, u, 0)
        states.append(u.copy())
        active.append(on)
    active.append(active[-1])
    code = states[half][:, order[:k]]
    labels = (hue * classes).astype(int).clip(0, max(classes - 1, 0)) if classes else np.empty(0, int)
    targets = np.eye(max(classes, 1))[:, :k][labels] if spec.task == "classify" else x.copy()
    out = code if spec.task == "classify" else np.asarray(coordinates.to_data(states[-1]))
    iterations = np.arange(0, 60, 2)
    falling = 0.3 * np.exp(-iterations / 15) + 0.02
    return RunRecord(
        spec=spec,
        status="finished",
        message="all iterations",
        history={
            "iteration": iterations.tolist(),
            "cost": (falling + 0.01).tolist(),
            "data_term": falling.tolist(),
            "penalty": (0.01 * (1 - np.exp(-(1 + iterations) / 10))).tolist(),
            "train_error": falling.tolist(),
            "test_error": (1.2 * falling).tolist(),
        },
        summary={
            "train_error": 0.021,
            "test_error": 0.027,
            "pca_train_error": 0.19,
            "pca_test_error": 0.2,
            "accuracy": None,
        },
        weights={
            **dict(zip(("center", "scale", "axes"), coordinates.arrays(), strict=True)),
            "order": order,
            "control": np.zeros(1),
        },
        probe={
            "inputs": x,
            "targets": targets,
            "hue": hue,
            "labels": labels,
            "snapshot_iterations": np.array([0, 58]),
            "snapshot_codes": np.stack([code, code]).astype(np.float32),
            "snapshot_outputs": np.stack([out, out]).astype(np.float32),
            "flow_times": np.linspace(0, layers * step, layers + 1),
            "flow_states": np.stack(states).astype(np.float32),
            "flow_active": np.stack(active),
            "flow_dropped": dropped.astype(np.float32),
        },
        labels=tuple(f"class {i}" for i in range(classes)),
    )


def changed(record: RunRecord, **probe: Any) -> RunRecord:
    """The record with other probe arrays."""
    return replace(record, probe={**record.probe, **probe})


@pytest.fixture(scope="session")
def make() -> Callable[..., RunRecord]:
    """The maker of records."""
    return made_up


@pytest.fixture(scope="session")
def change() -> Callable[..., RunRecord]:
    """The changer of records."""
    return changed
