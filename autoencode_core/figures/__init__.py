"""Pictures: pure functions that take a run record and return a Plotly figure, to be shown with theme=None."""

from autoencode_core.figures.alt import alt_text
from autoencode_core.figures.run.codes import code_figure
from autoencode_core.figures.run.comparison import error_against_pca_figure
from autoencode_core.figures.run.history import history_figure
from autoencode_core.figures.run.images import image_reconstruction_figure
from autoencode_core.figures.run.reconstruction import reconstruction_figure

__all__ = [
    "alt_text",
    "code_figure",
    "error_against_pca_figure",
    "history_figure",
    "image_reconstruction_figure",
    "reconstruction_figure",
]
