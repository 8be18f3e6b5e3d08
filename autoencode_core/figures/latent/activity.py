"""What the numbers of a code do: their activity, and how well neighbours in the code are of one class."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.figures.theme import subscript, titled
from autoencode_core.questions.latent import Activity, Neighbours
from autoencode_core.words import measured


def activity_figure(answer: Activity, *, dark: bool = False) -> go.Figure:
    """Variance of each number of the code as bars, with the participation ratio of the whole code in words.

    Args:
        answer: of ACTIVITY.
        dark: whether the page is dark.
    """
    variance = answer["variance"]
    names = [f"z{subscript(j + 1)}" for j in range(len(variance))]
    hint = f"participation ratio {answer['participation']:.2f} of {len(variance)}"
    bars = {
        "type": "bar",
        "x": names,
        "y": variance.astype(np.float32),
        "marker": {"color": theme.colour("code", dark), "pattern": {"shape": "/", "solidity": 0.15}},
        "hovertemplate": "%{x}: variance %{y:.4g}<extra></extra>",
    }
    layout = theme.layout(
        dark,
        height=300,
        margin={"l": 62, "r": 18, "t": 56, "b": 44},
        annotations=titled("Activity of the code", hint, 0, dark),
        xaxis=theme.axis(dark, "number of the code", fixedrange=True),
        yaxis=theme.axis(dark, "variance, flow coordinates²", fixedrange=True, rangemode="tozero"),
    )
    return go.Figure(data=[bars], layout=layout)


def activity_alt(answer: Activity) -> str:
    """What activity_figure shows."""
    variance, count = answer["variance"], len(answer["variance"])
    most, least = int(variance.argmax()), int(variance.argmin())
    low = f"from {measured(variance[least])} (z{least + 1}) to " if count > 1 else ""
    return (
        f"Variance of the {count} number{'s' * (count > 1)} of the code: {low}{measured(variance[most])} "
        f"(z{most + 1}); participation ratio {answer['participation']:.2f}."
    )


def neighbours_alt(answer: Neighbours) -> str:
    """What neighbours_figure shows."""
    return (
        f"Right votes of the {answer['k']} nearest neighbours: {answer['code']:.1%} on the code, "
        f"{answer['pca']:.1%} on PCA, {answer['raw']:.1%} on raw data."
    )


def neighbours_figure(answer: Neighbours, *, dark: bool = False) -> go.Figure:
    """Accuracy of the k-nearest-neighbour vote on code, raw data and PCA, as bars.

    Args:
        answer: of NEIGHBOURS.
        dark: whether the page is dark.
    """
    rows = [("code", "code", ""), ("PCA", "PCA", "x"), ("raw data", "input", "/")]
    values = [answer["code"], answer["pca"], answer["raw"]]
    bars = {
        "type": "bar",
        "orientation": "h",
        "y": [name for name, _, _ in rows],
        "x": values,
        "text": [f"{value:.1%}" for value in values],
        "textposition": "outside",
        "textfont": {"color": theme.colour("ink", dark)},
        "marker": {
            "color": [theme.colour(role, dark) for _, role, _ in rows],
            "pattern": {"shape": [shape for _, _, shape in rows], "solidity": 0.15},
        },
        "hovertemplate": "%{y}: %{x:.1%}<extra></extra>",
    }
    flat: dict[str, Any] = {"tickformat": ".0%", "tickvals": [0, 0.25, 0.5, 0.75, 1], "fixedrange": True}
    hint = f"vote of {answer['k']} on test data; training's most frequent class: {answer['chance']:.1%}"
    layout = theme.layout(
        dark,
        height=300,
        margin={"l": 82, "r": 18, "t": 56, "b": 44},
        annotations=titled("Class of the nearest neighbours", hint, 0, dark),
        xaxis=theme.axis(dark, "share of right votes", range=[0, 1.14], **flat),
        yaxis=theme.axis(dark, "", fixedrange=True, autorange="reversed"),
    )
    return go.Figure(data=[bars], layout=layout)
