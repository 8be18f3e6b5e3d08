"""Words for people: what more than one part of the program says alike."""

from collections.abc import Sequence
from itertools import groupby


def join(words: Sequence[str], last: str = "and") -> str:
    """Words as a list in a sentence: a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def stretches(chosen: Sequence[float], among: Sequence[float]) -> str:
    """Numbers as a list in a sentence, where three or more that follow each other are "a to c".

    Args:
        chosen: the numbers.
        among: all that there are, in their order.
    """
    words: list[str] = []
    for inside, group in groupby(among, set(chosen).__contains__):
        shown = [f"{number:.2g}" for number in group] if inside else []
        words += [f"{shown[0]} to {shown[-1]}"] if len(shown) > 2 else shown
    return join(words)


def megabytes(size: float) -> str:
    """A number of bytes as millions of them, two digits of it where there are few."""
    shown = size / 1e6
    return f"{shown:,.0f} MB" if shown >= 10 else f"{shown:.2g} MB"
