"""Images: mosaics, the flow of images, and images beside their reconstruction."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.data import catalogue
from autoencode_core.errors import InputError
from autoencode_core.figures import theme
from autoencode_core.figures.arrays import (
    classes,
    finite,
    flow_states,
    one_of_each,
    outputs,
    pick,
    to_data,
    view,
)
from autoencode_core.figures.flow import particle_pictures
from autoencode_core.figures.marks import Shade, marks
from autoencode_core.figures.stage import picture_pixels, pictures_domain, stage, titled
from autoencode_core.figures.timeline import Timeline, timeline
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]

_CLEAR, _LEVELS, _HALF = 255, 254, 126
"""Level that is transparent, brightest level, and brightest level where two scales share one picture."""

_MOST_SIDE = 16
"""Pixels along the side of an image that moves, at most; larger ones are drawn coarser."""

_LEFT, _RIGHT = (0.0, 0.54), (0.63, 1.0)
GREYS = {False: ("#eceef2", "#000000"), True: ("#232935", "#ffffff")}
"""Colours of the smallest and the largest value of an image on a light or dark page."""

DIVERGING = {
    False: ("#0072B2", "#f1f1f4", "#B84F00"),
    True: ("#56B4E9", "#2a303c", "#E69F00"),
}


def image_flow_figure(
    record: RunRecord,
    *,
    dark: bool = False,
    frames: int = 60,
    images: int = 10,
    particles: int = 300,
    shade: Shade | None = None,
) -> go.Figure:
    """Images that change with t under their still inputs, in the place of the latent code.

    Beside them move the particles on two principal axes, below runs the staircase.

    Args:
        record: a run on images.
        dark: whether the page is dark.
        frames: number of frames over [0, T]; the projection at T/2 gets some more of its own.
        images: how many images, one of each class in turn.
        particles: at most so many particles are drawn beside them.
        shade: a quantity that colours these in the place of class and hue.

    Raises:
        InputError: the run's data are not images, or it has no stored flow.
    """
    full, line, shown = image_shape(record), timeline(record, frames), view(record, 2)
    coarse = max(1, round(full[0] / _MOST_SIDE))
    shape = (full[0] // coarse, full[1] // coarse)
    images = images if coarse == 1 else min(images, 5)
    states = flow_states(record)
    chosen = pick(states.shape[1], particles)
    look = marks(record, chosen, dark, shade=shade)
    pictures = particle_pictures(record, line, shown, chosen, look, _RIGHT)
    picked = one_of_each(classes(record), states.shape[1], images)
    moving = _pooled(_moving_images(record, line, picked), full, coarse)
    inputs = _pooled(finite(np.asarray(record.probe["inputs"])[picked]), full, coarse)
    wanted = inputs if record.spec.task == "classify" else np.asarray(record.probe["targets"])[picked]
    span = image_span(wanted)

    def levels(frame: int) -> Array:
        rows = bands(inputs, moving[frame], 5)
        return mosaic(rows, shape, [span] * len(rows))

    still, changing = _cells(bands(inputs, inputs, 5), shape)
    tall = levels(0).shape[0]
    pictures.traces.append(_squares(still, levels(0), tall, dark))
    pictures.moving[len(pictures.traces)] = lambda f: _coloured(levels(f)[changing])
    pictures.traces.append(_squares(changing, levels(0), tall, dark))
    names = ["input", "x(t)"] * (len(bands(inputs, inputs, 5)) // 2)
    pictures.layout |= tile_axes(dark, levels(0).shape, names, ("x2", "y2"), _LEFT, pictures_domain())
    hint = f"grey: {_number(span[0])} to {_number(span[1])}"
    hint += "" if coarse == 1 else f", every pixel the mean of {coarse} × {coarse}"
    pictures.annotations += titled("Images x(t)", hint, _LEFT[0], dark)
    pictures.legend = look.legend(xaxis="x4", yaxis="y4")
    return stage(line, pictures, dark)


def _pooled(images: Array, shape: tuple[int, int], coarse: int) -> Array:
    """Images (..., height * width) with blocks of coarse x coarse pixels averaged."""
    tall, wide = shape[0] // coarse, shape[1] // coarse
    blocks = images.reshape(*images.shape[:-1], *shape)[..., : tall * coarse, : wide * coarse]
    blocks = blocks.reshape(*images.shape[:-1], tall, coarse, wide, coarse)
    pooled: Array = blocks.mean(axis=(-3, -1)).reshape(*images.shape[:-1], tall * wide)
    return pooled


def _cells(rows: list[Array], shape: tuple[int, int]) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Row and column of every pixel of a mosaic, gaps left out: of every first and of every second row."""
    parity = [np.full_like(row, float(i % 2)) for i, row in enumerate(rows)]
    which = mosaic(parity, shape, [(0.0, 1.0)] * len(rows))
    return np.nonzero(which == 0), np.nonzero(which == _LEVELS)


