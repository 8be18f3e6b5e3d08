"""Charts that are updated in place while a run trains: Vega-Lite, where Plotly would be drawn anew.

As long as the layers stay the same the browser only swaps the data, so whatever changes as training goes on
belongs into the columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from autoencode_core.figures import theme

Array = NDArray[Any]
QUANTITATIVE = {"type": "quantitative"}
NOMINAL = {"type": "nominal"}


@dataclass(frozen=True)
class UpdatingChart:
    """A chart, and the numbers that it shows now.

    Attributes:
        columns: the numbers: columns of one length by the names that the layers use.
        layers: the chart without them, as Vega-Lite has it.
        height: in pixels.
        alt: what it shows, in words; the same as long as the layers are.
    """

    columns: Mapping[str, Array]
    layers: Mapping[str, Any]
    height: int
    alt: str


def surroundings(dark: bool, right: int) -> dict[str, Any]:
    """What the layers of every updating chart have in common: axes, padding, and a canvas.

    Args:
        dark: whether the page is dark.
        right: pixels that are left free on the right.
    """
    return {
        "config": {
            "axis": {"titleColor": theme.colour("ink", dark)},
            "axisY": {"tickCount": 4, "format": "~g", "gridOpacity": 0.5},
        },
        "usermeta": {"embedOptions": {"renderer": "canvas"}},
        "padding": {"left": 4, "right": right, "top": 6, "bottom": 4},
    }


def larger_type(layers: Mapping[str, Any], factor: float) -> dict[str, Any]:
    """The layers of a chart with larger words at its axes, for a projector; 1: as they are.

    Args:
        layers: of an UpdatingChart.
        factor: above 0.
    """
    if factor == 1:
        return dict(layers)
    config = layers.get("config", {})
    sizes = {"labelFontSize": theme.SMALL * factor, "titleFontSize": theme.SMALL * factor}
    return {**layers, "config": {**config, "axis": {**config.get("axis", {}), **sizes}}}
