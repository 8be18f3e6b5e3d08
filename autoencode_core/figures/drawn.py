"""A figure as a page sends it: written out once, however many people look at it."""

from dataclasses import dataclass

import plotly.graph_objects as go

from autoencode_core.figures.large import enlarged
from autoencode_core.figures.terms import told_when_pointed_at, words_of


@dataclass(frozen=True)
class Drawn:
    """A figure that changes no more.

    Attributes:
        plain: the figure as JSON, at its own scale.
        spec: the same, as large as it is shown.
        height: of what is shown, in pixels, None for Plotly's own.
        words: what it calls its axes and traces (terms.words_of).
    """

    plain: str
    spec: str
    height: int | None
    words: tuple[str, ...]


def drawn(figure: go.Figure, factor: float = 1.0) -> Drawn:
    """A figure written out, its headings told when one points at them.

    Args:
        figure: of this package.
        factor: how many times as large as its own scale it is shown, above 0.
    """
    figure = told_when_pointed_at(figure)
    shown = enlarged(figure, factor)
    plain = figure.to_json(validate=False)
    spec = plain if shown is figure else shown.to_json(validate=False)
    height = shown.layout.height
    return Drawn(plain, spec, None if height is None else round(height), tuple(words_of(figure)))
