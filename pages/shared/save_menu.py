"""Saving what is on the screen: made as a job, with progress, and then offered for download."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from autoencode_core.questions.run import EXPORT
from autoencode_core.store.record import RunRecord
from pages.shared.answers import ask, told
from pages.shared.session import SessionKey
from pages.shared.setup import dark, guard

_FORMATS = ("gif", "mp4", "html", "csv")


@guard()
def save_menu(
    run_id: str,
    record: RunRecord,
    asked: Mapping[str, Any] | None,
    key: str,
    picked: Sequence[int] = (),
) -> None:
    """Makes what the player's Save menu asks for, with progress, and offers the file.

    Args:
        run_id: id of the run.
        record: the run.
        asked: Said.save: format and how the screen looks; None when nothing new is asked for.
        key: of the player.
        picked: numbers of the picked particles of the run: if there are any, only they go into a table.
    """
    saved = SessionKey[tuple[str, str, dict[str, Any]]](f"{key}_saving", tuple)
    if asked is not None and asked.get("format") in _FORMATS:
        screen = {name: asked[name] for name in asked if name != "format"} | {"dark": dark()}
        if picked:
            screen["particles"] = list(picked)
        saved.set((run_id, str(asked["format"]), screen))
    wanted = saved.get()
    if wanted is None or wanted[0] != run_id:
        return
    _, form, screen = wanted
    asked_for = ask(EXPORT, record, patience=0.1, format=form, screen=screen)
    made = told(asked_for, f"Making the {form.upper()}")
    if made is None:
        if not asked_for.waiting:
            saved.drop()
        return
    data = np.asarray(made["data"], np.uint8).tobytes()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            f"Download {form.upper()}, {_size(len(data))}",
            data,
            str(made["name"]),
            mime=str(made["mime"]),
            key=f"{key}_download",
            on_click="ignore",
            type="primary",
        )
        st.button("Done", key=f"{key}_saved", on_click=saved.drop)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{max(1, round(count / 1e3))} KB"
