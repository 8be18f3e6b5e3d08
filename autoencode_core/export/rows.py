"""Rows with their codes, or with what they come back as, as the columns of a table."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.questions.arrays import Integers
from autoencode_core.questions.latent import NewRows, OwnRows
from autoencode_core.store.record import RunRecord
from autoencode_core.units import error_unit
from autoencode_core.words import measured

Columns = dict[str, NDArray[Any]]


def code_names(count: int) -> list[str]:
    """Names of the numbers of a code: z1 to zk."""
    return [f"z{j + 1}" for j in range(count)]


def column_names(record: RunRecord) -> tuple[str, ...]:
    """Names of the components of a run; x1 to xd where it has none."""
    return record.columns or tuple(f"x{j + 1}" for j in range(len(record.weights["order"])))


def error_head(record: RunRecord) -> str:
    """Head of the errors of rows, with their unit."""
    return f"squared distance ({error_unit(record.spec)})"


def rows_table(
    record: RunRecord,
    found: OwnRows | NewRows,
    numbers: Integers,
    labels: Sequence[str] = (),
    back: bool = False,
) -> Columns:
    """Rows as the columns of a table, by their heads.

    Args:
        record: the run.
        found: the rows.
        numbers: of the rows (m,).
        labels: class of each row, () without.
        back: what the rows come back as (data units) in the place of their codes.

    Returns:
        row; part, train or test, of the run's own rows; label; z1 to zk, or the components' names; the
        squared distance of row and reconstruction, where it is known, with its unit; of new rows the share of
        the training rows whose distance is smaller, and "unusual" where it is above their 99th percentile. A
        head that a component has already gets a line at its end.
    """
    middle = found["outputs"] if back else found["codes"]
    names = column_names(record) if back else code_names(middle.shape[1])
    before: Columns = {"row": np.asarray(numbers)}
    if "test" in found:
        before["part"] = np.where(found["test"], "test", "train")
    if len(labels):
        before["label"] = np.asarray(labels, dtype=object)
    after: Columns = {}
    if not np.isnan(found["errors"]).all():
        after[error_head(record)] = found["errors"]
        if "smaller" in found:
            after["share of training rows below"] = found["smaller"]
            after["unusual"] = np.where(found["unusual"], "unusual", "")
    table: Columns = {_free(head, names): column for head, column in before.items()}
    table |= {name: middle[:, j] for j, name in enumerate(names)}
    return table | {_free(head, names): column for head, column in after.items()}


def unusual_words(found: NewRows) -> str:
    """How many new rows are unusual, in a sentence; "" where nobody knows their errors."""
    count, many = int(np.sum(found["unusual"])), len(found["unusual"])
    if np.isnan(found["bound"]):
        return ""
    said = f"{count:,} of {many:,} rows {'is' if count == 1 else 'are'} unusual: squared distance above"
    return f"{said} {measured(found['bound'], 4)}, the 99th percentile of the training rows."


def _free(head: str, taken: Sequence[str]) -> str:
    while head in taken:
        head += "_"
    return head
