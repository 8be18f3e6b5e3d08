"""The paper of films: matplotlib's Agg canvas measured in pixels, its still part drawn only once."""

import io
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgba, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D, Bbox, IdentityTransform, TransformedBbox
from numpy.typing import NDArray

from autoencode_core.figures import theme

Array = NDArray[Any]
Rect = tuple[float, float, float, float]
"""Left, bottom, width and height in pixels."""

_PIXELS_PER_INCH = 100
_MARKERS = {
    "bar": "|",
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "cross": "P",
    "x": "X",
    "triangle-up": "^",
    "triangle-down": "v",
    "pentagon": "p",
    "star": "*",
    "hexagon": "h",
}
_LARGER = {"star": 1.35, "x": 1.1, "cross": 1.1, "triangle-up": 1.1, "triangle-down": 1.1, "diamond": 0.9}
_OTHER_SCRIPTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Microsoft YaHei")


class Paper:
    """A page on which panes draw in pixels, y upwards.

    Args:
        width: in pixels.
        height: in pixels.
        dark: whether the page is dark.
        scale: pixels of the picture for each pixel of the page.
    """

    def __init__(self, width: int, height: int, dark: bool, scale: int = 1) -> None:
        self.width, self.height, self.dark = width, height, dark
        inches = width / _PIXELS_PER_INCH, height / _PIXELS_PER_INCH
        self.figure = Figure(
            figsize=inches, dpi=_PIXELS_PER_INCH * scale, facecolor=theme.colour("page", dark)
        )
        self.canvas = FigureCanvasAgg(self.figure)
        self.pixels = Affine2D().scale(1 / _PIXELS_PER_INCH) + self.figure.dpi_scale_trans
        self._moving: list[tuple[Artist, Axes | None]] = []
        self._still: Any = None

    def colour(self, role: str) -> str:
        """Colour of a role of the theme on this page."""
        return theme.colour(role, self.dark)

    def moves(self, artist: Artist, axes: Axes | None = None) -> None:
        """Says that an artist changes from frame to frame; all others must be there before the first one."""
        artist.set_animated(True)
        self._moving.append((artist, axes))

    def frame(self) -> Array:
        """The page as it is now, (height, width, 3) uint8."""
        canvas: Any = self.canvas  # its methods have no types
        if self._still is None:
            canvas.draw()
            self._still = canvas.copy_from_bbox(self.figure.bbox)
        canvas.restore_region(self._still)
        for artist, axes in self._moving:
            (axes or self.figure).draw_artist(artist)
        return np.array(np.asarray(canvas.buffer_rgba())[..., :3])

    def in_lines(self, kind: str, words: str) -> bytes:
        """The page as it is now, in lines and with its words as text; no frame may come after it.

        Args:
            kind: svg or pdf.
            words: what it shows, kept in the file.
        """
        for artist, _ in self._moving:
            artist.set_animated(False)
        said, when = ("Description", "Date") if kind == "svg" else ("Subject", "CreationDate")
        out = io.BytesIO()
        with rc_context({"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": "autoencode"}):
            page, told = self.figure.get_facecolor(), {said: words, when: None}
            self.figure.savefig(out, format=kind, facecolor=page, metadata=told)
        return out.getvalue()

    def text(
        self,
        x: float,
        y: float,
        words: str,
        role: str = "ink",
        size: float = theme.SMALL,
        room: float = np.inf,
        **settings: Any,
    ) -> Text:
        """A line of text at a place; what a person wrote is never read as mathematics.

        Args:
            x: in pixels.
            y: in pixels.
            words: the text.
            role: whose colour it has.
            size: in pixels.
            room: pixels into which it is shortened.
            settings: of matplotlib.
        """
        found = self.figure.text(
            x,
            y,
            words,
            transform=self.pixels,
            color=settings.pop("color", self.colour(role)),
            fontsize=points(size),
            fontfamily=families(),
            parse_math=False,
            **settings,
        )
        while words and self.width_of(found) > room:
            words = words[:-1].rstrip()
            found.set_text(words + "…")
        return found

    def width_of(self, text: Text) -> float:
        """Width of a line of text in pixels of the page."""
        return float(text.get_window_extent().transformed(self.pixels.inverted()).width)

    def axes(self, rect: Rect, ranges: Array, titles: tuple[str, str], ticks: int = 6) -> Axes:
        """Axes with ticks, grid and titles at a place.

        Args:
            rect: where the plotting area is.
            ranges: (2, 2) of x and y.
            titles: of x and y.
            ticks: at most so many along the longer side.
        """
        left, bottom, width, height = rect
        share = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        axes = self.figure.add_axes(share, facecolor="none")
        axes.set_xlim(*ranges[0])
        axes.set_ylim(*ranges[1])
        for axis, side in ((axes.xaxis, width), (axes.yaxis, height)):
            axis.set_major_locator(locator(max(2, round(ticks * min(1, side / 320)))))
        self._dress(axes)
        for axis, title in ((axes.xaxis, titles[0]), (axes.yaxis, titles[1])):
            axis.set_label_text(title, color=self.colour("ink"), fontsize=points(theme.SMALL))
            axis.label.set_parse_math(False)
            axis.label.set_fontfamily(families())
        return axes

    def _dress(self, axes: Axes) -> None:
        axes.set_axisbelow(True)
        axes.grid(True, color=self.colour("grid"), linewidth=points(1))
        axes.tick_params(
            colors=self.colour("muted"), labelsize=points(11), length=0, pad=points(5), which="both"
        )
        for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
            label.set_fontfamily(families())
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(self.colour("grid"))
            spine.set_linewidth(points(1))

    def marks(self, clip: Rect | None, moves: bool = True, zorder: float = 4) -> "MarkArtist":
        """Empty marks whose places are pixels; nothing of them is drawn outside of `clip`."""
        found = MarkArtist(self, self._clip(clip))
        found.artist.set_zorder(zorder)
        self._add(found.artist, moves)
        return found

    def lines(
        self, clip: Rect | None, color: Any, width: float = theme.THIN, moves: bool = False, zorder: float = 3
    ) -> LineCollection:
        """Empty lines whose places are pixels."""
        found = LineCollection(
            [], colors=color, linewidths=points(width), transform=self.pixels, capstyle="round"
        )
        found.set_zorder(zorder)
        if clip is not None:
            found.set_clip_box(self._clip(clip))
        self._add(found, moves)
        return found

    def add_moving(self, artist: Artist, clip: Rect) -> None:
        """Adds an artist that changes from frame to frame; it is drawn inside of `clip` alone."""
        artist.set_clip_box(self._clip(clip))
        self._add(artist, True)

    def _add(self, artist: Artist, moves: bool) -> None:
        self.figure.add_artist(artist)
        if moves:
            self.moves(artist)

    def _clip(self, rect: Rect | None) -> TransformedBbox | None:
        return None if rect is None else TransformedBbox(Bbox.from_bounds(*rect), self.pixels)


