"""Several plots that share one axis, that of the Tikhonov weight λ, and what they have in common."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go

from autoencode_core.figures import theme
from autoencode_core.figures.log_axis import power_marks
from autoencode_core.words import as_set

Entry = tuple[str, str, str]
"""Of a key: glyph, colour, words."""

BOTTOM, LEFT, RIGHT = 52, 72, 14
"""Margins of a figure of panels in pixels."""
KEY, KEY_LINE = 28, 18
"""Pixels from the panels to the key above them, and for each line of the key."""
_KEY_ROOM = 345
"""Pixels of a line of the key on a page of 400 pixels."""
LETTER = 5.6
"""Pixels of a small letter, about."""
GLYPHS = {
    "circle": "●",
    "square": "■",
    "diamond": "◆",
    "cross": "✚",
    "x": "✖",
    "triangle-up": "▲",
    "triangle-down": "▼",
    "pentagon": "⬟",
    "star": "★",
    "hexagon": "⬢",
    "bowtie": "⋈",
}
"""The marks of the theme as letters."""
_MOST_LABELS = 7
_BREAK_DECADES = 0.5
_LOG_FROM = 30.0
"""Values whose largest is so many times the smallest get a logarithmic axis."""


@dataclass(frozen=True)
class Panel:
    """One plot: the ends of its axes' names ("" or a number) and the share of the figure that it takes."""

    number: str
    across: tuple[float, float]
    up: tuple[float, float]

    @property
    def axes(self) -> dict[str, str]:
        """What a trace needs to be drawn in it."""
        return {"xaxis": f"x{self.number}", "yaxis": f"y{self.number}"}

    def heading(self, dark: bool, words: str, unit: str = "", raised: int = 4) -> dict[str, Any]:
        """Its title above it, `raised` by some pixels."""
        muted = f' <span style="color:{theme.colour("muted", dark)};font-size:12px">{unit}</span>'
        font = {"color": theme.colour("ink", dark), "size": theme.TITLE}
        text = words + (muted if unit else "")
        return theme.note(dark, text, self.across[0], self.up[1], yshift=raised, font=font)


def three_panels(stacked: bool) -> tuple[Panel, Panel, Panel]:
    """A large one and two small ones to the right of it, or all three below each other."""
    if stacked:
        return Panel("", (0, 1), (0.58, 1)), Panel("2", (0, 1), (0.29, 0.49)), Panel("3", (0, 1), (0, 0.2))
    return (
        Panel("", (0, 0.55), (0, 1)),
        Panel("2", (0.68, 1), (0.58, 1)),
        Panel("3", (0.68, 1), (0, 0.42)),
    )


def four_panels(stacked: bool) -> tuple[Panel, Panel, Panel, Panel]:
    """The three, and one more below the large one, or at the foot of all."""
    if stacked:
        feet = {"4": 0.0, "3": 0.225, "2": 0.45}
        small = {number: Panel(number, (0, 1), (foot, foot + 0.155)) for number, foot in feet.items()}
        return Panel("", (0, 1), (0.675, 1)), small["2"], small["3"], small["4"]
    large, second, third = three_panels(stacked)
    return Panel("", large.across, (0.38, 1)), second, third, Panel("4", large.across, (0, 0.27))


