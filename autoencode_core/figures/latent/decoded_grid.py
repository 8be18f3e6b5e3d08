"""The manifold sheet of an image run: what a grid of codes decodes to, at its place in the latent space."""

import numpy as np
import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.figures.arrays import finite
from autoencode_core.figures.run.images import image_shape, image_span, mosaic
from autoencode_core.figures.theme import titled
from autoencode_core.questions.arrays import Floats
from autoencode_core.questions.latent import DecodedGrid
from autoencode_core.store.record import RunRecord

MOST_TILES = 13
"""Images along each number of the code."""


def decoded_grid_figure(
    record: RunRecord,
    answer: DecodedGrid,
    *,
    names: tuple[str, str] = ("z₁", "z₂"),
    dark: bool = False,
) -> go.Figure:
    """Decoded images as tiles on the axes of the code, one row for k = 1, a square for k = 2.

    Args:
        record: a run on images.
        answer: of DECODED_GRID.
        names: of the axes of the places.
        dark: whether the page is dark.

    Raises:
        InputError: the run's data are not images.
    """
    shape = image_shape(record)
    codes, images = answer["places"], answer["outputs"]
    if codes.ndim == 2:
        codes, images = codes[None], images[None]
    kept = np.unique(np.linspace(0, codes.shape[1] - 1, MOST_TILES).round().astype(int))
    rows = kept if len(codes) > 1 else np.array([0])
    codes, images = codes[np.ix_(rows, kept)], finite(images[np.ix_(rows, kept)])
    span = image_span(np.asarray(record.probe["targets"]))
    picture = mosaic(list(images[::-1]), shape, [span] * len(images)).astype(np.float32)
    picture[picture == 255] = np.nan
    across = _places(codes[0, :, 0], picture.shape[1])
    up = _places(codes[::-1, 0, 1], picture.shape[0]) if len(rows) > 1 else np.arange(picture.shape[0])[::-1]
    low, high = theme.GREYS[dark]
    heat = {
        "type": "heatmap",
        "z": picture,
        "x": across,
        "y": up,
        "zmin": 0,
        "zmax": 254,
        "colorscale": [[0, low], [1, high]],
        "showscale": False,
        "hoverinfo": "skip",
    }
    plane = len(rows) > 1
    side = theme.axis(dark, names[1]) if plane else theme.blank_axis(scaleanchor="x", constrain="domain")
    layout = theme.layout(
        dark,
        height=640 if plane else 190,
        margin={"l": 62, "r": 18, "t": 56, "b": 48},
        annotations=titled(_title(answer), "each image is what the code in its middle decodes to", 0, dark),
        xaxis=theme.axis(dark, names[0], showgrid=False),
        yaxis={**side, "showgrid": False},
    )
    return go.Figure(data=[heat], layout=layout)


def _title(answer: DecodedGrid) -> str:
    """The sheet is all that the decoder can make; of more than two numbers a plane is but a part of it."""
    return "Manifold sheet" if answer["codes"].shape[-1] <= 2 else "A plane of codes, decoded"


def _places(codes: Floats, pixels: int) -> Floats:
    """The code at every pixel along an axis whose tiles have these codes in their middle."""
    tile = (pixels + 1) / len(codes)
    middles = tile * (np.arange(len(codes)) + 0.5) - 1
    slope = (codes[-1] - codes[0]) / max(middles[-1] - middles[0], 1)
    return np.asarray(codes[0] + slope * (np.arange(pixels) - middles[0]))
