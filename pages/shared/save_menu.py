"""Saving what is on the screen: made as a job, with progress, and then offered for download."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from autoencode_core.export.player_page import Kind, player_page
from autoencode_core.figures.scenes.encoding import header
from autoencode_core.figures.scenes.flow import SAVE
from autoencode_core.names import slug
from autoencode_core.questions.run import EXPORT
from autoencode_core.store.record import RunRecord
from pages.shared.answers import ask, told
from pages.shared.figure_files import offer
from pages.shared.session import SessionKey
from pages.shared.setup import dark, guard

_FORMATS = ("pdf", "svg", "gif", "mp4", "csv")
_SHOWN = SessionKey[dict[str, bytes]]("scenes_shown", dict)
_MOST_SHOWN = 8


def offered() -> list[str]:
    """The formats in which the flow of a run may be saved here: MP4 only where there is ffmpeg."""
    return [form for form in SAVE if form != "mp4" or shutil.which("ffmpeg")]


def keep_save(key: str) -> None:
    """Keeps what a player is asked to save until that is begun: the next run of the page may end this one.

    Args:
        key: of the player.
    """
    said = st.session_state.get(key)
    found = said.get("save") if isinstance(said, Mapping) else None
    if isinstance(found, Mapping):
        _kept(key).set(dict(found))


def kept_save(key: str) -> Mapping[str, Any] | None:
    """What keep_save keeps of a player."""
    return _kept(key).get()


def _kept(key: str) -> SessionKey[dict[str, Any]]:
    return SessionKey(f"{key}_to_save", dict)


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
        _kept(key).drop()
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
    _offer(f"{key}_saving", data, str(made["name"]), str(made["mime"]), saved.drop)


@guard()
def save_page(
    key: str, identity: str, data: bytes | None, asked: Mapping[str, Any], kind: Kind = "player"
) -> None:
    """Takes a wish for the player itself as a file and offers it, with all players of its clock.

    Args:
        key: of the player.
        identity: id of its scene.
        data: its scene.
        asked: what the browser said: format, and for each player of the clock the id of its scene and what it
            remembers of the screen.
        kind: what shows the scene.
    """
    shown = _SHOWN.get() or {}
    if data is not None:
        shown.pop(identity, None)
        shown[identity] = data  # the youngest last
        while len(shown) > _MOST_SHOWN:
            del shown[next(iter(shown))]
        _SHOWN.set(shown)
    made = SessionKey[tuple[str, bytes, str]](f"{key}_page", tuple)
    memories = _memories(asked.get("scenes")) if asked.get("format") == "html" else {}
    if scenes := [shown[one] for one in memories if one in shown]:
        try:
            page = player_page(scenes, memories, dark=dark(), kind=kind).encode()
        except Exception:
            _kept(key).drop()  # what cannot be made is told once
            raise
        heads = [header(scene) for scene in scenes]
        name = next((found for head in heads if (found := head.get("file") or slug(head["title"]))), kind)
        made.set((identity, page, f"{name}.html"))
    if memories:
        _kept(key).drop()
    known = made.get()
    if known is not None and known[0] == identity:
        _offer(f"{key}_page", known[1], known[2], "text/html", made.drop)


def _memories(said: Any) -> dict[str, Mapping[str, Any]]:
    """What the browser remembers of each scene, by its id."""
    found = [one for one in said if isinstance(one, Mapping)] if isinstance(said, list | tuple) else []
    return {str(one.get("id")): one["memory"] for one in found if isinstance(one.get("memory"), Mapping)}


def _offer(key: str, data: bytes, name: str, mime: str, done: Callable[[], None]) -> None:
    """A file to download, until a person is done with it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        offer(f"{key}_download", data, name, mime)
        st.button("Done", key=f"{key}_done", on_click=done)