@dataclass(frozen=True)
class WeightAxis:
    """The axis of λ: logarithmic, with a place of its own for λ = 0 left of a break.

    Attributes:
        weights: the values of λ, ascending.
    """

    weights: tuple[float, ...]

    def log(self, weight: float) -> float:
        """Where a λ stands, in decades."""
        return float(np.log10(weight)) if weight > 0 else self._lowest - max(self.step, _BREAK_DECADES)

    def place(self, weight: float, index: int = 0, count: int = 1) -> float:
        """Where a λ stands as a number of the axis; of several marks of one λ each beside the other."""
        aside = self.room * ((index + 0.5) / count - 0.5)
        return float(10 ** (self.log(weight) + aside))

    @property
    def room(self) -> float:
        """Decades over which the marks of one λ may lie."""
        return 0.62 * self.step

    @property
    def step(self) -> float:
        """Decades from one λ to the next, where they are closest."""
        logs = np.log10([weight for weight in self.weights if weight > 0])
        return float(np.diff(logs).min()) if len(logs) > 1 else 1.0

    @property
    def _lowest(self) -> float:
        return float(np.log10(min((weight for weight in self.weights if weight > 0), default=1.0)))

    def edges(self) -> list[float]:
        """Borders between the values in decades, one more than there are values."""
        logs = [self.log(weight) for weight in self.weights]
        inner = [(a + b) / 2 for a, b in pairwise(logs)]
        if not logs:
            return [-0.5, 0.5]
        first, last = (inner[0], inner[-1]) if inner else (logs[0] + self.step / 2, logs[0] - self.step / 2)
        return [2 * logs[0] - first, *inner, 2 * logs[-1] - last]

    def settings(self, dark: bool, small: bool, words: str = "Tikhonov weight λ") -> dict[str, Any]:
        """Settings of a Plotly axis; a small one names fewer values, one without words none.

        Where the page is so narrow that the values would run into each other, they are turned.
        """
        edges = self.edges()
        named = self._named(small)
        return theme.axis(
            dark,
            words,
            type="log",
            range=[edges[0], edges[-1]],
            tickvals=[self.place(weight) for weight in named],
            ticktext=[as_set(weight, 2) for weight in named],
            autotickangles=[0, 45, 90],
            automargin="bottom" if words else False,
            showticklabels=bool(words),
            ticks="outside",
            ticklen=4,
            tickcolor=theme.colour("muted", dark),
            showgrid=False,
        )

    def _named(self, small: bool) -> list[float]:
        """The values that are written at the axis: all, the powers of ten, or a few that lie apart."""
        most = 4 if small else _MOST_LABELS
        edges, logs = self.edges(), [self.log(weight) for weight in self.weights]
        apart = 0.99 * (edges[-1] - edges[0]) / most
        if all(b - a >= apart for a, b in pairwise(logs)):
            return list(self.weights)
        powers = [w for w in self.weights if w == 0 or abs(np.log10(w) - round(np.log10(w))) < 1e-6]
        if 2 <= len(powers) <= most:
            return powers
        kept = [0]
        for i, log in enumerate(logs):
            if log - logs[kept[-1]] >= apart and (logs[-1] - log >= apart or i == len(logs) - 1):
                kept.append(i)
        return [self.weights[i] for i in kept]

    def breaks(self, dark: bool, panels: Iterable[Panel]) -> list[dict[str, Any]]:
        """The marks of the break between λ = 0 and the others, at the foot of each panel."""
        if not self.weights or self.weights[0] > 0 or len(self.weights) == 1:
            return []
        at = self.edges()[1]
        font = {"color": theme.colour("muted", dark), "size": theme.TEXT}
        settings = {"xanchor": "center", "yanchor": "middle", "font": font}
        return [
            theme.note(dark, "//", at, panel.up[0], xref=panel.axes["xaxis"], **settings) for panel in panels
        ]

    def runs(self) -> list[list[float]]:
        """The values that a line may join: 0 stands alone."""
        return [list(group) for _, group in groupby(self.weights, key=lambda weight: weight > 0)]


def numbers_above(
    numbers: Sequence[str], words: str, axis: WeightAxis, panel: Panel, dark: bool
) -> list[dict[str, Any]]:
    """A row of numbers above a panel, one for each λ, with its name at the left."""
    font = {"color": theme.colour("muted", dark), "size": theme.SMALL}
    row: dict[str, Any] = {"y": panel.up[1], "yshift": 2, "font": font}
    notes = [
        theme.note(dark, number, axis.log(weight), xref=panel.axes["xaxis"], xanchor="center", **row)
        for weight, number in zip(axis.weights, numbers, strict=True)
    ]
    return [theme.note(dark, words, panel.across[0], xanchor="right", xshift=-4, **row), *notes]


def key(dark: bool, groups: Iterable[Sequence[Entry]], raised: int = KEY) -> list[dict[str, Any]]:
    """What marks and lines stand for, above all panels, a note for each line: a narrow page suffices.

    Args:
        dark: whether the page is dark.
        groups: entries, each the glyph of a mark, its colour, and words; a group begins a line.
        raised: pixels above the panels.
    """
    lines = [line for group in groups for line in _key_lines(group)]
    font = {"color": theme.colour("ink", dark), "size": theme.SMALL}
    return [
        theme.note(
            dark,
            " ".join(
                f'<span style="color:{colour}">{glyph}</span> {words}  ' for glyph, colour, words in line
            ),
            0,
            1,
            xshift=8 - LEFT,
            yshift=raised + KEY_LINE * (len(lines) - 1 - number),
            font=font,
        )
        for number, line in enumerate(lines)
    ]


