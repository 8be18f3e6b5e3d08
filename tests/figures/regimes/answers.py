"""Made-up answers of the page Regimes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

WEIGHT = 0.01
"""λ."""


def depths(
    values: Sequence[float],
    trend: str = "geometric",
    limit: float = np.nan,
    error: float = np.nan,
    shrink: float = np.nan,
    still: Sequence[bool] = (True,),
    floor: Sequence[float] | None = None,
) -> dict[str, Any]:
    """ν with 4, 8, … layers; stationary as far as it is said to be."""
    nu = np.array(values)
    flags = np.array([*still, *[False] * (len(nu) - len(still))])
    return {
        "depths": 4 * 2 ** np.arange(len(nu)),
        "nu": nu,
        "floor": nu if floor is None else np.array(floor),
        "bound": np.full(len(nu), 1e-12),
        "convexity": nu + 2 * WEIGHT,
        "gradient_norm": np.where(flags, 1e-7, 0.4),
        "remaining": np.where(flags, 1e-9, 0.3),
        "stationary": flags,
        "cost": np.full(len(nu), 0.2),
        "data_term": np.full(len(nu), 0.1),
        "trend": trend,
        "shrink": shrink,
        "limit": limit,
        "limit_error": error,
        "limit_convexity": limit + 2 * WEIGHT,
    }


def spectrum(low: list[float], high: list[float], size: int = 4, whole: bool = False) -> dict[str, Any]:
    """The ends of a spectrum of so many eigenvalues, or the whole of it."""
    return {
        "spectrum": np.array([*low, *high[::-1]] if whole else []),
        "values": np.array(low),
        "largest_values": np.array(high),
        "vectors": np.zeros((len(low), size)),
        "floor": low[0],
    }
