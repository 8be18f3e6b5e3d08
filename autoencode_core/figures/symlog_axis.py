"""An axis for numbers of both signs and many sizes, which Plotly does not have."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.words import measured

Array = NDArray[Any]

_LEAST = 1e-4
"""Values below this share of the largest lie on the linear part of the axis."""
_NOTHING = 1e-30
"""Sizes up to this are 0."""


class SymlogAxis:
    """An axis for numbers of both signs and many sizes: linear near 0, logarithmic further out.

    Args:
        values: what it must show; what is not finite does not count.
        least: sizes below this do not matter; they lie on the linear part.
    """

    def __init__(self, values: Iterable[float], least: float = 0.0) -> None:
        shown = np.array([value for value in values if np.isfinite(value)] or [0.0], float)
        sizes = np.abs(shown[np.abs(shown) > _NOTHING])
        self.low, self.high = min(float(shown.min()), 0.0), max(float(shown.max()), 0.0)
        largest = float(sizes.max()) if len(sizes) else 1.0
        small = max(float(np.quantile(sizes, 0.1)) if len(sizes) else 1.0, _LEAST * largest, least)
        self.linear = largest < 30 * small
        self._unit = 10 ** np.floor(np.log10(small))

    def place(self, value: float | Array) -> Any:
        """Where a value stands."""
        if self.linear:
            return value
        return np.sign(value) * np.log1p(np.abs(value) / self._unit) / np.log(10)

    def settings(self, dark: bool, room_for: float = 0.08, most: int = 8) -> dict[str, Any]:
        """Settings of a Plotly axis with a share left free at both ends and at most about so many ticks."""
        low, high = float(self.place(self.low)), float(self.place(self.high))
        span = high - low if high - low > _NOTHING else 1.0
        free = room_for / (1 - 2 * room_for) * span
        settings: dict[str, Any] = {"range": [low - free, high + free], "type": "linear"}
        if self.linear:
            return theme.axis(dark, **settings, nticks=6, tickformat="~g")
        ticks = self._ticks(most)
        places = [float(self.place(tick)) for tick in ticks]
        return theme.axis(dark, **settings, tickvals=places, ticktext=[measured(tick) for tick in ticks])

    def _ticks(self, most: int) -> list[float]:
        """0 and powers of ten of both signs; those so small that they would lie on the 0 are left out."""
        least = round(float(np.log10(self._unit))) + 1
        top = int(np.floor(np.log10(max(-self.low, self.high))))
        sides = [sign for sign, reach in ((-1, -self.low), (1, self.high)) if reach > 0]
        step = max(1, -(-(top - least + 1) * len(sides) // most))
        sizes = [10.0**power for power in range(top, least - 1, -step)]
        ticks = [sign * size for sign in sides for size in sizes if self.low <= sign * size <= self.high]
        return sorted([0.0, *ticks])
