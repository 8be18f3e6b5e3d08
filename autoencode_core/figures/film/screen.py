"""What of the player's screen an export honours; light, so that pages and the command line may check it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autoencode_core.errors import InputError

MAIN_PANE = "particles"
"""Key of the pane whose camera and layers are honoured."""

YAW, PITCH = -0.6, 0.36
"""The usual view in radians, that of the player."""

_MOST_PICKED = 50_000
_CAMERA = ("yaw", "pitch", "zoom", "shift", "unrolled")


@dataclass(frozen=True)
class Screen:
    """How the player's screen looks when it is exported.

    Attributes:
        dark: whether the page is dark.
        yaw: camera's angle around the vertical axis in radians, None for the usual view.
        pitch: camera's angle above the horizon in radians, None for the usual view.
        zoom: 1 shows everything, larger is nearer.
        shift: how far the picture is moved right and down, as shares of its smaller side.
        unrolled: whether depth is the horizontal axis.
        colour: name or number of a colouring of the scene, None for the natural one.
        layers: names of the layers that are on; None: the usual ones.
        particles: numbers of the picked particles.
        at: flow time of a still picture, None for the end.
        moment: the player's clock in [0, 3] instead of `at`: encoder, projection, decoder.
    """

    dark: bool = False
    yaw: float | None = None
    pitch: float | None = None
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    unrolled: bool = False
    colour: str | int | None = None
    layers: tuple[str, ...] | None = None
    particles: tuple[int, ...] = ()
    at: float | None = None
    moment: float | None = None

    @classmethod
    def from_json(cls, mapping: Mapping[str, Any]) -> "Screen":
        """A screen from values that come from outside; keys that are unknown or None are left out.

        Args:
            mapping: the attributes by name, or what the player says when something is to be saved: "pane
                states" and "layers" by the panes' keys, and its clock as "at".

        Raises:
            InputError: a value is of the wrong kind or out of range.
        """
        if not isinstance(mapping, Mapping):
            raise InputError("screen", mapping, "names with values")
        if "pane states" in mapping:
            mapping = _flattened(mapping)
        known = {name: mapping[name] for name in _CHECKS if mapping.get(name) is not None}
        return cls(**{name: _CHECKS[name](name, value) for name, value in known.items()})


def towards(yaw: float, pitch: float) -> tuple[float, float, float]:
    """Direction from the middle to the eye for the player's angles in radians (assets/player/camera.js)."""
    return -math.cos(pitch) * math.sin(yaw), -math.cos(pitch) * math.cos(yaw), math.sin(pitch)


def _flattened(said: Mapping[str, Any]) -> dict[str, Any]:
    """The player's words with the camera and the layers of the particles' pane in the place of all panes'."""
    states, layers = said["pane states"], said.get("layers")
    state = states.get(MAIN_PANE) if isinstance(states, Mapping) else None
    camera = {name: state.get(name) for name in _CAMERA} if isinstance(state, Mapping) else {}
    on = layers.get(MAIN_PANE) if isinstance(layers, Mapping) else None
    return {**said, **camera, "layers": on, "moment": said.get("at"), "at": None}


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputError(name, value, "true or false")
    return value


def _number(low: float, high: float, words: str) -> Callable[[str, Any], float]:
    def check(name: str, value: Any) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and low <= value <= high):  # NaN is in no range
            raise InputError(name, value, words)
        return float(value)

    return check


def _pair(name: str, value: Any) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise InputError(name, value, "two numbers from -100 to 100")
    right, up = (_number(-100, 100, "two numbers from -100 to 100")(name, part) for part in value)
    return right, up


def _colouring(name: str, value: Any) -> str | int:
    number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1000
    if not number and not (isinstance(value, str) and len(value) <= 200):
        raise InputError(name, value, "the name of a colouring, or its number from 0")
    kept: str | int = value
    return kept


def _layers(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise InputError(name, value, "a list of names of layers")
    return tuple(value[:100])


def _numbers(name: str, value: Any) -> tuple[int, ...]:
    words = f"a list of at most {_MOST_PICKED} particle numbers from 0"
    if not isinstance(value, list | tuple) or len(value) > _MOST_PICKED:
        raise InputError(name, value, words)
    if not all(isinstance(part, int) and not isinstance(part, bool) and part >= 0 for part in value):
        raise InputError(name, value, words)
    return tuple(dict.fromkeys(value))


_CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    "dark": _flag,
    "yaw": _number(-1e6, 1e6, "an angle in radians"),
    "pitch": _number(-1.6, 1.6, "an angle in radians, from straight below (-π/2) to straight above (π/2)"),
    "zoom": _number(0.01, 1000, "a number from 0.01 to 1000"),
    "shift": _pair,
    "unrolled": _flag,
    "colour": _colouring,
    "layers": _layers,
    "particles": _numbers,
    "at": _number(0, 1e12, "a flow time from 0"),
    "moment": _number(0, 3, "a place on the player's clock, from 0 to 3"),
}
