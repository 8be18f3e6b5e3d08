"""The width staircase a(t) with its regions and the moving cursor."""

from typing import Any

import numpy as np

from autoencode_core.figures import theme
from autoencode_core.figures.timeline import Timeline


def staircase_trace(line: Timeline, dark: bool, axes: tuple[str, str]) -> dict[str, Any]:
    """The steps: number of driven components against flow time."""
    widths = line.widths.astype(np.float32)
    widths[-1] = widths[-2]
    ink = theme.colour("ink", dark)
    return {
        "type": "scatter",
        "x": line.knot_times.astype(np.float32),
        "y": widths,
        "mode": "lines",
        "line": {"shape": "hv", "color": ink, "width": theme.LINE},
        "fill": "tozeroy",
        "fillcolor": theme.translucent(ink, 0.08),
        "hovertemplate": "t = %{x:.3g}: %{y} driven<extra></extra>",
        "name": "driven components",
        "showlegend": False,
        "xaxis": axes[0],
        "yaxis": axes[1],
    }


def cursor(line: Timeline, frame: int) -> dict[str, Any]:
    """Where the cursor is in a frame: from 0 to the top, with a mark on the step."""
    t, top = line.times[frame], _top(line)
    return {
        "type": "scatter",
        "x": np.full(3, t, np.float32),
        "y": np.array([0, line.active[frame].sum(), top], np.float32),
    }


def cursor_trace(line: Timeline, dark: bool, axes: tuple[str, str]) -> dict[str, Any]:
    """The cursor at the first frame."""
    green = theme.colour("now", dark)
    return {
        **cursor(line, 0),
        "mode": "lines+markers",
        "line": {"color": green, "width": theme.LINE},
        "marker": {
            "size": np.array([0, 12, 0], np.float32),
            "symbol": "diamond",
            "color": green,
            "opacity": 1,
        },
        "hoverinfo": "skip",
        "cliponaxis": False,
        "name": "now",
        "showlegend": False,
        "xaxis": axes[0],
        "yaxis": axes[1],
    }


def staircase_axes(
    line: Timeline, dark: bool, domain: tuple[float, float], axes: tuple[str, str]
) -> dict[str, Any]:
    """Time axis and count axis, both fixed."""
    d, k = int(line.active.shape[1]), int(line.widths[line.middle])
    ticks = [0, d] if k in (0, d) or d - k < 0.2 * d or k < 0.2 * d else [0, k, d]
    start, end = float(line.knot_times[0]), float(line.knot_times[-1])
    return {
        f"xaxis{axes[0][1:]}": theme.axis(
            dark,
            "flow time t",
            range=[start, end],
            domain=[0, 1],
            anchor=axes[1],
            fixedrange=True,
            showgrid=False,
            nticks=11,
        ),
        f"yaxis{axes[1][1:]}": theme.axis(
            dark,
            "driven, a(t)",
            range=[0, _top(line)],
            domain=list(domain),
            anchor=axes[0],
            fixedrange=True,
            tickvals=ticks,
        ),
    }


def regions(
    line: Timeline, dark: bool, axes: tuple[str, str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Shades and labels of encoder, bottleneck and decoder: shapes and annotations."""
    start, half, end = (float(line.knot_times[i]) for i in (0, line.middle, -1))
    spans = [("encoder", start, half, 0.06)]
    if line.has_decoder:
        spans.append(("decoder", half, end, 0.16))
    where = {"xref": axes[0], "yref": f"{axes[1]} domain"}
    shapes: list[dict[str, Any]] = [
        {
            "type": "rect",
            "x0": left,
            "x1": right,
            "y0": 0,
            "y1": 1,
            "line": {"width": 0},
            "layer": "below",
            "fillcolor": theme.translucent(theme.colour(name, dark), shade),
            **where,
        }
        for name, left, right, shade in spans
    ]
    dashes = {
        "color": theme.colour("bottleneck", dark),
        "width": theme.LINE,
        "dash": theme.ROLES["bottleneck"].dash,
    }
    shapes.append(
        {"type": "line", "x0": half, "x1": half, "y0": 0, "y1": 1, "line": dashes, "layer": "below", **where}
    )

    k = int(line.widths[line.middle])
    names = [(name, (left + right) / 2, name) for name, left, right, _ in spans]
    names.append(("bottleneck", half, f"bottleneck, k = {k}"))
    labels = [
        {
            "text": text,
            "x": x,
            "y": 1,
            "xanchor": "right" if x == end else "center",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"color": theme.colour(role, dark), "size": theme.SMALL},
            **where,
        }
        for role, x, text in names
    ]
    return shapes, labels


def _top(line: Timeline) -> float:
    return 1.12 * float(line.active.shape[1])
