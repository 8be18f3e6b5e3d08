"""Report: how a long computation says how far it has come."""

from collections.abc import Callable

Report = Callable[[float | None, str], object]
"""Called with the share of the work done, in [0, 1] (None when unknown), and words for a person; what it
raises ends the computation."""


def silent(share: float | None, words: str) -> None:
    """The report of those who do not ask for one."""
