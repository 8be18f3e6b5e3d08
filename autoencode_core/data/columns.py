"""The columns of a table: what each one holds, and what is proposed to be done with it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from autoencode_core.data.numbers import (
    NumberStyle,
    as_floats,
    bare,
    find_marks,
    is_missing,
    numbers_in,
    unit_of,
)
from autoencode_core.data.reading import Reading

Kind = Literal["number", "text", "boolean", "date", "mixed", "empty"]

MAX_CLASSES = 100
"""Most different labels."""
LABEL_COLUMNS = ("label", "class", "target")
"""Names of a label column, in any case."""
FEW = 20
"""Most different values of a column of text that is proposed as label."""

_ID = re.compile(r"([A-Za-z ]+[ _.\-])*(?i:id|uid|uuid)|[A-Za-z]*[a-z](ID|Id)")
_NUMBERED = re.compile(r"index|idx|row|rownames?|row[ _.]names?|obs|no|nr|unnamed: 0", re.IGNORECASE)
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?([T ]\d{1,2}:\d{2}.*)?|"
    r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([ T]\d{1,2}:\d{2}.*)?|"
    r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?|(\d{1,2}[ -])?[A-Za-z]{3,9}\.?[ -]\d{2,4}|\d{4}[- ]?[QqMm]\d{1,2}"
)
_TRUTH = {"true": 1.0, "false": 0.0}
_SENTINELS = (-9, -99, -999, -9999, -99999, 999, 9999, 99999, 999999)


@dataclass(frozen=True)
class Column:
    """A column as it was understood.

    Attributes:
        name: its name, unlike every other's.
        kind: number, text, boolean, date, mixed (numbers, and a few cells that are none) or empty.
        values: (rows,) float64, NaN where missing or no number; None of text and dates.
        cells: (rows,) text, "" where missing; None of numbers.
        missing: (rows,) bool.
        wrong: rows of a mixed column that hold no number; of numbers those too long for float64.
        unit: currency or per cent sign taken off its cells.
        why: why it is proposed to be left out, in words; "" where it is not.
        note: what is worth knowing of it, in words.
        example: its first value, as written.
    """

    name: str
    kind: Kind
    values: NDArray[np.float64] | None
    cells: NDArray[np.object_] | None
    missing: NDArray[np.bool_]
    wrong: NDArray[np.int64]
    unit: str = ""
    why: str = ""
    note: str = ""
    example: str = ""

    @cached_property
    def distinct(self) -> int:
        """Number of different values, missing ones apart; of more than 1,000 the spellings."""
        if self.cells is not None:
            spellings = len(set(self.cells[~self.missing]))
            if spellings > 1000:
                return spellings
            return len(class_names(self.cells[~self.missing]))
        assert self.values is not None
        return len(np.unique(self.values[~self.missing]))


def understand(
    texts: Sequence[tuple[str, Sequence[str]]], separator: str, reading: Reading, unnamed: bool
) -> tuple[list[Column], NumberStyle]:
    """What the columns hold.

    Args:
        texts: name and cells of each column, without the header.
        separator: of the file.
        reading: what is told of it.
        unnamed: whether the first column had no name.

    Raises:
        InputError: the marks asked for cannot go together.
    """
    raw = [_Raw(name, list(cells)) for name, cells in texts]
    marks = find_marks({column.name: column.telling() for column in raw}, separator, reading)
    columns = [column.read(marks) for column in raw]
    return [_judged(column, j, unnamed and j == 0) for j, column in enumerate(columns)], marks


class _Raw:
    """A column of text on its way to what it means."""

    def __init__(self, name: str, cells: list[str]) -> None:
        self.name, self.cells, self.unit = name, cells, ""
        self.floats = as_floats(cells)
        if self.floats is not None:
            self.missing = np.isnan(self.floats)
            return
        self.missing = is_missing(cells)
        rest = self._rest()
        self.unit = unit_of(rest)
        if self.unit:
            self.cells = [bare(cell) for cell in cells]
        elif self.missing.any() and rest:
            self._fill_floats(rest)

    def _rest(self) -> list[str]:
        if not self.missing.any():
            return self.cells
        return [cell for cell, gone in zip(self.cells, self.missing, strict=True) if not gone]

    def _fill_floats(self, rest: list[str]) -> None:
        values = as_floats(rest)
        if values is not None:
            self.floats = np.full(len(self.cells), np.nan)
            self.floats[~self.missing] = values

    def telling(self) -> Sequence[str]:
        """Cells that tell the marks: all, or of plain numbers the first that has one meaning only."""
        if self.floats is None:
            return self._rest()
        pointed = (cell for cell in self.cells if "." in cell and cell.lower() not in (".", ".."))
        first = ""
        for cell in pointed:
            first = first or cell
            if not re.fullmatch(r"[+-]?[1-9]\d{0,2}\.\d{3}", cell):
                return [cell] if not re.search("[eE]", cell) else ["0.5"]
        return [first] if first else []

    def read(self, marks: NumberStyle) -> Column:
        """The column under the marks of the table."""
        example = next(iter(self._rest()), "")
        none = np.array([], dtype=np.int64)
        if self.missing.all():
            cells = np.full(len(self.cells), "", dtype=object)
            return Column(self.name, "empty", None, cells, self.missing, none)
        if self.floats is not None and (marks.decimal == "." or not any("." in c for c in self.cells)):
            return self._number(self.floats, example)
        rest = self._rest()
        values = np.full(len(self.cells), np.nan)
        values[~self.missing], bad = numbers_in(rest, marks)
        wrong = np.flatnonzero(~self.missing)[bad]
        if not len(wrong):
            return self._number(values, example)
        cells = np.array(self.cells, dtype=object)
        cells[self.missing] = ""
        if len(rest) > 2 and len(wrong) <= max(1, len(rest) // 10):
            return Column(self.name, "mixed", values, cells, self.missing, wrong, example=example)
        kind: Kind = "text"
        if all(cell.lower() in _TRUTH for cell in rest):
            kind = "boolean"
            values[~self.missing] = [_TRUTH[cell.lower()] for cell in rest]
            return Column(self.name, kind, values, cells, self.missing, none, example=example)
        if all(map(_DATE.fullmatch, rest)):
            kind = "date"
        return Column(self.name, kind, None, cells, self.missing, none, example=example)

    def _number(self, values: NDArray[np.float64], example: str) -> Column:
        """A column of numbers; whole ones that float64 would change count as wrong."""
        whole = (
            i for i in np.flatnonzero(np.abs(values) >= 2**53) if re.fullmatch(r"[+-]?\d+", self.cells[i])
        )
        changed = np.array([i for i in whole if int(self.cells[i]) != int(values[i])], dtype=np.int64)
        return Column(self.name, "number", values, None, self.missing, changed, self.unit, example=example)


def _judged(column: Column, place: int, unnamed: bool) -> Column:
    """The column with the reason to leave it out, if there is one, and what is worth knowing."""
    why, note = _why(column, place, unnamed), ""
    if column.kind in ("number", "mixed") and column.values is not None:
        note = _sentinel(column)
        if column.unit:
            note = f"{column.unit} taken off every cell" + (f"; {note}" if note else "")
    return replace(column, why=why, note=note)


def _why(column: Column, place: int, unnamed: bool) -> str:
    """Why a column is proposed to be left out; "" where it is not."""
    gone = float(column.missing.mean())
    if column.kind == "empty":
        return "empty"
    if column.kind in ("text", "date", "boolean"):
        return (
            "row names" if unnamed else {"date": "dates", "boolean": "true or false"}.get(column.kind, "text")
        )
    if column.kind == "mixed":
        return ""
    assert column.values is not None
    if len(column.wrong):
        return "an id" if _ID.fullmatch(column.name) else ""
    if unnamed:
        return "row names"
    there = column.values[~column.missing]
    if gone > 0.5:
        return f"{gone:.0%} missing"
    if not np.isfinite(there).all():
        return ""
    if len(there) > 1 and np.ptp(there) <= 1e-12 * np.abs(there).max():
        return "constant"
    if len(there) < 3 or not bool(np.all(there == np.round(there))):
        return ""
    unique = len(np.unique(there)) == len(there) == len(column.values)
    counts = place == 0 and there[0] in (0, 1) and bool(np.all(np.diff(there) == 1))
    numbered = unique and _NUMBERED.fullmatch(column.name)
    return "an id" if counts or numbered or _ID.fullmatch(column.name) else ""


def _sentinel(column: Column) -> str:
    """A word of warning where a value such as -999 stands far off all others."""
    assert column.values is not None
    there = column.values[np.isfinite(column.values)]
    for code in _SENTINELS:
        found = there == code
        rest = there[~found]
        if not found.any() or not len(rest):
            continue
        low, high = float(rest.min()), float(rest.max())
        off = low - code if code < low else code - high if code > high else 0.0
        if off > max(high - low, 10 * max(abs(low), abs(high), 1.0)):
            rows = int(found.sum())
            return f"{code} in {rows} row{'s' * (rows > 1)} may stand for a missing value; read as a number"
    return ""


# ---- labels


def class_key(cell: str) -> tuple[int, float, str]:
    """What two labels share that are one class: their number, or their text without regard to case."""
    try:
        if "_" not in cell and np.isfinite(number := float(cell)):
            return 0, number, ""
    except ValueError:
        pass
    return 1, 0.0, " ".join(cell.split()).casefold()


def class_names(cells: Sequence[str] | NDArray[np.object_]) -> dict[tuple[int, float, str], str]:
    """The classes of a column in their usual spelling: numbers in their order, then text by the alphabet."""
    spellings: dict[tuple[int, float, str], Counter[str]] = {}
    for cell, count in Counter(cells).items():
        spellings.setdefault(class_key(cell), Counter())[" ".join(cell.split())] += count
    usual = {
        key: key[2].capitalize() if key[2] in _TRUTH else found.most_common(1)[0][0]
        for key, found in spellings.items()
    }
    return dict(sorted(usual.items(), key=lambda item: (item[0][:2], item[1])))


def proposed_label(columns: Sequence[Column], but: frozenset[str]) -> Column | None:
    """The column proposed as label: by its name, else the first of text with few values and few missing.

    Args:
        columns: in the order of the file.
        but: names of columns that are spoken for.
    """
    free = [column for column in columns if column.name not in but]
    for column in free:
        if column.name.lower() in LABEL_COLUMNS and column.kind != "empty" and column.distinct <= MAX_CLASSES:
            return column
    for column in free:
        there = int((~column.missing).sum())
        text = column.kind in ("text", "boolean") and column.why != "row names"
        if text and there >= 0.9 * len(column.missing) and 2 <= column.distinct <= min(FEW, there // 2):
            return column
    return None


def proposed_colour(columns: Sequence[Column]) -> Column | None:
    """A column of many numbers that is called label, class or target: it colours, and is left out."""
    for column in columns:
        if column.name.lower() in LABEL_COLUMNS and column.kind == "number" and column.distinct > MAX_CLASSES:
            return column
    return None
