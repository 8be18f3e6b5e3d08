"""The ways of particles as columns of a table."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def trajectory_table(times: ArrayLike, parts: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
    """A row for each particle at each t.

    Args:
        times: (S,), flow time.
        parts: letters to values (S, n, ·), such as x to states: their columns are x1, x2, ...
    """
    tables = {letter: np.asarray(values) for letter, values in parts.items()}
    frames, count = next(iter(tables.values())).shape[:2]
    return {
        "particle": np.tile(np.arange(count), frames),
        "time": np.repeat(np.asarray(times, float), count),
        **{
            f"{letter}{i + 1}": table[:, :, i].ravel()
            for letter, table in tables.items()
            for i in range(table.shape[2])
        },
    }
