"""How a player looks in the link: colour, camera, layers that were switched, unrolled or not."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from pages.shared.session import LinkKey, SessionKey

LOOK = LinkKey("look")
"""How the player of the page looks, packed."""
_LONGEST, _MOST_PANES, _MOST_LAYERS, _NAME = 3000, 8, 20, 40
_CAMERA = ("yaw", "pitch", "zoom")
_FAR = 1e6

Look = dict[str, Any]
"""What assets/player/link.js remembers of a scene: "colour", and "pane ..." by its name."""


def opened_look(key: str, run_id: str) -> Look | None:
    """How the link that opened the page has a player look, None for every later run.

    Args:
        key: of the player.
        run_id: the run that it shows.
    """
    opened = SessionKey[tuple[str, Look | None]](f"{key}_look", tuple)
    shown = SessionKey(f"{key}_looked", str)
    known = opened.get()
    if known is None:
        known = run_id, read_look(LOOK.get())
        opened.set(known)
    elif shown.get() != run_id:
        LOOK.drop()  # it was another run's
    shown.set(run_id)
    return known[1] if known[0] == run_id else None


def keep_look(said: Mapping[str, Any]) -> None:
    """Puts into the link how a player looks, once somebody has changed that.

    Args:
        said: the browser's words.
    """
    if look := checked(said):
        LOOK.set(write_look(look))


def write_look(look: Look) -> str:
    """A look as the link says it."""
    text = json.dumps(look, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_look(text: str) -> Look | None:
    """A look from a link, None where it is none.

    Args:
        text: as in the link.
    """
    if not text or len(text) > _LONGEST:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return checked(found) or None


def checked(said: Any) -> Look:
    """What of a look is well formed.

    Args:
        said: anything.
    """
    if not isinstance(said, Mapping):
        return {}
    look: Look = {}
    if isinstance(said.get("colour"), int) and 0 <= said["colour"] < 100:
        look["colour"] = int(said["colour"])
    panes = [name for name in said if _named(name) and name.startswith("pane ")]
    for name in panes[:_MOST_PANES]:
        if isinstance(said[name], Mapping) and (pane := _pane(said[name])):
            look[name] = pane
    return look


def _pane(said: Mapping[str, Any]) -> Look:
    pane: Look = {}
    camera = {name: _number(said.get(name)) for name in _CAMERA}
    shift = said.get("shift")
    places = [_number(part) for part in shift] if isinstance(shift, list) and 2 <= len(shift) <= 3 else []
    if places and None not in (*camera.values(), *places):
        pane |= camera | {"shift": places}
    if isinstance(said.get("unrolled"), bool):
        pane["unrolled"] = said["unrolled"]
    flipped = said.get("flipped")
    if isinstance(flipped, Mapping):
        layers = [(name, on) for name, on in flipped.items() if _named(name) and isinstance(on, bool)]
        pane["flipped"] = dict(layers[:_MOST_LAYERS])
    return pane


def _named(name: Any) -> bool:
    """Whether it may be a name; half a character, which JSON can say, is not printable."""
    return isinstance(name, str) and len(name) <= _NAME and name.isprintable()


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(float(value), 4) if abs(value) <= _FAR else None
