"""The landscape of the cost as a scene: data term and ‖θ‖² of a line or a plane of controls.

The browser adds λ‖θ‖² itself, so that another λ needs no new data.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.errors import InputError
from autoencode_core.figures.scenes.parts import Part, scene
from autoencode_core.questions.regimes import LandscapeLine, LandscapePlane
from autoencode_core.words import as_set, measured

Array = NDArray[Any]

AXES = {
    "steepest": ("along the steepest direction", "along the second steepest"),
    "flattest": ("along the flattest direction", "along the second flattest"),
    "minimisers": ("towards {1}", "across, side of {2}"),
}
"""What the axes of a plane are, by its kind; {1} and {2} stand for the names of the other minimisers."""
DECADES = 2.0
"""How far λ may be moved from that of the run, in powers of ten."""
_LEAST = 1e-7


def plane_scene(
    answer: LandscapePlane,
    tikhonov: float,
    identity: str,
    kind: str = "steepest",
    names: Sequence[str] = (),
    **settings: Any,
) -> Part:
    """J on a plane of controls through θ*.

    Args:
        answer: what analysis.plane says.
        tikhonov: λ of the run.
        identity: what is shown; another one forgets λ and the camera.
        kind: what spans the plane, one of AXES.
        names: of the marks, by default θ* and other minimisers.
        settings: entries of the header, such as axes (two words) and range (of λ).

    Raises:
        InputError: the kind is unknown, or the arrays do not fit together.
    """
    if kind not in AXES:
        raise InputError("kind", kind, ", ".join(AXES))
    a, b, data, square = (_numbers(answer[name]) for name in ("a", "b", "data_term", "square"))
    marks, path = (_numbers(answer[name]).reshape(-1, 2) for name in ("marks", "path"))
    if data.shape != (len(b), len(a)) or square.shape != data.shape or min(data.shape) < 2:
        raise InputError("answer", f"{data.shape} and {square.shape}", f"two arrays {(len(b), len(a))}")
    words = _names(max(3, len(marks)), names)
    named = _marks(marks, words, answer) + _zero(answer)
    return _landscape(
        identity,
        tikhonov,
        answer["note"],
        settings,
        kind="plane",
        a=a,
        b=b,
        data_term=data,
        square=square,
        axes=[axis.format(*words) for axis in AXES[kind]],
        marks=named,
        path=path,
        path_off=_numbers(answer["path_off"]),
        values=_plain(answer["values"]),
        alt=" ".join(
            (_plane_words(data + tikhonov * square, a, b, tikhonov, named), *_beside_words(answer, named))
        ),
    )


def line_scene(
    answer: LandscapeLine,
    tikhonov: float,
    identity: str,
    names: Sequence[str] = ("θ*", "the other minimiser"),
    **settings: Any,
) -> Part:
    """J on the line between two minimisers.

    Args:
        answer: what analysis.line says.
        tikhonov: λ of the run.
        identity: as in plane_scene.
        names: of the minimisers at s = 0 and s = 1.
        settings: entries of the header.

    Raises:
        InputError: the arrays do not fit together.
    """
    s, data, square = (_numbers(answer[name]) for name in ("s", "data_term", "square"))
    if not len(s) == len(data) == len(square) or len(s) < 2:
        raise InputError("answer", (len(s), len(data), len(square)), "three arrays of one length")
    return _landscape(
        identity,
        tikhonov,
        answer["note"],
        settings,
        kind="line",
        s=s,
        data_term=data,
        square=square,
        names=list(names),
        axes=[f"s: from {names[0]} (0) to {names[1]} (1), ‖Δθ‖ = {measured(answer['distance'])}", "J"],
        alt=_line_words(data + tikhonov * square, s, names, tikhonov),
    )


def _landscape(
    identity: str, tikhonov: float, note: str, settings: Mapping[str, Any], **entries: Any
) -> Part:
    middle = tikhonov if tikhonov > 0 else 1e-3
    reach = 10**DECADES
    span = [max(_LEAST, middle / reach), max(10 * _LEAST, middle * reach)]
    return scene(identity, (), **{"tikhonov": tikhonov, "range": span, "note": note, **entries, **settings})


def _names(count: int, names: Sequence[str]) -> list[str]:
    """θ* first, then the other minimisers, as they are called."""
    words = ["θ*", *(f"minimiser {i}" for i in range(2, count + 1))]
    words[: len(names)] = map(str, names)
    return words


def _marks(places: Array, names: Sequence[str], answer: LandscapePlane) -> list[Part]:
    """θ* first, then the other minimisers."""
    terms, squares = answer["marks_data_term"], answer["marks_square"]
    return [
        {
            "name": names[i],
            "role": "now" if i == 0 else "bottleneck",
            "at": _plain(place),
            "off": 0.0,
            **_cost(terms[i], squares[i]),
        }
        for i, place in enumerate(places)
        if np.isfinite(place).all()
    ]


def _zero(answer: LandscapePlane) -> list[Part]:
    """θ = 0, projected."""
    at, off = _numbers(answer["zero"]), answer["zero_off"]
    if at.shape != (2,) or not np.isfinite([*at, off]).all():
        return []
    cost = _cost(answer["zero_data_term"], 0.0)
    return [{"name": "θ = 0", "role": "PCA", "at": _plain(at), "off": off, **cost}]


def _cost(data_term: float, square: float) -> Part:
    """Both parts of J at a named control, where they are known."""
    found = {"data_term": float(data_term), "square": float(square)}
    return found if np.isfinite(list(found.values())).all() else {}


def _numbers(values: Any) -> Array:
    """As float32; what is too large or not finite becomes NaN."""
    found = np.asarray(values, float)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(found) < 1e30, found, np.nan).astype(np.float32)


def _plain(values: Any) -> list[float]:
    return [float(value) for value in np.asarray(values, float).ravel()]


def _plane_words(cost: Array, a: Array, b: Array, tikhonov: float, marks: Sequence[Part]) -> str:
    if not np.isfinite(cost).any():
        return "The cost is not finite anywhere on this plane."
    row, column = np.unravel_index(np.nanargmin(cost), cost.shape)
    lowest, place = float(np.nanmin(cost)), f"({measured(a[column])}, {measured(b[row])})"
    for mark in marks:
        if not mark["off"] and "square" in mark and mark["data_term"] + tikhonov * mark["square"] < lowest:
            lowest, place = mark["data_term"] + tikhonov * mark["square"], str(mark["name"])
    return (
        f"The cost J on a plane of controls through θ* at λ = {as_set(tikhonov)}: from {measured(lowest)} to "
        f"{measured(np.nanmax(cost))}, lowest at {place}, where θ* is (0, 0)."
    )


def _beside_words(answer: LandscapePlane, marks: Sequence[Part]) -> list[str]:
    """How far from the plane is what is projected onto it."""
    words = [f"{mark['name']} lies {measured(mark['off'])} off this plane." for mark in marks if mark["off"]]
    off = _numbers(answer["path_off"])
    if len(off) and np.isfinite(off).any() and np.nanmax(off) > 0:
        words.append(f"The training path runs up to {measured(np.nanmax(off))} beside it.")
    return words


def _line_words(cost: Array, s: Array, names: Sequence[str], tikhonov: float) -> str:
    ends = [float(np.interp(place, s, cost)) for place in (0, 1)]
    inside = cost[(s >= 0) & (s <= 1)]
    top = float(np.nanmax(inside)) if np.isfinite(inside).any() else float("nan")
    return (
        f"The cost J between two minimisers at λ = {as_set(tikhonov)}: {measured(ends[0])} at {names[0]}, "
        f"{measured(ends[1])} at {names[1]}, at most {measured(top)} between them."
    )
