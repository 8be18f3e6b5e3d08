"""How the data chose λ: held-out error against λ, as a picture, a table and in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.figures.panels import GLYPHS, Entry, Panel, WeightAxis, level, plot
from autoencode_core.store.choice import Choice, choice_words
from autoencode_core.words import as_set, measured

_HEIGHT = 240


def choice_figure(choice: Choice, *, dark: bool = False) -> go.Figure:
    """Held-out error of each λ, mean and standard error over the folds, with the λ that is chosen.

    Args:
        choice: how it was chosen.
        dark: whether the page is dark.
    """
    axis = WeightAxis(choice.weights[::-1])
    panel = Panel("", (0, 1), (0, 1))
    curve, chosen = theme.ROLES["test"], theme.ROLES["now"]
    lines, words = list[dict[str, Any]](), list[dict[str, Any]]()
    reach = choice.mean[choice.best] + choice.deviation[choice.best]
    levels = [(float(reach), "best + one standard error"), *([(1.0, "PCA")] if choice.by_pca else [])]
    for value, name in levels:
        line, word = level(panel, value, name, dark)
        lines.append(line)
        words.append(word)
    groups: list[Entry] = [
        (GLYPHS[curve.symbol], curve.colour(dark), f"mean of {choice.folds} folds ± standard error"),
        (
            GLYPHS[chosen.symbol],
            chosen.colour(dark),
            f"chosen: λ = {as_set(choice.tikhonov)}",
        ),
    ]
    known = np.isfinite(choice.mean)
    mean, deviation = choice.mean[known], choice.deviation[known]
    reached = np.concatenate([mean - deviation, mean + deviation, [value for value, _ in levels]])
    low, high = float(reached.min()), float(reached.max())
    room = 0.08 * (high - low or 1.0)
    values = theme.axis(dark, "", range=[low - room, high + room])
    unit = "as a share of PCA's on the same rows" if choice.by_pca else "as a share of the variance"
    return plot(
        dark,
        "Held-out error",
        unit,
        _traces(choice, axis, dark),
        [groups],
        (axis.settings(dark, small=False), values),
        _HEIGHT,
        2,
        shapes=lines,
        annotations=words,
    )


def _traces(choice: Choice, axis: WeightAxis, dark: bool) -> list[dict[str, Any]]:
    """Bars of one standard error to each side, the means, and a mark around the chosen one."""
    curve, chosen = theme.ROLES["test"], theme.ROLES["now"]
    known = [n for n, mean in enumerate(choice.mean) if np.isfinite(mean)]
    x = [axis.place(choice.weights[n]) for n in known]
    mean, deviation = choice.mean[known], choice.deviation[known]
    said = [
        f"λ = {as_set(choice.weights[n])}<br>{measured(choice.mean[n], 4)} ± "
        f"{measured(choice.deviation[n], 2)}"
        for n in known
    ]
    ends = zip((mean - deviation).tolist(), (mean + deviation).tolist(), strict=True)
    at, colour = known.index(choice.chosen), curve.colour(dark)
    common = {"type": "scatter", "hovertemplate": "%{hovertext}<extra></extra>"}
    ring = {"symbol": f"{chosen.symbol}-open", "size": 17, "color": chosen.colour(dark)}
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [place for each in x for place in (each, each, None)],
            "y": [value for low, high in ends for value in (low, high, None)],
            "line": {"color": colour, "width": 1.4},
            "hoverinfo": "skip",
        },
        {
            **common,
            "mode": "lines+markers",
            "x": x,
            "y": mean.tolist(),
            "line": {"color": colour, "width": theme.LINE},
            "marker": {"symbol": curve.symbol, "size": theme.MARKER + 1, "color": colour},
            "hovertext": said,
        },
        {
            **common,
            "mode": "markers",
            "x": [x[at]],
            "y": [float(mean[at])],
            "marker": {**ring, "line": {"width": 2.4}},
            "hovertext": [said[at]],
        },
    ]


def choice_alt(choice: Choice) -> str:
    """The picture in words."""
    pairs = zip(choice.weights, choice.mean, choice.deviation, strict=True)
    said = ", ".join(
        f"{measured(mean)} ± {measured(deviation, 2)} at λ = {as_set(weight)}"
        for weight, mean, deviation in pairs
    )
    of = "of what PCA leaves" if choice.by_pca else "of the variance"
    return f"Held-out error as a share {of}: {said}. {choice_words(choice)}"


def choice_table(choice: Choice) -> Mapping[str, Sequence[float]]:
    """The curve as columns: λ, mean, standard error, and every fold."""
    folds = {f"fold {k + 1}": [row[k] for row in choice.errors] for k in range(choice.folds)}
    means = {"mean": choice.mean.tolist(), "standard_error": choice.deviation.tolist()}
    return {"tikhonov": choice.weights, **means, **folds}
