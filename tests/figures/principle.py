"""Made-up answers of the maximum principle: three components onto one, six layers."""

from typing import Any

import numpy as np

COUNTS = np.array([3, 2, 1, 1, 2, 3])


def strip(scale: float = 1.0) -> dict[str, Any]:
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
    found = {"values": values, "labels": np.array(names), "groups": ["W", "b"], "counts": COUNTS}
    found |= {"spread": 1.0, "size": 1.0}
    return {**found, "borders": np.array([0, 9, 12]), "edges": np.arange(7.0), "norm": norm, "whole": True}


def about(values: Any = (1.0, 2.0, 3.0, 3.03, 4.0, 5.0), cost: float = 2.0) -> dict[str, Any]:
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


def residuals(values: Any = (1.0, 0.1, 0.0, 0.2, 0.3, 2.0), cost: float = 2.0) -> dict[str, Any]:
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


def nearby(values: Any = (0.01, 1e-3, 0.0, 0.002, 0.003, 0.02), cost: float = 2.0) -> dict[str, Any]:
    """The local residuals of maximality, with these values."""
    return residuals(values, cost) | {"radius": 0.12, "maximal_norm": np.full(6, 1.1)}


def path(residual: Any) -> dict[str, Any]:
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
