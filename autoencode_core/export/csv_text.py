"""Columns of numbers as a table that other programs read."""

import csv
import io
import re
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|nan)")


def harmless(cells: Iterable[object]) -> list[object]:
    """Cells of which no spreadsheet makes a formula: text that begins like one gets an apostrophe before it.

    Numbers stay as they are, also as text; reading a table takes the apostrophe off again (data.source).

    Args:
        cells: values of a row.
    """
    return [
        f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell
        for cell in cells
    ]


def columns_csv(columns: Mapping[str, ArrayLike]) -> bytes:
    """A table with a line of heads; numbers keep all their digits, nan and inf are written as such.

    Args:
        columns: heads to values, of any shape but all with as many entries.

    Raises:
        ValueError: they differ in length.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(harmless(columns))
    plain = (harmless(np.ravel(np.asarray(values)).tolist()) for values in columns.values())
    writer.writerows(zip(*plain, strict=True))
    return text.getvalue().encode()
