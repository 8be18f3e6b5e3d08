"""Columns of numbers as a table that other programs read."""

import csv
import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike


def columns_csv(columns: Mapping[str, ArrayLike]) -> bytes:
    """A table with a line of heads; numbers keep all their digits, nan and inf are written as such.

    Args:
        columns: heads to values, of any shape but all with as many entries.

    Raises:
        ValueError: they differ in length.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(
        zip(*(np.ravel(np.asarray(values)).tolist() for values in columns.values()), strict=True)
    )
    return text.getvalue().encode()
