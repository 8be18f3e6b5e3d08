"""What the curves of a figure do, in words: for who cannot see them, and computed from what is drawn."""

import numpy as np
from numpy.typing import ArrayLike

from autoencode_core.words import measured

_SAME = 0.005
"""Of its size: a change that is smaller is none."""


def course(name: str, values: ArrayLike) -> str:
    """How a curve goes from its first finite value to its last: "cost J falls from 0.33 to 0.03".

    Args:
        name: of the curve.
        values: (n,); what is not finite is passed over.
    """
    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    if not len(known):
        return f"{name} is not finite"
    first, last = float(known[0]), float(known[-1])
    begin, end = measured(first), measured(last)
    if begin == end or abs(last - first) <= _SAME * max(abs(first), abs(last)):
        return f"{name} stays at {end}"
    return f"{name} {'rises' if last > first else 'falls'} from {begin} to {end}"


def spoken(sentence: str) -> str:
    """A sentence of a page without its Markdown."""
    return sentence.replace("**", "")
