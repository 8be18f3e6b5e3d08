"""The player on a page: a scene in, what a person did with it out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import streamlit as st

from autoencode_core.figures.scenes.encoding import header
from autoencode_core.home import ASSETS
from pages.shared.save_menu import keep_save, kept_save, save_page
from pages.shared.streamlit_internals import register_components

_PACKAGE, _COMPONENTS = "autoencode", ("player", "landscape", "drawing", "tour")
_MOST_PICKED = 50_000
_TRANSPORT, _FOOT, _BRANCH = 104, 62, 206
"""css px of what stands below the panes, and above them where there is a slider over λ."""
_WIDE, _GROWN, _BESIDE = 0.36, 1.6, 460
"""As in assets/player/layout.js; css px of the sidebar and the margins of a page."""
_STATES, _TRIGGERS = ("moment", "picked", "wanted", "look", "drawn"), ("place", "save")


@dataclass(frozen=True)
class Said:
    """What a person did with a player; the browser's words, checked.

    Attributes:
        t: flow time at which it was paused or set, None before.
        picked: numbers of the picked particles, as drawn.
        wanted: layers that were switched on and whose data are missing.
        place: pane and coordinates of a click on no particle, in this run of the page only.
        save: what is to be saved and how the screen looks, in this run of the page only.
        look: colour, camera and layers, once somebody has changed them; not checked (look.checked).
        drawn: whether its first frame stands, told of scenes with the entry tell.
    """

    t: float | None
    picked: tuple[int, ...]
    wanted: tuple[str, ...]
    place: tuple[str, tuple[float, ...]] | None
    save: Mapping[str, Any] | None
    look: Mapping[str, Any] | None = None
    drawn: bool = False


def player(key: str, data: bytes | None, identity: str = "", particles: int = 0) -> Said:
    """Shows a scene; time, camera and picks stay as long as key and the scene's id do.

    Args:
        key: the same for all scenes of one player.
        data: from figures.scenes and encoding.encode, or None while there is nothing to show.
        identity: the scene's id: what was said of another scene does not count.
        particles: number of particles drawn: picks beyond it are not believed.
    """
    listeners = {f"on_{name}_change": nothing for name in (*_STATES, *_TRIGGERS)}
    listeners |= {"on_save_change": partial(keep_save, key)}
    with _room(key, data):
        found = _component()(key=key, data=data, height="content", **listeners)
    said = {name: said_of(found.get(name), identity) for name in (*_STATES, *_TRIGGERS)}
    said["save"] = said_of(kept_save(key), identity) or said["save"]
    save_page(key, identity, data, said["save"])
    return Said(
        _number(said["moment"].get("t")),
        _indices(said["picked"].get("particles"), particles),
        tuple(str(name)[:40] for name in _list(said["wanted"].get("names"))[:8]),
        _place(said["place"]),
        said["save"] or None,
        said["look"].get("look"),
        said["drawn"].get("stands") is True,
    )


def _room(key: str, data: bytes | None) -> Any:
    """A container that is as high as the player will be: what stands below does not move when it comes."""
    box = st.container(key=f"{key}_room")
    head = {} if data is None else header(data)
    if head.get("panes") or head.get("controls"):
        foot = _FOOT * bool(head["panes"])
        rest = (
            foot + _TRANSPORT * bool(head["controls"] and head["timeline"]) + _BRANCH * ("tikhonov" in head)
        )
        name = re.sub(r"[^A-Za-z0-9_-]", "-", f"st-key-{key}_room")  # as Streamlit writes it
        grown = f"{_WIDE:g} * (100vw - {_BESIDE}px)" if any(map(_flat, head["panes"])) else "0px"
        tall = f"clamp({head['height']}px, {grown}, {round(_GROWN * head['height'])}px)"
        box.html(f"<style>.{name} {{ min-height: calc({tall} + {rest}px); }}</style>")
    return box


def _flat(pane: Mapping[str, Any]) -> bool:
    """Whether the player makes room for a pane where it is wide (assets/player/layout.js)."""
    return bool(pane["kind"] == "cloud" and pane["dims"] == 2)


def nothing() -> None:
    """Streamlit keeps a state only when somebody listens to it."""


def _component() -> Any:
    return served("player")


def served(name: str) -> Any:
    """A component that lies in assets/: its modules are loaded once and not sent along with the data.

    Args:
        name: of its script, its style sheet and the class of its root.
    """
    return _mounted(name, register_components(_PACKAGE, _COMPONENTS, ASSETS))


@lru_cache(16)
def _mounted(name: str, registry: object) -> Any:
    """A component, told to Streamlit once."""
    return st.components.v2.component(
        f"{_PACKAGE}.{name}", html=f'<div class="{name}"></div>', css=f"{name}.css", js=f"{name}.js"
    )


def said_of(value: Any, identity: str) -> Mapping[str, Any]:
    """What was said, if it was said of this scene."""
    return value if isinstance(value, Mapping) and value.get("id") == identity else {}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _number(value: Any) -> float | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
    return float(value) if fits else None


def _indices(value: Any, particles: int) -> tuple[int, ...]:
    """Whole numbers below the number of particles, each once."""
    numbers = (_number(entry) for entry in _list(value)[:_MOST_PICKED])
    whole = (int(n) for n in numbers if n is not None and n == int(n) and 0 <= n < particles)
    return tuple(dict.fromkeys(whole))


def _place(value: Mapping[str, Any]) -> tuple[str, tuple[float, ...]] | None:
    at = [_number(entry) for entry in _list(value.get("at"))[:3]]
    known = [entry for entry in at if entry is not None]
    return (str(value.get("pane"))[:40], tuple(known)) if known and len(known) == len(at) else None
