"""Figures on a page: shown in the page's own colours, saved as picture and as table."""

from collections.abc import Callable, Mapping
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from numpy.typing import ArrayLike

from autoencode_core.runs.csv_text import columns_csv

Columns = Callable[[], Mapping[str, ArrayLike]]


def chart(key: str, figure: go.Figure, alt: str, name: str = "", columns: Columns | None = None) -> None:
    """A figure that stands still; the camera above it saves a PNG, the button below it a CSV.

    Args:
        key: the same for all figures in this place.
        figure: from autoencode_core.figures.
        alt: what it shows, in words, for who cannot see it.
        name: of the saved files, without an ending; the key by default.
        columns: gives the table behind it: columns of one length by their heads.
    """
    name = name or key
    with st.container(gap=None):
        st.plotly_chart(figure, theme=None, key=key, alt=alt, config=settings(name))
        if columns is not None:
            st.download_button(
                "CSV",
                _csv(columns),
                f"{name}.csv",
                mime="text/csv",
                key=f"{key}_csv",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
                help="The numbers of this figure as a table. The camera above the figure saves it as PNG.",
            )


def settings(name: str) -> dict[str, Any]:
    """How Plotly shows a figure: without its logo, with a camera that saves it under a name."""
    return {
        "displaylogo": False,
        "modeBarButtonsToRemove": ["select2d", "lasso2d"],
        "toImageButtonOptions": {"filename": name, "scale": 2},
    }


def _csv(columns: Columns) -> Callable[[], bytes]:
    """Made when it is clicked, not whenever the page runs."""
    return lambda: columns_csv(columns())
