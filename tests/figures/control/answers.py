"""Made-up answers of the page Control: three components onto one, six layers."""

from typing import Any

import numpy as np

from autoencode_core.questions.control import Along, Hamiltonian, LocalMaximality, Maximality, MaximalityPath

COUNTS = np.array([3, 2, 1, 1, 2, 3])


def along(scale: float = 1.0) -> Along:
    """A single layer field: nine entries of W, three of b; those of inactive components are missing."""
    values = np.full((12, 6), np.nan)
    rng = np.random.default_rng(0)
    for layer, count in enumerate(COUNTS):
        block = np.full((3, 3), np.nan)
        block[:count, :count] = scale * rng.normal(size=(count, count))
        values[:9, layer] = block.ravel()
        values[9 : 9 + count, layer] = scale * rng.normal(size=count)
    names = [f"W {j},{i}" for j in "123" for i in "123"] + [f"b {j}" for j in "123"]
    norm = np.sqrt(np.nansum(values**2, axis=0))
    return {
        "values": values,
        "labels": np.array(names),
        "groups": ["W", "b"],
        "borders": np.array([0, 9, 12]),
        "counts": COUNTS,
        "edges": np.arange(7.0),
        "norm": norm,
        "whole": True,
        "spread": 1.0,
        "size": 1.0,
    }


def hamiltonian(values: Any = (1.0, 2.0, 3.0, 3.03, 4.0, 5.0), cost: float = 2.0) -> Hamiltonian:
    """The Hamiltonian along t, with these values."""
    values, jumps = np.asarray(values, float), np.flatnonzero(np.diff(COUNTS)) + 1
    return {
        "times": np.arange(6.0),
        "hamiltonian": values,
        "field_part": values + 0.5,
        "norm": np.linspace(1, 2, 6),
        "speed": np.linspace(0.5, 1, 6),
        "stationarity": np.geomspace(1e-4, 1e-2, 6),
        "counts": COUNTS,
        "jumps": jumps,
        "drift": np.array([np.ptp(part) for part in np.split(values, jumps)]),
        "cost": cost,
        "rate": cost / 6,
        "gradient_norm": 0.01,
        "note": "",
    }


def maximality(values: Any = (1.0, 0.1, 0.0, 0.2, 0.3, 2.0), cost: float = 2.0) -> Maximality:
    """The residuals of maximality, with these values."""
    values = np.asarray(values, float)
    return {
        "times": np.arange(6.0),
        "residual": values,
        "hamiltonian": np.ones(6),
        "maximum": 1 + values,
        "norm": np.ones(6),
        "maximal_norm": np.full(6, 350.0),
        "total": float(values.sum()),
        "gap": float(values.sum()) / cost,
        "cost": cost,
        "note": "",
    }


def local_maximality(
    values: Any = (0.01, 1e-3, 0.0, 0.002, 0.003, 0.02), cost: float = 2.0
) -> LocalMaximality:
    """The local residuals of maximality, with these values."""
    return {**maximality(values, cost), "radius": 0.12, "maximal_norm": np.full(6, 1.1)}


def maximality_path(residual: Any) -> MaximalityPath:
    """Residuals along a training, from a table (moments, layers); nearby they are a tenth of it, or 1."""
    residual = np.asarray(residual, float)
    near = np.where(np.isinf(residual), 1.0, residual / 10)
    moments, layers = residual.shape
    return {
        "iterations": 10 * np.arange(moments),
        "local_residual": near,
        "residual": residual,
        "stationarity": np.ones((moments, layers)),
        "local_total": near.sum(axis=1),
        "total": residual.sum(axis=1),
        "gradient_norm": np.geomspace(1, 1e-3, moments),
        "cost": np.linspace(2, 1, moments),
        "times": np.arange(layers) * 1.0,
        "radius": 0.12,
        "note": "",
    }


def component(accuracy: Any = (0.93, 0.6), chance: float = 0.55, **more: Any) -> dict[str, Any]:
    """Two flows of seven particles, of which one turns x₂ off and the other x₁."""
    rng = np.random.default_rng(0)
    active = np.ones((2, 5, 2), bool)
    active[0, 2:, 1] = active[1, 2:, 0] = False
    states = rng.normal(size=(2, 5, 7, 2)).astype(np.float32)
    states[0, -1, :, 1] = states[1, -1, :, 0] = 0
    return {
        "states": states,
        "dropped": states[:, -1].copy(),
        "active": active,
        "times": np.linspace(0, 1, 5),
        "off": np.array([1, 0]),
        "labels": np.arange(7) % 2,
        "positions": np.array([-1.0, 1.0]),
        "names": ["upper moon", "lower moon"],
        "columns": ["x1", "x2"],
        "accuracy": np.array(accuracy),
        "chance": chance,
        "tested": 250,
        **more,
    }


def component_horizons(**more: Any) -> dict[str, Any]:
    """The accuracy of both choices at three horizons with two seeds."""
    accuracy = np.linspace(0.4, 1, 12).reshape(2, 3, 2)
    found = {"horizons": np.array([0.5, 1.0, 4.0]), "seeds": np.array([0, 1]), "accuracy": accuracy}
    return component() | found | more
