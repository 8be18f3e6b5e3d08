"""The Hamiltonian and the residuals of the maximum principle: in words, and along a training as a picture."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from autoencode_core.figures import theme
from autoencode_core.figures.least import SEEN, least_rate
from autoencode_core.figures.log_axis import power_axis, power_ticks
from autoencode_core.figures.numbers import percent, rounded
from autoencode_core.figures.panels import BOTTOM, GLYPHS, LEFT, Panel
from autoencode_core.questions.arrays import Floats
from autoencode_core.questions.control import Hamiltonian, LocalMaximality, Maximality, MaximalityPath
from autoencode_core.words import measured

Array = NDArray[Any]

CONSTANT = 0.05
"""Drift of H up to which it counts as constant."""
_STILL = 1e-6
"""|H| up to this share of J/T is none."""
_NOTHING = 1e-12
"""J up to this is 0 but for rounding."""
_MAXIMAL = 0.01
"""δ Σ R up to this share of J is little."""
_FAR = 20
"""A maximiser so many times as large as the control is a sharp cut."""
_HEAT = 190
_LOWER = 170
_TOP, _GAP, _BAR = 62, 64, 84
_ROOM = 0.07
"""Share of an axis that a tick needs."""
_BELOW = "R is known from below: the search takes many starts, and a higher maximum could have been missed."


def intervals(hamiltonian: Hamiltonian) -> list[tuple[int, int]]:
    """The intervals of constant width, each as its first layer and the one after its last."""
    return list(pairwise([0, *(int(i) for i in hamiltonian["jumps"]), len(hamiltonian["hamiltonian"])]))


def relative_drifts(hamiltonian: Hamiltonian) -> Array:
    """Largest less smallest H of each interval of two layers and more, as a share of its natural size.

    That is the interval's largest |H|, or J/T where this is more: H may be small beside both of its parts.
    """
    values, rate = hamiltonian["hamiltonian"], hamiltonian["rate"]
    parts = [values[a:b] for a, b in intervals(hamiltonian) if b - a > 1]
    return np.array([np.ptp(part) / (max(float(np.abs(part).max()), rate) or 1.0) for part in parts])


def portion(share: float) -> str:
    """A share of which anything below 0.01% is as good as none: 1.8%, <0.01%."""
    return "<0.01%" if 0 < share < 1e-4 else percent(share)


def largest_drift(hamiltonian: Hamiltonian) -> float:
    """The largest of relative_drifts, NaN where J is 0 or no interval has two layers."""
    found = relative_drifts(hamiltonian)
    return float(found.max()) if len(found) and hamiltonian["cost"] > _NOTHING else float("nan")


def hamiltonian_words(hamiltonian: Hamiltonian) -> str:
    """Whether H is constant where it should be, in sentences.

    Args:
        hamiltonian: what analysis.hamiltonian says.
    """
    if hamiltonian["cost"] <= _NOTHING:
        return "**J is all but 0**, and with it the costates and the Hamiltonian at every layer."
    if float(np.abs(hamiltonian["hamiltonian"]).max()) <= _STILL * hamiltonian["rate"]:
        return "**The control is all but 0**: nothing moves, and the Hamiltonian is 0 at every layer."
    drifts, parts = relative_drifts(hamiltonian), len(intervals(hamiltonian))
    if not len(drifts):
        return "The width changes at every layer, so there is no interval in which H could be constant."
    few = f" ({len(drifts)} of {parts} have more than one layer)" if len(drifts) < parts else ""
    drift, least = float(drifts.max()), float(drifts.min())
    if drift <= CONSTANT:
        where = "from the start to the end" if parts == 1 else f"within each interval of constant width{few}"
        return (
            f"**H is constant to {portion(drift)}** {where}, as it is along an optimal control of an ODE: "
            "no layer would gain from time that another one has. What is left shrinks with the length of the "
            "layers."
        )
    span = portion(drift) if len(drifts) == 1 else f"{portion(least)} to {portion(drift)}"
    where = "from the start to the end" if parts == 1 else f"within the intervals of constant width{few}"
    return (
        f"**H is not constant**: it varies by {span} {where} (of its size, or of J/T where that is more). "
        "Along an optimal control of an ODE it would not. Here the layers are too long for that, or the "
        f"training is not at its end (‖∇J‖ = {rounded(hamiltonian['gradient_norm'])}), or θ jumps from one "
        "stationary branch to another (then R over all θ is not 0)."
    )


def nearby_words(near: LocalMaximality) -> str:
    """What the residuals R_n in a ball about the control say of it, in sentences.

    Args:
        near: what analysis.local_maximality says.
    """
    cost, total, radius = near["cost"], near["total"], near["radius"]
    if cost <= _NOTHING:
        return "**J is all but 0**: there is nothing left that another θ could win."
    if radius <= 0:
        return "**The control is 0**: a share of its size is no distance in which another θ could be."
    ball = f"|θ − θₙ| ≤ ρ = {rounded(radius)}"
    if total <= _MAXIMAL * cost:
        return (
            f"**θ is maximal nearby**, as the maximum principle asks, but for δ Σ R = {rounded(total)}, "
            f"{portion(total / cost)} of J: with states and costates frozen, no θ with {ball} is much better."
        )
    return (
        f"**θ is not maximal, not even nearby**: with states and costates frozen, θ with {ball} win "
        f"δ Σ R = {rounded(total)}, {portion(total / cost)} of J. The training is not at its end, the layers "
        "are long, or θ is stationary where H is not at a maximum."
    )


def anywhere_words(far: Maximality) -> str:
    """What the residuals R_n over all θ say of a control, in sentences.

    Args:
        far: what analysis.maximality says.
    """
    found, total, cost = far["residual"], far["total"], far["cost"]
    if np.isinf(found).any():
        return (
            "Over all θ R is infinite: without enough penalty H grows with θ for ever, and no control "
            "maximises it."
        )
    if cost <= _NOTHING or total <= _MAXIMAL * cost:
        return (
            f"Over all θ, however far away, δ Σ R = {rounded(total)}: no other θ gives much more H. {_BELOW}"
        )
    there, own = float(far["maximal_norm"].max()), float(far["norm"].max())
    kind = (
        "Such a θ is a sharp cut: it switches between particles that lie next to each other, so no gradient "
        "sees it, and a layer of it would leave the ODE"
        if there > _FAR * own
        else "It is another stationary branch, which no small change of θ leads to"
    )
    return (
        f"Over all θ, however far away, δ Σ R = {rounded(total)} beside J = {rounded(cost)}, with |θ| up to "
        f"{rounded(there)} against {rounded(own)} here: H pays only λ|θ|² for its size. {kind}. R is what a "
        f"change on a very short stretch of t would win; over a whole layer it need not. {_BELOW}"
    )


# ---- along the training


def maximality_path_figure(path: MaximalityPath, *, dark: bool = False) -> go.Figure:
    """R_n nearby of every layer along the training as a heat map; below it δ Σ R nearby, anywhere, ‖∇J‖.

    Args:
        path: what analysis.maximality_path says.
        dark: whether the page is dark.
    """
    total = _HEAT + _GAP + _LOWER
    upper, lower = Panel("", (0, 1), (1 - _HEAT / total, 1)), Panel("2", (0, 1), (0, _LOWER / total))
    x, span = _places(path), _edges(_places(path))
    sums = {"δ Σ R": path["local_total"], "over all θ": path["total"], "‖∇J‖": path["gradient_norm"]}
    roles = {"δ Σ R": "test", "over all θ": "anywhere", "‖∇J‖": "train"}
    axes = {"range": [span[0], span[-1]], **_moments(x, path)}
    layout = theme.layout(
        dark,
        height=_TOP + BOTTOM + total,
        margin={"l": LEFT, "r": _BAR, "t": _TOP, "b": BOTTOM},
        annotations=[
            upper.heading(dark, "R<sub>n</sub> of every layer", f"nearby: ρ = {rounded(path['radius'])}"),
            lower.heading(dark, marked(roles, dark), "0 for an optimal control"),
        ],
        xaxis=theme.axis(dark, anchor="y", matches="x2", showticklabels=False, showgrid=False, **axes),
        xaxis2=theme.axis(dark, "iteration j, spaced by log(1 + j)", anchor="y2", **axes),
        yaxis=theme.axis(dark, "flow time t", domain=upper.up, anchor="x", nticks=6, showgrid=False),
        yaxis2=power_axis(np.concatenate([*sums.values()]), dark, most=5, least=SEEN * _cost(path))
        | {"domain": lower.up, "anchor": "x2"},
    )
    lines = [_line(path, values, name, roles[name], lower, dark) for name, values in sums.items()]
    return go.Figure(data=[_heat(path, span, dark), *lines], layout=layout)


def _places(path: MaximalityPath) -> Array:
    """Where the moments stand: early ones are many, and lie close together."""
    return np.asarray(np.log1p(path["iterations"]))


def _moments(x: Array, path: MaximalityPath) -> dict[str, Any]:
    """Ticks at the moments, from the last one back as many as have room."""
    chosen = list[int]()
    for i in reversed(range(len(x))):
        if not chosen or x[chosen[-1]] - x[i] >= _ROOM * (x[-1] - x[0]):
            chosen.append(i)
    words = [f"{int(path['iterations'][i]):,}" for i in chosen]
    return {"tickvals": [float(x[i]) for i in chosen], "ticktext": words}


def _cost(path: MaximalityPath) -> float:
    """The least J along the training."""
    return float(np.nanmin(path["cost"]))


def maximality_path_table(path: MaximalityPath) -> dict[str, Any]:
    """The same as columns, a layer at an iteration a row: R_n, |∇J_n|; δ Σ R, ‖∇J‖ and J of the iteration."""
    depth, count = len(path["times"]), len(path["iterations"])
    return {
        "iteration": np.repeat(path["iterations"], depth),
        "local_total": np.repeat(path["local_total"], depth),
        "total": np.repeat(path["total"], depth),
        "gradient_norm": np.repeat(path["gradient_norm"], depth),
        "cost": np.repeat(path["cost"], depth),
        "t": np.tile(path["times"], count),
        "local_maximality_residual": path["local_residual"].ravel(),
        "maximality_residual": path["residual"].ravel(),
        "stationarity": path["stationarity"].ravel(),
    }


def maximality_path_words(path: MaximalityPath) -> str:
    """How δ Σ R went along the training, in a sentence."""
    near, far, norms = path["local_total"], path["total"], path["gradient_norm"]
    known = np.isfinite(near)
    if not known.any():
        return "At none of these moments is the control finite."
    first, last = near[known][[0, -1]]
    words = (
        f"From the first to the last of these moments δ Σ R nearby went from {rounded(first)} to "
        f"{rounded(last)}, and ‖∇J‖ from {rounded(norms[known][0])} to {rounded(norms[known][-1])}."
    )
    unbounded = int(np.isinf(far).sum())
    if unbounded:
        return f"{words} At {unbounded} of these {len(far)} moments H has no upper bound over all θ."
    return words


def marked(roles: Mapping[str, str], dark: bool) -> str:
    """A heading that names lines, each with its mark.

    Args:
        roles: of the theme, by the names of the lines.
        dark: whether the page is dark.
    """
    return "  ".join(
        f'<span style="color:{theme.colour(role, dark)}">{GLYPHS[theme.ROLES[role].symbol]}</span> {name}'
        for name, role in roles.items()
    )


def _edges(x: Array) -> Array:
    """Borders between columns, one more than there are."""
    if len(x) < 2:
        return np.array([x[0] - 0.5, x[0] + 0.5]) if len(x) else np.array([0.0, 1.0])
    inner = (x[:-1] + x[1:]) / 2
    return np.concatenate([[2 * x[0] - inner[0]], inner, [2 * x[-1] - inner[-1]]])


def _heat(path: MaximalityPath, edges: Array, dark: bool) -> dict[str, Any]:
    residual, times = path["local_residual"].T, path["times"]
    moments = [int(j) for j in path["iterations"]]
    step = times[1] - times[0] if len(times) > 1 else 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(np.isfinite(residual) & (residual > 0), np.log10(residual), np.nan)
    low, high = (float(np.nanmin(logs)), float(np.nanmax(logs))) if np.isfinite(logs).any() else (0.0, 1.0)
    least = least_rate(_cost(path), float(step * len(times)))
    high = max(high, float(np.log10(least))) if least > 0 else high
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    ticks, text = power_ticks(low, high, 6)
    font = {"color": theme.colour("muted", dark), "size": theme.SMALL}
    return {
        "type": "heatmap",
        "x": edges,
        "y": np.append(times, times[-1] + step),
        "z": logs.astype(np.float32),
        "zmin": low,
        "zmax": high,
        "text": [
            [f"iteration {j:,}<br>R = {measured(value, 4)}" for j, value in zip(moments, row, strict=True)]
            for row in residual
        ],
        "hovertemplate": "t = %{y:.3g}, %{text}<extra></extra>",
        "hoverongaps": False,
        "colorscale": [list(stop) for stop in theme.hue_scale(dark)],
        "colorbar": {
            "title": {
                "text": "R<sub>n</sub>",
                "font": {"color": theme.colour("ink", dark), "size": theme.SMALL},
            },
            "tickvals": ticks,
            "ticktext": text,
            "tickfont": font,
            "thickness": 12,
            "outlinewidth": 0,
            "y": 1,
            "yanchor": "top",
            "len": _HEAT / (_HEAT + _GAP + _LOWER),
        },
    }


def _line(
    path: MaximalityPath, values: Floats, name: str, role: str, panel: Panel, dark: bool
) -> dict[str, Any]:
    look, colour = theme.ROLES[role], theme.colour(role, dark)
    return {
        "x": _places(path),
        "y": np.where(np.isfinite(values) & (values > 0), values, np.nan),
        "mode": "lines+markers",
        "line": {"color": colour, "dash": look.dash, "width": theme.LINE},
        "marker": {"color": colour, "symbol": look.symbol, "size": 8},
        "text": [f"iteration {int(j):,}" for j in path["iterations"]],
        "hovertemplate": f"{name} = %{{y:.4g}}<br>%{{text}}<extra></extra>",
        **panel.axes,
    }
