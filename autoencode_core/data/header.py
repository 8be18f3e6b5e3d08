"""Where the names of the columns stand: in the first row, in a comment, or nowhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from autoencode_core.data.numbers import MISSING
from autoencode_core.data.reading import AUTO, NONE
from autoencode_core.data.source import Cells
from autoencode_core.errors import InputError

_JUDGED_ROWS = 50
_NUMBER = re.compile(
    r"[$€£¥]?\s*[+\-−]?[$€£¥]?[.,]?\d[\d.,'   ]*([eE][+\-−]?\d+)?\s*[%$€£¥]?|[+-]?inf|nan", re.IGNORECASE
)


@dataclass(frozen=True)
class Header:
    """The names of the columns.

    Attributes:
        names: one for each column, all different, none of them auto or none.
        first: index of the first row of data.
        unnamed: whether the first column had a blank name, or none.
        found: whether the file has names.
        note: what is unusual about it, in words.
        classes: names of the classes 0, 1, …, where the first row counts rows and columns.
    """

    names: tuple[str, ...]
    first: int
    unnamed: bool
    found: bool
    note: str = ""
    classes: tuple[str, ...] = ()


def find_header(cells: Cells, wanted: str) -> Header:
    """The header of a table.

    Args:
        cells: of the file.
        wanted: auto, yes or no.

    Raises:
        InputError: the first row has too few cells.
    """
    title = _title_rows(cells)
    first = _row(cells, title)
    width = len(first)
    short = 0 if title or _blank_last(cells) else cells.short
    note = f"{title} row{'s' * (title > 1)} above the table left out" if title else ""
    if wanted != "no":
        if counted := _counts(cells, first):
            return counted
        if short == width - 1:
            return Header(
                _named(["", *first[:-1]]), 1, True, True, "the names are one fewer than the columns"
            )
    if short:
        raise InputError(
            f"file, row {cells.numbers[0]}", f"{short} cells", f"{width} cells, as in the other rows"
        )
    below = [_row(cells, i) for i in range(title + 1, min(len(cells.numbers), title + _JUDGED_ROWS))]
    if wanted == "auto" and _says_names(first, below):
        wanted = "yes"
        if all(map(_is_number, filter(None, first))):
            note = f"the first row, {', '.join(first[:3])}{', …' * (width > 3)}, is read as names"
    if wanted == "yes":
        return Header(_named(first), title + 1, not first[0] or _is_unnamed(first[0]), True, note)
    if cells.comment and wanted == "auto":
        return Header(_named(cells.comment), title, False, True, "the names stand in a comment")
    return Header(tuple(f"x{j + 1}" for j in range(width)), title, False, False, note)


def _blank_last(cells: Cells) -> bool:
    """Whether the last column is blank below the first row: every row ends with a separator."""
    return not (cells.frame[cells.frame.columns[-1]].iloc[1:] != "").any()


def _row(cells: Cells, i: int) -> list[str]:
    return [str(cell) for cell in cells.frame.iloc[i]]


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _is_unnamed(name: str) -> bool:
    return re.fullmatch(r"unnamed: 0", name, re.IGNORECASE) is not None


def _title_rows(cells: Cells) -> int:
    """Rows at the top with one cell only, where the table is at least three columns wide."""
    if cells.frame.shape[1] < 3:
        return 0
    for i in range(min(len(cells.numbers), 20)):
        if sum(map(bool, _row(cells, i))) > 1:
            return i if len(cells.numbers) > i + 1 else 0
    return 0


def _counts(cells: Cells, first: Sequence[str]) -> Header | None:
    """The header of scikit-learn's own files: rows, columns, and the names of the classes."""
    width, rows = len(first), len(cells.numbers) - 1
    names = [cell for cell in first[2:] if cell]
    if rows < 2 or list(first[:2]) != [str(rows), str(width - 1)] or not names or any(map(_is_number, names)):
        return None
    codes = set(cells.frame[cells.frame.columns[-1]].iloc[1:])
    if codes != {str(code) for code in range(len(names))}:
        return None
    columns = (*(f"x{j + 1}" for j in range(width - 1)), "label")
    note = f"the first row counts {rows} rows and {width - 1} columns and names the classes"
    return Header(columns, 1, False, False, note, tuple(names))


def _says_names(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the first row holds names: text above numbers, or whole numbers in equal steps."""
    if not below:
        return not any(map(_is_number, first))
    numeric = [_mostly_numbers([row[j] for row in below]) for j in range(len(first))]
    said = [cell for cell, number in zip(first, numeric, strict=True) if number]
    if any(cell and not _is_number(cell) and cell.lower() not in MISSING for cell in said):
        return True
    if not any(numeric):
        return not any(map(_is_number, first))
    if not first[0] and all(row[0] for row in below) and all(first[1:]):
        return True
    columns = [j for j, number in enumerate(numeric) if number]
    return _counts_up([first[j] for j in columns], [[row[j] for j in columns] for row in below])


def _mostly_numbers(cells: Sequence[str]) -> bool:
    there = [cell for cell in cells if cell.lower() not in MISSING]
    return bool(there) and 2 * sum(map(_is_number, there)) > len(there)


def _counts_up(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the first row counts in equal steps, such as years, and the rows below do not."""

    def steady(row: Sequence[str]) -> bool:
        if not all(re.fullmatch(r"\d{1,6}", cell) for cell in row):
            return False
        steps = {int(b) - int(a) for a, b in pairwise(row)}
        return len(steps) == 1 and min(steps) > 0

    if len(first) < 3 or not steady(first) or 10 * sum(map(steady, below)) > len(below):
        return False
    pointed = sum(any(re.search(r"\d[.,]\d", row[j]) for row in below) for j in range(len(first)))
    return len(first) >= 5 or 2 * pointed > len(first)


def _named(cells: Sequence[str]) -> tuple[str, ...]:
    """Names for columns: those given, on one line, blank ones by their place, repeated ones numbered."""
    taken = {AUTO, NONE}
    names = []
    for j, cell in enumerate(cells):
        wish = " ".join(cell.split())[:1000] or f"column {j + 1}"
        name, count = wish, 2
        while name in taken:
            name, count = f"{wish} ({count})", count + 1
        taken.add(name)
        names.append(name)
    return tuple(names)
