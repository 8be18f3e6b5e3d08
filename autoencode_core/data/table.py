"""A person's own table as numbers; files are read once until they change."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autoencode_core.data.columns import Column, class_key, class_names
from autoencode_core.data.copies import located
from autoencode_core.data.reading import AS_FOUND, Reading, table_name
from autoencode_core.data.source import MAX_BYTES, too_large
from autoencode_core.data.survey import Survey, survey
from autoencode_core.errors import InputError


@dataclass(frozen=True)
class Table:
    """A table as numbers; its arrays are read-only because they are shared by a cache.

    Attributes:
        name: the name of the file without its ending.
        values: columns that are used (N, d), float64, finite; NaN where one is missing, to be filled.
        columns: their names (d,).
        labels: label of each row (N,) int64, 0 to C - 1, or None.
        label_names: names of the labels (C,), numbers in their order, else alphabetical.
        numbers: number of each row in the file (N,); the first row of the file is 1.
        colour: value of each row that colours it (N,), NaN where missing, or None.
        colour_name: name of that column, "" without.
        understood: what was understood, in sentences.
    """

    name: str
    values: NDArray[np.float64]
    columns: tuple[str, ...]
    labels: NDArray[np.int64] | None
    label_names: tuple[str, ...]
    numbers: NDArray[np.int64]
    colour: NDArray[np.float64] | None = None
    colour_name: str = ""
    understood: tuple[str, ...] = ()


def taken(survey: Survey) -> Table:
    """The table that a survey describes.

    Raises:
        InputError: there is a problem left.
    """
    for problem in survey.problems():
        raise problem
    keep, used, label = survey.kept(), survey.used(), survey.label()
    values = np.empty((int(keep.sum()), len(used)))
    for j, column in enumerate(used):
        assert column.values is not None
        values[:, j] = column.values[keep]
    coloured = next((c.values for c in survey.columns if c.name == survey.colour), None)
    codes = None if label is None else _codes(label, keep)
    colour = None if coloured is None else coloured[keep]
    numbers = survey.numbers[keep]
    for shared in (values, codes, colour, numbers):
        if shared is not None:
            shared.setflags(write=False)
    return Table(
        table_name(survey.file),
        values,
        tuple(column.name for column in used),
        codes,
        survey.label_names(),
        numbers,
        colour,
        survey.colour,
        survey.sentences(),
    )


def _codes(label: Column, keep: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Labels of the rows that are kept, 0 to C - 1."""
    if label.cells is None:
        assert label.values is not None
        there = np.unique(label.values[keep])
        return np.searchsorted(there, label.values[keep]).astype(np.int64)
    codes = {key: code for code, key in enumerate(class_names(label.cells[keep]))}
    return np.array([codes[class_key(cell)] for cell in label.cells[keep]], dtype=np.int64)


def read_table(
    source: str | os.PathLike[str] | bytes,
    reading: Reading = AS_FOUND,
    name: str = "",
    wanted: Sequence[str] = (),
) -> Table:
    """Read a table; files are cached by path, time, size and reading.

    Args:
        source: path of the file, or its content as bytes.
        reading: how it is to be read and what of it is used.
        name: name shown in messages; by default the name of the file.
        wanted: columns to use whatever would be proposed, in this order: those of a trained run, which may
            be asked about a single row.

    Raises:
        InputError: the file is missing or too large, has fewer than 2 rows or 2 columns that can be used, may
            be read in two ways, or a cell is not a finite number (the field names row and column; row 1 is
            the first line of the file).
    """
    if isinstance(source, bytes):
        return taken(survey(source, reading, name or "table", wanted))
    path = os.path.abspath(located(source))
    try:
        info = os.stat(path)
    except (OSError, ValueError):
        raise InputError("file", os.fspath(source), "a table file that exists") from None
    if not stat.S_ISREG(info.st_mode):
        raise InputError("file", os.fspath(source), "a table file, not a folder or a device")
    if info.st_size > MAX_BYTES:
        raise too_large(os.fspath(source))
    result = _read_once(
        path, info.st_mtime_ns, info.st_size, reading, name or Path(os.fspath(source)).name, tuple(wanted)
    )
    if isinstance(result, InputError):
        raise InputError(result.field, result.value, result.allowed)
    return result


@lru_cache(maxsize=4)
def _read_once(
    path: str, mtime: int, size: int, reading: Reading, name: str, wanted: tuple[str, ...]
) -> Table | InputError:
    """The table or the complaint: a bad file is asked for as often as a good one."""
    try:
        with open(path, "rb") as file:
            return taken(survey(file.read(MAX_BYTES + 1), reading, name, wanted))
    except InputError as error:
        return error
    except OSError:
        return InputError("file", path, "a table file that may be read")
