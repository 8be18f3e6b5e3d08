"""New rows among the codes of those that a run knows."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.arrays import finite, pick
from autoencode_core.figures.marks import cloud
from autoencode_core.figures.scenes.plane import plain_plane
from autoencode_core.figures.theme import titled
from autoencode_core.questions.arrays import Floats, Integers
from autoencode_core.questions.latent import KnownRows, NewRows
from autoencode_core.words import measured

Array = NDArray[Any]

MOST_KNOWN, MOST_NEW = 2000, 3000
"""Most marks of the run's own rows, and of the new ones that are not unusual."""


class _Rows(NamedTuple):
    """What is drawn of some rows; smaller of new ones alone."""

    codes: Floats
    errors: Floats
    numbers: Integers
    smaller: Floats | None = None


def rows_figure(
    own: KnownRows, new: NewRows | None, numbers: Integers | None, unit: str, *, dark: bool = False
) -> go.Figure:
    """The plane of codes: training rows as dots, test rows hollow, new rows as diamonds, unusual as crosses.

    Two numbers are drawn as they are, more on the first two principal axes of the run's own codes; one
    number lies on the x axis, and the height is the squared distance, where that is known.

    Args:
        own: the run's rows.
        new: new ones, if there are some.
        numbers: of the new ones (m,).
        unit: of the squared distance.
        dark: whether the page is dark.
    """
    place, names, log = _places(own, unit)
    known, test = _Rows(own["codes"], own["errors"], own["numbers"]), own["test"]
    groups: list[tuple[str, _Rows, Array, dict[str, Any]]] = [
        ("training row", known, _some(~test, MOST_KNOWN), _known_mark("train", dark, hollow=False)),
        ("test row", known, _some(test, MOST_KNOWN // 4), _known_mark("test", dark, hollow=True)),
    ]
    if new is not None and numbers is not None:
        fresh, unusual = _Rows(new["codes"], new["errors"], numbers, new["smaller"]), new["unusual"]
        groups += [
            ("new row", fresh, _some(~unusual, MOST_NEW), _new_mark("new row", dark)),
            ("unusual new row", fresh, _some(unusual, MOST_NEW), _new_mark("unusual row", dark)),
        ]
    traces = [
        cloud(
            place(rows)[chosen],
            {"xaxis": "x", "yaxis": "y"},
            marker=mark,
            name=name,
            showlegend=True,
            text=_hover(rows, chosen, unit),
            hovertemplate=f"{name} %{{text}}<extra></extra>",
        )
        for name, rows, chosen, mark in groups
        if len(chosen)
    ]
    k = own["codes"].shape[1]
    layout = theme.layout(
        dark,
        height=480,
        margin={"l": 70, "r": 18, "t": 56, "b": 104},
        annotations=titled("Rows among the codes", f"k = {k}", 0, dark),
        showlegend=True,
        legend={**theme.legend(dark, -0.17), "yanchor": "top"},  # below: on a narrow page it takes two lines
        xaxis=theme.axis(dark, names[0]),
        yaxis=theme.axis(dark, names[1], **({"type": "log"} if log else {})),
    )
    return go.Figure(data=traces, layout=layout)


def _places(own: KnownRows, unit: str) -> tuple[Callable[[_Rows], Array], tuple[str, str], bool]:
    """What gives the places (m, 2) of rows, the names of the axes, and whether the second is logarithmic."""
    codes = finite(own["codes"])
    if codes.shape[1] > 1:
        plane = plain_plane(codes, most=2)
        return lambda rows: plane.project(rows.codes), (plane.names[0], plane.names[1]), False
    known = not np.isnan(own["errors"]).all()

    def place(rows: _Rows) -> Array:
        height = finite(rows.errors) if known else rows.numbers
        return np.stack([finite(rows.codes)[:, 0], height], axis=1)

    return place, ("z₁", f"squared distance ({unit})" if known else "number of the row"), known


def _some(wanted: Array, most: int) -> Array:
    """Numbers of rows that are wanted, at most so many."""
    there = np.flatnonzero(wanted)
    return there[pick(len(there), most)] if len(there) else there


def _known_mark(role: str, dark: bool, hollow: bool) -> dict[str, Any]:
    colour = theme.colour(role, dark)
    symbol = theme.ROLES[role].symbol + ("-open" if hollow else "")
    return {"size": 5 if not hollow else 6, "symbol": symbol, "color": colour, "opacity": 0.55}


def _new_mark(role: str, dark: bool) -> dict[str, Any]:
    line = {"width": 1, "color": theme.colour("page", dark)}
    return {"size": 12, "symbol": theme.ROLES[role].symbol, "color": theme.colour(role, dark), "line": line}


def _hover(rows: _Rows, chosen: Array, unit: str) -> list[str]:
    """Number and squared distance of each row, and of a new one how many training rows lie nearer."""
    numbers, errors = rows.numbers[chosen], rows.errors[chosen]
    smaller = np.full(len(chosen), np.nan) if rows.smaller is None else rows.smaller[chosen]
    said = []
    for number, error, share in zip(numbers, errors, smaller, strict=True):
        text = f"{number}"
        if not np.isnan(error):
            text += f"<br>squared distance {measured(error)} {unit}"
        if not np.isnan(share):
            text += f"<br>{share:.0%} of the training rows have less"
        said.append(text)
    return said
