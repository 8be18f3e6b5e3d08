"""Figures as PNG without a browser: what is drawn lies where the figure says, in its colours."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from figures.studies import continuation, curved, lost, strip
from PIL import Image

from autoencode_core.errors import InputError
from autoencode_core.figures import history_figure, theme
from autoencode_core.figures.film.still import png
from autoencode_core.figures.film.words import pieces
from autoencode_core.figures.regimes.continuation import continuation_figure
from autoencode_core.figures.regimes.convexity import curvature_figure
from autoencode_core.figures.regimes.strip import strip_figure
from autoencode_core.store.record import RunRecord

RED = "#ff0000"


def drawn(figure: go.Figure, **settings: Any) -> np.ndarray:
    """Pixels (rows, columns, 3)."""
    return np.asarray(Image.open(io.BytesIO(png(figure, **settings))).convert("RGB"), int)


def red(pixels: np.ndarray) -> np.ndarray:
    """Places (column, row) of what is red."""
    rows, columns = np.nonzero((pixels[..., 0] > 200) & (pixels[..., 1] < 90) & (pixels[..., 2] < 90))
    return np.stack([columns, rows], axis=1)


def plain(*traces: dict[str, Any], **settings: Any) -> go.Figure:
    """A panel of 200 by 100 pixels that begins at (40, 30)."""
    axes = {"xaxis": theme.axis(False, range=[0, 10]), "yaxis": theme.axis(False, range=[0, 10])}
    margin = {"l": 40, "r": 10, "t": 30, "b": 20}
    return go.Figure(
        list(traces), theme.layout(False, **(axes | {"height": 150, "margin": margin} | settings))
    )


@pytest.mark.parametrize("scale", [1, 2])
def test_a_mark_lies_where_it_belongs(scale: int) -> None:
    mark = {"type": "scatter", "mode": "markers", "x": [5], "y": [2], "marker": {"color": RED, "size": 10}}
    pixels = drawn(plain(mark), width=250, scale=scale)
    assert pixels.shape == (150 * scale, 250 * scale, 3)
    np.testing.assert_allclose(red(pixels).mean(axis=0) / scale, [140, 110], atol=1)


def test_logarithmic_axes_place_traces_shapes_and_notes_as_plotly_does() -> None:
    log = {"xaxis": theme.axis(False, type="log", range=[0, 2])}
    mark = {"type": "scatter", "mode": "markers", "x": [10], "y": [5], "marker": {"color": RED, "size": 8}}
    line = {"type": "line", "xref": "x", "yref": "paper", "x0": 10, "x1": 10, "y0": 0, "y1": 1}
    note = theme.note(False, "█", 1, 5, xref="x", yref="y", xanchor="center", font={"color": RED, "size": 12})
    blank = {"type": "scatter", "x": [1], "y": [1], "mode": "lines"}
    shape = {**line, "line": {"color": RED, "width": 2}}
    for figure in (
        plain(mark, **log),
        plain(blank, shapes=[shape], **log),
        plain(blank, annotations=[note], **log),
    ):
        found = red(drawn(figure, width=250, scale=1))
        assert len(found) and abs(found[:, 0].mean() - 140) < 1.5


def test_lines_break_at_gaps_and_areas_are_filled() -> None:
    line = {"type": "scatter", "mode": "lines", "line": {"color": RED, "width": 3}}
    whole = {**line, "x": [1, 4, 6, 9], "y": [5, 5, 5, 5]}
    broken = {**line, "x": [1, 4, None, 6, 9], "y": [5, 5, None, 5, 5]}
    area = {
        **line,
        "x": [2, 8, 8, 2],
        "y": [2, 2, 8, 8],
        "fill": "toself",
        "fillcolor": RED,
        "line": {"width": 0},
    }
    count = [len(red(drawn(plain(trace), width=250, scale=1))) for trace in (whole, broken, area)]
    assert 0.6 * count[0] < count[1] < 0.85 * count[0]
    assert count[2] == pytest.approx(120 * 60, rel=0.03)


def test_markup_becomes_lines_colours_and_raised_letters() -> None:
    lines = pieces('a&lt;b<br><span style="color:#ff0000;font-size:9px">c</span>d<sub>e</sub>', "#000000", 12)
    assert [[piece.text for piece in line] for line in lines] == [["a<b"], ["c", "d", "e"]]
    c, d, e = lines[1]
    assert (
        (c.colour, c.size, d.colour, d.size) == ("#ff0000", 9, "#000000", 12) and e.size < 12 and e.raised < 0
    )


@pytest.mark.parametrize("dark", [False, True])
def test_figures_of_studies_and_of_runs_are_drawn_on_their_page(
    dark: bool, make: Callable[..., RunRecord]
) -> None:
    page = [int(theme.colour("page", dark)[i : i + 2], 16) for i in (1, 3, 5)]
    for figure in (
        strip_figure(strip(), dark=dark),
        continuation_figure(continuation(), dark=dark),
        curvature_figure(curved(strip()), dark=dark),
        history_figure(make(2).history, dark=dark, pca_error=0.2),
    ):
        pixels = drawn(figure, width=800, scale=1)
        assert pixels.shape[:2] == (figure.layout.height, 800)
        assert (pixels[0, 0] == page).all() and (pixels != page).any(axis=-1).mean() > 0.02


@pytest.mark.parametrize("draw", [strip_figure, curvature_figure, continuation_figure])
def test_studies_without_a_mark_are_drawn(draw: Callable[..., go.Figure]) -> None:
    gone = strip(outcomes=tuple(lost(weight, seed) for weight in (0.1, 1.0) for seed in (0, 1)))
    for study in (gone, strip(outcomes=())):
        pixels = drawn(draw(study), width=500, scale=1)
        assert (pixels != 255).any(axis=-1).mean() > 0.005


def test_marks_have_outlines_of_their_own() -> None:
    marker = {"color": "#ffffff", "size": 20, "line": {"color": [RED, "#ffffff"], "width": [3, 1]}}
    marks = {"type": "scatter", "mode": "markers", "x": [2, 8], "y": [5, 5], "marker": marker}
    found = red(drawn(plain(marks), width=250, scale=1))
    assert len(found) > 40 and abs(found[:, 0].mean() - 80) < 2 and found[:, 0].std() > 6


def test_the_words_are_kept_in_the_file() -> None:
    picture = Image.open(io.BytesIO(png(strip_figure(strip()), 600, scale=1, words="λ and J")))
    assert picture.text["Description"] == "λ and J"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "figure",
    [
        plain({"type": "bar", "x": [1], "y": [1]}),
        plain({"type": "scatter3d", "x": [1], "y": [1], "z": [1]}),
        plain({"type": "scatter", "x": [1], "y": [1], "fill": "tozeroy"}),
        plain({"type": "scatter", "x": [1], "y": [1], "mode": "text", "text": ["a"]}),
        plain({"type": "scatter", "x": [1], "y": [1]}, showlegend=True),
        plain({"type": "scatter", "x": [1], "y": [1]}, annotations=[{"text": "a", "showarrow": True}]),
        plain({"type": "scatter", "x": [1], "y": [1]}, shapes=[{"type": "circle"}]),
    ],
)
def test_what_it_cannot_draw_it_refuses(figure: go.Figure) -> None:
    with pytest.raises(InputError, match="figure"):
        png(figure, 200, 150, 1)


def test_a_picture_has_a_size() -> None:
    with pytest.raises(InputError, match="size"):
        png(plain(), 100_000, 100_000)
