"""What any page asks about a run, and what it is told."""

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from autoencode_core.questions.arrays import Floats
from autoencode_core.questions.question import Question


class ColumnErrors(TypedDict):
    """How well each of d columns is reconstructed on the test particles, in the column's own unit.

    Attributes:
        columns: their names, d of them.
        network: root mean squared errors of the run (d,).
        pca: those of PCA alike (d,).
        spread: standard deviation of the targets (d,), which is the error of answering with the mean.
        particles: how many there are.
    """

    columns: list[str]
    network: Floats
    pca: Floats
    spread: Floats
    particles: int


class Export(TypedDict):
    """A run as a file.

    Attributes:
        data: its bytes.
        name: of the file.
        mime: its kind on the web.
    """

    data: NDArray[np.uint8]
    name: str
    mime: str


COLUMN_ERRORS: Question[ColumnErrors] = Question(
    "column_errors", "autoencode_core.analysis.columns:column_errors"
)
FIGURE: Question[Export] = Question("figure", "autoencode_core.export.still:figure_file", wants="nothing")
EXPORT: Question[Export] = Question("export", "autoencode_core.export.run:export", wants="record")
