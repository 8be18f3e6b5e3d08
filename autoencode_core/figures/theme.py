"""The one theme: Okabe-Ito colours, what each of them stands for, marks, sizes and axes.

Nothing is told apart by colour alone: roles also differ by dash or marker, classes by symbol, inactive
components by hollow marks. Figures carry their own colours, so show them with theme=None.
"""

import html
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.words import join as join

Array = NDArray[Any]

OKABE_ITO = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
}
"""Okabe and Ito (2008), Color Universal Design."""

FONT = "Source Sans Pro, Source Sans, Segoe UI, Helvetica, Arial, sans-serif"
TEXT, SMALL, TITLE = 13, 12, 15
MARKER, MARKER_3D, GHOST = 7.0, 4.0, 4.0
LINE, THIN = 2.2, 1.0

_PAGE = {False: "#ffffff", True: "#0e1117"}
_INK = {False: "#1f2430", True: "#eceff4"}
_MUTED = {False: "#5b6270", True: "#a3abb8"}
_GRID = {False: "#d9dde4", True: "#333a47"}
_HUES = {  # inferno from 0.06 to 0.67, plasma from 0.41 to 1
    False: (
        "#0f0625",
        "#260c4b",
        "#460c67",
        "#66166c",
        "#852169",
        "#a42c60",
        "#c13c4f",
        "#d9513b",
        "#ed6b24",
    ),
    True: ("#b32d8d", "#c7427c", "#d8586b", "#e66e5b", "#f2864a", "#fb9f3a", "#fcbc2d", "#f9da24", "#f0f921"),
}

SIGNED = {
    False: ("#00507d", "#0072B2", "#8fc1e0", "#fbfbfc", "#f0b48c", "#C25400", "#853a00"),
    True: ("#a9dcf9", "#56B4E9", "#22577a", "#14181f", "#7a4d0c", "#E69F00", "#ffd98c"),
}
"""Colours of numbers of both signs on a light or dark page, 0 in the middle."""
DIFFERENCES = {False: ("#0072B2", "#f1f1f4", "#B84F00"), True: ("#56B4E9", "#2a303c", "#E69F00")}
"""The same of differences of images."""
GREYS = {False: ("#eceef2", "#000000"), True: ("#232935", "#ffffff")}
"""Colours of the smallest and the largest value of an image."""

# symbols of Plotly by number; hollow is + 100. In 3-D only the first three have a hollow twin.
_SYMBOLS = (
    "circle",
    "square",
    "diamond",
    "cross",
    "x",
    "triangle-up",
    "triangle-down",
    "pentagon",
    "star",
    "hexagon",
)
_SYMBOL_CODES = (0, 1, 2, 3, 4, 5, 6, 13, 17, 14)
HOLLOW = 100


@dataclass(frozen=True)
class Role:
    """How one thing is drawn wherever it appears: colour (light, dark), dash of lines, symbol of markers."""

    light: str
    dark: str
    dash: str = "solid"
    symbol: str = "circle"

    def colour(self, dark: bool) -> str:
        """Its colour on a light or dark page."""
        return self.dark if dark else self.light


_BLUE = (OKABE_ITO["blue"], OKABE_ITO["sky"])
_RED = ("#C25400", OKABE_ITO["orange"])  # Okabe-Ito's vermillion, a shade darker for text on white
_PURPLE = ("#B0568A", OKABE_ITO["purple"])  # and its purple
_GREEN = ("#00805D", "#00B586")  # and its green for thin lines

