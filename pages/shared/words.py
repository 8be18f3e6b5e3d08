"""Numbers as words."""

import math


def number(value: float | None) -> str:
    """A number with four digits, a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.4g}"
