"""Points that a person drew or typed: checked, and as a table of their own."""

import re
from collections.abc import Collection, Sequence

from autoencode_core.errors import InputError

FEWEST, MOST = 10, 5_000
"""Number of points of a drawing."""
EXTENT = 2.0
"""Largest coordinate: the board reaches from -EXTENT to EXTENT both ways."""
CLASSES = ("A", "B")
"""Names of the classes."""

Point = tuple[float, float, int]
"""x and y, and the number of its class."""

_STEM = "my-drawing"
_NAMED = re.compile(rf"(?:.*[^a-z])?{_STEM}(?:-\d+)?(?:\.csv)?")
_COLUMNS = ("x", "y")
_TEXT_LENGTH = 40 * MOST


def drawing_csv(points: object) -> bytes:
    """A drawing as a table with the columns x and y, and class where both classes are there.

    Args:
        points: a list of [x, y, number of the class], from anywhere.

    Raises:
        InputError: there are too few or too many, one is none or lies off the board, or all have the same x
            or the same y.
    """
    checked = _checked(points)
    both = len({kind for _, _, kind in checked}) > 1
    rows = [",".join((*_COLUMNS, "class")[: 2 + both])]
    rows += [f"{x:.4f},{y:.4f}" + f",{CLASSES[kind]}" * both for x, y, kind in checked]
    return "".join(f"{row}\n" for row in rows).encode()


def _checked(points: object) -> list[Point]:
    if not isinstance(points, list | tuple) or not FEWEST <= len(points) <= MOST:
        found = len(points) if isinstance(points, list | tuple) else type(points).__name__
        raise InputError("points", found, f"{FEWEST} to {MOST:,} of them")
    checked = [_point(entry, f"point {number}") for number, entry in enumerate(points, 1)]
    for place, name in enumerate(_COLUMNS):
        if len({round(point[place], 4) for point in checked}) == 1:
            raise InputError("points", f"all at the same {name}", "points that differ in x and in y")
    return checked


def _point(entry: object, where: str) -> Point:
    """One point, checked.

    Raises:
        InputError: it is none.
    """
    x, y, kind = entry if isinstance(entry, list | tuple) and len(entry) == 3 else (None, None, None)
    if kind is None or isinstance(kind, bool) or kind not in range(len(CLASSES)):
        raise InputError(f"{where}, class", kind, " or ".join(CLASSES))
    return _coordinate(x, f"{where}, x"), _coordinate(y, f"{where}, y"), int(kind)


def _coordinate(value: object, where: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= EXTENT:
        raise InputError(where, value, f"a number from -{EXTENT:g} to {EXTENT:g}")
    return float(value)


def typed_points(text: str) -> list[Point]:
    """Points that were typed, one a line: x, y and perhaps a class, with spaces, commas or tabs between.

    Args:
        text: lines; blank ones count for nothing. Without a class a point is of the first one.

    Raises:
        InputError: a line is none; it says which.
    """
    if len(text) > _TEXT_LENGTH:
        raise InputError("points", f"{len(text):,} characters", f"at most {MOST:,} lines of three words")
    lines = enumerate((line.strip(" \t,;") for line in text.splitlines()), 1)
    return [_typed(re.split(r"[\s,;]+", line), f"line {number}") for number, line in lines if line]


def _typed(words: Sequence[str], where: str) -> Point:
    if len(words) not in (2, 3):
        raise InputError(where, " ".join(words), "x, y and perhaps a class, such as 0.5, -1.2, A")
    kind = words[2].upper() if len(words) == 3 else CLASSES[0]
    try:
        x, y = (float(word.replace("\N{MINUS SIGN}", "-")) for word in words[:2])
    except ValueError:
        raise InputError(where, " ".join(words), "numbers such as 0.5, -1.2, then the class") from None
    return _point((x, y, CLASSES.index(kind) if kind in CLASSES else kind), where)


def drawing_name(taken: Collection[str]) -> str:
    """The name of the file of a new drawing.

    Args:
        taken: names that there are already.
    """
    number = 1
    while (name := f"{_STEM}{f'-{number}' * (number > 1)}.csv") in taken:
        number += 1
    return name


def is_drawing(name: str, columns: Sequence[str]) -> bool:
    """Whether a table is a drawing: its two columns then have the same unit.

    Args:
        name: its name, that of its file.
        columns: names of its components.
    """
    return tuple(columns) == _COLUMNS and _NAMED.fullmatch(name.lower()) is not None