ROLES: dict[str, Role] = {
    "encoder": Role(*_BLUE),
    "bottleneck": Role(*_PURPLE, dash="dash", symbol="diamond"),
    "decoder": Role(*_RED, dash="longdash", symbol="square"),
    "input": Role(*_BLUE),
    "code": Role(*_PURPLE, symbol="diamond"),
    "reconstruction": Role(*_RED, symbol="square"),
    "target": Role(_MUTED[False], _MUTED[True], symbol="star"),
    "cost": Role(_INK[False], _INK[True]),
    "data term": Role(*_BLUE, dash="dash", symbol="square"),
    "penalty": Role(*_GREEN, dash="dot", symbol="diamond"),
    "train": Role(*_BLUE),
    "test": Role(*_RED, dash="dash", symbol="square"),
    "new row": Role(*_GREEN, symbol="diamond"),
    "unusual row": Role(_INK[False], _INK[True], symbol="x"),
    "now": Role(*_GREEN, symbol="diamond"),
    "PCA": Role(_MUTED[False], _MUTED[True], dash="dot", symbol="x"),
    "ODE difference": Role(_INK[False], _INK[True]),
    "level": Role(_MUTED[False], _MUTED[True], dash="dot", symbol="x"),
    "anywhere": Role(_MUTED[False], _MUTED[True], dash="dot", symbol="triangle-up"),
    "agree": Role(*_GREEN),
    "several": Role(*_RED, symbol="square"),
    "down": Role(*_BLUE, symbol="triangle-down"),
    "up": Role(*_RED, dash="dash", symbol="triangle-up"),
    "curvature": Role(*_BLUE, dash="dash", symbol="square"),
    "convexity": Role(_INK[False], _INK[True]),
    "convex from": Role(*_RED, dash="longdash", symbol="diamond"),
}
"""What each thing looks like, by the word that names it on screen."""


def colour(role: str, dark: bool) -> str:
    """Colour of a role of ROLES, or of "page", "ink", "muted" (secondary text) and "grid"."""
    plain = {"page": _PAGE, "ink": _INK, "muted": _MUTED, "grid": _GRID}.get(role)
    return plain[dark] if plain else ROLES[role].colour(dark)


