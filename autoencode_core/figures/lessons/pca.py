"""What PCA does to the drawn particles: variances along its axes, and where it rebuilds each of them."""

import numpy as np
import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.figures.arrays import Array, finite
from autoencode_core.figures.panels import GLYPHS, plot
from autoencode_core.figures.theme import subscript
from autoencode_core.store.record import RunRecord

MOST = 12
"""Axes that get a bar."""


def principal_variances(record: RunRecord) -> Array:
    """Variances (d,) of the probe's inputs along their principal axes, largest first, data units squared."""
    inputs = finite(record.probe["inputs"])
    return np.sort(np.linalg.eigvalsh(np.cov(inputs.T, bias=True).reshape(inputs.shape[1], -1)))[::-1]


def pca_of_probe(record: RunRecord) -> Array:
    """The probe's inputs as PCA with k components rebuilds them, (n, d) in data units."""
    inputs = finite(record.probe["inputs"])
    center = inputs.mean(axis=0)
    axes = np.linalg.svd(inputs - center, full_matrices=False)[2][: record.spec.bottleneck]
    return np.asarray(center + (inputs - center) @ axes.T @ axes)


def off_the_axis(record: RunRecord) -> int:
    """The particle that PCA moves farthest."""
    inputs = finite(record.probe["inputs"])
    return int(((pca_of_probe(record) - inputs) ** 2).sum(axis=1).argmax())


def variances_figure(record: RunRecord, *, dark: bool = False) -> go.Figure:
    """A bar for each of the first principal axes; those that PCA with k components drops are hatched.

    Args:
        record: the run.
        dark: whether the page is dark.
    """
    values, k = principal_variances(record), record.spec.bottleneck
    shown = min(len(values), MOST)
    role = theme.ROLES["PCA"]
    kept, dropped = theme.colour("code", dark), role.colour(dark)
    colours = [kept if i < k else theme.translucent(dropped, 0.25) for i in range(shown)]
    bars = {
        "type": "bar",
        "x": [f"axis {i + 1}" for i in range(shown)],
        "y": values[:shown],
        "text": [f"{value:.3g}" for value in values[:shown]],
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"color": theme.colour("ink", dark), "size": theme.TEXT},
        "marker": {
            "color": colours,
            "line": {"color": [kept if i < k else dropped for i in range(shown)], "width": 1.5},
            "pattern": {"shape": ["" if i < k else "/" for i in range(shown)], "fgcolor": dropped, "size": 7},
        },
        "hovertemplate": "%{x}: %{y:.4g}<extra></extra>",
    }
    entries = [(GLYPHS["square"], kept, f"kept, k = {k}"), ("▨", dropped, "dropped: the error of PCA")]
    axes = (theme.axis(dark), theme.axis(dark, range=[0, 1.15 * float(values[0])], nticks=5))
    return plot(dark, "Variance along each principal axis", "data units²", [bars], [entries], axes, 220, 1)


def variances_words(record: RunRecord) -> str:
    """What the figure shows, in a sentence."""
    values, k = principal_variances(record), record.spec.bottleneck
    share = values[k:].sum() / values.sum()
    named = ", ".join(f"u{subscript(i + 1)}: {value:.3g}" for i, value in enumerate(values[:MOST]))
    return f"Variance along the principal axes: {named}. PCA with {k} drops {share:.0%} of it."
