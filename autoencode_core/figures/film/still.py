"""A flat Plotly figure as PNG without a browser: one definition serves the page and the file."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from autoencode_core.errors import InputError
from autoencode_core.figures import theme
from autoencode_core.figures.film.paper import Paper, Rect, locator, points, rgba
from autoencode_core.figures.film.words import write

Array = NDArray[Any]

_DASHES: dict[str, Any] = {
    "solid": "-",
    "dash": (0, (3.4, 2.2)),
    "dot": (0, (1, 1.6)),
    "longdash": (0, (5.5, 2.2)),
    "dashdot": (0, (3.4, 1.8, 1, 1.8)),
    "longdashdot": (0, (5.5, 1.8, 1, 1.8)),
}
_BELOW, _ABOVE = 1.0, 7.0
_MOST_PIXELS = 40_000_000


def png(
    figure: go.Figure, width: int = 1200, height: int | None = None, scale: int = 2, words: str = ""
) -> bytes:
    """A figure of lines, marks, fills, shapes and notes in cartesian panels as PNG.

    Args:
        figure: the figure, as the figures of this package make it.
        width: in pixels of the page.
        height: in pixels of the page, by default that of the figure.
        scale: pixels of the picture for each pixel of the page.
        words: what the picture shows, kept in the file.

    Raises:
        InputError: the figure has what this does not draw, or the picture would be too large.
    """
    tall = int(height or figure.layout.height or 450)
    if not (width >= 50 and tall >= 50 and scale >= 1 and width * tall * scale**2 <= _MOST_PIXELS):
        raise InputError("size", f"{width} x {tall} x {scale}", "at least 50 x 50, at most 40 million pixels")
    _check(figure)
    still = _Still(figure, width, tall, scale)
    about, out = PngInfo(), io.BytesIO()
    if words:
        about.add_itxt("Description", words)
    Image.fromarray(still.paper.frame()).save(out, "PNG", optimize=True, pnginfo=about)
    return out.getvalue()


def _check(figure: go.Figure) -> None:
    for trace in figure.data:
        if trace.type != "scatter":
            raise InputError("figure", trace.type, "traces of the kind scatter")
        if trace.fill not in (None, "none", "toself"):
            raise InputError("figure", f"fill {trace.fill}", "fills of the kind toself")
        if "text" in (trace.mode or ""):
            raise InputError("figure", f"mode {trace.mode}", "lines and markers; words as annotations")
    if figure.layout.showlegend:
        raise InputError("figure", "a legend", "figures whose marks are explained by annotations")
    for shape in figure.layout.shapes:
        if shape.type not in ("rect", "line"):
            raise InputError("figure", f"shape {shape.type}", "shapes of the kinds rect and line")


class _Axis:
    """One axis of a figure: its settings, its range in its own units (decades if logarithmic), its pixels."""

    def __init__(self, settings: Any, values: Iterable[float], start: float, length: float) -> None:
        self.settings, self.log = settings, settings.type == "log"
        share = settings.domain or (0, 1)
        self.start, self.length = start + share[0] * length, (share[1] - share[0]) * length
        ends: tuple[float, float] = settings.range or self._around(values)
        self.low, self.high = ends

    def _around(self, values: Iterable[float]) -> tuple[float, float]:
        shown = self.own(np.array(list(values), float))
        shown = shown[np.isfinite(shown)]
        low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)
        pad = 0.05 * (high - low) or 0.5
        ends = (low - pad, high + pad)
        return ends[::-1] if self.settings.autorange == "reversed" else ends

    def own(self, values: Any) -> Array:
        """Data as numbers of the axis."""
        numbers = np.asarray([np.nan if v is None else v for v in values], float)
        if not self.log:
            return numbers
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(numbers > 0, np.log10(numbers), np.nan)

    def pixel(self, own: Any) -> Any:
        """Where a number of the axis stands."""
        return self.start + (own - self.low) / (self.high - self.low) * self.length

    def ticks(self) -> tuple[list[float], list[str]]:
        """Places of the ticks in the axis' own numbers, and what is written there."""
        if self.settings.showticklabels is False and self.settings.tickvals is None:
            return self._round()[0], []
        if self.settings.tickvals is not None:
            places = self.own(self.settings.tickvals).tolist()
            written = self.settings.ticktext or [f"{v:g}" for v in self.settings.tickvals]
            return places, [] if self.settings.showticklabels is False else [str(w) for w in written]
        return self._round()

    def _round(self) -> tuple[list[float], list[str]]:
        low, high = sorted((self.low, self.high))
        if self.log:
            powers = np.arange(np.floor(low), np.ceil(high) + 1)
            for steps in ((1,), (1, 2, 5), range(1, 10)):
                values = np.sort(np.concatenate([step * 10.0**powers for step in steps]))
                places = np.log10(values)
                inside = (places >= low - 1e-9) & (places <= high + 1e-9)
                if inside.sum() >= 3:
                    break
            keep = np.flatnonzero(inside)[:: max(1, int(inside.sum()) // 8)]
            return places[keep].tolist(), [self._write(v) for v in values[keep]]
        most = max(2, min(self.settings.nticks or 8, round(self.length / 36)))
        found = [float(v) for v in locator(most).tick_values(low, high) if low - 1e-9 <= v <= high + 1e-9]
        return found, [self._write(v) for v in found]

    def _write(self, value: float) -> str:
        if "d" in (self.settings.tickformat or "") and value == int(value):
            return f"{int(value):,}"
        return f"{0.0 if abs(value) < 1e-12 else value:.6g}".replace("-", "−")


class _Still:
    """A figure on paper."""

    def __init__(self, figure: go.Figure, width: int, height: int, scale: int) -> None:
        self.layout = figure.layout
        dark = self.layout.font.color == theme.colour("ink", True)
        self.paper = Paper(width, height, dark, scale)
        margin = self.layout.margin
        left, foot = float(margin.l or 0), float(margin.b or 0)
        self.area: Rect = (
            left,
            foot,
            width - left - float(margin.r or 0),
            height - foot - float(margin.t or 0),
        )
        self._axes: dict[str, _Axis] = {}
        self._panels: dict[tuple[str, str], Axes] = {}
        for trace in figure.data:
            self._axis(trace.xaxis or "x", figure)
            self._axis(trace.yaxis or "y", figure)
        for x, y in _pairs(figure):
            self._axis(x, figure)
            self._axis(y, figure)
            self._panel(x, y)
        for shape in self.layout.shapes:
            self._shape(shape)
        for order, trace in enumerate(figure.data):
            self._trace(trace, 3 + order / max(1, len(figure.data)))
        for note in self.layout.annotations:
            self._note(note)

    def _axis(self, name: str, figure: go.Figure) -> _Axis:
        if name not in self._axes:
            side = name[0]
            mine = (t for t in figure.data if (getattr(t, f"{side}axis") or side) == name)
            values = (v for trace in mine for v in getattr(trace, side) if v is not None)
            start, length = (self.area[0], self.area[2]) if side == "x" else (self.area[1], self.area[3])
            self._axes[name] = _Axis(self.layout[f"{side}axis{name[1:]}"], values, start, length)
        return self._axes[name]

    def _panel(self, x: str, y: str) -> Axes:
        if (x, y) not in self._panels:
            across, up = self._axes[x], self._axes[y]
            rect = (across.start, up.start, across.length, up.length)
            titles = tuple(str(a.settings.title.text or "").replace("<br>", "\n") for a in (across, up))
            ranges = np.array([[across.low, across.high], [up.low, up.high]], float)
            panel = self.paper.axes(rect, ranges, (titles[0], titles[1]))
            for axis, shown in ((across, panel.xaxis), (up, panel.yaxis)):
                places, written = axis.ticks()
                shown.set_ticks(places, labels=written or [""] * len(places))
                shown.grid(axis.settings.showgrid is not False)
                if axis.settings.ticks == "outside":
                    shown.set_tick_params(length=points(4), color=self.paper.colour("muted"))
            self._panels[x, y] = panel
        return self._panels[x, y]

    # ---- traces

    def _trace(self, trace: Any, order: float) -> None:
        names = trace.xaxis or "x", trace.yaxis or "y"
        panel, (across, up) = self._panel(*names), (self._axes[name] for name in names)
        x, y = across.own(trace.x), up.own(trace.y)
        if trace.fill == "toself":
            panel.fill(x, y, facecolor=rgba(trace.fillcolor), linewidth=0, zorder=order)
        mode = trace.mode or "lines"
        width = 2.0 if trace.line.width is None else float(trace.line.width)
        if "lines" in mode and width > 0:
            dash = _DASHES.get(trace.line.dash or "solid", "-")
            colour = rgba(trace.line.color or self.paper.colour("ink"))
            panel.plot(x, y, color=colour, linestyle=dash, linewidth=points(width), zorder=order)
        if "markers" in mode and len(x):
            places = np.stack([across.pixel(x), up.pixel(y)], axis=1)
            self._marks(trace.marker, places, order, across, up)

    def _marks(self, marker: Any, places: Array, order: float, across: _Axis, up: _Axis) -> None:
        """MarkArtist, those of one symbol and size together."""
        count = len(places)
        symbols = _each(marker.symbol or "circle", count)
        colours = np.array([rgba(c) for c in _each(marker.color or self.paper.colour("ink"), count)])
        sizes = [float(size) for size in _each(6 if marker.size is None else marker.size, count)]
        edges = [float(e) for e in _each(1.4 if marker.line.width is None else marker.line.width, count)]
        outlines = [rgba(c) for c in _each(marker.line.color or self.paper.colour("page"), count)]
        clip = (across.start - 6, up.start - 6, across.length + 12, up.length + 12)
        for symbol, size in sorted(set(zip(symbols, sizes, strict=True))):
            chosen = [i for i in range(count) if symbols[i] == symbol and sizes[i] == size]
            hollow, name = symbol.endswith("-open"), symbol.removesuffix("-open")
            marks = self.paper.marks(clip, moves=False, zorder=order)
            marks.show(places[chosen], colours[chosen], [name], size, hollow, max(edges[i] for i in chosen))
            if not hollow and marker.line.color is not None:
                there = [i for i in chosen if np.isfinite(places[i]).all()]
                marks.artist.set_edgecolor([outlines[i] for i in there])
                marks.artist.set_linewidth([points(edges[i]) for i in there])

    # ---- what lies around them

    def _place(self, ref: str | None, value: Any, data: bool) -> float:
        """A coordinate of a shape (in data) or of a note (in the axis' own numbers) in pixels."""
        side = (ref or "paper")[0]
        if ref in self._axes:
            axis = self._axes[ref]
            return float(axis.pixel(axis.own([value])[0] if data else float(value)))
        raise InputError("figure", ref, f"places on paper or on an {side} axis of the figure")

    def _pixels(self, thing: Any, names: Sequence[str], data: bool) -> list[float]:
        found = []
        for name in names:
            side = name[0]
            ref, value = getattr(thing, f"{side}ref"), getattr(thing, name)
            if ref == "paper":
                start, length = (self.area[0], self.area[2]) if side == "x" else (self.area[1], self.area[3])
                found.append(start + float(value) * length)
            else:
                found.append(self._place(ref, value, data))
        return found

    def _shape(self, shape: Any) -> None:
        x0, x1, y0, y1 = self._pixels(shape, ("x0", "x1", "y0", "y1"), data=True)
        order = _BELOW if shape.layer == "below" else _ABOVE
        width = 2.0 if shape.line.width is None else float(shape.line.width)
        edge = rgba(shape.line.color or self.paper.colour("ink"))
        if shape.type == "line":
            line = self.paper.lines(None, [edge], width, zorder=order)
            line.set_segments([np.array([[x0, y0], [x1, y1]])])
            line.set_linestyle([_DASHES.get(shape.line.dash or "solid", "-")])
            line.set_capstyle("butt")
            return
        fill = rgba(shape.fillcolor) if shape.fillcolor else "none"
        look: dict[str, Any] = {"facecolor": fill, "edgecolor": edge if width else "none", "zorder": order}
        box = Rectangle((x0, y0), x1 - x0, y1 - y0, linewidth=points(width), **look)
        box.set_transform(self.paper.pixels)
        self.paper.figure.add_artist(box)

    def _note(self, note: Any) -> None:
        if note.showarrow is not False:
            raise InputError("figure", "an arrow", "annotations without arrows")
        x, y = self._pixels(note, ("x", "y"), data=False)
        place = x + float(note.xshift or 0), y + float(note.yshift or 0)
        anchor = (_anchor(note.xanchor, "center"), _anchor(note.yanchor, "middle"))
        size = float(note.font.size or theme.TEXT)
        write(
            self.paper,
            place,
            note.text,
            note.font.color or self.paper.colour("ink"),
            size,
            anchor,
            note.bgcolor,
        )


def _anchor(word: str | None, usual: str) -> str:
    return usual if word in (None, "auto") else str(word)


def _pairs(figure: go.Figure) -> list[tuple[str, str]]:
    """Panels that the layout describes, whether or not they have traces."""
    axes = figure.layout.to_plotly_json()
    pairs = []
    for name, settings in axes.items():
        if name.startswith("xaxis"):
            across, up = name.replace("axis", ""), settings.get("anchor", "y")
            if f"yaxis{up[1:]}" in axes and settings.get("visible") is not False:
                pairs.append((across, up))
    return pairs


def _each(value: Any, count: int) -> list[Any]:
    """A setting for each mark, whether it was given for all or one by one."""
    return [value] * count if isinstance(value, str | int | float) else list(value)
