"""Tables of single particles, column by column."""

import html
from collections.abc import Sequence

import numpy as np

from autoencode_core.figures.arrays import class_names, classes, codes, data_names, finite, outputs
from autoencode_core.figures.scenes.flow import exit_errors
from autoencode_core.figures.theme import subscript
from autoencode_core.store.record import RunRecord
from autoencode_core.units import error_unit

MOST_COLUMNS = 6


def particle_table(record: RunRecord, picked: Sequence[int]) -> dict[str, list[object]]:
    """Input, code, output and error of picked particles; of long vectors the first components.

    Args:
        record: the run.
        picked: numbers of particles of the probe batch; others are left out.

    Returns:
        Column heads to values, one a particle.
    """
    inputs, z, made = finite(record.probe["inputs"]), codes(record), outputs(record)
    rows = np.array([i for i in picked if 0 <= i < len(inputs)], int)
    table: dict[str, list[object]] = {"particle": rows.tolist()}
    labels, names = classes(record), class_names(record)
    if len(labels):
        table["class"] = [html.unescape(names[c]) for c in labels[rows]]
    columns = [html.unescape(name) for name in data_names(record)]
    errors = exit_errors(record)
    if len(errors):
        table[f"squared error ({error_unit(record.spec)})"] = errors[rows].tolist()
    table |= {f"z{subscript(j + 1)}": z[rows, j].tolist() for j in range(min(z.shape[1], MOST_COLUMNS))}
    table |= {f"input {columns[j]}": inputs[rows, j].tolist() for j in range(min(len(columns), MOST_COLUMNS))}
    if record.spec.task != "classify":
        table |= {
            f"output {columns[j]}": made[rows, j].tolist() for j in range(min(len(columns), MOST_COLUMNS))
        }
    return table
