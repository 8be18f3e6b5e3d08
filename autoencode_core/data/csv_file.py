"""A person's own CSV file: read strictly, so that every number means what the person thinks it means."""

import csv
import os
import stat
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autoencode_core.errors import InputError

MAX_BYTES = 50_000_000
"""Largest file that is read."""
MAX_ROWS = 200_000
"""Most rows of data."""
MAX_COLUMNS = 1_000
"""Most columns, the label column included."""
MAX_CLASSES = 100
"""Most different labels."""
LARGEST = 1e15
"""Largest absolute value of a cell: squares and their sums stay finite in single precision too."""
LABEL_COLUMNS = ("label", "class", "target")
"""Names of a label column, in any case."""

_DELIMITERS = ",;\t"
_SNIFFED_LINES = 20
_Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Table:
    """A CSV file as numbers; its arrays are read-only because they are shared by a cache.

    Attributes:
        name: the name of the file without .csv.
        values: numeric columns (N, d), float64, finite.
        columns: their names (d,).
        labels: label of each row (N,) int64, 0 to C - 1, or None.
        label_names: names of the labels (C,), numbers in their order, else alphabetical.
    """

    name: str
    values: NDArray[np.float64]
    columns: tuple[str, ...]
    labels: NDArray[np.int64] | None
    label_names: tuple[str, ...]


def read_table(source: str | os.PathLike[str] | bytes, name: str = "") -> Table:
    """Read a CSV file: UTF-8; comma, semicolon or tab; a header row unless the first row is all numbers.

    The column called label, class or target (text or numbers) becomes the labels. Files are
    cached by path, time and size.

    Args:
        source: path of the file, or its content as bytes.
        name: name shown in messages; by default the name of the file.

    Raises:
        InputError: the file is missing, too large, not UTF-8, has fewer than 2 rows or fewer than 2
            numeric columns, or a cell is not a finite number (the field names row and column; row 1
            is the first line of the file).
    """
    if isinstance(source, bytes):
        return _parse(source, name or "table")
    path = os.path.abspath(os.fspath(source))
    try:
        info = os.stat(path)
    except (OSError, ValueError):
        raise InputError("file", os.fspath(source), "a CSV file that exists") from None
    if not stat.S_ISREG(info.st_mode):
        raise InputError("file", os.fspath(source), "a CSV file, not a folder or a device")
    if info.st_size > MAX_BYTES:
        raise _too_large(os.fspath(source))
    result = _read_once(path, info.st_mtime_ns, info.st_size, name or Path(path).name)
    if isinstance(result, InputError):
        raise InputError(result.field, result.value, result.allowed)
    return result


@lru_cache(maxsize=4)
def _read_once(path: str, mtime: int, size: int, name: str) -> Table | InputError:
    """The table or the complaint: a bad file is asked for as often as a good one."""
    try:
        with open(path, "rb") as file:
            return _parse(file.read(MAX_BYTES + 1), name)
    except InputError as error:
        return error
    except OSError:
        return InputError("file", path, "a CSV file that may be read")


def _parse(data: bytes, name: str) -> Table:
    lines = _lines(data, name)
    rows = _rows(lines, _sniff(lines, name), name)
    first = next(rows, (0, [""]))
    if not any(first[1]):
        raise InputError("file", name, "a CSV file with at least 2 rows of numbers; this one is empty")
    headless = all(map(_is_number, first[1]))
    names = [f"x{j + 1}" for j in range(len(first[1]))] if headless else _header(*first)
    label_at = _label_column(names)
    columns = tuple(c for j, c in enumerate(names) if j != label_at)
    values, labels, numbers = _collect(chain([first], rows) if headless else rows, names, label_at)
    if len(numbers) < 2:
        raise InputError("file", name, f"at least 2 rows of numbers; this one has {len(numbers)}")
    if len(numbers) > MAX_ROWS:
        raise InputError("file", name, f"at most {MAX_ROWS:,} rows; this one has {len(numbers):,}")
    if len(columns) < 2:
        raise InputError("file", name, f"at least 2 numeric columns; this one has {len(columns)}")
    _check_finite(values, columns, numbers)
    codes, label_names = _encode(labels, names[label_at]) if label_at is not None else (None, ())
    values.setflags(write=False)
    return Table(name.removesuffix(".csv"), values, columns, codes, label_names)


def _too_large(name: str) -> InputError:
    return InputError("file", name, f"a file of at most {MAX_BYTES // 1_000_000} MB")