def _coloured(levels: Array) -> dict[str, Any]:
    return {"type": "scatter", "marker": {"color": levels}}


def _squares(cells: tuple[Array, ...], levels: Array, tall: int, dark: bool) -> dict[str, Any]:
    """Pixels as square marks, as large as a mosaic of `tall` rows leaves room for.

    A heatmap is an image that the browser decodes anew for each frame, and blank meanwhile; marks move
    without a redraw.
    """
    down, across = cells
    marker = {
        "symbol": "square",
        "size": picture_pixels() / tall,
        "color": levels[cells],
        "colorscale": scaled([(0, _LEVELS, list(GREYS[dark]))])["colorscale"],
        "cmin": 0,
        "cmax": _CLEAR,
        "showscale": False,
        "opacity": 1,
        "line": {"width": 0},
    }
    return {
        "type": "scatter",
        "mode": "markers",
        "x": across.astype(np.float32),
        "y": down.astype(np.float32),
        "marker": marker,
        "hoverinfo": "skip",
        "showlegend": False,
        "name": "images",
        "xaxis": "x2",
        "yaxis": "y2",
    }


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

    low, middle, high = DIVERGING[dark]
    key = f"grey: {_number(span[0])} to {_number(span[1])} · difference: "
    key += (
        f"<span style='color:{low}'>■</span> −{reach:.2g} to <span style='color:{high}'>■</span> +{reach:.2g}"
    )
    scale = scaled([(0, _HALF, list(GREYS[dark])), (_HALF + 1, 2 * _HALF + 1, [low, middle, high])])
    layout = theme.layout(
        dark,
        height=68 * (len(named) + 1) + 80,
        margin={"l": 106, "r": 18, "t": 56, "b": 16},
        annotations=titled("Input and reconstruction", key, 0, dark),
        **tile_axes(dark, pixels.shape, [*named, "difference"], ("x", "y"), (0, 1), (0, 1)),
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


def _moving_images(record: RunRecord, line: Timeline, picked: Array) -> Array:
    """Images (F, m, d) in data units."""
    states = flow_states(record)[:, picked]
    dropped = np.asarray(record.probe.get("flow_dropped", ()))
    before = dropped[picked] if dropped.shape == flow_states(record).shape[1:] else states[line.middle]
    moving = line.along(finite(states), finite(before))
    return np.stack([to_data(record, u).astype(np.float32) for u in moving])


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


def tile_axes(
    dark: bool,
    size: tuple[int, int],
    names: list[str],
    ids: tuple[str, str],
    across: tuple[float, float],
    up: tuple[float, float],
) -> dict[str, Any]:
    """Axes of a mosaic: square pixels, first row on top, a name at each row."""
    (tall, wide), gap = size, _gap(size[0] // len(names))
    row = (tall + gap) / len(names)
    frame: dict[str, Any] = {"showgrid": False, "showline": False, "fixedrange": True, "ticks": ""}
    centres = [row * (i + 0.5) - (gap + 1) / 2 for i in range(len(names))]
    x, y = (f"{axis[0]}axis{axis[1:]}" for axis in ids)
    return {
        x: theme.axis(
            dark,
            domain=list(across),
            anchor=ids[1],
            range=[-0.5, wide - 0.5],
            showticklabels=False,
            constrain="domain",
            **frame,
        ),
        y: theme.axis(
            dark,
            domain=list(up),
            anchor=ids[0],
            range=[tall - 0.5, -0.5],
            scaleanchor=ids[0],
            constrain="domain",
            constraintoward="top",
            tickvals=centres,
            ticktext=names,
            **frame,
        ),
    }
