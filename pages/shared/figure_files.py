"""A figure as a file for a slide or a paper: made by a worker when it is asked for, then offered."""

import numpy as np
import streamlit as st

from autoencode_core.names import slug
from autoencode_core.questions.run import FIGURE
from pages.shared.answers import ask, told
from pages.shared.setup import dark, guard

_KINDS = ("pdf", "svg", "png")


@st.fragment
@guard()
def figure_files(key: str, figure: str, alt: str, name: str) -> None:
    """A figure as a file for a slide or a paper, made by a worker when it is asked for.

    Args:
        key: of the figure.
        figure: as JSON.
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
        asked = ask(FIGURE, (), patience=0.1, figure=figure, **about)
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
