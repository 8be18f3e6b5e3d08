"""Bands: stretches of neighbouring λ of which the same can be said, behind panels and in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from textwrap import wrap
from typing import Any

from autoencode_core.figures import theme
from autoencode_core.figures.panels import LETTER, Panel, WeightAxis, shape_below

_NARROW = 180
"""Pixels across the large of three panels on a page of 400 pixels."""
_SHORTER = {"several minimisers": "several", "all seeds agree": "agree", "the branches agree": "agree"}
_SHORTER |= {"those that converged agree": "some agree", "none has converged": "none"}
"""What a band says where there is no room for more."""


@dataclass(frozen=True)
class Band:
    """A stretch of λ of which the same can be said: its borders in decades, the words, whose colour."""

    start: float
    end: float
    words: str
    role: str


def bands(axis: WeightAxis, said: Sequence[tuple[str, str]]) -> list[Band]:
    """Stretches of neighbouring λ with the same words.

    Args:
        axis: the axis.
        said: for each of its values words and role; without words there is no band.
    """
    edges, found, at = axis.edges(), [], 0
    for (words, role), group in groupby(said):
        count = len(list(group))
        if words:
            found.append(Band(edges[at], edges[at + count], words, role))
        at += count
    return found


def band_shapes(found: Sequence[Band], panels: Iterable[Panel], dark: bool) -> list[dict[str, Any]]:
    """The bands as coloured stretches behind the panels, with a line where one ends and the next begins."""
    shapes: list[dict[str, Any]] = []
    for panel in panels:
        x, y = panel.axes["xaxis"], panel.up
        for band in found:
            fill = theme.translucent(theme.colour(band.role, dark), 0.13)
            place = {"x0": 10**band.start, "x1": 10**band.end, "y0": y[0], "y1": y[1]}
            shapes.append(shape_below("rect", x, "paper", place, fillcolor=fill, line={"width": 0}))
        for left, right in pairwise(found):
            if left.end == right.start:
                line = {"color": theme.colour("muted", dark), "width": 1, "dash": "dot"}
                place = {"x0": 10**left.end, "x1": 10**left.end, "y0": y[0], "y1": y[1]}
                shapes.append(shape_below("line", x, "paper", place, line=line))
    return shapes


def band_words(found: Sequence[Band], panel: Panel, axis: WeightAxis, dark: bool) -> list[dict[str, Any]]:
    """The words of the bands at the head of a panel, so few and on two lines that a narrow page suffices."""
    edges = axis.edges()
    notes = []
    for band in found:
        letters = int(_NARROW * (band.end - band.start) / (edges[-1] - edges[0]) / LETTER)
        lines = _fitting(band.words, letters)
        if not lines:
            continue  # the sentences below the picture say it too
        notes.append(
            theme.note(
                dark,
                "<br>".join(lines),
                (band.start + band.end) / 2,
                panel.up[1],
                xref=panel.axes["xaxis"],
                xanchor="center",
                yanchor="top",
                align="center",
                yshift=-2,
                font={"color": theme.colour("ink", dark), "size": theme.SMALL},
            )
        )
    return notes


def _fitting(words: str, letters: int) -> list[str]:
    """Words on at most two lines of so many letters, shorter ones if they must be; none if none fit."""
    for said in (words, _SHORTER.get(words, words)):
        lines = wrap(said, max(1, letters), break_long_words=False)
        if len(lines) <= 2 and max(map(len, lines)) <= letters:
            return lines
    return []