class MarkArtist:
    """MarkArtist of particles in one artist; made by Paper.marks."""

    def __init__(self, paper: Paper, clip: Any) -> None:
        self._page, self._dpi = paper.colour("page"), paper.figure.dpi
        self.artist = PathCollection(
            [], offsets=np.empty((0, 2)), offset_transform=paper.pixels, transform=IdentityTransform()
        )
        if clip is not None:
            self.artist.set_clip_box(clip)
            self.artist.set_clip_on(True)

    def show(
        self,
        places: Array,
        colours: Array,
        symbols: Sequence[str],
        size: float,
        hollow: bool = False,
        edge: float = 0.4,
    ) -> None:
        """Puts the marks somewhere.

        Args:
            places: (m, 2) in pixels; what is not finite is left out.
            colours: (m, 4) or (1, 4).
            symbols: m names of the theme, or one for all.
            size: diameter in pixels.
            hollow: outlines only.
            edge: width of the outline of a filled mark.
        """
        there = np.flatnonzero(np.isfinite(places).all(axis=1))
        if len(colours) == len(places):
            colours = colours[there]
        if len(symbols) == len(places):
            symbols = [symbols[i] for i in there.tolist()]
        artist: Any = self.artist  # arrays of colours are not among its types
        artist.set_offsets(places[there])
        artist.set_paths([_symbol(name) for name in symbols])
        artist.set_sizes([points(size) ** 2], self._dpi)
        artist.set_facecolor("none" if hollow else colours)
        artist.set_edgecolor(colours if hollow else self._page)
        artist.set_linewidth(points(1.4 if hollow else edge))


def points(pixels: float) -> float:
    """Pixels of the page in the unit of matplotlib's sizes."""
    return pixels * 72 / _PIXELS_PER_INCH


def rgba(colour: str) -> tuple[float, float, float, float]:
    """A colour as Plotly writes it, in hexadecimal or as rgba, with all four parts in [0, 1]."""
    if not colour.startswith("rgba"):
        return to_rgba(colour)
    red, green, blue, opacity = (float(part) for part in re.findall(r"[\d.]+", colour))
    return red / 255, green / 255, blue / 255, opacity


def colours_of(names: Sequence[str], opacity: float = 1.0) -> Array:
    """Colours (m, 4)."""
    found = to_rgba_array(list(names))
    found[:, 3] = opacity
    return np.asarray(found)


def locator(most: int) -> MaxNLocator:
    """Places of at most so many round ticks."""
    return MaxNLocator(most, steps=[1, 2, 2.5, 5, 10])


@cache
def families() -> list[str]:
    """Fonts to take glyphs from: the one that matplotlib brings, others for other scripts, boxes at last."""
    there = {font.name for font in fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in _OTHER_SCRIPTS if name in there), "Last Resort High-Efficiency"]


@cache
def _symbol(name: str) -> Path:
    style = MarkerStyle(_MARKERS[name]).scaled(_LARGER.get(name, 1.0))
    return style.get_path().transformed(style.get_transform())
