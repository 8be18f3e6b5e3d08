"""Words for people: what more than one part of the program says alike, numbers first of all."""

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import groupby

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LEAST, _MOST = Decimal("1e-5"), Decimal("1e6")
"""Between these a number is written without a power of ten; a value that a person sets from _SET on."""
_SET = Decimal("1e-3")
_DIGITS = (3, 2, 4, 5)
"""Significant digits of J in a balance, in the order in which they are tried."""


def join(words: Sequence[str], last: str = "and") -> str:
    """Words as a list in a sentence: a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def measured(value: float | None, digits: int = 3) -> str:
    """A measured number: 0.000073, 0.335, 12,346, 2.1·10⁻⁷; a dash where there is none.

    Args:
        value: the number.
        digits: significant digits; those before the decimal point are all kept.
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    rounded = Decimal(f"{value:.{digits - 1}e}")
    if abs(rounded) >= 10**digits and abs(rounded) < _MOST:
        rounded = Decimal(f"{value:.0f}")
    return _written(rounded, _LEAST)


def as_set(value: float, digits: int = 6) -> str:
    """A number as somebody set it: 300, 0.01, 10⁻⁴, 5·10⁻⁵.

    Args:
        value: the number.
        digits: most significant digits.
    """
    return _written(Decimal(f"{value:.{digits}g}"), _SET)


def minus(text: str) -> str:
    """A written number with a true minus sign."""
    return text.replace("-", "−")


def part_of(value: float | None, reference: float | None, whose: str) -> str:
    """How a number stands to another one: "1/4,600 of PCA's", "34 % of PCA's"; "" where that is not known.

    Args:
        value: at least 0.
        reference: likewise.
        whose: the other one, in words.
    """
    if value is None or not reference or not math.isfinite(value) or not math.isfinite(reference):
        return ""
    share = value / reference
    if share == 0:
        return f"nothing beside {whose}"
    if share < 0.1:
        return f"1/{measured(float(f'{1 / share:.2g}'))} of {whose}"
    return f"{100 * share:.0f} % of {whose}" if share < 1.5 else f"{measured(share, 2)} times {whose}"


def balance(data_term: float, weight: float, square: float) -> str:
    """J with its parts put in, so that the numbers as they stand add up: "0.0076 = 0.0052 + 10⁻⁴ · 24.1".

    Args:
        data_term: at least 0.
        weight: λ, at least 0.
        square: ‖θ‖², at least 0.

    Source:
        docs/theory.md, section 3.
    """
    if not math.isfinite(data_term + weight * square):
        cost = measured(data_term + weight * square)
        return f"{cost} = {measured(data_term)} + {as_set(weight)} · {measured(square)}"
    found = [_rounded_balance(data_term, weight, square, digits) for digits in _DIGITS]
    cost, data, size, _ = next((each for each in found if each[3]), found[0])
    return f"{cost} = {data} + {as_set(weight)} · {size}"


def cost_words(data_term: float | None, penalty: float | None, weight: float) -> str:
    """J with the numbers of a row of a training put in, a sentence; "" where they are not known.

    Args:
        data_term: as of the history.
        penalty: λ‖θ‖², likewise.
        weight: λ of that row.
    """
    if data_term is None or penalty is None or not math.isfinite(data_term + penalty):
        return ""
    if not weight:
        return f"J = data term = {measured(data_term)}, since λ = 0."
    return f"J = data term + λ‖θ‖²: {balance(data_term, weight, max(0.0, penalty) / weight)}."


def _rounded_balance(
    data_term: float, weight: float, square: float, digits: int
) -> tuple[str, str, str, bool]:
    """J, data term and ‖θ‖² with J to so many digits, and whether they add up without a nudge."""
    price = Decimal(f"{weight:.6g}")
    terms = Decimal(data_term), price * Decimal(square)
    cost = sum(terms, Decimal(0))
    if not cost:
        return "0", "0", measured(square), True
    unit = Decimal(1).scaleb(cost.adjusted() - digits + 1)
    unit = min(unit, Decimal(1)) if cost < _MOST else unit
    size = _short_enough(Decimal(square), price, unit)
    shown, data = _to(cost, unit), _to(terms[0], unit)
    rest = _to(price * size, unit)
    adds = shown == data + rest
    data = max(Decimal(0), shown - rest)
    power = 0 if _LEAST <= cost < _MOST else cost.adjusted()
    return _with_power(data + rest, unit, power), _with_power(data, unit, power), _written(size, _LEAST), adds


def _short_enough(square: Decimal, price: Decimal, unit: Decimal) -> Decimal:
    """‖θ‖² to three digits, or to as many as its price needs to be right to a tenth of the unit."""
    for digits in range(3, 12):
        size = Decimal(f"{square:.{digits - 1}e}")
        if price * abs(size - square) * 10 <= unit:
            return size
    return size


def _to(value: Decimal, unit: Decimal) -> Decimal:
    return (value / unit).quantize(Decimal(1), ROUND_HALF_EVEN) * unit


def _with_power(value: Decimal, unit: Decimal, power: int) -> str:
    """A number to a unit, written beside others with the same power of ten."""
    decimals = max(0, power - unit.adjusted())
    text = f"{value.scaleb(-power):,.{decimals}f}"
    return f"{text}·10{str(power).translate(_RAISED)}" if power else text


def _written(value: Decimal, least: Decimal) -> str:
    """A rounded number without needless zeros, with a power of ten below `least` and from a million on."""
    size = abs(value)
    if not size:
        return "0"
    if least <= size < _MOST:
        text = f"{value:,f}"
        return minus(text.rstrip("0").rstrip(".") if "." in text else text)
    power = value.adjusted()
    digits = f"{value.scaleb(-power).normalize():f}"
    digits = {"1": "", "-1": "−"}.get(digits, f"{minus(digits)}·")
    return f"{digits}10{str(power).translate(_RAISED)}"


def stretches(chosen: Sequence[float], among: Sequence[float]) -> str:
    """Numbers as a list in a sentence, where three or more that follow each other are "a to c".

    Args:
        chosen: the numbers.
        among: all that there are, in their order.
    """
    words: list[str] = []
    for inside, group in groupby(among, set(chosen).__contains__):
        shown = [as_set(each, 2) for each in group] if inside else []
        words += [f"{shown[0]} to {shown[-1]}"] if len(shown) > 2 else shown
    return join(words)


def megabytes(size: float) -> str:
    """A number of bytes as millions of them, two digits of it where there are few."""
    shown = size / 1e6
    return f"{shown:,.0f} MB" if shown >= 10 else f"{shown:.2g} MB"
