"""Images: mosaics, and images beside their reconstruction."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.data import catalogue
from autoencode_core.errors import InputError
from autoencode_core.figures import theme
from autoencode_core.figures.arrays import classes, finite, one_of_each, outputs
from autoencode_core.figures.theme import titled
from autoencode_core.store.record import RunRecord
from autoencode_core.words import measured

Array = NDArray[Any]

_CLEAR, _LEVELS, _HALF = 255, 254, 126
"""Level that is transparent, brightest level, and brightest level where two scales share one picture."""


def image_reconstruction_figure(record: RunRecord, n: int = 10, *, dark: bool = False) -> go.Figure:
    """Images, what the network makes of them, and the difference; for denoise the clean images too.

    Args:
        record: a run on images.
        n: how many images, one of each class in turn.
        dark: whether the page is dark.

    Raises:
        InputError: the run's data are not images, or its task is classify.
    """
    shape = image_shape(record)
    if record.spec.task == "classify":
        raise InputError(
            "task", "classify", "reconstruct, denoise or transport: a classifier reconstructs nothing"
        )
    probe = record.probe
    picked = one_of_each(classes(record), len(probe["inputs"]), n)
    inputs, targets = (finite(np.asarray(probe[name])[picked]) for name in ("inputs", "targets"))
    made = outputs(record)[picked]
    named = {"input": inputs, "reconstruction": made}
    if record.spec.task != "reconstruct":
        named = {
            "input": inputs,
            "clean" if record.spec.task == "denoise" else "target": targets,
            "output": made,
        }
    span = image_span(targets)
    difference = made - targets
    reach = float(np.nanmax(np.abs(difference), initial=0.0)) or 1.0
    pixels = mosaic([*named.values(), difference], shape, [span] * len(named) + [(-reach, reach)], _HALF)
    pixels[-shape[0] :] += np.where(pixels[-shape[0] :] == _CLEAR, 0, _HALF + 1).astype(np.uint8)

    low, middle, high = theme.DIFFERENCES[dark]
    key = f"grey: {_number(span[0])} to {_number(span[1])} · difference: "
    end = measured(reach, 2)
    key += f"<span style='color:{low}'>■</span> −{end} to <span style='color:{high}'>■</span> +{end}"
    scale = scaled([(0, _HALF, list(theme.GREYS[dark])), (_HALF + 1, 2 * _HALF + 1, [low, middle, high])])
    layout = theme.layout(
        dark,
        height=68 * (len(named) + 1) + 80,
        margin={"l": 106, "r": 18, "t": 56, "b": 16},
        annotations=titled("Input and reconstruction", key, 0, dark),
        **tile_axes(dark, pixels.shape, [*named, "difference"]),
    )
    return go.Figure(data=[{"type": "heatmap", "z": pixels, **scale}], layout=layout)


def image_shape(record: RunRecord) -> tuple[int, int]:
    """Rows and columns of the run's images.

    Raises:
        InputError: its data are not images.
    """
    shape = _image(record)
    if shape is None:
        raise InputError("dataset", record.spec.dataset, "a data set of images")
    return shape


def is_image_run(record: RunRecord) -> bool:
    """Whether the run's data are images."""
    return _image(record) is not None


def _image(record: RunRecord) -> tuple[int, int] | None:
    """Rows and columns of the images, None of what is none; a file need not be there."""
    return catalogue.image_shape(record.spec.dataset, np.asarray(record.probe["inputs"]).shape[1])


def mosaic(
    rows: list[Array], shape: tuple[int, int], spans: list[tuple[float, float]], levels: int = _LEVELS
) -> Array:
    """Rows of images (m, height * width) as one uint8 picture, 255 where there is none.

    Args:
        rows: one array of images a row.
        shape: height and width of an image.
        spans: for each row the values that become 0 and `levels`; what lies beyond is cut off.
        levels: the brightest level.
    """
    tall, wide = shape
    gap = _gap(tall)
    columns = max(len(row) for row in rows)
    out = np.full((len(rows) * (tall + gap) - gap, columns * (wide + gap) - gap), _CLEAR, np.uint8)
    for r, (row, (low, high)) in enumerate(zip(rows, spans, strict=True)):
        grey = np.clip((row - low) / max(high - low, 1e-12), 0, 1) * levels
        tiles = np.where(np.isfinite(grey), grey, _CLEAR).round().astype(np.uint8)
        for c, tile in enumerate(tiles):
            top, left = r * (tall + gap), c * (wide + gap)
            out[top : top + tall, left : left + wide] = tile.reshape(shape)
    return out


def _gap(tall: int) -> int:
    return max(1, round(tall / 10))


def _number(value: float) -> str:
    return f"{round(value, 3):g}".replace("-", "−")


def image_span(values: Array) -> tuple[float, float]:
    """The values that are drawn black and white: smallest and largest."""
    some = values[np.isfinite(values)]
    return (float(some.min()), float(some.max())) if some.size and np.ptp(some) > 0 else (0.0, 1.0)


def bands(above: Array, below: Array, columns: int) -> list[Array]:
    """Rows of at most so many columns, one of inputs and one of what became of them in turn."""
    starts = range(0, len(above), columns)
    return [part[s : s + columns] for s in starts for part in (above, below)]


def scaled(parts: list[tuple[int, int, list[str]]]) -> dict[str, Any]:
    """Heatmap settings for levels 0 to 254 in parts (first, last, colours); 255 is transparent."""
    stops = [
        ((first + (last - first) * i / (len(colours) - 1)) / _CLEAR, colour)
        for first, last, colours in parts
        for i, colour in enumerate(colours)
    ]
    clear = "rgba(0,0,0,0)"
    scale = [[at, colour] for at, colour in [*stops, (stops[-1][0] + 1e-6, clear), (1, clear)]]
    return {
        "colorscale": scale,
        "zmin": 0,
        "zmax": _CLEAR,
        "showscale": False,
        "hoverinfo": "skip",
        "name": "images",
    }


def tile_axes(dark: bool, size: tuple[int, int], names: list[str]) -> dict[str, Any]:
    """Axes of a mosaic: square pixels, first row on top, a name at each row."""
    (tall, wide), gap = size, _gap(size[0] // len(names))
    row = (tall + gap) / len(names)
    frame: dict[str, Any] = {"showgrid": False, "showline": False, "fixedrange": True, "ticks": ""}
    centres = [row * (i + 0.5) - (gap + 1) / 2 for i in range(len(names))]
    return {
        "xaxis": theme.axis(
            dark,
            domain=[0, 1],
            anchor="y",
            range=[-0.5, wide - 0.5],
            showticklabels=False,
            constrain="domain",
            **frame,
        ),
        "yaxis": theme.axis(
            dark,
            domain=[0, 1],
            anchor="x",
            range=[tall - 0.5, -0.5],
            scaleanchor="x",
            constrain="domain",
            constraintoward="top",
            tickvals=centres,
            ticktext=names,
            **frame,
        ),
    }
