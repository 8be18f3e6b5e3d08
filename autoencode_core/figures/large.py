"""A figure with larger marks, lines and type, for a projector."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

_LENGTHS = {"xshift", "yshift", "standoff", "ticklen", "thickness", "borderwidth", "ax", "ay", "height"}
"""Settings that are lengths in pixels wherever they stand."""
_LINES = ("line", "error_x", "error_y")
"""Whose width, and thickness, is in pixels; the width of a bar is not."""
_MARGINS = ("l", "r", "t", "b")


def enlarged(figure: go.Figure, factor: float) -> go.Figure:
    """A figure whose type, marks, lines, margins and height are so many times as large; 1: the figure itself.

    Args:
        figure: any figure of this package; it stays as it is.
        factor: above 0.
    """
    return figure if factor == 1 else go.Figure(_larger(figure.to_dict(), factor, ""))


def _larger(part: Any, factor: float, name: str) -> Any:
    if isinstance(part, Mapping):
        return {
            key: _scaled(value, factor) if _is_length(key, name, value) else _larger(value, factor, key)
            for key, value in part.items()
        }
    if isinstance(part, list | tuple):
        return [_larger(one, factor, name) for one in part]
    return part


def _is_length(key: str, parent: str, value: Any) -> bool:
    if not isinstance(value, int | float | list | tuple | np.ndarray) or isinstance(value, bool):
        return False
    sized = key == "size" and (parent.endswith("font") or parent == "marker")
    lined = key in ("width", "thickness") and parent in _LINES
    return sized or lined or key in _LENGTHS or (parent == "margin" and key in _MARGINS)


def _scaled(value: Any, factor: float) -> Any:
    found = np.asarray(value, float) * factor
    return float(found) if found.ndim == 0 else found
