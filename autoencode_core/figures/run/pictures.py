"""The pictures of a run by name, whatever its data are: points as points, images as images."""

from typing import Literal

import plotly.graph_objects as go

from autoencode_core.figures.alt import alt_text
from autoencode_core.figures.flow import flow_figure
from autoencode_core.figures.marks import Shade
from autoencode_core.figures.run.codes import code_figure
from autoencode_core.figures.run.comparison import error_against_pca_figure
from autoencode_core.figures.run.history import history_figure
from autoencode_core.figures.run.images import image_flow_figure, image_reconstruction_figure, is_image_run
from autoencode_core.figures.run.reconstruction import reconstruction_figure
from autoencode_core.store.record import RunRecord
from autoencode_core.units import error_unit

Name = Literal["flow", "reconstruction", "errors", "history"]


def picture(record: RunRecord, name: Name, *, dark: bool = False, shade: Shade | None = None) -> go.Figure:
    """One picture of a run.

    Args:
        record: the run.
        name: flow (animated over [0, T]), reconstruction (beside the input; the codes for classify),
            errors (beside PCA's) or history (of the training).
        dark: whether the page is dark.
        shade: for flow: a quantity that colours the particles in the place of class and hue.
    """
    images = is_image_run(record)
    if name == "flow":
        return (image_flow_figure if images else flow_figure)(record, dark=dark, shade=shade)
    if name == "reconstruction" and record.spec.task == "classify":
        return code_figure(record, dark=dark)  # an encoder alone reconstructs nothing
    if name == "reconstruction":
        return (image_reconstruction_figure if images else reconstruction_figure)(record, dark=dark)
    if name == "errors":
        return error_against_pca_figure(record, dark=dark)
    pca_error, tolerance = record.summary.get("pca_test_error"), record.spec.fidelity
    unit = error_unit(record.spec)
    return history_figure(record.history, dark=dark, pca_error=pca_error, tolerance=tolerance, unit=unit)


def words(record: RunRecord, name: Name) -> str:
    """What the picture of that name shows, for a screen reader."""
    if name == "flow":
        return alt_text(record, "images" if is_image_run(record) else "flow")
    if name == "reconstruction" and record.spec.task == "classify":
        return alt_text(record, "code")
    if name == "reconstruction":
        return alt_text(record, "image_reconstruction" if is_image_run(record) else "reconstruction")
    return alt_text(record, "comparison" if name == "errors" else "history")