def translucent(hex_colour: str, opacity: float) -> str:
    """A #rrggbb colour as rgba() with an opacity in [0, 1]."""
    red, green, blue = (int(hex_colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def hue_scale(dark: bool) -> list[tuple[float, str]]:
    """Continuous scale for hue in [0, 1].

    Perceptually uniform scales, cut where they would sink into the page; their lightness rises all
    along, so they survive every colour blindness.
    """
    return [(i / (len(_HUES[dark]) - 1), hue) for i, hue in enumerate(_HUES[dark])]


def hue_colours(hue: Array, dark: bool) -> dict[str, Any]:
    """Marker settings that colour particles by hue.

    Args:
        hue: (n,) in [0, 1]; what is not finite is drawn at the low end, an empty array in the middle.
        dark: whether the page is dark.
    """
    values = np.nan_to_num(np.asarray(hue, dtype=np.float32), nan=0.0, posinf=1.0, neginf=0.0)
    scale = [list(stop) for stop in hue_scale(dark)]
    colours = np.ascontiguousarray(np.clip(values, 0, 1)) if values.size else scale[4][1]
    return {"color": colours, "colorscale": scale, "cmin": 0, "cmax": 1, "showscale": False}


def class_colours(n: int, dark: bool) -> list[tuple[str, str]]:
    """Colour and symbol of each of n classes; the pair is unique up to 40 classes.

    Args:
        n: number of classes.
        dark: whether the page is dark.
    """
    names = ("blue", "vermillion", "green", "purple", "orange", "sky", "black", "yellow")
    swap = {"black": _INK[dark], "yellow": "#8A8200" if not dark else OKABE_ITO["yellow"]}
    if not dark:  # the pale ones, darkened until they stand out from white
        swap |= {"orange": "#B37C00", "sky": "#2E8BC0", "purple": _PURPLE[0], "green": _GREEN[0]}
    else:
        swap |= {"blue": "#2B8FD0"}
    palette = [swap.get(name, OKABE_ITO[name]) for name in names]
    return [(palette[i % len(palette)], _SYMBOLS[i % len(_SYMBOLS)]) for i in range(n)]


def symbol_codes(labels: Array, few: bool = False) -> Array:
    """Plotly's numbers of the class symbols, uint8; + HOLLOW makes them hollow.

    Args:
        labels: (n,) class numbers from 0.
        few: whether to take only the three that have a hollow twin in 3-D.
    """
    codes = np.array(_SYMBOL_CODES[:3] if few else _SYMBOL_CODES, dtype=np.uint8)
    picked: Array = codes[np.asarray(labels, dtype=int) % len(codes)]
    return picked


def plain(text: str, limit: int = 40) -> str:
    """A person's own text, shortened, with nothing in it that Plotly reads as markup."""
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return html.escape(" ".join(short.split()), quote=False)


def subscript(number: int) -> str:
    """A number as Unicode subscript: 12 -> ₁₂."""
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def axis(dark: bool, title: str = "", **settings: Any) -> dict[str, Any]:
    """A cartesian axis with explicit colours (they win over any theme of the page)."""
    return {
        "title": {"text": title, "font": {"color": _INK[dark], "size": SMALL}, "standoff": 8},
        "color": _MUTED[dark],
        "tickfont": {"color": _MUTED[dark], "size": SMALL},
        "gridcolor": _GRID[dark],
        "linecolor": _GRID[dark],
        "zeroline": False,
        "showline": True,
        "automargin": False,
        "exponentformat": "power",
        **settings,
    }


def blank_axis(**settings: Any) -> dict[str, Any]:
    """An axis that only places things: no line, ticks, grid or title, and nothing to drag."""
    return {"visible": False, "fixedrange": True, **settings}


def scene_axis(dark: bool, title: str, **settings: Any) -> dict[str, Any]:
    """An axis of a 3-D scene."""
    return {
        "title": {"text": title, "font": {"color": _INK[dark], "size": SMALL}},
        "color": _MUTED[dark],
        "tickfont": {"color": _MUTED[dark], "size": 11},
        "gridcolor": _GRID[dark],
        "linecolor": _GRID[dark],
        "zeroline": False,
        "showbackground": False,
        "showspikes": False,
        "nticks": 5,
        "exponentformat": "power",
        **settings,
    }


def figure_template(dark: bool) -> go.layout.Template:
    """The template of every figure: axes, fonts and colours for a light or dark page."""
    shown = axis(dark)
    solid = scene_axis(dark, "")
    layout = {**_page(dark), "xaxis": shown, "yaxis": shown, "scene": {f"{c}axis": solid for c in "xyz"}}
    return go.layout.Template(layout=layout)


def layout(dark: bool, **settings: Any) -> dict[str, Any]:
    """Layout of a figure: the template and, explicitly, what a page theme would otherwise override."""
    base = {
        "template": figure_template(dark),
        **_page(dark),
        "autosize": True,
        "margin": {"l": 60, "r": 20, "t": 40, "b": 50},
        "showlegend": False,
        "dragmode": "pan",
        "uirevision": "keep",
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": _MUTED[dark], "activecolor": _INK[dark]},
    }
    return {**base, **settings}


def note(dark: bool, text: str, x: float, y: float, **settings: Any) -> dict[str, Any]:
    """A line of text at paper coordinates, left aligned, standing on y unless said otherwise."""
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "align": "left",
        "font": {"color": _INK[dark], "size": TEXT},
        **settings,
    }


def titled(title: str, hint: str, x: float, dark: bool) -> list[dict[str, Any]]:
    """A title and a line of explanation above a picture whose left edge is at x and whose top is at 1."""
    small, large = {"color": _MUTED[dark], "size": SMALL}, {"color": _INK[dark], "size": TITLE}
    return [note(dark, title, x, 1, yshift=22, font=large), note(dark, hint, x, 1, yshift=4, font=small)]


def legend(dark: bool, y: float) -> dict[str, Any]:
    """A legend in one line that stands on y, in paper coordinates."""
    return {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "y": y,
        "yanchor": "bottom",
        "font": {"color": _INK[dark], "size": SMALL},
        "bgcolor": "rgba(0,0,0,0)",
        "itemclick": False,
        "itemdoubleclick": False,
    }


def _page(dark: bool) -> dict[str, Any]:
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": TEXT, "color": _INK[dark]},
        "hoverlabel": {
            "bgcolor": _PAGE[dark],
            "bordercolor": _MUTED[dark],
            "font": {"family": FONT, "size": SMALL, "color": _INK[dark]},
        },
    }
