"""The geometry of a run's maps along t: volumes, singular values, folds, stretching; and what they mean."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.findings import course, spoken
from autoencode_core.figures.log_axis import power_axis
from autoencode_core.figures.panels import BOTTOM, LEFT, RIGHT, Entry, Panel, key
from autoencode_core.questions.ode_limit import Geometry
from autoencode_core.words import measured

Array = NDArray[Any]
Look = tuple[Literal["smallest", "largest", "bound", "folded", "closest"], str, str]
"""Entry of the answer, whose look it has, and its words."""

_TALL, _GAP, _TOP = 150, 76, 58
_DEEPEST = -60.0
"""A log|det| below that is drawn there: the map is all but singular."""
_HEADS = (
    ("Volume", "log|det| of the flow map"),
    ("Each layer's step", "singular values of I + δ ∂F"),
    ("Can trajectories meet?", "share, 0 to 1"),
    ("Stretching", "largest singular value of the flow map"),
)


def geometry_figure(answer: Geometry, *, dark: bool = False) -> go.Figure:
    """Four panels along t: volume, singular values of each layer's step, folds, stretching.

    Args:
        answer: of GEOMETRY.
        dark: whether the page is dark.
    """
    whole = 4 * _TALL + 3 * _GAP
    panels = []
    for row in range(4):
        top = 1 - row * (_TALL + _GAP) / whole
        panels.append(Panel("" if not row else str(row + 1), (0, 1), (top - _TALL / whole, top)))
    parts = [_volume(answer, dark), _steps(answer, dark), _meetings(answer, dark), _stretch(answer, dark)]
    edges = answer["edges"]
    traces, notes, axes = list[dict[str, Any]](), list[dict[str, Any]](), dict[str, Any]()
    for row, (panel, (drawn, entries, scale)) in enumerate(zip(panels, parts, strict=True)):
        traces += [trace | panel.axes for trace in drawn]
        notes.append(panel.heading(dark, *_HEADS[row], raised=20))
        notes += [note | {"y": panel.up[1]} for note in key(dark, [entries], raised=3)]
        last = row == 3
        axes[f"xaxis{panel.number}"] = theme.axis(
            dark,
            "flow time t" if last else "",
            range=[edges[0], edges[-1]],
            anchor=f"y{panel.number}",
            showticklabels=True,
            **({} if not row else {"matches": "x"}),
        )
        axes[f"yaxis{panel.number}"] = scale | {"domain": panel.up, "anchor": f"x{panel.number}"}
    layout = theme.layout(
        dark,
        height=whole + _TOP + BOTTOM,
        margin={"l": LEFT, "r": RIGHT, "t": _TOP, "b": BOTTOM},
        annotations=notes,
        shapes=[*_middle(answer, panels, dark), *_one(panels[1], dark)],
        hovermode="closest",
        **axes,
    )
    return go.Figure(data=traces, layout=layout)


def geometry_table(answer: Geometry) -> dict[str, Sequence[Any]]:
    """What happens in each layer, as columns."""
    edges = answer["edges"]
    return {
        "layer": list(range(1, len(edges))),
        "start": edges[:-1].tolist(),
        "end": edges[1:].tolist(),
        "width": answer["counts"].tolist(),
        "smallest": answer["smallest"].tolist(),
        "largest": answer["largest"].tolist(),
        "folded": answer["folded"].tolist(),
        "bound": answer["bound"].tolist(),
        "closest": answer["closest"].tolist(),
        "crossed": answer["crossed"].tolist(),
        "speed": answer["speed"].tolist(),
    }


def frames_table(answer: Geometry) -> dict[str, Sequence[Any]]:
    """The maps from the start to each moment, as columns: volumes by quantile, stretching."""
    levels = [f"{level:g}" for level in answer["levels"]]
    table: dict[str, Sequence[Any]] = {"time": answer["times"].tolist()}
    for name, rows in (("log_det", answer["log_det"]), ("log_volume", answer["log_volume"])):
        for level, row in zip(levels, rows, strict=True):
            table[f"{name}_{level}"] = row.tolist()
    return table | {"stretch": answer["stretch"].tolist()}


def meeting_words(answer: Geometry) -> str:
    """Whether trajectories meet, in sentences."""
    folded, bound = answer["folded"], answer["bound"]
    crossed, layers = int(answer["crossed"].sum()), len(folded)
    if bound.max(initial=0.0) < 1:
        return (
            f"**No trajectories meet.** What a step adds has a Lipschitz constant of at most "
            f"{measured(bound.max(initial=0.0), 2)} in every layer. Below 1 each step can be undone, "
            "whatever the "
            "particles: like the flow of an ODE."
        )
    sure = int((bound < 1).sum())
    certain = (
        f" In {sure} of {layers} layers a Lipschitz bound excludes it for all particles." if sure else ""
    )
    bad = np.flatnonzero(folded > 0)
    if len(bad) or crossed:
        share, where = folded.max(), int(folded.argmax()) + 1
        pairs = f" {crossed:,} pairs of the particles meet outright." * bool(crossed)
        folds = (
            f" In {len(bad)} of {layers} layers the step turns space over at some particles (most in layer "
            f"{where}: {share:.1%} of them): on the way it is singular, and neighbours meet."
        ) * bool(len(bad))
        return f"**Trajectories meet: no ODE does that.**{folds}{pairs}{certain}"
    closest = answer["closest"]
    near = ""
    if np.isfinite(closest).any():
        least = float(np.nanmin(closest))
        near = f" Two of them come as near as {measured(least, 2)} of their distance within a layer."
    return (
        "**No trajectories of these particles meet**, though the steps are long enough for others to."
        f"{near}{certain}"
    )


def speed_words(answer: Geometry) -> str:
    """What the horizon lets the flow reach, in a sentence."""
    moved, half = answer["moved"], answer["half_horizon"]
    limit, speed = answer["speed_limit"], float(answer["speed"].max())
    if not np.isfinite(limit):
        return (
            f"Until T/2 = {half:g} a component moves by up to {measured(moved)}, at up to "
            f"{measured(speed)} a unit of "
            "flow time. This field has no speed limit of its own."
        )
    reach = answer["reach"]
    share = f", {moved / reach:.0%} of it" if reach > 0 else ""
    return (
        f"No component moves faster than {measured(limit)}, so until T/2 = {half:g} none gets further than "
        f"{measured(reach)}. The furthest one moves by {measured(moved)}{share}; the fastest goes at "
        f"{measured(speed)}."
    )


def geometry_alt(answer: Geometry) -> str:
    """What geometry_figure shows along flow time."""
    stretch = course("the largest stretching of the flow map", answer["stretch"])
    low, high = float(answer["smallest"].min()), float(answer["largest"].max())
    return (
        f"Along flow time {stretch}; a layer's step has singular values from {measured(low)} to "
        f"{measured(high)}. {spoken(meeting_words(answer))}"
    )


def lipschitz_rows(answer: Geometry) -> list[dict[str, Any]]:
    """Lipschitz constants of the maps: what is attained at the particles, and what cannot be exceeded."""
    maps = (
        ("encoder, x → z", answer["lipschitz_encoder"], answer["lipschitz_bound_encoder"]),
        ("decoder, z → x̂", answer["lipschitz_decoder"], answer["lipschitz_bound_decoder"]),
        ("whole, x → x̂", answer["lipschitz_whole"], answer["lipschitz_bound_whole"]),
    )
    return [{"map": words, "at least": low, "at most": high} for words, low, high in maps if np.isfinite(low)]


def _volume(answer: Geometry, dark: bool) -> tuple[list[dict[str, Any]], list[Entry], dict[str, Any]]:
    times, traces, entries = answer["times"], list[dict[str, Any]](), list[Entry]()
    looks = (
        (answer["log_det"], "encoder", "network"),
        (answer["log_volume"], "decoder", "its ODE, ∫ tr ∂F dt"),
    )
    drawn = []
    for values, look, words in looks:
        role = theme.ROLES[look]
        rows = np.maximum(values, _DEEPEST)
        drawn.append(rows)
        traces += _band(times, rows[1], rows[-2], role.colour(dark))
        line = {"color": role.colour(dark), "dash": role.dash, "width": theme.LINE}
        said = f"{words}<br>t = %{{x:.3g}}: median %{{y:.3g}}<extra></extra>"
        traces.append({"x": times, "y": rows[2], "mode": "lines", "line": line, "hovertemplate": said})
        entries.append(("━" if role.dash == "solid" else "╌", role.colour(dark), words))
    entries.append(("▒", theme.colour("muted", dark), "half of the particles"))
    scale = theme.axis(dark, nticks=5, zeroline=True, zerolinecolor=theme.colour("grid", dark))
    shown = np.concatenate([rows[1:-1].ravel() for rows in drawn])
    if not np.isfinite(shown).any():
        scale["range"] = [-1, 1]
    return traces, entries, scale


def _band(x: Array, low: Array, high: Array, colour: str) -> list[dict[str, Any]]:
    """The quartiles as shades, cut where they are not finite."""
    known = np.isfinite(low) & np.isfinite(high)
    if not known.any():
        return []
    fill = {"fill": "toself", "fillcolor": theme.translucent(colour, 0.15), "line": {"width": 0}}
    around = {
        "x": np.concatenate([x[known], x[known][::-1]]),
        "y": np.concatenate([low[known], high[known][::-1]]),
    }
    return [{**around, **fill, "mode": "lines", "hoverinfo": "skip"}]


def _steps(answer: Geometry, dark: bool) -> tuple[list[dict[str, Any]], list[Entry], dict[str, Any]]:
    looks: tuple[Look, ...] = (
        ("largest", "encoder", "largest"),
        ("smallest", "decoder", "smallest"),
        ("bound", "penalty", "Lipschitz bound of a step, below 1: no meeting"),
    )
    traces, entries = _stairs(answer, looks, dark)
    values = np.concatenate([answer[name] for name, _, _ in looks])
    floor = max(1e-4, float(values[values > 0].min(initial=1.0)))
    return traces, entries, power_axis([*np.maximum(values, floor), 1.0], dark, most=4)


def _meetings(answer: Geometry, dark: bool) -> tuple[list[dict[str, Any]], list[Entry], dict[str, Any]]:
    looks: tuple[Look, ...] = (
        ("folded", "several", "particles folded"),
        ("closest", "penalty", "least distance of a pair"),
    )
    traces, entries = _stairs(answer, looks, dark)
    traces[0] |= {"fill": "tozeroy", "fillcolor": theme.translucent(theme.colour("several", dark), 0.25)}
    return traces, entries, theme.axis(dark, range=[-0.03, 1.06], nticks=5)


def _stretch(answer: Geometry, dark: bool) -> tuple[list[dict[str, Any]], list[Entry], dict[str, Any]]:
    times, stretch = answer["times"], answer["stretch"]
    role = theme.ROLES["encoder"]
    said = "t = %{x:.3g}: %{y:.3g}<extra></extra>"
    line = {"color": role.colour(dark), "width": theme.LINE}
    shown = np.where(stretch > 0, stretch, np.nan)
    trace = {"x": times, "y": shown, "mode": "lines", "line": line, "hovertemplate": said}
    words = "of X₀ → X(t): Lipschitz constant at the particles"
    return [trace], [("━", role.colour(dark), words)], power_axis(stretch, dark, most=4)


def _stairs(answer: Geometry, looks: Sequence[Look], dark: bool) -> tuple[list[dict[str, Any]], list[Entry]]:
    """Values of the layers as steps."""
    edges, traces, entries = answer["edges"], list[dict[str, Any]](), list[Entry]()
    for name, look, words in looks:
        role, values = theme.ROLES[look], answer[name]
        traces.append(
            {
                "x": np.repeat(edges, 2)[1:-1],
                "y": np.repeat(values, 2),
                "customdata": np.repeat(np.arange(1, len(values) + 1), 2),
                "mode": "lines",
                "line": {"color": role.colour(dark), "dash": role.dash, "width": theme.LINE},
                "hovertemplate": f"layer %{{customdata}}<br>{words}: %{{y:.3g}}<extra></extra>",
            }
        )
        glyph = {"solid": "━", "longdash": "╌", "dot": "┈", "dash": "╌"}[role.dash]
        entries.append((glyph, role.colour(dark), words))
    return traces, entries


def _middle(answer: Geometry, panels: Sequence[Panel], dark: bool) -> list[dict[str, Any]]:
    """The bottleneck as a line through each panel."""
    half, role = answer["half_horizon"], theme.ROLES["bottleneck"]
    line = {"color": role.colour(dark), "width": 1.4, "dash": role.dash}
    along = {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "layer": "below",
        "line": line,
        "x0": half,
        "x1": half,
    }
    return [{**along, "y0": panel.up[0], "y1": panel.up[1]} for panel in panels]


def _one(panel: Panel, dark: bool) -> list[dict[str, Any]]:
    """The level 1 of a panel."""
    line = {"color": theme.colour("muted", dark), "width": 1.2, "dash": "dot"}
    place = {"x0": 0, "x1": 1, "y0": 1, "y1": 1}
    axes = {"xref": "paper", "yref": panel.axes["yaxis"]}
    return [{"type": "line", "layer": "below", "line": line, **axes, **place}]
