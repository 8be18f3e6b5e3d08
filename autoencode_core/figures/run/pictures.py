"""The pictures of a run by name, whatever its data are: points as points, images as images."""

from typing import Literal

import plotly.graph_objects as go

from autoencode_core.figures.alt import alt_text
from autoencode_core.figures.run.codes import code_figure
from autoencode_core.figures.run.comparison import error_against_pca_figure
from autoencode_core.figures.run.history import history_figure
from autoencode_core.figures.run.images import image_reconstruction_figure, is_image_run
from autoencode_core.figures.run.reconstruction import reconstruction_figure
from autoencode_core.store.record import RunRecord
from autoencode_core.units import error_unit

Name = Literal["reconstruction", "errors", "history"]


def picture(record: RunRecord, name: Name, *, dark: bool = False) -> go.Figure:
    """One picture of a run.

    Args:
        record: the run.
        name: reconstruction (beside the input; the codes for classify), errors (beside PCA's) or history
            (of the training).
        dark: whether the page is dark.
    """
    if name == "reconstruction" and record.spec.task == "classify":
        return code_figure(record, dark=dark)  # an encoder alone reconstructs nothing
    if name == "reconstruction":
        return (image_reconstruction_figure if is_image_run(record) else reconstruction_figure)(
            record, dark=dark
        )
    if name == "errors":
        return error_against_pca_figure(record, dark=dark)
    pca_error, tolerance = record.summary.get("pca_test_error"), record.spec.fidelity
    unit = error_unit(record.spec)
    return history_figure(
        record.history,
        dark=dark,
        pca_error=pca_error,
        changes=record.spec.changes,
        tolerance=tolerance,
        unit=unit,
    )


def words(record: RunRecord, name: Name) -> str:
    """What the picture of that name shows, for a screen reader."""
    if name == "reconstruction" and record.spec.task == "classify":
        return alt_text(record, "code")
    if name == "reconstruction":
        return alt_text(record, "image_reconstruction" if is_image_run(record) else "reconstruction")
    return alt_text(record, "comparison" if name == "errors" else "history")
