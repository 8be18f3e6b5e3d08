"""A file of rows that a trained run has not seen: a table, or images."""

from collections.abc import Sequence

import numpy as np

from autoencode_core.data.idx import is_images_file
from autoencode_core.data.images import images_in
from autoencode_core.data.reading import Reading
from autoencode_core.data.table import Table, read_table
from autoencode_core.errors import InputError


def fresh_rows(path: str, reading: Reading, columns: Sequence[str]) -> Table:
    """The rows of a file as the components of a run.

    Args:
        path: of a table, whose columns are found by their names, or of an IDX file of images as large.
        reading: how the run's own table is read.
        columns: names of the run's components (d,).

    Raises:
        InputError: the file cannot be read, lacks a column, or its images have another number of pixels.
    """
    if not is_images_file(path):
        return read_table(path, reading, wanted=columns)
    images = images_in(path)
    count, pixels = images.grey.shape
    if pixels != len(columns):
        allowed = f"images of {len(columns)} pixels, as the run was trained on"
        raise InputError("file", f"{path}: images of {pixels} pixels", allowed)
    numbers, understood = np.arange(1, count + 1), (f"{count:,} images of {pixels} pixels.",)
    name = path.replace("\\", "/").rsplit("/", 1)[-1]
    return Table(
        name,
        images.points(),
        tuple(columns),
        images.labels,
        images.names,
        numbers,
        understood=understood,
    )
