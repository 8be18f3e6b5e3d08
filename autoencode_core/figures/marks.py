"""Marks of particles: coloured by hue or by class, filled or hollow, flat or in 3-D, and their legend."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.arrays import class_names, classes
from autoencode_core.store.record import RunRecord

Array = NDArray[Any]

MOST_CLASSES = 20
"""More classes than this are coloured by hue, without a legend."""

PLACE = "place along the data"
"""What the hue stands for unless a column was chosen."""

_SOLID = ("circle", "square", "diamond")


@dataclass(frozen=True)
class Marks:
    """How a set of particles is marked, wherever it is drawn.

    Attributes:
        dark: whether the page is dark.
        hue: (n,) in [0, 1].
        labels: (n,) class numbers, empty when unlabelled.
        names: names of the classes.
        few: whether to do with the three symbols that 3-D can hollow out.
    """

    dark: bool
    hue: Array
    labels: Array
    names: tuple[str, ...]
    few: bool = False

    def marker(self, solid: bool = False, hollow: bool = False) -> dict[str, Any]:
        """Marker settings of a scatter trace (solid: of a 3-D one)."""
        if len(self.labels):
            palette = theme.class_colours(len(self.names), self.dark)
            colours: dict[str, Any] = {"color": [palette[c][0] for c in self.labels]}
        else:
            colours = theme.hue_colours(self.hue, self.dark)
        size = theme.MARKER_3D if solid else theme.MARKER
        outline: dict[str, Any] = {"width": 1.4 if solid or hollow else 0.4}
        if solid:  # a hollow mark in 3-D is its outline alone, so the outline must have the colour too
            outline |= {key: value for key, value in colours.items() if key != "showscale"}
        else:
            outline["color"] = theme.colour("page", self.dark)
        return {**colours, "size": size, "symbol": self.symbols(solid, hollow), "line": outline}

    def symbols(self, solid: bool = False, hollow: bool = False) -> Any:
        """Symbols, hollow or filled: one for all, or one for each particle when there are classes."""
        if not len(self.labels):
            return "circle-open" if hollow else "circle"
        if solid:  # 3-D knows symbols by name only
            return [_SOLID[c % 3] + ("-open" if hollow else "") for c in self.labels]
        return theme.symbol_codes(self.labels, self.few) + np.uint8(theme.HOLLOW if hollow else 0)

    def legend(self, **place: Any) -> list[dict[str, Any]]:
        """Empty traces that name the classes in the legend."""
        if not len(self.labels):
            return []
        palette = theme.class_colours(len(self.names), self.dark)
        return [
            {
                "type": "scatter",
                "x": [None],
                "y": [None],
                "mode": "markers",
                "name": self.names[c],
                "showlegend": True,
                "hoverinfo": "skip",
                "marker": {
                    "color": palette[c][0],
                    "symbol": int(theme.symbol_codes(np.array([c]), self.few)[0]),
                    "size": 8,
                },
                **place,
            }
            for c in np.unique(self.labels)
        ]


def marks(record: RunRecord, chosen: Array, dark: bool, few: bool = False) -> Marks:
    """Marks of the chosen particles: by class when they have labels, else by hue.

    Args:
        record: the run.
        chosen: (m,) particle numbers.
        dark: whether the page is dark.
        few: whether some of the pictures are in 3-D.
    """
    n, labels = len(np.asarray(record.probe["inputs"])), classes(record)
    if record.spec.reading.coloured or len(np.unique(labels)) > MOST_CLASSES:
        labels = labels[:0]
    hue = np.asarray(record.probe.get("hue", ()), float)
    return Marks(
        dark,
        hue[chosen] if len(hue) == n else np.empty(0),
        labels[chosen] if len(labels) else labels,
        class_names(record),
        few,
    )


def cloud(points: Array, axes: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """A scatter trace of points (m, 2) or, in 3-D, (m, 3), as contiguous float32.

    Args:
        points: (m, 2) or (m, 3).
        axes: the subplot: xaxis and yaxis, or scene.
        settings: the rest of the trace.
    """
    solid = points.shape[1] == 3
    return {
        "type": "scatter3d" if solid else "scatter",
        **coordinates(points),
        "mode": "markers",
        "showlegend": False,
        **axes,
        **settings,
    }


def coordinates(points: Array) -> dict[str, Any]:
    """The columns of points as x, y (, z)."""
    return {
        name: np.ascontiguousarray(points[:, i], np.float32)
        for i, name in enumerate("xyz"[: points.shape[1]])
    }


def box(view: Array, size: float = 1.5) -> dict[str, Any]:
    """Equal aspect of a 3-D scene with ranges (3, 2), its diagonal at most `size`, and not too high."""
    spans = view[:, 1] - view[:, 0]
    ratios = size * spans / float(np.linalg.norm(spans))
    ratios *= min(1.0, 0.55 * size / float(ratios[2]))
    return {
        "aspectmode": "manual",
        "aspectratio": {axis: float(r) for axis, r in zip("xyz", ratios, strict=True)},
        "camera": {"eye": {"x": 1.12, "y": 1.12, "z": 0.7}, "center": {"x": 0, "y": 0, "z": -0.1}},
        "uirevision": "keep",
    }
