"""Figures on a page: shown in the page's own colours, saved as picture and as table."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import ArrayLike

from autoencode_core.export.csv_text import columns_csv
from autoencode_core.figures.drawn import Drawn, drawn
from autoencode_core.figures.terms import chart_words, terms_of
from autoencode_core.figures.updating import UpdatingChart, larger_type
from autoencode_core.glossary import TERMS, explained
from pages.shared.figure_files import figure_files
from pages.shared.looks import scale
from pages.shared.setup import dark, escape
from pages.shared.streamlit_internals import plotly_spec

Columns = Callable[[], Mapping[str, ArrayLike]]
_MOST_BYTES = 32 * 2**20
"""Of the figures that are kept."""


def chart(
    key: str,
    figure: go.Figure | Callable[[], go.Figure],
    alt: str,
    name: str = "",
    columns: Columns | None = None,
    about: tuple[Any, ...] = (),
    picks: bool = False,
) -> Any:
    """A figure that stands still; below it the buttons that save it, and its numbers as CSV.

    Args:
        key: the same for all figures in this place.
        figure: from autoencode_core.figures; or what draws it, once for all who look at the same.
        alt: what it shows, in words, for who cannot see it.
        name: of the saved files, without an ending; the key by default.
        columns: gives the table behind it: columns of one length by their heads.
        about: all that a figure which is drawn once depends on, beside the key and the page's colours.
        picks: whether a click on a mark runs the page again.

    Returns:
        What was picked, as st.plotly_chart gives it; None without `picks`.
    """
    name = name or key
    shown = _once(key, about, dark(), scale(), figure) if callable(figure) else drawn(figure, scale())
    with st.container(gap=None):
        picked = plotly_spec(shown.spec, shown.height, key, alt, settings(name), picks)
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            if columns is not None:
                words = "The numbers of this figure as a table."
                table_button(f"{key}_csv", name, columns, words=words)
            figure_files(key, shown.plain, alt, name)
            words_button(shown.words)
    return picked


@st.cache_data(max_size=_MOST_BYTES, show_spinner=False)
def _once(
    key: str, about: tuple[Any, ...], dark: bool, factor: float, _draw: Callable[[], go.Figure]
) -> Drawn:
    """A figure written out; the arguments without a line before them say all that it depends on."""
    return drawn(_draw(), factor)


def updating_chart(key: str, chart: UpdatingChart) -> None:
    """A chart of a training that goes on, updated in place.

    Args:
        key: the same for all charts in this place.
        chart: from autoencode_core.figures.
    """
    columns = pd.DataFrame(dict(chart.columns))
    height, layers = round(scale() * chart.height), larger_type(chart.layers, scale())
    st.vega_lite_chart(columns, layers, key=key, height=height, alt=chart.alt)
    words_button(chart_words(chart.layers, chart.columns))


def words_button(words: Iterable[str]) -> None:
    """What the words on a picture mean, for who points at it or reaches it with the keyboard.

    Args:
        words: titles of axes and names of curves; those that are no term of the glossary are left out.
    """
    if terms := terms_of(words):
        listed = "\n\n".join(f"{escape(TERMS[key].name)}, {explained(key)}" for key in terms)
        st.caption("Words explained", help=listed, width="content")


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
