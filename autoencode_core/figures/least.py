"""The least sizes that a scale of colours or an axis spreads out: what is smaller is drawn as small as it is.

A scale that ends at its largest value shows rounding, where there is nothing else, as mountains in full
colour. What counts as small is free of units. Over a time T a control θ moves a particle x by about
|θ| |(x, 1)| T; a thousandth of the particles' spread is less than a pixel. H is what J loses for each unit of
time that the flow is given longer (∂J/∂T = -H), so it is H T that stands against J, and R likewise: a
thousandth of J is no digit that one reads.
"""

from collections.abc import Mapping
from typing import Any

SEEN = 1e-3
"""Share of the particles' spread, and of J, that one sees."""


def least_speed(strip: Mapping[str, Any]) -> float:
    """|F| that moves particles by a length that one sees.

    Args:
        strip: what analysis.along says.
    """
    return SEEN * float(strip["spread"]) / float(strip["edges"][-1])


def least_control(strip: Mapping[str, Any]) -> float:
    """|θ| that moves particles by a length that one sees.

    Args:
        strip: what analysis.along says.
    """
    return least_speed(strip) / float(strip["size"])


def least_rate(cost: float, time: float) -> float:
    """H, and R, that in this time add up to a share of J that one sees."""
    return SEEN * cost / time