def _key_lines(group: Sequence[Entry]) -> list[list[Entry]]:
    """The entries of a group on lines that fit a narrow page."""
    lines: list[list[Entry]] = []
    left = 0.0
    for entry in group:
        wide = 24 + LETTER * len(entry[2])
        if not lines or wide > left:
            lines.append([])
            left = _KEY_ROOM
        lines[-1].append(entry)
        left -= wide
    return lines


def level(
    panel: Panel,
    value: float,
    words: str,
    dark: bool,
    log: bool = False,
    below: bool = False,
    right: bool = False,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A dotted line across a panel at a value, and its words at the left or right end."""
    role = theme.ROLES["PCA"]
    line = {"color": role.colour(dark), "dash": role.dash, "width": 1.6}
    place = {"x0": panel.across[0], "x1": panel.across[1], "y0": value, "y1": value}
    shape = shape_below("line", "paper", panel.axes["yaxis"], place, line=line)
    note = theme.note(
        dark,
        words,
        panel.across[1 if right else 0],
        float(np.log10(value)) if log else value,
        yref=panel.axes["yaxis"],
        xanchor="right" if right else "left",
        xshift=-4 if right else 4,
        yshift=-7 if below else 0,
        yanchor="top" if below else "bottom",
        font={"color": role.colour(dark), "size": theme.SMALL},
        bgcolor=theme.translucent(theme.colour("page", dark), 0.6),
        borderpad=0,
    )
    return shape, note


def value_axis(
    values: Iterable[float], dark: bool, head: float = 0.06, zero: bool = False, linear: bool = False
) -> dict[str, Any]:
    """Settings of an axis that shows all values with some room, logarithmic where they span far.

    Args:
        values: what it must show; what is not finite does not count.
        dark: whether the page is dark.
        head: share of the axis that stays free above the largest value.
        zero: whether it begins at 0.
        linear: whether it must not be logarithmic.
    """
    shown = np.array([value for value in values if np.isfinite(value)])
    if not len(shown):
        return theme.axis(dark, range=[0, 1], nticks=5, type="linear")
    low, high = float(shown.min()), float(shown.max())
    log = not (zero or linear) and low > 0 and high > _LOG_FROM * low
    if log:
        low, high = float(np.log10(low)), float(np.log10(high))
    low = min(low, 0.0) if zero else low
    span = (high - low) or abs(high) or 1.0
    foot = 0.07
    room = span / (1 - head - foot)
    settings: dict[str, Any] = {"type": "linear", "tickformat": "~g", "nticks": 6}
    ends = [low - foot * room, high + head * room]
    if log:
        settings = {"type": "log", **power_marks(ends[0], ends[1])}
    return theme.axis(dark, range=ends, **settings)


def shape_below(kind: str, xref: str, yref: str, place: dict[str, float], **settings: Any) -> dict[str, Any]:
    """A shape of Plotly behind what is drawn."""
    return {"type": kind, "xref": xref, "yref": yref, "layer": "below", **place, **settings}


def plot(
    dark: bool,
    title: str,
    unit: str,
    traces: Sequence[dict[str, Any]],
    groups: Sequence[Sequence[Entry]],
    axes: tuple[dict[str, Any], dict[str, Any]],
    height: int = 220,
    lines: int = 2,
    **settings: Any,
) -> go.Figure:
    """A figure of one panel: its key, its heading, its traces.

    Args:
        dark: whether the page is dark.
        title: what is drawn.
        unit: what stands beside that.
        traces: of Plotly.
        groups: of the key, as in `key`.
        axes: settings of the two.
        height: pixels of the panel itself.
        lines: of the key that there is room for, so that figures beside each other are equally tall.
        settings: of the layout; annotations come after the heading and the key.
    """
    panel, top = Panel("", (0, 1), (0, 1)), KEY + KEY_LINE * lines + 8
    notes = [panel.heading(dark, title, unit), *key(dark, groups), *settings.pop("annotations", [])]
    layout = theme.layout(
        dark,
        height=height + top + BOTTOM,
        margin={"l": LEFT, "r": RIGHT, "t": top, "b": BOTTOM},
        annotations=notes,
        **{"xaxis": axes[0], "yaxis": axes[1], "hovermode": "closest", **settings},
    )
    return go.Figure(data=list(traces), layout=layout)
