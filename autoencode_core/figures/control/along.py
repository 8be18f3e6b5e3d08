"""The trained control along t: θ(t) as a heat along, and below it what the maximum principle reads off it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.control.heat_strip import (
    control_still,
    control_words,
    entry_axis,
    heat,
    outlines,
)
from autoencode_core.figures.control.maximality import hamiltonian_words, intervals, marked
from autoencode_core.figures.findings import course, spoken
from autoencode_core.figures.least import least_control, least_rate, least_speed
from autoencode_core.figures.log_axis import power_axis
from autoencode_core.figures.panels import BOTTOM, LEFT, RIGHT, Panel
from autoencode_core.questions.arrays import Floats
from autoencode_core.questions.control import Along, Hamiltonian, LocalMaximality, Maximality

Array = NDArray[Any]
Slopes = dict[str, tuple[Floats, str]]
"""Sizes (L,) that are 0 along an optimal control, with the role that they look like, by name."""

_TOP, _BAR, _GAP, _ROW = 78, 22, 46, 96
"""Pixels above the along, from it to its scale, between two panels, and of a panel below it."""
_TALL = (120, 320, 17)
"""Pixels of the strip: least, most, and for each entry."""
_ROWS = ("norm", "speed", "hamiltonian", "slopes")


def along_alt(along: Along, hamiltonian: Hamiltonian) -> str:
    """What along_figure shows along flow time.

    Args:
        along: the control.
        hamiltonian: what analysis.hamiltonian says.
    """
    size, speed = (
        course("the size of the control", along["norm"]),
        course("the speed of the flow", hamiltonian["speed"]),
    )
    return spoken(
        f"Along flow time {size}; {speed}. {hamiltonian_words(hamiltonian)} {control_words(along)}".strip()
    )


def along_figure(
    along: Along,
    hamiltonian: Hamiltonian,
    near: LocalMaximality | None = None,
    far: Maximality | None = None,
    *,
    decoder: bool = True,
    dark: bool = False,
) -> go.Figure:
    """θ(t) as a heat along, and on the same t axis |θ_n|, the speed, H_n, |∇J_n| and R_n, layers as steps.

    Args:
        along: what analysis.along says.
        hamiltonian: what analysis.hamiltonian says.
        near: what analysis.local_maximality says; None while it is not known.
        far: what analysis.maximality says; None while it is not known, or where there is no such thing.
        decoder: whether there is one; without it the flow ends at the bottleneck.
        dark: whether the page is dark.
    """
    edges, heights = along["edges"], _heights(len(along["labels"]))
    panels, total = _panels(heights), sum(heights.values()) + _GAP * len(_ROWS)
    slopes: Slopes = {"|∇J<sub>n</sub>|": (hamiltonian["stationarity"], "train")}
    slopes |= {name: (found["residual"], role) for name, role, found in _named(near, far)}
    traces = [
        heat(along, 1 + _BAR / total, dark),
        *outlines(along, dark),
        _steps(edges, hamiltonian["norm"], "penalty", panels["norm"], "|θ<sub>n</sub>|", dark),
        _steps(edges, hamiltonian["speed"], "data term", panels["speed"], "speed", dark),
        *_hamiltonian(edges, hamiltonian, panels["hamiltonian"], dark),
        *(_sizes(edges, v, role, panels["slopes"], name, dark) for name, (v, role) in slopes.items()),
    ]
    notes = _headings(panels, along, slopes, dark)
    shapes, regions = _regions(along, panels, decoder, dark)
    layout = theme.layout(
        dark,
        height=_TOP + BOTTOM + total,
        margin={"l": LEFT, "r": RIGHT, "t": _TOP, "b": BOTTOM},
        annotations=[*notes, *regions],
        shapes=[*shapes, *_spreads(edges, hamiltonian, panels["hamiltonian"], dark)],
        hovermode="closest",
        **_axes(panels, along, hamiltonian, [v for v, _ in slopes.values()], dark),
    )
    return go.Figure(data=traces, layout=layout)


def along_table(
    along: Along, hamiltonian: Hamiltonian, near: LocalMaximality | None = None, far: Maximality | None = None
) -> dict[str, Any]:
    """The same as columns, a layer a row: times, |θ_n|, speed, H_n, |∇J_n|, R_n, and every entry of θ_n."""
    edges = along["edges"]

    def residual(found: Maximality | None) -> Floats:
        return np.full(len(along["counts"]), np.nan) if found is None else found["residual"]

    return {
        "layer": np.arange(len(edges) - 1),
        "t_from": edges[:-1],
        "t_to": edges[1:],
        "active": np.asarray(along["counts"]),
        "norm": hamiltonian["norm"],
        "speed": hamiltonian["speed"],
        "hamiltonian": hamiltonian["hamiltonian"],
        "field_part": hamiltonian["field_part"],
        "stationarity": hamiltonian["stationarity"],
        "local_maximality_residual": residual(near),
        "maximality_residual": residual(far),
        **dict(zip(map(str, along["labels"]), along["values"], strict=True)),
    }


def _named(near: LocalMaximality | None, far: Maximality | None) -> list[tuple[str, str, Maximality]]:
    """The residuals that are known: name, role, answer; the one over all θ is drawn smaller."""
    known = ("R<sub>n</sub> nearby", "test", near), ("R<sub>n</sub> over all θ", "anywhere", far)
    return [(name, role, found) for name, role, found in known if found is not None]


# ---- what is drawn below it


def _held(values: Floats) -> Floats:
    """A value a layer, the last one once more: what a line in steps needs."""
    return np.append(values, values[-1:])


def _steps(edges: Floats, values: Floats, role: str, panel: Panel, name: str, dark: bool) -> dict[str, Any]:
    look = theme.ROLES[role]
    return {
        "x": edges,
        "y": _held(values),
        "mode": "lines",
        "line": {"shape": "hv", "color": look.colour(dark), "dash": look.dash, "width": theme.LINE},
        "hovertemplate": f"{name} = %{{y:.4g}}<br>from t = %{{x:.3g}}<extra></extra>",
        **panel.axes,
    }


def _hamiltonian(edges: Floats, hamiltonian: Hamiltonian, panel: Panel, dark: bool) -> list[dict[str, Any]]:
    """H_n, a line for each interval of constant width."""
    values = hamiltonian["hamiltonian"]
    return [
        _steps(edges[a : b + 1], values[a:b], "cost", panel, "H<sub>n</sub>", dark)
        for a, b in intervals(hamiltonian)
    ]


def _spreads(edges: Floats, hamiltonian: Hamiltonian, panel: Panel, dark: bool) -> list[dict[str, Any]]:
    """From the least to the largest H_n of each interval of constant width, shaded."""
    values = hamiltonian["hamiltonian"]
    fill = theme.translucent(theme.colour("cost", dark), 0.13)
    return [
        {
            "type": "rect",
            "layer": "below",
            "xref": panel.axes["xaxis"],
            "yref": panel.axes["yaxis"],
            "x0": edges[a],
            "x1": edges[b],
            "y0": values[a:b].min(),
            "y1": values[a:b].max(),
            "fillcolor": fill,
            "line": {"width": 0},
        }
        for a, b in intervals(hamiltonian)
    ]


def _sizes(edges: Floats, values: Floats, role: str, panel: Panel, name: str, dark: bool) -> dict[str, Any]:
    """Sizes on a logarithmic axis, a mark a layer; a line joins neighbours that have a place there."""
    look, small = theme.ROLES[role], role == "anywhere"
    colour = look.colour(dark)
    return {
        "x": (edges[:-1] + edges[1:]) / 2,
        "y": np.where(np.isfinite(values) & (values > 0), values, np.nan),
        "mode": "lines+markers",
        "line": {"color": colour, "dash": look.dash, "width": theme.THIN if small else 1.4},
        "marker": {"color": colour, "symbol": look.symbol, "size": theme.GHOST if small else theme.MARKER},
        "hovertemplate": f"{name} = %{{y:.4g}}<br>t = %{{x:.3g}}<extra></extra>",
        **panel.axes,
    }


# ---- frame


def _heights(entries: int) -> dict[str, int]:
    """Pixels of each panel, from above."""
    least, most, each = _TALL
    return {"strip": min(most, max(least, each * entries)), **dict.fromkeys(_ROWS, _ROW), "slopes": 130}


def _panels(heights: Mapping[str, int]) -> dict[str, Panel]:
    total = sum(heights.values()) + _GAP * (len(heights) - 1)
    found, top = {}, float(total)
    for place, (name, tall) in enumerate(heights.items()):
        up = (max(0.0, (top - tall) / total), top / total)
        found[name] = Panel(str(place + 1) if place else "", (0, 1), up)
        top -= tall + _GAP
    return found


def _headings(panels: Mapping[str, Panel], along: Along, slopes: Slopes, dark: bool) -> list[dict[str, Any]]:
    roles = {name: role for name, (_, role) in slopes.items()}
    notes = [
        panels["strip"].heading(dark, "Control θ(t)", "all but 0" * control_still(along), raised=_BAR),
        panels["norm"].heading(dark, "Size |θ<sub>n</sub>|"),
        panels["speed"].heading(dark, "Speed of the flow", "mean |F<sub>n</sub>| of the particles"),
        panels["hamiltonian"].heading(dark, "Hamiltonian H<sub>n</sub>", "shaded: its spread"),
        panels["slopes"].heading(dark, marked(roles, dark), "0 for an optimal control"),
    ]
    for row, (name, (values, role)) in enumerate(slopes.items()):
        said = _unshown(name, values)
        if said:
            font = {"color": theme.colour(role, dark), "size": theme.SMALL}
            place = {"xanchor": "right", "yanchor": "top", "yshift": -2 - 16 * row, "font": font}
            notes.append(theme.note(dark, said, 1, panels["slopes"].up[1], xshift=-4, **place))
    return notes


def _unshown(name: str, values: Floats) -> str:
    """What has no place on a logarithmic axis, in words."""
    said = [
        f"{'∞' if np.isinf(value) else '0'} in {count} layer{'s' * (count != 1)}"
        for value, count in ((0.0, int((values == 0).sum())), (np.inf, int(np.isposinf(values).sum())))
        if count
    ]
    return f"{name} is {' and '.join(said)}" if said else ""


def _regions(
    along: Along, panels: Mapping[str, Panel], decoder: bool, dark: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Grey for what is inactive, lines where the width changes, encoder, bottleneck and decoder named."""
    edges, counts = along["edges"], np.asarray(along["counts"], int)
    half, end = float(edges[len(counts) // 2 if decoder else -1]), float(edges[-1])
    narrow = bool(counts.min() < counts.max())
    grey = {"fillcolor": theme.translucent(theme.colour("muted", dark), 0.22), "line": {"width": 0}}
    whole = {"type": "rect", "layer": "below", "xref": "x", "yref": "y domain", "y0": 0, "y1": 1}
    shapes = [{**whole, "x0": 0, "x1": end, **grey}]
    dotted = {"color": theme.colour("muted", dark), "width": 1, "dash": "dot"}
    below = [panels[name] for name in _ROWS]
    shapes += [
        _upright(panel, float(edges[i]), dotted) for panel in below for i in _changes(counts, half, edges)
    ]
    role = theme.ROLES["bottleneck"]
    dashed = {"color": role.colour(dark), "width": theme.LINE, "dash": role.dash}
    shapes += [_upright(panel, half, dashed) for panel in panels.values()] * narrow
    spans = [("encoder", 0.0, half), *([("decoder", half, end)] if decoder else [])] if narrow else []
    named = [(name, name, (a + b) / 2, "center") for name, a, b in spans]
    if narrow:
        named.append(("bottleneck", "bottleneck", half, "center" if decoder else "right"))
    notes = [
        theme.note(
            dark,
            text,
            x,
            panels["strip"].up[1],
            xref="x",
            xanchor=anchor,
            yshift=2,
            font={"color": theme.colour(name, dark), "size": theme.SMALL},
        )
        for name, text, x, anchor in named
    ]
    return shapes, notes


def _changes(counts: Array, half: float, edges: Array) -> list[int]:
    """The layers at which the width changes, the bottleneck aside."""
    return [int(i) + 1 for i in np.flatnonzero(np.diff(counts)) if edges[i + 1] != half]


def _upright(panel: Panel, x: float, line: dict[str, Any]) -> dict[str, Any]:
    """A line from the foot to the head of a panel."""
    place = {"x0": x, "x1": x, "y0": panel.up[0], "y1": panel.up[1]}
    return {
        "type": "line",
        "xref": panel.axes["xaxis"],
        "yref": "paper",
        "layer": "above",
        "line": line,
        **place,
    }


def _axes(
    panels: Mapping[str, Panel], along: Along, hamiltonian: Hamiltonian, sizes: Sequence[Floats], dark: bool
) -> dict[str, Any]:
    end, found = float(along["edges"][-1]), dict[str, Any]()
    last = list(panels.values())[-1]
    for panel in panels.values():
        own = panel is last
        found[f"xaxis{panel.number}"] = theme.axis(
            dark,
            "flow time t" if own else "",
            range=[0, end],
            showticklabels=own,
            showgrid=False,
            anchor=f"y{panel.number}",
            nticks=8,
            **({} if own else {"matches": f"x{last.number}"}),
        )
    rate = least_rate(hamiltonian["cost"], end)
    ys = {
        "strip": entry_axis(along, dark),
        "norm": _from_zero(hamiltonian["norm"], least_control(along), dark),
        "speed": _from_zero(hamiltonian["speed"], least_speed(along), dark),
        "hamiltonian": _level(hamiltonian["hamiltonian"], rate, dark),
        "slopes": power_axis(np.concatenate(sizes), dark, most=5, least=rate),
    }
    for name, panel in panels.items():
        found[f"yaxis{panel.number}"] = ys[name] | {"domain": panel.up, "anchor": f"x{panel.number}"}
    return found


def _from_zero(values: Floats, least: float, dark: bool) -> dict[str, Any]:
    """An axis from 0 to the largest value, or to the least that one sees."""
    top = float(np.nanmax(values, initial=least))
    return theme.axis(dark, range=[0, 1.12 * top], nticks=4, tickformat="~g")


def _level(values: Floats, least: float, dark: bool) -> dict[str, Any]:
    """An axis that shows 0 too, and all that is too small to see as level."""
    low, high = float(min(values.min(), 0.0)), float(max(values.max(), 0.0))
    if max(-low, high) < least:
        low, high = -least, least
    room = 0.12 * ((high - low) or 1.0)
    zero: dict[str, Any] = {
        "zeroline": True,
        "zerolinecolor": theme.colour("muted", dark),
        "zerolinewidth": 1,
    }
    return theme.axis(dark, range=[low - room, high + room], nticks=5, **zero)
