"""A logarithmic axis with powers of ten, for sizes that may span a little or a lot."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from autoencode_core.figures import theme

_DIGITS: list[Any] = [(1, 2, 5), *(np.arange(1, 10, step) for step in (1, 0.5, 0.2, 0.1, 0.05))]
"""First digits of ticks, ever closer."""


def power_axis(
    values: Iterable[float],
    dark: bool,
    words: str = "",
    most: int = 7,
    whole: bool = False,
    least: float = 0.0,
) -> dict[str, Any]:
    """Settings of a logarithmic axis that shows all positive values; ticks are 1, 2, 5 or powers of ten.

    Args:
        values: what it must show; what is not finite and positive has no place on it.
        dark: whether the page is dark.
        words: its title.
        most: about how many ticks it may have.
        whole: whether the values are counts, shown as such.
        least: value that the axis goes up to at least, where it shows any.
    """
    shown = np.array([value for value in values if np.isfinite(value) and value > 0])
    if len(shown) and shown.max() < least:
        shown = np.append(shown, least)
    low, high = (float(np.log10(end)) for end in (shown.min(), shown.max())) if len(shown) else (-1.0, 0.0)
    room = max(0.08 * (high - low), 0.06)
    low, high = low - room, high + room
    ticks, text = power_ticks(low, high, most)
    text = [f"{10**tick:,.0f}" for tick in ticks] if whole else text
    places = [10**tick for tick in ticks]
    return theme.axis(dark, words, type="log", range=[low, high], tickvals=places, ticktext=text)


def power_ticks(low: float, high: float, most: int) -> tuple[list[float], list[str]]:
    """Where ticks stand between two powers of ten, as powers of ten, and what they say.

    Args:
        low: decades, below high.
        high: decades.
        most: about how many ticks there may be.
    """
    ticks = _ticks(low, high, most)
    return ticks, [_written(tick) for tick in ticks]


def power_marks(low: float, high: float, most: int = 6) -> dict[str, Any]:
    """Settings of a logarithmic axis for its ticks, with arguments as of power_ticks."""
    ticks, text = power_ticks(low, high, most)
    return {"tickvals": [10**tick for tick in ticks], "ticktext": text}


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Where ticks stand, in decades: powers of ten, or where there are fewer than two 1, 2, 5 and so on."""
    powers = range(int(np.ceil(low)), int(np.floor(high)) + 1)
    if len(powers) > 2:
        return [float(power) for power in powers[:: -(-len(powers) // most)]]
    for digits in _DIGITS:
        every = [
            tens + float(np.log10(digit))
            for tens in range(int(np.floor(low)), int(high) + 2)
            for digit in digits
        ]
        found = [tick for tick in every if low <= tick <= high]
        if len(found) > 2:
            break
    return found[:: -(-len(found) // most)]


def _written(tick: float) -> str:
    power = int(np.floor(tick + 1e-9))
    digits = 10 ** (tick - power)
    if -3 <= power <= 3:
        return f"{10**tick:,.0f}" if power == 3 else f"{10**tick:.3g}"
    raised = f"10<sup>{power}</sup>".replace("-", "−")
    return raised if abs(digits - 1) < 1e-9 else f"{digits:.3g}·{raised}"
