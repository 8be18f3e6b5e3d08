"""Numbers as they stand in a sentence."""

import numpy as np


def rounded(value: float) -> str:
    """Two digits, without an exponent where it is neither large nor small; "∞", "–"."""
    if not np.isfinite(value):
        return "–" if np.isnan(value) else "∞"
    short = f"{value:.2g}"
    return f"{float(short):,.0f}" if 100 <= abs(value) < 1e6 else minus(short)


def percent(share: float) -> str:
    """A share with two digits: 0.16%, 92%, 2,500%, <0.001%."""
    value = 100 * share
    if 0 < value < 0.001:
        return "<0.001%"
    return f"{value:,.0f}%" if value >= 10 else f"{value:.2g}%"


def give_or_take(error: float) -> str:
    """A standard error with two decimals: ± 0.07, or ± <0.01."""
    return f"± {error:.2f}" if not 0 < error < 0.005 else "± <0.01"


def minus(text: str) -> str:
    """A written number with a true minus sign."""
    return text.replace("-", "−")


def power(value: float) -> str:
    """A small number with one digit: 2·10⁻⁹."""
    if not value or value >= 0.01:
        return f"{value:.1g}"
    digit, exponent = f"{value:.0e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digit}·10".removeprefix("1·") + raised
