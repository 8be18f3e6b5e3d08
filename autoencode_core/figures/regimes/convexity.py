"""Convexity as pictures: ν and 2λ + ν against λ, along a training, and the spectrum of the Hessian."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.findings import course
from autoencode_core.figures.panels import Panel, WeightAxis, level, three_panels
from autoencode_core.figures.regimes.endings import ending_words, pale_key, sound
from autoencode_core.figures.regimes.ode_difference import ode_words, stroke_key
from autoencode_core.figures.regimes.strip import panel_figure
from autoencode_core.figures.regimes.study_marks import mark_traces, rank_key
from autoencode_core.figures.run.history import spread
from autoencode_core.figures.symlog_axis import SymlogAxis
from autoencode_core.questions.regimes import Curvature, CurvaturePath
from autoencode_core.store.study import Outcome, Study
from autoencode_core.words import as_set, measured

Array = NDArray[Any]

_TALL = 232
"""Pixels of the height of a single panel."""
CONVEX = "locally strongly convex"
_CONVEX = f"above 0: J is {CONVEX}"
_ROOM = 0.15
"""Share of the large panel that stays free for words at both ends."""
_SIDES = ("above 0: J is locally<br>strongly convex", "below 0: J falls<br>in some direction")


def curvature_figure(study: Study, *, dark: bool = False, stacked: bool = False) -> go.Figure:
    """2λ + ν, ν and λ_conv of every run against λ, with what the bounds of ν allow as a bar.

    Args:
        study: the study; runs that diverged and those whose ν is not known are left out.
        dark: whether the page is dark.
        stacked: whether the three panels stand below each other, for narrow pages.
    """
    axis, panels = WeightAxis(study.weights), three_panels(stacked)
    known, seeds = _known(study), study.seeds

    def place(i: int) -> float:
        outcome = study.outcomes[i]
        return axis.place(outcome.tikhonov, seeds.index(outcome.seed), len(seeds))

    traces: list[dict[str, Any]] = []
    scales = []
    for panel, read in zip(panels, (_convexity, _nu, lambda_conv), strict=True):
        ends = [end for o in known for end in _ends(o, read)]
        own = [o.tikhonov for o in known] if read is lambda_conv else []
        scale = SymlogAxis([*ends, *own], min((w for w in axis.weights if w > 0), default=0.0))
        traces += _bars(study, panel, place, read, scale, dark)
        traces += mark_traces(study, panel, dark, place, _on(scale, read), said=_words)
        scales.append(scale)
    traces += _own_weight(axis, panels[2], scales[2], dark)
    zero = [level(panel, 0.0, "", dark) for panel in panels[:2]]
    axes = [scales[0].settings(dark, _ROOM), *(scale.settings(dark, most=5) for scale in scales[1:])]
    missing = f"ν of {len(known)} of {len(study.outcomes)} runs" * (len(known) < len(study.outcomes))
    return panel_figure(
        dark,
        panels,
        axis,
        axes,
        traces,
        shapes=[*_halves(panels[0], scales[0], dark), *(shape for shape, _ in zero)],
        notes=[
            *_sides(panels[0], scales[0], dark) * bool(known),
            panels[0].heading(dark, "2λ + ν", missing or "curvature of J"),
            panels[1].heading(dark, "ν", "of the data term"),
            panels[2].heading(dark, "λ<sub>conv</sub>", "max(0, −ν/2)"),
        ],
        groups=[
            rank_key(study, dark),
            [
                ("╌", theme.colour("ink", dark), "dashed: λ"),
                *pale_key(study, dark),
                *stroke_key(study, dark),
            ],
        ],
        stacked=stacked,
        empty=_empty(study),
    )


def curvature_words(study: Study) -> str:
    """At which λ J is locally strongly convex at the minimisers found, in sentences."""
    known = _known(study)
    if not known:
        return _empty(study)
    sides = [side(o) for o in known]
    said = [f"{sides.count(words)} {words}" for words in dict.fromkeys(sides)]
    where = f"where {len(known)} run{'s' * (len(known) != 1)} ended"
    head = f"2λ + ν, ν and λ_conv against λ. J {where}: {theme.join(said)}."
    return " ".join(filter(None, (head, ending_words(study), ode_words(study))))


def _empty(study: Study) -> str:
    """What is said where there is no ν."""
    lost = study.outcomes and not sound(study)
    return "All runs diverged: there is no ν." if lost else "ν is not computed yet."


def _known(study: Study) -> list[Outcome]:
    return [o for o in sound(study) if o.curvature is not None and np.isfinite(o.curvature)]


def side(outcome: Outcome) -> str:
    """What is proven of J at a run whose ν is known."""
    return proven(min(_ends(outcome, _convexity), default=0.0), _convexity(outcome) or 0.0)


def proven(low: float, high: float) -> str:
    """What is proven of J where 2λ + ν is known to lie between two numbers."""
    return "not convex" if high < 0 else CONVEX if low > 0 else "undecided"


def lambda_conv(outcome: Outcome) -> float | None:
    """The λ above which J would be locally strongly convex at this control: max(0, −ν/2)."""
    return None if outcome.curvature is None else max(0.0, -outcome.curvature / 2)


def curvature_path_figure(path: CurvaturePath, tikhonov: float, *, dark: bool = False) -> go.Figure:
    """ν and 2λ + ν along the training of one run, with what the bounds of ν allow shaded.

    Args:
        path: what analysis.curvature_path says.
        tikhonov: λ of the run.
        dark: whether the page is dark.
    """
    sound = np.isfinite(path["nu"]) & np.isfinite(path["floor"])
    x, nu = np.asarray(path["iterations"], float)[sound], path["nu"][sound]
    low, high = np.minimum(path["floor"][sound], nu), nu + path["bound"][sound]
    shifts = {"ν": (0.0, "curvature"), "2λ + ν": (2 * tikhonov, "convexity")}
    scale = SymlogAxis([0.0, *(float(v) + shift for shift, _ in shifts.values() for v in (*low, *high))])
    traces: list[dict[str, Any]] = []
    for name, (shift, role) in shifts.items():
        look = theme.ROLES[role]
        colour = look.colour(dark)
        edge = scale.place(np.concatenate([high, low[::-1]]) + shift)
        fill = {"fill": "toself", "fillcolor": theme.translucent(colour, 0.18), "line": {"width": 0}}
        shade = {"x": [*x, *x[::-1]], "y": edge, **fill, "mode": "lines", "hoverinfo": "skip"}
        said = [
            f"{name} = {measured(v + shift, 4)}<br>from {measured(a + shift)} to {measured(b + shift)}"
            for v, a, b in zip(nu, low, high, strict=True)
        ]
        line = {"color": colour, "dash": look.dash, "width": theme.LINE}
        mark = {"color": colour, "symbol": look.symbol, "size": 8}
        shown = {"x": x, "y": scale.place(nu + shift), "line": line, "marker": mark, "mode": "lines+markers"}
        shown |= {"hovertext": said, "hovertemplate": "%{hovertext}<extra></extra>"}
        traces += [{"type": "scatter", **shade}, {"type": "scatter", **shown}]
    ends = {name: (nu + shift, role) for name, (shift, role) in shifts.items()}
    return _single(
        traces,
        theme.axis(dark, "iteration", range=_span(x), nticks=8),
        scale,
        dark,
        _end_words(ends, scale, dark),
        "Curvature along the training",
        _CONVEX,
    )


def curvature_path_alt(path: CurvaturePath, tikhonov: float) -> str:
    """What the curves of curvature_path_figure do, with their arguments."""
    nu = path["nu"][np.isfinite(path["nu"])]
    side = f"; at the end 2λ + ν is {measured(2 * tikhonov + nu[-1])}" if len(nu) else ""
    return f"Along the training {course('ν', path['nu'])}{side}."


def spectrum_alt(answer: Curvature, tikhonov: float) -> str:
    """What spectrum_figure shows, with its arguments."""
    least, most, line = answer["nu"], answer["largest"], -2 * tikhonov
    low = (
        int((answer["spectrum"] < line).sum())
        if len(answer["spectrum"])
        else int((answer["values"] < line).sum())
    )
    side = f"{low} of them lie below" if low else "all lie above"
    return (
        f"{answer['vectors'].shape[1]:,} eigenvalues of the data term's Hessian, from {measured(least)} to "
        f"{measured(most)}; {side} −2λ = {measured(line)}."
    )


def spectrum_figure(answer: Curvature, tikhonov: float, *, dark: bool = False) -> go.Figure:
    """Eigenvalues of the data term's Hessian, with the line −2λ above which J is convex.

    Args:
        answer: what analysis.curvature says.
        tikhonov: λ of the run.
        dark: whether the page is dark.
    """
    spectrum, few, total = answer["spectrum"], len(answer["values"]), answer["vectors"].shape[1]
    known = spectrum if len(spectrum) else np.concatenate([answer["values"], answer["largest_values"]])
    values = np.sort(known)
    index = np.arange(len(values)) + 1.0
    if not len(spectrum):
        index[few:] = total - np.arange(len(values) - few)[::-1]
    scale = SymlogAxis([*values.tolist(), -2 * tikhonov, 0.0])
    below = values < -2 * tikhonov
    colours = [theme.colour("several" if low else "curvature", dark) for low in below]
    mark = {"color": colours, "symbol": ["square" if low else "circle" for low in below], "size": 7}
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": index,
        "y": scale.place(values),
        "marker": mark,
        "hovertext": [
            f"eigenvalue {int(i):,} of {total:,}: {measured(v, 4)}"
            for i, v in zip(index, values, strict=True)
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    own = float(scale.place(-2 * tikhonov))
    shape, _ = level(Panel("", (0, 1), (0, 1)), own, "", dark)
    font = {"color": theme.colour("PCA", dark), "size": theme.TEXT}
    named = f"−2λ = {measured(-2 * tikhonov)}"
    note = theme.note(dark, named, 1, own, yref="y", xshift=6, yanchor="middle", font=font)
    count = int(below.sum())
    proven = answer["floor"] > -2 * tikhonov
    none = "none below −2λ" + (": J is locally strongly convex" if proven else " among those known")
    said = f"{count} below −2λ (squares)" if count else none
    said += "" if len(spectrum) else f", {len(values)} of {total:,} known"
    log = {"type": "log"} if not len(spectrum) and total > 100 else {}
    reach = [-0.03 * total, 1.03 * total] if not log else [-0.1, float(np.log10(total)) + 0.1]
    axis = theme.axis(dark, "number of the eigenvalue", range=reach, nticks=8, tickformat=",d", **log)
    return _single([trace], axis, scale, dark, [note], "Spectrum of the data term's Hessian", said, [shape])


def _single(
    traces: list[dict[str, Any]],
    x: dict[str, Any],
    scale: SymlogAxis,
    dark: bool,
    notes: list[dict[str, Any]],
    title: str,
    said: str,
    shapes: Iterable[dict[str, Any]] = (),
) -> go.Figure:
    panel = Panel("", (0, 1), (0, 1))
    zero, _ = level(panel, 0.0, "", dark)
    font = {"color": theme.colour("muted", dark), "size": theme.SMALL}
    under = theme.note(dark, said, 0, 1, yshift=4, font=font)
    layout = theme.layout(
        dark,
        height=_TALL + 108,
        margin={"l": 60, "r": 116, "t": 58, "b": 50},
        xaxis=x,
        yaxis=scale.settings(dark),
        shapes=[zero, *shapes],
        annotations=[panel.heading(dark, title, raised=22), under, *notes],
        hovermode="closest",
    )
    return go.Figure(data=traces, layout=layout)


def _span(x: Array) -> list[float]:
    low, high = (float(x.min()), float(x.max())) if len(x) else (0.0, 1.0)
    room = (high - low) or 1.0
    return [low - 0.03 * room, high + 0.03 * room]


def _end_words(lines: Mapping[str, tuple[Array, str]], scale: SymlogAxis, dark: bool) -> list[dict[str, Any]]:
    """Name and last value at the end of each line."""
    axis = scale.settings(dark)["range"]
    ends = sorted((float(scale.place(v[-1])), w, v[-1], r) for w, (v, r) in lines.items() if len(v))
    pixels = [(at - axis[0]) / (axis[1] - axis[0]) * _TALL for at, *_ in ends]
    moved = spread(pixels, 17, 0, _TALL)
    return [
        theme.note(
            dark,
            f"{name} {measured(value)}",
            1,
            at,
            yref="y",
            xshift=6,
            yshift=new - old,
            yanchor="middle",
            font={"color": theme.colour(role, dark), "size": theme.TEXT},
        )
        for (at, name, value, role), old, new in zip(ends, pixels, moved, strict=True)
    ]


def _nu(outcome: Outcome) -> float | None:
    return outcome.curvature


def _convexity(outcome: Outcome) -> float | None:
    return None if outcome.curvature is None else 2 * outcome.tikhonov + outcome.curvature


def _on(scale: SymlogAxis, read: Callable[[Outcome], float | None]) -> Callable[[Outcome], float | None]:
    def placed(outcome: Outcome) -> float | None:
        value = read(outcome)
        return None if value is None else float(scale.place(value))

    return placed


def _ends(outcome: Outcome, read: Callable[[Outcome], float | None]) -> list[float]:
    """What a reading would be at the lowest and the highest ν that the bounds allow."""
    nu, bound = outcome.curvature, outcome.bound or 0.0
    if nu is None:
        return []
    low = nu - bound if outcome.floor is None else min(outcome.floor, nu)
    ends = (read(replace(outcome, curvature=end)) for end in (low, nu + bound))
    return [end for end in ends if end is not None]


def _bars(
    study: Study,
    panel: Panel,
    place: Callable[[int], float],
    read: Callable[[Outcome], float | None],
    scale: SymlogAxis,
    dark: bool,
) -> list[dict[str, Any]]:
    """What the bounds of ν allow, as upright bars."""
    x: list[float | None] = []
    y: list[float | None] = []
    for i, outcome in enumerate(study.outcomes):
        ends = _ends(outcome, read) if outcome.status != "diverged" else []
        if ends:
            x += [place(i), place(i), None]
            y += [*(float(scale.place(end)) for end in ends), None]
    line = {"color": theme.colour("muted", dark), "width": 1.4}
    bars = {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip"}
    return [{**bars, **panel.axes}] if x else []


def _own_weight(axis: WeightAxis, panel: Panel, scale: SymlogAxis, dark: bool) -> list[dict[str, Any]]:
    """λ itself as a curve: where λ_conv lies below it, J is convex."""
    positive = [weight for weight in axis.weights if weight > 0]
    if not positive:
        return []
    x = np.geomspace(positive[0], positive[-1], 60)
    line = {"color": theme.colour("ink", dark), "dash": "dash", "width": 1.4}
    curve = {"type": "scatter", "mode": "lines", "x": x, "y": scale.place(x), "line": line}
    return [{**curve, "hoverinfo": "skip", **panel.axes}]


def _sides(panel: Panel, scale: SymlogAxis, dark: bool) -> list[dict[str, Any]]:
    """Which side of 0 says what, in the corners where there are no marks."""
    font = {"color": theme.colour("ink", dark), "size": theme.SMALL}
    left, right = panel.across
    top = {"yanchor": "top", "xshift": 4, "yshift": -2}
    foot = {"yanchor": "bottom", "xanchor": "right", "xshift": -4, "yshift": 2}
    above = theme.note(dark, _SIDES[0], left, panel.up[1], **top, font=font)
    below = theme.note(dark, _SIDES[1], right, panel.up[0], **foot, font=font)
    return [above, below][: 2 if scale.low < 0 else 1]


def _halves(panel: Panel, scale: SymlogAxis, dark: bool) -> list[dict[str, Any]]:
    """The two sides of 0, tinted."""
    low, high = scale.settings(dark, _ROOM)["range"]
    sides = {"agree": (max(0.0, low), high), "several": (low, 0.0)}
    return [
        {
            "type": "rect",
            "layer": "below",
            "xref": "paper",
            "yref": panel.axes["yaxis"],
            "x0": panel.across[0],
            "x1": panel.across[1],
            "y0": span[0],
            "y1": span[1],
            "fillcolor": theme.translucent(theme.colour(role, dark), 0.13),
            "line": {"width": 0},
        }
        for role, span in sides.items()
    ]


def _words(outcome: Outcome, rank: int | None) -> str:
    if outcome.curvature is None:
        return ""
    total, own = 2 * outcome.tikhonov + outcome.curvature, lambda_conv(outcome)
    lines = [f"λ = {as_set(outcome.tikhonov)}, seed {outcome.seed}", f"ν = {measured(outcome.curvature, 4)}"]
    lines[-1] += f" ± {outcome.bound:.1g}" if outcome.bound is not None else ""
    return "<br>".join(
        [*lines, f"2λ + ν = {measured(total, 4)}: {side(outcome)}", f"λ<sub>conv</sub> = {measured(own, 4)}"]
    )