def _lines(data: bytes, name: str) -> list[str]:
    """The lines of a file whose size, lines and columns are within the limits (nothing is parsed before)."""
    if len(data) > MAX_BYTES:
        raise _too_large(name)
    count = max(data.count(b"\n"), data.count(b"\r"))
    if count > MAX_ROWS + 1:
        raise InputError("file", name, f"at most {MAX_ROWS:,} rows; this one has about {count:,}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("file", name, "text in UTF-8; save it again as “CSV UTF-8”") from None
    if "\0" in text:
        raise InputError("file", name, "text in UTF-8 without NUL bytes; this one is binary or in UTF-16")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    widest = max(line.count(delimiter) for line in lines for delimiter in _DELIMITERS) + 1
    if widest > MAX_COLUMNS:
        raise InputError("file", name, f"at most {MAX_COLUMNS:,} columns; this one has about {widest:,}")
    return lines


def _rows(lines: Sequence[str], delimiter: str, name: str) -> Iterator[_Row]:
    """Rows with their number (the first is 1), blank lines left out."""
    try:
        for number, cells in enumerate(
            csv.reader(lines, delimiter=delimiter, skipinitialspace=True), start=1
        ):
            cells = [cell.strip() for cell in cells]
            if len(cells) > 1 or any(cells):
                yield number, cells
    except csv.Error as error:
        raise InputError("file", name, f"a well-formed CSV file ({error})") from None


def _sniff(lines: Sequence[str], name: str) -> str:
    """The delimiter that cuts the first rows most evenly, then into most numbers, then most finely."""

    def score(delimiter: str) -> tuple[float, float, int]:
        rows = [cells for _, cells in _rows(lines[:_SNIFFED_LINES], delimiter, name)]
        width = len(rows[0]) if rows else 0
        if width < 2:
            return 0.0, 0.0, 0
        flat = [cell for cells in rows for cell in cells]
        even = sum(len(cells) == width for cells in rows) / len(rows)
        return even, sum(map(_is_number, flat)) / len(flat), width

    return max(_DELIMITERS, key=score)


def _is_number(cell: str) -> bool:
    """Whether a cell is a number as CSV writes it (Python's 1_000 is not)."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def _header(row: int, names: list[str]) -> list[str]:
    for j, name in enumerate(names):
        if not name:
            raise InputError(f"file, row {row}, column {j + 1}", "a blank name", "a name for every column")
        if name in names[:j]:
            raise InputError(f"file, row {row}, column {j + 1}", name, "a different name for every column")
    return names


def _label_column(names: Sequence[str]) -> int | None:
    found = [j for j, name in enumerate(names) if name.lower() in LABEL_COLUMNS]
    if len(found) > 1:
        called = " and ".join(names[j] for j in found)
        raise InputError("file", called, f"only one column called {', '.join(LABEL_COLUMNS)}")
    return found[0] if found else None


def _collect(
    rows: Iterable[_Row], names: Sequence[str], label_at: int | None
) -> tuple[NDArray[np.float64], list[tuple[int, str]], Sequence[int]]:
    """Numbers (N, d), labels as (row number, text), and the row numbers."""
    values, numbers, labels = array("d"), array("l"), list[tuple[int, str]]()
    columns = [c for j, c in enumerate(names) if j != label_at]
    for number, cells in rows:
        if len(cells) != len(names):
            raise InputError(
                f"file, row {number}", f"{len(cells)} cells", f"{len(names)} cells, as in the first row"
            )
        if label_at is not None:
            labels.append((number, cells.pop(label_at)))
        try:
            values.extend(map(float, cells))
        except ValueError:
            raise _not_a_number(number, cells, columns) from None
        if "_" in "".join(cells):
            raise _not_a_number(number, cells, columns)
        numbers.append(number)
    return np.array(values).reshape(len(numbers), len(columns)), labels, numbers


def _not_a_number(number: int, cells: Sequence[str], columns: Sequence[str]) -> InputError:
    j = next(j for j, cell in enumerate(cells) if not _is_number(cell))
    allowed = "a number such as -1.5 or 2e-3 (a column of text is allowed only as label, class or target)"
    return InputError(_place(number, columns[j]), cells[j] or "a blank cell", allowed)


def _place(number: int, column: str) -> str:
    return f"file, row {number}, column '{column}'"


def _check_finite(values: NDArray[np.float64], columns: Sequence[str], numbers: Sequence[int]) -> None:
    bad = ~(np.abs(values) <= LARGEST)
    if bad.any():
        i, j = (int(k) for k in np.argwhere(bad)[0])
        allowed = f"a finite number from -{LARGEST:.0e} to {LARGEST:.0e}; remove or fill missing values first"
        raise InputError(_place(numbers[i], columns[j]), float(values[i, j]), allowed)


def _encode(labels: Sequence[tuple[int, str]], column: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels as 0 to C - 1 and their names."""
    texts = [text for _, text in labels]
    for number, text in labels:
        if text.lower() in ("", "nan"):
            raise InputError(_place(number, column), text or "a blank cell", "a label in every row")
    distinct = sorted(set(texts))
    if all(map(_is_number, distinct)):
        distinct.sort(key=float)
    if len(distinct) > MAX_CLASSES:
        allowed = f"at most {MAX_CLASSES} different labels; rename the column to use it as numbers"
        raise InputError(f"file, column '{column}'", f"{len(distinct):,} different labels", allowed)
    code = {text: i for i, text in enumerate(distinct)}
    codes = np.array([code[text] for text in texts], dtype=np.int64)
    codes.setflags(write=False)
    return codes, tuple(distinct)
