"""The errors of a run beside those of PCA."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.store.record import RunRecord
from autoencode_core.units import error_unit, unexplained
from autoencode_core.words import measured

_PATTERN = {"this run": "", "PCA": "/"}


def error_against_pca_figure(record: RunRecord, *, dark: bool = False) -> go.Figure:
    """Train and test error of a run beside PCA with the same number of components.

    Args:
        record: the run.
        dark: whether the page is dark.
    """
    k, classify = record.spec.bottleneck, record.spec.task == "classify"
    groups = {"this run": ("train_error", "test_error"), "PCA": ("pca_train_error", "pca_test_error")}
    bars = {name: [_value(record, key) for key in keys] for name, keys in groups.items()}
    shown = {name: values for name, values in bars.items() if any(value is not None for value in values)}
    unit = "to the labels' positions" if classify else f"({error_unit(record.spec)})"
    highest = (
        max([value for values in shown.values() for value in values if value is not None], default=1.0) or 1.0
    )
    layout = theme.layout(
        dark,
        height=260,
        margin={"l": 44, "r": 24, "t": 44, "b": 48},
        barmode="group",
        bargap=0.35,
        showlegend=len(shown) > 0,
        legend=theme.legend(dark, 1.02),
        xaxis=theme.axis(dark, f"mean squared distance {unit}", range=[0, 1.25 * highest], nticks=5),
        yaxis=theme.axis(dark, fixedrange=True, showgrid=False, autorange="reversed"),
    )
    named = {"this run": "this run", "PCA": f"PCA, {k} component{'s' * (k > 1)}"}
    for whose in named:
        share = unexplained(record.summary, whose == "PCA")
        named[whose] += f": {share}" if share else ""
    return go.Figure(
        data=[_bars(named[name], name, values, dark) for name, values in shown.items()], layout=layout
    )


def _value(record: RunRecord, key: str) -> float | None:
    value = record.summary.get(key)
    return float(value) if value is not None and np.isfinite(value) else None


def _bars(title: str, name: str, values: list[float | None], dark: bool) -> dict[str, Any]:
    role = "PCA" if name == "PCA" else "reconstruction"
    colour = theme.colour(role, dark)
    return {
        "type": "bar",
        "name": title,
        "orientation": "h",
        "y": ["train", "test"],
        "x": [value or 0.0 for value in values],
        "text": [measured(value) if value is not None else "not finite" for value in values],
        "textposition": "outside",
        "textfont": {"color": theme.colour("ink", dark), "size": theme.TEXT},
        "cliponaxis": False,
        "marker": {
            "color": theme.translucent(colour, 0.25) if name == "PCA" else colour,
            "line": {"color": colour, "width": 1.5},
            "pattern": {"shape": _PATTERN[name], "fgcolor": colour, "size": 7},
        },
        "hovertemplate": f"{title}, %{{y}}: %{{x:.4g}}<extra></extra>",
    }
