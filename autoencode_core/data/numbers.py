"""Numbers as people write them: decimal marks, thousands marks, per cent and currencies, missing values."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from autoencode_core.data.reading import Reading
from autoencode_core.errors import InputError

MISSING = frozenset(
    [
        "",
        "na",
        "n/a",
        "n.a.",
        "#n/a",
        "#na",
        "#n/a n/a",
        "<na>",
        "nan",
        "-nan",
        "1.#qnan",
        "-1.#ind",
        "null",
        "nil",
        "none",
        "?",
        "-",
        "--",
        "–",
        "—",
        ".",
        "..",
        "missing",
        "#null!",
    ]
)
"""What a missing value looks like, in lower case."""

_SPACES = "    "
_GROUPING = {"none": "", ",": ",", ".": ".", "space": _SPACES, "'": "'’"}
_UNIT = re.compile(
    r"([+\-−]?)\s*([$€£¥₹]|(?:USD|EUR|GBP|CHF|JPY)\b)?\s*([^%$€£¥₹A-DF-Zf-z]*?)\s*([%‰$€£¥₹]|USD|EUR|GBP|CHF|JPY)?"
)
_EXPONENT = r"(?:[eE][+\-−]?\d+)?"
_LOOSE = re.compile(rf"[+\-−]?(?=[.,]?\d)[\d.,'’{_SPACES}]+{_EXPONENT}")
_ALL_LOOSE = re.compile(rf"(?:{_LOOSE.pattern}\0)*")


@dataclass(frozen=True)
class NumberStyle:
    """How numbers are written: decimal mark, thousands mark (a word of Reading), and what is not sure.

    Attributes:
        decimal: "." or ",".
        thousands: "none", ",", ".", "space" or "'".
        doubt: a cell that may be read in two ways, "" without one.
        doubtful: columns with such cells.
    """

    decimal: str = "."
    thousands: str = "none"
    doubt: str = ""
    doubtful: tuple[str, ...] = ()

    def meanings(self) -> tuple[str, str, str]:
        """The mark of the cell in doubt, and what it means as the decimal or as the thousands mark."""
        mark = "," if "," in self.doubt else "."
        return mark, f"{float(self.doubt.replace(',', '.')):.15g}", self.doubt.replace(mark, "")

    def complaint(self) -> InputError | None:
        """What to ask where numbers may be read in two ways."""
        if not self.doubt:
            return None
        mark, small, large = self.meanings()
        columns = ", ".join(f"'{name}'" for name in self.doubtful[:5]) + (
            "…" if len(self.doubtful) > 5 else ""
        )
        return InputError(
            "thousands",
            f"{self.doubt} in column {columns}",
            f"“none” if {self.doubt} means {small} (decimal mark “{mark}”), “{mark}” if it means {large}",
        )


def is_missing(cells: Sequence[str]) -> NDArray[np.bool_]:
    """Which cells stand for a missing value."""
    return np.fromiter((cell.lower() in MISSING for cell in cells), bool, len(cells))


def unit_of(cells: Iterable[str]) -> str:
    """The currency or per cent sign that every cell has, at the same end; "" where they have not.

    Args:
        cells: text that is not missing.
    """
    found: set[tuple[str, str]] = set()
    for cell in cells:
        match = _UNIT.fullmatch(cell)
        if not match or not (match[2] or match[4]):
            return ""
        found.add((match[2] or "", match[4] or ""))
        if len(found) > 1:
            return ""
    return "".join(next(iter(found), ""))


def bare(cell: str) -> str:
    """A cell without its currency or per cent sign."""
    match = _UNIT.fullmatch(cell)
    return f"{match[1]}{match[3].strip()}" if match else cell


def as_floats(cells: Sequence[str]) -> NDArray[np.float64] | None:
    """Cells as numbers if all are written as programs do, None otherwise; "nan" is a missing one."""
    try:
        values = np.array(cells, dtype=object).astype(np.float64)
    except ValueError:
        return None
    return None if "_" in " ".join(cells) else values


def find_marks(columns: dict[str, Sequence[str]], separator: str, reading: Reading) -> NumberStyle:
    """The marks that the numbers of a table are written with.

    A cell that has only one meaning decides for the table: 0,5 or 1.234,5 or 1'000. Where every cell
    with a mark looks like 1.890, the file does not say which it is, unless its separator is the comma.

    Args:
        columns: by name, cells that are not missing, without units (a few that decide are enough).
        separator: of the file, "" of a workbook.
        reading: what is told of it.
    """
    seen = _Seen()
    for name, cells in columns.items():
        seen.look(name, cells)
    thousands: str = reading.thousands
    if thousands == "auto":
        thousands = "'" if seen.sure["'"] else "space" if seen.sure["space"] else "auto"
    decimal: str = reading.decimal
    if decimal == "auto":
        decimal = _decimal(seen, separator, thousands)
    if decimal and thousands == decimal:
        raise InputError("thousands", thousands, f"a mark other than the decimal mark “{decimal}”")
    if not decimal:
        mark = "," if seen.doubtful[","] else "."
        return NumberStyle(mark, "none", seen.doubt[mark], tuple(seen.doubtful[mark]))
    if thousands == "auto":
        other = "." if decimal == "," else ","
        thousands = other if seen.doubtful[other] or seen.grouped[other] else "none"
    return NumberStyle(decimal, thousands)


def _decimal(seen: "_Seen", separator: str, thousands: str) -> str:
    """The decimal mark, "" where the file does not say."""
    if thousands in (",", "."):
        return "." if thousands == "," else ","
    point, comma = seen.sure["."], seen.sure[","]
    if point or comma:
        return "." if point >= comma else ","
    # Groups such as 1.234.567 give the decimal mark away, too.
    if seen.grouped["."] or seen.grouped[","]:
        return "," if seen.grouped["."] else "."
    if thousands != "auto":
        return "," if seen.doubtful[","] else "."
    doubtful = {mark for mark in ".," if seen.doubtful[mark]}
    if separator in ("", ","):
        return "."
    if separator == "space" and doubtful == {"."}:
        return "."
    return "" if doubtful else "."


class _Seen:
    """What columns say of their marks: how many have one meaning only, and which have two."""

    def __init__(self) -> None:
        self.sure = {".": 0, ",": 0, "space": 0, "'": 0}
        self.grouped = {".": 0, ",": 0}
        self.doubtful: dict[str, list[str]] = {".": [], ",": []}
        self.doubt: dict[str, str] = {}

    def look(self, name: str, cells: Sequence[str]) -> None:
        """Note a column; one whose cells are not all like numbers says nothing."""
        text = "\0".join(cells) + "\0"
        if not _ALL_LOOSE.fullmatch(text):
            return
        mark = _only_mark(text)
        if mark and any(_meaning(cell) == ("sure", mark) for cell in cells[:1000]):
            # One mark, once in a cell: a cell that has one meaning only speaks for all.
            self.sure[mark] += 1
            return
        kinds = {_meaning(cell): cell for cell in set(cells)}
        for (kind, mark), cell in kinds.items():
            if kind in ("sure", "both"):
                self.sure[mark] += 1
                self.grouped["." if mark == "," else ","] += kind == "both"
            elif kind == "grouped":
                self.grouped[mark] += 1
            elif kind == "doubtful":
                self.doubt.setdefault(mark, cell)
                self.doubtful[mark].append(name)
        for word, signs in (("space", _SPACES), ("'", "'’")):
            self.sure[word] += any(sign in text for sign in signs)


def _only_mark(text: str) -> str:
    """The mark of cells of which none has another, or two; "" where there is none such."""
    present = [mark for mark in (".", ",", "'", "’", *_SPACES) if mark in text]
    if len(present) != 1 or present[0] not in ".,":
        return ""
    return "" if re.search(rf"\{present[0]}[^\0]*\{present[0]}", text) else present[0]


def _meaning(cell: str) -> tuple[str, str]:
    """What a cell says of a mark: sure that it is the decimal one, or both are there, grouped, or doubtful.

    Returns:
        What it says, and of which mark; ("", "") where it has none.
    """
    body = cell.lstrip("+-−")
    dots, commas = body.count("."), body.count(",")
    if dots and commas:
        return "both", max(".,", key=body.rindex)
    if not dots and not commas:
        return "", ""
    mark = "." if dots else ","
    if dots + commas > 1:
        return ("grouped", mark) if re.fullmatch(rf"\d{{1,3}}(?:\{mark}\d{{3}})+", body) else ("", "")
    return ("doubtful" if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", body) else "sure"), mark


@lru_cache
def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    grouping = _GROUPING[thousands]
    whole = rf"(?:\d+|\d{{1,3}}(?:[{re.escape(grouping)}]\d{{3}})+)" if grouping else r"\d+"
    point = re.escape(decimal)
    return re.compile(rf"[+\-−]?(?:{whole}(?:{point}\d*)?|{point}\d+){_EXPONENT}")


def numbers_in(cells: Sequence[str], marks: NumberStyle) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Cells as numbers, and which of them are none (they come back as NaN).

    Args:
        cells: text without units; float64 takes infinity from "inf" and from what is too large.
        marks: how numbers are written.
    """
    fits, grouping = _pattern(marks.decimal, marks.thousands).fullmatch, _GROUPING[marks.thousands]
    table = str.maketrans({**dict.fromkeys(grouping, ""), marks.decimal: ".", "−": "-"})
    text = "\0".join(cells)
    if cells and not grouping and (marks.decimal == "." or "." not in text):
        quick = as_floats(text.translate(table).split("\0"))
        if quick is not None and not np.isnan(quick).any():
            return quick, np.zeros(len(cells), dtype=bool)
    values = np.full(len(cells), np.nan)
    wrong = np.zeros(len(cells), dtype=bool)
    for i, cell in enumerate(cells):
        if fits(cell):
            values[i] = float(cell.translate(table))
        elif cell.lower().lstrip("+-") in ("inf", "infinity"):
            values[i] = float(cell)
        else:
            wrong[i] = True
    return values, wrong
