"""Studies and landscapes as tables that other programs read."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import numpy as np

from autoencode_core.export.csv_text import columns_csv
from autoencode_core.store.study import COLUMNS, Study, table


def study_csv(study: Study) -> bytes:
    """The outcomes, one row a run in the study's order, with 2λ + ν as the last column.

    What is not known is left empty; numbers keep all their digits, nan and inf are written as such.

    Args:
        study: the study.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS, "convexity"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(table(study))
    return text.getvalue().encode()


def landscape_csv(answer: Mapping[str, Any]) -> bytes:
    """Data term and ‖θ‖² at every point of a line (column s) or of a plane (columns a and b).

    Args:
        answer: what analysis.line or analysis.plane says.
    """
    if "s" in answer:
        columns = {"s": answer["s"]}
    else:
        b, a = np.meshgrid(answer["b"], answer["a"], indexing="ij")
        columns = {"a": a, "b": b}
    columns |= {name: answer[name] for name in ("data_term", "square")}
    return columns_csv(columns)
