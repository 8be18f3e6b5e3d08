"""How much the cost of one control differs between samples of N particles."""

import numpy as np
import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.figures.log_axis import power_axis
from autoencode_core.figures.numbers import minus
from autoencode_core.figures.panels import GLYPHS, plot
from autoencode_core.questions.lessons import Scatter


def scatter_figure(answer: Scatter, *, dark: bool = False) -> go.Figure:
    """The standard deviation of the data term over samples against N, with the line fitted to it.

    Args:
        answer: of SCATTER.
        dark: whether the page is dark.
    """
    counts, found = np.asarray(answer["counts"], float), np.asarray(answer["scatter"])
    role, muted = theme.ROLES["data term"], theme.ROLES["level"]
    middle = np.exp(np.log(counts).mean()), np.exp(np.log(found).mean())
    line = {
        "x": counts,
        "y": middle[1] * (counts / middle[0]) ** answer["exponent"],
        "mode": "lines",
        "line": {"color": muted.colour(dark), "dash": muted.dash, "width": 1.6},
        "hoverinfo": "skip",
    }
    marks = {
        "x": counts,
        "y": found,
        "mode": "markers",
        "error_y": {
            "array": found / np.sqrt(2 * (np.asarray(answer["samples"]) - 1)),
            "color": role.colour(dark),
            "thickness": 1,
        },
        "marker": {"color": role.colour(dark), "symbol": role.symbol, "size": theme.MARKER + 1},
        "hovertemplate": "N = %{x}: %{y:.3g}<extra></extra>",
    }
    entries = [
        (GLYPHS[role.symbol], role.colour(dark), "samples of N fresh particles"),
        ("┈", muted.colour(dark), f"like N to the power {_exponent(answer)}"),
    ]
    axes = (power_axis(counts, dark, "particles N of a sample", whole=True), power_axis(found, dark, most=5))
    title = "Scatter of the data term"
    return plot(dark, title, "standard deviation over samples", [line, marks], [entries], axes, 240, 2)


def scatter_words(answer: Scatter) -> str:
    """What the figure shows, in a sentence."""
    counts, found = answer["counts"], answer["scatter"]
    return (
        f"The data term of one control scatters by {found[0]:.2g} over samples of {counts[0]:,} particles "
        f"and by {found[-1]:.2g} over samples of {counts[-1]:,}: like N to the power "
        f"{_exponent(answer)}."
    )


def _exponent(answer: Scatter) -> str:
    return minus(f"{answer['exponent']:.2f}")
