"""The pictures of a stored run on a page; the moving one starts by itself, repeats, and listens to keys."""

import plotly.graph_objects as go
import streamlit as st

from autoencode_core.figures.pictures import Name, picture, words
from autoencode_core.record import RunRecord
from pages.shared.setup import ASSETS, dark, guard

_keys = st.components.v2.component(
    "autoencode_transport",
    html="<p>Space plays and pauses, ← and → move one frame.</p>",
    css="p { margin: 0; font-size: 0.85rem; color: var(--st-text-color); opacity: 0.75; }",
    js=(ASSETS / "transport.js").read_text(encoding="utf-8"),
)


def moving_picture(run_id: str, record: RunRecord) -> None:
    """The flow of a run over t in [0, T], playing.

    Args:
        run_id: its id; another one starts another animation.
        record: the run.
    """
    with st.container(key="player"):
        chart(run_id, record, "flow")
    _keys(key="transport", data={"run": run_id})


def chart(run_id: str, record: RunRecord, name: Name) -> None:
    """One picture of a run; as long as nothing about it changes, the browser leaves it alone.

    Args:
        run_id: its id.
        record: the run.
        name: which picture.
    """
    with guard():
        st.plotly_chart(
            _drawn(run_id, name, dark(), record),
            theme=None,
            key=f"picture_{name}",
            alt=words(record, name),
            config={"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]},
        )


@st.cache_data(max_entries=64, show_spinner=False)
def _drawn(run_id: str, name: Name, dark: bool, _record: RunRecord) -> go.Figure:
    return picture(_record, name, dark=dark)
