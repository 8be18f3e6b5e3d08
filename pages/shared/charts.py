"""Figures on a page: shown in the page's own colours, saved as picture and as table."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import ArrayLike

from autoencode_core.export.csv_text import columns_csv
from autoencode_core.figures.updating import UpdatingChart
from autoencode_core.names import slug
from autoencode_core.questions.run import FIGURE
from pages.shared.answers import ask, told
from pages.shared.setup import dark, guard

_KINDS = ("pdf", "svg", "png")

Columns = Callable[[], Mapping[str, ArrayLike]]


def chart(key: str, figure: go.Figure, alt: str, name: str = "", columns: Columns | None = None) -> None:
    """A figure that stands still; below it the buttons that save it, and its numbers as CSV.

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
        with st.container(horizontal=True, gap="small"):
            if columns is not None:
                words = "The numbers of this figure as a table."
                table_button(f"{key}_csv", name, columns, words=words)
            figure_files(key, figure, alt, name)


@st.fragment
@guard()
def figure_files(key: str, figure: go.Figure, alt: str, name: str) -> None:
    """A figure as a file for a slide or a paper, made by a worker when it is asked for.

    Args:
        key: of the figure.
        figure: as it is on the page.
        alt: what it shows, in words.
        name: of the file, without its ending.
    """
    box = st.popover(
        "Figure", key=f"{key}_files", on_change="rerun", type="tertiary", icon=":material/download:"
    )
    if not box.open:
        return
    with box:
        wanted = st.segmented_control("Save as", _KINDS, format_func=str.upper, key=f"{key}_kind")
        if dark():
            st.caption("The file has the colours of the page: for a paper, choose the light theme first.")
        if wanted is None:
            return
        about = {"kind": wanted, "dark": dark(), "name": slug(name) or key, "words": alt}
        asked = ask(FIGURE, (), patience=0.1, figure=figure.to_json(), **about)
        made = told(asked, f"Drawing the {wanted.upper()}")
        if made is not None:
            offer(
                f"{key}_figure",
                np.asarray(made["data"], np.uint8).tobytes(),
                str(made["name"]),
                str(made["mime"]),
            )


def offer(key: str, data: bytes, name: str, mime: str) -> None:
    """A file to download.

    Args:
        key: the same for what is offered in this place.
        data: what is in it.
        name: of the file.
        mime: its kind on the web.
    """
    size = f"{len(data) / 1e6:.1f} MB" if len(data) >= 1e5 else f"{max(1, round(len(data) / 1e3))} KB"
    label = f"Download {name.rpartition('.')[2].upper()}, {size}"
    st.download_button(label, data, name, mime=mime, key=key, on_click="ignore", type="primary")


def updating_chart(key: str, chart: UpdatingChart) -> None:
    """A chart of a training that goes on, updated in place.

    Args:
        key: the same for all charts in this place.
        chart: from autoencode_core.figures.
    """
    columns = pd.DataFrame(dict(chart.columns))
    st.vega_lite_chart(columns, dict(chart.layers), key=key, height=chart.height, alt=chart.alt)


def table_button(key: str, name: str, columns: Columns, label: str = "CSV", words: str = "") -> None:
    """A button that saves a table.

    Args:
        key: the same for all tables in this place.
        name: of the saved file, without its ending.
        columns: gives the table when the button is clicked: columns of one length by their heads.
        label: of the button.
        words: more about the table.
    """
    st.download_button(
        label,
        lambda: columns_csv(columns()),
        f"{name}.csv",
        mime="text/csv",
        key=key,
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
        help=words or None,
    )


def settings(name: str) -> dict[str, Any]:
    """How Plotly shows a figure: without its logo, with a camera that saves it under a name."""
    return {
        "displaylogo": False,
        "modeBarButtonsToRemove": ["select2d", "lasso2d"],
        "toImageButtonOptions": {"filename": name, "scale": 2},
    }
