"""The control as a heat strip: entries of θ against t, staircases round what is active."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.least import least_control
from autoencode_core.figures.numbers import power
from autoencode_core.questions.control import Along
from autoencode_core.words import measured

Array = NDArray[Any]

CLIPPED = 0.99
"""Share of the entries whose sizes the colours tell apart; what is larger has the colour at the end."""
_FAR = 1.2
"""Colours end at the largest entry, unless it is so many times as large as nearly all, or too small."""
_NAMED = 19
"""Most entries that are named one by one."""
_MOST_CELLS = 40_000
"""Most cells of the strip that say which entry they are."""


def control_words(along: Along) -> str:
    """What the colours of the strip stand for, as a sentence; "" where they tell all entries apart."""
    sizes, end = _entry_sizes(along), _colour_end(along)
    said = []
    if len(sizes) and sizes.max() == 0:
        said.append("θ is 0 at every layer: the flow stands still.")
    elif control_still(along):
        said.append(
            f"The control is all but 0: its largest entry is {power(float(sizes.max()))}. The colours end at "
            f"±{power(end)}, where an entry moves particles by about a thousandth of their spread."
        )
    elif len(sizes) and sizes.max() > end:
        said.append(
            f"The colours end at ±{measured(end, 2)}: {np.mean(sizes <= end):.0%} of the entries lie "
            "between; "
            f"the largest is {measured(sizes.max(), 2)}."
        )
    if not along["whole"]:
        rows = "V: root mean square of its columns" if "V" in along["groups"] else ""
        parts = "; ".join(filter(None, ("W: root mean square of each of its rows", "b: its entries", rows)))
        said.append(f"θ has too many entries for a row each. {parts}.")
    return " ".join(said)


def control_still(along: Along) -> bool:
    """Whether no entry of the control is large enough to move a particle so that one sees it."""
    return bool(_entry_sizes(along).max(initial=0.0) <= least_control(along))


def ordered(along: Along) -> Array:
    """The rows of the along, in each block those first that are active longest: (E,) numbers of rows."""
    lasting = np.isfinite(along["values"]).sum(axis=1)
    borders = [int(border) for border in along["borders"]]
    blocks = [start + np.argsort(-lasting[start:end], kind="stable") for start, end in pairwise(borders)]
    order: Array = np.concatenate(blocks)
    return order


def _entry_sizes(along: Along) -> Array:
    values: Array = np.abs(along["values"])
    known: Array = values[np.isfinite(values)]
    return known


def _colour_end(along: Along) -> float:
    """Size from which entries have the colour at the end of the scale."""
    sizes = _entry_sizes(along)
    most = float(sizes.max(initial=0.0))
    end = float(np.quantile(sizes, CLIPPED, method="lower")) if len(sizes) else most
    return max(end if 0 < end < most / _FAR else most, least_control(along))


def heat(along: Along, bar_at: float, dark: bool) -> dict[str, Any]:
    """The along, and the scale of its colours that stands on `bar_at` in paper coordinates."""
    order, end = ordered(along), _colour_end(along)
    values = np.asarray(along["values"], np.float32)[order]
    stops = [[i / 6, shade] for i, shade in enumerate(theme.SIGNED[dark])]
    told = "t = %{x:.3g}: %{z:.4g}<extra></extra>"
    trace = {
        "type": "heatmap",
        "x": along["edges"],
        "y": np.arange(len(order) + 1) - 0.5,
        "z": values,
        "zmin": -end,
        "zmax": end,
        "colorscale": stops,
        "colorbar": _bar(end, bar_at, dark),
        "hoverongaps": False,
        "hovertemplate": told,
    }
    if values.size <= _MOST_CELLS:
        names = np.asarray(along["labels"], str)[order]
        trace |= {
            "text": np.repeat(names[:, None], values.shape[1], axis=1),
            "hovertemplate": "%{text}, " + told,
        }
    return trace


def _bar(end: float, at: float, dark: bool) -> dict[str, Any]:
    """The scale of the colours, at the right."""
    return {
        "orientation": "h",
        "x": 1,
        "xanchor": "right",
        "y": at,
        "yanchor": "bottom",
        "ypad": 0,
        "xpad": 0,
        "len": 0.42,
        "thickness": 10,
        "outlinewidth": 0,
        "tickvals": [-end, 0, end],
        "ticktext": [measured(-end, 2), "0", measured(end, 2)],
        "ticklabelposition": "outside top",
        "tickfont": {"color": theme.colour("muted", dark), "size": theme.SMALL},
    }


def outlines(along: Along, dark: bool) -> list[dict[str, Any]]:
    """A staircase round the active entries of each block."""
    edges, found = along["edges"], []
    known = np.isfinite(along["values"])
    for start, end in pairwise(int(border) for border in along["borders"]):
        foot = start + known[start:end].sum(axis=0) - 0.5
        steps = np.repeat(edges, 2)[1:-1]
        x = [edges[0], *steps, edges[-1], edges[0]]
        y = [start - 0.5, *np.repeat(foot, 2), start - 0.5, start - 0.5]
        line = {"color": theme.colour("ink", dark), "width": 1.6}
        found.append(
            {"x": x, "y": y, "mode": "lines", "line": line, "hoverinfo": "skip", "cliponaxis": False}
        )
    return found


def entry_axis(along: Along, dark: bool) -> dict[str, Any]:
    """The axis of the strip: names of the entries where they are few, else of the blocks."""
    count, borders = len(along["labels"]), [int(border) for border in along["borders"]]
    if count <= _NAMED:
        places, names = [float(i) for i in range(count)], [str(along["labels"][i]) for i in ordered(along)]
    else:
        places = [(a + b - 1) / 2 for a, b in pairwise(borders)]
        names = list(along["groups"])
    ink = {"color": theme.colour("ink", dark), "size": theme.SMALL if count <= _NAMED else theme.TITLE}
    ticks: dict[str, Any] = {"tickvals": places, "ticktext": names, "tickfont": ink}
    return theme.axis(dark, range=[count - 0.5, -0.5], showgrid=False, fixedrange=True, **ticks)
